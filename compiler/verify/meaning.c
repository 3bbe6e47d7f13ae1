/*
 * The rules, read as they are written in the IR: from the weakest to the strictest, each is put
 * before what was there, for the inputs where all its conditions hold.
 *
 * So the strictest rule that holds decides, and of refusals the first; under all of them is EPERM,
 * or ENOSYS for clone3. Around the calls come the numbers that no name is known for (ENOSYS), those
 * of x32, and every other architecture (both are killed). Nothing here is shared with the back end,
 * and the order of rules of different calls does not matter. ir_call_verdict says the same for one
 * input at a time.
 */
#include "verify/meaning.h"

#include <errno.h>
#include <linux/seccomp.h>

#include "base/map.h"

#define NUMBER_BITS 32u

/* Registers of a diagram, as of struct seccomp_data. */
#define REGISTER_CALL 0u /* the number below, the architecture above */
#define REGISTER_ARGS 2u

/* A call that has rules. */
struct call {
	struct str name;
	uint32_t function;
	uint32_t work;
};

struct meaning {
	struct diagram *diagram;
	const struct ir_sandbox *sandbox;
	enum arch arch;
	struct map names; /* to an index in calls */
	VEC(struct call) calls;
};

static uint32_t refusal(unsigned error)
{
	return SECCOMP_RET_ERRNO | (error & SECCOMP_RET_DATA);
}

static uint32_t otherwise(struct str name)
{
	return refusal(str_eq_cstr(name, "clone3") ? ENOSYS : EPERM);
}

static uint32_t result_of(const struct ir_call *rule)
{
	switch (rule->verdict) {
	case IR_CALL_ALLOW:
		return SECCOMP_RET_ALLOW;
	case IR_CALL_LOG:
		return SECCOMP_RET_LOG;
	case IR_CALL_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	case IR_CALL_ERRNO:
		return refusal(rule->error);
	case IR_CALL_KILL:
		break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

/* Where a condition holds. */
static uint32_t cond_function(struct meaning *meaning, const struct call_cond *cond)
{
	static const struct {
		bool masked, below, equal, above;
	} ops[] = {
		[COND_EQ] = {false, false, true, false},
		[COND_NE] = {false, true, false, true},
		[COND_LT] = {false, true, false, false},
		[COND_LE] = {false, true, true, false},
		[COND_GT] = {false, false, false, true},
		[COND_GE] = {false, false, true, true},
		[COND_MASKED_EQ] = {true, false, true, false},
		[COND_MASKED_NE] = {true, true, false, true},
	};
	struct diagram_test test = {
		.reg = REGISTER_ARGS + cond->arg,
		.bits = cond->is_64 ? 64 : 32,
		.mask = ops[cond->op].masked ? cond->mask : UINT64_MAX,
		.value = cond->value,
		.below = ops[cond->op].below,
		.equal = ops[cond->op].equal,
		.above = ops[cond->op].above,
	};

	return diagram_compare(meaning->diagram, &test);
}

static uint32_t rule_function(struct meaning *meaning, const struct ir_call *rule)
{
	uint32_t all = DIAGRAM_TRUE;

	for (uint32_t i = 0; i < rule->n_conds; i++)
		all = diagram_if(meaning->diagram, cond_function(meaning, &rule->conds[i]), all,
				 DIAGRAM_FALSE);
	return all;
}

static struct call *find_call(struct meaning *meaning, struct str name)
{
	struct arena *arena = meaning->diagram->arena;
	uint32_t index = (uint32_t)meaning->calls.n;

	if (map_get(&meaning->names, name, &index))
		return &meaning->calls.items[index];
	map_put(arena, &meaning->names, name, index);
	vec_add(arena, &meaning->calls,
		((struct call){name, diagram_leaf(meaning->diagram, otherwise(name)), 0}));
	return &meaning->calls.items[index];
}

static void put_rule(struct meaning *meaning, const struct ir_call *rule)
{
	struct diagram *diagram = meaning->diagram;
	struct call *call = find_call(meaning, rule->name);
	uint32_t before = diagram->work;

	call->function = diagram_if(diagram, rule_function(meaning, rule),
				    diagram_leaf(diagram, result_of(rule)), call->function);
	call->work += diagram->work - before;
}

static void put_rules(struct meaning *meaning, enum ir_call_verdict verdict)
{
	for (size_t i = meaning->sandbox->calls.n; i-- > 0;) {
		const struct ir_call *rule = &meaning->sandbox->calls.items[i];

		if (rule->verdict == verdict && diagram_work(meaning->diagram, 1))
			put_rule(meaning, rule);
	}
}

static uint32_t number_function(struct meaning *meaning, uint32_t number)
{
	struct str name = syscall_name(meaning->arch, number);
	uint32_t index;

	if (!name.ptr)
		return diagram_leaf(meaning->diagram, refusal(ENOSYS));
	if (!map_get(&meaning->names, name, &index))
		return diagram_leaf(meaning->diagram, otherwise(name));
	return meaning->calls.items[index].function;
}

/* Of the numbers from first on that differ in their last bits only. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static uint32_t numbers_function(struct meaning *meaning, uint32_t first, uint32_t bits)
{
	uint32_t x32 = arch_info(meaning->arch)->x32_bit;
	uint64_t past = (uint64_t)first + ((uint64_t)1 << bits);
	uint32_t bit = diagram_bit(REGISTER_CALL, bits - 1), low, high;

	if (x32 && first >= x32)
		return diagram_leaf(meaning->diagram, SECCOMP_RET_KILL_PROCESS);
	if (first >= syscall_limit(meaning->arch) && (!x32 || past <= x32))
		return diagram_leaf(meaning->diagram, refusal(ENOSYS));
	if (bits == 0)
		return number_function(meaning, first);
	low = numbers_function(meaning, first, bits - 1);
	high = numbers_function(meaning, first + ((uint32_t)1 << (bits - 1)), bits - 1);
	return diagram_branch(meaning->diagram, bit, low, high);
}

static struct str find_dearest(const struct meaning *meaning)
{
	struct call dearest = {.name = {NULL, 0}};

	for (size_t i = 0; i < meaning->calls.n; i++) {
		if (meaning->calls.items[i].work > dearest.work)
			dearest = meaning->calls.items[i];
	}
	return dearest.name;
}

uint32_t meaning_function(struct diagram *diagram, const struct ir_sandbox *sandbox, enum arch arch,
			  struct str *dearest)
{
	static const enum ir_call_verdict weakest_first[] = {IR_CALL_ALLOW, IR_CALL_LOG,
							     IR_CALL_NOTIFY, IR_CALL_ERRNO,
							     IR_CALL_KILL};
	struct meaning meaning = {.diagram = diagram, .sandbox = sandbox, .arch = arch};
	struct diagram_test ours = {.reg = REGISTER_CALL,
				    .shift = NUMBER_BITS,
				    .bits = 32,
				    .mask = UINT64_MAX,
				    .value = arch_info(arch)->audit_arch,
				    .equal = true};
	uint32_t numbers;

	for (size_t i = 0; i < sizeof(weakest_first) / sizeof(weakest_first[0]); i++)
		put_rules(&meaning, weakest_first[i]);
	*dearest = find_dearest(&meaning);
	numbers = numbers_function(&meaning, 0, NUMBER_BITS);
	return diagram_if(diagram, diagram_compare(diagram, &ours), numbers,
			  diagram_leaf(diagram, SECCOMP_RET_KILL_PROCESS));
}
