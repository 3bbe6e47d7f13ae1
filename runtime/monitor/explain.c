/*
 * Why a session's call was decided as it was, in two forms.
 *
 * For who administers the policy everything is said. The agent is told what it can do something
 * about: wait, or ask a human. Of denials it is told nothing more, so that it can't find out by
 * asking which tools, users and rules there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/explain.h"
#include "runtime/monitor/session.h"

static void explain_to_agent(const struct writ_session *session,
			     const struct writ_decision *decision, char *text, size_t size)
{
	if (decision->verdict == WRIT_ALLOW)
		(void)snprintf(text, size, "allowed");
	else if (decision->verdict == WRIT_ASK)
		(void)snprintf(text, size, "a human has to approve this call: request %s",
			       decision->request);
	else if (decision->reason == WRIT_RATE_LIMITED)
		(void)snprintf(text, size, "too many calls: the next may pass in %u seconds",
			       decision->retry_ms / 1000 + 1);
	else if (decision->reason == WRIT_NOT_APPROVED)
		(void)snprintf(text, size, "the approval is not good for this call");
	else if (decision->reason == WRIT_NO_STATE && *session->not_asked)
		(void)snprintf(text, size, "a human would have to approve this call, but %s",
			       session->too_many ? "too many wait to be approved"
						 : "can't be asked about it");
	else
		(void)snprintf(text, size, "denied by policy");
}

/* What is said before the rule, or instead of one. */
static void explain_session(const struct writ_session *session,
			    const struct writ_decision *decision, char *text, size_t size)
{
	*text = '\0';
	if (decision->reason == WRIT_RATE_LIMITED)
		(void)snprintf(text, size,
			       "the rate is used up, and the next call may pass in %u.%03u s: ",
			       decision->retry_ms / 1000, decision->retry_ms % 1000);
	else if (decision->reason == WRIT_NOT_APPROVED)
		(void)snprintf(text, size, "the approval is not good, %s: ",
			       request_fault_text(session->fault));
	else if (decision->reason == WRIT_NO_STATE && *session->not_asked)
		(void)snprintf(text, size, "it can't be asked about, %s: ", session->not_asked);
	else if (decision->reason == WRIT_NO_STATE)
		(void)snprintf(text, size, "the state has no room for the call: ");
	else if (decision->reason == WRIT_STALE)
		(void)snprintf(text, size,
			       "what roles user '%s' has now can't be had, or may not "
			       "be active together",
			       session->name);
	else if (decision->reason == WRIT_NOT_RECORDED)
		(void)snprintf(text, size, "the decision can't be recorded");
}

static bool is_session_reason(enum writ_reason reason)
{
	return reason == WRIT_RATE_LIMITED || reason == WRIT_NOT_APPROVED ||
	       reason == WRIT_NO_STATE || reason == WRIT_STALE || reason == WRIT_NOT_RECORDED;
}

/* Without the memory for the roles the rule is told without the way to it. */
static void explain_by_policy(const struct writ_session *session,
			      const struct writ_decision *decision, char *text, size_t size)
{
	const struct writ_policy *policy = writ_session_policy(session);
	uint32_t *roles = calloc(session->roles.n + 1, sizeof(*roles));
	const struct writ_request request = {
		.role = session->is_user ? NULL : session->name,
		.user = session->is_user ? session->name : NULL,
		.tool = session->tool,
	};
	const struct explained explained = {
		.policy = policy,
		.request = &request,
		.decision = decision,
		.roles = roles,
		.n_roles = roles ? roles_ids(&session->roles, policy, roles) : 0,
	};

	explain_decision(&explained, text, size);
	free(roles);
}

static void explain_to_operator(const struct writ_session *session,
				const struct writ_decision *decision, char *text, size_t size)
{
	struct writ_decision by_rule = *decision;
	size_t at;

	if (!is_session_reason(decision->reason)) {
		explain_by_policy(session, decision, text, size);
		return;
	}
	explain_session(session, decision, text, size);
	at = strlen(text);
	if (at == 0 || text[at - 1] != ' ')
		return;
	by_rule.reason = WRIT_BY_RULE;
	explain_by_policy(session, &by_rule, text + at, size - at);
}

void writ_session_explain(const struct writ_session *session, const struct writ_decision *decision,
			  enum writ_audience audience, char *text, size_t size)
{
	if (size == 0)
		return;
	if (audience == WRIT_FOR_OPERATOR)
		explain_to_operator(session, decision, text, size);
	else
		explain_to_agent(session, decision, text, size);
}
