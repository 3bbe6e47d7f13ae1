#include <criterion/criterion.h>

#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <string.h>

#include "backend/bpf.h"
#include "support/ir_maker.h"
#include "verify/bpf_run.h"

static uint32_t run(const struct bpf_program *program, int nr)
{
	struct seccomp_data data = {.nr = nr};
	size_t where;

	cr_assert_null(bpf_check(program->insns, program->n, &where));
	return bpf_run(program->insns, &data, NULL);
}

Test(bpf, equal_nodes_are_one)
{
	struct bpf_graph graph = {.arena = maker_arena()};
	uint32_t one = bpf_return(&graph, 1), two = bpf_return(&graph, 2);

	cr_assert_eq(bpf_return(&graph, 1), one);
	cr_assert_eq(bpf_jump(&graph, BPF_JEQ, 5, one, two),
		     bpf_jump(&graph, BPF_JEQ, 5, one, two));
	cr_assert_neq(bpf_jump(&graph, BPF_JEQ, 5, one, two),
		      bpf_jump(&graph, BPF_JEQ, 5, two, one));
	cr_assert_eq(bpf_jump(&graph, BPF_JEQ, 5, one, one), one);
}

Test(bpf, a_program_of_one_return)
{
	struct bpf_graph graph = {.arena = maker_arena()};
	struct bpf_program program;

	cr_assert_eq(bpf_emit(&graph, bpf_return(&graph, 7), &program), 0);
	cr_assert_eq(program.n, 1u);
	cr_assert_eq(run(&program, 0), 7u);
}

/* A chain of many tests whose hits all go to results and blocks far away. */
static uint32_t far_chain(struct bpf_graph *graph, uint32_t n)
{
	uint32_t shared =
		bpf_and(graph, 0xff,
			bpf_jump(graph, BPF_JEQ, 3, bpf_return(graph, 1), bpf_return(graph, 2)));
	uint32_t node = bpf_return(graph, 3);

	for (uint32_t i = n; i > 0; i--)
		node = bpf_jump(graph, BPF_JEQ, 1000 + i, i % 2 ? shared : bpf_return(graph, 4),
				node);
	return bpf_load(graph, 0, node);
}

Test(bpf, stepping_stones_carry_far_jumps)
{
	for (uint32_t n = 200; n < 1500; n += 97) {
		struct bpf_graph graph = {.arena = maker_arena()};
		struct bpf_program program;

		cr_assert_eq(bpf_emit(&graph, far_chain(&graph, n), &program), 0);
		cr_assert_eq(run(&program, 0), 3u);
		for (uint32_t i = 1; i <= n; i++) {
			uint32_t want = i % 2 == 0 ? 4 : ((1000 + i) & 0xff) == 3 ? 1 : 2;

			cr_assert_eq(run(&program, (int)(1000 + i)), want, "%u of %u", i, n);
		}
		cr_assert_leq(program.n, n + n / 60 + 12);
	}
}

Test(bpf, too_long_a_program_is_an_error)
{
	struct bpf_graph graph = {.arena = maker_arena()};
	struct bpf_program program;

	cr_assert_eq(bpf_emit(&graph, far_chain(&graph, 4000), &program), 0);
	cr_assert_eq(bpf_emit(&graph, far_chain(&graph, 4090), &program), -1);
}

#define RET(k)                                                                                     \
	{                                                                                          \
		BPF_RET | BPF_K, 0, 0, (k)                                                         \
	}
#define JEQ(k, jt, jf)                                                                             \
	{                                                                                          \
		BPF_JMP | BPF_JEQ | BPF_K, (jt), (jf), (k)                                         \
	}
#define LOAD(k)                                                                                    \
	{                                                                                          \
		BPF_LD | BPF_W | BPF_ABS, 0, 0, (k)                                                \
	}

Test(bpf, the_checker_knows_the_kernels_rules)
{
	static const struct {
		const char *what;
		const char *want;
		size_t n;
		struct writ_fmt_insn insns[3];
	} cases[] = {
		{"a return", NULL, 1, {RET(0)}},
		{"no return", "runs off the end", 1, {LOAD(0)}},
		{"misaligned", "load outside the call", 2, {LOAD(2), RET(0)}},
		{"past the data", "load outside the call", 2, {LOAD(64), RET(0)}},
		{"jt too far", "jump past the end", 2, {JEQ(0, 1, 0), RET(0)}},
		{"jf too far", "jump past the end", 2, {JEQ(0, 0, 1), RET(0)}},
		{"ja too far", "jump past the end", 2, {{BPF_JMP | BPF_JA, 0, 0, 1}, RET(0)}},
		{"ja around",
		 "jump past the end",
		 2,
		 {{BPF_JMP | BPF_JA, 0, 0, UINT32_MAX}, RET(0)}},
		{"dead code", "unreachable", 2, {RET(0), RET(1)}},
		{"index register",
		 "unknown instruction",
		 2,
		 {{BPF_LDX | BPF_IMM, 0, 0, 1}, RET(0)}},
		{"scratch", "unknown instruction", 2, {{BPF_ST, 0, 0, 1}, RET(0)}},
		{"shift", "unknown instruction", 2, {{BPF_ALU | BPF_LSH | BPF_K, 0, 0, 1}, RET(0)}},
		{"return A", "unknown instruction", 1, {{BPF_RET | BPF_A, 0, 0, 0}}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t where;
		const char *got = bpf_check(cases[i].insns, cases[i].n, &where);

		if (!cases[i].want)
			cr_expect_null(got, "%s", cases[i].what);
		else
			cr_expect(got && strcmp(got, cases[i].want) == 0, "%s: %s", cases[i].what,
				  got ? got : "accepted");
	}
}
