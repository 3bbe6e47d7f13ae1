/*
 * The planner of filters: which node answers which number, and the search tree that gets there.
 *
 * Every number is given the node that decides it: a plain verdict, or a chain of argument tests in
 * the order kill, errno, log, allow. Equal decisions are one node, so neighbouring numbers with the
 * same node form a run. A balanced tree of comparisons finds the run: the kernel executes the
 * filter once for every number when it is installed, so a shallow tree is what makes a launch
 * cheap. Numbers that no name is known for and the x32 range are runs like any other.
 */
#include "backend/seccomp.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <stddef.h>

#include "backend/seccomp_args.h"

/* Exceptions inside a run that are tested one after the other instead of by cutting the run up. */
#define MAX_HOLES 2u

struct run {
	uint32_t first; /* up to the next run's first */
	uint32_t node;
};

struct planner {
	struct bpf_graph graph;
	const struct ir_sandbox *sandbox;
	enum arch arch;
	VEC(struct run) runs;
};

static uint32_t errno_action(unsigned error)
{
	return SECCOMP_RET_ERRNO | (error & SECCOMP_RET_DATA);
}

static uint32_t rule_action(const struct ir_call *rule)
{
	switch (rule->verdict) {
	case IR_CALL_ALLOW:
		return SECCOMP_RET_ALLOW;
	case IR_CALL_LOG:
		return SECCOMP_RET_LOG;
	case IR_CALL_ERRNO:
		return errno_action(rule->error);
	case IR_CALL_KILL:
		return SECCOMP_RET_KILL_PROCESS;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

static uint32_t rule_node(struct planner *planner, const struct ir_call *rule, uint32_t otherwise)
{
	uint32_t action = bpf_return(&planner->graph, rule_action(rule));

	return seccomp_conds(&planner->graph, rule->conds, rule->n_conds, action, otherwise);
}

/* The first rule of a call: rules are sorted by name. */
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

static bool holds_index(const struct ir_indices *list, uint32_t index)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->items[i] == index)
			return true;
	}
	return false;
}

/* The rules that can decide a call, and the nodes they make on their own. */
struct deciding {
	struct str name;
	struct ir_indices rules;
	struct ir_indices nodes;
};

/*
 * Adds the call's rules with a verdict, up to one that always holds: then it returns true, for
 * nothing behind it can matter. A repeated rule is recognised by its node and left out.
 */
static bool add_rules(struct planner *planner, struct deciding *deciding,
		      enum ir_call_verdict verdict)
{
	const struct ir_sandbox *sandbox = planner->sandbox;
	struct arena *arena = planner->graph.arena;
	uint32_t otherwise = bpf_return(&planner->graph, SECCOMP_RET_TRAP);

	for (size_t i = first_rule(sandbox, deciding->name); i < sandbox->calls.n; i++) {
		const struct ir_call *rule = &sandbox->calls.items[i];
		uint32_t node;

		if (!str_eq(rule->name, deciding->name))
			break;
		if (rule->verdict != verdict)
			continue;
		node = rule_node(planner, rule, otherwise);
		if (holds_index(&deciding->nodes, node))
			continue;
		/* Each is an instruction at least: nothing more is needed to be too long. */
		if (deciding->rules.n > WRIT_MAX_INSNS)
			return true;
		vec_add(arena, &deciding->nodes, node);
		vec_add(arena, &deciding->rules, (uint32_t)i);
		if (rule->n_conds == 0)
			return true;
	}
	return false;
}

/* The node that decides one number. */
static uint32_t decide_number(struct planner *planner, uint32_t number)
{
	static const enum ir_call_verdict strictest_first[] = {IR_CALL_KILL, IR_CALL_ERRNO,
							       IR_CALL_LOG, IR_CALL_ALLOW};
	struct deciding deciding = {.name = syscall_name(planner->arch, number)};
	bool is_clone3;
	uint32_t node;

	if (!deciding.name.ptr)
		return bpf_return(&planner->graph, errno_action(ENOSYS));
	for (size_t i = 0; i < sizeof(strictest_first) / sizeof(strictest_first[0]); i++) {
		if (add_rules(planner, &deciding, strictest_first[i]))
			break;
	}
	/* clone3's flags are out of a filter's sight; ENOSYS makes libc use clone instead. */
	is_clone3 = str_eq(deciding.name, STR("clone3"));
	node = bpf_return(&planner->graph, errno_action(is_clone3 ? ENOSYS : EPERM));
	for (size_t i = deciding.rules.n; i > 0; i--)
		node = rule_node(planner,
				 &planner->sandbox->calls.items[deciding.rules.items[i - 1]], node);
	return node;
}

