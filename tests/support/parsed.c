/*
 * Parses text in memory, and tells what the parser said about it.
 */
#include "support/parsed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

struct parsed *parsed_bytes(const char *text, size_t len)
{
	struct parsed *parsed = calloc(1, sizeof(*parsed));

	cr_assert_not_null(parsed);
	arena_init(&parsed->arena);
	parsed->sources.arena = &parsed->arena;
	diag_init(&parsed->diags, &parsed->arena, &parsed->sources);
	cr_assert_eq(parse_text(&parsed->diags, STR("t.writ"), (struct str){text, len},
				&parsed->ast),
		     0);
	diag_sort(&parsed->diags);
	return parsed;
}

struct parsed *parsed_from(const char *text)
{
	return parsed_bytes(text, strlen(text));
}

const char *parsed_says(const struct parsed *parsed)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < parsed->diags.items.n; i++) {
		const struct diag *diag = &parsed->diags.items.items[i];
		struct line_col at = source_line_col(&parsed->sources, diag->span.file,
						     diag->span.begin);

		fprintf(out, "%u:%u %.*s [%s]\n", at.line, at.col, STR_ARG(diag->message),
			diag_info(diag->code)->code);
		for (size_t n = 0; n < diag->notes.n; n++) {
			if (diag->notes.items[n].is_help)
				fprintf(out, "  %.*s\n", STR_ARG(diag->notes.items[n].text));
		}
	}
	fclose(out);
	return text;
}

struct ast *parsed_clean(const char *text)
{
	struct parsed *parsed = parsed_from(text);

	cr_assert_eq(parsed->diags.errors, 0, "%s", parsed_says(parsed));
	return &parsed->ast;
}

struct parsed *parsed_repeated(const char *head, const char *unit, size_t n, const char *tail)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	fprintf(out, "policy p;\n%s", head);
	for (size_t i = 0; i < n; i++)
		fputs(unit, out);
	fputs(tail, out);
	fclose(out);
	return parsed_bytes(text, len);
}

struct str parsed_text(const struct parsed *parsed, struct span span)
{
	struct str text = parsed->sources.files.items[span.file].text;

	return (struct str){text.ptr + span.begin, span.end - span.begin};
}
