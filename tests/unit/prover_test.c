/*
 * The prover's parts, each against something slow and simple: diagrams against truth tables, the
 * function of a program against running it, the function of rules against ir_call_verdict.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/seccomp.h"
#include "base/bug.h"
#include "support/filter_judge.h"
#include "support/gen_rules.h"
#include "support/ir_maker.h"
#include "support/policy.h"
#include "verify/bpf_run.h"
#include "verify/meaning.h"
#include "verify/verify_bpf.h"

#define LOAD(offset)                                                                               \
	{                                                                                          \
		BPF_LD | BPF_W | BPF_ABS, 0, 0, offset                                             \
	}
#define AND(mask)                                                                                  \
	{                                                                                          \
		BPF_ALU | BPF_AND | BPF_K, 0, 0, mask                                              \
	}
#define JUMP(op, k, jt, jf)                                                                        \
	{                                                                                          \
		BPF_JMP | BPF_##op | BPF_K, jt, jf, k                                              \
	}
#define RETURN(k)                                                                                  \
	{                                                                                          \
		BPF_RET | BPF_K, 0, 0, k                                                           \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ARG(i) ((uint32_t)offsetof(struct seccomp_data, args) + 8u * (i))

static void registers_of(const struct seccomp_data *data, uint64_t registers[DIAGRAM_REGISTERS])
{
	registers[0] = (uint64_t)data->arch << 32 | (uint32_t)data->nr;
	registers[1] = data->instruction_pointer;
	for (unsigned i = 0; i < 6; i++)
		registers[2 + i] = data->args[i];
}

/* ---- diagrams ---- */

static bool compares(const struct diagram_test *test, uint64_t value)
{
	uint64_t width = test->bits == 64 ? UINT64_MAX : ((uint64_t)1 << test->bits) - 1;
	uint64_t left = value >> test->shift & width & test->mask, right = test->value & width;

	return left < right ? test->below : left == right ? test->equal : test->above;
}

static struct diagram_test random_test(uint64_t *random)
{
	static const uint32_t widths[] = {1, 3, 8, 32, 64};
	struct diagram_test test = {.reg = (uint32_t)(maker_random(random) % 2),
				    .bits = widths[maker_random(random) % COUNT(widths)],
				    .mask = maker_random(random) % 2 ? UINT64_MAX
								     : gen_constant(random),
				    .value = gen_constant(random),
				    .below = maker_random(random) & 1,
				    .equal = maker_random(random) & 1,
				    .above = maker_random(random) & 1};

	test.shift = (uint32_t)(maker_random(random) % (65 - test.bits));
	return test;
}

Test(prover, diagrams_are_functions)
{
	struct diagram diagram;
	uint64_t random = 21;

	diagram_init(&diagram, maker_arena(), UINT32_MAX);
	for (unsigned round = 0; round < 2000; round++) {
		struct diagram_test tests[3];
		uint32_t roots[3], all;

		for (unsigned i = 0; i < 3; i++) {
			tests[i] = random_test(&random);
			roots[i] = diagram_compare(&diagram, &tests[i]);
		}
		all = diagram_if(&diagram, roots[0], roots[1], roots[2]);
		for (unsigned i = 0; i < 50; i++) {
			uint64_t regs[DIAGRAM_REGISTERS] = {gen_constant(&random) ^ (i & 7),
							    maker_random(&random)};
			bool want = compares(&tests[0], regs[tests[0].reg])
					    ? compares(&tests[1], regs[tests[1].reg])
					    : compares(&tests[2], regs[tests[2].reg]);

			cr_assert_eq(diagram_value(&diagram, all, regs), want, "round %u", round);
		}
	}
}

/* All functions of three bits, made in two ways: equal when, and only when, the tables are. */
Test(prover, equal_functions_are_one_node)
{
	struct diagram diagram;
	uint32_t made[256];

	diagram_init(&diagram, maker_arena(), UINT32_MAX);
	for (uint32_t table = 0; table < 256; table++) {
		uint32_t root = DIAGRAM_FALSE, backwards = DIAGRAM_FALSE;

		for (uint32_t i = 0; i < 16; i++) {
			uint32_t value = i < 8 ? i : 15 - i;
			struct diagram_test test = {.bits = 3,
						    .mask = 7,
						    .value = value,
						    .equal = true};
			uint32_t *side = i < 8 ? &root : &backwards;
			uint32_t one = table >> value & 1 ? DIAGRAM_TRUE : DIAGRAM_FALSE;

			*side = diagram_if(&diagram, diagram_compare(&diagram, &test), one, *side);
		}
		cr_expect_eq(root, backwards);
		made[table] = root;
		for (uint32_t other = 0; other < table; other++) {
			uint64_t regs[DIAGRAM_REGISTERS];

			cr_expect_neq(root, made[other]);
			diagram_difference(&diagram, root, made[other], regs);
			cr_expect_neq(table >> regs[0] & 1, other >> regs[0] & 1);
		}
	}
}

