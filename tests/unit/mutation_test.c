/*
 * The prover, proved: filters that writc makes, with one thing wrong.
 *
 * Mutants differ from a good filter in one operand, offset, opcode or place: every operand is
 * replaced by its neighbours, by itself with each bit flipped and by the program's other constants,
 * every jump by every other target, every compare by every other one; every instruction is dropped
 * (with the jumps over it adjusted, and not), and exchanged with the next. Of each mutant one of
 * three things must be found, and none on the prover's word alone:
 *
 *   it is malformed;
 *   it differs: then running it on the counterexample gives what the policy does not say;
 *   it is right: then a judge that runs it on thousands of calls finds no difference.
 *
 * The score is the part caught of all mutants that mean something else. Long filters have too many
 * mutants for one test; of those every some hundredth is taken.
 */
#include <criterion/criterion.h>

#include <glob.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

#include "backend/seccomp.h"
#include "ir/ir_plan.h"
#include "support/filter_judge.h"
#include "support/gen_rules.h"
#include "support/ir_maker.h"
#include "support/policy.h"
#include "verify/bpf_run.h"
#include "verify/verify_bpf.h"

#define MAX_INSNS 512u

/* Of the mutants, how many there are to one that is tried: fewer where everything is slow. */
#if defined(__SANITIZE_ADDRESS__)
#define STRIDE(one_of) (16u * (one_of) + 1u)
#else
#define STRIDE(one_of) (one_of)
#endif

struct tally {
	unsigned programs, insns;
	unsigned malformed, different, same, missed;
};

struct subject {
	const struct ir_sandbox *sandbox;
	enum arch arch;
	const struct bpf_program *program;
	unsigned stride, turn; /* mutants are taken in turns */
	struct arena arena;    /* the prover's */
	struct prover prover;
	struct tally *tally;
};

static void renew(struct subject *subject)
{
	arena_fini(&subject->arena);
	arena_init(&subject->arena);
	prover_init(&subject->prover, &subject->arena, subject->sandbox, subject->arch);
}

static uint32_t policy_says_of(const struct subject *subject, const struct seccomp_data *call)
{
	uint64_t args[6];

	for (unsigned i = 0; i < 6; i++)
		args[i] = call->args[i];
	if (call->arch != arch_info(subject->arch)->audit_arch)
		return SECCOMP_RET_KILL_PROCESS;
	return ir_call_verdict(subject->sandbox, subject->arch, (uint32_t)call->nr, args);
}

static void expect_counterexample(const struct subject *subject, const struct program *mutant,
				  const struct filter_proof *proof)
{
	uint32_t got = bpf_run(mutant->insns, &proof->call, NULL);
	uint32_t want = policy_says_of(subject, &proof->call);

	cr_assert_eq(got, proof->got, "%.*s: it gives %#x", STR_ARG(proof->wrong), got);
	cr_assert_eq(want, proof->want, "%.*s: it is %#x", STR_ARG(proof->wrong), want);
	cr_assert_neq(got, want, "%.*s", STR_ARG(proof->wrong));
}

static bool judge_finds(const struct subject *subject, const struct program *mutant)
{
	struct arena arena;
	bool found;

	arena_init(&arena);
	found = judge_filter(&arena, subject->sandbox, subject->arch, mutant->insns).len > 0;
	arena_fini(&arena);
	return found;
}

static void try(struct subject *subject, const struct writ_fmt_insn *insns, size_t n)
{
	const struct program mutant = {insns, n};
	struct filter_proof proof;

	if (subject->turn++ % subject->stride)
		return;
	if (subject->prover.diagram.work > VERIFY_MAX_STEPS / 4)
		renew(subject);
	proof = prover_prove(&subject->prover, &subject->arena, &mutant);
	switch (proof.result) {
	case FILTER_MALFORMED:
		subject->tally->malformed++;
		break;
	case FILTER_DIFFERS:
		subject->tally->different++;
		expect_counterexample(subject, &mutant, &proof);
		break;
	case FILTER_PROVED:
		if (judge_finds(subject, &mutant))
			subject->tally->missed++;
		else
			subject->tally->same++;
		break;
	case FILTER_UNDECIDED:
		cr_assert_fail("a mutant is too complex");
	}
}

