/*
 * Why a call was decided as it was, for people.
 *
 * In: a decision and whose call of what it was about. Out: one line without what is the caller's to
 * print: names and conditions are as they stand in the policy and the call, whatever bytes these
 * have.
 */
#include <stdio.h>
#include <string.h>

#include "runtime/writ.h"

#define MAX_PLACE           4200
#define MAX_SHOWN_CONDITION 2000

/* "rule FILE:LINE:COL of role 'ROLE': VERB TOOLS where CONDITION" */
static void print_rule(const struct writ_policy *policy, uint32_t id, char *text, size_t size)
{
	static const char *const verbs[] = {
		[WRIT_DENY] = "deny",
		[WRIT_ASK] = "ask",
		[WRIT_ALLOW] = "allow",
	};
	struct writ_rule rule;
	char place[MAX_PLACE] = "";

	if (writ_rule(policy, id, &rule)) {
		(void)snprintf(text, size, "rule %u", id);
		return;
	}
	if (*rule.file)
		(void)snprintf(place, sizeof(place), " %s:%u:%u", rule.file, rule.line, rule.col);
	(void)snprintf(text, size, "rule%s of role '%s': %s %s%s%.*s%s", place, rule.role,
		       verbs[rule.verdict], rule.pattern, *rule.condition ? " where " : "",
		       MAX_SHOWN_CONDITION, rule.condition,
		       strlen(rule.condition) > MAX_SHOWN_CONDITION ? "..." : "");
}

/* No condition held: decision->rule is the one that would have let the call pass, if there is one.
 */
static void explain_conditions(const struct writ_policy *policy, uint32_t id, char *text,
			       size_t size)
{
	struct writ_rule rule;
	int n;

	if (writ_rule(policy, id, &rule) || rule.verdict == WRIT_DENY) {
		(void)snprintf(text, size, "no rule allows it");
		return;
	}
	n = snprintf(text, size, "none of the conditions holds; the first is that of ");
	if (n > 0 && (size_t)n < size)
		print_rule(policy, id, text + n, size - (size_t)n);
}

/* Who asks for a user as a role is told so. */
static const char *other_kind(const struct writ_request *request, const struct writ_policy *policy)
{
	enum writ_subject_kind kind = request->role ? WRIT_USER : WRIT_ROLE;
	const char *name = request->role ? request->role : request->user;

	if (writ_subject_open(policy, kind, name, 0) == WRIT_NO_ID)
		return "";
	return kind == WRIT_USER ? "; it is a user (--user)" : "; it is a role (--role)";
}

void writ_explain(const struct writ_policy *policy, const struct writ_request *request,
		  const struct writ_decision *decision, char *text, size_t size)
{
	const char *kind = request->role ? "role" : "user";
	const char *subject = request->role ? request->role : request->user;

	switch (decision->reason) {
	case WRIT_BY_RULE:
		print_rule(policy, decision->rule, text, size);
		return;
	case WRIT_NO_RULE:
		(void)snprintf(text, size, "no rule of %s '%s' matches tool '%s'", kind, subject,
			       request->tool);
		return;
	case WRIT_NO_CONDITION:
		explain_conditions(policy, decision->rule, text, size);
		return;
	case WRIT_UNKNOWN_SUBJECT:
		(void)snprintf(text, size, "%s '%s' is not known to the policy%s", kind, subject,
			       other_kind(request, policy));
		return;
	case WRIT_BAD_TOOL_NAME:
		(void)snprintf(text, size, "'%s' is not a name that a tool can have",
			       request->tool);
		return;
	case WRIT_BAD_REQUEST:
	case WRIT_RATE_LIMITED:
	case WRIT_NO_STATE:
	case WRIT_STALE:
	case WRIT_NOT_APPROVED:
	case WRIT_NOT_RECORDED:
		break;
	}
	(void)snprintf(
		text, size,
		"the request names no subject or no tool, gives an argument twice, or has too many "
		"arguments or elements");
}
