/*
 * Reduced ordered binary decision diagrams with many kinds of leaves, hash-consed.
 *
 * Invariant: no two nodes are equal, no branch has two equal sides, and bits come in one order on
 * every path. Then a function has exactly one node (Bryant 1986), and two that differ are told
 * apart by any path on which their nodes differ. Work is counted, in nodes made and cases split:
 * functions of many bits that depend on each other can be exponentially large, and are then given
 * up rather than built.
 */
#include "verify/diagram.h"

#include <string.h>

#define DIAGRAM_LEAF UINT32_MAX

#define REGISTER_BITS 64u

#define FIRST_SLOTS ((size_t)1 << 13)

/* Results kept are few: to split a case again is cheaper than the memory to remember all. */
#define SLOTS_A_RESULT 8u

static size_t hash(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t mixed = a * 0x9e3779b97f4a7c15u ^ b * 0xbf58476d1ce4e5b9u ^
			 c * 0x94d049bb133111ebu;

	return (size_t)(mixed ^ mixed >> 32);
}

static void allocate(struct diagram *diagram, size_t n_slots)
{
	diagram->n_slots = n_slots;
	diagram->slots = arena_alloc(diagram->arena, n_slots * sizeof(*diagram->slots));
	diagram->n_known = n_slots / SLOTS_A_RESULT;
	diagram->known = arena_alloc(diagram->arena, diagram->n_known * sizeof(*diagram->known));
}

static bool same(const struct diagram_node *a, const struct diagram_node *b)
{
	return a->bit == b->bit && a->low == b->low && a->high == b->high;
}

/* The slot of a node, or the empty one where it would go. */
static uint32_t *find_slot(const struct diagram *diagram, const struct diagram_node *node)
{
	size_t at = hash(node->bit, node->low, node->high);

	for (;; at++) {
		uint32_t *slot = &diagram->slots[at & (diagram->n_slots - 1)];

		if (!*slot || same(&diagram->nodes.items[*slot - 1], node))
			return slot;
	}
}

static void widen(struct diagram *diagram)
{
	allocate(diagram, 2 * diagram->n_slots);
	for (size_t i = 0; i < diagram->nodes.n; i++)
		*find_slot(diagram, &diagram->nodes.items[i]) = (uint32_t)i + 1;
}

bool diagram_work(struct diagram *diagram, uint32_t steps)
{
	uint32_t left = diagram->limit - diagram->work;

	diagram->work += steps < left ? steps : left;
	return steps < left;
}

static uint32_t intern(struct diagram *diagram, struct diagram_node node)
{
	uint32_t *slot = find_slot(diagram, &node);

	if (*slot)
		return *slot - 1;
	if (!diagram_work(diagram, 1))
		return DIAGRAM_FALSE;
	vec_add(diagram->arena, &diagram->nodes, node);
	*slot = (uint32_t)diagram->nodes.n;
	if (2 * diagram->nodes.n > diagram->n_slots)
		widen(diagram);
	return (uint32_t)diagram->nodes.n - 1;
}

void diagram_init(struct diagram *diagram, struct arena *arena, uint32_t limit)
{
	*diagram = (struct diagram){.arena = arena, .limit = limit};
	allocate(diagram, FIRST_SLOTS);
	diagram_leaf(diagram, DIAGRAM_FALSE);
	diagram_leaf(diagram, DIAGRAM_TRUE);
}

uint32_t diagram_leaf(struct diagram *diagram, uint32_t value)
{
	return intern(diagram, (struct diagram_node){DIAGRAM_LEAF, value, value});
}

uint32_t diagram_branch(struct diagram *diagram, uint32_t bit, uint32_t low, uint32_t high)
{
	return low == high ? low : intern(diagram, (struct diagram_node){bit, low, high});
}

uint32_t diagram_bit(uint32_t reg, uint32_t bit)
{
	return reg * REGISTER_BITS + REGISTER_BITS - 1 - bit;
}

uint32_t diagram_compare(struct diagram *diagram, const struct diagram_test *test)
{
	uint32_t root = test->equal;

	/* From the lowest bit, which is looked at last, when all above it are equal. */
	for (uint32_t i = 0; i < test->bits; i++) {
		uint32_t bit = diagram_bit(test->reg, test->shift + i);
		bool is_one = test->value >> i & 1;
		uint32_t zero = is_one ? test->below : root;
		uint32_t one = is_one ? root : test->above;

		/* A bit that is masked out is a zero. */
		root = test->mask >> i & 1 ? diagram_branch(diagram, bit, zero, one) : zero;
	}
	return root;
}

