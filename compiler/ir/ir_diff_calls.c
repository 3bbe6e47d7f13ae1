/*
 * The system calls of two sandboxes, by what answer each gets.
 *
 * A condition on an argument is reduced to one of two atoms, perhaps negated: "less than a value",
 * or "these bits have this value" (equality is all bits). Arguments whose atoms are all about the
 * whole value are tried at values around every constant, which is exact; others are related in
 * pairs. The answers of both sandboxes are compared in every case. Rules that the compiler made to
 * keep another promise are left out: what they follow from is told elsewhere.
 */
#include "ir/ir_diff_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tables/syscall_args.h"

#define N_ARGS 6u

struct atom {
	bool less;
	bool is_64;
	uint64_t mask;  /* of the bits that are compared; of less: of the width */
	uint64_t value; /* less: the argument is below it */
};

struct slot { /* an argument */
	VEC(struct atom) atoms;
	struct diff_table table;
	uint32_t value; /* the row at hand */
};

/* A condition: an atom of its argument, or NO_ATOM: then always what negated says. */
#define NO_ATOM UINT32_MAX

struct literal {
	uint8_t arg;
	uint32_t atom;
	bool negated;
};

struct rules { /* of one call and one side */
	const struct ir_call **items;
	size_t n;
	size_t cap;
};

VEC_TYPE(literals, struct literal);

struct answer {
	int rank; /* as enum ir_call_verdict, turned round: more is more permissive */
	uint16_t error;
};

struct compare {
	struct arena *arena;
	struct slot slots[N_ARGS];
	struct rules rules[2];
	struct literals literals[2]; /* of all the rules' conditions, in order */
	uint16_t fallback;           /* the error when no rule matches */
	bool up, down, error;
	bool permits[2];
	bool asks[2]; /* a supervisor */
};

static uint64_t width_of(const struct call_cond *cond)
{
	return cond->is_64 ? UINT64_MAX : UINT32_MAX;
}

static uint32_t intern_atom(struct compare *compare, uint8_t arg, struct atom atom)
{
	struct slot *slot = &compare->slots[arg];

	for (uint32_t i = 0; i < slot->atoms.n; i++) {
		const struct atom *other = &slot->atoms.items[i];

		if (other->less == atom.less && other->mask == atom.mask &&
		    other->value == atom.value)
			return i;
	}
	vec_add(compare->arena, &slot->atoms, atom);
	return (uint32_t)slot->atoms.n - 1;
}

/* The argument is at most the value; at the greatest value that is always so. */
static struct literal at_most(struct compare *compare, const struct call_cond *cond, uint64_t value,
			      bool negated)
{
	struct literal literal = {cond->arg, NO_ATOM, negated};

	if (value < width_of(cond))
		literal.atom =
			intern_atom(compare, cond->arg,
				    (struct atom){true, cond->is_64, width_of(cond), value + 1});
	return literal;
}

static struct literal below(struct compare *compare, const struct call_cond *cond, uint64_t value,
			    bool negated)
{
	if (value == 0)
		return (struct literal){cond->arg, NO_ATOM, !negated};
	return at_most(compare, cond, value - 1, negated);
}

static struct literal bits(struct compare *compare, const struct call_cond *cond, uint64_t mask,
			   bool negated)
{
	uint64_t value = cond->value & width_of(cond);

	mask &= width_of(cond);
	if (value & ~mask)
		return (struct literal){cond->arg, NO_ATOM, !negated};
	if (mask == 0)
		return (struct literal){cond->arg, NO_ATOM, negated};
	return (struct literal){cond->arg,
				intern_atom(compare, cond->arg,
					    (struct atom){false, cond->is_64, mask, value}),
				negated};
}

static struct literal reduce(struct compare *compare, const struct call_cond *cond)
{
	uint64_t value = cond->value & width_of(cond);

	switch (cond->op) {
	case COND_EQ:
		return bits(compare, cond, UINT64_MAX, false);
	case COND_NE:
		return bits(compare, cond, UINT64_MAX, true);
	case COND_MASKED_EQ:
		return bits(compare, cond, cond->mask, false);
	case COND_MASKED_NE:
		return bits(compare, cond, cond->mask, true);
	case COND_LT:
		return below(compare, cond, value, false);
	case COND_GE:
		return below(compare, cond, value, true);
	case COND_LE:
		return at_most(compare, cond, value, false);
	case COND_GT:
		return at_most(compare, cond, value, true);
	}
	return (struct literal){cond->arg, NO_ATOM, false};
}

