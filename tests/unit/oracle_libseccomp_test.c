/*
 * libseccomp's filters of random policies beside ours.
 *
 * Random rules are made into a filter by both, and both filters are run on calls around the rules'
 * constants. What a call should get is the IR's to say: ours must always agree. Theirs need not.
 * Where rules of different verdicts overlap libseccomp goes by an order of its own; where all rules
 * of a call have one verdict there is nothing to choose, and a disagreement is a bug of the
 * libseccomp that is installed. Both are counted and printed. This is why the compiler takes names
 * and numbers from libseccomp and makes its filters itself.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/seccomp.h"
#include "support/cases.h"
#include "support/cbpf.h"
#include "support/ir_maker.h"
#include "verify/bpf_run.h"
#include "verify/verify_bpf.h"

#define POLICIES    CASES(240)
#define CALLS       1500 /* for each policy */
#define N_NAMES     4
#define MAX_RULES   4 /* for each name */
#define MAX_CONDS   3 /* for each rule; libseccomp takes one for each argument */
#define N_CONSTANTS 5
#define LIMIT_S     3 /* that libseccomp may take for one filter */
#define THEIR_INSNS 16384

struct their_filter {
	struct sock_filter insns[THEIR_INSNS];
	size_t n; /* 0: they have none */
};

struct random_policy {
	struct ir_sandbox sandbox;
	const char *names[N_NAMES];
	bool one_verdict[N_NAMES];
	uint64_t constants[N_CONSTANTS];
};

struct tally {
	unsigned calls;
	unsigned policies_without; /* libseccomp refused them, or did not come to an end */
	unsigned order, order_policies;
	unsigned wrong, wrong_policies, too_permissive;
};

static unsigned dice(uint64_t *random, unsigned sides)
{
	return (unsigned)(maker_random(random) % sides);
}

static uint64_t random_constant(uint64_t *random)
{
	static const uint64_t bases[] = {0,           1,           2,
					 0x7fffffff,  0x80000000,  0xffffffff,
					 0x100000000, 0x500000000, 0x7fffffffffffffff,
					 UINT64_MAX};
	uint64_t base = bases[dice(random, sizeof(bases) / sizeof(bases[0]))];

	return dice(random, 2) ? base : base + dice(random, 16);
}

/*
 * libseccomp compares all 64 bits. What it can say of the low 32 alone is equality under a mask,
 * and so these are the conditions of 32 bits here.
 */
static struct call_cond random_cond(uint64_t *random, const uint64_t *constants, uint8_t arg)
{
	struct call_cond cond = {.arg = arg};

	cond.is_64 = dice(random, 3) > 0;
	cond.op = (enum cond_op)dice(random, COND_MASKED_EQ + 1);
	cond.value = constants[dice(random, N_CONSTANTS)];
	if (!cond.is_64) {
		cond.op = COND_MASKED_EQ;
		cond.mask = dice(random, 2) ? UINT32_MAX
					    : constants[dice(random, N_CONSTANTS)] & UINT32_MAX;
	} else if (cond.op == COND_MASKED_EQ) {
		cond.mask = constants[dice(random, N_CONSTANTS)];
	}
	if (cond.op == COND_MASKED_EQ)
		cond.value &= cond.mask;
	return cond;
}

static void random_rule(uint64_t *random, struct random_policy *policy, const char *name,
			enum ir_call_verdict verdict)
{
	struct call_cond *conds = arena_alloc(maker_arena(), MAX_CONDS * sizeof(*conds));
	uint32_t n = dice(random, 8) ? 1 + dice(random, MAX_CONDS) : 0;
	unsigned first = dice(random, 6);

	for (uint32_t i = 0; i < n; i++)
		conds[i] = random_cond(random, policy->constants, (uint8_t)((first + i) % 6));
	maker_call(&policy->sandbox, name, verdict, conds, n);
}

static void random_policy(uint64_t *random, struct random_policy *policy)
{
	for (unsigned i = 0; i < N_CONSTANTS; i++)
		policy->constants[i] = random_constant(random);
	for (unsigned i = 0; i < N_NAMES; i++) {
		enum ir_call_verdict verdict = dice(random, 4) ? IR_CALL_ALLOW : IR_CALL_KILL;
		unsigned n = 1 + dice(random, MAX_RULES);

		policy->names[i] = syscall_name(ARCH_X86_64, 8 + 40 * i + dice(random, 40)).ptr;
		policy->one_verdict[i] = dice(random, 3) > 0;
		for (unsigned rule = 0; rule < n; rule++) {
			if (!policy->one_verdict[i])
				verdict = dice(random, 2) ? IR_CALL_ALLOW : IR_CALL_KILL;
			random_rule(random, policy, policy->names[i], verdict);
		}
	}
}

/* ---- theirs ---- */

