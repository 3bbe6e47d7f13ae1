/*
 * Decisions taken apart, on the IR.
 *
 * The decision itself is the runtime's; here is only told what it rests on. A condition is walked
 * from its top, by its truth: of an "and" that is not true, the parts that are not; of an "or" that
 * is true, the parts that are; down to the tests.
 */
#include "judge/why.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SHOWN 200u /* bytes of an argument's value */

static int by_index(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The rules of all roles that match the tool, sorted; perhaps repeated. */
static struct ir_indices matching(struct arena *arena, const struct ir_policy *policy,
				  const struct ir_request *request)
{
	struct ir_indices out = {0};

	for (size_t r = 0; r < request->n_roles; r++) {
		const struct ir_indices *rules = &policy->roles.items[request->roles[r]].rules;

		for (size_t i = 0; i < rules->n; i++) {
			uint32_t rule = rules->items[i];

			if (ir_pattern_matches(policy->rules.items[rule].pattern, request->tool))
				vec_add(arena, &out, rule);
		}
	}
	if (out.n)
		qsort(out.items, out.n, sizeof(*out.items), by_index);
	return out;
}

struct why_rules why_rules(struct arena *arena, const struct ir_policy *policy,
			   const struct ir_request *request)
{
	struct ir_indices rules = matching(arena, policy, request);
	struct why_rules out = {0};

	for (size_t i = 0; i < rules.n; i++) {
		const struct ir_rule *rule = &policy->rules.items[rules.items[i]];
		struct why_rule why = {.rule = rules.items[i], .truth = IR_TRUE};

		if (i && rules.items[i] == rules.items[i - 1])
			continue;
		if (rule->where)
			why.truth = ir_where_truth(arena, rule->where, request);
		why.holds = rule->verdict == WRIT_VERDICT_DENY ? why.truth != IR_FALSE
							       : why.truth == IR_TRUE;
		vec_add(arena, &out, why);
	}
	return out;
}

static enum ir_truth turned(enum ir_truth truth, bool negated)
{
	return negated ? (enum ir_truth)(IR_TRUE - truth) : truth;
}

struct walk {
	struct arena *arena;
	const struct ir_request *request;
	struct why_tests out;
};

/* Collects the tests that make where, turned when negated, what it is. */
static void walk_where(struct walk *walk, const struct ir_where *where, bool negated)
{
	enum ir_truth truth = ir_where_truth(walk->arena, where, walk->request);

	if (where->kind == IR_WHERE_TEST) {
		vec_add(walk->arena, &walk->out,
			((struct why_test){where, turned(truth, negated), negated}));
		return;
	}
	for (size_t i = 0; i < where->kids.n; i++) {
		const struct ir_where *kid = where->kids.items[i];

		if (where->kind == IR_WHERE_NOT)
			walk_where(walk, kid, !negated);
		else if (ir_where_truth(walk->arena, kid, walk->request) == truth)
			walk_where(walk, kid, negated);
	}
}

struct why_tests why_tests(struct arena *arena, const struct ir_where *where,
			   const struct ir_request *request)
{
	struct walk walk = {.arena = arena, .request = request};

	walk_where(&walk, where, false);
	return walk.out;
}

/* The text of a test is that of the positive one; equality has an opposite of its own. */
struct str why_test_text(struct arena *arena, const struct why_test *test)
{
	static const char equal[] = " == ";
	struct str text = test->test->source.text;
	size_t at = test->test->arg.len;
	size_t after = at + sizeof(equal) - 1;

	if (!test->negated)
		return text;
	if (text.len > after && memcmp(text.ptr + at, equal, sizeof(equal) - 1) == 0)
		return str_printf(arena, "%.*s != %.*s", (int)at, text.ptr, (int)(text.len - after),
				  text.ptr + after);
	return str_printf(arena, "not %.*s", STR_ARG(text));
}

struct str why_value(struct arena *arena, const struct ir_where *test, enum ir_truth truth,
		     const struct ir_request *request)
{
	const struct ir_call_arg *found = NULL;
	size_t given = 0;
	size_t shown;

	for (size_t i = 0; i < request->n_args; i++) {
		if (!str_eq(request->args[i].name, test->arg))
			continue;
		found = &request->args[i];
		given++;
	}
	if (!found)
		return str_printf(arena, "the call has no argument '%.*s'", STR_ARG(test->arg));
	if (given > 1)
		return str_printf(arena, "'%.*s' is given twice", STR_ARG(test->arg));
	shown = found->text.len < MAX_SHOWN ? found->text.len : MAX_SHOWN;
	return str_printf(arena, "'%.*s' is \"%.*s\"%s%s", STR_ARG(test->arg), (int)shown,
			  found->text.ptr, shown < found->text.len ? "..." : "",
			  truth == IR_UNKNOWN ? ", which is not of the type that is tested" : "");
}

const char *why_verdict(enum writ_verdict_id verdict)
{
	static const char *const names[] = {
		[WRIT_VERDICT_DENY] = "deny",
		[WRIT_VERDICT_ASK] = "ask",
		[WRIT_VERDICT_ALLOW] = "allow",
	};

	return names[verdict];
}

static const char *period_name(uint32_t period_s)
{
	return period_s == 1      ? "second"
	       : period_s == 60   ? "minute"
	       : period_s == 3600 ? "hour"
				  : "day";
}

struct str why_rule_text(struct arena *arena, const struct ir_policy *policy, uint32_t index)
{
	const struct ir_rule *rule = &policy->rules.items[index];
	struct str text = str_printf(arena, "%s %.*s", why_verdict(rule->verdict),
				     STR_ARG(rule->pattern));

	if (rule->condition.len)
		text = str_printf(arena, "%.*s where %.*s", STR_ARG(text),
				  STR_ARG(rule->condition));
	if (rule->sandbox != IR_NONE)
		text = str_printf(arena, "%.*s using %.*s", STR_ARG(text),
				  STR_ARG(policy->sandboxes.items[rule->sandbox].name));
	if (rule->rate)
		text = str_printf(arena, "%.*s rate %u/%s burst %u", STR_ARG(text), rule->rate,
				  period_name(rule->period_s), rule->burst);
	return text;
}

/* From which role each was reached first; breadth first, so that the way is a shortest one. */
static uint32_t *reach(struct arena *arena, const struct ir_policy *policy, uint32_t role)
{
	uint32_t *from = arena_alloc(arena, policy->roles.n * sizeof(*from));
	struct ir_indices queue = {0};

	for (size_t i = 0; i < policy->roles.n; i++)
		from[i] = IR_NONE;
	from[role] = role;
	vec_add(arena, &queue, role);
	for (size_t at = 0; at < queue.n; at++) {
		uint32_t child = queue.items[at];
		const struct ir_indices *parents = &policy->roles.items[child].parents;

		for (size_t i = 0; i < parents->n; i++) {
			if (from[parents->items[i]] != IR_NONE)
				continue;
			from[parents->items[i]] = child;
			vec_add(arena, &queue, parents->items[i]);
		}
	}
	return from;
}

struct str why_inherited(struct arena *arena, const struct ir_policy *policy, uint32_t role,
			 uint32_t from)
{
	uint32_t *child = reach(arena, policy, role);
	struct str text = policy->roles.items[from].name;

	if (role == from || child[from] == IR_NONE)
		return STR("");
	for (uint32_t at = child[from];; at = child[at]) {
		text = str_printf(arena, "%.*s <- %.*s", STR_ARG(policy->roles.items[at].name),
				  STR_ARG(text));
		if (at == role)
			return text;
	}
}

/* Names are sorted, at the beginning of records of one size. */
static uint32_t find(struct str name, const void *first, size_t n, size_t size)
{
	size_t low = 0;

	while (low < n) {
		size_t middle = low + (n - low) / 2;
		const struct str *other = (const void *)((const char *)first + middle * size);
		int order = str_cmp(name, *other);

		if (order == 0)
			return (uint32_t)middle;
		if (order < 0)
			n = middle;
		else
			low = middle + 1;
	}
	return IR_NONE;
}

uint32_t why_role(const struct ir_policy *policy, struct str name)
{
	_Static_assert(offsetof(struct ir_role, name) == 0, "find() looks there");
	return find(name, policy->roles.items, policy->roles.n, sizeof(struct ir_role));
}

uint32_t why_user(const struct ir_policy *policy, struct str name)
{
	_Static_assert(offsetof(struct ir_user, name) == 0, "find() looks there");
	return find(name, policy->users.items, policy->users.n, sizeof(struct ir_user));
}
