/*
 * System calls: is there a call with these arguments that the filters let pass?
 *
 * Arguments that the question leaves open are tried. Which values there are to try follows from the
 * conditions of the call's rules: each looks at one argument, so of all values of an argument only
 * one is needed for each way in which its conditions can turn out together. Candidates are made
 * from the constants and masks, sorted into these classes, and every combination of classes is run
 * through the filter itself. Where that would be too many, nothing is claimed.
 */
#include <string.h>

#include "judge/judge.h"
#include "tables/plan_calls.h"
#include "verify/bpf_run.h"

#define MAX_CANDIDATES   4096u
#define MAX_COMBINATIONS (1u << 20)

VEC_TYPE(values, uint64_t);

struct slot { /* an argument */
	VEC(const struct call_cond *) conds;
	struct values values; /* one of each class */
};

struct search {
	struct arena *arena;
	const struct judge_call *call;
	struct slot slots[6];
	bool complete; /* no class was left out */
};

/* ---- classes of values ---- */

static void add_value(struct search *search, struct values *values, uint64_t value)
{
	for (size_t i = 0; i < values->n; i++) {
		if (values->items[i] == value)
			return;
	}
	if (values->n < MAX_CANDIDATES)
		vec_add(search->arena, values, value);
	else
		search->complete = false;
}

/* Adds what a condition makes of one value: its mask's bits as it wants them, and otherwise. */
static void vary(struct search *search, struct values *values, uint64_t base,
		 const struct call_cond *cond)
{
	bool masked = cond->op == COND_MASKED_EQ || cond->op == COND_MASKED_NE;
	uint64_t mask = masked ? cond->mask : UINT64_MAX;
	uint64_t lowest = mask & (~mask + 1);

	add_value(search, values, (base & ~mask) | (cond->value & mask));
	add_value(search, values, (base & ~mask) | ((cond->value ^ lowest) & mask));
	add_value(search, values, (base & ~mask) | (~cond->value & mask));
	if (masked)
		return;
	add_value(search, values, cond->value - 1);
	add_value(search, values, cond->value + 1);
}

static bool same_class(const struct slot *slot, uint64_t a, uint64_t b)
{
	for (size_t i = 0; i < slot->conds.n; i++) {
		if (ir_cond_holds(slot->conds.items[i], a) !=
		    ir_cond_holds(slot->conds.items[i], b))
			return false;
	}
	return true;
}

static void add_class(struct search *search, struct slot *slot, uint64_t value)
{
	for (size_t i = 0; i < slot->values.n; i++) {
		if (same_class(slot, slot->values.items[i], value))
			return;
	}
	vec_add(search->arena, &slot->values, value);
}

static void classify(struct search *search, struct slot *slot)
{
	struct values candidates = {0};

	add_value(search, &candidates, 0);
	add_value(search, &candidates, UINT64_MAX);
	for (size_t c = 0; c < slot->conds.n; c++) {
		size_t n = candidates.n;

		for (size_t i = 0; i < n; i++)
			vary(search, &candidates, candidates.items[i], slot->conds.items[c]);
	}
	for (size_t i = 0; i < candidates.n; i++)
		add_class(search, slot, candidates.items[i]);
}

static void prepare(struct search *search, const struct ir_sandbox *box)
{
	for (size_t i = 0; i < box->calls.n; i++) {
		const struct ir_call *rule = &box->calls.items[i];

		for (uint32_t c = 0; str_eq(rule->name, search->call->name) && c < rule->n_conds;
		     c++)
			vec_add(search->arena, &search->slots[rule->conds[c].arg].conds,
				&rule->conds[c]);
	}
	for (unsigned arg = 0; arg < 6; arg++) {
		struct slot *slot = &search->slots[arg];

		if (search->call->given[arg])
			vec_add(search->arena, &slot->values, search->call->args[arg]);
		else
			classify(search, slot);
	}
}

/* ---- running ---- */

enum finding { PASSES, ASKS, REFUSED, NOT_KNOWN, NO_SUCH_CALL, N_FINDINGS };

struct program {
	const struct writ_fmt_insn *insns;
	const struct ir_sandbox *box;
	enum arch arch;
	bool is_made; /* by the sandbox's broker or net gate, which are asked about it */
	struct seccomp_data data;
	bool asks;        /* a verdict was to ask a supervisor */
	uint32_t refusal; /* the last verdict that does not let the call pass */
};

/* Is it asked about what the policy's rules let pass? */
static bool is_asked_for(const struct program *program)
{
	uint64_t args[6];

	for (unsigned i = 0; i < 6; i++)
		args[i] = program->data.args[i];
	return program->is_made &&
	       ir_call_verdict(program->box, program->arch, (uint32_t)program->data.nr, args) !=
		       SECCOMP_RET_USER_NOTIF;
}

