/*
 * The program is run, on calls chosen from the rules: for every number, each rule's conditions are
 * first made to hold, and then each argument in turn is moved over all values near a constant that
 * some rule of that call compares it with: the constant, one less, one more, its bits outside and
 * inside a mask, zero, all ones, each also with a dirty upper half; and all that with the bits that
 * the rule does not look at clear, and set. A call that has so many conditions that all of this
 * would take seconds is given every value and every rule, but not every value beside every rule.
 */
#include "support/filter_judge.h"

#include <linux/audit.h>

#include "base/map.h"
#include "ir/ir_plan.h"
#include "verify/bpf_run.h"

/* Numbers are tested from 0 to here: past the end of every architecture's table. */
#define LAST_NUMBER 1023u

#define UPPER_GARBAGE 0xdeadbeef00000000u

/* Rules looked at for one call, all runs together: from here on values are left out. */
#define MAX_WORK (1u << 23)

struct value_list {
	VEC(uint64_t) values;
	struct map known;
};

/* A call whose argument "moved" takes all values in turn; what it is itself does not matter. */
struct context {
	uint64_t args[6];
	uint64_t moved;
};

VEC_TYPE(contexts, struct context);

struct check {
	struct arena *arena;
	const struct ir_sandbox *sandbox;
	struct ir_sandbox rules; /* the rules of the call that is being checked, and nothing else */
	enum arch arch;
	const struct writ_fmt_insn *insns;
	struct str wrong;
};

/* Pairs of constants that are tried in the two halves of one argument. */
#define MAX_PAIRS 4096u

/* Edge numbers beyond the table, on each side of the x32 bit and of the sign. */
static const uint32_t edge_numbers[] = {
	1024,       0x3fffffff, 0x40000000, 0x40000001, 0x40000000 + 59, 0x7fffffff,
	0x80000000, 0x80000001, 0xbfffffff, 0xc0000000, 0xfffffffe,      0xffffffff,
};

/* i386 is what int 0x80 calls come as; the last is nobody's. */
static const uint32_t audit_archs[] = {AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_X86_64,
				       AUDIT_ARCH_AARCH64, 0};

static void fail(struct check *check, const struct seccomp_data *data)
{
	const __u64 *args = data->args; /* unsigned long long everywhere */

	if (check->wrong.len > 0)
		return;
	check->wrong = str_printf(check->arena,
				  "arch %#x, number %d, arguments %#llx %#llx %#llx %#llx %#llx "
				  "%#llx",
				  data->arch, data->nr, args[0], args[1], args[2], args[3], args[4],
				  args[5]);
}

static void expect(struct check *check, const struct seccomp_data *data, uint32_t want)
{
	if (bpf_run(check->insns, data, NULL) != want)
		fail(check, data);
}

static void expect_like_ir(struct check *check, uint32_t number, const uint64_t args[6])
{
	struct seccomp_data data = {.nr = (int)number, .arch = arch_info(check->arch)->audit_arch};

	for (unsigned i = 0; i < 6; i++)
		data.args[i] = args[i];
	expect(check, &data, ir_call_verdict(&check->rules, check->arch, number, args));
}

/* A value for which the condition holds, as far as this condition alone can tell. */
static uint64_t holding_value(const struct call_cond *cond)
{
	switch (cond->op) {
	case COND_EQ:
	case COND_LE:
	case COND_GE:
	case COND_MASKED_EQ:
		return cond->value;
	case COND_LT:
		return cond->value - 1;
	case COND_NE:
	case COND_GT:
		return cond->value + 1;
	case COND_MASKED_NE:
		return ~cond->value & cond->mask;
	}
	return cond->value;
}

/* Adds a key of this many bytes; false when it was there already. */
static bool is_new(struct arena *arena, struct map *known, const void *bytes, size_t size)
{
	struct str key = {bytes, size};

	return !map_get(known, key, NULL) &&
	       map_put(arena, known, str_copy(arena, key.ptr, key.len), 0);
}

static void add_value(struct arena *arena, struct value_list *list, uint64_t value)
{
	if (is_new(arena, &list->known, &value, sizeof(value)))
		vec_add(arena, &list->values, value);
}

