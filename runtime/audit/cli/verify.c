/*
 * writ audit verify, and writ audit checkpoint: is the log as it was written?
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "runtime/audit/archive.h"
#include "runtime/audit/cli/audit_cli.h"
#include "runtime/audit/cli/audit_options.h"
#include "runtime/cli/cli.h"
#include "runtime/writ_audit.h"

static const char verify_help[] =
	"usage: writ audit verify [OPTION]... DB...\n"
	"\n"
	"Checks that a log is as it was written, and names the first record that is not: edited,\n"
	"deleted, reordered, duplicated, truncated or replaced. The log may be written meanwhile.\n"
	"Of several files, the archives of writ audit rotate and then the log, the oldest first, "
	"each\n"
	"is checked, and that none is missing between them.\n"
	"\n"
	"  --key FILE         the log's key (default: DB-key); without one only the chain is "
	"checked\n"
	"  --checkpoint LINE  the log must contain this checkpoint; @FILE: the last line of a "
	"file\n"
	"  --signer KEY       the public key of the log's checkpoints, 64 hexadecimal digits\n"
	"  --format FORMAT    text (default) or json\n"
	"\n"
	"  writ audit verify --checkpoint @checkpoints.txt audit.db\n"
	"\n"
	"exit status: 0 it is whole; 1 it was changed; 2 wrong command line; 3 not a usable log, "
	"or\n"
	"its key is missing, so that the end of the log could not be checked\n";

static const char checkpoint_help[] =
	"usage: writ audit checkpoint [--key FILE] DB\n"
	"\n"
	"Prints one line that says how far the log has come, signed. Kept where whoever could\n"
	"change the log can't, it shows later that the log was cut off or replaced:\n"
	"writ audit verify --checkpoint.\n"
	"\n"
	"  writ audit checkpoint audit.db >> checkpoints.txt\n"
	"\n"
	"exit status: 0; 2 wrong command line; 3 not a usable log or key, or it was changed\n";

/* The last line of a file; 0, or an exit status after a message. */
static int read_last_line(const char *file, char line[WRIT_CHECKPOINT_SIZE])
{
	char text[2 * WRIT_CHECKPOINT_SIZE] = "";
	FILE *in = fopen(file, "re");
	bool found = false;

	if (!in)
		return cli_fail(EXIT_BAD_INPUT, "%.300s can't be read: %s", file, strerror(errno));
	while (fgets(text, sizeof(text), in)) {
		text[strcspn(text, "\r\n")] = '\0';
		if (!*text)
			continue;
		found = strlen(text) < WRIT_CHECKPOINT_SIZE;
		(void)snprintf(line, WRIT_CHECKPOINT_SIZE, "%.*s", WRIT_CHECKPOINT_SIZE - 1, text);
	}
	(void)fclose(in);
	return found ? 0 : cli_fail(EXIT_BAD_INPUT, "%.300s does not end in a checkpoint", file);
}

static void print_text(const char *path, const struct writ_audit_verdict *verdict,
		       const struct writ_audit_finding *finding)
{
	cli_print_safe(stdout, path);
	if (*finding->text) {
		(void)fputs(": ", stdout);
		cli_print_safe(stdout, finding->text);
		(void)putchar('\n');
		return;
	}
	(void)printf(": %s: %" PRIu64 " records, %" PRIu64 " gaps (%" PRIu64
		     " records lost), %" PRIu64 " checkpoints\n",
		     verdict->no_key ? "the chain is whole" : "whole", verdict->records,
		     verdict->gaps, verdict->lost, verdict->checkpoints);
	if (verdict->unsaid)
		(void)printf("%" PRIu64 " records were lost by a process that died; the next that "
			     "opens the log records it\n",
			     verdict->unsaid);
	if (verdict->uncounted)
		(void)puts("of a process that had the log open there is no count here (a copy of a "
			   "log has none): what it lost is not known");
}

