/*
 * Syntax errors: what to say, and how to go on.
 *
 * In comes the offending token with the tokens that could have stood there; out goes one
 * diagnostic, in the words of someone who writes policies, and a repair for the scanner to carry
 * out:
 *   - a '{' that nobody expected: its whole block is dropped, so that its contents raise no errors;
 *   - a declaration at the left margin inside something unfinished, or a section inside another:
 * what is open was left open by mistake, so it is closed there and the declaration or section is
 * read. Invariant: each mistake is reported once, at the first byte where the text can't be right.
 */
#include "front/syntax.h"

#include <string.h>

#include "front/hints.h"
#include "front/words.h"

#define SYNTAX_MAX_LISTED 12 /* expected tokens named in one message */
#define SYNTAX_MAX_SHOWN  40 /* bytes of the offending token */

/* What a name is the name of, after a keyword. */
static const struct {
	const char *after;
	const char *what;
} name_phrases[] = {
	{"role", "the name of a role"},       {"tool", "the name of a tool"},
	{"sandbox", "the name of a sandbox"}, {"extends", "the name to extend"},
	{"arg", "the name of an argument"},   {"param", "the name of a parameter"},
	{"policy", "the name of the policy"}, {"errno", "the name of an error, like EPERM"},
};

/* When all of a phrase's members are expected, the phrase says it shorter. */
struct syntax_group {
	const char *phrase;
	const char *members[10];
};

static const struct syntax_group syntax_groups[] = {
	{"the name of a tool", {"a tool pattern", "a name", "a number", "a size", "a duration"}},
	{"a value", {"a string", "a name", "a number", "a size", "a duration"}},
	{"a comparison", {"==", "!=", "<", "<=", ">", ">="}},
};

static size_t expected_find(const struct syntax_error *error, const char *name)
{
	size_t i = 0;

	while (i < error->n && strcmp(error->expected[i], name) != 0)
		i++;
	return i;
}

bool syntax_expects(const struct syntax_error *error, const char *name)
{
	return expected_find(error, name) < error->n;
}

/* Could the statement have ended here? Where a '}' or the end could stand, a ';' is an empty
 * statement. */
static bool is_statement_end(const struct syntax_error *error)
{
	return syntax_expects(error, ";") && !syntax_expects(error, "}") &&
	       !syntax_expects(error, "end of file");
}

static void expected_remove(struct syntax_error *error, const char *name)
{
	size_t i = expected_find(error, name);

	if (i == error->n)
		return;
	memmove(&error->expected[i], &error->expected[i + 1],
		(error->n - i - 1) * sizeof(error->expected[0]));
	error->n--;
}

static void collapse_group(struct syntax_error *error, const struct syntax_group *group)
{
	const char *const *end =
		&group->members[sizeof(group->members) / sizeof(group->members[0])];

	for (const char *const *member = group->members; member < end && *member; member++) {
		if (!syntax_expects(error, *member))
			return;
	}
	for (const char *const *member = group->members; member < end && *member; member++)
		expected_remove(error, *member);
	error->expected[error->n++] = group->phrase;
}

/* Where any name is welcome, keywords are only names; where all declarations are, they are one
 * thing. */
static void collapse_keywords(struct syntax_error *error)
{
	bool names = syntax_expects(error, "a name");
	bool decls = syntax_expects(error, "tool") && syntax_expects(error, "role");
	size_t kept = 0;

	for (size_t i = 0; i < error->n; i++) {
		int row = keyword_find(str_from(error->expected[i]));
		bool drop = row >= 0 &&
			    (names || (decls && keyword_at(row)->place == KEYWORD_DECL));

		if (!drop)
			error->expected[kept++] = error->expected[i];
	}
	error->n = kept;
	if (decls && !names) {
		expected_remove(error, "end of file");
		error->expected[error->n++] = "a declaration";
	}
}