Test(prover, work_has_an_end)
{
	struct diagram diagram;

	diagram_init(&diagram, maker_arena(), 100);
	cr_expect(diagram_work(&diagram, 0));
	for (uint32_t i = 0; i < 1000; i++)
		diagram_leaf(&diagram, i);
	cr_expect_not(diagram_work(&diagram, 0));
	cr_expect_eq(diagram.work, 100u);
	cr_expect_leq(diagram.nodes.n, 100u);
}

/* ---- rules ---- */

static uint32_t reference(const struct ir_sandbox *sandbox, enum arch arch,
			  const struct seccomp_data *data)
{
	uint64_t args[6];

	for (unsigned i = 0; i < 6; i++)
		args[i] = data->args[i];
	return data->arch == arch_info(arch)->audit_arch
		       ? ir_call_verdict(sandbox, arch, (uint32_t)data->nr, args)
		       : SECCOMP_RET_KILL_PROCESS;
}

static struct seccomp_data random_call(uint64_t *random, enum arch arch)
{
	static const uint32_t numbers[] = {0x3fffffff, 0x40000000, 0x40000141,
					   0x7fffffff, 0x80000000, 0xffffffff};
	struct seccomp_data data = {.arch = arch_info(arch)->audit_arch,
				    .instruction_pointer = maker_random(random)};
	int bpf = syscall_number(STR("bpf"), arch);
	unsigned dice = (unsigned)(maker_random(random) % 16);

	data.nr = dice < 8    ? bpf
		  : dice < 14 ? (int)(maker_random(random) % 512)
			      : (int)numbers[maker_random(random) % COUNT(numbers)];
	if (maker_random(random) % 32 == 0)
		data.arch ^= 1u << maker_random(random) % 32;
	for (unsigned i = 0; i < 6; i++) {
		data.args[i] = gen_constant(random);
		if (maker_random(random) % 4 == 0)
			data.args[i] += maker_random(random) % 3 - 1;
		if (maker_random(random) % 4 == 0)
			data.args[i] ^= gen_constant(random);
	}
	return data;
}

Test(prover, rules_mean_what_the_reference_says, .timeout = 120)
{
	uint64_t random = 5;

	for (unsigned round = 0; round < 400; round++) {
		enum arch arch = (enum arch)(round % ARCH__COUNT);
		struct ir_sandbox sandbox = {0};
		struct diagram diagram;
		struct str dearest;
		uint32_t root;

		gen_rules(&sandbox, &random);
		if (round % 8 == 0)
			maker_group(&sandbox, "@default");
		diagram_init(&diagram, maker_arena(), UINT32_MAX);
		root = meaning_function(&diagram, &sandbox, arch, &dearest);
		for (unsigned i = 0; i < 300; i++) {
			struct seccomp_data data = random_call(&random, arch);
			uint64_t regs[DIAGRAM_REGISTERS];

			registers_of(&data, regs);
			cr_assert_eq(diagram_value(&diagram, root, regs),
				     reference(&sandbox, arch, &data), "round %u: number %u", round,
				     (uint32_t)data.nr);
		}
	}
}

/* ---- programs ---- */

#define PROGRAM_MAX 24u

static struct writ_fmt_insn random_insn(uint64_t *random, size_t left)
{
	static const uint16_t ops[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	unsigned dice = (unsigned)(maker_random(random) % 10);
	struct writ_fmt_insn insn = {.code = BPF_LD | BPF_W | BPF_ABS};

	if (left == 0 || dice == 0)
		return (struct writ_fmt_insn)RETURN((uint32_t)maker_random(random) % 3);
	insn.k = (uint32_t)(maker_random(random) % 16) * 4;
	if (dice < 3)
		return insn;
	insn.k = (uint32_t)gen_constant(random);
	insn.code = BPF_ALU | BPF_AND | BPF_K;
	if (dice == 3)
		return insn;
	insn.code = (uint16_t)(BPF_JMP | BPF_K | ops[maker_random(random) % COUNT(ops)]);
	insn.jt = (uint8_t)(maker_random(random) % (left < 4 ? left : 4));
	insn.jf = (uint8_t)(maker_random(random) % (left < 4 ? left : 4));
	if (dice == 4) {
		insn.code = BPF_JMP | BPF_JA;
		insn.k = insn.jt;
	}
	return insn;
}

static struct program random_program(uint64_t *random, struct writ_fmt_insn insns[PROGRAM_MAX])
{
	struct program program = {insns, 2 + maker_random(random) % (PROGRAM_MAX - 2)};

