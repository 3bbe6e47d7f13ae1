/*
 * Results of tests for people: what failed, with its place as diagnostics have it, then one line a
 * file. All of it on standard output, in the order of the files.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/testing.h"

static bool has_color(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

static void print_failure(const struct test_file *file, const struct test_result *result,
			  bool color)
{
	const struct diag_list *diags = &file->input.compilation.diags;
	struct diag_note failure = {.span = result->span, .text = result->message};

	diag_print_remark(diags, &failure, true, stdout, color);
	for (size_t i = 0; i < result->notes.n; i++)
		diag_print_remark(diags, &result->notes.items[i], false, stdout, color);
}

static void print_error(const struct test_file *file, const struct test_block *block, bool color)
{
	struct diag_note error = {
		.span = block->span,
		.text = str_printf(file->judge.arena, "this test can't be run: %.*s",
				   STR_ARG(block->error)),
	};

	diag_print_remark(&file->input.compilation.diags, &error, true, stdout, color);
}

static void print_blocks(const struct test_file *file, bool color)
{
	for (size_t b = 0; b < file->blocks.n; b++) {
		const struct test_block *block = &file->blocks.items[b];

		if (block->error.len)
			print_error(file, block, color);
		for (size_t i = 0; i < block->results.n; i++) {
			if (!block->results.items[i].passed)
				print_failure(file, &block->results.items[i], color);
		}
	}
}

static void put_count(size_t n, const char *what)
{
	printf("%zu %s%s", n, what, n == 1 ? "" : "s");
}

static void print_summary(const struct test_file *file)
{
	utf8_print(stdout, str_from(file->path));
	if (!file->blocks.n) {
		fputs(": no tests\n", stdout);
		return;
	}
	fputs(": ", stdout);
	put_count(file->blocks.n, "test");
	fputs(", ", stdout);
	put_count(file->n_results, "expectation");
	printf(": %zu passed, %zu failed", file->n_results - file->n_failed, file->n_failed);
	if (file->n_errors) {
		fputs("; ", stdout);
		put_count(file->n_errors, "test");
		fputs(" can't be run", stdout);
	}
	putchar('\n');
}

static void print_gap(const struct test_file *file, const struct test_gap *gap)
{
	struct str where = test_where(file, gap->span);

	fputs("  ", stdout);
	utf8_print(stdout, where);
	fputs(where.len ? ": " : "", stdout);
	utf8_print(stdout, gap->text);
	putchar('\n');
}

static void print_coverage(const struct test_file *file, const struct test_coverage *coverage)
{
	size_t points = coverage->points;

	printf("coverage: %zu%% (%zu of %zu rules and conditions)\n",
	       points ? coverage->covered * 100 / points : 100, coverage->covered, points);
	for (size_t i = 0; i < coverage->gaps.n; i++)
		print_gap(file, &coverage->gaps.items[i]);
	if (!coverage->unasked.n)
		return;
	printf("of sandboxes, which do not count: %zu of %zu statements decide in a test\n",
	       coverage->grants_asked, coverage->grants);
	for (size_t i = 0; i < coverage->unasked.n; i++)
		print_gap(file, &coverage->unasked.items[i]);
}

void test_print_text(const struct test_report *report)
{
	bool color = has_color();

	for (size_t i = 0; i < report->n; i++) {
		const struct test_file *file = &report->files[i];

		if (file->status)
			continue;
		print_blocks(file, color);
		print_summary(file);
		if (report->coverage)
			print_coverage(file, &report->coverage[i]);
	}
	if (report->below)
		printf("the coverage is less than the demanded %u%%\n", report->minimum);
}
