/*
 * What stands behind decide and run in writ-audit: a monitor with one session, and around it what
 * the command line asks for: keys that the bundle must be signed with, a store of users, state, a
 * log.
 *
 * The order is what it is worth: the log is opened first, so that nothing happens unrecorded; then
 * the policy, then the session, then the call. Records are on the disk when the function that makes
 * them returns. Who gets no session is denied every call, and that is recorded as a decision.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/audit/cli/call.h"
#include "runtime/audit/cli/launched.h"
#include "runtime/cli/cli.h"
#include "runtime/writ_audit.h"
#include "runtime/writ_files.h"
#include "runtime/writ_identity.h"
#include "runtime/writ_sign.h"

#define BLOCK_MS      5000
#define US_PER_SECOND 1000000u
#define NS_PER_US     1000u

static struct {
	struct writ_audit *audit; /* NULL: nothing is recorded */
	struct writ_sink sink;
	struct writ_trust *trust; /* NULL: neither key nor policy is asked for */
	struct writ_identity_store *store;
	struct writ_monitor *monitor; /* NULL: of --sandbox */
	struct writ_session *session; /* NULL: refused, as error says */
	struct writ_policy *policy;   /* of --sandbox */
	struct writ_error error;
	struct call call;
	uint64_t launched_us; /* when it was begun; then how long that took */
} judge;

static int fail(int rc, const char *what)
{
	return cli_fail(writ_exit_status(rc), "%.300s: %s", what, judge.error.text);
}

/* ---- opening ---- */

static int check(const struct cli_options *options)
{
	if (!options->bundle)
		return cli_fail(EXIT_USAGE, "-p BUNDLE is missing");
	if ((options->users || options->activate) && !options->user)
		return cli_fail(EXIT_USAGE, "--users and --activate stand beside --user");
	if (options->sandbox &&
	    (options->args_json || options->approval || options->wait || options->for_agent))
		return cli_fail(EXIT_USAGE, "run: --sandbox runs without a decision, so it can't "
					    "stand beside --args-json, --approval, --wait or "
					    "--public");
	return call_read(options, &judge.call);
}

static int open_audit(const struct cli_options *options)
{
	const struct writ_audit_options audit = {.required = 1, .once = 1, .block_ms = BLOCK_MS};
	int rc;

	if (!options->audit)
		return 0;
	rc = writ_audit_open(options->audit, &audit, &judge.audit, &judge.error);
	if (rc)
		return cli_fail(writ_exit_status(rc), "%s", judge.error.text);
	judge.sink = writ_audit_sink(judge.audit);
	return 0;
}

static int open_trust(const struct cli_options *options)
{
	const struct writ_trust_options trust = {
		.keys = {.files = &options->key,
			 .n_files = options->key != NULL,
			 .list = getenv("WRIT_KEY"),
			 .directory = WRIT_KEY_DIRECTORY},
		.policy = options->policy,
		.state = options->state,
		.allow_rollback = options->allow_rollback,
		.no_log = !judge.audit,
	};
	struct writ_keys *keys = NULL;
	size_t n;
	int rc;

	/* Somebody wanted keys, and what was to name them is empty. */
	if (!options->key && trust.keys.list && !*trust.keys.list)
		return cli_fail(EXIT_BAD_INPUT, "WRIT_KEY is set, and names no key file");
	rc = writ_keys_open(&trust.keys, &keys, &judge.error);
	if (rc)
		return cli_fail(writ_exit_status(rc), "%s", judge.error.text);
	n = writ_keys_count(keys);
	writ_keys_close(keys);
	if (n == 0 && !options->policy)
		return 0;
	rc = writ_trust_open(&trust, &judge.trust, &judge.error);
	return rc ? cli_fail(writ_exit_status(rc), "%s", judge.error.text) : 0;
}

static int open_store(const struct cli_options *options)
{
	int rc;

	if (!options->users)
		return 0;
	rc = writ_identity_open(options->users, &judge.store, &judge.error);
	return rc ? cli_fail(writ_exit_status(rc), "%s", judge.error.text) : 0;
}

/* What of the command line says who may do what, or records it: no sandbox should write there. */
static struct writ_options policy_options(const struct cli_options *options)
{
	static const char *kept[3];
	const char *const paths[] = {options->audit, options->users, options->key};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (paths[i])
			kept[n++] = paths[i];
	}
	return (struct writ_options){
		.params = options->params.items,
		.n_params = options->params.n,
		.state = options->state,
		.kept = kept,
		.n_kept = n,
	};
}

/* Without a decision no rates count and no roles are active: the policy alone will do. */
static int open_policy(const struct cli_options *options)
{
	struct writ_options open_options = policy_options(options);
	struct writ_audit_terms terms;
	int rc;

	open_options.examine = 1;
	open_options.origin = options->bundle;
	if (judge.trust)
		rc = writ_trust_load(judge.trust, options->bundle, &open_options, &judge.policy,
				     &judge.error);
	else
		rc = writ_open(options->bundle, &open_options, &judge.policy, &judge.error);
	if (rc)
		return fail(rc, options->bundle);
	writ_policy_audit(judge.policy, &terms);
	if (terms.required && !judge.audit)
		return cli_fail(EXIT_HOST, "the policy demands that launches are recorded (audit "
					   "required), and no log is given (--audit)");
	return 0;
}

