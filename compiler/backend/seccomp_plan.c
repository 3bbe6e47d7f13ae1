/*
 * The cheapest search tree over runs, by dynamic programming.
 *
 * An interval of runs is told apart in one of two ways: cut in two by "value >= first of a run",
 * or, where all of it is one node but for some single values, by testing these one after the other
 * with "value ==". The cost of a tree is the price of its instructions, and for each run its weight
 * times the number of tests on the way. Costs add up, so the best tree of an interval is made of
 * the best trees of its parts.
 *
 * This is done once for each bound on the longest path (level), and once without a bound. What
 * another step of the longest path costs then decides between the levels. What is decided is
 * written down, to be followed for these runs and for others of the same shape.
 */
#include "backend/seccomp_plan.h"

#include <linux/bpf_common.h>
#include <stdlib.h>

#define MAX_CHAIN 40u              /* values tested one after the other */
#define SPARE     8u               /* levels above the depth of a balanced tree */
#define NEVER     (UINT64_MAX / 8) /* the sum of a few of them is no less */

/* A way to tell an interval apart, beside the run in which it is cut. */
enum { BY_NOTHING, BY_CHAIN, BY_DEEP_CHAIN, BY_CUT };

/* Values tested one after the other, and the node of all others. */
struct chain {
	uint32_t base;
	uint32_t n;
	uint16_t runs[MAX_CHAIN];
};

struct price {
	uint64_t cost;
	uint32_t depth;
};

/* The best tree of every interval, under one bound on the longest path. */
struct level {
	uint64_t *cost;   /* [from][to] */
	uint64_t *mirror; /* the same as [to][from], so that both can be walked along rows */
	uint32_t *way;    /* [from][to]: BY_CUT + the first run of the upper part, or another */
};

struct tree {
	struct bpf_graph *graph;
	const struct tree_run *runs;
	size_t n;
	struct tree_prices prices;
	struct arena *arena;  /* for the plan */
	struct arena scratch; /* for the tables */
	uint64_t *before;     /* weight of all runs before one */
	struct price *chains; /* two for each interval: heaviest first, deepest first */
	struct level *levels; /* the last one has no bound */
	uint32_t n_levels;
};

static size_t interval(const struct tree *tree, size_t from, size_t to)
{
	return from * (tree->n + 1) + to;
}

static uint64_t cost_at(const struct tree *tree, uint32_t level, size_t from, size_t to)
{
	return tree->levels[level].cost[interval(tree, from, to)];
}

static uint64_t weight_of(const struct tree *tree, size_t from, size_t to)
{
	return tree->before[to] - tree->before[from];
}

static uint32_t depth_of(const struct tree *tree, size_t run)
{
	return bpf_depth(tree->graph, tree->runs[run].node);
}

/* ---- chains ---- */

static size_t count_node(const struct tree *tree, size_t from, size_t to, uint32_t node)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += tree->runs[i].node == node;
	return n;
}

/* The node that all runs of more than one value have; where there is none, the most frequent. */
static bool find_base(const struct tree *tree, size_t from, size_t to, uint32_t *base)
{
	size_t most = 0;
	bool found = false;

	*base = tree->runs[from].node;
	for (size_t i = from; i < to; i++) {
		if (tree->runs[i].single)
			continue;
		if (found && tree->runs[i].node != *base)
			return false;
		*base = tree->runs[i].node;
		found = true;
	}
	for (size_t i = from; !found && i < to; i++) {
		size_t n = count_node(tree, from, to, tree->runs[i].node);

		if (n > most) {
			most = n;
			*base = tree->runs[i].node;
		}
	}
	return true;
}

static bool goes_before(const struct tree *tree, bool deepest_first, size_t a, size_t b)
{
	if (deepest_first && depth_of(tree, a) != depth_of(tree, b))
		return depth_of(tree, a) > depth_of(tree, b);
	return tree->runs[a].weight > tree->runs[b].weight;
}

static void chain_insert(const struct tree *tree, struct chain *chain, bool deepest_first, size_t i)
{
	uint32_t at = chain->n++;

	for (; at > 0 && goes_before(tree, deepest_first, i, chain->runs[at - 1]); at--)
		chain->runs[at] = chain->runs[at - 1];
	chain->runs[at] = (uint16_t)i;
}

static struct price chain_price(const struct tree *tree, size_t from, size_t to,
				const struct chain *chain)
{
	uint64_t others = weight_of(tree, from, to);
	struct price price = {.cost = tree->prices.insn * chain->n,
			      .depth = chain->n + bpf_depth(tree->graph, chain->base)};

	for (uint32_t i = 0; i < chain->n; i++) {
		uint32_t depth = i + 1 + depth_of(tree, chain->runs[i]);

		price.cost += tree->runs[chain->runs[i]].weight * (i + 1);
		others -= tree->runs[chain->runs[i]].weight;
		price.depth = depth > price.depth ? depth : price.depth;
	}
	price.cost += others * chain->n;
	return price;
}

