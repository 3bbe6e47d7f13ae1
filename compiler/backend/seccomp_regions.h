/*
 * The rules of one system call as a graph: which word to test first, which of its values differ,
 * and what is left to test for each.
 */
#ifndef WRIT_BACKEND_SECCOMP_REGIONS_H
#define WRIT_BACKEND_SECCOMP_REGIONS_H

#include <linux/seccomp.h>

#include "backend/seccomp_tree.h"
#include "backend/seccomp_words.h"

/* A call of the profile. */
struct arg_sample {
	struct seccomp_data data;
	uint64_t weight; /* what one more instruction on its way costs */
};

struct arg_plan {
	const struct arg_rule *rules; /* tried in order; the last has no conditions */
	size_t n;
	const struct arg_sample *samples;
	size_t n_samples;
	struct tree_prices prices;
};

/* The cheapest node found that decides as the rules do. */
uint32_t seccomp_regions(struct bpf_graph *graph, const struct arg_plan *plan);

#endif
