/*
 * writ pending, approve and reject: the human's side of rules that say "ask".
 *
 * In: the state directory that whoever asks uses (request.h), and ids from the list. Of several
 * ids each is answered by itself; the status tells whether all were. What is shown was made
 * printable when the call was asked about, and is quoted once more for JSON. With a log an answer
 * is on the disk before it is good for a call; one that then comes too late is recorded as well.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/audit/cli/audit_cli.h"
#include "runtime/cli/cli.h"
#include "runtime/monitor/request.h"
#include "runtime/writ_audit.h"

#define MAX_IDS   64
#define MAX_SHOWN 256 /* as many as may be pending */
#define MS_PER_S  1000u
#define BLOCK_MS  5000

static const char help_pending[] =
	"usage: writ pending [--state DIR] [--format text|json]\n"
	"\n"
	"Lists the calls that wait for an answer, the oldest first: who wants to call what, with\n"
	"which arguments, and how long the question still stands. Arguments that the policy calls\n"
	"secret are not shown.\n"
	"\n"
	"  --state DIR      the directory that writ decide, writ run or a monitor was given;\n"
	"                   else /run/writ, $XDG_RUNTIME_DIR/writ or /tmp/writ-UID\n"
	"  --format FORMAT  text, or json: an object a line\n"
	"\n"
	"exit status: 0; 2 wrong command line; 3 a state directory that can't be used\n";

static const char help_answer[] =
	"usage: writ approve [--state DIR] [--audit DB] ID...\n"
	"       writ reject [--state DIR] [--audit DB] ID...\n"
	"\n"
	"Answers questions that writ pending lists, once and for all. An approval is good for one\n"
	"call: of the same subject, tool and arguments, under the same policy, until the question\n"
	"expires.\n"
	"\n"
	"  --state DIR  as for writ pending\n"
	"  --audit DB   records each answer in this log first; what can't be recorded is not\n"
	"               answered\n"
	"\n"
	"exit status: 0 all are answered; 1 one is unknown, has expired or has been answered;\n"
	"2 wrong command line; 3 a state directory or a log that can't be used; 125 an answer\n"
	"can't be recorded\n";

struct options {
	const char *state;
	const char *format;
	const char *audit;
	const char *ids[MAX_IDS];
	size_t n_ids;
	bool help;
};

/* The value of an option, behind "=" or in the next argument; NULL: it is another option. */
static const char *value_of(char ***at, const char *name)
{
	const char *argument = **at;
	size_t len = strlen(name);

	if (strncmp(argument, name, len) != 0)
		return NULL;
	if (argument[len] == '=')
		return argument + len + 1;
	if (argument[len] != '\0')
		return NULL;
	if (!(*at)[1])
		return "";
	(*at)++;
	return **at;
}

static int set(const char **field, const char *name, const char *value)
{
	if (*field)
		return cli_fail(EXIT_USAGE, "%s is given twice", name);
	if (!*value)
		return cli_fail(EXIT_USAGE, "%s takes a value", name);
	*field = value;
	return 0;
}

static int parse_one(char ***at, struct options *options)
{
	const struct {
		const char *name;
		const char **field;
	} rows[] = {{"--state", &options->state},
		    {"--format", &options->format},
		    {"--audit", &options->audit}};
	const char *argument = **at;

	if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
		options->help = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *value = value_of(at, rows[i].name);

		if (value)
			return set(rows[i].field, rows[i].name, value);
	}
	if (*argument == '-')
		return cli_fail(EXIT_USAGE, "unknown option '%s'", argument);
	if (options->n_ids == MAX_IDS)
		return cli_fail(EXIT_USAGE, "more than %d requests", MAX_IDS);
	options->ids[options->n_ids++] = argument;
	return 0;
}

/* True when there is something to do; else *status is what to end with. */
static bool begin(char **argv, const char *help, struct options *options, int *status)
{
	*status = 0;
	memset(options, 0, sizeof(*options));
	for (argv++; *argv && !*status && !options->help; argv++)
		*status = parse_one(&argv, options);
	if (!*status && options->help)
		*status = fputs(help, stdout) < 0 ? EXIT_RUN_FAILED : 0;
	return !*status && !options->help;
}

static int open_requests(const struct options *options, struct requests **out)
{
	struct writ_error error;
	struct state *state;
	int rc;

	/* Where nobody has asked there is nothing to answer; it is a mistyped name more often. */
	if (options->state && access(options->state, F_OK))
		return cli_fail(EXIT_BAD_INPUT, "%.300s: %s", options->state, strerror(errno));
	rc = state_open(options->state, &state, &error);
	if (!rc) {
		rc = requests_open(state, out, &error);
		state_close(state);
	}
	return rc ? cli_fail(EXIT_BAD_INPUT, "%s", error.text) : 0;
}

static void print_text(const struct writ_request_info *info)
{
	(void)printf("%s  ", info->id);
	cli_print_safe(stdout, info->subject);
	(void)fputs(": ", stdout);
	cli_print_safe(stdout, info->tool);
	(void)putchar(' ');
	cli_print_safe(stdout, info->args);
	(void)fputs("\n    policy ", stdout);
	cli_print_safe(stdout, info->policy);
	(void)printf(", asked %" PRIu64 " s ago, expires in %" PRIu64 " s\n",
		     info->age_ms / MS_PER_S, info->left_ms / MS_PER_S);
}

