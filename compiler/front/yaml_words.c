/*
 * Names, literals and conditions of a YAML policy as the tokens of Writ they are.
 *
 * A value that becomes tokens could become more of them than one may think: a name with a ';' in it
 * would end the statement it stands in. So each is checked first to be exactly the token, or the
 * balanced run of tokens, that belongs in its place. The grammar then says whether a condition
 * makes sense.
 */
#include <string.h>

#include "front/words.h"
#include "front/yaml_fault.h"
#include "front/yaml_shape.h"

#define NAME_FIRST "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS     "0123456789"
#define BRACKETS   "(){}"

/* The bytes of text, from at, that are in set. */
static size_t span_in(struct str text, size_t at, const char *set)
{
	size_t n = 0;

	while (at + n < text.len && text.ptr[at + n] && strchr(set, text.ptr[at + n]))
		n++;
	return n;
}

static bool is_name(struct str text)
{
	return text.len && !span_in(text, 0, DIGITS) &&
	       span_in(text, 0, NAME_FIRST DIGITS) == text.len;
}

static bool is_pattern(struct str text)
{
	return text.len && span_in(text, 0, NAME_FIRST DIGITS ".*-") == text.len;
}

/* A number as Writ writes it; one that other YAML readers would take for octal is text. */
static bool is_integer(struct str text)
{
	static const char hex[] = DIGITS "abcdefABCDEF";

	if (text.len > 2 && memcmp(text.ptr, "0x", 2) == 0)
		return span_in(text, 2, hex) == text.len - 2;
	if (text.len > 2 && memcmp(text.ptr, "0o", 2) == 0)
		return span_in(text, 2, "01234567") == text.len - 2;
	return text.len && span_in(text, 0, DIGITS) == text.len &&
	       (text.ptr[0] != '0' || text.len == 1);
}

/* A size or a duration: digits and one of the units of the scanner. */
static bool is_quantity(struct str text)
{
	static const char *const units[] = {"B",  "KiB", "MiB", "GiB", "TiB", "kB", "MB",
					    "GB", "TB",  "ms",  "s",   "m",   "h",  NULL};
	size_t digits = span_in(text, 0, DIGITS);
	struct str unit = {text.ptr + digits, text.len - digits};

	for (size_t i = 0; digits && units[i]; i++) {
		if (str_eq_cstr(unit, units[i]))
			return true;
	}
	return false;
}

static void malformed(struct yaml_out *out, const struct yaml_node *node, const char *what,
		      const char *help)
{
	struct str shown = yaml_shown(out->parse->arena, node->text);
	struct diag *diag = diag_report(out->parse->diags, DIAG_E0050, node->span,
					"'%.*s' is not %s", STR_ARG(shown), what);

	diag_help(out->parse->diags, diag, "%s", help);
}

void yaml_put_name(struct yaml_out *out, const struct yaml_node *node)
{
	if (!yaml_want_text(out, node, "a name"))
		return;
	if (is_name(node->text) && !str_eq(node->text, STR("not")))
		yaml_put_raw(out, node);
	else
		malformed(out, node, "a name",
			  "a name is letters, digits and '_', does not begin with a digit, and is "
			  "not 'not'");
}

/* Where the dots stand is for the parser. */
void yaml_put_arg_name(struct yaml_out *out, const struct yaml_node *node)
{
	if (!yaml_want_text(out, node, "the name of an argument"))
		return;
	if (is_pattern(node->text) && !str_eq(node->text, STR("not")) &&
	    (is_name(node->text) || memchr(node->text.ptr, '.', node->text.len) ||
	     memchr(node->text.ptr, '-', node->text.len)))
		yaml_put_raw(out, node);
	else
		malformed(out, node, "the name of an argument",
			  "such a name is letters, digits, '_' and '-', with a '.' before a "
			  "member's");
}

void yaml_put_policy_name(struct yaml_out *out, const struct yaml_node *node)
{
	if (!yaml_want_text(out, node, "the name of the policy"))
		return;
	if (is_pattern(node->text))
		yaml_put_raw(out, node);
	else
		malformed(out, node, "the name of a policy",
			  "such a name is letters, digits, '_' and '-'");
}

void yaml_put_pattern(struct yaml_out *out, const struct yaml_node *node)
{
	if (!yaml_want_text(out, node, "the name of a tool, or a pattern"))
		return;
	if (is_pattern(node->text))
		yaml_put_raw(out, node);
	else
		malformed(out, node, "the name of a tool",
			  "such a name is letters, digits and the characters _ . - with '*' as a "
			  "wildcard");
}