static uint8_t relate_bits(const struct atom *a, const struct atom *b)
{
	uint8_t never = 0;

	if ((a->value ^ b->value) & a->mask & b->mask) {
		never = DIFF_NEVER_TT;
		/* One bit is either set or not. */
		if (a->mask == b->mask && (a->mask & (a->mask - 1)) == 0)
			never |= DIFF_NEVER_FF;
		return never;
	}
	if ((b->mask & ~a->mask) == 0)
		never |= DIFF_NEVER_TF;
	if ((a->mask & ~b->mask) == 0)
		never |= DIFF_NEVER_FT;
	return never;
}

static uint8_t relate_less(const struct atom *a, const struct atom *b)
{
	if (a->is_64 != b->is_64)
		return 0;
	return a->value < b->value ? DIFF_NEVER_TF : DIFF_NEVER_FT;
}

/* With some bits known, a value is at least those and at most those with all others set. */
static uint8_t relate_bits_less(const struct atom *a, const struct atom *b)
{
	uint64_t least = a->value & b->mask;
	uint64_t most = least | (b->mask & ~a->mask);

	if (least >= b->value)
		return DIFF_NEVER_TT;
	return most < b->value ? DIFF_NEVER_TF : 0;
}

static uint8_t relate(const struct atom *a, const struct atom *b)
{
	uint8_t never;

	if (a->less && b->less)
		return relate_less(a, b);
	if (!a->less && !b->less)
		return relate_bits(a, b);
	if (!a->less)
		return relate_bits_less(a, b);
	never = relate_bits_less(b, a);
	return never == DIFF_NEVER_TF ? DIFF_NEVER_FT : never;
}

static bool is_whole(const struct slot *slot)
{
	for (size_t i = 0; i < slot->atoms.n; i++) {
		const struct atom *atom = &slot->atoms.items[i];

		if (atom->is_64 != slot->atoms.items[0].is_64 ||
		    atom->mask != (atom->is_64 ? UINT64_MAX : UINT32_MAX))
			return false;
	}
	return true;
}

static void try_value(struct compare *compare, struct slot *slot, struct map *known, uint64_t value)
{
	uint8_t *row = arena_alloc(compare->arena, slot->atoms.n);

	for (size_t i = 0; i < slot->atoms.n; i++) {
		const struct atom *atom = &slot->atoms.items[i];
		uint64_t seen = value & atom->mask;

		row[i] = atom->less ? seen < atom->value : seen == atom->value;
	}
	diff_table_add(compare->arena, &slot->table, known, row);
}

static void build_whole(struct compare *compare, struct slot *slot)
{
	struct map known = {0};

	slot->table.n_atoms = (uint32_t)slot->atoms.n;
	for (size_t i = 0; i < slot->atoms.n; i++) {
		uint64_t value = slot->atoms.items[i].value;

		try_value(compare, slot, &known, value - 1);
		try_value(compare, slot, &known, value);
		try_value(compare, slot, &known, value + 1);
	}
}

static int build_related(struct compare *compare, struct slot *slot)
{
	uint32_t n = (uint32_t)slot->atoms.n;
	uint8_t *never = arena_alloc(compare->arena, (size_t)n * n);

	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = i + 1; j < n; j++)
			never[(size_t)i * n + j] = relate(&slot->atoms.items[i],
							  &slot->atoms.items[j]);
	}
	return diff_table_build(compare->arena, n, never, &slot->table);
}

/* 0, or -1: too many cases to look at. */
static int build_tables(struct diff *diff, struct compare *compare)
{
	uint64_t n_cases = 1;

	for (size_t arg = 0; arg < N_ARGS; arg++) {
		struct slot *slot = &compare->slots[arg];

		slot->table.n_rows = 1;
		if (slot->atoms.n == 0)
			continue;
		slot->table.n_rows = 0;
		if (slot->atoms.n > DIFF_MAX_ATOMS)
			return -1;
		if (is_whole(slot))
			build_whole(compare, slot);
		else if (build_related(compare, slot))
			return -1;
		n_cases *= slot->table.n_rows;
		if (n_cases > DIFF_MAX_CASES)
			return -1;
	}
	diff->work += n_cases * (compare->literals[OLD].n + compare->literals[NEW].n + 1);
	return diff->work > DIFF_MAX_WORK ? -1 : 0;
}

static bool holds(const struct compare *compare, const struct literal *literal)
{
	const struct slot *slot = &compare->slots[literal->arg];
	const uint8_t *row = slot->table.rows + (size_t)slot->value * slot->table.n_atoms;

	if (literal->atom == NO_ATOM)
		return !literal->negated;
	return row[literal->atom] != literal->negated;
}

static struct answer answer_of(const struct compare *compare, int side)
{
	const struct literal *literal = compare->literals[side].items;
	struct answer best = {-1, 0};