/* ---- mutants ---- */

static bool is_load(const struct writ_fmt_insn *insn)
{
	return insn->code == (BPF_LD | BPF_W | BPF_ABS);
}

static bool is_branch(const struct writ_fmt_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_JA;
}

static void replace(struct subject *subject, uint32_t at, struct writ_fmt_insn by)
{
	struct writ_fmt_insn insns[MAX_INSNS];

	if (memcmp(&by, &subject->program->insns[at], sizeof(by)) == 0)
		return;
	memcpy(insns, subject->program->insns, subject->program->n * sizeof(*insns));
	insns[at] = by;
	try(subject, insns, subject->program->n);
}

static bool is_first(const struct bpf_program *program, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++) {
		if (program->insns[i].k == program->insns[at].k)
			return false;
	}
	return true;
}

static void mutate_operand(struct subject *subject, uint32_t at)
{
	const struct bpf_program *program = subject->program;
	struct writ_fmt_insn insn = program->insns[at];
	uint32_t k = insn.k;

	for (uint32_t bit = 0; bit < 32; bit++) {
		insn.k = k ^ 1u << bit;
		replace(subject, at, insn);
	}
	insn.k = k + 1;
	replace(subject, at, insn);
	insn.k = k - 1;
	replace(subject, at, insn);
	for (uint32_t i = 0; i < program->n; i++) {
		insn.k = program->insns[i].k;
		if (is_first(program, i))
			replace(subject, at, insn);
	}
	for (insn.k = 0; is_load(&insn) && insn.k < sizeof(struct seccomp_data); insn.k += 4)
		replace(subject, at, insn);
}

static void mutate_jumps(struct subject *subject, uint32_t at)
{
	const struct writ_fmt_insn was = subject->program->insns[at];
	uint32_t left = subject->program->n - 1 - at;

	for (uint32_t to = 0; to <= left && to <= UINT8_MAX && is_branch(&was); to++) {
		struct writ_fmt_insn yes = was, no = was;

		yes.jt = no.jf = (uint8_t)to;
		replace(subject, at, yes);
		replace(subject, at, no);
	}
	if (is_branch(&was))
		replace(subject, at, (struct writ_fmt_insn){was.code, was.jf, was.jt, was.k});
	for (uint32_t to = 0; to <= left && was.code == (BPF_JMP | BPF_JA); to++)
		replace(subject, at, (struct writ_fmt_insn){was.code, 0, 0, to});
}

static void mutate_code(struct subject *subject, uint32_t at)
{
	static const uint16_t ops[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	struct writ_fmt_insn insn = subject->program->insns[at];

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]) && is_branch(&insn); i++) {
		insn.code = (uint16_t)(BPF_JMP | BPF_K | ops[i]);
		replace(subject, at, insn);
	}
	if (!is_branch(&insn))
		return;
	insn.code = BPF_JMP | BPF_JA;
	insn.k = insn.jt;
	replace(subject, at, insn);
}

/* Shortens the jumps that lead over a place. */
static void adjust(struct writ_fmt_insn *insn, uint32_t from, uint32_t at)
{
	if (BPF_CLASS(insn->code) != BPF_JMP)
		return;
	if (!is_branch(insn)) {
		insn->k -= from + 1 + insn->k > at;
		return;
	}
	insn->jt = (uint8_t)(insn->jt - (from + 1 + insn->jt > at));
	insn->jf = (uint8_t)(insn->jf - (from + 1 + insn->jf > at));
}

static void drop(struct subject *subject, uint32_t at)
{
	const struct bpf_program *program = subject->program;
	struct writ_fmt_insn insns[MAX_INSNS];

	memcpy(insns, program->insns, at * sizeof(*insns));
	memcpy(&insns[at], &program->insns[at + 1], (program->n - at - 1) * sizeof(*insns));
	try(subject, insns, program->n - 1);
	for (uint32_t from = 0; from < at; from++)
		adjust(&insns[from], from, at);
	try(subject, insns, program->n - 1);
}

