/*
 * The JSON object of `writ run --json`: how a run ended, in one line, for a program to read.
 *
 * Every key is always there; what does not apply, or is not known, is null. The keys and their
 * values are documented in docs/embedding.md, and a test holds the two together: add keys, but
 * change none without a new version.
 */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "runtime/cli/cli.h"

#define REPORT_VERSION 1

/* What an end is called, and the limit that it is, if it is one. */
static const struct {
	enum writ_end end;
	const char *name;
	const char *limit;
} ends[] = {
	{WRIT_EXITED, "exited", NULL},          {WRIT_SIGNALED, "signaled", NULL},
	{WRIT_KILLED, "killed", NULL},          {WRIT_WALL_LIMIT, "limit", "wall"},
	{WRIT_OUTPUT_LIMIT, "limit", "output"}, {WRIT_CPU_LIMIT, "limit", "cpu"},
	{WRIT_MEMORY_LIMIT, "limit", "memory"}, {WRIT_FILE_SIZE_LIMIT, "limit", "file_size"},
};

/* Why nothing was run, or how it ended was not seen, by the exit status. */
static const struct {
	int status;
	const char *name;
} failures[] = {
	{EXIT_BAD_INPUT, "unusable"},
	{EXIT_HOST, "unenforceable"},
	{EXIT_RUN_DENIED, "not_executable"},
	{EXIT_NOT_FOUND, "not_found"},
};

static const char *bool_text(bool value)
{
	return value ? "true" : "false";
}

static const char *scope_name(enum writ_scope scope)
{
	return scope == WRIT_OF_LAUNCH ? "launch" : "processes";
}

static const char *end_name(const struct cli_report *report)
{
	if (report->end)
		return report->end;
	for (size_t i = 0; report->result && i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends[i].end == report->result->end)
			return ends[i].name;
	}
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].status == report->exit_status)
			return failures[i].name;
	}
	return "failed";
}

static const char *limit_name(const struct writ_result *result)
{
	for (size_t i = 0; result && i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends[i].end == result->end)
			return ends[i].limit;
	}
	return NULL;
}

/* What was refused, where that is known: a filter that kills says no more than SIGSYS. */
static const char *denial(const struct cli_report *report)
{
	if (!report->result)
		return report->end ? "decision" : NULL;
	return report->result->end == WRIT_SIGNALED && report->result->signal == SIGSYS
		       ? "system_call"
		       : NULL;
}

static void print_end(FILE *out, const struct cli_report *report)
{
	const struct writ_result *result = report->result;

	cli_json_text(out, "end", end_name(report));
	cli_json_text(out, "limit", limit_name(result));
	cli_json_text(out, "denial", denial(report));
	(void)fprintf(out, ",\"exit_status\":%d", report->exit_status);
	if (result && !result->signal)
		(void)fprintf(out, ",\"status\":%d,\"signal\":null", result->status);
	else if (result)
		(void)fprintf(out, ",\"status\":null,\"signal\":%d", result->signal);
	else
		(void)fputs(",\"status\":null,\"signal\":null", out);
	cli_json_text(out, "message", *cli_last_message() ? cli_last_message() : NULL);
	cli_json_text(out, "sandbox", report->sandbox_name);
	cli_json_text(out, "tool", report->tool);
}

static void print_usage(FILE *out, const struct writ_result *result)
{
	(void)fprintf(out, ",\"wall_us\":%" PRIu64, result->wall_us);
	if (result->cpu_scope)
		(void)fprintf(out,
			      ",\"cpu\":{\"of\":\"%s\",\"user_us\":%" PRIu64
			      ",\"system_us\":%" PRIu64 "}",
			      scope_name(result->cpu_scope), result->cpu_user_us,
			      result->cpu_system_us);
	else
		(void)fputs(",\"cpu\":null", out);
	if (result->peak_scope)
		(void)fprintf(out, ",\"memory\":{\"of\":\"%s\",\"peak_bytes\":%" PRIu64 "}",
			      scope_name(result->peak_scope), result->peak_bytes);
	else
		(void)fputs(",\"memory\":null", out);
}

static void print_counts(FILE *out, const struct writ_result *result)
{
	if (result->processes_scope && result->processes_peak)
		(void)fprintf(out, ",\"processes\":{\"peak\":%" PRIu64 ",\"refused\":%" PRIu64 "}",
			      result->processes_peak, result->processes_refused);
	else if (result->processes_scope)
		(void)fprintf(out, ",\"processes\":{\"peak\":null,\"refused\":%" PRIu64 "}",
			      result->processes_refused);
	else
		(void)fputs(",\"processes\":null", out);
	if (result->has_output)
		(void)fprintf(out, ",\"output\":{\"bytes\":%" PRIu64 ",\"cut\":%s,\"lost\":%s}",
			      result->output_bytes, bool_text(result->end == WRIT_OUTPUT_LIMIT),
			      bool_text(result->output_lost));
	else
		(void)fputs(",\"output\":null", out);
}

static void print_limits(FILE *out, const struct writ_sandbox *sandbox)
{
	struct writ_limit limit;

	(void)fputs(",\"limits\":[", out);
	for (size_t i = 0; sandbox && !writ_sandbox_limit(sandbox, i, &limit); i++)
		(void)fprintf(out,
			      "%s{\"name\":\"%s\",\"value\":%" PRIu64
			      ",\"unit\":\"%s\",\"by\":\"%s\",\"of\":\"%s\"}",
			      i ? "," : "", limit.name, limit.value, limit.unit, limit.by,
			      limit.of_launch ? "launch" : "processes");
	(void)putc(']', out);
}

static void print_warnings(FILE *out, const struct writ_sandbox *sandbox)
{
	const char *text;

	(void)fputs(",\"warnings\":[", out);
	for (size_t i = 0; sandbox && (text = writ_sandbox_warning(sandbox, i)); i++) {
		if (i)
			(void)putc(',', out);
		cli_json_string(out, text);
	}
	(void)putc(']', out);
}

void cli_report(FILE *out, const struct cli_report *report)
{
	(void)fprintf(out, "{\"version\":%d", REPORT_VERSION);
	print_end(out, report);
	if (report->result) {
		print_usage(out, report->result);
		print_counts(out, report->result);
	} else {
		(void)fputs(",\"wall_us\":null,\"cpu\":null,\"memory\":null,\"processes\":null,"
			    "\"output\":null",
			    out);
	}
	cli_report_network(out, report);
	print_limits(out, report->sandbox);
	print_warnings(out, report->sandbox);
	/* Those of a run that is explained are added by who watched it. */
	(void)fputs(report->explained ? "}\n" : ",\"denials\":null}\n", out);
}