	for (size_t i = 0; i < program.n; i++)
		insns[i] = random_insn(random, program.n - 1 - i);
	return program;
}

/* Also programs that no compiler would make: masks on masks, words that meet, dead loads. */
Test(prover, functions_of_programs_are_what_they_return, .timeout = 120)
{
	uint64_t random = 9;
	unsigned taken = 0;

	for (unsigned round = 0; round < 60000; round++) {
		struct writ_fmt_insn insns[PROGRAM_MAX];
		struct program program = random_program(&random, insns);
		struct diagram diagram;
		struct arena arena;
		uint32_t root;
		size_t where;

		if (bpf_check(insns, program.n, &where))
			continue;
		arena_init(&arena);
		diagram_init(&diagram, &arena, UINT32_MAX);
		if (!program_function(&diagram, &program, &where, &root)) {
			taken++;
			for (unsigned i = 0; i < 40; i++) {
				struct seccomp_data data = random_call(&random, ARCH_X86_64);
				uint64_t regs[DIAGRAM_REGISTERS];

				registers_of(&data, regs);
				cr_assert_eq(diagram_value(&diagram, root, regs),
					     bpf_run(insns, &data, NULL), "round %u", round);
			}
		}
		arena_fini(&arena);
	}
	cr_expect_gt(taken, 500u, "%u", taken);
}

static const char *fault_of(const struct writ_fmt_insn *insns, size_t n, size_t *where)
{
	const struct program program = {insns, n};
	struct diagram diagram;
	uint32_t root;

	cr_assert_null(bpf_check(insns, n, where));
	diagram_init(&diagram, maker_arena(), UINT32_MAX);
	return program_function(&diagram, &program, where, &root);
}

Test(prover, compares_of_nothing_are_found)
{
	static const struct writ_fmt_insn at_once[] = {JUMP(JEQ, 0, 0, 1), RETURN(0), RETURN(1)};
	static const struct writ_fmt_insn masked[] = {AND(1), RETURN(0)};
	static const struct writ_fmt_insn one_way[] = {
		LOAD(0), JUMP(JEQ, 0, 0, 1), LOAD(4), JUMP(JEQ, 9, 0, 1), RETURN(0), RETURN(1),
	};
	size_t where;

	cr_expect_not_null(fault_of(at_once, COUNT(at_once), &where));
	cr_expect_eq(where, 0u);
	cr_expect_not_null(fault_of(masked, COUNT(masked), &where));
	cr_expect_null(fault_of(one_way, COUNT(one_way), &where));
}

/* Masks that multiply: 2^60 values of the accumulator at the end. It comes from a forged bundle. */
Test(prover, hostile_programs_end)
{
	struct writ_fmt_insn insns[WRIT_MAX_INSNS];
	struct ir_sandbox sandbox = {0};
	struct filter_proof proof;
	size_t n = 0;

	insns[n++] = (struct writ_fmt_insn)LOAD(ARG(0));
	for (uint32_t i = 0; i < 1300; i++) {
		insns[n++] = (struct writ_fmt_insn)JUMP(JSET, 1u << i % 31, 0, 1);
		insns[n++] = (struct writ_fmt_insn)AND(~(1u << (i + 1) % 32));
	}
	insns[n++] = (struct writ_fmt_insn)JUMP(JEQ, 0, 0, 1);
	insns[n++] = (struct writ_fmt_insn)RETURN(0);
	insns[n++] = (struct writ_fmt_insn)RETURN(1);
	proof = prove_filter(maker_arena(), &sandbox, ARCH_X86_64, insns, n);
	cr_expect_eq(proof.result, FILTER_UNDECIDED);
	cr_expect_gt(proof.wrong.len, 0u);
}

/* What bpf_check accepts the kernel takes, and what it says the kernel refuses, it does. */
static bool kernel_takes(const struct program *program)
{
	struct sock_fprog prog = {.len = (unsigned short)program->n,
				  .filter = (struct sock_filter *)(uintptr_t)program->insns};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			_exit(2);
		/* Past this the filter may do anything. */
		_exit(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) ? 1 : 0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 2);
	return !WIFEXITED(status) || WEXITSTATUS(status) == 0;
}

