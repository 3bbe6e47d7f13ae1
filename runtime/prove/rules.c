/*
 * The two meanings of a sandbox's filter.
 *
 * One executes the instructions, which verification has held to the few that Writ emits
 * (verify_bpf.c). The other reads CALLS: the strictest rule that holds decides, of the refusing the
 * first; without one the call is EPERM, clone3 ENOSYS (docs/format.md). Names are
 * those that the compiler knows: a call that is newer has none, and so no rule.
 */
#include "runtime/prove/rules.h"

#include <errno.h>
#include <string.h>

#define LOW_WORD UINT64_C(0xffffffff)
#define N_ARGS   6

/* enum cond_op of the compiler, as it stands in bundles (writ_format.h). */
enum { COND_EQ, COND_NE, COND_LT, COND_LE, COND_GT, COND_GE, COND_MASKED_EQ, COND_MASKED_NE };

#if defined(__x86_64__)
#define NUMBER(x86_64, aarch64, riscv64) x86_64
#elif defined(__aarch64__)
#define NUMBER(x86_64, aarch64, riscv64) aarch64
#else
#define NUMBER(x86_64, aarch64, riscv64) riscv64
#endif

static const struct {
	const char *name;
	int number; /* -1: this machine has no such call */
} names[] = {
#define CALL(name, confined, first, n, x86_64, aarch64, riscv64)                                   \
	{name, NUMBER(x86_64, aarch64, riscv64)},
#include "learn_calls.inc"
#undef CALL
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

const char *rules_name(uint32_t number)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		if (names[i].number >= 0 && (uint32_t)names[i].number == number)
			return names[i].name;
	}
	return NULL;
}

int64_t rules_number(const char *name)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		if (strcmp(names[i].name, name) == 0)
			return names[i].number;
	}
	return -1;
}

const struct writ_fmt_insn *rules_filter(const struct writ_policy *policy,
					 const struct writ_fmt_sandbox *sandbox, uint32_t *n)
{
	for (uint32_t i = 0; i < sandbox->filters.count; i++) {
		const struct writ_fmt_filter *filter = image_FILTERS(&policy->image,
								     sandbox->filters.first + i);

		*n = filter->insns.count;
		if (filter->audit_arch == KERNEL_AUDIT_ARCH)
			return image_INSNS(&policy->image, filter->insns.first);
	}
	*n = 0;
	return NULL;
}

/* The word at an offset in struct seccomp_data (<linux/seccomp.h>). */
static uint32_t call_word(const struct rules_call *call, uint32_t offset)
{
	uint32_t words[SECCOMP_DATA_SIZE / sizeof(uint32_t)] = {call->number, call->arch};

	memcpy(words + 4, call->args, sizeof(call->args));
	return words[offset / sizeof(uint32_t) % (SECCOMP_DATA_SIZE / sizeof(uint32_t))];
}

static bool jumps(const struct writ_fmt_insn *insn, uint32_t a)
{
	switch (insn->code) {
	case BPF_OP_JEQ_K:
		return a == insn->k;
	case BPF_OP_JGT_K:
		return a > insn->k;
	case BPF_OP_JGE_K:
		return a >= insn->k;
	default:
		return a & insn->k;
	}
}

static uint32_t run(const struct writ_fmt_insn *insns, uint32_t n, const struct rules_call *call)
{
	uint32_t a = 0;

	for (uint32_t at = 0; at < n; at++) {
		const struct writ_fmt_insn *insn = &insns[at];

		if (insn->code == BPF_OP_RET_K)
			return insn->k;
		if (insn->code == BPF_OP_LD_W_ABS)
			a = call_word(call, insn->k);
		else if (insn->code == BPF_OP_AND_K)
			a &= insn->k;
		else if (insn->code == BPF_OP_JA)
			at += insn->k;
		else
			at += jumps(insn, a) ? insn->jt : insn->jf;
	}
	return SECCOMP_ACTION_KILL_PROCESS;
}

uint32_t rules_of_filter(const struct writ_policy *policy, const struct writ_fmt_sandbox *sandbox,
			 const struct rules_call *call)
{
	uint32_t n;
	const struct writ_fmt_insn *insns = rules_filter(policy, sandbox, &n);

	return run(insns, n, call);
}

static bool cond_holds(const struct writ_fmt_call_cond *cond, uint64_t arg)
{
	uint64_t width = cond->is_64 ? UINT64_MAX : LOW_WORD;
	uint64_t value = cond->value & width;

	arg &= width;
	switch (cond->op) {
	case COND_EQ:
		return arg == value;
	case COND_NE:
		return arg != value;
	case COND_LT:
		return arg < value;
	case COND_LE:
		return arg <= value;
	case COND_GT:
		return arg > value;
	case COND_GE:
		return arg >= value;
	case COND_MASKED_EQ:
		return (arg & cond->mask) == value;
	case COND_MASKED_NE:
		return (arg & cond->mask) != value;
	default:
		return false;
	}
}

static bool rule_holds(const struct writ_policy *policy, const struct writ_fmt_call *rule,
		       const char *name, const struct rules_call *call)
{
	if (strlen(name) != rule->name.len ||
	    memcmp(image_str(&policy->image, rule->name), name, rule->name.len) != 0)
		return false;
	for (uint32_t i = 0; i < rule->conds.count; i++) {
		const struct writ_fmt_call_cond *cond = image_CALL_CONDS(&policy->image,
									 rule->conds.first + i);

		if (!cond_holds(cond, call->args[cond->arg % N_ARGS]))
			return false;
	}
	return true;
}

/* Of the verdicts of all rules that hold. The strictest is first. */
static uint32_t strictest(const bool holds[WRIT_CALL_NOTIFY + 1], uint32_t error, const char *name)
{
	if (holds[WRIT_CALL_KILL])
		return SECCOMP_ACTION_KILL_PROCESS;
	if (holds[WRIT_CALL_ERRNO])
		return SECCOMP_ACTION_ERRNO | error;
	if (holds[WRIT_CALL_NOTIFY])
		return SECCOMP_ACTION_USER_NOTIF;
	if (holds[WRIT_CALL_LOG])
		return SECCOMP_ACTION_LOG;
	if (holds[WRIT_CALL_ALLOW])
		return SECCOMP_ACTION_ALLOW;
	return SECCOMP_ACTION_ERRNO | (uint32_t)(strcmp(name, "clone3") == 0 ? ENOSYS : EPERM);
}

bool rules_of_records(const struct writ_policy *policy, const struct writ_fmt_sandbox *sandbox,
		      const struct rules_call *call, uint32_t *verdict)
{
	const char *name = call->arch == KERNEL_AUDIT_ARCH ? rules_name(call->number) : NULL;
	bool holds[WRIT_CALL_NOTIFY + 1] = {false};
	uint32_t error = 0;

	if (!name)
		return false;
	for (uint32_t i = 0; i < sandbox->calls.count; i++) {
		const struct writ_fmt_call *rule = image_listed_call(&policy->image,
								     sandbox->calls.first + i);

		if (!rule_holds(policy, rule, name, call))
			continue;
		if (rule->verdict == WRIT_CALL_ERRNO && !holds[WRIT_CALL_ERRNO])
			error = rule->error;
		holds[rule->verdict] = true;
	}
	*verdict = strictest(holds, error, name);
	return true;
}

bool rules_allow(uint32_t verdict)
{
	uint32_t action = verdict & SECCOMP_ACTION_MASK;

	return action == SECCOMP_ACTION_ALLOW || action == SECCOMP_ACTION_LOG ||
	       action == SECCOMP_ACTION_USER_NOTIF;
}