void yaml_put_integer(struct yaml_out *out, const struct yaml_node *node)
{
	if (!yaml_want_text(out, node, "a number"))
		return;
	if (is_integer(node->text))
		yaml_put_raw(out, node);
	else
		malformed(out, node, "a number",
			  "write 10, 0x1f or 0o755, without a sign, a fraction or leading zeroes");
}

void yaml_put_text(struct yaml_out *out, const struct yaml_node *node)
{
	if (yaml_want_text(out, node, "text"))
		yaml_put_string(out, node);
}

void yaml_put_literal(struct yaml_out *out, const struct yaml_node *node)
{
	struct str text = node->text;
	bool is_bool = str_eq(text, STR("true")) || str_eq(text, STR("false"));

	if (!yaml_want_text(out, node, "a number, a size, a duration, true, false or text"))
		return;
	if (node->style == YAML_STYLE_PLAIN && (is_bool || is_integer(text) || is_quantity(text)))
		yaml_put_raw(out, node);
	else
		yaml_put_string(out, node);
}

void yaml_put_quantity(struct yaml_out *out, const struct yaml_node *node)
{
	if (!yaml_want_text(out, node, "a number, a size or a duration"))
		return;
	if (is_integer(node->text) || is_quantity(node->text))
		yaml_put_raw(out, node);
	else
		malformed(out, node, "a number, a size or a duration",
			  "write 10, 64MiB or 30s, without a sign, a fraction or leading zeroes");
}

static const struct yaml_key set_keys[] = {{"set", NULL}, {NULL, NULL}};

void yaml_put_item(struct yaml_out *out, const struct yaml_node *node)
{
	if (node->kind != YAML_KIND_MAP)
		yaml_put_text(out, node);
	else if (yaml_check_keys(out, node, set_keys) && yaml_need(out, node, "set"))
		yaml_put_name(out, yaml_field(node, "set"));
}

bool yaml_want_bool(struct yaml_out *out, const struct yaml_node *node, bool *value)
{
	*value = str_eq(node->text, STR("true"));
	if (!yaml_want_text(out, node, "true or false"))
		return false;
	if (*value || str_eq(node->text, STR("false")))
		return true;
	malformed(out, node, "true or false", "write true or false, in small letters");
	return false;
}

/* A list of values, of an argument that has several. */
static void put_values(struct yaml_out *out, const struct yaml_node *list)
{
	yaml_put(out, "{", yaml_head(list));
	yaml_put_list(out, list, yaml_put_literal);
	yaml_put(out, "}", yaml_head(list));
}

void yaml_put_args(struct yaml_out *out, const struct yaml_node *map)
{
	if (map->kind != YAML_KIND_MAP) {
		yaml_wrong_shape(out, map, "a mapping of names to values");
		return;
	}
	for (const struct yaml_node *entry = map->first; entry; entry = entry->next) {
		if (entry != map->first)
			yaml_put(out, ", ", yaml_head(entry));
		yaml_put_arg_name(out, entry->key);
		yaml_put(out, " = ", yaml_head(entry));
		if (entry->kind == YAML_KIND_LIST)
			put_values(out, entry);
		else
			yaml_put_literal(out, entry);
	}
}

void yaml_put_bindings(struct yaml_out *out, const struct yaml_node *map)
{
	if (map->kind != YAML_KIND_MAP) {
		yaml_wrong_shape(out, map, "a mapping of names to values");
		return;
	}
	for (const struct yaml_node *entry = map->first; entry; entry = entry->next) {
		if (entry != map->first)
			yaml_put(out, ", ", yaml_head(entry));
		yaml_put_name(out, entry->key);
		yaml_put(out, " = ", yaml_head(entry));
		yaml_put_literal(out, entry);
	}
}

/* The bytes of the string that begins at a quote, with both quotes; 0 when it has no end. */
static size_t string_length(struct str text, size_t at)
{
	for (size_t i = at + 1; i < text.len && text.ptr[i] != '\n'; i++) {
		if (text.ptr[i] == '"')
			return i + 1 - at;
		i += text.ptr[i] == '\\';
	}
	return 0;
}

/* Brackets that are open, checked as they come. */
struct brackets {
	char open[PARSE_MAX_DEPTH];
	size_t n;
	const char *fault;
};

