/*
 * Is this a seccomp filter that the kernel loads, and that can only do what our compiler's filters
 * do?
 *
 * The rules are those of bpf_check_classic() and seccomp_check_filter() in the kernel, narrowed to
 * the opcodes the compiler emits: load a word of seccomp_data, mask it, compare, jump forward,
 * return. Jumps only go forward and the last instruction returns, so every path ends. The actions
 * are allow, log (which allows), notify (a supervisor decides), errno and kill.
 */
#include "runtime/verify.h"

#include "runtime/kernel_abi.h"

#define MAX_ERRNO 4095u

static bool action_ok(uint32_t value)
{
	uint32_t data = value & ~SECCOMP_ACTION_MASK;

	if (value == SECCOMP_ACTION_ALLOW || value == SECCOMP_ACTION_LOG ||
	    value == SECCOMP_ACTION_USER_NOTIF || value == SECCOMP_ACTION_KILL_PROCESS)
		return true;
	return (value & SECCOMP_ACTION_MASK) == SECCOMP_ACTION_ERRNO && data >= 1 &&
	       data <= MAX_ERRNO;
}

/* left: instructions after this one. */
static const char *check_insn(const struct writ_fmt_insn *insn, uint32_t left)
{
	switch (insn->code) {
	case BPF_OP_JEQ_K:
	case BPF_OP_JGT_K:
	case BPF_OP_JGE_K:
	case BPF_OP_JSET_K:
		return insn->jt < left && insn->jf < left ? NULL : "a jump out of the program";
	case BPF_OP_JA:
		if (insn->k >= left)
			return "a jump out of the program";
		break;
	case BPF_OP_LD_W_ABS:
		if (insn->k % 4 || insn->k >= SECCOMP_DATA_SIZE)
			return "a load outside of seccomp_data";
		break;
	case BPF_OP_AND_K:
		break;
	case BPF_OP_RET_K:
		if (!action_ok(insn->k))
			return "an unknown action";
		break;
	default:
		return "an unknown instruction";
	}
	return insn->jt || insn->jf ? "jump targets that it does not have" : NULL;
}

const char *verify_bpf(const struct writ_fmt_insn *insns, uint32_t count)
{
	if (count == 0 || count > WRIT_MAX_INSNS)
		return "the number of instructions";
	for (uint32_t i = 0; i < count; i++) {
		const char *what = check_insn(&insns[i], count - 1 - i);

		if (what)
			return what;
	}
	if (insns[count - 1].code != BPF_OP_RET_K)
		return "it does not end in a return";
	if (insns[0].code != BPF_OP_LD_W_ABS && insns[0].code != BPF_OP_RET_K)
		return "it uses the accumulator before loading it";
	return NULL;
}