static void swap(struct subject *subject, uint32_t at)
{
	struct writ_fmt_insn insns[MAX_INSNS];
	const struct bpf_program *program = subject->program;

	if (at + 1 == program->n)
		return;
	memcpy(insns, program->insns, program->n * sizeof(*insns));
	insns[at] = program->insns[at + 1];
	insns[at + 1] = program->insns[at];
	if (memcmp(&insns[at], &insns[at + 1], sizeof(*insns)) != 0)
		try(subject, insns, program->n);
}

/* ---- programs ---- */

static void mutate_program(const struct ir_sandbox *sandbox, enum arch arch, bool small,
			   unsigned stride, struct tally *tally)
{
	const struct seccomp_options options = {.small = small};
	struct seccomp_filter filter;
	struct subject subject = {.sandbox = ir_plan_enforced(maker_arena(), sandbox),
				  .arch = arch,
				  .program = &filter.program,
				  .stride = stride,
				  .tally = tally};

	seccomp_plan(maker_arena(), sandbox, arch, &options, &filter);
	cr_assert(!filter.too_long && filter.program.n <= MAX_INSNS);
	arena_init(&subject.arena);
	renew(&subject);
	tally->programs++;
	tally->insns += filter.program.n;
	for (uint32_t at = 0; at < filter.program.n; at++) {
		mutate_operand(&subject, at);
		mutate_jumps(&subject, at);
		mutate_code(&subject, at);
		drop(&subject, at);
		swap(&subject, at);
	}
	arena_fini(&subject.arena);
}

static void expect_all_caught(const char *what, const struct tally *tally)
{
	unsigned caught = tally->malformed + tally->different;

	fprintf(stderr,
		"%s: %u programs, %u instructions: %u mutants, of which %u mean the same;\n"
		"  of the others %u of %u caught (%u malformed, %u with a call that shows it): "
		"%.2f%%\n",
		what, tally->programs, tally->insns, caught + tally->same + tally->missed,
		tally->same, caught, caught + tally->missed, tally->malformed, tally->different,
		100.0 * caught / (caught + tally->missed));
	cr_expect_eq(tally->missed, 0u);
	cr_expect_gt(tally->different, 500u);
}

/* Of every file that the pattern finds, every sandbox. */
static void mutate_policies(const char *pattern, unsigned stride, struct tally *tally)
{
	glob_t files;

	cr_assert_eq(glob(pattern, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct compilation compilation;

		compilation_init(&compilation);
		cr_assert_eq(compile_check(&compilation, str_from(files.gl_pathv[i])), 0);
		cr_assert_not_null(compilation.ir, "%s", files.gl_pathv[i]);
		for (size_t box = 0; box < compilation.ir->sandboxes.n; box++) {
			for (unsigned way = 0; way < 2; way++)
				mutate_program(&compilation.ir->sandboxes.items[box],
					       (enum arch)((box + way) % ARCH__COUNT), way == 1,
					       stride, tally);
		}
		compilation_fini(&compilation);
	}
	globfree(&files);
}

Test(mutation, of_bench_filters, .timeout = 240)
{
	struct tally tally = {0};

	mutate_policies("tests/bench/filters/*.writ", STRIDE(1), &tally);
	expect_all_caught("tests/bench/filters", &tally);
}

Test(mutation, of_policies, .timeout = 240)
{
	struct tally tally = {0};

	mutate_policies("policies/*/policy.writ", STRIDE(307), &tally);
	expect_all_caught("policies", &tally);
}

Test(mutation, of_generated_rules, .timeout = 240)
{
	struct tally tally = {0};
	uint64_t random = 13;

	for (unsigned round = 0; round < 40; round++) {
		struct ir_sandbox sandbox = {0};

		gen_rules(&sandbox, &random);
		mutate_program(&sandbox, (enum arch)(round % ARCH__COUNT), round % 4 < 2, STRIDE(3),
			       &tally);
	}
	expect_all_caught("generated rules", &tally);
}
