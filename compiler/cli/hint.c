/*
 * See hint.h.
 */
#include "cli/hint.h"

#include <stdio.h>

#include "base/utf8.h"
#include "judge/why.h"

static void help(const char *before, struct str name, const char *after)
{
	fputs("help: ", stderr);
	fputs(before, stderr);
	utf8_print(stderr, name);
	fputs(after, stderr);
	putc('\n', stderr);
}

static void suggest(const char *before, const struct str_nearest *nearest)
{
	if (nearest->best.ptr)
		help(before, nearest->best, "'?");
}

void hint_subject(const struct ir_policy *policy, struct str name, bool as_user)
{
	struct str_nearest nearest = str_nearest(name);
	bool is_user = why_user(policy, name) != IR_NONE;
	bool is_role = why_role(policy, name) != IR_NONE;

	if (as_user ? is_user : is_role)
		return;
	if (is_user || is_role) {
		help("'", name,
		     is_user ? "' is a user: ask with --user" : "' is a role: ask without --user");
		return;
	}
	for (size_t i = 0; as_user && i < policy->users.n; i++)
		str_nearest_offer(&nearest, policy->users.items[i].name);
	for (size_t i = 0; !as_user && i < policy->roles.n; i++)
		str_nearest_offer(&nearest, policy->roles.items[i].name);
	suggest(as_user ? "did you mean user '" : "did you mean role '", &nearest);
}

static bool knows(const struct ir_policy *policy, struct str name)
{
	if (ir_tool_for(policy, name))
		return true;
	for (size_t i = 0; i < policy->rules.n; i++) {
		struct str pattern = policy->rules.items[i].pattern;

		if (ir_pattern_literals(pattern) && ir_pattern_matches(pattern, name))
			return true;
	}
	return false;
}

void hint_tool(const struct ir_policy *policy, struct str name)
{
	struct str_nearest nearest = str_nearest(name);

	if (knows(policy, name))
		return;
	for (size_t i = 0; i < policy->tools.n; i++) {
		if (ir_pattern_is_exact(policy->tools.items[i].name))
			str_nearest_offer(&nearest, policy->tools.items[i].name);
	}
	suggest("did you mean tool '", &nearest);
}
