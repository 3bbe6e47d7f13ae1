/*
 * The planner of filters: which node answers which number, and what that costs.
 *
 * Every number is given the node that decides it: a plain verdict, or a graph of argument tests
 * (seccomp_regions.c) of the rules in the order kill, errno, notify, log, allow. Equal decisions
 * are one node, so neighbouring numbers with the same node form a run; numbers that no name is
 * known for and the x32 range are runs like any other. A search tree (seccomp_tree.c) finds the
 * run.
 *
 * What is cheap is measured in time. A filter is executed in two places. When it is installed the
 * kernel simulates it for every number, to learn which calls it allows whatever their arguments are
 * (seccomp_cache_prepare in kernel/seccomp.c), and translates every instruction. Later it is run
 * for the calls that are not among those. That simulation gives up at instructions that are not
 * loads, AND, jumps or a return, so there are no others.
 */
#include "backend/seccomp.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <stddef.h>

#include "backend/seccomp_args.h"
#include "backend/seccomp_regions.h"
#include "ir/ir_plan.h"

/* Numbers that a kernel simulates: its own, some of them newer than the table. */
#define SIMULATED 480u

/* Calls that a process is taken to make, cached ones and others, for each filter it installs. */
#define CALLS_PER_INSTALL 50000u

/* Sixteenths of a nanosecond, as measured on a kernel that translates filters to machine code. */
#define PRICE_SIMULATED 56u /* a step of the simulation of one number */
#define PRICE_EXECUTED  9u  /* a step of a call */
#define PRICE_INSN                                                                                 \
	10000u /* an instruction: twice its translation and more, for memory is not free */
/* A step of the longest path: no time, but what keeps the worst call near the others. */
#define PRICE_WORST 12480u

/* When only size counts: more than all steps together can cost. */
#define PRICE_INSN_SMALL ((uint64_t)1 << 36)

struct planner {
	struct bpf_graph graph;
	const struct ir_sandbox *sandbox;
	enum arch arch;
	const struct profile *profile;
	struct tree_prices prices;
	VEC(struct tree_run) runs;
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
	case IR_CALL_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
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

