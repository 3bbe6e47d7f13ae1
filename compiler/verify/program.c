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

struct holding {
	uint32_t word; /* of struct seccomp_data, or NOTHING */
	uint32_t mask;
};

#define NOTHING UINT32_MAX

/* What the accumulator holds at an instruction, and what is computed from there. */
struct state {
	struct holding holding;
	uint32_t yes, no; /* the states after it; equal but for a conditional jump */
	uint32_t next;    /* another one of the same instruction, or NONE */
	uint32_t function;
};

#define NONE UINT32_MAX

struct walk {
	struct diagram *diagram;
	const struct program *program;
	VEC(struct state) states;
	uint32_t *first; /* state of each instruction, or NONE */
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
static uint32_t reach(struct walk *walk, size_t at, struct holding holding)
{
	uint32_t index = walk->first[at], n = 0;

	/* What is overwritten, or never looked at again, makes no difference. */
	if (!looks(&walk->program->insns[at]) && !is_jump(&walk->program->insns[at]))
		holding = (struct holding){NOTHING, 0};
	for (; index != NONE; index = walk->states.items[index].next, n++) {
		const struct holding *other = &walk->states.items[index].holding;

		if (other->word == holding.word && other->mask == holding.mask)
			return index;
	}
	/* Past the limit no answer is given: any state will do. */
	if (!diagram_work(walk->diagram, n == MAX_STATES ? UINT32_MAX : n + 1) && n > 0)
		return walk->first[at];
	index = (uint32_t)walk->states.n;
	vec_add(walk->diagram->arena, &walk->states,
		((struct state){.holding = holding, .next = walk->first[at]}));
	walk->first[at] = index;
	return index;
}

/* Finds the states behind those of an instruction. */
static void step(struct walk *walk, size_t at)
{
	const struct writ_fmt_insn *insn = &walk->program->insns[at];
	bool always = is_jump(insn) && !looks(insn);

	if (BPF_CLASS(insn->code) == BPF_RET)
		return;
	for (uint32_t i = walk->first[at]; i != NONE; i = walk->states.items[i].next) {
		struct holding holding = hold(insn, walk->states.items[i].holding);
		uint32_t yes, no;

		yes = reach(walk,
			    at + 1 +
				    (always          ? insn->k
				     : is_jump(insn) ? insn->jt
						     : 0),
			    holding);
		no = looks(insn) && is_jump(insn) ? reach(walk, at + 1 + insn->jf, holding) : yes;
		walk->states.items[i].yes = yes;
		walk->states.items[i].no = no;
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

	for (uint32_t i = walk->first[at]; i != NONE; i = walk->states.items[i].next) {
		struct state *state = &walk->states.items[i];
		uint32_t yes = walk->states.items[state->yes].function;
		uint32_t no = walk->states.items[state->no].function;

		if (BPF_CLASS(insn->code) == BPF_RET)
			state->function = diagram_leaf(walk->diagram, insn->k);
		else if (looks(insn) && is_jump(insn))
			state->function = diagram_if(walk->diagram,
						     condition(walk, insn, state->holding), yes,
						     no);
		else
			state->function = yes;
	}
}

static bool looks_at_nothing(const struct walk *walk, size_t at)
{
	if (!looks(&walk->program->insns[at]))
		return false;
	for (uint32_t i = walk->first[at]; i != NONE; i = walk->states.items[i].next) {
		if (walk->states.items[i].holding.word == NOTHING)
			return true;
	}
	return false;
}

const char *program_function(struct diagram *diagram, const struct program *program, size_t *where,
			     uint32_t *out)
{
	struct walk walk = {.diagram = diagram, .program = program};

	*out = DIAGRAM_FALSE;
	walk.first = arena_alloc(diagram->arena, program->n * sizeof(*walk.first));
	for (size_t at = 0; at < program->n; at++)
		walk.first[at] = NONE;
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
	*out = walk.states.items[walk.first[0]].function;
	return NULL;
}