	/* Strictest first, so the first that matches decides. */
	for (size_t i = 0; i < compare->rules[side].n && best.rank < 0; i++) {
		const struct ir_call *rule = compare->rules[side].items[i];
		bool matches = true;

		for (uint32_t c = 0; c < rule->n_conds; c++)
			matches &= holds(compare, literal++);
		if (matches)
			best = (struct answer){IR_CALL_KILL - (int)rule->verdict, rule->error};
	}
	return best.rank < 0 ? (struct answer){IR_CALL_KILL - IR_CALL_ERRNO, compare->fallback}
			     : best;
}

static void tally(struct compare *compare)
{
	const int first_permitting = IR_CALL_KILL - IR_CALL_LOG;
	const int asking = IR_CALL_KILL - IR_CALL_NOTIFY;
	struct answer old = answer_of(compare, OLD), new = answer_of(compare, NEW);

	compare->permits[OLD] |= old.rank >= first_permitting;
	compare->permits[NEW] |= new.rank >= first_permitting;
	compare->asks[OLD] |= old.rank == asking;
	compare->asks[NEW] |= new.rank == asking;
	compare->up |= new.rank > old.rank;
	compare->down |= new.rank < old.rank;
	compare->error |= new.rank == old.rank &&new.rank < first_permitting &&new.error !=
			  old.error;
}

static bool advance(struct compare *compare)
{
	for (size_t arg = 0; arg < N_ARGS; arg++) {
		if (++compare->slots[arg].value < compare->slots[arg].table.n_rows)
			return true;
		compare->slots[arg].value = 0;
	}
	return false;
}

static const char *const ops[] = {
	[COND_EQ] = "==", [COND_NE] = "!=", [COND_LT] = "<",         [COND_LE] = "<=",
	[COND_GT] = ">",  [COND_GE] = ">=", [COND_MASKED_EQ] = "==", [COND_MASKED_NE] = "!=",
};

/* "domain", or "arg0" where the table knows no name. */
static struct str arg_name(struct diff *diff, struct str call, uint8_t arg)
{
	const struct call_args *args = call_args_find(call);

	if (args && args->args[arg].type != CALL_ARG_NONE && args->args[arg].names[0])
		return str_from(args->args[arg].names[0]);
	return str_printf(diff->arena, "arg%u", arg);
}

static struct str cond_text(struct diff *diff, struct str call, const struct call_cond *cond)
{
	struct str arg = arg_name(diff, call, cond->arg);

	if (cond->op == COND_MASKED_EQ || cond->op == COND_MASKED_NE)
		return str_printf(diff->arena, "%.*s & %#" PRIx64 " %s %#" PRIx64, STR_ARG(arg),
				  cond->mask, ops[cond->op], cond->value);
	return str_printf(diff->arena, "%.*s %s %#" PRIx64, STR_ARG(arg), ops[cond->op],
			  cond->value);
}

static struct str rule_text(struct diff *diff, const struct ir_call *rule)
{
	static const char *const verdicts[] = {"allow", "log", "notify", "errno ", "kill"};
	const char *error = rule->verdict == IR_CALL_ERRNO ? errno_name(rule->error) : "";
	struct str text = str_printf(diff->arena, "%s%s", verdicts[rule->verdict],
				     error ? error : "?");

	for (uint32_t i = 0; i < rule->n_conds; i++)
		text = str_printf(diff->arena, "%.*s%s%.*s", STR_ARG(text), i ? ", " : " if ",
				  STR_ARG(cond_text(diff, rule->name, &rule->conds[i])));
	return text;
}

static bool same_rule(const struct ir_call *a, const struct ir_call *b)
{
	if (a->verdict != b->verdict || a->error != b->error || a->n_conds != b->n_conds)
		return false;
	for (uint32_t i = 0; i < a->n_conds; i++) {
		const struct call_cond *x = &a->conds[i], *y = &b->conds[i];

		if (x->arg != y->arg || x->is_64 != y->is_64 || x->op != y->op ||
		    x->mask != y->mask || x->value != y->value)
			return false;
	}
	return true;
}

static bool has_rule(const struct rules *rules, const struct ir_call *rule)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (same_rule(rules->items[i], rule))
			return true;
	}
	return false;
}

/* The rules that the other side lacks: of a long list only those are worth reading. */
static struct str rules_text(struct diff *diff, const struct rules *rules,
			     const struct rules *other)
{
	struct str text = STR("");

	for (size_t i = 0; i < rules->n; i++) {
		if (has_rule(other, rules->items[i]))
			continue;
		text = str_printf(diff->arena, "%.*s%s%.*s", STR_ARG(text), text.len ? "; " : "",
				  STR_ARG(rule_text(diff, rules->items[i])));
	}
	return rules->n ? text : STR("refused");
}

static bool same_rules(const struct rules *a, const struct rules *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (!same_rule(a->items[i], b->items[i]))
			return false;
	}
	return true;
}

