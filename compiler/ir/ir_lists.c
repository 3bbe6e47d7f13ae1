/*
 * The reference meaning of calls with lists: docs/language.md, "Lists".
 *
 * A call with lists stands for many without: one element is taken of each list, in all ways, and
 * each of these calls is decided by itself. The strictest decision is that of the call with lists,
 * unless they would be launched or counted in different ways. Of the lists that no condition tests
 * on the way to a decision there is nothing to know.
 */
#include "ir/ir.h"
#include "ir/ir_value.h"

#include "runtime/writ_format.h"

/* What becomes of a call. */
struct outcome {
	enum writ_verdict_id verdict;
	uint32_t rule;
	struct ir_request request;
};

struct ways {
	struct arena *arena;
	const struct ir_policy *policy;
	const struct ir_request *request;
	struct ir_call_arg *args; /* the call's own, then one for each list */
	bool *tested;             /* of args */
	size_t *at;               /* of each list */
	uint64_t n;
};

static void mark_tested(struct ways *ways, const struct ir_where *where)
{
	size_t n = ways->request->n_args + ways->request->n_lists;

	for (size_t i = 0; i < where->kids.n; i++)
		mark_tested(ways, where->kids.items[i]);
	for (size_t i = 0; where->kind == IR_WHERE_TEST && i < n; i++)
		ways->tested[i] |= str_eq(ways->args[i].name, where->arg);
}

/* Tests in the conditions of the request's rules, up to the first rule that has none. */
static void find_tested(struct ways *ways)
{
	const struct ir_policy *policy = ways->policy;

	for (uint32_t i = 0; i < policy->rules.n; i++) {
		const struct ir_rule *rule = &policy->rules.items[i];

		if (!ir_pattern_matches(rule->pattern, ways->request->tool) ||
		    !ir_request_has_rule(policy, ways->request, i))
			continue;
		if (!rule->where)
			return;
		mark_tested(ways, rule->where);
	}
}

/* How many elements a list has to be taken: one that can't be read, where there are none. */
static size_t length(const struct ways *ways, size_t list)
{
	bool tested = ways->tested[ways->request->n_args + list];
	size_t n = ways->request->lists[list].n;

	return tested && n ? n : 1;
}

static uint64_t read_length(struct str text)
{
	return text.len < IR_MAX_VALUE ? text.len : IR_MAX_VALUE;
}

/* What is read in all ways together: of a list each element in as many as the others have. */
static uint64_t bytes_read(const struct ways *ways)
{
	const struct ir_request *request = ways->request;
	uint64_t bytes = 0;

	for (size_t i = 0; i < request->n_args; i++)
		bytes += ways->tested[i] ? ways->n * read_length(request->args[i].text) : 0;
	for (size_t i = 0; i < request->n_lists; i++) {
		const struct ir_call_list *list = &request->lists[i];

		if (!ways->tested[request->n_args + i])
			continue;
		for (size_t k = 0; k < list->n; k++)
			bytes += ways->n / list->n * read_length(list->items[k]);
	}
	return bytes;
}

/* Is there a limit on the work, and is it exceeded? */
static bool too_many(struct ways *ways)
{
	ways->n = 1;
	for (size_t i = 0; i < ways->request->n_lists; i++) {
		ways->n *= length(ways, i);
		if (ways->n > IR_MAX_COMBINATIONS)
			return true;
	}
	return ways->n > 1 && bytes_read(ways) > IR_MAX_COMBINED_BYTES;
}

/* The call in which each list is the element that it is at. */
static struct ir_request one_way(const struct ways *ways)
{
	struct ir_request out = *ways->request;
	size_t n = out.n_args + out.n_lists;
	struct ir_call_arg *args = arena_alloc(ways->arena, n * sizeof(*args));

	for (size_t i = 0; i < n; i++)
		args[i] = ways->args[i];
	for (size_t i = 0; i < out.n_lists; i++) {
		const struct ir_call_list *list = &out.lists[i];

		if (ways->tested[out.n_args + i] && list->n)
			args[out.n_args + i].text = list->items[ways->at[i]];
	}
	out.args = args;
	out.n_args = n;
	out.lists = NULL;
	out.n_lists = 0;
	return out;
}

static bool advance(struct ways *ways)
{
	for (size_t i = 0; i < ways->request->n_lists; i++) {
		if (++ways->at[i] < length(ways, i))
			return true;
		ways->at[i] = 0;
	}
	return false;
}

/* Which sandbox, and is anything counted: only calls for which this is the same can be one call. */
static bool same_terms(const struct ir_policy *policy, uint32_t a, uint32_t b)
{
	const struct ir_rule *one = &policy->rules.items[a], *other = &policy->rules.items[b];

	return a == b || (one->rate == 0 && other->rate == 0 && one->sandbox == other->sandbox);
}

static struct outcome strictest(struct ways *ways)
{
	struct outcome out = {WRIT_VERDICT_ALLOW, IR_NONE, {0}};

	do {
		struct ir_request request = one_way(ways);
		uint32_t rule;
		enum writ_verdict_id verdict = ir_decide_plain(ways->arena, ways->policy, &request,
							       &rule);

		if (verdict == WRIT_VERDICT_DENY)
			return (struct outcome){verdict, rule, request};
		if (out.rule != IR_NONE && !same_terms(ways->policy, rule, out.rule))
			return (struct outcome){WRIT_VERDICT_DENY, IR_NONE, request};
		if (rule < out.rule)
			out = (struct outcome){verdict, rule, request};
	} while (advance(ways));
	return out;
}

enum writ_verdict_id ir_decide_call(struct arena *arena, const struct ir_policy *policy,
				    const struct ir_request *request, uint32_t *rule,
				    struct ir_request *decider)
{
	size_t n = request->n_args + request->n_lists;
	struct ways ways = {
		.arena = arena,
		.policy = policy,
		.request = request,
		.args = arena_alloc(arena, n * sizeof(*ways.args)),
		.tested = arena_alloc(arena, n * sizeof(*ways.tested)),
		.at = arena_alloc(arena, request->n_lists * sizeof(*ways.at)),
	};
	struct outcome outcome = {WRIT_VERDICT_DENY, IR_NONE, {0}};

	for (size_t i = 0; i < request->n_args; i++)
		ways.args[i] = request->args[i];
	for (size_t i = 0; i < request->n_lists; i++)
		ways.args[request->n_args + i].name = request->lists[i].name;
	find_tested(&ways);
	outcome.request = one_way(&ways);
	if (!too_many(&ways))
		outcome = strictest(&ways);
	*rule = outcome.rule;
	if (decider)
		*decider = outcome.request;
	return outcome.verdict;
}
