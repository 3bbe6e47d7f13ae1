/*
 * A session's decision on a call.
 *
 * In: a call. Out: the verdict of the policy in force for the roles that are active, recorded. The
 * way that is taken by nearly all calls is: two loads that find nothing changed, the look into the
 * decision table, the event.
 */
#include <stdio.h>
#include <string.h>

#include "runtime/check.h"
#include "runtime/monitor/session.h"
#include "runtime/policy.h"
#include "runtime/verify.h"

static inline bool is_current(const struct writ_session *session)
{
	return atomic_load_explicit(&session->monitor->current, memory_order_acquire) ==
		       atomic_load_explicit(&session->version, memory_order_relaxed) &&
	       __atomic_load_n(session->roles_generation, __ATOMIC_ACQUIRE) == session->roles_seen;
}

static void deny(struct writ_decision *decision, enum writ_reason reason)
{
	decision->verdict = WRIT_DENY;
	decision->reason = reason;
}

/* A denial that no rule makes. */
static void deny_all(struct writ_decision *decision, enum writ_reason reason)
{
	*decision = (struct writ_decision){
		.verdict = WRIT_DENY,
		.reason = reason,
		.rule = WRIT_NO_ID,
		.sandbox = WRIT_NO_ID,
	};
}

static void check_rows(const struct writ_session *session, const struct writ_policy *policy,
		       uint32_t tool, const struct writ_call *call, struct writ_decision *decision)
{
	enum writ_verdict verdict;

	if (session->n_rows == 1)
		verdict = writ_check_call(policy, session->rows[0], tool, call->args, call->n_args,
					  decision);
	else
		verdict = check_together(policy,
					 &(struct condition_subject){session->rows, session->n_rows,
								     tool},
					 call->args, call->n_args, decision);
	(void)verdict;
}

static void decide(const struct writ_session *session, const struct writ_policy *policy,
		   const struct writ_call *call, struct writ_decision *decision)
{
	size_t tool_len;
	uint32_t tool;

	if (!call->tool) {
		deny_all(decision, WRIT_BAD_REQUEST);
		return;
	}
	tool_len = call->tool_len ? call->tool_len : strlen(call->tool);
	if (session->refusal != WRIT_BY_RULE) {
		deny_all(decision, session->refusal);
		return;
	}
	tool = writ_tool_id(policy, call->tool, tool_len);
	if (tool == WRIT_NO_ID && !verify_tool_name(call->tool, tool_len))
		deny_all(decision, WRIT_BAD_TOOL_NAME);
	else
		check_rows(session, policy, tool, call, decision);
}

/* Counts the call, if its rule has a rate. False: it may not be made, which decision says. */
static bool take_rate(struct writ_session *session, const struct version *version,
		      struct writ_decision *decision)
{
	const struct rated_rule *rule;
	uint32_t wait_ms;

	if (!version->rates || !version->policy->fmt_rules[decision->rule].rate)
		return true;
	rule = &version->rated[decision->rule];
	wait_ms = rates_take(version->rates, session->rate_subject, rule->id, &rule->terms,
			     rates_now(&rule->terms));
	if (wait_ms == 0)
		return true;
	if (wait_ms == RATES_NO_ROOM) {
		session->not_asked[0] = '\0';
		deny(decision, WRIT_NO_STATE);
	} else {
		deny(decision, WRIT_RATE_LIMITED);
		decision->retry_ms = wait_ms;
	}
	return false;
}

static struct request_call request_of(const struct writ_session *session,
				      const struct version *version, const struct writ_call *call,
				      uint32_t rule)
{
	return (struct request_call){
		.policy = version->policy,
		.kind = session->is_user ? WRIT_USER : WRIT_ROLE,
		.subject = session->name,
		.tool = call->tool,
		.tool_len = call->tool_len,
		.args = call->args,
		.n_args = call->n_args,
		.rule = rule,
	};
}

/* Has a human said yes to this very call, and has nobody made it since? */
static void use_approval(struct writ_session *session, const struct version *version,
			 const struct writ_call *call, struct writ_decision *decision)
{
	const struct request_call request = request_of(session, version, call, decision->rule);

	session->fault = request_use(version->requests, call->approval, &request);
	if (session->fault == REQUEST_GOOD)
		decision->verdict = WRIT_ALLOW;
	else
		deny(decision, WRIT_NOT_APPROVED);
}

