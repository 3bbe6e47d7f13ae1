/*
 * Can conditions on the arguments of a call hold together?
 *
 * They are looked at argument by argument: the range that comparisons leave, the bits that masks
 * want set and clear, and whether the one value that is left, if there is but one, fulfils them
 * all. What is found impossible is; not everything that is impossible is found.
 */
#include "tables/syscalls.h"

/* What is known of an argument. */
struct bounds {
	uint64_t least, most;
	uint64_t set, clear;
};

static void narrow(struct bounds *bounds, uint64_t least, uint64_t most)
{
	bounds->least = least > bounds->least ? least : bounds->least;
	bounds->most = most < bounds->most ? most : bounds->most;
}

/* False when no value is left. */
static bool apply(struct bounds *bounds, const struct call_cond *cond)
{
	switch (cond->op) {
	case COND_EQ:
		narrow(bounds, cond->value, cond->value);
		return true;
	case COND_LE:
		narrow(bounds, 0, cond->value);
		return true;
	case COND_GE:
		narrow(bounds, cond->value, UINT64_MAX);
		return true;
	case COND_LT:
		narrow(bounds, 0, cond->value - 1);
		return cond->value > 0;
	case COND_GT:
		narrow(bounds, cond->value + 1, UINT64_MAX);
		return cond->value < UINT64_MAX;
	case COND_MASKED_EQ:
		bounds->set |= cond->value;
		bounds->clear |= cond->mask & ~cond->value;
		return true;
	case COND_NE:
	case COND_MASKED_NE:
		break;
	}
	return true;
}

static bool is_excluded(const struct call_cond *cond, uint64_t value)
{
	return (cond->op == COND_NE && cond->value == value) ||
	       (cond->op == COND_MASKED_NE && (value & cond->mask) == cond->value);
}

static bool is_possible(const struct call_cond *conds, uint32_t n, uint8_t arg)
{
	struct bounds bounds = {.most = UINT64_MAX};

	for (uint32_t i = 0; i < n; i++) {
		if (conds[i].arg != arg)
			continue;
		if (!conds[i].is_64)
			narrow(&bounds, 0, UINT32_MAX);
		if (!apply(&bounds, &conds[i]))
			return false;
	}
	/* A number is at least its set bits, and at most all but its clear ones. */
	narrow(&bounds, bounds.set, ~bounds.clear);
	if (bounds.least > bounds.most || (bounds.set & bounds.clear))
		return false;
	if (bounds.least < bounds.most)
		return true;
	for (uint32_t i = 0; i < n; i++) {
		if (conds[i].arg == arg && is_excluded(&conds[i], bounds.least))
			return false;
	}
	return !(bounds.least & bounds.clear) && (bounds.least & bounds.set) == bounds.set;
}

bool call_conds_possible(const struct call_cond *conds, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!is_possible(conds, n, conds[i].arg))
			return false;
	}
	return true;
}
