#include <criterion/criterion.h>

#include <errno.h>
#include <linux/audit.h>

#include "backend/seccomp.h"
#include "support/gen_rules.h"
#include "support/ir_maker.h"
#include "support/policy.h"
#include "verify/bpf_run.h"
#include "verify/verify_bpf.h"

static void expect_same(const struct ir_sandbox *sandbox, const struct bpf_program *program,
			uint64_t *random, unsigned round)
{
	struct seccomp_data data = {.arch = AUDIT_ARCH_X86_64};

	data.nr = syscall_number(STR("bpf"), ARCH_X86_64);
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t args[6] = {0};

		for (unsigned arg = 0; arg < 3; arg++) {
			args[arg] = gen_constant(random) + maker_random(random) % 3 - 1;
			if (maker_random(random) % 4 == 0)
				args[arg] ^= gen_constant(random);
			data.args[arg] = args[arg];
		}
		cr_assert_eq(bpf_run(program->insns, &data, NULL),
			     ir_call_verdict(sandbox, ARCH_X86_64, (uint32_t)data.nr, args),
			     "round %u: %#llx %#llx %#llx", round, data.args[0], data.args[1],
			     data.args[2]);
	}
}

Test(regions, generated_rules_mean_what_the_ir_says, .timeout = 120)
{
	uint64_t random = 11;

	for (unsigned round = 0; round < 600; round++) {
		const struct seccomp_options options = {.small = round % 2};
		struct ir_sandbox sandbox = {0};
		struct seccomp_filter filter;
		size_t where;

		gen_rules(&sandbox, &random);
		seccomp_plan(maker_arena(), &sandbox, ARCH_X86_64, &options, &filter);
		cr_assert_not(filter.too_long);
		cr_assert_null(bpf_check(filter.program.insns, filter.program.n, &where));
		expect_same(&sandbox, &filter.program, &random, round);
	}
}

static uint32_t length_of(const char *rules)
{
	const struct seccomp_options options = {.small = true};
	const struct ir_sandbox *sandbox = policy_sandbox(
		str_printf(maker_arena(), "sandbox s { syscalls { allow %s; } }", rules).ptr);
	struct seccomp_filter filter;
	struct str wrong;

	seccomp_plan(maker_arena(), sandbox, ARCH_X86_64, &options, &filter);
	wrong = verify_filter(maker_arena(), sandbox, ARCH_X86_64, filter.program.insns,
			      filter.program.n);
	cr_assert_eq(wrong.len, 0, "%s: %.*s", rules, STR_ARG(wrong));
	return filter.program.n;
}

/* What conditions add to a filter that allows the call outright. */
static const struct {
	const char *call;
	const char *rules;
	uint32_t insns;
} costs[] = {
	{"personality", "personality(persona in {0, 8, 0x20000, 0x20008})", 2},
	{"personality", "personality(persona in {0, 8, 0x20000, 0x20008, 0xffffffff})", 3},
	{"fcntl", "fcntl(cmd in {0, 1, 2, 3, 4, 0x406})", 3},
	{"tgkill", "tgkill(sig >= 1, sig <= 31)", 3},
	{"ftruncate", "ftruncate(length >= 0, length <= 0x140000000)", 5},
	{"mmap, mprotect", "mmap(prot & 4 == 0), mprotect(prot & 4 == 0)", 2},
	{"lseek", "lseek(whence & 0xf0f == 0, whence & 0x70 == 0)", 2},
	/* Launches refuse CLONE_PARENT in any case: one mask for both. */
	{"clone", "clone(flags & 0x7e020000 == 0)", 0},
	{"semget",
	 "semget(nsems & 0xf0f == 1, semflg == 3), semget(nsems & 0xf0f == 2, semflg == 3), "
	 "semget(nsems & 0xf0f == 9, semflg == 3)",
	 7},
};

Test(regions, conditions_cost_no_more_than_they_must)
{
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		uint32_t insns = length_of(costs[i].rules) - length_of(costs[i].call);

		cr_expect_eq(insns, costs[i].insns, "%s: %u", costs[i].rules, insns);
	}
}

/* Many values of many arguments: regions would multiply, so the conditions are tested in turn. */
Test(regions, rules_that_multiply_are_still_compiled, .timeout = 60)
{
	const struct seccomp_options options = {.small = false};
	struct ir_sandbox sandbox = {0};
	struct seccomp_filter filter;
	uint64_t random = 3;

	for (uint64_t i = 0; i < 240; i++) {
		struct call_cond *conds = arena_alloc(maker_arena(), 4 * sizeof(*conds));

		for (uint8_t c = 0; c < 4; c++)
			conds[c] = (struct call_cond){.arg = (uint8_t)((i + c) % 6),
						      .op = COND_MASKED_NE,
						      .mask = 0x5a5a5u << c,
						      .value = maker_random(&random) &
							       0x5a5a5u << c};
		maker_call(&sandbox, "bpf", (enum ir_call_verdict)(i % 4), conds, 4);
	}
	seccomp_plan(maker_arena(), &sandbox, ARCH_X86_64, &options, &filter);
	cr_assert_not(filter.too_long);
	expect_same(&sandbox, &filter.program, &random, 0);
	cr_expect_eq(verify_filter(maker_arena(), &sandbox, ARCH_X86_64, filter.program.insns,
				   filter.program.n)
			     .len,
		     0u);
}

static unsigned steps_of(const struct seccomp_filter *filter, const char *call, uint64_t arg1)
{
	struct seccomp_data data = {.nr = syscall_number(str_from(call), ARCH_X86_64),
				    .arch = AUDIT_ARCH_X86_64,
				    .args = {0, arg1}};
	struct bpf_trace trace;

	bpf_run(filter->program.insns, &data, &trace);
	return trace.steps;
}

/* The same rules for two profiles: what is frequent is cheap, and no verdict changes. */
Test(regions, a_profile_decides_what_is_found_first)
{
	struct profile_sample samples[] = {{STR("ioctl"), 1000, {0, 0x5451}}};
	struct profile profile = {.samples = {samples, 1, 1}, .total = 1000};
	struct seccomp_options options = {.profile = &profile};
	const struct ir_sandbox *sandbox = policy_sandbox(
		"sandbox s { syscalls { allow @default; deny ioctl(request == "
		"0x5451); allow ioctl(request in {1, 0x5451, 0x9000, 0x9002}); } }");
	struct seccomp_filter first, second;
	struct str wrong;

	seccomp_plan(maker_arena(), sandbox, ARCH_X86_64, &options, &first);
	wrong = verify_filter(maker_arena(), sandbox, ARCH_X86_64, first.program.insns,
			      first.program.n);
	cr_assert_eq(wrong.len, 0, "%.*s", STR_ARG(wrong));
	samples[0].call = STR("fcntl");
	samples[0].args[1] = 15;
	seccomp_plan(maker_arena(), sandbox, ARCH_X86_64, &options, &second);
	cr_expect_eq(steps_of(&first, "ioctl", 0x5451), 7u, "%u",
		     steps_of(&first, "ioctl", 0x5451));
	cr_expect_leq(steps_of(&second, "fcntl", 15), 7u);
	cr_expect_gt(steps_of(&second, "ioctl", 0x5451), steps_of(&first, "ioctl", 0x5451));
}
