/*
 * Hints: the mistakes that newcomers make, and how each is written right.
 *
 * In comes a syntax error, before anything was left out of what it expected; out goes one line of
 * help, or none. A hint knows the first word of the statement, the token before the offending one,
 * and what could have stood there; it shows the policy's own words, put right, where it can.
 * Invariant: those words are plain names, paths and numbers, so that a hint never shows bytes that
 * could mislead. Hints change nothing: the error and the repair are those of syntax.c.
 */
#include "front/hints.h"

#include <string.h>

#include "front/words.h"

#define HINTS_MAX_SHOWN 60 /* bytes of the policy in one hint */

#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define TOOL_BYTES NAME_BYTES ".*-"
#define PATH_BYTES TOOL_BYTES "/~"
#define PORT_BYTES TOOL_BYTES ":/"

/* What other languages call a keyword. */
static const struct {
	const char *written;
	const char *keyword;
} aliases[] = {
	{"fs", "filesystem"},    {"run", "execute"},   {"listen", "bind"},  {"permit", "allow"},
	{"grant", "allow"},      {"forbid", "deny"},   {"block", "deny"},   {"from", "extends"},
	{"inherits", "extends"}, {"when", "where"},    {"if", "where"},     {"like", "matches"},
	{"exec", "execute"},     {"glob", "matches"},  {"within", "under"}, {"below", "under"},
	{"exists", "present"},   {"allow", "connect"},
};

/* Signs of other notations where ours has a word, or another sign. */
static const struct {
	const char *found;
	const char *expected; /* could have stood there instead */
	const char *help;
} signs[] = {
	{"=", "==", "a comparison is written '=='"},
	{"==", "=", "a value is given with '='"},
	{"&", "and", "write 'and'"},
	{"|", "or", "write 'or'"},
};

/* Statements that want strings, by their first word. */
static const struct statement {
	const char *word;
	const char *what;
	const char *bytes;
	bool is_list; /* of strings or the names of sets, so a '/' or ':' may come after a name */
} statements[] = {
	{"read", "paths", PATH_BYTES, true},        {"write", "paths", PATH_BYTES, true},
	{"execute", "paths", PATH_BYTES, true},     {"unix", "paths", PATH_BYTES, true},
	{"scratch", "paths", PATH_BYTES, false},    {"import", "paths", PATH_BYTES, false},
	{"connect", NULL, PORT_BYTES, true},        {"bind", NULL, PORT_BYTES, true},
	{"allow", "values", PORT_BYTES "~", false}, {"deny", "values", PORT_BYTES "~", false},
	{"ask", "values", PORT_BYTES "~", false},   {"set", "values", PATH_BYTES, false},
	{"user", "user names", TOOL_BYTES, false},  {"describe", "descriptions", NAME_BYTES, false},
	{"redact", "patterns", NAME_BYTES, false},  {"test", "names of tests", NAME_BYTES, false},
};

static bool is_found(const struct syntax_error *error, const char *name)
{
	return strcmp(error->found, name) == 0;
}

static bool is_word_found(const struct syntax_error *error)
{
	return is_found(error, "a name") || keyword_find(str_from(error->found)) >= 0;
}

static bool is_any_of(char byte, const char *bytes)
{
	return byte && strchr(bytes, byte);
}

/* The token at span with the bytes around it that belong to it as a reader sees it. */
static struct str run_around(const struct parse *parse, struct span span, const char *bytes)
{
	const char *text = parse->text.ptr;
	size_t begin = span.begin, end = span.begin;

	while (begin > 0 && is_any_of(text[begin - 1], bytes))
		begin--;
	while (end < parse->text.len && is_any_of(text[end], bytes))
		end++;
	return (struct str){text + begin, end - begin};
}

/* The first byte after span that is no blank, or NUL. */
static char next_byte(const struct parse *parse, struct span span)
{
	size_t at = span.end;

	while (at < parse->text.len && is_any_of(parse->text.ptr[at], " \t\r\n"))
		at++;
	return parse->text.ptr[at]; /* the text ends with a NUL byte */
}

/* The first name at or after a place on its line, or .ptr NULL. */
static struct str next_name(const struct parse *parse, size_t at)
{
	size_t end;

	while (at < parse->text.len && is_any_of(parse->text.ptr[at], " \t:(<"))
		at++;
	end = at;
	while (end < parse->text.len && is_any_of(parse->text.ptr[end], NAME_BYTES))
		end++;
	return end > at ? (struct str){parse->text.ptr + at, end - at} : (struct str){NULL, 0};
}

/* "HOME = ", "PATH;", "PATH, LANG": a variable without a verb, however near its name is to one. */
static bool is_bare_variable(const struct parse *parse, const struct syntax_error *error)
{
	return is_word_found(error) && syntax_expects(error, "pass") &&
	       is_any_of(next_byte(parse, error->span), "=,;");
}

