/*
 * writc lint: all that can be said about policies, without writing a bundle.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "cli/standard_input.h"
#include "compile.h"

static const char *const formats[] = {"text", "json", "sarif", NULL};

static void (*const reporters[])(const struct report_file *, size_t) = {
	report_text,
	report_json,
	report_sarif,
};

static int lint_files(char **paths, size_t n, int format, bool promote)
{
	struct compilation *compilations = calloc(n, sizeof(*compilations));
	struct report_file *files = calloc(n, sizeof(*files));
	int status = CLI_BUG;

	if (!compilations || !files) {
		fputs("writc: out of memory\n", stderr);
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		compilation_init(&compilations[i]);
		files[i].error = -check_input(&compilations[i], paths[i], &files[i].path);
		compile_limits(&compilations[i]);
		files[i].diags = &compilations[i].diags;
		if (promote)
			diag_promote_warnings(&compilations[i].diags);
	}
	reporters[format](files, n);
	status = report_status(files, n);
	for (size_t i = 0; i < n; i++)
		compilation_fini(&compilations[i]);
out:
	free(files);
	free(compilations);
	return status;
}

int verb_lint(int argc, char **argv)
{
	const char *format = NULL, *warnings = NULL;
	const struct cli_option options[] = {
		{"--format", NULL, &format},
		{"-W", NULL, &warnings},
		{NULL, NULL, NULL},
	};
	int n = cli_parse("lint", options, argc, argv);
	int choice = 0;

	if (n < 0)
		return CLI_USAGE;
	if (n == 0)
		return cli_usage_error("lint", "which file? '-' is standard input");
	if (count_standard_input(argv, (size_t)n) > 1)
		return cli_usage_error("lint", "standard input can be read once only");
	if (warnings && strcmp(warnings, "error") != 0)
		return cli_usage_error("lint", "-W takes 'error'");
	if (format)
		choice = cli_choice("lint", "--format", format, formats);
	if (choice < 0)
		return CLI_USAGE;
	return lint_files(argv, (size_t)n, choice, warnings);
}