static void near_values(struct arena *arena, const struct call_cond *cond, struct value_list *out)
{
	const uint64_t values[] = {
		cond->value,
		cond->value - 1,
		cond->value + 1,
		cond->value | ~cond->mask,
		cond->value ^ (cond->mask & (~cond->mask + 1)),
		cond->mask,
		~cond->mask,
		cond->value ^ (uint64_t)1 << 32,
		cond->value ^ (uint64_t)1 << 63,
		0,
		UINT64_MAX,
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		add_value(arena, out, values[i]);
		add_value(arena, out, (values[i] & UINT32_MAX) | UPPER_GARBAGE);
	}
}

/*
 * Every constant of the call's rules in the upper half of an argument that is tested whole: code
 * that tested a word it did not load would take it for the argument of that constant. The lower
 * halves are those of that argument's own constants, in turn.
 */
static void mix_values(struct check *check, struct value_list values[6])
{
	struct value_list wide[6] = {0}, all = {0};

	for (size_t i = 0; i < check->rules.calls.n; i++) {
		const struct ir_call *rule = &check->rules.calls.items[i];

		for (uint32_t c = 0; c < rule->n_conds; c++) {
			const struct call_cond *cond = &rule->conds[c];

			add_value(check->arena, &all, cond->value);
			if (cond->is_64)
				add_value(check->arena, &wide[cond->arg], cond->value);
		}
	}
	for (unsigned arg = 0; arg < 6; arg++) {
		size_t n = wide[arg].values.n, pairs = n * all.values.n;

		for (size_t i = 0; n && i < pairs && i < MAX_PAIRS; i++)
			add_value(check->arena, &values[arg],
				  (wide[arg].values.items[i % n] & UINT32_MAX) |
					  all.values.items[(i / n + i % n) % all.values.n] << 32);
	}
}

/*
 * A call that a rule matches, as far as the conditions allow: what they leave open is all zeroes,
 * or all ones, so that rules which look at those bits are seen both matching and not.
 */
static void matching_call(const struct ir_call *rule, bool ones, uint64_t args[6])
{
	for (unsigned i = 0; i < 6; i++)
		args[i] = ones ? UINT64_MAX : 0;
	for (uint32_t c = 0; c < rule->n_conds; c++) {
		const struct call_cond *cond = &rule->conds[c];
		bool masked = cond->op == COND_MASKED_EQ || cond->op == COND_MASKED_NE;

		args[cond->arg] = holding_value(cond) | (ones && masked ? ~cond->mask : 0);
	}
}

/* From a call that a rule matches, each argument that some rule tests is moved once. */
static void add_contexts(struct check *check, const uint64_t base[6],
			 const struct value_list values[6], struct map *known,
			 struct contexts *contexts)
{
	for (unsigned arg = 0; arg < 6; arg++) {
		struct context context = {.moved = arg};

		for (unsigned i = 0; i < 6; i++)
			context.args[i] = i == arg ? 0 : base[i];
		if (values[arg].values.n && is_new(check->arena, known, &context, sizeof(context)))
			vec_add(check->arena, contexts, context);
	}
}

/* How many values to go on by, so that the work is bounded: 1 but for very many conditions. */
static size_t stride(const struct check *check, const struct contexts *contexts,
		     const struct value_list values[6])
{
	uint64_t work = 0;

	for (size_t i = 0; i < contexts->n; i++)
		work += values[contexts->items[i].moved].values.n;
	return (size_t)(work * check->rules.calls.n / MAX_WORK) + 1;
}

static void check_contexts(struct check *check, uint32_t number, const struct contexts *contexts,
			   const struct value_list values[6])
{
	size_t step = stride(check, contexts, values);

	for (size_t i = 0; i < contexts->n; i++) {
		struct context context = contexts->items[i];
		const struct value_list *list = &values[context.moved];

		for (size_t v = i % step; v < list->values.n; v += step) {
			context.args[context.moved] = list->values.items[v];
			expect_like_ir(check, number, context.args);
		}
	}
}