static void print_json(const struct writ_request_info *info)
{
	(void)printf("{\"id\":\"%s\"", info->id);
	cli_json_text(stdout, "policy", info->policy);
	cli_json_text(stdout, "subject", info->subject);
	cli_json_text(stdout, "tool", info->tool);
	cli_json_text(stdout, "args", info->args);
	(void)printf(",\"age_ms\":%" PRIu64 ",\"left_ms\":%" PRIu64 "}\n", info->age_ms,
		     info->left_ms);
}

static int by_age(const void *a, const void *b)
{
	const struct writ_request_info *left = a;
	const struct writ_request_info *right = b;

	return (left->age_ms < right->age_ms) - (left->age_ms > right->age_ms);
}

static int list(struct requests *requests, void (*print)(const struct writ_request_info *info))
{
	struct writ_request_info *all = calloc(MAX_SHOWN, sizeof(*all));
	size_t n = 0;

	if (!all)
		return cli_fail(EXIT_RUN_FAILED, "out of memory");
	while (n < MAX_SHOWN && request_get(requests, n, &all[n]) == 0)
		n++;
	qsort(all, n, sizeof(*all), by_age);
	for (size_t i = 0; i < n; i++)
		print(&all[i]);
	free(all);
	if (fflush(stdout) || ferror(stdout))
		return cli_fail(EXIT_RUN_FAILED, "standard output can't be written");
	return 0;
}

int audit_verb_pending(char **argv)
{
	struct requests *requests = NULL;
	struct options options;
	bool json;
	int status;

	if (!begin(argv, help_pending, &options, &status))
		return status;
	if (options.n_ids)
		return cli_fail(EXIT_USAGE, "pending: unexpected argument '%s'", options.ids[0]);
	if (options.audit)
		return cli_fail(EXIT_USAGE, "unknown option '--audit'");
	json = options.format && strcmp(options.format, "json") == 0;
	if (options.format && !json && strcmp(options.format, "text") != 0)
		return cli_fail(EXIT_USAGE, "--format takes text or json, not '%s'",
				options.format);
	status = open_requests(&options, &requests);
	if (status)
		return status;
	status = list(requests, json ? print_json : print_text);
	requests_close(requests);
	return status;
}

/* ---- answering ---- */

/* What is answered, and where that is recorded. */
struct answering {
	struct requests *requests;
	struct writ_audit *audit; /* NULL: nowhere */
	int approve;
};

/* failure: why it was not answered, after all; or NULL. 0, or not 0: it is not recorded. */
static int record(const struct answering *answering, const struct writ_request_info *info,
		  const char *failure)
{
	static const char user[] = "user ";
	bool is_user = strncmp(info->subject, user, strlen(user)) == 0;
	const char *name = strchr(info->subject, ' ') + 1; /* "user NAME" or "role NAME" */
	const struct writ_sink sink = writ_audit_sink(answering->audit);
	char detail[128];
	const struct writ_event event = {
		.kind = WRIT_EVENT_APPROVAL,
		.verdict = answering->approve && !failure ? WRIT_ALLOW : WRIT_DENY,
		.rule = WRIT_NO_ID,
		.user = is_user ? name : NULL,
		.role = is_user ? NULL : name,
		.tool = info->tool,
		.detail = detail,
		.error = failure,
	};

	(void)snprintf(detail, sizeof(detail), "%s%s: request %s, by uid %u", failure ? "not " : "",
		       answering->approve ? "approved" : "rejected", info->id,
		       (unsigned int)getuid());
	return sink.record(sink.context, &event);
}

static int answer_one(const struct answering *answering, const char *id)
{
	struct writ_request_info info;
	struct writ_error error;

	if (request_find(answering->requests, id, &info, &error))
		return cli_fail(EXIT_DENIED, "%.80s: %s", id, error.text);
	if (answering->audit && record(answering, &info, NULL))
		return cli_fail(EXIT_RUN_FAILED,
				"%.80s: the answer can't be recorded, so it is not given", id);
	if (!request_answer(answering->requests, id, answering->approve, &error))
		return 0;
	if (answering->audit && record(answering, &info, error.text))
		(void)cli_fail(EXIT_RUN_FAILED, "%.80s: what follows can't be recorded", id);
	return cli_fail(EXIT_DENIED, "%.80s: %s", id, error.text);
}

static int open_audit(const char *path, struct writ_audit **out)
{
	const struct writ_audit_options audit = {.required = 1, .once = 1, .block_ms = BLOCK_MS};
	struct writ_error error;
	int rc = path ? writ_audit_open(path, &audit, out, &error) : 0;

	return rc ? cli_fail(writ_exit_status(rc), "%s", error.text) : 0;
}

static int answer_all(const struct options *options, int approve)
{
	struct answering answering = {.approve = approve};
	int status = open_requests(options, &answering.requests);
	int failed = status ? status : open_audit(options->audit, &answering.audit);

	for (size_t i = 0; !failed && i < options->n_ids; i++) {
		int one = answer_one(&answering, options->ids[i]);

		if (one)
			status = one;
	}
	if (failed)
		status = failed;
	writ_audit_close(answering.audit);
	requests_close(answering.requests);
	return status;
}

static int answer(char **argv, int approve)
{
	struct options options;
	int status;

	if (!begin(argv, help_answer, &options, &status))
		return status;
	if (options.format)
		return cli_fail(EXIT_USAGE, "unknown option '--format'");
	if (!options.n_ids)
		return cli_fail(EXIT_USAGE, "%s: an ID is missing; writ pending lists them",
				argv[0]);
	return answer_all(&options, approve);
}

int audit_verb_approve(char **argv)
{
	return answer(argv, 1);
}

int audit_verb_reject(char **argv)
{
	return answer(argv, 0);
}