	for (size_t i = ir_first_call(sandbox, deciding->name); i < sandbox->calls.n; i++) {
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

/* How a call's samples weigh, all samples of the profile being CALLS_PER_INSTALL calls. */
static uint64_t sample_weight(const struct planner *planner, const struct profile_sample *sample)
{
	return sample->count * CALLS_PER_INSTALL * PRICE_EXECUTED / planner->profile->total;
}

static struct arg_sample *find_samples(struct planner *planner, struct str name, size_t *n)
{
	size_t first = profile_find(planner->profile, name, n);
	struct arg_sample *samples = arena_alloc(planner->graph.arena, *n * sizeof(*samples));

	for (size_t i = 0; i < *n; i++) {
		const struct profile_sample *sample = &planner->profile->samples.items[first + i];

		samples[i].weight = sample_weight(planner, sample);
		for (unsigned arg = 0; arg < 6; arg++)
			samples[i].data.args[arg] = sample->args[arg];
	}
	return samples;
}

/* The node of a call's rules; in *weight what a step on the way to it costs at run time. */
static uint32_t rules_node(struct planner *planner, const struct deciding *deciding,
			   uint32_t otherwise, uint64_t *weight)
{
	struct arena *arena = planner->graph.arena;
	size_t n = deciding->rules.n;
	struct arg_rule *rules = arena_alloc(arena, (n + 1) * sizeof(*rules));
	struct arg_plan plan = {.rules = rules, .n = n + 1, .prices = planner->prices};
	uint32_t node;

	for (size_t i = 0; i < n; i++) {
		const struct ir_call *rule =
			&planner->sandbox->calls.items[deciding->rules.items[i]];

		rules[i] = (struct arg_rule){bpf_return(&planner->graph, rule_action(rule)),
					     rule->n_conds, rule->conds};
	}
	rules[n] = (struct arg_rule){otherwise, 0, NULL};
	plan.samples = find_samples(planner, deciding->name, &plan.n_samples);
	node = seccomp_regions(&planner->graph, &plan);
	*weight = 0;
	/* What is allowed whatever its arguments are, the kernel remembers. */
	for (size_t i = 0; i < plan.n_samples; i++) {
		if (node != bpf_return(&planner->graph, SECCOMP_RET_ALLOW))
			*weight += plan.samples[i].weight;
	}
	return node;
}

/* The node that decides one number. */
static uint32_t decide_number(struct planner *planner, uint32_t number, uint64_t *weight)
{
	static const enum ir_call_verdict strictest_first[] = {IR_CALL_KILL, IR_CALL_ERRNO,
							       IR_CALL_NOTIFY, IR_CALL_LOG,
							       IR_CALL_ALLOW};
	struct deciding deciding = {.name = syscall_name(planner->arch, number)};
	bool is_clone3;

	*weight = 0;
	if (!deciding.name.ptr)
		return bpf_return(&planner->graph, errno_action(ENOSYS));
	for (size_t i = 0; i < sizeof(strictest_first) / sizeof(strictest_first[0]); i++) {
		if (add_rules(planner, &deciding, strictest_first[i]))
			break;
	}
	/* clone3's flags are out of a filter's sight; ENOSYS makes libc use clone instead. */
	is_clone3 = str_eq(deciding.name, STR("clone3"));
	return rules_node(planner, &deciding,
			  bpf_return(&planner->graph, errno_action(is_clone3 ? ENOSYS : EPERM)),
			  weight);
}

static void add_run(struct planner *planner, uint32_t first, uint32_t node, uint64_t weight)
{
	struct tree_run *last = planner->runs.n ? &planner->runs.items[planner->runs.n - 1] : NULL;

	if (last && last->node == node) {
		last->weight += weight;
		last->single = false;
		return;
	}
	vec_add(planner->graph.arena, &planner->runs,
		((struct tree_run){first, node, weight, true}));
}

static void plan_runs(struct planner *planner)
{
	uint32_t limit = syscall_limit(planner->arch);
	uint32_t x32_bit = arch_info(planner->arch)->x32_bit;
	uint32_t beyond = SIMULATED > limit ? SIMULATED - limit : 0;

	for (uint32_t number = 0; number < limit; number++) {
		uint64_t weight;
		uint32_t node = decide_number(planner, number, &weight);

		add_run(planner, number, node, weight + PRICE_SIMULATED);
	}
	add_run(planner, limit, bpf_return(&planner->graph, errno_action(ENOSYS)),
		(uint64_t)beyond * PRICE_SIMULATED);
	planner->runs.items[planner->runs.n - 1].single = false;
	if (!x32_bit)
		return;
	add_run(planner, x32_bit, bpf_return(&planner->graph, SECCOMP_RET_KILL_PROCESS), 0);
	planner->runs.items[planner->runs.n - 1].single = false;
}

static void add_heaviest(struct seccomp_filter *out, struct str call, uint32_t insns)
{
	for (size_t i = 0; i < SECCOMP_HEAVIEST; i++) {
		struct str other = out->heaviest[i].call;
		uint32_t others = out->heaviest[i].insns;

		if (insns <= others)
			continue;
		out->heaviest[i].call = call;
		out->heaviest[i].insns = insns;
		call = other;
		insns = others;
	}
}

static void find_heaviest(struct planner *planner, struct seccomp_filter *out)
{
	for (size_t i = 0; i < planner->runs.n; i++) {
		const struct tree_run *run = &planner->runs.items[i];

		add_heaviest(out, syscall_name(planner->arch, run->first),
			     bpf_size(&planner->graph, run->node));
	}
}

void seccomp_plan(struct arena *arena, const struct ir_sandbox *sandbox, enum arch arch,
		  const struct seccomp_options *options, struct seccomp_filter *out)
{
	struct planner planner = {.graph = {.arena = arena},
				  .sandbox = ir_plan_enforced(arena, sandbox),
				  .arch = arch,
				  .profile = options->profile ? options->profile
							      : profile_default(),
				  .prices = {.insn = PRICE_INSN, .worst = PRICE_WORST}};
	struct bpf_graph *graph = &planner.graph;
	uint32_t kill, root;

	if (options->small)
		planner.prices = (struct tree_prices){.insn = PRICE_INSN_SMALL};
	planner.prices.memo = options->memo;
	*out = (struct seccomp_filter){.too_long = false};
	plan_runs(&planner);
	root = tree_build(graph, planner.runs.items, planner.runs.n, &planner.prices);
	root = bpf_load(graph, offsetof(struct seccomp_data, nr), root);
	/* The architecture first: numbers mean nothing without it (seccomp(2), Caveats). */
	kill = bpf_return(graph, SECCOMP_RET_KILL_PROCESS);
	root = bpf_jump(graph, BPF_JEQ, arch_info(arch)->audit_arch, root, kill);
	root = bpf_load(graph, offsetof(struct seccomp_data, arch), root);
	out->too_long = bpf_emit(graph, root, &out->program);
	if (out->too_long)
		find_heaviest(&planner, out);
}

int seccomp_assemble(struct arena *arena, const struct ir_sandbox *sandbox, enum arch arch,
		     struct bpf_program *out)
{
	const struct seccomp_options options = {.profile = NULL};
	struct seccomp_filter filter;

	seccomp_plan(arena, sandbox, arch, &options, &filter);
	if (filter.too_long)
		return -1;
	*out = filter.program;
	return 0;
}