static bool begins_with(struct str text, struct str head)
{
	return text.len >= head.len && memcmp(text.ptr, head.ptr, head.len) == 0;
}

/* "exec" for "execute", "environment" for "env". */
static bool is_other_length(struct str text, struct str keyword)
{
	return (text.len >= 3 && begins_with(keyword, text)) ||
	       (keyword.len >= 3 && begins_with(text, keyword));
}

static struct str lower_case(struct arena *arena, struct str text)
{
	char *copy = arena_strndup(arena, text.ptr, text.len);

	for (size_t i = 0; i < text.len; i++) {
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] - 'A' + 'a');
	}
	return (struct str){copy, text.len};
}

static const char *keyword_called(const struct syntax_error *error, struct str text)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (str_eq_cstr(text, aliases[i].written) &&
		    syntax_expects(error, aliases[i].keyword))
			return aliases[i].keyword;
	}
	return NULL;
}

/* Further away than every misspelling, for keywords of the same meaning. */
static const char *alias_of(const struct syntax_error *error, struct str text)
{
	const char *alias = keyword_called(error, text);

	if (alias)
		return alias;
	for (size_t i = 0; i < error->n; i++) {
		struct str keyword = str_from(error->expected[i]);

		if (keyword_find(keyword) >= 0 && is_other_length(text, keyword))
			return error->expected[i];
	}
	return NULL;
}

const char *hints_keyword(struct parse *parse, const struct syntax_error *error)
{
	struct str text = parse_text_at(parse, error->span);
	unsigned best = words_near(text) + 1;
	const char *nearest = NULL;

	/* Our own, in another place: "exec" where files are granted. */
	if (keyword_find(text) >= 0)
		return keyword_called(error, text);
	if (!is_found(error, "a name") || syntax_expects(error, "a name") ||
	    is_bare_variable(parse, error))
		return NULL;
	text = lower_case(parse->arena, text);
	for (size_t i = 0; i < error->n; i++) {
		unsigned distance;

		if (keyword_find(str_from(error->expected[i])) < 0)
			continue;
		distance = str_distance(text, str_from(error->expected[i]), best);
		if (distance < best) {
			best = distance;
			nearest = error->expected[i];
		}
	}
	return nearest ? nearest : alias_of(error, text);
}

static const struct statement *statement_of(const struct parse *parse)
{
	struct str word = parse_text_at(parse, parse->lexer.statement);

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (str_eq_cstr(word, statements[i].word))
			return &statements[i];
	}
	return NULL;
}

/* An endpoint that was written without quotes: a port alone is that of every host. */
static struct str endpoint_help(struct parse *parse, struct str meant)
{
	size_t i = 0;

	while (i < meant.len && is_any_of(meant.ptr[i], i ? "0123456789-" : "0123456789"))
		i++;
	if (i == meant.len)
		return str_printf(parse->arena, "write a TCP port as \"*:%.*s\"", STR_ARG(meant));
	return str_printf(parse->arena, "write endpoints as strings: \"%.*s%s\"", STR_ARG(meant),
			  memchr(meant.ptr, ':', meant.len) ? "" : ":443");
}

/* Is the word in front of the offending one this? */
static bool comes_after(const struct parse *parse, const char *word)
{
	return str_eq_cstr(parse_text_at(parse, parse->lexer.before), word);
}

/* "path under workspace", which may be meant as a parameter or a set. */
static struct str bare_tree(struct parse *parse, const struct syntax_error *error)
{
	struct str name = parse_text_at(parse, error->span);

	if (!comes_after(parse, "under") || !is_word_found(error) || name.len > HINTS_MAX_SHOWN)
		return (struct str){NULL, 0};
	return str_printf(parse->arena,
			  "a parameter's value is written \"${%.*s}\"; a set stands behind 'in'",
			  STR_ARG(name));
}

/* 'url in "a.example:443"'. */
static struct str bare_item(struct parse *parse, const struct syntax_error *error)
{
	if (!comes_after(parse, "in") || !is_found(error, "a string"))
		return (struct str){NULL, 0};
	return str_from("lists stand in {braces}");
}

/* "read /usr", "connect 443", "user bob": a string without quotes. */
static struct str unquoted(struct parse *parse, const struct syntax_error *error)
{
	const struct statement *statement = statement_of(parse);
	bool joint = syntax_expects(error, ",") && (is_found(error, "/") || is_found(error, ":"));
	struct str meant;

	if (!statement || !(syntax_expects(error, "a string") || (joint && statement->is_list)))
		return (struct str){NULL, 0};
	meant = run_around(parse, error->span, statement->bytes);
	if (!meant.len || meant.len > HINTS_MAX_SHOWN)
		return (struct str){NULL, 0};
	if (!statement->what)
		return endpoint_help(parse, meant);
	return str_printf(parse->arena, "write %s as strings: \"%.*s\"", statement->what,
			  STR_ARG(meant));
}

