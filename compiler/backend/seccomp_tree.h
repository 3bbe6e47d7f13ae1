/*
 * Search trees: which values of a word lead to which node, in; the tests that tell them apart, out.
 *
 * Used for system call numbers and for words of arguments alike.
 */
#ifndef WRIT_BACKEND_SECCOMP_TREE_H
#define WRIT_BACKEND_SECCOMP_TREE_H

#include <stdbool.h>

#include "backend/bpf.h"

/* Neighbouring values that lead to the same node. */
struct tree_run {
	uint32_t first; /* up to the next run's; the last run is up to the last value there is */
	uint32_t node;
	uint64_t weight; /* what one more instruction on the way to all its values together costs */
	bool single;     /* of one value */
};

struct tree_memo;

/* In the unit of the weights. */
struct tree_prices {
	uint64_t insn;          /* an instruction of the program */
	uint64_t worst;         /* an instruction on its longest path */
	struct tree_memo *memo; /* of trees planned before, or NULL */
};

/* The node that leads to that of the run which the accumulator's value is in. n > 0. */
uint32_t tree_build(struct bpf_graph *graph, const struct tree_run *runs, size_t n,
		    const struct tree_prices *prices);

/* What that takes, about: ways looked at. */
uint64_t tree_work(size_t n);

#endif
