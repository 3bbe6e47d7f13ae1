/*
 * What is wrong with a YAML file as such: libyaml's complaints and what stands at their place go
 * in, diagnostics go out.
 *
 * libyaml says what it can't go on with, not what was meant. The mistakes people make in policies
 * are few and can be told from the character at the place: a tab, an unquoted '*' or '@', a brace
 * inside of an unquoted text. Each has its own words here; for the rest libyaml's are passed on.
 */
#include "front/yaml_fault.h"

#include <string.h>

#include "base/utf8.h"

#define SHOWN_MAX 40u

/* libyaml's words for a complaint, and what helps. */
static const struct {
	const char *problem;
	const char *help;
} helps[] = {
	{"mapping values are not allowed in this context",
	 "is the indentation right? Text that holds ': ' must stand in quotes"},
	{"did not find expected ',' or ']'",
	 "inside of [ ], text that holds one of { } [ ] , must stand in quotes"},
	{"did not find expected ',' or '}'",
	 "inside of { }, text that holds one of { } [ ] , must stand in quotes"},
	{"could not find expected ':'", "a key is followed by a ':' and a space"},
	{"did not find expected key", "is the line indented like the ones above? Is the text above "
				      "it in quotes, if it has to be?"},
	{"did not find expected '-' indicator",
	 "is the line indented like the items of the list above?"},
	{"found unexpected end of stream", "a closing quote or bracket is missing"},
	{"did not find expected <document start>", "nothing can stand outside of the mapping"},
};

struct str yaml_shown(struct arena *arena, struct str text)
{
	size_t n = SHOWN_MAX;

	if (text.len <= SHOWN_MAX)
		return text;
	while (n > 0 && ((unsigned char)text.ptr[n] & 0xc0) == 0x80)
		n--;
	return str_printf(arena, "%.*s...", (int)n, text.ptr);
}

/* The word at an offset, for messages: up to a blank or a bracket. */
static struct str word_at(const struct parse *parse, uint32_t at)
{
	struct str word = {parse->text.ptr + at, 0};

	while (at + word.len < parse->text.len && word.len < SHOWN_MAX &&
	       !strchr(" \t\r\n,[]{}:#\"'", word.ptr[word.len]))
		word.len++;
	return word;
}

static struct span place(const struct parse *parse, uint32_t at, size_t len)
{
	if (at + len > parse->text.len)
		len = parse->text.len - at;
	return (struct span){parse->file, at, at + (uint32_t)len};
}

void yaml_fault_alias(struct parse *parse, struct span span)
{
	struct str word = word_at(parse, span.begin);
	struct diag *diag = diag_report(parse->diags, DIAG_E0043,
					place(parse, span.begin, word.len ? word.len : 1),
					"YAML reads an unquoted '*' as an alias of another value");

	diag_help(parse->diags, diag, "write \"%.*s\", in quotes", STR_ARG(word));
}

static void report_anchor(struct parse *parse, uint32_t at)
{
	struct str word = word_at(parse, at);

	diag_help(parse->diags,
		  diag_report(parse->diags, DIAG_E0044, place(parse, at, word.len ? word.len : 1),
			      "YAML reads an unquoted '&' as an anchor, and anchors are not "
			      "supported in a policy"),
		  "text that begins with '&' must stand in quotes");
}

static void report_tab(struct parse *parse, uint32_t at)
{
	diag_help(parse->diags,
		  diag_report(parse->diags, DIAG_E0041, place(parse, at, 1),
			      "there is a tab where YAML wants spaces"),
		  "indent with spaces, and put one after ':' and '-'");
}

static void report_indicator(struct parse *parse, uint32_t at)
{
	struct str word = word_at(parse, at);
	struct diag *diag = diag_report(parse->diags, DIAG_E0040,
					place(parse, at, word.len ? word.len : 1),
					"in YAML, text that begins with '%c' must stand in quotes",
					parse->text.ptr[at]);

	diag_help(parse->diags, diag, "write \"%.*s\"", STR_ARG(word));
}

static void report_other(struct parse *parse, const struct yaml_fault *fault)
{
	struct diag *diag = diag_report(parse->diags, DIAG_E0040, place(parse, fault->at, 1),
					"this is not YAML: %s", fault->problem);

	if (fault->context && fault->context_at != fault->at)
		diag_note(parse->diags, diag, place(parse, fault->context_at, 1),
			  "%s that begins here", fault->context);
	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++) {
		if (strcmp(fault->problem, helps[i].problem) == 0)
			diag_help(parse->diags, diag, "%s", helps[i].help);
	}
}

static bool is_doing(const struct yaml_fault *fault, const char *context)
{
	return fault->context && strcmp(fault->context, context) == 0;
}

/* The text ends with a NUL byte, so there is a character at every place. */
void yaml_fault_report(struct parse *parse, const struct yaml_fault *fault)
{
	char c = parse->text.ptr[fault->at];
	struct span alias = {parse->file, fault->context_at, fault->context_at + 1};

	if (is_doing(fault, "while scanning an alias"))
		yaml_fault_alias(parse, alias);
	else if (is_doing(fault, "while scanning an anchor"))
		report_anchor(parse, fault->context_at);
	else if (c == '\t')
		report_tab(parse, fault->at);
	else if (c && strchr("@`%", c) && is_doing(fault, "while scanning for the next token"))
		report_indicator(parse, fault->at);
	else
		report_other(parse, fault);
}

/* Joiners and variation selectors shape scripts and emoji; they reorder nothing. */
static bool is_allowed(uint32_t scalar)
{
	bool shaping = scalar == 0x200c || scalar == 0x200d ||
		       (scalar >= 0xfe00 && scalar <= 0xfe0f);

	return scalar == '\t' || scalar == '\n' || shaping || !utf8_is_deceptive(scalar);
}

/* By itself it ends a line for YAML and for few programs that show the file. */
static bool is_line_end(struct str rest)
{
	return rest.len > 1 && rest.ptr[0] == '\r' && rest.ptr[1] == '\n';
}

bool yaml_fault_check_visible(struct parse *parse, uint32_t begin)
{
	size_t errors = parse->diags->errors;
	uint32_t scalar = 0;
	uint32_t n;

	for (uint32_t at = begin; at < parse->text.len; at += n) {
		struct str rest = {parse->text.ptr + at, parse->text.len - at};
		struct diag *diag;

		n = (uint32_t)utf8_decode(rest, &scalar);
		if (is_allowed(scalar) || is_line_end(rest))
			continue;
		diag = diag_report(parse->diags, DIAG_E0006, place(parse, at, n),
				   "invisible or control character <U+%04X>", scalar);
		diag_help(parse->diags, diag,
			  "in \"double quotes\", write \\u and its four digits");
	}
	return parse->diags->errors == errors;
}
