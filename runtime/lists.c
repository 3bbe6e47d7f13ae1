/*
 * Lists among the arguments of a call.
 *
 * In: a call and whose rules decide it. Out: the rule that does. Of each list that a condition
 * tests one element is taken, in all ways, and the call is decided with each: one way that is
 * denied denies the call, and of the rest the strictest decision is the call's. So no element gets
 * through that would be stopped alone, whatever stands beside it and however rules are nested. Ways
 * that are decided by rules with different sandboxes, or of which one has a rate, can't be one
 * call: which of them would it be launched in, and what would it count as? It is denied. A list
 * that no condition tests is not looked at.
 */
#include "runtime/lists.h"

#include <string.h>

/* A list, and which of its elements stands for it. */
struct list {
	uint32_t arg;
	size_t at;
};

struct lists {
	struct list items[WRIT_MAX_CALL_ARGS];
	uint32_t n;
	uint64_t n_ways;
};

/* What an empty list has: an element that nothing can be told of. */
static const struct writ_arg nothing = {.type = WRIT_ARG_OTHER};

static bool is_empty(const struct writ_arg *list)
{
	return list->n_items == 0 || !list->items;
}

static void choose(struct condition_call *call, const struct list *list)
{
	const struct writ_arg *arg = &call->args[list->arg];

	condition_choose(call, list->arg, is_empty(arg) ? &nothing : &arg->items[list->at]);
}

/* Which arguments the conditions of a chain test: a bit each. */
static uint64_t tested_by_chain(const struct condition_call *call,
				const struct writ_fmt_range *chain)
{
	const struct writ_policy *policy = call->policy;
	uint64_t tested = 0;

	_Static_assert(WRIT_MAX_CALL_ARGS <= 64, "there are as many bits");
	for (uint32_t i = 0; i < chain->count; i++) {
		uint32_t rule = policy->chain_rules[chain->first + i];
		struct writ_fmt_range where = policy->fmt_rules[rule].where;

		for (uint32_t k = 0; k < where.count; k++) {
			uint32_t arg = condition_arg(call, policy->tests[where.first + k].arg);

			if (arg < call->n_args)
				tested |= UINT64_C(1) << arg;
		}
	}
	return tested;
}

static uint64_t tested_args(const struct condition_call *call,
			    const struct condition_subject *subject)
{
	uint64_t tested = 0;
	uint32_t plain;

	for (size_t i = 0; i < subject->n_rows; i++) {
		const struct writ_fmt_range *chain = condition_chain(call->policy, subject, i,
								     &plain);

		if (chain)
			tested |= tested_by_chain(call, chain);
	}
	return tested;
}

static size_t text_length(const struct writ_arg *arg)
{
	if (!arg->text || (arg->type != WRIT_ARG_TEXT && arg->type != WRIT_ARG_BYTES))
		return 0;
	if (arg->type == WRIT_ARG_TEXT && arg->text_len == 0)
		return strnlen(arg->text, WRIT_MAX_VALUE);
	return arg->text_len < WRIT_MAX_VALUE ? arg->text_len : WRIT_MAX_VALUE;
}

/* False when there are too many ways to go through. */
static bool add_list(struct lists *lists, uint32_t arg, size_t n_items)
{
	if (n_items > WRIT_MAX_ARG_COMBINATIONS / lists->n_ways)
		return false;
	lists->n_ways *= n_items;
	lists->items[lists->n++] = (struct list){arg, 0};
	return true;
}

static bool collect(const struct condition_call *call, uint64_t tested, struct lists *lists)
{
	lists->n = 0;
	lists->n_ways = 1;
	for (uint32_t i = 0; i < call->n_args; i++) {
		const struct writ_arg *arg = &call->args[i];

		if ((tested >> i & 1) && arg->type == WRIT_ARG_LIST &&
		    !add_list(lists, i, is_empty(arg) ? 1 : arg->n_items))
			return false;
	}
	return true;
}

/* Each element is read in as many ways as there are of taking the others. */
static uint64_t list_bytes(const struct writ_arg *list, uint64_t n_ways)
{
	uint64_t bytes = 0;

	if (is_empty(list))
		return 0;
	for (size_t i = 0; i < list->n_items; i++)
		bytes += text_length(&list->items[i]);
	return n_ways / list->n_items * bytes;
}

static bool too_long(const struct condition_call *call, uint64_t tested, const struct lists *lists)
{
	uint64_t bytes = 0;

	if (lists->n_ways == 1)
		return false;
	for (uint32_t i = 0; i < call->n_args; i++) {
		const struct writ_arg *arg = &call->args[i];

		if (!(tested >> i & 1))
			continue;
		bytes += arg->type == WRIT_ARG_LIST ? list_bytes(arg, lists->n_ways)
						    : lists->n_ways * text_length(arg);
	}
	return bytes > WRIT_MAX_COMBINED_BYTES;
}

/* The next way, as an odometer counts, the first list fastest; false after the last. */
static bool advance(struct condition_call *call, struct lists *lists)
{
	for (uint32_t i = 0; i < lists->n; i++) {
		struct list *list = &lists->items[i];
		bool more = ++list->at < call->args[list->arg].n_items;

		if (!more)
			list->at = 0;
		choose(call, list);
		if (more)
			return true;
	}
	return false;
}

/* Would calls that these rules decide be the same to the tool, and count as the same? */
static bool same_terms(const struct writ_policy *policy, uint32_t a, uint32_t b)
{
	const struct writ_fmt_rule *rules = policy->fmt_rules;

	return a == b || (!rules[a].rate && !rules[b].rate && rules[a].sandbox == rules[b].sandbox);
}

uint32_t lists_first(struct condition_call *call, const struct condition_subject *subject)
{
	const struct writ_policy *policy = call->policy;
	uint32_t strictest = WRIT_NO_ID;
	uint64_t tested = tested_args(call, subject);
	struct lists lists;

	if (!collect(call, tested, &lists) || too_long(call, tested, &lists))
		return LISTS_TOO_MANY;
	for (uint32_t i = 0; i < lists.n; i++)
		choose(call, &lists.items[i]);
	do {
		uint32_t rule = condition_first(call, subject);

		if (rule == WRIT_NO_ID || rule < policy->ask_from)
			return rule;
		if (strictest != WRIT_NO_ID && !same_terms(policy, rule, strictest))
			return WRIT_NO_ID;
		/* Rules are sorted by verdict. */
		if (rule < strictest)
			strictest = rule;
	} while (advance(call, &lists));
	return strictest;
}
