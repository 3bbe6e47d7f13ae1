/*
 * From conditions to tests on words.
 *
 * A 32-bit argument is the low half of its register, whatever the upper half holds: the kernel
 * ignores it and so must we. A 64-bit one is two words; "not equal" and the orders are then two
 * alternatives ("the upper is greater, or it is equal and the lower is greater"), and a rule is
 * made for each choice of alternatives. A mask of high bits, or of all, is a range of values; so
 * most tests are about ranges, which cut a word into regions. Tests under one mask for zero are
 * joined where that is possible, since one instruction does for all their bits.
 *
 * Invariant: the rules decide, in their order, every call as the conditions do.
 */
#include "backend/seccomp_words.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

#define MAX_RULES 8192u /* of one call */
#define MAX_TESTS (2 * (size_t)CALL_MAX_CONDS)

/* Either half of what a condition may come to. */
struct conjunction {
	struct word_test tests[2];
	uint32_t n;
};

/* One of them must hold: none is never, an empty one is always. */
struct alternatives {
	struct conjunction of[2];
	uint32_t n;
};

enum constness { IS_TEST, IS_TRUE, IS_FALSE };

bool word_test_holds(const struct word_test *test, uint32_t word)
{
	uint32_t value = word & test->mask;

	return (test->first <= value && value <= test->last) != (bool)test->negated;
}

/* Both architectures are little-endian: the low half comes first. */
static uint32_t word_offset(const struct call_cond *cond, bool upper)
{
	return (uint32_t)offsetof(struct seccomp_data, args) + 8u * cond->arg + (upper ? 4 : 0);
}

static bool is_prefix(uint32_t mask)
{
	uint32_t free = ~mask;

	return (free & (free + 1)) == 0;
}

static bool is_single_bit(uint32_t mask)
{
	return mask && (mask & (mask - 1)) == 0;
}

/* (word & mask) == value. Equal tests are made equal: a set bit is "not zero under its mask". */
static enum constness test_masked(uint32_t offset, uint32_t mask, uint32_t value,
				  struct word_test *out)
{
	if (value & ~mask)
		return IS_FALSE;
	if (mask == 0)
		return IS_TRUE;
	if (is_prefix(mask))
		*out = (struct word_test){offset, BPF_NO_MASK, value, value | ~mask, 0};
	else if (is_single_bit(mask) && value)
		*out = (struct word_test){offset, mask, 0, 0, 1};
	else
		*out = (struct word_test){offset, mask, value, value, 0};
	return IS_TEST;
}

static void add_conjunction(struct alternatives *out, const struct conjunction *conjunction)
{
	out->of[out->n++] = *conjunction;
}

/* Adds a test to a conjunction; false when it can't hold. */
static bool join(struct conjunction *out, enum constness constness, const struct word_test *test)
{
	if (constness == IS_TEST)
		out->tests[out->n++] = *test;
	return constness != IS_FALSE;
}

static bool join_masked(struct conjunction *out, uint32_t offset, uint32_t mask, uint32_t value)
{
	struct word_test test;
	enum constness constness = test_masked(offset, mask, value, &test);

	return join(out, constness, &test);
}

static bool join_unmasked(struct conjunction *out, uint32_t offset, uint32_t mask, uint32_t value)
{
	struct word_test test;
	enum constness constness = test_masked(offset, mask, value, &test);

	if (constness == IS_TEST)
		test.negated ^= 1;
	else
		constness = constness == IS_TRUE ? IS_FALSE : IS_TRUE;
	return join(out, constness, &test);
}

static void add_equal(struct alternatives *out, const struct call_cond *cond, uint64_t mask)
{
	struct conjunction both = {.n = 0};

	if (cond->is_64 && !join_masked(&both, word_offset(cond, true), (uint32_t)(mask >> 32),
					(uint32_t)(cond->value >> 32)))
		return;
	if (join_masked(&both, word_offset(cond, false), (uint32_t)mask, (uint32_t)cond->value))
		add_conjunction(out, &both);
}

