/*
 * Results of tests in the Test Anything Protocol, version 14: one test point an expectation, with
 * a YAML block of why when it failed. Strings in it are JSON's, which YAML reads.
 */
#include <stdlib.h>

#include "cli/json_out.h"
#include "cli/testing.h"

/* On one line; '#' would begin a directive, and '\' escapes it. */
static void put_description(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];

		if (byte < 0x20 || byte == 0x7f)
			printf("\\\\x%02x", byte);
		else if (byte == '#' || byte == '\\')
			printf("\\%c", byte);
		else
			putchar(byte);
	}
}

static void put_string(struct str text)
{
	json_t *json = json_out_text(text);
	char *dump = json_dumps(json, JSON_ENCODE_ANY);

	if (!dump)
		arena_die();
	fputs(dump, stdout);
	free(dump);
	json_decref(json);
}

static void put_entry(const char *key, struct str text)
{
	printf("  %s: ", key);
	put_string(text);
	putchar('\n');
}

static void put_why(const struct test_file *file, const struct test_result *result)
{
	fputs("  ---\n", stdout);
	put_entry("message", result->message);
	put_entry("at", test_where(file, result->span));
	if (result->notes.n)
		fputs("  notes:\n", stdout);
	for (size_t i = 0; i < result->notes.n; i++) {
		struct str where = test_where(file, result->notes.items[i].span);

		fputs("    - ", stdout);
		put_string(str_printf(file->judge.arena, "%.*s%s%.*s", STR_ARG(where),
				      where.len ? ": " : "", STR_ARG(result->notes.items[i].text)));
		putchar('\n');
	}
	fputs("  ...\n", stdout);
}

static void put_point(size_t number, bool ok, struct str test, struct str question)
{
	printf("%s %zu - ", ok ? "ok" : "not ok", number);
	put_description(test);
	fputs(question.len ? ": " : "", stdout);
	put_description(question);
	putchar('\n');
}

static void put_block(const struct test_file *file, const struct test_block *block, size_t *number)
{
	if (block->error.len) {
		put_point(++*number, false, block->name, STR(""));
		fputs("  ---\n", stdout);
		put_entry("message", block->error);
		put_entry("at", test_where(file, block->span));
		fputs("  ...\n", stdout);
	}
	for (size_t i = 0; i < block->results.n; i++) {
		const struct test_result *result = &block->results.items[i];

		put_point(++*number, result->passed, block->name, result->question);
		if (!result->passed)
			put_why(file, result);
	}
}

void test_print_tap(const struct test_report *report)
{
	size_t n = 0, number = 0;

	for (size_t i = 0; i < report->n; i++)
		n += report->files[i].n_results + report->files[i].n_errors +
		     (report->files[i].status != 0);
	printf("TAP version 14\n1..%zu\n", n);
	for (size_t i = 0; i < report->n; i++) {
		const struct test_file *file = &report->files[i];

		if (file->status)
			put_point(++number, false, str_from(file->path),
				  STR("the policy can't be compiled"));
		for (size_t b = 0; b < file->blocks.n; b++)
			put_block(file, &file->blocks.items[b], &number);
	}
	if (report->coverage)
		printf("# coverage: %u%%%s\n", test_percent(report),
		       report->below ? ", less than demanded" : "");
}
