/*
 * Diagnostics on their way out: text, JSON and SARIF, of one or several compilations.
 */
#ifndef WRIT_CLI_REPORT_H
#define WRIT_CLI_REPORT_H

#include "base/diag.h"

/*
 * A file that was looked at; error is an errno when it could not be read, and diags is empty then.
 */
struct report_file {
	const char *path;
	int error;
	const struct diag_list *diags;
};

/* Why a file can't be read; the kernel's words for a pipe or a device would be of no help. */
const char *report_reason(int error);

/* To standard error. */
void report_text(const struct report_file *files, size_t n);

/* To standard output. */
void report_json(const struct report_file *files, size_t n);
void report_sarif(const struct report_file *files, size_t n);

/* 3 when a file can't be read or has errors of its own, 1 when there are warnings, else 0. */
int report_status(const struct report_file *files, size_t n);

#endif