static struct diagram_known *find_known(const struct diagram *diagram, uint32_t cond, uint32_t yes,
					uint32_t no)
{
	return &diagram->known[hash(cond, yes, no) & (diagram->n_known - 1)];
}

/* Where a node leads for a value of a bit that it or something below it tests. */
static uint32_t side(const struct diagram *diagram, uint32_t node, uint32_t bit, bool one)
{
	const struct diagram_node *branch = &diagram->nodes.items[node];

	if (branch->bit != bit)
		return node;
	return one ? branch->high : branch->low;
}

static uint32_t first_bit(const struct diagram *diagram, uint32_t a, uint32_t b)
{
	uint32_t bit_a = diagram->nodes.items[a].bit, bit_b = diagram->nodes.items[b].bit;

	return bit_a < bit_b ? bit_a : bit_b;
}

/* The cases of the first bit that matters. */
struct split {
	uint32_t bit;
	uint32_t cond[2], yes[2], no[2];
};

static struct split split(const struct diagram *diagram, uint32_t cond, uint32_t yes, uint32_t no)
{
	uint32_t bit = first_bit(diagram, yes, no);
	struct split cases = {.bit = bit};

	if (diagram->nodes.items[cond].bit < bit)
		cases.bit = diagram->nodes.items[cond].bit;
	for (unsigned one = 0; one < 2; one++) {
		cases.cond[one] = side(diagram, cond, cases.bit, one);
		cases.yes[one] = side(diagram, yes, cases.bit, one);
		cases.no[one] = side(diagram, no, cases.bit, one);
	}
	return cases;
}

/* Goes as deep as there are bits. */
/* NOLINTNEXTLINE(misc-no-recursion) */
uint32_t diagram_if(struct diagram *diagram, uint32_t cond, uint32_t yes, uint32_t no)
{
	struct diagram_known known;
	uint32_t low, high;
	struct split cases;

	if (cond == DIAGRAM_TRUE || yes == no)
		return yes;
	if (cond == DIAGRAM_FALSE)
		return no;
	known = *find_known(diagram, cond, yes, no);
	if (known.cond == cond && known.yes == yes && known.no == no)
		return known.result;
	if (!diagram_work(diagram, 1))
		return DIAGRAM_FALSE;
	cases = split(diagram, cond, yes, no);
	low = diagram_if(diagram, cases.cond[0], cases.yes[0], cases.no[0]);
	high = diagram_if(diagram, cases.cond[1], cases.yes[1], cases.no[1]);
	known = (struct diagram_known){cond, yes, no,
				       diagram_branch(diagram, cases.bit, low, high)};
	/* Looked for again: the table may have grown. */
	*find_known(diagram, cond, yes, no) = known;
	return known.result;
}

uint32_t diagram_value(const struct diagram *diagram, uint32_t root,
		       const uint64_t registers[DIAGRAM_REGISTERS])
{
	const struct diagram_node *node = &diagram->nodes.items[root];

	while (node->bit != DIAGRAM_LEAF) {
		uint64_t reg = registers[node->bit / REGISTER_BITS];
		bool one = reg >> (REGISTER_BITS - 1 - node->bit % REGISTER_BITS) & 1;

		node = &diagram->nodes.items[one ? node->high : node->low];
	}
	return node->low;
}

void diagram_difference(const struct diagram *diagram, uint32_t a, uint32_t b,
			uint64_t registers[DIAGRAM_REGISTERS])
{
	memset(registers, 0, DIAGRAM_REGISTERS * sizeof(*registers));
	for (;;) {
		uint32_t bit = first_bit(diagram, a, b);
		bool one;

		if (bit == DIAGRAM_LEAF)
			return;
		one = side(diagram, a, bit, false) == side(diagram, b, bit, false);
		if (one)
			registers[bit / REGISTER_BITS] |=
				(uint64_t)1 << (REGISTER_BITS - 1 - bit % REGISTER_BITS);
		a = side(diagram, a, bit, one);
		b = side(diagram, b, bit, one);
	}
}