/* The upper half differs; or it does not and the lower half does. */
static void add_unequal(struct alternatives *out, const struct call_cond *cond, uint64_t mask)
{
	uint32_t upper = word_offset(cond, true), lower = word_offset(cond, false);
	uint32_t upper_mask = (uint32_t)(mask >> 32), upper_value = (uint32_t)(cond->value >> 32);
	struct conjunction first = {.n = 0}, second = {.n = 0};

	if (cond->is_64 && join_unmasked(&first, upper, upper_mask, upper_value))
		add_conjunction(out, &first);
	if (cond->is_64 && !join_masked(&second, upper, upper_mask, upper_value))
		return;
	if (join_unmasked(&second, lower, (uint32_t)mask, (uint32_t)cond->value))
		add_conjunction(out, &second);
}

static void join_range(struct conjunction *out, uint32_t offset, uint32_t first, uint32_t last)
{
	if (first > 0 || last < UINT32_MAX)
		out->tests[out->n++] = (struct word_test){offset, BPF_NO_MASK, first, last, 0};
}

/* The argument is in a range that begins at 0 or ends at the last value. */
static void add_range(struct alternatives *out, const struct call_cond *cond, uint64_t first,
		      uint64_t last)
{
	uint32_t upper = word_offset(cond, true), lower = word_offset(cond, false);
	bool below = first == 0;
	uint32_t edge = (uint32_t)((below ? last : first) >> 32);
	struct conjunction beyond = {.n = 0}, at = {.n = 0};

	if (!cond->is_64) {
		join_range(&at, lower, (uint32_t)first, (uint32_t)last);
		add_conjunction(out, &at);
		return;
	}
	if (below ? edge > 0 : edge < UINT32_MAX) {
		join_range(&beyond, upper, below ? 0 : edge + 1, below ? edge - 1 : UINT32_MAX);
		add_conjunction(out, &beyond);
	}
	join_range(&at, upper, edge, edge);
	join_range(&at, lower, (uint32_t)first, (uint32_t)last);
	add_conjunction(out, &at);
}

static void add_order(struct alternatives *out, const struct call_cond *cond)
{
	uint64_t max = cond->is_64 ? UINT64_MAX : UINT32_MAX;
	uint64_t value = cond->value & max;

	if (cond->op == COND_LE)
		add_range(out, cond, 0, value);
	else if (cond->op == COND_GE)
		add_range(out, cond, value, max);
	else if (cond->op == COND_LT && value > 0)
		add_range(out, cond, 0, value - 1);
	else if (cond->op == COND_GT && value < max)
		add_range(out, cond, value + 1, max);
}

static struct alternatives cond_alternatives(const struct call_cond *cond)
{
	struct alternatives out = {.n = 0};
	uint64_t width = cond->is_64 ? UINT64_MAX : UINT32_MAX;
	struct call_cond wide = *cond;

	switch (cond->op) {
	case COND_EQ:
		add_equal(&out, cond, UINT64_MAX);
		break;
	case COND_NE:
		add_unequal(&out, cond, UINT64_MAX);
		break;
	case COND_MASKED_EQ:
	case COND_MASKED_NE:
		wide.value &= width;
		if (cond->op == COND_MASKED_EQ)
			add_equal(&out, &wide, cond->mask & width);
		else
			add_unequal(&out, &wide, cond->mask & width);
		break;
	case COND_LT:
	case COND_LE:
	case COND_GT:
	case COND_GE:
		add_order(&out, cond);
		break;
	}
	return out;
}

/* ---- tests for zero ---- */

/* The bits that a test wants to be zero, all of them; 0 when it is another kind of test. */
static uint32_t zero_mask(const struct word_test *test)
{
	if (test->first > 0)
		return 0;
	if (test->mask != BPF_NO_MASK)
		return test->last == 0 ? test->mask : 0;
	return is_prefix(~test->last) ? ~test->last : 0;
}