static int open_monitor(const struct cli_options *options)
{
	const struct writ_options open_options = policy_options(options);
	const struct writ_monitor_options monitor = {
		.policy = &open_options,
		.state = options->state,
		.load = judge.trust ? writ_trust_load : NULL,
		.load_context = judge.trust,
		.sink = judge.audit ? &judge.sink : NULL,
	};
	int rc = writ_monitor_open(options->bundle, &monitor, &judge.monitor, &judge.error);

	return rc ? fail(rc, options->bundle) : 0;
}

static struct writ_subject subject_of(const struct cli_options *options)
{
	return (struct writ_subject){
		.role = options->role,
		.user = options->user,
		.roles = judge.call.roles,
		.n_roles = judge.call.n_roles,
		.identity = judge.store ? writ_identity_source(judge.store) : NULL,
	};
}

/* Who is unknown, or whose roles may not be active together, is denied the call. */
static int open_session(const struct cli_options *options)
{
	const struct writ_subject subject = subject_of(options);
	int rc = writ_session_open(judge.monitor, &subject, &judge.session, &judge.error);

	if (rc && rc != -WRIT_E_UNKNOWN && rc != -WRIT_E_INVALID)
		return cli_fail(writ_exit_status(rc), "%s", judge.error.text);
	return 0;
}

int cli_judge_open(const struct cli_options *options, char **argv,
		   const struct writ_policy **policy)
{
	int status = check(options);

	(void)argv;
	if (!status)
		status = open_audit(options);
	if (!status)
		status = open_trust(options);
	if (!status)
		status = open_store(options);
	if (!status)
		status = options->sandbox ? open_policy(options) : open_monitor(options);
	if (!status && !options->sandbox)
		status = open_session(options);
	*policy = judge.session ? writ_session_policy(judge.session) : judge.policy;
	return status;
}

/* ---- deciding ---- */

static struct writ_call call_of(const struct cli_options *options, const char *approval)
{
	return (struct writ_call){
		.tool = options->tool,
		.args = judge.call.args,
		.n_args = judge.call.n_args,
		.approval = approval,
	};
}

static enum writ_verdict ask_again(const struct cli_options *options,
				   struct writ_decision *decision)
{
	char id[WRIT_REQUEST_ID_SIZE];
	struct writ_call call;

	memcpy(id, decision->request, sizeof(id));
	call = call_of(options, id);
	return writ_session_check(judge.session, &call, decision);
}

/* A human's answer: on the command line, or to wait for. */
static int get_answer(const struct cli_options *options, struct writ_decision *decision)
{
	enum writ_answer answer = WRIT_PENDING;
	int rc;

	if (options->approve) {
		rc = writ_request_answer(judge.monitor, decision->request, 1, &judge.error);
		if (rc)
			return cli_fail(writ_exit_status(rc), "%s", judge.error.text);
		answer = WRIT_APPROVED;
	} else if (judge.call.wait_ms) {
		answer = writ_request_wait(judge.monitor, decision->request, judge.call.wait_ms);
	}
	if (answer != WRIT_PENDING)
		(void)ask_again(options, decision);
	return 0;
}

int cli_judge(const struct cli_options *options, struct writ_decision *decision)
{
	const struct writ_call call = call_of(options, options->approval);
	const struct writ_subject subject = subject_of(options);

	if (!judge.session)
		writ_monitor_refuse(judge.monitor, &subject, &call, decision);
	else if (writ_session_check(judge.session, &call, decision) == WRIT_ASK)
		return get_answer(options, decision);
	return 0;
}

void cli_judge_explain(const struct cli_options *options, const struct writ_decision *decision,
		       char *text, size_t size)
{
	if (judge.session)
		writ_session_explain(judge.session, decision,
				     options->for_agent ? WRIT_FOR_AGENT : WRIT_FOR_OPERATOR, text,
				     size);
	else
		(void)snprintf(text, size, "%s",
			       options->for_agent ? "denied by policy" : judge.error.text);
}

/* ---- recording launches ---- */

static int record(struct writ_event *event)
{
	if (judge.session)
		return writ_session_record(judge.session, event);
	event->policy = judge.policy;
	return judge.sink.record(judge.sink.context, event);
}

bool cli_judge_listens(void)
{
	return judge.audit != NULL;
}

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * US_PER_SECOND + (uint64_t)now.tv_nsec / NS_PER_US;
}

int cli_judge_launch(const struct cli_options *options, struct cli_report *report)
{
	int rc;

	if (!judge.audit)
		return 0;
	rc = writ_file_log_open(&report->file_log, &judge.error);
	if (rc)
		return cli_fail(writ_exit_status(rc), "%s", judge.error.text);
	if (!launched_record_start(options->command, report, record)) {
		judge.launched_us = now_us();
		return 0;
	}
	return cli_fail(EXIT_RUN_FAILED, "the launch can't be recorded, so nothing is run");
}

void cli_judge_launched(void)
{
	judge.launched_us = now_us() - judge.launched_us;
}

int cli_judge_ended(const struct cli_options *options, const struct cli_report *report,
		    const char *failure)
{
	(void)options;
	if (!judge.audit || !launched_record_end(report, judge.launched_us, failure, record))
		return 0;
	return cli_fail(EXIT_RUN_FAILED, "how the launch ended can't be recorded");
}

/* Every record was on the disk when it was made; this says that none is missing. */
void cli_judge_close(void)
{
	writ_audit_close(judge.audit);
}
