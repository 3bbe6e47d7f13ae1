/*
 * Rules by tool.
 *
 * Rules of the IR are sorted by strictness, so an index is also a rank. Most rules name a tool
 * exactly and are found by its name; those with wildcards are tried one by one.
 */
#include "judge/chain.h"

#include <stdlib.h>

static int by_rank(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorted, each once. */
static void settle(struct ir_indices *rules)
{
	size_t n = 0;

	if (rules->n)
		qsort(rules->items, rules->n, sizeof(*rules->items), by_rank);
	for (size_t i = 0; i < rules->n; i++) {
		if (!n || rules->items[n - 1] != rules->items[i])
			rules->items[n++] = rules->items[i];
	}
	rules->n = n;
}

static void add_rule(struct chain_index *index, uint32_t rule)
{
	struct str pattern = index->policy->rules.items[rule].pattern;
	uint32_t at = (uint32_t)index->lists.n;

	if (!ir_pattern_is_exact(pattern)) {
		vec_add(index->arena, &index->wild, rule);
		return;
	}
	if (map_put(index->arena, &index->exact, pattern, at))
		(void)vec_push(index->arena, &index->lists);
	else
		(void)map_get(&index->exact, pattern, &at);
	vec_add(index->arena, &index->lists.items[at], rule);
}

void chain_index_init(struct chain_index *index, struct arena *arena,
		      const struct ir_policy *policy, const struct ir_indices *roles)
{
	struct ir_indices all = {0};

	*index = (struct chain_index){.arena = arena, .policy = policy};
	for (size_t r = 0; r < roles->n; r++) {
		const struct ir_indices *rules = &policy->roles.items[roles->items[r]].rules;

		for (size_t i = 0; i < rules->n; i++)
			vec_add(arena, &all, rules->items[i]);
	}
	settle(&all);
	for (size_t i = 0; i < all.n; i++)
		add_rule(index, all.items[i]);
}

/* Up to the first rule that always matches. */
static void cut(const struct ir_policy *policy, struct ir_indices *chain)
{
	for (size_t i = 0; i < chain->n; i++) {
		if (!policy->rules.items[chain->items[i]].where)
			chain->n = i + 1;
	}
}

struct ir_indices chain_of(const struct chain_index *index, struct str tool)
{
	struct ir_indices out = {0};
	uint32_t at;

	for (size_t i = 0; i < index->wild.n; i++) {
		uint32_t rule = index->wild.items[i];

		if (ir_pattern_matches(index->policy->rules.items[rule].pattern, tool))
			vec_add(index->arena, &out, rule);
	}
	if (map_get(&index->exact, tool, &at)) {
		for (size_t i = 0; i < index->lists.items[at].n; i++)
			vec_add(index->arena, &out, index->lists.items[at].items[i]);
	}
	settle(&out);
	cut(index->policy, &out);
	return out;
}

struct ir_indices chain_of_roles(struct arena *arena, const struct ir_policy *policy,
				 const struct ir_indices *roles, struct str tool)
{
	struct ir_indices out = {0};

	for (size_t r = 0; r < roles->n; r++) {
		const struct ir_indices *rules = &policy->roles.items[roles->items[r]].rules;

		for (size_t i = 0; i < rules->n; i++) {
			uint32_t rule = rules->items[i];

			if (ir_pattern_matches(policy->rules.items[rule].pattern, tool))
				vec_add(arena, &out, rule);
		}
	}
	settle(&out);
	cut(policy, &out);
	return out;
}

struct ir_indices chain_of_pattern(const struct chain_index *index, struct str pattern,
				   struct ir_indices *some)
{
	struct ir_indices out = {0};

	for (size_t i = 0; i < index->wild.n; i++) {
		uint32_t rule = index->wild.items[i];
		struct str other = index->policy->rules.items[rule].pattern;

		/* "*" as a character of the name stands for all that it may be. */
		if (ir_pattern_matches(other, pattern))
			vec_add(index->arena, &out, rule);
		else if (ir_patterns_overlap(other, pattern))
			vec_add(index->arena, some, rule);
	}
	cut(index->policy, &out);
	return out;
}

bool chain_permits(const struct ir_policy *policy, const struct ir_indices *chain)
{
	for (size_t i = 0; i < chain->n; i++) {
		if (policy->rules.items[chain->items[i]].verdict != WRIT_VERDICT_DENY)
			return true;
	}
	return false;
}
