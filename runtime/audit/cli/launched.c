/*
 * What a launch is recorded as: its start, what it was refused of files and in the network, which
 * names it looked up, how much went over its connections, and its end; and what of its sandbox this
 * host does not give, with the start where that was known, else with the end. Of each there is a
 * bound, so that no tool fills the log: those of writ_files.h and writ_net.h.
 */
#include "runtime/audit/cli/launched.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/pack.h"
#include "runtime/writ_files.h"

#define MAX_DETAIL  1024
#define MAX_REFUSAL 2048 /* bytes of a detail that are recorded whole (pack.c) */
#define MAX_ESCAPE  6    /* "\u0001" */
#define US_PER_MS   1000u

/* A member of args: microseconds until the command was executed. metrics_log.c adds them up. */
#define LAUNCHED_CREATE "create_us"
/* Another: what is not as the policy says. As many as are recorded of a list; the last may say how
 * many there are more. */
#define LAUNCHED_WARNINGS "warnings"
#define MAX_WARNINGS      PACK_MAX_ITEMS
#define MAX_REST          32

struct warnings {
	struct writ_arg items[MAX_WARNINGS];
	struct writ_arg list;
	char rest[MAX_REST];
};

/* Those from one on and before another. False: there is none. */
static bool list_warnings(const struct writ_sandbox *sandbox, size_t from, size_t to,
			  struct warnings *out)
{
	const char *text;
	size_t n = 0;

	for (; sandbox && from + n < to; n++) {
		text = writ_sandbox_warning(sandbox, from + n);
		if (!text)
			break;
		if (n < MAX_WARNINGS)
			out->items[n] = (struct writ_arg){.text = text};
	}
	if (n > MAX_WARNINGS) {
		(void)snprintf(out->rest, MAX_REST, "%zu more", n - (MAX_WARNINGS - 1));
		out->items[MAX_WARNINGS - 1].text = out->rest;
		n = MAX_WARNINGS;
	}
	out->list = (struct writ_arg){.name = LAUNCHED_WARNINGS,
				      .type = WRIT_ARG_LIST,
				      .items = out->items,
				      .n_items = n};
	return n != 0;
}

/* Of the command only its name: its arguments may hold what nobody declared secret. */
int launched_record_start(char *const *command, const struct cli_report *report,
			  int (*record)(struct writ_event *event))
{
	char detail[MAX_DETAIL];
	struct warnings warnings;
	struct writ_event event = {
		.kind = WRIT_EVENT_LAUNCH,
		.verdict = WRIT_ALLOW,
		.rule = WRIT_NO_ID,
		.tool = report->tool,
		.sandbox = report->sandbox_name,
		.args = &warnings.list,
		.detail = detail,
	};

	event.n_args = list_warnings(report->sandbox, 0, report->n_warned, &warnings);
	(void)snprintf(detail, sizeof(detail), "%s", command[0]);
	return record(&event);
}

static const char *const kinds[WRIT_NET_KINDS] = {
	[WRIT_NET_CONNECT] = "connect", [WRIT_NET_BIND] = "bind",     [WRIT_NET_LISTEN] = "listen",
	[WRIT_NET_UNIX] = "unix",       [WRIT_NET_LOOKUP] = "lookup", [WRIT_NET_SEND] = "send",
	[WRIT_NET_TLS] = "tls",         [WRIT_NET_CLOSE] = "close",
};

/* "sent 120 received 4096 in 52 ms" */
static void describe_end(const struct writ_net_event *from, char *text, size_t size)
{
	if (from->sent == WRIT_NET_UNKNOWN)
		(void)snprintf(text, size, " sent and received unknown");
	else
		(void)snprintf(text, size,
			       " sent %" PRIu64 " received %" PRIu64 " in %" PRIu64 " ms",
			       from->sent, from->received, from->duration_us / US_PER_MS);
}

/* "connect 203.0.113.7 port 443 (example.org)" */
static void describe(const struct writ_net_event *from, char *text, size_t size)
{
	size_t at = (size_t)snprintf(text, size, "%s", kinds[from->kind]);

	if (*from->address)
		at += (size_t)snprintf(text + at, size - at, " %s", from->address);
	if (from->port)
		at += (size_t)snprintf(text + at, size - at, " port %u", (unsigned int)from->port);
	if (*from->name)
		at += (size_t)snprintf(text + at, size - at, " (%s)", from->name);
	if (from->kind == WRIT_NET_CLOSE)
		describe_end(from, text + at, size - at);
}

static int record_network(const struct cli_report *report, int allowed,
			  int (*record)(struct writ_event *event))
{
	struct writ_net_event from;
	uint64_t next = 0;
	int rc = 0;

	while (!rc && writ_net_log_next(report->net_log, allowed, &next, &from)) {
		char detail[MAX_DETAIL];
		struct writ_event event = {
			.kind = WRIT_EVENT_NETWORK,
			.verdict = allowed ? WRIT_ALLOW : WRIT_DENY,
			.rule = WRIT_NO_ID,
			.tool = report->tool,
			.sandbox = report->sandbox_name,
			.detail = detail,
		};

		if (allowed && from.kind != WRIT_NET_LOOKUP && from.kind != WRIT_NET_CLOSE)
			continue;
		if (from.kind == WRIT_NET_CLOSE && from.sent != WRIT_NET_UNKNOWN)
			event.bytes = from.sent + from.received;
		describe(&from, detail, sizeof(detail));
		rc = record(&event);
	}
	return rc;
}