Test(prover, the_kernel_has_the_same_rules, .timeout = 60)
{
	uint64_t random = 31;
	unsigned taken = 0, refused = 0;

	for (unsigned round = 0; round < 4000 && (taken < 100 || refused < 100); round++) {
		struct writ_fmt_insn insns[PROGRAM_MAX];
		struct program program = random_program(&random, insns);
		size_t where, at = maker_random(&random) % program.n;
		const char *wrong;

		if (round % 2)
			insns[at].k = (uint32_t)maker_random(&random) % 96;
		if (round % 4 == 3)
			insns[at].jt = (uint8_t)(maker_random(&random) % PROGRAM_MAX);
		if (round % 8 == 7)
			insns[at].code ^= (uint16_t)(1u << maker_random(&random) % 16);
		wrong = bpf_check(insns, program.n, &where);
		if (!wrong && taken++ < 200)
			cr_expect(kernel_takes(&program), "round %u", round);
		/* These it would take: our filters are narrower. */
		if (!wrong || strstr("unreachable, unknown instruction", wrong) || refused >= 200)
			continue;
		refused++;
		cr_expect_not(kernel_takes(&program), "round %u: %s", round, wrong);
	}
	cr_expect_geq(taken, 100u, "%u", taken);
	cr_expect_geq(refused, 100u, "%u", refused);
}

/* ---- proofs ---- */

static struct bpf_program assembled(const struct ir_sandbox *sandbox)
{
	struct bpf_program program;

	cr_assert_eq(seccomp_assemble(maker_arena(), sandbox, ARCH_X86_64, &program), 0);
	return program;
}

Test(prover, a_counterexample_says_what_differs)
{
	const struct ir_sandbox *sandbox = policy_sandbox(
		"sandbox s { syscalls { allow socket(family == AF_INET); deny sync "
		"errno EACCES; } }");
	struct bpf_program program = assembled(sandbox);
	struct filter_proof proof;

	proof = prove_filter(maker_arena(), sandbox, ARCH_X86_64, program.insns, program.n);
	cr_assert_eq(proof.result, FILTER_PROVED);
	cr_assert_eq(proof.wrong.len, 0u);
	for (uint32_t i = 0; i < program.n; i++) {
		if (program.insns[i].code == (BPF_RET | BPF_K) &&
		    program.insns[i].k == (SECCOMP_RET_ERRNO | EACCES))
			program.insns[i].k = SECCOMP_RET_LOG;
	}
	proof = prove_filter(maker_arena(), sandbox, ARCH_X86_64, program.insns, program.n);
	cr_expect_eq(proof.result, FILTER_DIFFERS);
	cr_expect_eq(proof.want, (uint32_t)(SECCOMP_RET_ERRNO | EACCES));
	cr_expect_eq(proof.got, (uint32_t)SECCOMP_RET_LOG);
	cr_expect_str_eq(proof.wrong.ptr,
			 "architecture 0xc000003e (x86_64), system call 162 (sync), arguments 0 0 "
			 "0 0 0 0: expected errno EACCES, got log");
}

/* Which bits, from the first, of n arguments go together: all of one matter to the next. */
static void tangle(struct ir_sandbox *sandbox, const char *call, uint32_t rules, uint32_t n,
		   uint32_t first)
{
	for (uint32_t i = 0; i < rules; i++) {
		struct call_cond *conds = arena_alloc(maker_arena(), n * sizeof(*conds));

		for (uint8_t c = 0; c < n; c++)
			conds[c] = (struct call_cond){.arg = c,
						      .op = COND_MASKED_EQ,
						      .mask = 1u << (first + i) % 32,
						      .value = 1u << (first + i) % 32};
		maker_call(sandbox, call, IR_CALL_ALLOW, conds, n);
	}
}

static int build(const struct ir_sandbox *sandbox, struct diag_list *diags)
{
	static const struct bundle_options options = {.archs = {true, false}};
	struct ir_policy policy = {.name = STR("p")};
	static struct sources sources;
	struct bytes bytes;

	sources.arena = maker_arena();
	diag_init(diags, maker_arena(), &sources);
	vec_add(maker_arena(), &policy.sandboxes, *sandbox);
	return bundle_build(maker_arena(), diags, &policy, &options, &bytes);
}

