/*
 * writ audit metrics: what a log adds up to, as Prometheus reads it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "runtime/audit/cli/audit_cli.h"
#include "runtime/audit/cli/audit_options.h"
#include "runtime/audit/metrics_file.h"
#include "runtime/cli/cli.h"
#include "runtime/writ_metrics.h"

static const char help[] =
	"usage: writ audit metrics [OPTION]... DB\n"
	"\n"
	"Prints decisions, denials, launches, attempts to leave a sandbox and what the log has\n"
	"lost, in Prometheus' text format.\n"
	"\n"
	"  --textfile FILE  into a file, replaced at once, for node_exporter's textfile collector\n"
	"\n"
	"  writ audit metrics --textfile /var/lib/node_exporter/writ.prom audit.db\n"
	"\n"
	"exit status: 0; 2 wrong command line; 3 not a usable log; 125 the file can't be written\n";

static int write_text(const char *path, const char *text, size_t len)
{
	struct writ_error error;

	if (!path) {
		(void)fwrite(text, 1, len, stdout);
		return audit_end_output();
	}
	if (metrics_file_replace(path, text, len, &error))
		return cli_fail(EXIT_RUN_FAILED, "audit metrics: %s", error.text);
	return EXIT_ALLOWED;
}

int audit_sub_metrics(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "metrics",
		.help = help,
		.accepted = AUDIT_TEXTFILE,
		.min_operands = 1,
		.max_operands = 1,
		.operands = "DB",
	};
	struct audit_options options;
	struct writ_error error;
	char *text = NULL;
	size_t len = 0;
	int status;

	if (!audit_begin(argv, &usage, &options, &status))
		return status;
	if (writ_metrics_of_log(options.operands[0], &text, &len, &error))
		return audit_fail(NULL, &error);
	status = write_text(options.textfile, text, len);
	free(text);
	return status;
}
