/*
 * A map from what a tree is planned by to the plan.
 *
 * Runs, their weights and prices come in; nodes are replaced by the first run that has the same,
 * since equal policies number their nodes differently as soon as one rule differs. Invariant: a
 * plan that is found is the one that planning would make, so that a filter does not depend on what
 * was compiled before it.
 */
#include "backend/seccomp_memo.h"

/* No padding: compared byte by byte. */
struct run_key {
	uint64_t weight;
	uint64_t depth;
	uint32_t same; /* the first run with this node */
	uint32_t single;
};

static uint32_t first_with(const struct tree_run *runs, uint32_t node)
{
	uint32_t i = 0;

	while (runs[i].node != node)
		i++;
	return i;
}

struct str tree_memo_key(struct arena *arena, const struct tree_input *input)
{
	const struct tree_run *runs = input->runs;
	size_t n = input->n;
	struct run_key *keys = arena_alloc(arena, (n + 1) * sizeof(*keys));

	/* The prices take the place of a run's numbers. */
	keys[0] = (struct run_key){.weight = input->prices->insn, .depth = input->prices->worst};
	for (size_t i = 0; i < n; i++)
		keys[i + 1] = (struct run_key){.weight = runs[i].weight,
					       .same = first_with(runs, runs[i].node),
					       .depth = bpf_depth(input->graph, runs[i].node),
					       .single = runs[i].single};
	return (struct str){(const char *)keys, (n + 1) * sizeof(*keys)};
}

bool tree_memo_find(const struct tree_memo *memo, struct str key, struct tree_plan *out)
{
	uint32_t index;

	if (!map_get(&memo->known, key, &index))
		return false;
	*out = memo->plans.items[index];
	return true;
}

void tree_memo_keep(struct tree_memo *memo, struct str key, const struct tree_plan *plan)
{
	struct tree_plan copy = {.n_peel = plan->n_peel};

	for (size_t i = 0; i < plan->ways.n; i++)
		vec_add(memo->arena, &copy.ways, plan->ways.items[i]);
	map_put(memo->arena, &memo->known, str_copy(memo->arena, key.ptr, key.len),
		(uint32_t)memo->plans.n);
	vec_add(memo->arena, &memo->plans, copy);
}