static void add_run(struct planner *planner, uint32_t first, uint32_t node)
{
	struct run *last = planner->runs.n ? &planner->runs.items[planner->runs.n - 1] : NULL;

	if (!last || last->node != node)
		vec_add(planner->graph.arena, &planner->runs, ((struct run){first, node}));
}

static void plan_runs(struct planner *planner)
{
	uint32_t limit = syscall_limit(planner->arch);
	uint32_t x32_bit = arch_info(planner->arch)->x32_bit;

	for (uint32_t number = 0; number < limit; number++)
		add_run(planner, number, decide_number(planner, number));
	add_run(planner, limit, bpf_return(&planner->graph, errno_action(ENOSYS)));
	if (x32_bit)
		add_run(planner, x32_bit, bpf_return(&planner->graph, SECCOMP_RET_KILL_PROCESS));
}

/*
 * Are runs [begin, end) one decision with a few single numbers cut out? around is the parity of the
 * runs that surround the holes.
 */
static bool is_holed(const struct planner *planner, size_t begin, size_t end, size_t around)
{
	const struct run *runs = planner->runs.items;
	size_t holes = 0;

	for (size_t i = begin; i < end; i++) {
		if ((i - begin) % 2 == around) {
			if (runs[i].node != runs[begin + around].node)
				return false;
			continue;
		}
		/* The last run of all has no end, so it is never a hole. */
		if (i + 1 >= planner->runs.n || runs[i + 1].first != runs[i].first + 1)
			return false;
		holes++;
	}
	return holes <= MAX_HOLES;
}

static uint32_t holed_node(struct planner *planner, size_t begin, size_t end, size_t around)
{
	const struct run *runs = planner->runs.items;
	uint32_t node = runs[begin + around].node;

	for (size_t i = begin; i < end; i++) {
		if ((i - begin) % 2 != around)
			node = bpf_jump(&planner->graph, BPF_JEQ, runs[i].first, runs[i].node,
					node);
	}
	return node;
}

/* The tree that tells runs [begin, end) apart; the depth is logarithmic. */
static uint32_t tree_node(struct planner *planner, size_t begin, /* NOLINT(misc-no-recursion) */
			  size_t end)
{
	size_t middle = begin + (end - begin + 1) / 2;
	uint32_t low, high;

	if (end - begin == 1)
		return planner->runs.items[begin].node;
	for (size_t around = 0; around < 2; around++) {
		if (is_holed(planner, begin, end, around))
			return holed_node(planner, begin, end, around);
	}
	low = tree_node(planner, begin, middle);
	high = tree_node(planner, middle, end);
	return bpf_jump(&planner->graph, BPF_JGE, planner->runs.items[middle].first, high, low);
}

int seccomp_assemble(struct arena *arena, const struct ir_sandbox *sandbox, enum arch arch,
		     struct bpf_program *out)
{
	struct planner planner = {.graph = {.arena = arena}, .sandbox = sandbox, .arch = arch};
	struct bpf_graph *graph = &planner.graph;
	uint32_t kill, root;

	plan_runs(&planner);
	root = tree_node(&planner, 0, planner.runs.n);
	root = bpf_load(graph, offsetof(struct seccomp_data, nr), root);
	/* The architecture first: numbers mean nothing without it (seccomp(2), Caveats). */
	kill = bpf_return(graph, SECCOMP_RET_KILL_PROCESS);
	root = bpf_jump(graph, BPF_JEQ, arch_info(arch)->audit_arch, root, kill);
	root = bpf_load(graph, offsetof(struct seccomp_data, arch), root);
	return bpf_emit(graph, root, out);
}
