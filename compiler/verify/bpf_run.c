/*
 * The kernel's rules for seccomp filters (kernel/seccomp.c, net/core/filter.c), and what an
 * instruction does. Written from those, not from the assembler: the two share only the
 * instruction's layout.
 */
#include "verify/bpf_run.h"

#include <linux/bpf_common.h>
#include <string.h>

/* The opcodes that our filters may hold; seccomp takes some more. */
static bool is_load(uint16_t code)
{
	return code == (BPF_LD | BPF_W | BPF_ABS);
}

static bool is_branch(uint16_t code)
{
	return code == (BPF_JMP | BPF_JEQ | BPF_K) || code == (BPF_JMP | BPF_JGT | BPF_K) ||
	       code == (BPF_JMP | BPF_JGE | BPF_K) || code == (BPF_JMP | BPF_JSET | BPF_K);
}

static const char *check_insn(const struct writ_fmt_insn *insn, size_t left)
{
	if (is_load(insn->code))
		return insn->k % 4 || insn->k >= sizeof(struct seccomp_data)
			       ? "load outside the call"
			       : NULL;
	if (is_branch(insn->code))
		return insn->jt >= left || insn->jf >= left ? "jump past the end" : NULL;
	if (insn->code == (BPF_JMP | BPF_JA))
		return insn->k >= left ? "jump past the end" : NULL;
	if (insn->code == (BPF_RET | BPF_K) || insn->code == (BPF_ALU | BPF_AND | BPF_K))
		return NULL;
	return "unknown instruction";
}

/*
 * Marks where control goes from an instruction that is reached itself. left: instructions after it.
 */
static void mark_next(const struct writ_fmt_insn *insn, bool *reached)
{
	if (is_branch(insn->code)) {
		reached[1 + insn->jt] = true;
		reached[1 + insn->jf] = true;
	} else if (insn->code == (BPF_JMP | BPF_JA)) {
		reached[1 + insn->k] = true;
	} else if (BPF_CLASS(insn->code) != BPF_RET) {
		reached[1] = true;
	}
}

const char *bpf_check(const struct writ_fmt_insn *insns, size_t n, size_t *where)
{
	bool reached[WRIT_MAX_INSNS] = {true};

	*where = 0;
	if (n == 0)
		return "empty";
	if (n > WRIT_MAX_INSNS)
		return "too long";
	for (size_t i = 0; i < n; i++) {
		const char *wrong = check_insn(&insns[i], n - 1 - i);

		*where = i;
		if (wrong)
			return wrong;
		if (!reached[i])
			return "unreachable";
		if (i + 1 == n && BPF_CLASS(insns[i].code) != BPF_RET)
			return "runs off the end";
		mark_next(&insns[i], &reached[i]);
	}
	return NULL;
}

static bool branch_taken(const struct writ_fmt_insn *insn, uint32_t value)
{
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return value == insn->k;
	case BPF_JGT:
		return value > insn->k;
	case BPF_JGE:
		return value >= insn->k;
	default:
		return (value & insn->k) != 0;
	}
}

uint32_t bpf_run(const struct writ_fmt_insn *insns, const struct seccomp_data *data,
		 struct bpf_trace *trace)
{
	const struct writ_fmt_insn *pc = insns;
	struct bpf_trace seen = {.steps = 1};
	uint32_t value = 0;

	for (; pc->code != (BPF_RET | BPF_K); pc++, seen.steps++) {
		if (is_load(pc->code)) {
			memcpy(&value, (const char *)data + pc->k, sizeof(value));
			seen.reads_args |= pc->k >= offsetof(struct seccomp_data, args);
		} else if (BPF_CLASS(pc->code) == BPF_ALU) {
			value &= pc->k;
		} else if (pc->code == (BPF_JMP | BPF_JA)) {
			pc += pc->k;
		} else {
			pc += branch_taken(pc, value) ? pc->jt : pc->jf;
		}
	}
	if (trace)
		*trace = seen;
	return pc->k;
}
