/*
 * Runs a filter of our kind, as verify_bpf.c has shown it to be: a load, a mask, a comparison, a
 * jump forwards, a return, and no more steps than instructions. Where a call gives no arguments,
 * who asks says what a verdict that depends on them counts as: the worst that it may be.
 */
#include "runtime/filter.h"

#include <stdbool.h>
#include <stddef.h>

#include "runtime/kernel_abi.h"

#define NR_AT     0u /* offsets in struct seccomp_data */
#define ARCH_AT   4u
#define ARGS_AT   16u
#define ARG_BYTES 8u

/* The word at an offset of the call's seccomp_data; false when the call leaves it open. */
static bool load_word(const struct filter_call *call, uint32_t offset, uint32_t *value)
{
	uint32_t arg = (offset - ARGS_AT) / ARG_BYTES;

	if (offset == NR_AT)
		*value = call->number;
	else if (offset == ARCH_AT)
		*value = call->audit_arch;
	else if (offset < ARGS_AT || !call->args)
		return false;
	else
		*value = offset % ARG_BYTES || arg >= FILTER_ARGS ? 0 : call->args[arg];
	return true;
}

/* Up to a return, or a load of what the call leaves open. */
static const struct writ_fmt_insn *run(const struct writ_fmt_insn *pc,
				       const struct filter_call *call)
{
	uint32_t value = 0;
	bool holds;

	for (;; pc++) {
		switch (pc->code) {
		case BPF_OP_JEQ_K:
			holds = value == pc->k;
			break;
		case BPF_OP_JGT_K:
			holds = value > pc->k;
			break;
		case BPF_OP_JGE_K:
			holds = value >= pc->k;
			break;
		case BPF_OP_JSET_K:
			holds = value & pc->k;
			break;
		case BPF_OP_LD_W_ABS:
			if (!load_word(call, pc->k, &value))
				return pc;
			continue;
		case BPF_OP_AND_K:
			value &= pc->k;
			continue;
		case BPF_OP_JA:
			pc += pc->k;
			continue;
		default:
			return pc;
		}
		pc += holds ? pc->jt : pc->jf;
	}
}

const struct writ_fmt_insn *filter_enter(const struct writ_fmt_insn *insns,
					 const struct filter_call *call)
{
	return run(insns, &(struct filter_call){call->audit_arch, call->number, NULL});
}

uint32_t filter_action(const struct writ_fmt_insn *insns, const struct filter_call *call,
		       uint32_t any)
{
	const struct writ_fmt_insn *end = run(insns, call);

	return end->code == BPF_OP_RET_K ? end->k : any;
}