static const char *name_phrase(const struct parse *parse, const char *fallback)
{
	struct str before = parse_text_at(parse, parse->lexer.before);

	for (size_t i = 0; i < sizeof(name_phrases) / sizeof(name_phrases[0]); i++) {
		if (str_eq_cstr(before, name_phrases[i].after))
			return name_phrases[i].what;
	}
	return fallback;
}

/* "'a', 'b' or 'c'": keywords and punctuation quoted, phrases not. */
static struct str expected_text(struct parse *parse, const struct syntax_error *error)
{
	struct str text = STR("");

	for (size_t i = 0; i < error->n; i++) {
		const char *name = error->expected[i];
		const char *quote = strchr(name, ' ') ? "" : "'";
		const char *joint = i == 0 ? "" : i + 1 < error->n ? ", " : " or ";

		if (strcmp(name, "a name") == 0 || strcmp(name, "the name of a tool") == 0)
			name = name_phrase(parse, name);
		text = str_printf(parse->arena, "%.*s%s%s%s%s", STR_ARG(text), joint, quote, name,
				  quote);
	}
	return text;
}

/* Is the text a translation, so that its statements' ends are not the author's? */
static bool is_generated(const struct parse *parse)
{
	return parse->diags->sources->files.items[parse->file].original != SPAN_NO_FILE;
}

static struct str found_text(struct parse *parse, const struct syntax_error *error)
{
	struct str text = parse_text_at(parse, error->span);
	size_t len = text.len;

	if (strcmp(error->found, "end of file") == 0)
		return str_from(error->found);
	if (source_is_made_up(parse->diags->sources, error->span) && text.ptr[0] != '"')
		return STR("the end of the value");
	if (len > SYNTAX_MAX_SHOWN) {
		len = SYNTAX_MAX_SHOWN;
		while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
			len--;
	}
	return str_printf(parse->arena, "%s%.*s%s%s", text.ptr[0] == '"' ? "" : "'", (int)len,
			  text.ptr, len < text.len ? "..." : "", text.ptr[0] == '"' ? "" : "'");
}

static bool has_newline(const struct parse *parse, uint32_t begin, uint32_t end)
{
	return end > begin && memchr(parse->text.ptr + begin, '\n', end - begin) != NULL;
}

/* A ';' was expected and what follows plainly belongs to something else. */
static bool is_missing_semicolon(const struct parse *parse, const struct syntax_error *error)
{
	bool at_end = strcmp(error->found, "end of file") == 0;

	if (!is_statement_end(error) || is_generated(parse))
		return false;
	return at_end || error->n == 1 || strcmp(error->found, "}") == 0 ||
	       has_newline(parse, parse->lexer.before.end, error->span.begin);
}

static int keyword_place_of(const char *name)
{
	int row = keyword_find(str_from(name));

	return row < 0 ? KEYWORD_WORD : (int)keyword_at(row)->place;
}

/* A declaration at the left margin: nobody writes one there inside of something else. */
static bool is_left_margin_decl(const struct parse *parse, const struct syntax_error *error)
{
	uint32_t begin = error->span.begin;

	return keyword_place_of(error->found) == KEYWORD_DECL && begin > 0 &&
	       parse->text.ptr[begin - 1] == '\n';
}

/* The first word of a section on a line of its own, inside of another section. */
static bool is_section_in_section(const struct parse *parse, const struct syntax_error *error)
{
	return keyword_place_of(error->found) == KEYWORD_SECTION && parse->blocks == 2 &&
	       syntax_expects(error, "}") &&
	       has_newline(parse, parse->lexer.before.end, error->span.begin);
}

/* In a block without indentation, "sandbox" and "set" may just be its next statement. */
static bool is_also_statement(const struct syntax_error *error)
{
	return strcmp(error->found, "sandbox") == 0 || strcmp(error->found, "set") == 0 ||
	       strcmp(error->found, "user") == 0;
}

static void hold(struct lexer *lexer, enum lex_repair repair, unsigned close_to)
{
	lexer->repair = repair;
	lexer->close_to = close_to;
	lexer->holding = true;
}