/* False when an interval is no chain. */
static bool make_chain(const struct tree *tree, size_t from, size_t to, bool deepest_first,
		       struct chain *chain)
{
	chain->n = 0;
	if (!find_base(tree, from, to, &chain->base) ||
	    to - from - count_node(tree, from, to, chain->base) > MAX_CHAIN)
		return false;
	for (size_t i = from; i < to; i++) {
		if (tree->runs[i].node != chain->base)
			chain_insert(tree, chain, deepest_first, i);
	}
	return true;
}

/* ---- the best tree of every interval ---- */

struct best {
	uint64_t cost;
	uint32_t way;
};

static bool is_bounded(const struct tree *tree, uint32_t level)
{
	return level + 1 < tree->n_levels;
}

static void offer(struct best *best, uint64_t cost, uint32_t way)
{
	if (cost < best->cost)
		*best = (struct best){cost, way};
}

/* A level is the number of instructions that the longest path may have. */
static void offer_chains(const struct tree *tree, uint32_t level, size_t i, struct best *best)
{
	const struct price *chains = &tree->chains[2 * i];

	for (uint32_t order = 0; order < 2; order++) {
		if (!is_bounded(tree, level) || chains[order].depth <= level)
			offer(best, chains[order].cost, BY_CHAIN + order);
	}
}

static void offer_cuts(const struct tree *tree, uint32_t level, size_t from, size_t to,
		       struct best *best)
{
	const struct level *below = &tree->levels[is_bounded(tree, level) ? level - 1 : level];
	const uint64_t *low = &below->cost[interval(tree, from, 0)];
	const uint64_t *high = &below->mirror[interval(tree, to, 0)];
	uint64_t here = tree->prices.insn + weight_of(tree, from, to), least = NEVER;
	size_t best_cut = 0;

	for (size_t cut = from + 1; cut < to; cut++) {
		uint64_t cost = low[cut] + high[cut];

		if (cost < least) {
			least = cost;
			best_cut = cut;
		}
	}
	if (best_cut)
		offer(best, here + least, BY_CUT + (uint32_t)best_cut);
}

static struct best find_best(const struct tree *tree, uint32_t level, size_t from, size_t to)
{
	size_t i = interval(tree, from, to);
	struct best best = {NEVER, BY_NOTHING};

	if (to - from == 1) {
		if (!is_bounded(tree, level) || depth_of(tree, from) <= level)
			best.cost = 0;
		return best;
	}
	if (level == 0 && is_bounded(tree, level))
		return best;
	/* A bound that no longer costs anything never will. */
	if (is_bounded(tree, level) &&
	    tree->levels[level - 1].cost[i] == tree->levels[tree->n_levels - 1].cost[i])
		return (struct best){tree->levels[level - 1].cost[i],
				     tree->levels[level - 1].way[i]};
	offer_chains(tree, level, i, &best);
	offer_cuts(tree, level, from, to, &best);
	return best;
}

static void fill_level(struct tree *tree, uint32_t index)
{
	struct level *level = &tree->levels[index];
	size_t size = (tree->n + 1) * (tree->n + 1);

	level->cost = arena_alloc(&tree->scratch, size * sizeof(*level->cost));
	level->mirror = arena_alloc(&tree->scratch, size * sizeof(*level->mirror));
	level->way = arena_alloc(&tree->scratch, size * sizeof(*level->way));
	for (size_t length = 1; length <= tree->n; length++) {
		for (size_t from = 0; from + length <= tree->n; from++) {
			struct best best = find_best(tree, index, from, from + length);

			level->cost[interval(tree, from, from + length)] = best.cost;
			level->mirror[interval(tree, from + length, from)] = best.cost;
			level->way[interval(tree, from, from + length)] = best.way;
		}
	}
}

static void price_chains(struct tree *tree)
{
	for (size_t from = 0; from < tree->n; from++) {
		for (size_t to = from + 2; to <= tree->n; to++) {
			struct price *prices = &tree->chains[2 * interval(tree, from, to)];
			struct chain chain;

			for (size_t i = 0; i < 2; i++)
				prices[i] = make_chain(tree, from, to, i, &chain)
						    ? chain_price(tree, from, to, &chain)
						    : (struct price){NEVER, 0};
		}
	}
}

static uint32_t balanced_depth(const struct tree *tree)
{
	uint32_t deepest = 0, halvings = 0;

	for (size_t i = 0; i < tree->n; i++)
		deepest = depth_of(tree, i) > deepest ? depth_of(tree, i) : deepest;
	while ((size_t)1 << halvings < tree->n)
		halvings++;
	return deepest + halvings;
}