static bool passes(struct program *program)
{
	uint32_t verdict = bpf_run(program->insns, &program->data, NULL);

	if (verdict == SECCOMP_RET_ALLOW || verdict == SECCOMP_RET_LOG ||
	    (verdict == SECCOMP_RET_USER_NOTIF && is_asked_for(program)))
		return true;
	program->asks |= verdict == SECCOMP_RET_USER_NOTIF;
	program->refusal = verdict;
	return false;
}

/* The next combination, as an odometer counts; false after the last. */
static bool advance(const struct search *search, size_t at[6])
{
	for (unsigned arg = 0; arg < 6; arg++) {
		if (++at[arg] < search->slots[arg].values.n)
			return true;
		at[arg] = 0;
	}
	return false;
}

static enum finding run(const struct search *search, struct program *program)
{
	size_t at[6] = {0};
	unsigned runs = 0;

	do {
		for (unsigned arg = 0; arg < 6; arg++)
			program->data.args[arg] = search->slots[arg].values.items[at[arg]];
		if (passes(program))
			return PASSES;
		if (++runs == MAX_COMBINATIONS)
			return NOT_KNOWN;
	} while (advance(search, at));
	if (!search->complete)
		return NOT_KNOWN;
	return program->asks ? ASKS : REFUSED;
}

static bool find_arch(uint32_t audit_arch, enum arch *out)
{
	for (unsigned i = 0; i < ARCH__COUNT; i++) {
		*out = (enum arch)i;
		if (arch_info(*out)->audit_arch == audit_arch)
			return true;
	}
	return false;
}

static enum finding run_filter(const struct judge *judge, const struct writ_fmt_filter *filter,
			       const struct search *search, struct program *program)
{
	int number;

	if (!find_arch(filter->audit_arch, &program->arch))
		return NO_SUCH_CALL;
	number = syscall_number(search->call->name, program->arch);
	if (number < 0)
		return NO_SUCH_CALL;
	program->asks = false;
	program->insns = BUNDLE_AT(&judge->image, INSNS, insn, filter->insns.first);
	program->data = (struct seccomp_data){.nr = number, .arch = filter->audit_arch};
	return run(search, program);
}

static struct str refusal_text(struct arena *arena, uint32_t verdict)
{
	const char *name = errno_name((int)(verdict & SECCOMP_RET_DATA));

	if ((verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return STR("the process is killed");
	if (!name)
		return str_printf(arena, "it fails with error %u", verdict & SECCOMP_RET_DATA);
	return str_printf(arena, "it fails with %s", name);
}

static struct judgement sum_up(struct arena *arena, const bool seen[N_FINDINGS], uint32_t refusal)
{
	if (seen[NOT_KNOWN])
		return (struct judgement){.why = STR("it has too many conditions to be sure")};
	if (seen[PASSES] + seen[ASKS] + seen[REFUSED] > 1)
		return (struct judgement){.why = STR("architectures differ in it")};
	if (seen[PASSES])
		return judge_allowed(JUDGE_NONE, 0, STR("the filter lets it pass"));
	if (seen[ASKS])
		return (struct judgement){.asked = true, .why = STR("a supervisor is asked")};
	if (seen[REFUSED])
		return judge_refused(JUDGE_NONE, 0, refusal_text(arena, refusal));
	return judge_refused(JUDGE_NONE, 0, STR("no architecture has it"));
}

struct judgement judge_call(const struct judge *judge, uint32_t sandbox,
			    const struct judge_call *call)
{
	const struct writ_fmt_sandbox *box = BUNDLE_AT(&judge->image, SANDBOXES, sandbox, sandbox);
	struct search search = {.arena = judge->arena, .call = call, .complete = true};
	struct program program = {
		.box = &judge->ir->sandboxes.items[sandbox],
		.is_made = (box->plan & WRIT_PLAN_BROKER && call_is_mediated(call->name)) ||
			   (box->plan & WRIT_PLAN_NETWORK && call_is_gated(call->name)),
	};
	bool seen[N_FINDINGS] = {false};

	prepare(&search, &judge->ir->sandboxes.items[sandbox]);
	for (uint32_t i = 0; i < box->filters.count; i++) {
		const struct writ_fmt_filter *filter = BUNDLE_AT(&judge->image, FILTERS, filter,
								 box->filters.first + i);

		seen[run_filter(judge, filter, &search, &program)] = true;
	}
	return sum_up(judge->arena, seen, program.refusal);
}