/* JSON, as a path may have any bytes; kept of which are told. */
static char *print_refusal(const struct writ_refusal *refusal, size_t kept)
{
	const size_t len = strlen(refusal->path);
	char path[PATH_MAX + 32];
	char *detail = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&detail, &size);

	if (!memory)
		return NULL;
	if (kept < len)
		(void)snprintf(path, sizeof(path), "%.*s...[%zu bytes]", (int)kept, refusal->path,
			       len);
	(void)fprintf(memory, "{\"call\":\"%s\",\"errno\":\"%s\",\"times\":%" PRIu64, refusal->call,
		      refusal->sys_errno == EPERM ? "EPERM" : "EACCES", refusal->times);
	cli_json_text(memory, "deny", refusal->pattern);
	cli_json_text(memory, "path", kept < len ? path : refusal->path);
	(void)putc('}', memory);
	if (fclose(memory)) {
		free(detail);
		return NULL;
	}
	return detail;
}

/* How much of a path is left without what takes up excess bytes of JSON: whole names. */
static size_t cut_path(const char *path, size_t kept, size_t excess)
{
	size_t least = excess / MAX_ESCAPE + 1;

	kept = kept > least ? kept - least : 0;
	while (kept && path[kept - 1] != '/')
		kept--;
	return kept;
}

/*
 * What the log would have to cut would be JSON no more, and so say nothing: a tool that makes a
 * path long enough is not to hide by that what it was refused.
 */
static char *describe_refusal(const struct writ_refusal *refusal)
{
	size_t kept = strlen(refusal->path);
	char *detail = print_refusal(refusal, kept);

	while (detail && kept && strlen(detail) > MAX_REFUSAL) {
		kept = cut_path(refusal->path, kept, strlen(detail) - MAX_REFUSAL);
		free(detail);
		detail = print_refusal(refusal, kept);
	}
	return detail;
}

static int record_file(const struct cli_report *report, const char *detail,
		       int (*record)(struct writ_event *event))
{
	struct writ_event event = {
		.kind = WRIT_EVENT_FILE,
		.verdict = WRIT_DENY,
		.rule = WRIT_NO_ID,
		.tool = report->tool,
		.sandbox = report->sandbox_name,
		.detail = detail,
	};

	return record(&event);
}

/* Each refusal once, and then how many there was no room for. */
static int record_files(const struct cli_report *report, int (*record)(struct writ_event *event))
{
	uint64_t left_out = writ_file_log_left_out(report->file_log);
	struct writ_refusal refusal;
	char more[64];
	uint64_t next = 0;
	int rc = 0;

	while (!rc && writ_file_log_next(report->file_log, &next, &refusal)) {
		char *detail = describe_refusal(&refusal);

		rc = detail ? record_file(report, detail, record) : -1;
		free(detail);
	}
	if (rc || !left_out)
		return rc;
	(void)snprintf(more, sizeof(more), "{\"left_out\":%" PRIu64 "}", left_out);
	return record_file(report, more, record);
}

static const char *end_of(enum writ_end end)
{
	static const char *const names[] = {
		[WRIT_EXITED] = "exited",
		[WRIT_SIGNALED] = "signaled",
		[WRIT_WALL_LIMIT] = "wall_limit",
		[WRIT_OUTPUT_LIMIT] = "output_limit",
		[WRIT_KILLED] = "killed",
		[WRIT_CPU_LIMIT] = "cpu_limit",
		[WRIT_MEMORY_LIMIT] = "memory_limit",
		[WRIT_FILE_SIZE_LIMIT] = "file_size_limit",
	};

	return names[end];
}

int launched_record_end(const struct cli_report *report, uint64_t create_us, const char *failure,
			int (*record)(struct writ_event *event))
{
	const struct writ_result *result = report->result;
	struct warnings warnings;
	struct writ_arg args[2] = {{
		.name = LAUNCHED_CREATE,
		.type = WRIT_ARG_INTEGER,
		.number = (int64_t)create_us,
	}};
	struct writ_event event = {
		.kind = WRIT_EVENT_END,
		.verdict = WRIT_ALLOW,
		.rule = WRIT_NO_ID,
		.tool = report->tool,
		.sandbox = report->sandbox_name,
		.status = report->exit_status,
		.args = args,
		.n_args = report->result ? 1 : 0,
		.detail = "not_launched",
		.error = failure,
	};
	int rc = 0;

	if (list_warnings(report->sandbox, report->n_warned, SIZE_MAX, &warnings))
		args[event.n_args++] = warnings.list;
	if (result) {
		event.detail = end_of(result->end);
		event.signal = result->signal;
		event.duration_us = result->wall_us;
		event.peak_bytes = result->peak_bytes;
		event.bytes = result->output_bytes;
	}
	if (report->file_log)
		rc = record_files(report, record);
	if (report->net_log && !rc)
		rc = record_network(report, 0, record);
	if (report->net_log && !rc)
		rc = record_network(report, 1, record);
	/* The end is tried all the same. */
	return record(&event) ? -1 : rc;
}
