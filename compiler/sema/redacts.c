/*
 * Patterns of what must not reach an audit record.
 *
 * They are compiled here, so that a mistake is found now. Repetitions within repetitions multiply,
 * and a small pattern can need gigabytes when it is compiled; so the size it would be written out
 * to is worked out first, and that of all patterns is limited, since the log looks for them at
 * once. It does so in linear time, which back-references and looking around don't allow.
 */
#include "sema/pass.h"

#include <regex.h>
#include <string.h>

#define MAX_SIZE  10000u /* elements of all patterns, with repetitions written out */
#define MAX_DEPTH 64u

struct size {
	struct str text;
	size_t at;
	unsigned depth;
	size_t group[MAX_DEPTH]; /* elements so far of each open group */
	size_t last;             /* of the last element or group, which a repetition multiplies */
	unsigned signs;          /* repetitions of one another, so far */
	bool too_large;
	const char *not_linear; /* what the log can't look for */
};

/* To the last byte of "[:name:]", "[.name.]" or "[=name=]" inside a bracket expression. */
static void skip_class(struct size *in)
{
	size_t at = in->at + 2;
	char kind;

	if (at > in->text.len)
		return;
	kind = in->text.ptr[at - 1];
	if (kind != ':' && kind != '.' && kind != '=')
		return;
	while (at + 1 < in->text.len && !(in->text.ptr[at] == kind && in->text.ptr[at + 1] == ']'))
		at++;
	in->at = at + 1;
}

/* To behind a bracket expression; "]" is a member where it comes first. */
static void skip_brackets(struct size *in)
{
	in->at++;
	in->at += in->at < in->text.len && in->text.ptr[in->at] == '^';
	in->at += in->at < in->text.len && in->text.ptr[in->at] == ']';
	while (in->at < in->text.len && in->text.ptr[in->at] != ']') {
		if (in->text.ptr[in->at] == '[')
			skip_class(in);
		in->at++;
	}
	in->at++;
}

/* The greatest number of a "{m,n}", which stands at in->at. */
static size_t read_bound(struct size *in)
{
	size_t most = 0, number = 0;

	for (in->at++; in->at < in->text.len && in->text.ptr[in->at] != '}'; in->at++) {
		char byte = in->text.ptr[in->at];

		if (byte < '0' || byte > '9')
			number = 0;
		else if (number <= MAX_SIZE)
			number = number * 10 + (size_t)(byte - '0');
		most = number > most ? number : most;
	}
	in->at++;
	return most ? most : 1;
}

static void add(struct size *in, size_t elements)
{
	in->last = elements;
	in->group[in->depth] += elements;
	in->too_large |= in->group[in->depth] > MAX_SIZE;
}

/* What stands behind a backslash may be more than a byte. */
static void check_escape(struct size *in)
{
	char byte;

	if (in->at + 1 == in->text.len)
		return;
	byte = in->text.ptr[in->at + 1];
	if (byte >= '1' && byte <= '9')
		in->not_linear = "a back-reference";
	else if (byte && strchr("bB<>`'", byte))
		in->not_linear = "a word boundary";
}

static void step(struct size *in)
{
	char byte = in->text.ptr[in->at];
	size_t before = in->last;

	in->signs = byte && strchr("*+?{", byte) ? in->signs + 1 : 0;
	in->too_large |= in->signs > MAX_DEPTH;
	if (byte == '{') {
		size_t times = read_bound(in);

		in->group[in->depth] -= before;
		add(in, before * times);
		return;
	}
	if (byte == '[') {
		skip_brackets(in);
		add(in, 1);
		return;
	}
	if (byte == '\\')
		check_escape(in);
	in->at += byte == '\\' ? 2 : 1;
	if (byte == '(' && in->depth + 1 < MAX_DEPTH) {
		in->group[++in->depth] = 0;
	} else if (byte == ')' && in->depth) {
		in->depth--;
		add(in, in->group[in->depth + 1] + 1);
	} else {
		in->too_large |= byte == '(';
		add(in, 1);
	}
}

/* *total: of all patterns so far. */
static struct size size_of(struct str pattern, size_t *total)
{
	struct size in = {.text = pattern};

	while (in.at < pattern.len && !in.too_large)
		step(&in);
	*total += in.group[0];
	in.too_large |= *total > MAX_SIZE;
	return in;
}

static void compile(struct sema *sema, const struct ast_redact *redact, struct str pattern)
{
	char why[256];
	regex_t regex;
	int rc = regcomp(&regex, arena_strndup(sema->arena, pattern.ptr, pattern.len),
			 REG_EXTENDED | REG_NOSUB);

	if (!rc) {
		regfree(&regex);
		return;
	}
	regerror(rc, NULL, why, sizeof(why));
	diag_report(sema->diags, DIAG_E0225, redact->pattern.span,
		    "this is not an extended regular expression: %s", why);
}

static void check_pattern(struct sema *sema, const struct ast_redact *redact, struct str pattern,
			  size_t *total)
{
	struct size size;

	if (!pattern.len) {
		diag_report(sema->diags, DIAG_E0225, redact->pattern.span,
			    "an empty pattern is found everywhere");
		return;
	}
	size = size_of(pattern, total);
	if (size.too_large)
		diag_report(sema->diags, DIAG_E0462, redact->pattern.span,
			    "with repetitions written out, the patterns up to this one have more "
			    "than %u elements, or it has more than %u groups within one another",
			    MAX_SIZE, MAX_DEPTH - 1);
	else
		compile(sema, redact, pattern);
	if (size.not_linear)
		diag_report(sema->diags, DIAG_E0225, redact->pattern.span,
			    "this pattern has %s, which the audit log can't look for",
			    size.not_linear);
}

void sema_redacts(struct sema *sema)
{
	size_t total = 0;

	for (size_t i = 0; i < sema->ast->redacts.n; i++) {
		const struct ast_redact *redact = &sema->ast->redacts.items[i];
		struct ir_redact *out = vec_push(sema->arena, &sema->ir->redacts);
		size_t errors = sema->diags->errors;

		out->origin = sema_origin(sema, redact->span);
		if (sema_plain_text(sema, &redact->pattern, "a pattern", &out->pattern) &&
		    sema->diags->errors == errors)
			check_pattern(sema, redact, out->pattern, &total);
	}
}