/* Is the offending token, which may be a '{' that was counted already, inside of a '('? */
static bool is_inside_parens(const struct lexer *lexer, const struct syntax_error *error)
{
	size_t depth = lexer->depth;

	if (depth && strcmp(error->found, "{") == 0)
		depth--;
	return depth && lexer->opens[depth - 1].open == '(';
}

/* What is skipped up to its closing bracket, in the words of enum lex_repair. */
static enum lex_repair plan_skip(const struct parse *parse, const struct syntax_error *error)
{
	bool ended = strcmp(error->found, ";") == 0 || strcmp(error->found, "end of file") == 0;

	if (is_inside_parens(&parse->lexer, error) && !ended)
		return LEX_REPAIR_SKIP_PARENS;
	if (strcmp(error->found, "{") != 0 || parse->in_head)
		return LEX_REPAIR_NONE;
	return LEX_REPAIR_SKIP_BLOCK;
}

/* The '{' after "in" begins a list, not a block. */
static bool after_in(const struct parse *parse)
{
	return str_eq_cstr(parse_text_at(parse, parse->lexer.before), "in");
}

static void plan_repair(struct parse *parse, const struct syntax_error *error)
{
	struct lexer *lexer = &parse->lexer;
	bool ends = is_statement_end(error);
	bool margin = is_left_margin_decl(parse, error) && !(ends && is_also_statement(error));

	lexer->recovering = true;
	lexer->wants_open = parse->in_head || (syntax_expects(error, "{") && !after_in(parse));
	if (after_in(parse) && syntax_expects(error, "{") && lexer->depth < PARSE_MAX_DEPTH)
		/* the '{' of a list is missing: its '}' must not end a block */
		lexer->opens[lexer->depth++] = (struct bracket){lexer->before, '{', false};
	if (is_section_in_section(parse, error))
		hold(lexer, LEX_REPAIR_CLOSE_BLOCKS, 1);
	else if (margin && parse->blocks > 0)
		hold(lexer, LEX_REPAIR_CLOSE_BLOCKS, 0);
	else if (margin &&
		 !ends) /* else the missing ';' is taken as given, and the declaration with it */
		hold(lexer, LEX_REPAIR_END_STATEMENT, 0);
	else if (!margin)
		lexer->repair = plan_skip(parse, error);
}

static void report_unclosed(struct parse *parse, const struct syntax_error *error)
{
	const struct bracket *open = &parse->lexer.opens[parse->lexer.depth - 1];
	struct str found = found_text(parse, error);
	struct diag *diag = diag_report(parse->diags, DIAG_E0003, error->span,
					"missing '%c' before %.*s", open->open == '{' ? '}' : ')',
					STR_ARG(found));

	diag_note(parse->diags, diag, open->span, "this '%c' is still open", open->open);
}

static void report_missing_semicolon(struct parse *parse, const struct syntax_error *error)
{
	uint32_t end = parse->lexer.before.end;
	struct str found = found_text(parse, error);

	diag_report(parse->diags, DIAG_E0002, (struct span){parse->file, end, end},
		    "missing ';' before %.*s", STR_ARG(found));
}

static void report_number(struct parse *parse, const struct syntax_error *error)
{
	struct str found = found_text(parse, error);
	struct diag *diag = diag_report(parse->diags, DIAG_E0012, error->span,
					"malformed number %.*s", STR_ARG(found));

	diag_help(parse->diags, diag,
		  "write 10, 0x1f or 0o755; sizes with B, KiB, MiB, GiB, TiB, kB, MB, GB or TB; "
		  "durations with ms, s, m or h; no fractions, no signs");
}

static bool is_number_like(const struct parse *parse, const struct syntax_error *error)
{
	char first = parse->text.ptr[error->span.begin];
	bool wanted = syntax_expects(error, "a number") || syntax_expects(error, "a size");

	return wanted && strcmp(error->found, "a tool pattern") == 0 &&
	       (first == '-' || first == '.' || (first >= '0' && first <= '9'));
}

