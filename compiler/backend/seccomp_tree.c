/*
 * What is planned as one search tree.
 *
 * Runs come in, the node that finds the run of a value goes out. Single values of great weight may
 * be tested first of all ("peeled"), which also joins the runs around them; what remains is planned
 * by dynamic programming (seccomp_plan). Very many runs are halved until its tables are small. A
 * plan that was made before for runs of the same shape is followed again (seccomp_memo).
 */
#include "backend/seccomp_tree.h"

#include <linux/bpf_common.h>
#include <string.h>

#include "backend/seccomp_memo.h"

#define MAX_RUNS 256u /* beyond, runs are halved down to FEW_RUNS */
#define FEW_RUNS 48u
#define MIN_KEPT 16u /* plans for fewer are made as fast as found */
#define MAX_PEEL 10u
#define MAX_GAIN 16u /* steps that a value can be brought up by */

struct peeled {
	struct tree_run *runs;
	size_t n;
	struct tree_run first[MAX_PEEL];
	size_t n_first;
	uint64_t cost; /* of the tests made first */
};

static size_t heaviest_single(const struct peeled *peeled)
{
	size_t best = peeled->n;

	for (size_t i = 0; i < peeled->n; i++) {
		if (peeled->runs[i].single &&
		    (best == peeled->n || peeled->runs[i].weight > peeled->runs[best].weight))
			best = i;
	}
	return best;
}

/* Takes a run out: where its value leads to does not matter any more. */
static void remove_run(struct peeled *peeled, size_t at)
{
	struct tree_run *runs = peeled->runs;
	size_t gone = 1;

	if (at > 0 && at + 1 < peeled->n && runs[at - 1].node == runs[at + 1].node) {
		runs[at - 1].weight += runs[at + 1].weight;
		runs[at - 1].single = false;
		gone = 2;
	}
	memmove(&runs[at], &runs[at + gone], (peeled->n - at - gone) * sizeof(*runs));
	peeled->n -= gone;
}

static bool peel_one(struct peeled *peeled, const struct tree_prices *prices)
{
	size_t at = heaviest_single(peeled);
	uint64_t others = 0;

	if (peeled->n < 3 || at == peeled->n || peeled->n_first == MAX_PEEL)
		return false;
	for (size_t i = 0; i < peeled->n; i++)
		others += peeled->runs[i].weight;
	/* A step more for all is not made up for by what one value can gain. */
	if (peeled->runs[at].weight < others / MAX_GAIN)
		return false;
	peeled->first[peeled->n_first++] = peeled->runs[at];
	peeled->cost += prices->insn + others;
	remove_run(peeled, at);
	return true;
}

static struct peeled peel_start(struct arena *arena, const struct tree_run *runs, size_t n)
{
	struct peeled peeled = {.runs = arena_alloc(arena, n * sizeof(*runs)), .n = n};

	memcpy(peeled.runs, runs, n * sizeof(*runs));
	return peeled;
}

/* What is left to plan. */
static struct tree_input rest_of(const struct tree_input *input, const struct peeled *peeled)
{
	return (struct tree_input){input->graph, peeled->runs, peeled->n, input->prices};
}

/* How many values to peel, judged by trees without a bound. */
static uint32_t count_to_peel(const struct tree_input *input, struct arena *arena)
{
	struct peeled peeled = peel_start(arena, input->runs, input->n);
	uint64_t least = tree_plan_make(input, arena, NULL), cost;
	uint32_t best = 0;

	while (peel_one(&peeled, input->prices)) {
		const struct tree_input rest = rest_of(input, &peeled);

		cost = tree_plan_make(&rest, arena, NULL);
		if (cost + peeled.cost >= least)
			continue;
		least = cost + peeled.cost;
		best = (uint32_t)peeled.n_first;
	}
	return best;
}

static struct peeled peel(const struct tree_input *input, struct arena *arena, uint32_t n_peel)
{
	struct peeled peeled = peel_start(arena, input->runs, input->n);

	while (peeled.n_first < n_peel)
		peel_one(&peeled, input->prices);
	return peeled;
}

static void plan_tree(const struct tree_input *input, struct arena *arena, struct tree_plan *plan)
{
	struct tree_input rest;
	struct peeled peeled;

	plan->n_peel = count_to_peel(input, arena);
	peeled = peel(input, arena, plan->n_peel);
	rest = rest_of(input, &peeled);
	tree_plan_make(&rest, arena, plan);
}

/* A plan that was made before, or is made now. */
static void find_plan(const struct tree_input *input, struct arena *arena, struct tree_plan *plan)
{
	struct tree_memo *memo = input->n < MIN_KEPT ? NULL : input->prices->memo;
	struct str key;

	if (!memo) {
		plan_tree(input, arena, plan);
		return;
	}
	key = tree_memo_key(arena, input);
	if (tree_memo_find(memo, key, plan))
		return;
	plan_tree(input, arena, plan);
	tree_memo_keep(memo, key, plan);
}

static uint32_t build_peeled(const struct tree_input *input)
{
	struct tree_plan plan = {.n_peel = 0};
	struct bpf_graph *graph = input->graph;
	struct tree_input rest;
	struct peeled peeled;
	struct arena scratch;
	uint32_t node;

	arena_init(&scratch);
	find_plan(input, &scratch, &plan);
	peeled = peel(input, &scratch, plan.n_peel);
	rest = rest_of(input, &peeled);
	node = tree_plan_follow(&rest, &plan);
	for (size_t i = plan.n_peel; i > 0; i--)
		node = bpf_jump(graph, BPF_JEQ, peeled.first[i - 1].first, peeled.first[i - 1].node,
				node);
	arena_fini(&scratch);
	return node;
}

static uint32_t build_few(const struct tree_input *input)
{
	struct tree_plan plan = {.n_peel = 0};
	struct arena scratch;
	uint32_t node;

	arena_init(&scratch);
	tree_plan_make(input, &scratch, &plan);
	node = tree_plan_follow(input, &plan);
	arena_fini(&scratch);
	return node;
}

/* The depth is logarithmic. */
static uint32_t build_many(const struct tree_input *input) /* NOLINT(misc-no-recursion) */
{
	size_t middle = input->n / 2;
	struct tree_input low = *input, high = *input;
	uint32_t low_node, high_node;

	if (input->n <= FEW_RUNS)
		return build_few(input);
	low.n = middle;
	high.runs = &input->runs[middle];
	high.n = input->n - middle;
	low_node = build_many(&low);
	high_node = build_many(&high);
	return bpf_jump(input->graph, BPF_JGE, input->runs[middle].first, high_node, low_node);
}

uint32_t tree_build(struct bpf_graph *graph, const struct tree_run *runs, size_t n,
		    const struct tree_prices *prices)
{
	const struct tree_input input = {graph, runs, n, prices};

	return n > MAX_RUNS ? build_many(&input) : build_peeled(&input);
}

uint64_t tree_work(size_t n)
{
	uint64_t few = n > MAX_RUNS ? FEW_RUNS : n;

	return few * few * n;
}