/* The bits of which a test wants one to be set at least, or 0. */
static uint32_t some_mask(const struct word_test *test)
{
	struct word_test opposite = *test;

	if (test->negated) {
		opposite.negated = 0;
		return zero_mask(&opposite);
	}
	/* All from a power of two on are those with one of its bit and those above. */
	if (test->mask == BPF_NO_MASK && test->last == UINT32_MAX && test->first &&
	    is_single_bit(test->first))
		return ~(test->first - 1);
	return 0;
}

static struct word_test zero_test(uint32_t offset, uint32_t mask)
{
	struct word_test test = {0};

	(void)test_masked(offset, mask, 0, &test);
	return test;
}

/* The test of a rule that wants bits of this word to be zero, or -1. */
static int find_zero(const struct word_test *tests, uint32_t n, uint32_t offset)
{
	for (uint32_t i = 0; i < n; i++) {
		if (tests[i].offset == offset && !tests[i].negated && zero_mask(&tests[i]))
			return (int)i;
	}
	return -1;
}

static void add_test(struct word_test *tests, uint32_t *n, const struct word_test *test)
{
	int zero = -1;

	for (uint32_t i = 0; i < *n; i++) {
		if (memcmp(&tests[i], test, sizeof(*test)) == 0)
			return;
	}
	if (!test->negated && zero_mask(test))
		zero = find_zero(tests, *n, test->offset);
	if (zero >= 0)
		tests[zero] = zero_test(test->offset, zero_mask(&tests[zero]) | zero_mask(test));
	else
		tests[(*n)++] = *test;
}

/* ---- rules ---- */

/*
 * The rule for one choice of alternatives: digit i of the number, in the base of their number,
 * chooses of condition i.
 */
static void add_choice(struct arena *arena, const struct arg_rule *rule,
		       const struct alternatives *conds, size_t choice, struct word_rules *out)
{
	struct word_test tests[MAX_TESTS];
	struct word_test *copy;
	uint32_t n = 0;

	for (uint32_t i = 0; i < rule->n_conds; i++) {
		const struct conjunction *chosen = &conds[i].of[choice % conds[i].n];

		choice /= conds[i].n;
		for (uint32_t t = 0; t < chosen->n; t++)
			add_test(tests, &n, &chosen->tests[t]);
	}
	copy = arena_alloc(arena, n * sizeof(*copy));
	memcpy(copy, tests, n * sizeof(*copy));
	vec_add(arena, out, ((struct word_rule){rule->node, n, copy}));
}

static bool add_rule(struct arena *arena, const struct arg_rule *rule, struct word_rules *out)
{
	struct alternatives conds[CALL_MAX_CONDS];
	size_t choices = 1;

	if (rule->n_conds > CALL_MAX_CONDS)
		return false;
	for (uint32_t i = 0; i < rule->n_conds; i++) {
		conds[i] = cond_alternatives(&rule->conds[i]);
		choices *= conds[i].n;
		if (choices > MAX_RULES)
			return false;
	}
	for (size_t choice = 0; choice < choices; choice++)
		add_choice(arena, rule, conds, choice, out);
	return out->n <= MAX_RULES;
}

/*
 * A rule "one of these bits is set" with the verdict of what no rule is about can be left out when
 * each rule after it wants such bits of the same word to be zero: these then want all of them.
 */
static bool can_push(const struct word_rules *rules, size_t at)
{
	const struct word_rule *rule = &rules->items[at];

	if (rule->n != 1 || !some_mask(&rule->tests[0]) ||
	    rule->node != rules->items[rules->n - 1].node)
		return false;
	for (size_t i = at + 1; i + 1 < rules->n; i++) {
		const struct word_rule *later = &rules->items[i];

		if (find_zero(later->tests, later->n, rule->tests[0].offset) < 0)
			return false;
	}
	return true;
}