static void collect_values(struct check *check, struct value_list values[6])
{
	for (size_t i = 0; i < check->rules.calls.n; i++) {
		const struct ir_call *rule = &check->rules.calls.items[i];

		for (uint32_t c = 0; c < rule->n_conds; c++)
			near_values(check->arena, &rule->conds[c], &values[rule->conds[c].arg]);
	}
}

static void check_rules(struct check *check, uint32_t number)
{
	struct value_list values[6] = {0};
	struct contexts contexts = {0};
	struct map known = {0};

	collect_values(check, values);
	mix_values(check, values);
	for (size_t i = 0; i < 2 * check->rules.calls.n; i++) {
		const struct ir_call *rule = &check->rules.calls.items[i / 2];
		uint64_t base[6];

		if (rule->n_conds == 0)
			continue;
		matching_call(rule, i % 2, base);
		expect_like_ir(check, number, base);
		add_contexts(check, base, values, &known, &contexts);
	}
	check_contexts(check, number, &contexts, values);
}

/* Rules are sorted by name. */
static size_t first_rule(const struct ir_sandbox *sandbox, struct str name)
{
	size_t low = 0, high = sandbox->calls.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (str_cmp(sandbox->calls.items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void select_rules(struct check *check, struct str name)
{
	const struct ir_sandbox *sandbox = check->sandbox;

	check->rules.calls.n = 0;
	if (!name.ptr)
		return;
	for (size_t i = first_rule(sandbox, name); i < sandbox->calls.n; i++) {
		if (!str_eq(sandbox->calls.items[i].name, name))
			return;
		vec_add(check->arena, &check->rules.calls, sandbox->calls.items[i]);
	}
}

static void check_number(struct check *check, uint32_t number)
{
	static const uint64_t zeros[6] = {0};
	static const uint64_t ones[6] = {UINT64_MAX, UINT64_MAX, UINT64_MAX,
					 UINT64_MAX, UINT64_MAX, UINT64_MAX};

	select_rules(check, syscall_name(check->arch, number));
	expect_like_ir(check, number, zeros);
	expect_like_ir(check, number, ones);
	check_rules(check, number);
}

/* Whatever the number, another architecture's call dies. */
static void check_other_arch(struct check *check, uint32_t number)
{
	struct seccomp_data data = {.nr = (int)number};

	for (size_t i = 0; i < sizeof(audit_archs) / sizeof(audit_archs[0]); i++) {
		data.arch = audit_archs[i];
		if (data.arch != arch_info(check->arch)->audit_arch)
			expect(check, &data, SECCOMP_RET_KILL_PROCESS);
	}
}

struct str judge_filter(struct arena *arena, const struct ir_sandbox *sandbox, enum arch arch,
			const struct writ_fmt_insn *insns)
{
	struct check check = {.arena = arena,
			      .sandbox = ir_plan_enforced(arena, sandbox),
			      .arch = arch,
			      .insns = insns};

	for (uint32_t number = 0; number <= LAST_NUMBER; number++) {
		check_number(&check, number);
		check_other_arch(&check, number);
	}
	for (size_t i = 0; i < sizeof(edge_numbers) / sizeof(edge_numbers[0]); i++) {
		check_number(&check, edge_numbers[i]);
		check_other_arch(&check, edge_numbers[i]);
	}
	return check.wrong;
}

static bool has_conditions(const struct ir_sandbox *sandbox, struct str name)
{
	for (size_t i = 0; name.ptr && i < sandbox->calls.n; i++) {
		if (str_eq(sandbox->calls.items[i].name, name) && sandbox->calls.items[i].n_conds)
			return true;
	}
	return false;
}

bool judge_is_lean(const struct ir_sandbox *sandbox, enum arch arch,
		   const struct writ_fmt_insn *insns)
{
	for (uint32_t number = 0; number <= LAST_NUMBER; number++) {
		struct seccomp_data data = {.nr = (int)number, .arch = arch_info(arch)->audit_arch};
		struct bpf_trace trace;

		bpf_run(insns, &data, &trace);
		if (trace.reads_args && !has_conditions(sandbox, syscall_name(arch, number)))
			return false;
	}
	return true;
}