Test(prover, what_can_not_be_proved_is_refused, .timeout = 60)
{
	struct ir_sandbox sandbox = {.name = STR("knot")};
	struct diag_list diags;

	maker_group(&sandbox, "@default");
	tangle(&sandbox, "bpf", 26, 2, 0);
	cr_expect_eq(build(&sandbox, &diags), -1);
	cr_assert_eq(diags.errors, 1u);
	cr_expect_eq(diags.items.items[0].code, DIAG_E0410);
	cr_expect_not_null(strstr(diags.items.items[0].message.ptr, "'knot'"));
	cr_expect_not_null(strstr(diags.items.items[0].notes.items[0].text.ptr, "'bpf'"));
}

/* What lint takes for ordinary, and so neither makes nor proves: 24 conditions of each of 12 calls.
 */
Test(prover, ordinary_rules_are_far_from_the_limits)
{
	static const char *const calls[] = {"bpf",         "fcntl", "ioctl",       "kcmp",
					    "keyctl",      "mmap",  "mprotect",    "msgctl",
					    "personality", "prctl", "setpriority", "socket"};
	static const uint32_t conds[] = {1, 2, 3, 4, 6};

	for (size_t i = 0; i < sizeof(conds) / sizeof(conds[0]); i++) {
		struct ir_sandbox sandbox = {.name = STR("ordinary")};
		struct filter_proof proof;
		struct bpf_program program;

		for (size_t c = 0; c < sizeof(calls) / sizeof(calls[0]); c++)
			tangle(&sandbox, calls[c], 24 / conds[i], conds[i], (uint32_t)c);
		program = assembled(&sandbox);
		proof = prove_filter(maker_arena(), &sandbox, ARCH_X86_64, program.insns,
				     program.n);
		fprintf(stderr, "%u conditions a rule: %u instructions, proved in %u steps\n",
			conds[i], program.n, proof.steps);
		cr_expect_eq(proof.result, FILTER_PROVED);
		cr_expect_lt(program.n, WRIT_MAX_INSNS / 2);
		cr_expect_lt(proof.steps, VERIFY_MAX_STEPS / 2);
	}
}

/* As long as a filter can be: far from the limit. */
Test(prover, long_filters_are_proved)
{
	struct ir_sandbox sandbox = {.name = STR("long")};
	struct filter_proof proof;
	struct bpf_program program;

	for (uint32_t i = 0; i < 4000; i++) {
		struct call_cond *cond = arena_new(maker_arena(), struct call_cond);

		*cond = (struct call_cond){.arg = 1,
					   .op = COND_EQ,
					   .is_64 = true,
					   .value = 3ull * i * i * i};
		vec_add(maker_arena(), &sandbox.calls,
			((struct ir_call){STR("bpf"), IR_CALL_ALLOW, 0, cond, 1, false}));
	}
	sandbox.calls.n = 1300;
	program = assembled(&sandbox);
	proof = prove_filter(maker_arena(), &sandbox, ARCH_X86_64, program.insns, program.n);
	fprintf(stderr, "%u instructions: proved in %u steps of %u\n", program.n, proof.steps,
		VERIFY_MAX_STEPS);
	cr_expect_eq(proof.result, FILTER_PROVED);
	cr_expect_lt(proof.steps, VERIFY_MAX_STEPS / 4);
}

/*
 * The back end looks rules up by name and relies on their order, which is the IR's promise; the
 * prover does not. So an IR that breaks it makes a wrong filter, and that must be the end.
 */
Test(prover, a_wrong_filter_ends_the_compiler, .exit_code = BUG_EXIT_STATUS)
{
	struct ir_sandbox sandbox = {.name = STR("box")};
	struct diag_list diags;
	char text[1024] = "";
	int ends[2], status;
	pid_t pid;

	maker_group(&sandbox, "@default");
	for (size_t i = 0; i < sandbox.calls.n / 2; i++) {
		struct ir_call *last = &sandbox.calls.items[sandbox.calls.n - 1 - i];
		struct ir_call was = *last;

		*last = sandbox.calls.items[i];
		sandbox.calls.items[i] = was;
	}
	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		_exit(build(&sandbox, &diags));
	}
	close(ends[1]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_gt(read(ends[0], text, sizeof(text) - 1), 0);
	cr_assert(WIFEXITED(status));
	cr_expect_not_null(strstr(text, "internal error: the filter made for sandbox 'box'"), "%s",
			   text);
	cr_expect_not_null(strstr(text, "expected allow, got errno EPERM"), "%s", text);
	cr_expect_not_null(strstr(text, "please report it"), "%s", text);
	exit(WEXITSTATUS(status));
}
