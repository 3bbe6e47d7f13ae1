/*
 * Rules, one by one, in order.
 *
 * A cell names a rule by its place, and its verdict follows from that place, so the rules must
 * stand as they do in the IR: first those that deny, then those that ask. Rules of one statement
 * share their condition, which is then looked at once.
 */
#include "verify/prove_rules.h"

#include "base/map.h"
#include "verify/prove_condition.h"

struct check {
	struct arena *arena;
	const struct ir_policy *policy;
	const struct view *view;
	struct map known; /* conditions with their tests, proven before */
	size_t n_tests;
};

/* The verdict that a rule's place gives it. */
static enum writ_verdict_id verdict_at(const struct view *view, uint32_t rule)
{
	const struct writ_fmt_policy *head = VIEW_AT(view, POLICY, policy, 0);

	if (rule < head->n_deny)
		return WRIT_VERDICT_DENY;
	return rule - head->n_deny < head->n_ask ? WRIT_VERDICT_ASK : WRIT_VERDICT_ALLOW;
}

static const char *check_fields(const struct check *check, uint32_t index)
{
	const struct writ_fmt_rule *have = VIEW_AT(check->view, RULES, rule, index);
	const struct ir_rule *want = &check->policy->rules.items[index];

	if (verdict_at(check->view, index) != want->verdict)
		return "it has another verdict";
	if (!str_eq(view_str(check->view, have->pattern), want->pattern))
		return "it is about other tools";
	if (have->role != want->role)
		return "it is another role's";
	if (have->sandbox != want->sandbox)
		return "it uses another sandbox";
	if (have->rate != want->rate || have->period_s != want->period_s ||
	    have->burst != want->burst)
		return "it has another rate";
	if (!str_eq(view_str(check->view, have->condition), want->condition))
		return "its condition is told otherwise";
	if ((have->where.count != 0) != (want->where != NULL))
		return want->where ? "it lacks its condition" : "it has a condition";
	return NULL;
}

static struct str check_condition(struct check *check, uint32_t index)
{
	const struct ir_where *where = check->policy->rules.items[index].where;
	struct writ_fmt_range tests = VIEW_AT(check->view, RULES, rule, index)->where;
	const uintptr_t words[] = {(uintptr_t)where, tests.first, tests.count};
	struct str key = str_copy(check->arena, (const char *)words, sizeof(words));

	if (!where || !map_put(check->arena, &check->known, key, 0))
		return STR("");
	check->n_tests += tests.count;
	return prove_condition(check->arena, where, check->view, tests);
}

static struct str check_rule(struct check *check, uint32_t index)
{
	static const char *const verdicts[] = {
		[WRIT_VERDICT_DENY] = "deny",
		[WRIT_VERDICT_ASK] = "ask",
		[WRIT_VERDICT_ALLOW] = "allow",
	};
	const struct ir_rule *rule = &check->policy->rules.items[index];
	const char *what = check_fields(check, index);
	struct str wrong = what ? str_from(what) : check_condition(check, index);

	if (wrong.len == 0)
		return wrong;
	return str_printf(check->arena, "rule %u, %s %.*s of role '%.*s': %.*s", index,
			  verdicts[rule->verdict], STR_ARG(rule->pattern),
			  STR_ARG(check->policy->roles.items[rule->role].name), STR_ARG(wrong));
}

struct str prove_rules(struct arena *arena, const struct ir_policy *policy, const struct view *view,
		       size_t *n_tests)
{
	struct check check = {.arena = arena, .policy = policy, .view = view};
	struct str wrong = STR("");

	if (VIEW_N(view, RULES) != policy->rules.n)
		return STR("there are more or fewer rules than the policy has");
	for (uint32_t i = 0; wrong.len == 0 && i < policy->rules.n; i++)
		wrong = check_rule(&check, i);
	*n_tests = check.n_tests;
	return wrong;
}