static void report_unexpected(struct parse *parse, struct syntax_error *error)
{
	struct str found = found_text(parse, error);
	const char *nearest = hints_keyword(parse, error);
	struct str help = nearest ? (struct str){NULL, 0} : hints_help(parse, error);
	struct str expected;
	struct diag *diag;

	if (!is_statement_end(error) || is_generated(parse))
		expected_remove(error, ";");
	if (is_generated(parse)) { /* there, these have places of their own */
		expected_remove(error, "using");
		expected_remove(error, "rate");
	}
	collapse_keywords(error);
	for (size_t i = 0; i < sizeof(syntax_groups) / sizeof(syntax_groups[0]); i++)
		collapse_group(error, &syntax_groups[i]);
	expected = expected_text(parse, error);
	if (error->n == 0 || error->n > SYNTAX_MAX_LISTED)
		diag = diag_report(parse->diags, DIAG_E0001, error->span, "unexpected %.*s",
				   STR_ARG(found));
	else
		diag = diag_report(parse->diags, DIAG_E0001, error->span,
				   "expected %.*s, found %.*s", STR_ARG(expected), STR_ARG(found));
	if (nearest)
		diag_help(parse->diags, diag, "did you mean '%s'?", nearest);
	else if (help.ptr)
		diag_help(parse->diags, diag, "%.*s", STR_ARG(help));
}

void syntax_report(struct parse *parse, const struct syntax_error *given)
{
	struct syntax_error error = *given;
	bool at_end = strcmp(error.found, "end of file") == 0;

	if (parse->lexer.aborted)
		return;
	if (at_end) /* the end may be many empty lines below what is unfinished */
		error.span.begin = error.span.end = parse->lexer.before.end;
	plan_repair(parse, given);
	if (parse->lexer.depth && (at_end || parse->lexer.holding))
		report_unclosed(parse, &error);
	else if (is_number_like(parse, &error))
		report_number(parse, &error);
	else if (is_missing_semicolon(parse, &error) && !hints_keyword(parse, &error))
		report_missing_semicolon(parse, &error);
	else
		report_unexpected(parse, &error);
	if (parse->diags->errors >= DIAG_MAX_ERRORS)
		parse->lexer.aborted = true; /* what would follow is only counted */
}

static uint32_t skip_bytes(struct str text, uint32_t at, const char *set)
{
	while (at < text.len && strchr(set, text.ptr[at]))
		at++;
	return at;
}

/*
 * "sandbox NAME {" or "sandbox NAME extends" at the left margin inside of a tool: "sandbox NAME"
 * could be the tool's property, so no error would show before the tool has eaten the sandbox's
 * head.
 */
static bool is_sandbox_in_tool(const struct parse *parse, struct span word)
{
	static const char name[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	static const struct str extends = {"extends", 7};
	uint32_t at;

	if (!parse->in_tool || word.begin == 0 || parse->text.ptr[word.begin - 1] != '\n')
		return false;
	at = skip_bytes(parse->text, word.end, " \t");
	at = skip_bytes(parse->text, at, name);
	at = skip_bytes(parse->text, at, " \t\r\n");
	if (at < parse->text.len && parse->text.ptr[at] == '{')
		return true;
	return parse->text.len - at >= extends.len &&
	       memcmp(parse->text.ptr + at, extends.ptr, extends.len) == 0;
}

bool syntax_closes_tool(struct parse *parse, struct span word)
{
	struct syntax_error error = {.span = word, .found = "sandbox"};

	if (!parse->lexer.depth || parse->lexer.recovering || !is_sandbox_in_tool(parse, word))
		return false;
	report_unclosed(parse, &error);
	hold(&parse->lexer, LEX_REPAIR_CLOSE_BLOCKS, 0);
	return true;
}

void syntax_too_deep(struct parse *parse, struct span span)
{
	if (!parse->lexer.aborted)
		diag_report(parse->diags, DIAG_E0013, span,
			    "this nests too deep: brackets may go %u levels deep", PARSE_MAX_DEPTH);
	parse->lexer.aborted = true;
}
