/*
 * Plans of search trees.
 */
#ifndef WRIT_BACKEND_SECCOMP_PLAN_H
#define WRIT_BACKEND_SECCOMP_PLAN_H

#include "backend/seccomp_tree.h"

/* What a tree is made of. */
struct tree_input {
	struct bpf_graph *graph;
	const struct tree_run *runs;
	size_t n;
	const struct tree_prices *prices;
};

/* What is decided about a tree; which nodes it leads to is not. */
struct tree_plan {
	uint32_t n_peel; /* values that are tested before */
	VEC(uint32_t)
	ways; /* of the intervals of more than one run, an interval before its parts */
};

/*
 * The cost of the best tree whose longest path has no price. With a plan that is empty, also the
 * ways of the best tree, in the arena.
 */
uint64_t tree_plan_make(const struct tree_input *input, struct arena *arena,
			struct tree_plan *plan);

/* The node of the tree that was planned for such runs. */
uint32_t tree_plan_follow(const struct tree_input *input, const struct tree_plan *plan);

#endif