/* With no level but the one that has no bound when only its cost is asked for. */
static void tree_init(struct tree *tree, const struct tree_run *runs, size_t n, bool cost_only)
{
	tree->runs = runs;
	tree->n = n;
	arena_init(&tree->scratch);
	tree->n_levels = cost_only ? 1 : balanced_depth(tree) + SPARE;
	tree->before = arena_alloc(&tree->scratch, (n + 1) * sizeof(*tree->before));
	tree->chains = arena_alloc(&tree->scratch, 2 * (n + 1) * (n + 1) * sizeof(*tree->chains));
	tree->levels = arena_alloc(&tree->scratch, tree->n_levels * sizeof(*tree->levels));
	for (size_t i = 0; i < n; i++)
		tree->before[i + 1] = tree->before[i] + runs[i].weight;
	price_chains(tree);
	fill_level(tree, tree->n_levels - 1);
}

/* ---- the tree that was chosen ---- */

static uint32_t chain_node(const struct tree *tree, size_t from, size_t to, bool deepest_first)
{
	struct chain chain;
	uint32_t node;

	make_chain(tree, from, to, deepest_first, &chain);
	node = chain.base;
	for (uint32_t i = chain.n; i > 0; i--) {
		const struct tree_run *run = &tree->runs[chain.runs[i - 1]];

		node = bpf_jump(tree->graph, BPF_JEQ, run->first, run->node, node);
	}
	return node;
}

/* A plan that is followed. */
struct walk {
	const struct tree *tree;
	const struct tree_plan *plan;
	size_t at; /* in its ways */
};

/* The depth is bounded by the number of runs. */
static uint32_t make_node(struct walk *walk, size_t from, size_t to) /* NOLINT(misc-no-recursion) */
{
	const struct tree *tree = walk->tree;
	uint32_t way, low, high;

	if (to - from == 1)
		return tree->runs[from].node;
	way = walk->plan->ways.items[walk->at++];
	if (way < BY_CUT)
		return chain_node(tree, from, to, way == BY_DEEP_CHAIN);
	low = make_node(walk, from, way - BY_CUT);
	high = make_node(walk, way - BY_CUT, to);
	return bpf_jump(tree->graph, BPF_JGE, tree->runs[way - BY_CUT].first, high, low);
}

uint32_t tree_plan_follow(const struct tree_input *input, const struct tree_plan *plan)
{
	const struct tree tree = {.graph = input->graph, .runs = input->runs, .n = input->n};
	struct walk walk = {&tree, plan, 0};

	return make_node(&walk, 0, input->n);
}

/* Lists the ways of a level's best tree, and returns the length of its longest path. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static uint32_t list_ways(const struct tree *tree, uint32_t level, size_t from, size_t to,
			  struct tree_plan *plan)
{
	uint32_t below = is_bounded(tree, level) ? level - 1 : level;
	uint32_t way = tree->levels[level].way[interval(tree, from, to)];
	uint32_t low, high;

	if (to - from == 1)
		return depth_of(tree, from);
	vec_add(tree->arena, &plan->ways, way);
	if (way < BY_CUT)
		return tree->chains[2 * interval(tree, from, to) + (way - BY_CHAIN)].depth;
	low = list_ways(tree, below, from, way - BY_CUT, plan);
	high = list_ways(tree, below, way - BY_CUT, to, plan);
	return 1 + (low > high ? low : high);
}

static uint64_t cost_without_bound(const struct tree *tree)
{
	return cost_at(tree, tree->n_levels - 1, 0, tree->n);
}

static void plan_best(struct tree *tree, struct tree_plan *plan)
{
	uint32_t unbounded = tree->n_levels - 1, best = unbounded;
	uint32_t depth = list_ways(tree, unbounded, 0, tree->n, plan);
	uint64_t free = cost_without_bound(tree), cost = NEVER;
	uint64_t least = free + tree->prices.worst * depth;

	/* Until the bound costs nothing: beyond, paths only get longer. */
	for (uint32_t level = 0; tree->prices.worst && level < unbounded && cost > free; level++) {
		fill_level(tree, level);
		cost = cost_at(tree, level, 0, tree->n);
		if (cost + level * tree->prices.worst < least) {
			least = cost + level * tree->prices.worst;
			best = level;
		}
	}
	if (best == unbounded)
		return;
	plan->ways.n = 0;
	list_ways(tree, best, 0, tree->n, plan);
}

uint64_t tree_plan_make(const struct tree_input *input, struct arena *arena, struct tree_plan *plan)
{
	struct tree tree = {.graph = input->graph, .prices = *input->prices, .arena = arena};
	uint64_t cost;

	tree_init(&tree, input->runs, input->n, !plan);
	cost = cost_without_bound(&tree);
	if (plan)
		plan_best(&tree, plan);
	arena_fini(&tree.scratch);
	return cost;
}
