/*
 * Decision graphs over the words of arguments.
 *
 * The tests of all rules on one word, under one mask, cut its values into regions. In a region
 * those tests are decided: what is left of the rules is a shorter list, made into a node the same
 * way, and a search tree leads to the nodes of the regions. Equal lists are made once, so regions
 * that differ in nothing are one again. Which word comes first matters; each is tried at the top.
 * The plain chain of conditions (seccomp_args.c) is a candidate too: it is what remains when the
 * rules are such that regions multiply.
 */
#include "backend/seccomp_regions.h"

#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

#include "backend/seccomp_args.h"

/* Tests and ways of search trees looked at while one graph is made, and nodes made, before it is
 * given up. */
#define MAX_WORK  (1u << 22)
#define MAX_WAYS  (1u << 24)
#define MAX_NODES (1u << 14)
#define MAX_KEYS  6u /* words that are tried at the top */

/* What tests look at. */
struct key {
	uint32_t offset;
	uint32_t mask;
};

VEC_TYPE(cuts, uint32_t);

struct maker {
	struct bpf_graph *graph;
	struct arena *scratch;
	const struct arg_plan *plan;
	struct map made; /* lists of rules that have a node */
	uint64_t ways;
	uint32_t work;
	uint32_t nodes;
};

/* Samples that get to a place, by index. */
struct reach {
	const uint32_t *items;
	size_t n;
};

