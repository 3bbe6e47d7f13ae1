#include <criterion/criterion.h>

#include <linux/bpf_common.h>

#include <string.h>

#include "backend/seccomp_memo.h"
#include "backend/seccomp_tree.h"
#include "support/ir_maker.h"
#include "verify/bpf_run.h"

#define MAX_RUNS 400u

static const struct tree_prices by_size = {.insn = 1000000};
static const struct tree_prices by_depth = {.insn = 1, .worst = 1000000};

static struct bpf_program emit(struct bpf_graph *graph, uint32_t node)
{
	struct bpf_program program;
	size_t where;

	cr_assert_eq(bpf_emit(graph, bpf_load(graph, 0, node), &program), 0);
	cr_assert_null(bpf_check(program.insns, program.n, &where));
	return program;
}

static uint32_t run(const struct bpf_program *program, uint32_t value, unsigned *steps)
{
	struct seccomp_data data = {.nr = (int)value};
	struct bpf_trace trace;
	uint32_t result = bpf_run(program->insns, &data, &trace);

	if (steps)
		*steps = trace.steps;
	return result;
}

/* A random partition; equal numbers are single runs of few different nodes. */
static size_t random_runs(struct bpf_graph *graph, uint64_t *random, struct tree_run *runs,
			  size_t n)
{
	uint32_t first = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t length = (uint32_t)(maker_random(random) % 3 ? 1 : 7);
		uint32_t node = bpf_return(graph, (uint32_t)(maker_random(random) % 3));

		while (i && node == runs[i - 1].node)
			node = bpf_return(graph, (uint32_t)(maker_random(random) % 3));
		runs[i] = (struct tree_run){first, node, maker_random(random) % 1000,
					    length == 1 && i + 1 < n};
		first += length;
	}
	return n;
}

static uint32_t expected(const struct bpf_graph *graph, const struct tree_run *runs, size_t n,
			 uint32_t value)
{
	while (n > 1 && runs[n - 1].first > value)
		n--;
	return graph->nodes.items[runs[n - 1].node].k;
}

static void expect_right(const struct bpf_graph *graph, const struct bpf_program *program,
			 const struct tree_run *runs, size_t n)
{
	for (uint32_t value = 0; value < runs[n - 1].first + 10; value++)
		cr_assert_eq(run(program, value, NULL), expected(graph, runs, n, value),
			     "%u of %zu", value, n);
	cr_assert_eq(run(program, UINT32_MAX, NULL), expected(graph, runs, n, UINT32_MAX));
}

Test(tree, every_value_gets_to_its_node)
{
	static const struct tree_prices all[] = {{.insn = 1000000},
						 {.insn = 1, .worst = 1000000},
						 {.insn = 100, .worst = 300},
						 {0}};
	static struct tree_run runs[MAX_RUNS];
	uint64_t random = 5;

	for (unsigned round = 0; round < 120; round++) {
		struct bpf_graph graph = {.arena = maker_arena()};
		size_t n = 1 + maker_random(&random) % (round % 20 ? 40 : MAX_RUNS);
		struct bpf_program program;

		random_runs(&graph, &random, runs, n);
		program = emit(&graph, tree_build(&graph, runs, n, &all[round % 4]));
		expect_right(&graph, &program, runs, n);
	}
}

/* A graph that numbers the same nodes in its own way. */
static void copy_runs(struct bpf_graph *to, uint32_t extra, const struct bpf_graph *from,
		      struct tree_run *runs, size_t n)
{
	for (uint32_t i = 0; i < extra; i++)
		bpf_return(to, 7000 + i);
	for (size_t i = n; i-- > 0;)
		runs[i].node = bpf_return(to, from->nodes.items[runs[i].node].k);
}