static void print_json(const struct writ_audit_verdict *verdict,
		       const struct writ_audit_finding *finding)
{
	(void)printf("{\"whole\":%s,\"key\":%s,\"records\":%" PRIu64 ",\"first\":%" PRId64
		     ",\"last\":%" PRId64 ",\"gaps\":%" PRIu64 ",\"lost\":%" PRIu64
		     ",\"lost_untold\":%" PRIu64 ",\"uncounted\":%s,\"checkpoints\":%" PRIu64
		     ",\"bad\":",
		     *finding->text ? "false" : "true", verdict->no_key ? "false" : "true",
		     verdict->records, verdict->first, verdict->last, verdict->gaps, verdict->lost,
		     verdict->unsaid, verdict->uncounted ? "true" : "false", verdict->checkpoints);
	if (finding->seq)
		(void)printf("%" PRId64, finding->seq);
	else
		(void)fputs("null", stdout);
	cli_json_text(stdout, "finding", *finding->text ? finding->text : NULL);
	(void)fputs("}\n", stdout);
}

static int verify(const struct audit_options *options, const char *path,
		  const struct writ_audit_expect *expect)
{
	bool json = options->format && strcmp(options->format, "json") == 0;
	struct writ_audit_verdict verdict;
	struct writ_audit_finding finding;
	struct writ_error error;
	int status;

	if (writ_audit_verify(path, expect, &verdict, &finding, &error) < 0)
		return cli_fail(EXIT_BAD_INPUT, "%s", error.text);
	if (json)
		print_json(&verdict, &finding);
	else
		print_text(path, &verdict, &finding);
	status = audit_end_output();
	if (status)
		return status;
	if (*finding.text)
		return EXIT_DENIED;
	return verdict.no_key ? cli_fail(EXIT_BAD_INPUT,
					 "%.300s: its key is missing: only the chain could be "
					 "checked, not that it is all there",
					 path)
			      : EXIT_ALLOWED;
}

/* Of one log's files, the oldest first: each is whole, and none is missing between them. */
static int verify_files(const struct audit_options *options, const struct writ_audit_expect *given)
{
	struct writ_audit_expect expect = *given;
	size_t n = options->n_operands;
	char key[PATH_MAX];
	char text[512];
	struct writ_error error;
	int status;

	(void)snprintf(key, sizeof(key), "%s-key", options->operands[n - 1]);
	if (!expect.key)
		expect.key = key;
	status = verify(options, options->operands[0], &expect);
	for (size_t i = 1; i < n && !status; i++) {
		int rc = archive_follows(options->operands[i - 1], options->operands[i], text,
					 sizeof(text), &error);

		if (rc < 0)
			return audit_fail(options->operands[i], &error);
		if (rc == 0)
			return cli_fail(EXIT_DENIED, "%.300s: %s", options->operands[i], text);
		status = verify(options, options->operands[i], &expect);
	}
	return status;
}

int audit_sub_verify(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "verify",
		.help = verify_help,
		.accepted = AUDIT_FORMAT | AUDIT_KEY | AUDIT_EXPECT,
		.min_operands = 1,
		.max_operands = AUDIT_MAX_OPERANDS,
		.operands = "DB",
	};
	struct writ_audit_expect expect = {.key = NULL};
	char line[WRIT_CHECKPOINT_SIZE];
	struct audit_options options;
	int status;

	if (!audit_begin(argv, &usage, &options, &status))
		return status;
	if (options.format && strcmp(options.format, "text") != 0 &&
	    strcmp(options.format, "json") != 0)
		return cli_fail(EXIT_USAGE,
				"--format: there is no '%s'; it takes one of: text json",
				options.format);
	expect.key = options.key;
	expect.checkpoint = options.checkpoint;
	expect.signer = options.signer;
	if (options.checkpoint && options.checkpoint[0] == '@') {
		status = read_last_line(options.checkpoint + 1, line);
		expect.checkpoint = line;
	}
	if (options.n_operands > 1 && options.checkpoint)
		return cli_fail(EXIT_USAGE, "--checkpoint is of the one file that has its record");
	return status ? status : verify_files(&options, &expect);
}

int audit_sub_checkpoint(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "checkpoint",
		.help = checkpoint_help,
		.accepted = AUDIT_KEY,
		.min_operands = 1,
		.max_operands = 1,
		.operands = "DB",
	};
	char line[WRIT_CHECKPOINT_SIZE];
	struct audit_options options;
	struct writ_error error;
	int status;

	if (!audit_begin(argv, &usage, &options, &status))
		return status;
	if (writ_audit_checkpoint(options.operands[0], options.key, line, &error))
		return cli_fail(EXIT_BAD_INPUT, "%s", error.text);
	(void)puts(line);
	return audit_end_output();
}
