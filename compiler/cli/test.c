/*
 * writc test: does the policy decide as its tests expect?
 */
#include <stdlib.h>

#include "base/vec.h"
#include "cli/cli.h"
#include "cli/testing.h"

static const char *const formats[] = {"text", "junit", "json", "tap", NULL};

static void (*const printers[])(const struct test_report *) = {
	test_print_text,
	test_print_junit,
	test_print_json,
	test_print_tap,
};

unsigned test_percent(const struct test_report *report)
{
	size_t points = 0, covered = 0;

	for (size_t i = 0; i < report->n; i++) {
		points += report->coverage[i].points;
		covered += report->coverage[i].covered;
	}
	return points ? (unsigned)(covered * 100 / points) : 100;
}

/* A file without tests covers nothing, also when there is nothing to cover. */
static bool is_below(const struct test_report *report)
{
	if (!report->coverage || !report->minimum)
		return false;
	for (size_t i = 0; i < report->n; i++) {
		if (!report->files[i].n_results)
			return true;
	}
	return test_percent(report) < report->minimum;
}

static int status_of(const struct test_report *report)
{
	int status = report->below ? CLI_FINDINGS : CLI_OK;

	for (size_t i = 0; i < report->n; i++) {
		const struct test_file *file = &report->files[i];

		if (file->status == CLI_BUG)
			return CLI_BUG;
		if (file->status || file->n_errors)
			status = CLI_INPUT;
		else if (file->n_failed && status == CLI_OK)
			status = CLI_FINDINGS;
	}
	return status;
}

struct wish {
	int format;
	bool coverage;
	unsigned minimum;
};

static int run_files(char **paths, size_t n, const struct wish *wish)
{
	struct arena arena;
	struct test_file *files;
	struct test_coverage *coverage;
	struct test_report report;
	int status;

	arena_init(&arena);
	files = arena_alloc(&arena, n * sizeof(*files));
	coverage = arena_alloc(&arena, n * sizeof(*coverage));
	for (size_t i = 0; i < n; i++) {
		test_run(&files[i], paths[i]);
		if (wish->coverage && !files[i].status)
			test_cover_sum(&files[i], &coverage[i]);
	}
	report = (struct test_report){files, n, wish->coverage ? coverage : NULL, false,
				      wish->minimum};
	report.below = is_below(&report);
	printers[wish->format](&report);
	status = status_of(&report);
	for (size_t i = 0; i < n; i++)
		test_file_fini(&files[i]);
	arena_fini(&arena);
	return status;
}

/* 0 to 100, or -1. */
static int read_percent(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < 0 || value > 100 || text[0] < '0' || text[0] > '9')
		return -1;
	return (int)value;
}

int verb_test(int argc, char **argv)
{
	const char *format = NULL, *minimum = NULL;
	struct wish wish = {0};
	const struct cli_option options[] = {
		{"--coverage", &wish.coverage, NULL},
		{"--coverage-min", NULL, &minimum},
		{"--format", NULL, &format},
		{NULL, NULL, NULL},
	};
	int n = cli_parse("test", options, argc, argv);

	if (n < 0)
		return CLI_USAGE;
	if (n == 0)
		return cli_usage_error("test", "no FILE given");
	if (format)
		wish.format = cli_choice("test", "--format", format, formats);
	if (wish.format < 0)
		return CLI_USAGE;
	if (minimum && read_percent(minimum) < 0)
		return cli_usage_error("test", "--coverage-min takes a percentage, 0 to 100");
	if (minimum) {
		wish.coverage = true;
		wish.minimum = (unsigned)read_percent(minimum);
	}
	return run_files(argv, (size_t)n, &wish);
}
