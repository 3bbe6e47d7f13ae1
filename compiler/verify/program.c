/*
 * A filter, executed for all inputs at once.
 *
 * First forwards: what can the accumulator hold at each instruction? Always a word of the call,
 * under a mask, which are few; paths that hold different ones meet where code is shared, and each
 * is followed on its own. Then backwards: the function computed from an instruction on, for what
 * the accumulator holds there, is a return's constant, a load's successor, or a jump's two targets
 * joined by its condition on that word. Jumps only go forward, so both are one walk. The kernel's
 * own definition of the instructions is in net/core/filter.c.
 */
#include "verify/program.h"

#include <linux/bpf_common.h>

/* States of one instruction; as many as there are words, and then some for masks. */
#define MAX_STATES 256u

/* Our architectures are little-endian: of a register's two words the second is the high one. */
struct holding {
	uint32_t word; /* of struct seccomp_data, or NOTHING */
	uint32_t mask;
};

#define NOTHING UINT32_MAX

/* What the accumulator holds at an instruction, and what is computed from there. */
struct state {
	struct holding holding;
	struct state *yes, *no; /* after it; equal but for a conditional jump; NULL for a return */
	struct state *next;     /* another one of the same instruction */
	uint32_t function;
};

struct walk {
	struct diagram *diagram;
	const struct program *program;
	struct state **first; /* state of each instruction */
};

static bool is_jump(const struct writ_fmt_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP;
}

/* Does the instruction look at the accumulator? */
static bool looks(const struct writ_fmt_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU || (is_jump(insn) && BPF_OP(insn->code) != BPF_JA);
}

/* What the accumulator holds after an instruction. */
static struct holding hold(const struct writ_fmt_insn *insn, struct holding holding)
{
	if (BPF_CLASS(insn->code) == BPF_LD)
		return (struct holding){insn->k / sizeof(uint32_t), UINT32_MAX};
	if (BPF_CLASS(insn->code) == BPF_ALU)
		holding.mask &= insn->k;
	return holding;
}

/* The state of an instruction with a holding, which may be a new one. */
static struct state *reach(struct walk *walk, size_t at, struct holding holding)
{
	const struct writ_fmt_insn *insn = &walk->program->insns[at];
	struct state *state = walk->first[at];
	uint32_t n = 0;

	/* What is overwritten, or never looked at again, makes no difference. */
	if (!looks(insn) && !is_jump(insn))
		holding = (struct holding){NOTHING, 0};
	for (; state; state = state->next, n++) {
		if (state->holding.word == holding.word && state->holding.mask == holding.mask)
			return state;
	}
	/* Past the limit no answer is given: any state will do. */
	if (!diagram_work(walk->diagram, n == MAX_STATES ? UINT32_MAX : n + 1) && n > 0)
		return walk->first[at];
	state = arena_new(walk->diagram->arena, struct state);
	*state = (struct state){.holding = holding, .next = walk->first[at]};
	walk->first[at] = state;
	return state;
}

/* Finds the states behind those of an instruction. */
static void step(struct walk *walk, size_t at)
{
	const struct writ_fmt_insn *insn = &walk->program->insns[at];
	bool always = is_jump(insn) && !looks(insn);
	size_t yes = at + 1 + (always ? insn->k : is_jump(insn) ? insn->jt : 0);
	size_t no = is_jump(insn) && !always ? at + 1 + insn->jf : yes;

	if (BPF_CLASS(insn->code) == BPF_RET)
		return;
	for (struct state *state = walk->first[at]; state; state = state->next) {
		struct holding holding = hold(insn, state->holding);

		state->yes = reach(walk, yes, holding);
		state->no = reach(walk, no, holding);
	}
}

/* Where a conditional jump is taken. */
static uint32_t condition(struct walk *walk, const struct writ_fmt_insn *insn,
			  struct holding holding)
{
	static const struct {
		uint16_t op;
		bool below, equal, above;
	} ops[] = {
		{BPF_JEQ, false, true, false},
		{BPF_JGT, false, false, true},
		{BPF_JGE, false, true, true},
	};
	struct diagram_test test = {.reg = holding.word / 2,
				    .shift = holding.word % 2 * 32,
				    .bits = 32,
				    .mask = holding.mask,
				    .value = insn->k};

	if (BPF_OP(insn->code) == BPF_JSET) {
		test.mask &= insn->k;
		test.value = 0;
		test.above = true;
	}
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (BPF_OP(insn->code) != ops[i].op)
			continue;
		test.below = ops[i].below;
		test.equal = ops[i].equal;
		test.above = ops[i].above;
	}
	return diagram_compare(walk->diagram, &test);
}

/* What is computed from an instruction on; what follows it is known. */
static void compute(struct walk *walk, size_t at)
{
	const struct writ_fmt_insn *insn = &walk->program->insns[at];

	for (struct state *state = walk->first[at]; state; state = state->next) {
		if (!state->yes || !state->no)
			state->function = diagram_leaf(walk->diagram, insn->k);
		else if (state->yes == state->no)
			state->function = state->yes->function;
		else
			state->function = diagram_if(walk->diagram,
						     condition(walk, insn, state->holding),
						     state->yes->function, state->no->function);
	}
}

static bool looks_at_nothing(const struct walk *walk, size_t at)
{
	if (!looks(&walk->program->insns[at]))
		return false;
	for (const struct state *state = walk->first[at]; state; state = state->next) {
		if (state->holding.word == NOTHING)
			return true;
	}
	return false;
}

const char *program_function(struct diagram *diagram, const struct program *program, size_t *where,
			     uint32_t *out)
{
	struct walk walk = {.diagram = diagram, .program = program};

	*out = DIAGRAM_FALSE;
	walk.first = arena_alloc(diagram->arena, program->n * sizeof(struct state *));
	reach(&walk, 0, (struct holding){NOTHING, 0});
	for (size_t at = 0; at < program->n; at++) {
		*where = at;
		if (looks_at_nothing(&walk, at))
			return "looks at nothing that was loaded";
		step(&walk, at);
		if (!diagram_work(diagram, 0))
			return NULL;
	}
	for (size_t at = program->n; at-- > 0;)
		compute(&walk, at);
	*out = walk.first[0]->function;
	return NULL;
}