static void take_bracket(struct brackets *brackets, char c)
{
	char wanted = c == ')' ? '(' : '{';

	if (c == '(' || c == '{') {
		if (brackets->n < PARSE_MAX_DEPTH)
			brackets->open[brackets->n++] = c;
		else
			brackets->fault = "its brackets nest too deep";
		return;
	}
	if (brackets->n && brackets->open[brackets->n - 1] == wanted)
		brackets->n--;
	else
		brackets->fault = c == ')' ? "it has a ')' without a '('"
					   : "it has a '}' without a '{'";
}

/* Is a word the last of text, which would take what follows the text for its operand? */
static bool ends_in(struct str text, const char *word)
{
	size_t n = strlen(word);

	while (text.len && strchr(" \t\r\n", text.ptr[text.len - 1]))
		text.len--;
	if (text.len < n || memcmp(text.ptr + text.len - n, word, n) != 0)
		return false;
	return text.len == n || !strchr(NAME_FIRST DIGITS, text.ptr[text.len - n - 1]);
}

/* What keeps text from being one run of tokens inside of a statement, or NULL. */
static const char *fault_of(struct str text)
{
	struct brackets brackets = {.fault = NULL};
	size_t string;

	for (size_t i = 0; i < text.len && !brackets.fault; i++) {
		char c = text.ptr[i];

		if (c == ';')
			return "it holds a ';'";
		if (c == '#')
			return "it holds a '#'";
		string = c == '"' ? string_length(text, i) : 1;
		if (!string)
			return "a string in it has no end";
		i += string - 1;
		if (c && strchr(BRACKETS, c))
			take_bracket(&brackets, c);
	}
	if (!brackets.fault && brackets.n)
		return "a bracket in it is not closed";
	if (ends_in(text, "and") || ends_in(text, "or") || ends_in(text, "not"))
		return "its last word wants a condition behind it";
	return brackets.fault;
}

static bool check_run(struct yaml_out *out, const struct yaml_node *node, const char *what)
{
	const char *fault = span_in(node->text, 0, " \t\r\n") == node->text.len ? "it is empty"
										: NULL;

	if (!yaml_want_text(out, node, what))
		return false;
	if (!fault)
		fault = fault_of(node->text);
	if (fault)
		diag_report(out->parse->diags, DIAG_E0051, node->span, "this is not %s: %s", what,
			    fault);
	return !fault;
}

/* Words that go on with a rule behind its condition: is one of them in text? */
static bool goes_on(struct str text)
{
	static const char *const words[] = {"using", "rate", NULL};

	for (size_t i = 0; words[i]; i++) {
		if (memmem(text.ptr, text.len, words[i], strlen(words[i])))
			return true;
	}
	return false;
}

void yaml_put_expr(struct yaml_out *out, const struct yaml_node *node)
{
	bool guard;

	if (!check_run(out, node, "a condition"))
		return;
	guard = goes_on(node->text);
	yaml_put(out, guard ? "(" : "", node->span);
	yaml_put_raw(out, node);
	yaml_put(out, guard ? ")" : "",
		 (struct span){node->span.file, node->span.end, node->span.end});
}

/* "name", "@group" or "name(...)", with nothing behind it. */
static bool is_call(struct str text)
{
	size_t group = text.len && text.ptr[0] == '@';
	size_t name = group +
		      span_in(text, group, group ? NAME_FIRST DIGITS "-" : NAME_FIRST DIGITS);
	size_t at = name + span_in(text, name, " ");

	if (name == group || span_in(text, group, DIGITS "-"))
		return false;
	if (name == text.len)
		return true;
	return !group && at < text.len && text.ptr[at] == '(' && text.ptr[text.len - 1] == ')';
}

/* In "a(b) c(d)" the first '(' is closed before the end. */
static bool is_one_group(struct str text)
{
	size_t depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '"')
			i += string_length(text, i) - 1;
		depth += c == '(';
		depth -= c == ')';
		if (c == ')' && !depth && i + 1 < text.len)
			return false;
	}
	return true;
}

static const char call_help[] =
	"write the name of a system call or a set, \"@group\", or 'name(condition, ...)'";

void yaml_put_call(struct yaml_out *out, const struct yaml_node *node)
{
	if (node->kind == YAML_KIND_MAP) {
		yaml_put_item(out, node);
		return;
	}
	if (!check_run(out, node, "a system call"))
		return;
	if (is_call(node->text) && is_one_group(node->text))
		yaml_put_raw(out, node);
	else
		malformed(out, node, "a system call", call_help);
}
