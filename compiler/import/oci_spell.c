/*
 * Conditions in the words of the language.
 *
 * Comparisons are without a sign here, and with one in Writ where the argument has one; those that
 * mean something else then are written with masks. A condition may hold in several ways, each with
 * what it says in the terms of the tables, so that ways which exclude each other are seen.
 */
#include <inttypes.h>

#include "import/oci_profile.h"
#include "tables/syscall_args.h"

/* A comparison: one of the ways must hold. */
struct spelling {
	struct arena *arena;
	const char *arg;
	struct call_cond cond;
	struct oci_ways ways;
};

static struct call_cond masked(const struct spelling *spelling, uint64_t mask, uint64_t value)
{
	struct call_cond cond = spelling->cond;

	cond.op = COND_MASKED_EQ;
	cond.mask = mask;
	cond.value = value;
	return cond;
}

static void spell_masked(struct spelling *out, uint64_t mask, uint64_t value)
{
	struct str text = str_printf(out->arena, "%s & %#" PRIx64 " == %#" PRIx64, out->arg, mask,
				     value);

	vec_add(out->arena, &out->ways,
		((struct oci_way){.text = text, .conds = {masked(out, mask, value)}, .n = 1}));
}

/*
 * Less than value, whatever the sign: it has the upper bits of value down to one that is set in
 * value, and that bit clear.
 */
static void spell_below(struct spelling *out, uint64_t value, uint64_t max)
{
	for (uint64_t left = value; left; left &= left - 1) {
		uint64_t bit = left & (~left + 1), mask = max & ~(bit - 1);

		spell_masked(out, mask, (value & mask) & ~bit);
	}
}

/* At least value: it has the upper bits of value - 1 down to one that is clear, and that bit set.
 */
static void spell_from(struct spelling *out, uint64_t value, uint64_t max)
{
	uint64_t below = value - 1;

	for (uint64_t left = max & ~below; left; left &= left - 1) {
		uint64_t bit = left & (~left + 1), mask = max & ~(bit - 1);

		spell_masked(out, mask, (below & mask) | bit);
	}
}

struct str oci_number(struct arena *arena, uint64_t value)
{
	return str_printf(arena, value < 1000 ? "%" PRIu64 : "%#" PRIx64, value);
}

static void spell_plain(struct spelling *out, const char *op, struct call_cond cond)
{
	struct str text = str_printf(out->arena, "%s %s %.*s", out->arg, op,
				     STR_ARG(oci_number(out->arena, cond.value)));

	vec_add(out->arena, &out->ways, ((struct oci_way){.text = text, .conds = {cond}, .n = 1}));
}

/*
 * Below value, or at least value, where numbers from the sign bit on are negative to Writ. value is
 * not above the sign.
 */
static void spell_signed(struct spelling *out, struct call_cond cond, uint64_t sign)
{
	struct oci_way *way;

	if (cond.op == COND_GE)
		spell_masked(out, sign, sign);
	else
		spell_masked(out, sign, 0);
	if (cond.value == sign)
		return;
	if (cond.op == COND_GE) {
		spell_plain(out, ">=", cond);
		way = &out->ways.items[1];
		way->conds[way->n++] = masked(out, sign, 0);
		return;
	}
	way = &out->ways.items[0];
	way->text = str_printf(out->arena, "%.*s, %s < %.*s", STR_ARG(way->text), out->arg,
			       STR_ARG(oci_number(out->arena, cond.value)));
	way->conds[way->n++] = cond;
}

/* Below value or at least value, which is neither 0 nor above all that the argument can be. */
static void spell_order(struct spelling *out, const struct call_arg *type, enum cond_op op,
			uint64_t value)
{
	uint64_t max = UINT64_MAX >> (64 - call_arg_bits(type));
	uint64_t sign = max - max / 2;
	bool has_sign = type->type == CALL_ARG_INT || type->type == CALL_ARG_LONG;
	struct call_cond cond = out->cond;

	cond.op = op;
	cond.value = value;
	if (call_arg_bits(type) == 16 || (has_sign && value > sign)) {
		if (op == COND_GE)
			spell_from(out, value, max);
		else
			spell_below(out, value, max);
	} else if (has_sign) {
		spell_signed(out, cond, sign);
	} else {
		spell_plain(out, op == COND_GE ? ">=" : "<", cond);
	}
}

struct oci_ways oci_spell(struct arena *arena, struct str call, const struct call_cond *cond)
{
	const struct call_arg *type = &call_args_find(call)->args[cond->arg];
	struct spelling out = {.arena = arena, .arg = type->names[0], .cond = *cond};

	switch (cond->op) {
	case COND_EQ:
		spell_plain(&out, "==", *cond);
		break;
	case COND_NE:
		spell_plain(&out, "!=", *cond);
		break;
	case COND_LT:
	case COND_GE:
		spell_order(&out, type, cond->op, cond->value);
		break;
	case COND_LE:
		spell_order(&out, type, COND_LT, cond->value + 1);
		break;
	case COND_GT:
		spell_order(&out, type, COND_GE, cond->value + 1);
		break;
	case COND_MASKED_EQ:
	case COND_MASKED_NE:
		spell_masked(&out, cond->mask, cond->value);
		break;
	}
	return out.ways;
}
