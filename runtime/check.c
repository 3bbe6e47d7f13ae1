/*
 * writ_check: one load decides.
 *
 * In: a subject and a tool, by id or by name. Out: a verdict. A subject's id is its row and a
 * tool's its column, so the decision is one cell: 0, or the deciding rule plus 1; rules are sorted
 * by verdict, so two comparisons tell which it is. A name costs a hash, a probe and a comparison; a
 * tool that the policy does not list runs through the automaton of all wildcards, one load a byte.
 * No allocation, no system call, no lock, no parsing: verification has made every index in the
 * tables safe to follow.
 */
#include <string.h>

#include "runtime/policy.h"
#include "runtime/verify.h"

static inline enum writ_verdict verdict_of(const struct writ_policy *policy, uint32_t cell)
{
	if (cell == 0)
		return WRIT_DENY;
	if (cell > policy->allow_from)
		return WRIT_ALLOW;
	return cell > policy->ask_from ? WRIT_ASK : WRIT_DENY;
}

static enum writ_verdict refuse(struct writ_decision *decision, enum writ_reason reason,
				uint32_t sandbox)
{
	if (decision)
		*decision = (struct writ_decision){WRIT_DENY, reason, WRIT_NO_ID, sandbox};
	return WRIT_DENY;
}

enum writ_verdict writ_check_id(const struct writ_policy *policy, uint32_t subject, uint32_t tool,
				struct writ_decision *decision)
{
	enum writ_verdict verdict;
	uint32_t cell;

	if (subject >= policy->n_rows)
		return refuse(decision, WRIT_UNKNOWN_SUBJECT, WRIT_NO_ID);
	if (tool >= policy->n_columns)
		return refuse(decision, WRIT_NO_RULE, WRIT_NO_ID);
	cell = policy->cells[(size_t)subject * policy->n_columns + tool];
	verdict = verdict_of(policy, cell);
	if (!decision)
		return verdict;
	if (cell == 0)
		return refuse(decision, WRIT_NO_RULE, policy->columns[tool].sandbox);
	decision->verdict = verdict;
	decision->reason = WRIT_BY_RULE;
	decision->rule = cell - 1;
	decision->sandbox = policy->columns[tool].sandbox;
	return verdict;
}

uint32_t writ_role_id(const struct writ_policy *policy, const char *name, size_t len)
{
	uint32_t id = name ? index_find(&policy->roles, name, len) : WRIT_NONE;

	return id == WRIT_NONE ? WRIT_NO_ID : image_ROLES(&policy->image, id)->row;
}

uint32_t writ_user_id(const struct writ_policy *policy, const char *name, size_t len)
{
	uint32_t id = name ? index_find(&policy->users, name, len) : WRIT_NONE;

	return id == WRIT_NONE ? WRIT_NO_ID : image_USERS(&policy->image, id)->row;
}

/* The column of a name that no declaration and no exact rule mentions. */
static uint32_t run_automaton(const struct writ_policy *policy, const char *name, size_t len)
{
	uint32_t state = policy->start;

	if (len == 0 || len > WRIT_MAX_NAME)
		return WRIT_NO_ID;
	for (size_t i = 0; i < len; i++) {
		uint32_t class = policy->char_classes[(unsigned char)name[i]];

		state = policy->states[state * policy->n_classes + class];
	}
	return policy->accepts[state];
}

uint32_t writ_tool_id(const struct writ_policy *policy, const char *name, size_t len)
{
	uint32_t id = name ? index_find(&policy->tools, name, len) : WRIT_NO_ID;

	return id != WRIT_NONE || !name ? id : run_automaton(policy, name, len);
}

static inline size_t length_of(const char *name, size_t len)
{
	return len ? len : strlen(name);
}

enum writ_verdict writ_check(const struct writ_policy *policy, const struct writ_request *request,
			     struct writ_decision *decision)
{
	const char *tool = request->tool;
	size_t tool_len;
	uint32_t subject;
	uint32_t column;

	if (!tool || !request->role == !request->user)
		return refuse(decision, WRIT_BAD_REQUEST, WRIT_NO_ID);
	subject = request->role ? writ_role_id(policy, request->role,
					       length_of(request->role, request->role_len))
				: writ_user_id(policy, request->user,
					       length_of(request->user, request->user_len));
	if (subject == WRIT_NO_ID)
		return refuse(decision, WRIT_UNKNOWN_SUBJECT, WRIT_NO_ID);
	tool_len = length_of(tool, request->tool_len);
	column = writ_tool_id(policy, tool, tool_len);
	if (column == WRIT_NO_ID && !verify_tool_name(tool, tool_len))
		return refuse(decision, WRIT_BAD_TOOL_NAME, WRIT_NO_ID);
	return writ_check_id(policy, subject, column, decision);
}

int writ_rule(const struct writ_policy *policy, uint32_t id, struct writ_rule *out)
{
	const struct writ_fmt_rule *rule;

	if (!out || id >= image_count(&policy->image, WRIT_SECTION_RULES))
		return -WRIT_E_INVALID;
	rule = image_RULES(&policy->image, id);
	out->verdict = verdict_of(policy, id + 1);
	out->role = policy->role_names[rule->role];
	out->pattern = policy->rules[id].pattern;
	out->file = policy->rules[id].file;
	out->line = rule->line;
	out->col = rule->col;
	return 0;
}

uint32_t writ_sandbox_id(const struct writ_policy *policy, const char *name, size_t len)
{
	uint32_t n = image_count(&policy->image, WRIT_SECTION_SANDBOXES);

	for (uint32_t i = 0; name && i < n; i++) {
		if (strlen(policy->sandbox_names[i]) == len &&
		    memcmp(policy->sandbox_names[i], name, len) == 0)
			return i;
	}
	return WRIT_NO_ID;
}

const char *writ_sandbox_name(const struct writ_policy *policy, uint32_t id)
{
	if (id >= image_count(&policy->image, WRIT_SECTION_SANDBOXES))
		return NULL;
	return policy->sandbox_names[id];
}