/* 'role "guest"', 'allow "read_file"'. */
static struct str quoted(struct parse *parse, const struct syntax_error *error)
{
	struct str text = parse_text_at(parse, error->span);

	if (!is_found(error, "a string") || !syntax_expects(error, "a name") || text.len < 3 ||
	    text.len > HINTS_MAX_SHOWN)
		return (struct str){NULL, 0};
	text = (struct str){text.ptr + 1, text.len - 2};
	for (size_t i = 0; i < text.len; i++) {
		if (!is_any_of(text.ptr[i], NAME_BYTES))
			return str_from("a name stands without quotes, and has no spaces");
	}
	return str_printf(parse->arena, "a name stands without quotes: %.*s", STR_ARG(text));
}

/* 'role not': every other word of the language can be a name. */
static struct str not_a_name(struct parse *parse, const struct syntax_error *error)
{
	if (!str_eq(parse_text_at(parse, error->span), STR("not")) ||
	    !syntax_expects(error, "a name"))
		return (struct str){NULL, 0};
	return str_from("'not' can't be a name");
}

static struct str bare_variable(struct parse *parse, const struct syntax_error *error)
{
	struct str name = parse_text_at(parse, error->span);

	if (!is_word_found(error) || !syntax_expects(error, "pass") ||
	    syntax_expects(error, "a name") || name.len > HINTS_MAX_SHOWN)
		return (struct str){NULL, 0};
	return str_printf(parse->arena,
			  "write 'set %.*s = \"value\";', or 'pass %.*s;' for the caller's value",
			  STR_ARG(name), STR_ARG(name));
}

/* "wall = 60s", "wall: 60s". */
static struct str limit_with_sign(struct parse *parse, const struct syntax_error *error)
{
	struct str name = parse_text_at(parse, parse->lexer.before);

	if (!(is_found(error, "=") || is_found(error, ":")) ||
	    parse->lexer.before.begin != parse->lexer.statement.begin ||
	    !syntax_expects(error, "a duration") || name.len > HINTS_MAX_SHOWN)
		return (struct str){NULL, 0};
	return str_printf(parse->arena, "a limit's value follows its name: '%.*s 60s;'",
			  STR_ARG(name));
}

/* Is the offending word the second of a name with a space in it: "role my role {"? */
static bool is_second_word(const struct parse *parse, const struct syntax_error *error)
{
	bool after_name = syntax_expects(error, "{") || syntax_expects(error, "version");

	return is_word_found(error) && after_name && !syntax_expects(error, ",") &&
	       is_any_of(next_byte(parse, error->span), "{;");
}

static struct str name_with_space(struct parse *parse, const struct syntax_error *error)
{
	struct str first = parse_text_at(parse, parse->lexer.before);
	struct str second = parse_text_at(parse, error->span);

	if (!is_second_word(parse, error) || first.len + second.len > HINTS_MAX_SHOWN)
		return (struct str){NULL, 0};
	return str_printf(parse->arena, "a name has no spaces: %.*s_%.*s", STR_ARG(first),
			  STR_ARG(second));
}

/* "role a : b", "sandbox a (b)". */
static struct str inheritance(struct parse *parse, const struct syntax_error *error)
{
	bool is_word = is_word_found(error);
	struct str head = parse_text_at(parse, parse->lexer.statement);
	struct str name = parse_text_at(parse, parse->lexer.before);
	struct str parent = next_name(parse, is_word ? error->span.end : error->span.begin);

	if (!syntax_expects(error, "extends") || syntax_expects(error, "a name") || !parent.ptr ||
	    name.len + parent.len > HINTS_MAX_SHOWN)
		return (struct str){NULL, 0};
	return str_printf(parse->arena, "write '%.*s %.*s extends %.*s'", STR_ARG(head),
			  STR_ARG(name), STR_ARG(parent));
}

/* "ci-bot": letters that some names have and others do not. */
static struct str other_letters(struct parse *parse, const struct syntax_error *error)
{
	(void)parse;
	if (!is_found(error, "a tool pattern"))
		return (struct str){NULL, 0};
	return str_from("a name is letters, digits and '_', and does not begin with a digit");
}

static struct str other_sign(struct parse *parse, const struct syntax_error *error)
{
	(void)parse;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (is_found(error, signs[i].found) && syntax_expects(error, signs[i].expected))
			return str_from(signs[i].help);
	}
	return (struct str){NULL, 0};
}

static struct str (*const hints[])(struct parse *, const struct syntax_error *) = {
	bare_tree,       bare_item,       unquoted,    quoted,        not_a_name, bare_variable,
	limit_with_sign, name_with_space, inheritance, other_letters, other_sign,
};

struct str hints_help(struct parse *parse, const struct syntax_error *error)
{
	struct str help = {NULL, 0};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]) && !help.ptr; i++)
		help = hints[i](parse, error);
	return help;
}