/* With plans of other trees and of this one kept, the tree is the one that it would be anyway. */
Test(tree, plans_that_are_kept_change_nothing)
{
	struct tree_memo memo = {.arena = maker_arena()};
	static struct tree_run runs[MAX_RUNS];
	uint64_t random = 8;

	for (unsigned round = 0; round < 60; round++) {
		const struct tree_prices fresh = {.insn = 100, .worst = round % 2 ? 300 : 0};
		const struct tree_prices kept = {fresh.insn, fresh.worst, &memo};
		size_t n = 20 + maker_random(&random) % 60, plans;
		struct bpf_graph graphs[3] = {{.arena = maker_arena()},
					      {.arena = maker_arena()},
					      {.arena = maker_arena()}};
		struct bpf_program want, got;

		random_runs(&graphs[0], &random, runs, n);
		want = emit(&graphs[0], tree_build(&graphs[0], runs, n, &fresh));
		for (unsigned i = 1; i < 3; i++) {
			plans = memo.plans.n;
			copy_runs(&graphs[i], i, &graphs[i - 1], runs, n);
			got = emit(&graphs[i], tree_build(&graphs[i], runs, n, &kept));
			cr_assert_eq(got.n, want.n, "round %u", round);
			cr_assert_eq(memcmp(got.insns, want.insns, got.n * sizeof(*got.insns)), 0);
		}
		cr_assert_eq(memo.plans.n, plans, "round %u: a plan is made twice", round);
	}
	cr_expect_eq(memo.plans.n, 60u);
}

/* Allowed but for some single numbers and a range: one test a number, two for the range. */
Test(tree, by_size_a_single_value_costs_one_test)
{
	struct bpf_graph graph = {.arena = maker_arena()};
	uint32_t yes = bpf_return(&graph, 1), no = bpf_return(&graph, 2);
	const struct tree_run runs[] = {
		{0, yes, 1, false},  {5, no, 1, true},  {6, yes, 1, false},  {9, no, 1, true},
		{10, yes, 1, true},  {11, no, 1, true}, {12, yes, 1, false}, {20, no, 1, false},
		{30, yes, 1, false}, {40, no, 1, true}, {41, yes, 1, false},
	};
	uint32_t node = tree_build(&graph, runs, sizeof(runs) / sizeof(runs[0]), &by_size);

	cr_assert_eq(bpf_size(&graph, node), 6u);
}

Test(tree, by_depth_it_is_balanced)
{
	struct bpf_graph graph = {.arena = maker_arena()};
	struct tree_run runs[64];

	for (uint32_t i = 0; i < 64; i++)
		runs[i] = (struct tree_run){10 * i, bpf_return(&graph, i), 1, false};
	cr_assert_eq(bpf_depth(&graph, tree_build(&graph, runs, 64, &by_depth)), 7u);
}

Test(tree, a_heavy_value_is_tested_first)
{
	struct bpf_graph graph = {.arena = maker_arena()};
	static const struct tree_prices prices = {.insn = 10};
	struct tree_run runs[63];
	struct bpf_program program;
	unsigned steps;

	for (uint32_t i = 0; i < 63; i++)
		runs[i] = (struct tree_run){i, bpf_return(&graph, i), 1, i < 62};
	runs[37].weight = 10000;
	program = emit(&graph, tree_build(&graph, runs, 63, &prices));
	cr_assert_eq(run(&program, 37, &steps), 37u);
	cr_assert_eq(steps, 3u);
	for (uint32_t i = 0; i < 63; i++)
		cr_assert_eq(run(&program, i, NULL), i);
}

/* The nodes themselves have depths: the deep one is put near the root. */
Test(tree, the_longest_path_is_kept_short)
{
	struct bpf_graph graph = {.arena = maker_arena()};
	uint32_t deep = bpf_return(&graph, 1000);
	struct tree_run runs[32];

	for (uint32_t i = 0; i < 6; i++)
		deep = bpf_jump(&graph, BPF_JEQ, 500 + i, bpf_return(&graph, 2000 + i), deep);
	for (uint32_t i = 0; i < 32; i++)
		runs[i] = (struct tree_run){10 * i, i == 17 ? deep : bpf_return(&graph, i), 1,
					    false};
	cr_assert_leq(bpf_depth(&graph, tree_build(&graph, runs, 32, &by_depth)), 9u);
}
