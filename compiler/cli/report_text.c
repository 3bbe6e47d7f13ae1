/*
 * Diagnostics as text, and what they make of the exit status.
 */
#include "cli/report.h"

#include <errno.h>
#include <string.h>

#include "cli/cli.h"

static void print_count(size_t count, const char *what)
{
	fprintf(stderr, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

static void print_summary(size_t errors, size_t warnings)
{
	if (errors)
		print_count(errors, "error");
	if (errors && warnings)
		fputs(", ", stderr);
	if (warnings)
		print_count(warnings, "warning");
	if (errors || warnings)
		fputc('\n', stderr);
}

const char *report_reason(int error)
{
	return error == ENOTSUP ? "it is not a regular file" : strerror(error);
}

void report_text(const struct report_file *files, size_t n)
{
	size_t errors = 0, warnings = 0;

	for (size_t i = 0; i < n; i++) {
		if (files[i].error) {
			cli_file_error(files[i].path, "%s", report_reason(files[i].error));
			errors++;
			continue;
		}
		diag_print_text(files[i].diags, stderr, cli_color());
		errors += files[i].diags->errors;
		warnings += files[i].diags->warnings;
	}
	print_summary(errors, warnings);
}

/* Warnings that -W error made errors of are findings, not a policy that can't be used. */
static bool has_own_errors(const struct diag_list *diags)
{
	for (size_t i = 0; i < diags->items.n; i++) {
		if (diag_info(diags->items.items[i].code)->severity == DIAG_ERROR)
			return true;
	}
	return false;
}

int report_status(const struct report_file *files, size_t n)
{
	int status = CLI_OK;

	for (size_t i = 0; i < n; i++) {
		if (files[i].error || has_own_errors(files[i].diags))
			return CLI_INPUT;
		if (files[i].diags->items.n)
			status = CLI_FINDINGS;
	}
	return status;
}
