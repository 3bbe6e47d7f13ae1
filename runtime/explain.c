/*
 * Why a call was decided as it was, for people.
 *
 * In: a decision, whose call of what it was about, and which roles these have. Out: one line
 * without what is the caller's to print: names and conditions are as they stand in the policy and
 * the call, whatever bytes these have. A rule that the subject has by inheritance comes with the
 * way there. No name is read beyond the length it was given with.
 */
#include "runtime/explain.h"

#include <stdio.h>
#include <string.h>

#include "runtime/holding.h"
#include "runtime/policy.h"

#define MAX_PLACE           4200
#define MAX_PATH            1000
#define MAX_SHOWN_CONDITION 2000

/* A name of the request's, for "%.*s". */
struct name {
	int len;
	const char *bytes;
};

static struct name name_of(const char *bytes, size_t len)
{
	if (len == 0)
		len = strlen(bytes);
	return (struct name){len < WRIT_MAX_TEXT ? (int)len : (int)WRIT_MAX_TEXT, bytes};
}

static struct name subject_of(const struct writ_request *request)
{
	if (request->role)
		return name_of(request->role, request->role_len);
	return name_of(request->user ? request->user : "", request->user_len);
}

static uint32_t find(const struct writ_policy *policy, bool is_role, struct name name)
{
	return index_find(is_role ? &policy->roles : &policy->users, name.bytes, (size_t)name.len);
}

/* How the subject comes to a rule that it has not got itself. */
static void print_path(const struct explained *why, uint32_t rule, char text[MAX_PATH])
{
	struct holding holding;

	text[0] = '\0';
	if (!holding_init(&holding, &why->policy->image))
		return;
	for (size_t i = 0; i < why->n_roles; i++)
		holding_give(&holding, why->roles[i]);
	holding_inherit(&holding);
	holding_path(&holding, why->policy->fmt_rules[rule].role, text, MAX_PATH);
	holding_fini(&holding);
}

/* "rule FILE:LINE:COL of role 'ROLE' (PATH): VERB TOOLS where CONDITION" */
static void print_rule(const struct explained *why, char *text, size_t size)
{
	static const char *const verbs[] = {
		[WRIT_DENY] = "deny",
		[WRIT_ASK] = "ask",
		[WRIT_ALLOW] = "allow",
	};
	uint32_t id = why->decision->rule;
	struct writ_rule rule;
	char place[MAX_PLACE] = "";
	char path[MAX_PATH];

	if (writ_rule(why->policy, id, &rule)) {
		(void)snprintf(text, size, "rule %u", id);
		return;
	}
	if (*rule.file)
		(void)snprintf(place, sizeof(place), " %s:%u:%u", rule.file, rule.line, rule.col);
	print_path(why, id, path);
	(void)snprintf(text, size, "rule%s of role '%s'%s: %s %s%s%.*s%s", place, rule.role, path,
		       verbs[rule.verdict], rule.pattern, *rule.condition ? " where " : "",
		       MAX_SHOWN_CONDITION, rule.condition,
		       strlen(rule.condition) > MAX_SHOWN_CONDITION ? "..." : "");
}

/* No condition held: decision->rule is the one that would have let the call pass, if there is one.
 */
static void explain_conditions(const struct explained *why, char *text, size_t size)
{
	struct writ_rule rule;
	int n;

	if (writ_rule(why->policy, why->decision->rule, &rule) || rule.verdict == WRIT_DENY) {
		(void)snprintf(text, size, "no rule allows it");
		return;
	}
	n = snprintf(text, size, "none of the conditions holds; the first is that of ");
	if (n > 0 && (size_t)n < size)
		print_rule(why, text + n, size - (size_t)n);
}

/* Who asks for a user as a role is told so. */
static const char *other_kind(const struct explained *why, struct name subject)
{
	bool is_role = why->request->role;

	if (find(why->policy, !is_role, subject) == WRIT_NONE)
		return "";
	return is_role ? "; it is a user (--user)" : "; it is a role (--role)";
}

static void explain_refusal(const struct explained *why, char *text, size_t size)
{
	const struct writ_request *request = why->request;
	const char *kind = request->role ? "role" : "user";
	struct name subject = subject_of(request);
	struct name tool = name_of(request->tool, request->tool_len);

	if (why->decision->reason == WRIT_NO_RULE)
		(void)snprintf(text, size, "no rule of %s '%.*s' matches tool '%.*s'", kind,
			       subject.len, subject.bytes, tool.len, tool.bytes);
	else if (why->decision->reason == WRIT_UNKNOWN_SUBJECT)
		(void)snprintf(text, size, "%s '%.*s' is not known to the policy%s", kind,
			       subject.len, subject.bytes, other_kind(why, subject));
	else
		(void)snprintf(text, size, "'%.*s' is not a name that a tool can have", tool.len,
			       tool.bytes);
}

void explain_decision(const struct explained *why, char *text, size_t size)
{
	switch (why->decision->reason) {
	case WRIT_BY_RULE:
		print_rule(why, text, size);
		return;
	case WRIT_NO_CONDITION:
		explain_conditions(why, text, size);
		return;
	case WRIT_NO_RULE:
	case WRIT_UNKNOWN_SUBJECT:
	case WRIT_BAD_TOOL_NAME:
		explain_refusal(why, text, size);
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

void writ_explain(const struct writ_policy *policy, const struct writ_request *request,
		  const struct writ_decision *decision, char *text, size_t size)
{
	struct explained why = {policy, request, decision, NULL, 0};
	uint32_t id = find(policy, request->role, subject_of(request));
	struct writ_fmt_range roles = {0, 1};

	if (id != WRIT_NONE) {
		if (!request->role)
			roles = image_USER_INFO(&policy->image, id)->roles;
		why.n_roles = roles.count;
		why.roles = &id;
		if (!request->role && roles.count)
			why.roles = image_INDICES(&policy->image, roles.first);
	}
	explain_decision(&why, text, size);
}