static void push(struct arena *arena, struct word_rules *rules, size_t at)
{
	const struct word_test some = rules->items[at].tests[0];
	struct word_test zero = zero_test(some.offset, some_mask(&some));

	for (size_t i = at; i + 1 < rules->n; i++) {
		struct word_rule moved = rules->items[i + 1];
		struct word_test *tests = arena_alloc(arena, (moved.n + 1) * sizeof(*tests));
		uint32_t n = moved.n;

		if (n)
			memcpy(tests, moved.tests, n * sizeof(*tests));
		if (i + 2 < rules->n)
			add_test(tests, &n, &zero);
		rules->items[i] = (struct word_rule){moved.node, n, tests};
	}
	rules->n--;
}

bool word_rules_make(struct arena *arena, const struct arg_rule *rules, size_t n,
		     struct word_rules *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!add_rule(arena, &rules[i], out))
			return false;
	}
	for (size_t i = out->n; i > 0; i--) {
		if (i < out->n && can_push(out, i - 1))
			push(arena, out, i - 1);
	}
	return true;
}

/* ---- folding ---- */

static bool is_single_value(const struct word_test *test)
{
	return test->mask == BPF_NO_MASK && !test->negated && test->first == test->last;
}

/* The rules from one on that have one test each, for a value of the same word, and one verdict. */
static size_t count_values(const struct word_rules *rules, size_t from)
{
	const struct word_rule *first = &rules->items[from];
	size_t n = 0;

	for (size_t i = from; i < rules->n; i++, n++) {
		const struct word_rule *rule = &rules->items[i];

		if (rule->n != 1 || rule->node != first->node || !is_single_value(rule->tests) ||
		    rule->tests[0].offset != first->tests[0].offset)
			break;
	}
	return n;
}

static bool holds_value(const struct word_rule *rules, size_t n, uint32_t value)
{
	for (size_t i = 0; i < n; i++) {
		if (rules[i].tests[0].first == value)
			return true;
	}
	return false;
}

/* Are all values that differ from base in some of the free bits there? */
static bool holds_all(const struct word_rule *rules, size_t n, uint32_t base, uint32_t free)
{
	uint32_t bits = 0;

	do {
		if (!holds_value(rules, n, base ^ bits))
			return false;
		bits = (bits - free) & free; /* the next subset of the free bits */
	} while (bits);
	return true;
}

static uint32_t find_free(const struct word_rule *rules, size_t n, uint32_t base)
{
	uint32_t free = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t bit = rules[i].tests[0].first ^ base;

		if (is_single_bit(bit) && holds_all(rules, n, base, free | bit))
			free |= bit;
	}
	return free;
}

/* Folds into rule "at", among n of one word, the values that it has all combinations of. */
static bool fold_one(struct arena *arena, struct word_rules *rules, size_t at, size_t from,
		     size_t n)
{
	struct word_rule *items = &rules->items[from];
	uint32_t base = rules->items[at].tests[0].first, offset = items[0].tests[0].offset;
	uint32_t free = find_free(items, n, base);
	struct word_test *test;
	size_t kept = from;

	if (!free || is_single_bit(free))
		return false;
	test = arena_alloc(arena, sizeof(*test));
	(void)test_masked(offset, ~free, base & ~free, test);
	for (size_t i = from; i < rules->n; i++) {
		bool folded = i < from + n && i != at &&
			      (rules->items[i].tests[0].first & ~free) == (base & ~free);

		if (!folded)
			rules->items[kept++] = i == at ? (struct word_rule){items[0].node, 1, test}
						       : rules->items[i];
	}
	rules->n = kept;
	return true;
}

void word_rules_fold(struct arena *arena, struct word_rules *rules)
{
	for (size_t from = 0; from < rules->n; from++) {
		size_t n = rules->items[from].n == 1 ? count_values(rules, from) : 0;

		for (size_t i = 0; n > 3 && n <= 256 && i < n; i++) {
			if (!fold_one(arena, rules, from + i, from, n))
				continue;
			break;
		}
	}
}