static void ask(struct writ_session *session, const struct version *version,
		const struct writ_call *call, struct writ_decision *decision)
{
	const struct request_call request = request_of(session, version, call, decision->rule);
	struct writ_error error;
	int rc = request_make(version->requests, &request, decision->request, &error);

	if (!rc)
		return;
	session->too_many = rc == -WRIT_E_NOMEM;
	(void)snprintf(session->not_asked, sizeof(session->not_asked), "%.95s", error.text);
	deny(decision, WRIT_NO_STATE);
}

/*
 * What a rule that lets the call pass says beyond that. An approved call was counted when it asked:
 * by this rule, as the request is bound to it.
 */
static void apply_terms(struct writ_session *session, const struct version *version,
			const struct writ_call *call, struct writ_decision *decision)
{
	if (decision->verdict == WRIT_ASK && call->approval)
		use_approval(session, version, call, decision);
	else if (take_rate(session, version, decision) && decision->verdict == WRIT_ASK)
		ask(session, version, call, decision);
}

/* Which request it was about, or why there is none: NULL, or text. */
static const char *detail_of(const struct writ_session *session, const struct writ_call *call,
			     const struct writ_decision *decision, char *text, size_t size)
{
	if (decision->verdict == WRIT_ASK)
		(void)snprintf(text, size, "request %s", decision->request);
	else if (call->approval && decision->verdict == WRIT_ALLOW &&
		 decision->reason == WRIT_BY_RULE)
		(void)snprintf(text, size, "approval %.40s", call->approval);
	else if (decision->reason == WRIT_NO_STATE && *session->not_asked)
		(void)snprintf(text, size, "not asked: %s", session->not_asked);
	else
		return NULL;
	return text;
}

static const char *role_of(const struct writ_session *session, const struct writ_policy *policy,
			   uint32_t rule)
{
	const struct image *image = &policy->image;

	if (rule == WRIT_NO_ID)
		return session->is_user ? NULL : session->name;
	return image_text(image, image_ROLES(image, policy->fmt_rules[rule].role)->name);
}

static int record_decision(const struct writ_session *session, const struct version *version,
			   const struct writ_call *call, const struct writ_decision *decision)
{
	char detail[128];
	const struct writ_event event = {
		.kind = WRIT_EVENT_DECISION,
		.verdict = decision->verdict,
		.reason = decision->reason,
		.rule = decision->rule,
		.generation = version->generation,
		.session = session->number,
		.policy = version->policy,
		.user = session->is_user ? session->name : NULL,
		.role = role_of(session, version->policy, decision->rule),
		.tool = call->tool,
		.tool_len = call->tool_len,
		.sandbox = writ_sandbox_name(version->policy, decision->sandbox),
		.args = call->args,
		.n_args = call->args ? call->n_args : 0,
		.detail = detail_of(session, call, decision, detail, sizeof(detail)),
	};

	return session->monitor->sink.record(session->monitor->sink.context, &event);
}

/* For writ_session_explain: the call is the caller's, and gone by then. */
static __attribute__((noinline)) void keep_tool(struct writ_session *session,
						const struct writ_call *call)
{
	size_t len = 0;

	if (call->tool)
		len = call->tool_len ? call->tool_len : strnlen(call->tool, WRIT_MAX_NAME);
	if (len > WRIT_MAX_NAME)
		len = WRIT_MAX_NAME;
	if (len)
		memcpy(session->tool, call->tool, len);
	session->tool[len] = '\0';
}

enum writ_verdict writ_session_check(struct writ_session *session, const struct writ_call *call,
				     struct writ_decision *decision)
{
	const struct version *version;
	struct writ_decision own;

	if (!decision)
		decision = &own;
	if (__builtin_expect(!is_current(session), 0))
		session_refresh(session);
	version = atomic_load_explicit(&session->version, memory_order_relaxed);
	decide(session, version->policy, call, decision);
	decision->generation = version->generation;
	if (decision->verdict != WRIT_DENY)
		apply_terms(session, version, call, decision);
	else if (decision->reason != WRIT_BY_RULE)
		keep_tool(session, call);
	if (session->monitor->sink.record && record_decision(session, version, call, decision))
		deny(decision, WRIT_NOT_RECORDED);
	return decision->verdict;
}

const struct writ_policy *writ_session_policy(const struct writ_session *session)
{
	return atomic_load_explicit(&session->version, memory_order_relaxed)->policy;
}

int writ_session_record(struct writ_session *session, struct writ_event *event)
{
	const struct version *version = atomic_load_explicit(&session->version,
							     memory_order_relaxed);

	event->policy = version->policy;
	event->generation = version->generation;
	event->session = session->number;
	if (session->is_user)
		event->user = session->name;
	else if (!event->role)
		event->role = session->name;
	return monitor_record(session->monitor, event);
}
