/*
 * Classic BPF as seccomp has it: an accumulator, an index register, 16 words of memory, absolute
 * 32-bit loads from the call, and no jump backwards.
 */
#include "support/cbpf.h"

#include <string.h>

struct machine {
	const struct seccomp_data *data;
	unsigned a, x;
	unsigned mem[BPF_MEMWORDS];
	bool bad;
};

static unsigned memory(struct machine *m, unsigned at)
{
	m->bad |= at >= BPF_MEMWORDS;
	return m->bad ? 0 : m->mem[at];
}

static void store(struct machine *m, unsigned at, unsigned value)
{
	m->bad |= at >= BPF_MEMWORDS;
	if (!m->bad)
		m->mem[at] = value;
}

static unsigned word(struct machine *m, unsigned at)
{
	unsigned value = 0;

	m->bad |= at % 4 || at >= sizeof(*m->data);
	if (!m->bad)
		memcpy(&value, (const char *)m->data + at, sizeof(value));
	return value;
}

static unsigned load(struct machine *m, const struct sock_filter *insn)
{
	switch (BPF_MODE(insn->code)) {
	case BPF_IMM:
		return insn->k;
	case BPF_MEM:
		return memory(m, insn->k);
	case BPF_LEN:
		return sizeof(*m->data);
	case BPF_ABS:
		if (BPF_CLASS(insn->code) == BPF_LD && BPF_SIZE(insn->code) == BPF_W)
			return word(m, insn->k);
		break;
	}
	m->bad = true;
	return 0;
}

static unsigned compute(struct machine *m, const struct sock_filter *insn)
{
	unsigned b = BPF_SRC(insn->code) == BPF_X ? m->x : insn->k;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		return m->a + b;
	case BPF_SUB:
		return m->a - b;
	case BPF_MUL:
		return m->a * b;
	case BPF_DIV:
		return b ? m->a / b : 0;
	case BPF_AND:
		return m->a & b;
	case BPF_OR:
		return m->a | b;
	case BPF_XOR:
		return m->a ^ b;
	case BPF_LSH:
		return b < 32 ? m->a << b : 0;
	case BPF_RSH:
		return b < 32 ? m->a >> b : 0;
	case BPF_NEG:
		return 0u - m->a;
	}
	m->bad = true;
	return 0;
}

/* How many instructions a jump skips. */
static unsigned jump(struct machine *m, const struct sock_filter *insn)
{
	unsigned b = BPF_SRC(insn->code) == BPF_X ? m->x : insn->k;

	switch (BPF_OP(insn->code)) {
	case BPF_JA:
		return insn->k;
	case BPF_JEQ:
		return m->a == b ? insn->jt : insn->jf;
	case BPF_JGT:
		return m->a > b ? insn->jt : insn->jf;
	case BPF_JGE:
		return m->a >= b ? insn->jt : insn->jf;
	case BPF_JSET:
		return m->a & b ? insn->jt : insn->jf;
	}
	m->bad = true;
	return 0;
}

/* Everything but jumps and returns. */
static void step(struct machine *m, const struct sock_filter *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		m->a = load(m, insn);
		break;
	case BPF_LDX:
		m->x = load(m, insn);
		break;
	case BPF_ST:
		store(m, insn->k, m->a);
		break;
	case BPF_STX:
		store(m, insn->k, m->x);
		break;
	case BPF_ALU:
		m->a = compute(m, insn);
		break;
	case BPF_MISC:
		if (BPF_MISCOP(insn->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		break;
	}
}

bool cbpf_run(const struct sock_filter *insns, size_t n, const struct seccomp_data *data,
	      unsigned *result)
{
	struct machine m = {.data = data};

	for (size_t pc = 0; pc < n && !m.bad; pc++) {
		const struct sock_filter *insn = &insns[pc];

		if (BPF_CLASS(insn->code) == BPF_RET) {
			*result = BPF_RVAL(insn->code) == BPF_A ? m.a : insn->k;
			return true;
		}
		if (BPF_CLASS(insn->code) == BPF_JMP)
			pc += jump(&m, insn);
		else
			step(&m, insn);
	}
	return false;
}