static struct scmp_arg_cmp their_cond(const struct call_cond *cond)
{
	static const enum scmp_compare ops[] = {
		[COND_EQ] = SCMP_CMP_EQ,
		[COND_NE] = SCMP_CMP_NE,
		[COND_LT] = SCMP_CMP_LT,
		[COND_LE] = SCMP_CMP_LE,
		[COND_GT] = SCMP_CMP_GT,
		[COND_GE] = SCMP_CMP_GE,
		[COND_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};
	bool masked = cond->op == COND_MASKED_EQ;

	return (struct scmp_arg_cmp){.arg = cond->arg,
				     .op = ops[cond->op],
				     .datum_a = masked ? cond->mask : cond->value,
				     .datum_b = masked ? cond->value : 0};
}

static int add_their_rule(scmp_filter_ctx ctx, const struct ir_call *call)
{
	struct scmp_arg_cmp conds[MAX_CONDS];
	uint32_t action = call->verdict == IR_CALL_ALLOW ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS;
	int rc;

	for (uint32_t i = 0; i < call->n_conds; i++)
		conds[i] = their_cond(&call->conds[i]);
	rc = seccomp_rule_add_array(ctx, action, syscall_number(call->name, ARCH_X86_64),
				    call->n_conds, conds);
	return rc == -EEXIST ? 0 : rc; /* it stands there already */
}

static void their_child(const struct ir_sandbox *sandbox, int out)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	alarm(LIMIT_S);
	seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		if (add_their_rule(ctx, &sandbox->calls.items[i]))
			_exit(1);
	}
	_exit(seccomp_export_bpf(ctx, out) ? 2 : 0);
}

/* Made in a child: not every policy comes to an end there. */
static void make_theirs(const struct ir_sandbox *sandbox, struct their_filter *filter)
{
	FILE *file = tmpfile();
	int status;
	pid_t pid;

	cr_assert_not_null(file);
	fflush(stderr);
	pid = fork();
	if (pid == 0)
		their_child(sandbox, fileno(file));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	rewind(file);
	filter->n = fread(filter->insns, sizeof(filter->insns[0]), THEIR_INSNS, file);
	if (status)
		filter->n = 0;
	fclose(file);
}

/* ---- both ---- */

static struct seccomp_data random_call(uint64_t *random, const struct random_policy *policy,
				       unsigned name)
{
	struct seccomp_data data = {
		.nr = syscall_number(str_from(policy->names[name]), ARCH_X86_64),
		.arch = arch_info(ARCH_X86_64)->audit_arch,
	};

	for (unsigned i = 0; i < 6; i++) {
		data.args[i] = policy->constants[dice(random, N_CONSTANTS)];
		if (dice(random, 3) == 0)
			data.args[i] += dice(random, 3) - 1;
		if (dice(random, 6) == 0)
			data.args[i] ^= (uint64_t)1 << dice(random, 64);
		if (dice(random, 8) == 0)
			data.args[i] &= UINT32_MAX;
	}
	return data;
}

static bool is_permitted(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static void compare(uint64_t *random, const struct random_policy *policy,
		    const struct bpf_program *ours, const struct their_filter *theirs,
		    struct tally *tally)
{
	unsigned order = 0, wrong = 0;

	for (unsigned i = 0; i < CALLS; i++) {
		unsigned name = dice(random, N_NAMES), got = 0;
		struct seccomp_data data = random_call(random, policy, name);
		uint64_t args[6];
		uint32_t want;

		for (unsigned a = 0; a < 6; a++)
			args[a] = data.args[a];
		want = ir_call_verdict(&policy->sandbox, ARCH_X86_64, (uint32_t)data.nr, args);
		cr_assert(cbpf_run((const struct sock_filter *)ours->insns, ours->n, &data, &got));
		cr_assert_eq(got, want, "%s", policy->names[name]);
		cr_assert_eq(bpf_run(ours->insns, &data, NULL), want);
		tally->calls++;
		if (!theirs->n)
			continue;
		cr_assert(cbpf_run(theirs->insns, theirs->n, &data, &got));
		order += got != want && !policy->one_verdict[name];
		wrong += got != want && policy->one_verdict[name];
		tally->too_permissive += policy->one_verdict[name] && is_permitted(got) &&
					 !is_permitted(want);
	}
	tally->order += order;
	tally->order_policies += order > 0;
	tally->wrong += wrong;
	tally->wrong_policies += wrong > 0;
}

static void print_tally(const struct tally *tally)
{
	const struct scmp_version *version = seccomp_version();

	fprintf(stderr,
		"%d random policies, %u calls: ours agree with the IR in all.\n"
		"libseccomp %u.%u.%u: %u policies without a filter; "
		"%u calls of %u policies differ where rules of different verdicts overlap, "
		"%u of %u where all rules of the call have one verdict, "
		"%u of these let through what no rule lets through\n",
		POLICIES, tally->calls, version->major, version->minor, version->micro,
		tally->policies_without, tally->order, tally->order_policies, tally->wrong,
		tally->wrong_policies, tally->too_permissive);
}

Test(oracle_libseccomp, filters_of_random_policies_agree_with_the_ir, .timeout = 120)
{
	static struct their_filter theirs;
	struct tally tally = {0};
	uint64_t random = 20;

	for (unsigned round = 0; round < POLICIES; round++) {
		struct random_policy policy = {0};
		struct bpf_program ours = {0};
		struct str wrong;

		random_policy(&random, &policy);
		cr_assert_eq(seccomp_assemble(maker_arena(), &policy.sandbox, ARCH_X86_64, &ours),
			     0);
		wrong = verify_filter(maker_arena(), &policy.sandbox, ARCH_X86_64, ours.insns,
				      ours.n);
		cr_assert_eq(wrong.len, 0, "%.*s", STR_ARG(wrong));
		make_theirs(&policy.sandbox, &theirs);
		tally.policies_without += theirs.n == 0;
		compare(&random, &policy, &ours, &theirs, &tally);
	}
	print_tally(&tally);
	/* Else hardly anything has been compared. */
	cr_expect_lt(tally.policies_without, POLICIES / 10u);
}