/* The change and the effect of what was seen; false when nothing changed. */
static bool conclude(const struct compare *compare, struct diff_item *item)
{
	static const struct {
		enum ir_diff_change change;
		enum ir_diff_effect effect;
	} outcomes[2][2] = {
		/* by up, down */
		{{IR_DIFF_CALL_ERROR, IR_DIFF_NEUTRAL}, {IR_DIFF_CALL_TIGHTENED, IR_DIFF_NARROWED}},
		{{IR_DIFF_CALL_LOOSENED, IR_DIFF_WIDENED}, {IR_DIFF_CALL_CHANGED, IR_DIFF_CHANGED}},
	};

	item->change = outcomes[compare->up][compare->down].change;
	item->effect = outcomes[compare->up][compare->down].effect;
	if (compare->permits[NEW] && !compare->permits[OLD] && compare->up && !compare->down)
		item->change = IR_DIFF_CALL_GAINED;
	if (compare->permits[OLD] && !compare->permits[NEW] && compare->down && !compare->up)
		item->change = IR_DIFF_CALL_LOST;
	if (compare->up != compare->down && compare->asks[OLD] != compare->asks[NEW])
		item->change = compare->asks[NEW] ? IR_DIFF_CALL_ASKS : IR_DIFF_CALL_ASKS_NOT;
	return compare->up || compare->down || compare->error;
}

static bool has_conditions(const struct compare *compare)
{
	return compare->literals[OLD].n || compare->literals[NEW].n;
}

/* Plain gains and losses are told by their names alone, and so share an entry. */
static void report(struct diff *diff, const struct compare *compare, struct diff_item *item,
		   struct diff_entries *out)
{
	bool plain = item->change == IR_DIFF_CALL_GAINED || item->change == IR_DIFF_CALL_LOST;

	if (!plain || has_conditions(compare)) {
		item->before = rules_text(diff, &compare->rules[OLD], &compare->rules[NEW]);
		item->after = rules_text(diff, &compare->rules[NEW], &compare->rules[OLD]);
	}
	diff_item(diff, out, item);
}

static void add_literals(struct compare *compare, int side)
{
	for (size_t i = 0; i < compare->rules[side].n; i++) {
		const struct ir_call *rule = compare->rules[side].items[i];

		for (uint32_t c = 0; c < rule->n_conds; c++)
			vec_add(compare->arena, &compare->literals[side],
				reduce(compare, &rule->conds[c]));
	}
}

static void compare_call(struct diff *diff, struct str name, const struct rules rules[2],
			 struct diff_entries *out)
{
	struct compare compare = {.rules = {rules[OLD], rules[NEW]}};
	struct diff_item item = {.name = name, .side = NEW};
	struct arena scratch;

	if (same_rules(&rules[OLD], &rules[NEW]))
		return;
	arena_init(&scratch);
	compare.arena = &scratch;
	compare.fallback = str_eq_cstr(name, "clone3") ? ENOSYS : EPERM;
	add_literals(&compare, OLD);
	add_literals(&compare, NEW);
	if (build_tables(diff, &compare)) {
		/* Too many cases: it counts as more than before. */
		compare.up = compare.down = true;
	} else {
		tally(&compare);
		while (advance(&compare))
			tally(&compare);
	}
	if (conclude(&compare, &item))
		report(diff, &compare, &item, out);
	arena_fini(&scratch);
}

/* The rules of the call that comes next on a side, which are next to each other. */
static void take_rules(struct diff *diff, const struct ir_sandbox *sandbox, size_t *at,
		       struct str name, struct rules *out)
{
	const struct ir_call *calls = sandbox ? sandbox->calls.items : NULL;

	while (calls && *at < sandbox->calls.n && str_eq(calls[*at].name, name)) {
		const struct ir_call *call = &calls[(*at)++];

		if (!call->guard)
			vec_add(diff->arena, out, call);
	}
}

static const struct str *next_name(const struct ir_sandbox *sandbox, size_t at)
{
	return sandbox && at < sandbox->calls.n ? &sandbox->calls.items[at].name : NULL;
}

void diff_calls(struct diff *diff, const struct diff_pair *pair, struct diff_entries *out)
{
	size_t at[2] = {0, 0};

	for (;;) {
		const struct str *old = next_name(pair->side[OLD], at[OLD]);
		const struct str *new = next_name(pair->side[NEW], at[NEW]);
		struct rules rules[2] = {{0}, {0}};
		struct str name;

		if (!old && !new)
			return;
		name = !old || (new &&str_cmp(*new, *old) < 0) ? *new : *old;
		take_rules(diff, pair->side[OLD], &at[OLD], name, &rules[OLD]);
		take_rules(diff, pair->side[NEW], &at[NEW], name, &rules[NEW]);
		compare_call(diff, name, rules, out);
	}
}