static uint32_t word_of(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

/* ---- lists of rules ---- */

static bool is_equal_rule(const struct word_rule *a, const struct word_rule *b)
{
	return a->node == b->node && a->n == b->n &&
	       (!a->n || memcmp(a->tests, b->tests, a->n * sizeof(*a->tests)) == 0);
}

/* Leaves out what can't decide: repeated rules, and the last ones that say what comes behind. */
static void simplify(struct word_rules *rules)
{
	struct word_rule last;

	if (rules->n > 1 && is_equal_rule(&rules->items[rules->n - 1], &rules->items[rules->n - 2]))
		rules->n--;
	last = rules->items[rules->n - 1];
	while (rules->n > 1 && rules->items[rules->n - 2].node == last.node)
		rules->n--;
	rules->items[rules->n - 1] = last;
}

static void add_distinct(struct arena *arena, struct word_rules *rules, struct word_rule rule)
{
	/* Repetitions stand next to each other: they come from neighbouring alternatives. */
	if (!rules->n || !is_equal_rule(&rules->items[rules->n - 1], &rule))
		vec_add(arena, rules, rule);
}

static struct str rules_key(struct arena *arena, const struct word_rules *rules)
{
	size_t size = 0, at = 0;
	char *bytes;

	for (size_t i = 0; i < rules->n; i++)
		size += 2 * sizeof(uint32_t) + rules->items[i].n * sizeof(struct word_test);
	bytes = arena_alloc(arena, size);
	for (size_t i = 0; i < rules->n; i++) {
		const struct word_rule *rule = &rules->items[i];
		const uint32_t head[2] = {rule->node, rule->n};

		memcpy(bytes + at, head, sizeof(head));
		at += sizeof(head);
		if (rule->n)
			memcpy(bytes + at, rule->tests, rule->n * sizeof(struct word_test));
		at += rule->n * sizeof(struct word_test);
	}
	return (struct str){bytes, size};
}

/* ---- regions of a word ---- */

static bool has_key(const struct word_test *test, struct key key)
{
	return test->offset == key.offset && test->mask == key.mask;
}

/* A region of one value decides tests under any mask. */
static bool is_decided(const struct word_test *test, struct key key, uint32_t first, uint32_t last)
{
	return has_key(test, key) ||
	       (test->offset == key.offset && key.mask == BPF_NO_MASK && first == last);
}

/* The least value with no bit outside the mask that is not below a value; 0 when there is none. */
static uint32_t round_up(uint32_t value, uint32_t mask)
{
	while (value & ~mask) {
		uint32_t bit = value & ~mask;

		/* The highest bit outside goes, by counting up to where all below it are zero. */
		while (bit & (bit - 1))
			bit &= bit - 1;
		value = (value | (bit - 1)) + 1;
	}
	return value;
}

static int cut_cmp(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void add_cut(struct maker *maker, struct cuts *cuts, uint32_t value, uint32_t mask)
{
	value = round_up(value, mask);
	if (value > 0)
		vec_add(maker->scratch, cuts, value);
}

/* The first values of the regions, from 0. */
static struct cuts find_cuts(struct maker *maker, const struct word_rules *rules, struct key key)
{
	struct cuts cuts = {0};
	size_t n = 0;

	vec_add(maker->scratch, &cuts, 0);
	for (size_t i = 0; i < rules->n; i++) {
		for (uint32_t t = 0; t < rules->items[i].n; t++) {
			const struct word_test *test = &rules->items[i].tests[t];

			if (!has_key(test, key))
				continue;
			add_cut(maker, &cuts, test->first, key.mask);
			if (test->last < key.mask)
				add_cut(maker, &cuts, test->last + 1, key.mask);
		}
	}
	qsort(cuts.items, cuts.n, sizeof(*cuts.items), cut_cmp);
	for (size_t i = 0; i < cuts.n; i++) {
		if (!n || cuts.items[n - 1] != cuts.items[i])
			cuts.items[n++] = cuts.items[i];
	}
	cuts.n = n;
	return cuts;
}

/* What is left of a rule in a region; false when it can't match there. */
static bool reduce_rule(struct maker *maker, const struct word_rule *rule, struct key key,
			const uint32_t region[2], struct word_rule *out)
{
	struct word_test *tests = NULL;
	uint32_t n = 0;

	for (uint32_t t = 0; t < rule->n; t++) {
		const struct word_test *test = &rule->tests[t];
		bool decided = is_decided(test, key, region[0], region[1]);

		maker->work++;
		if (decided && !word_test_holds(test, region[0]))
			return false;
		if (decided)
			continue;
		if (!tests)
			tests = arena_alloc(maker->scratch, rule->n * sizeof(*tests));
		tests[n++] = *test;
	}
	*out = (struct word_rule){rule->node, n, tests};
	return true;
}

/* What is left of all rules: up to the first that always holds, as the last one does. */
static struct word_rules reduce(struct maker *maker, const struct word_rules *rules, struct key key,
				const uint32_t region[2])
{
	struct word_rules out = {0};
	struct word_rule left = rules->items[rules->n - 1];

	for (size_t i = 0; i + 1 < rules->n; i++) {
		struct word_rule next;

		maker->work++;
		if (!reduce_rule(maker, &rules->items[i], key, region, &next))
			continue;
		if (next.n == 0) {
			left = next;
			break;
		}
		add_distinct(maker->scratch, &out, next);
	}
	add_distinct(maker->scratch, &out, left);
	simplify(&out);
	return out;
}

static struct reach reach_region(struct maker *maker, struct reach reach, struct key key,
				 const uint32_t region[2])
{
	uint32_t *items = arena_alloc(maker->scratch, reach.n * sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; i < reach.n; i++) {
		const struct arg_sample *sample = &maker->plan->samples[reach.items[i]];
		uint32_t value = word_of(&sample->data, key.offset) & key.mask;

		if (region[0] <= value && value <= region[1])
			items[n++] = reach.items[i];
	}
	return (struct reach){items, n};
}

static uint64_t weight_of(const struct maker *maker, struct reach reach)
{
	uint64_t weight = 1; /* so that among equals the shallow wins */

	for (size_t i = 0; i < reach.n; i++)
		weight += maker->plan->samples[reach.items[i]].weight;
	return weight;
}

/* ---- nodes ---- */

/* The key of most tests, of equals the one that comes first. */
static struct key choose_key(const struct word_rules *rules)
{
	struct key best = {0, 0};
	size_t most = 0;

	for (size_t i = 0; i < rules->n && i < 64; i++) {
		for (uint32_t t = 0; t < rules->items[i].n; t++) {
			const struct word_test *test = &rules->items[i].tests[t];
			struct key key = {test->offset, test->mask};
			size_t n = 0;

			for (size_t j = 0; j < rules->n && j < 64; j++) {
				for (uint32_t u = 0; u < rules->items[j].n; u++)
					n += has_key(&rules->items[j].tests[u], key);
			}
			if (n > most) {
				most = n;
				best = key;
			}
		}
	}
	return best;
}

static uint32_t lowest_bit(uint32_t mask)
{
	return mask & (~mask + 1);
}

/* Runs under a mask: where zero is all that differs, one test needs no AND. */
static uint32_t masked_node(struct maker *maker, const struct tree_run *runs, size_t n,
			    struct key key)
{
	struct bpf_graph *graph = maker->graph;
	uint32_t low, high;

	if (n == 2 && runs[1].first == lowest_bit(key.mask)) {
		low = bpf_enter(graph, key.offset, BPF_NO_MASK, runs[0].node);
		high = bpf_enter(graph, key.offset, BPF_NO_MASK, runs[1].node);
		return bpf_jump(graph, BPF_JSET, key.mask, high, low);
	}
	return bpf_and(graph, key.mask, tree_build(graph, runs, n, &maker->plan->prices));
}

static uint32_t runs_node(struct maker *maker, struct tree_run *runs, size_t n, struct key key)
{
	uint32_t node;

	if (n == 1)
		return runs[0].node;
	maker->ways += tree_work(n);
	if (key.mask != BPF_NO_MASK) {
		node = masked_node(maker, runs, n, key);
	} else {
		for (size_t i = 0; i < n; i++)
			runs[i].node = bpf_enter(maker->graph, key.offset, BPF_NO_MASK,
						 runs[i].node);
		node = tree_build(maker->graph, runs, n, &maker->plan->prices);
	}
	return bpf_load(maker->graph, key.offset, node);
}

static void add_run(struct tree_run *runs, size_t *n, struct tree_run run)
{
	struct tree_run *before = *n ? &runs[*n - 1] : NULL;

	if (before && before->node == run.node) {
		before->weight += run.weight;
		before->single = false;
		return;
	}
	runs[(*n)++] = run;
}

static bool is_spent(const struct maker *maker)
{
	return maker->work > MAX_WORK || maker->ways > MAX_WAYS || maker->nodes > MAX_NODES;
}

/* The node of rules that have been met before, or that are down to a verdict. */
static bool is_made(const struct maker *maker, const struct word_rules *rules, struct str name,
		    uint32_t *node)
{
	if (rules->items[0].n > 0)
		return map_get(&maker->made, name, node);
	*node = rules->items[0].node;
	return true;
}

/*
 * The node that decides as the rules do, by testing a word first. The depth is bounded: each step
 * leaves one word under one mask less.
 */
static uint32_t node_by(struct maker *maker, /* NOLINT(misc-no-recursion) */
			const struct word_rules *rules, struct reach reach, struct key key)
{
	struct cuts cuts = find_cuts(maker, rules, key);
	struct tree_run *runs = arena_alloc(maker->scratch, cuts.n * sizeof(*runs));
	size_t n = 0;

	for (size_t i = 0; i < cuts.n && !is_spent(maker); i++) {
		uint32_t next = i + 1 < cuts.n ? cuts.items[i + 1] : 0;
		const uint32_t region[2] = {cuts.items[i], next ? next - 1 : key.mask};
		struct word_rules left = reduce(maker, rules, key, region);
		struct reach there = reach_region(maker, reach, key, region);
		struct str name = rules_key(maker->scratch, &left);
		uint32_t node;

		if (!is_made(maker, &left, name, &node)) {
			node = node_by(maker, &left, there, choose_key(&left));
			map_put(maker->scratch, &maker->made, name, node);
			maker->nodes++;
		}
		add_run(runs, &n,
			(struct tree_run){
				.first = region[0],
				.node = node,
				.weight = weight_of(maker, there),
				.single = round_up(region[0] + 1, key.mask) == next,
			});
	}
	if (is_spent(maker))
		return rules->items[0].node;
	return runs_node(maker, runs, n, key);
}

/* ---- candidates ---- */

struct choice {
	uint32_t node;
	uint64_t cost;
};

/* How many instructions a call executes from a node on. */
static uint32_t count_steps(const struct bpf_graph *graph, uint32_t index,
			    const struct seccomp_data *data)
{
	const struct bpf_node *node = &graph->nodes.items[index];
	uint32_t steps = 1, value = 0;

	for (; BPF_CLASS(node->code) != BPF_RET; node = &graph->nodes.items[index], steps++) {
		uint16_t op = BPF_OP(node->code);
		bool yes = (op == BPF_JEQ && value == node->k) ||
			   (op == BPF_JGT && value > node->k) ||
			   (op == BPF_JGE && value >= node->k) ||
			   (op == BPF_JSET && (value & node->k));

		if (BPF_CLASS(node->code) == BPF_LD)
			value = word_of(data, node->k);
		else if (BPF_CLASS(node->code) == BPF_ALU)
			value &= node->k;
		index = yes ? node->yes : node->no;
	}
	return steps;
}

static void offer(struct bpf_graph *graph, const struct arg_plan *plan, struct choice *best,
		  uint32_t node)
{
	uint64_t cost = plan->prices.insn * bpf_size(graph, node) +
			plan->prices.worst * bpf_depth(graph, node);

	for (size_t i = 0; i < plan->n_samples; i++)
		cost += plan->samples[i].weight * count_steps(graph, node, &plan->samples[i].data);
	if (cost < best->cost)
		*best = (struct choice){node, cost};
}

static size_t find_keys(const struct word_rules *rules, struct key keys[MAX_KEYS])
{
	size_t n = 0;

	for (size_t i = 0; i < rules->n; i++) {
		for (uint32_t t = 0; t < rules->items[i].n; t++) {
			const struct word_test *test = &rules->items[i].tests[t];
			size_t k = 0;

			while (k < n && !has_key(test, keys[k]))
				k++;
			if (k == MAX_KEYS)
				return n;
			if (k == n)
				keys[n++] = (struct key){test->offset, test->mask};
		}
	}
	return n;
}

static void offer_graphs(struct bpf_graph *graph, const struct arg_plan *plan,
			 const struct word_rules *rules, struct choice *best)
{
	struct key keys[MAX_KEYS];
	size_t n = find_keys(rules, keys);

	for (size_t k = 0; k < n; k++) {
		struct arena scratch;
		struct maker maker = {.graph = graph, .scratch = &scratch, .plan = plan};
		uint32_t *all, node;

		arena_init(&scratch);
		all = arena_alloc(&scratch, plan->n_samples * sizeof(*all));
		for (size_t i = 0; i < plan->n_samples; i++)
			all[i] = (uint32_t)i;
		node = node_by(&maker, rules, (struct reach){all, plan->n_samples}, keys[k]);
		if (!is_spent(&maker))
			offer(graph, plan, best, node);
		arena_fini(&scratch);
	}
}

static uint32_t chain_node(struct bpf_graph *graph, const struct arg_plan *plan)
{
	uint32_t node = plan->rules[plan->n - 1].node;

	for (size_t i = plan->n - 1; i > 0; i--)
		node = seccomp_conds(graph, plan->rules[i - 1].conds, plan->rules[i - 1].n_conds,
				     plan->rules[i - 1].node, node);
	return node;
}

uint32_t seccomp_regions(struct bpf_graph *graph, const struct arg_plan *plan)
{
	struct choice best = {.cost = UINT64_MAX};
	struct word_rules rules = {0};
	struct arena scratch;

	offer(graph, plan, &best, chain_node(graph, plan));
	arena_init(&scratch);
	if (plan->n > 1 && word_rules_make(&scratch, plan->rules, plan->n, &rules)) {
		size_t n;

		simplify(&rules);
		offer_graphs(graph, plan, &rules, &best);
		n = rules.n;
		word_rules_fold(&scratch, &rules);
		if (rules.n < n)
			offer_graphs(graph, plan, &rules, &best);
	}
	arena_fini(&scratch);
	return best.node;
}
