/*
 * Conditions on the arguments of system calls.
 *
 * A condition becomes what a filter can test, and how depends on what the kernel reads of the
 * argument: 16, 32 or 64 bits, signed or not. Filters compare without a sign. So "<" on a signed
 * argument is "negative, or below", and ">" is "not negative, and above". A condition is therefore
 * a list of alternatives, each a conjunction; "in" has one for each value. A statement becomes a
 * rule for every choice of one alternative a condition, all its conditions joined: a call matches
 * one of the rules exactly when it fulfils the statement.
 */
#include "sema/pass.h"

#include <stdlib.h>
#include <string.h>

#include "tables/syscall_args.h"

#define MAX_CHOICES 256u

/* Conditions that hold together. */
struct conjunction {
	struct call_cond conds[2];
	uint32_t n;
};

VEC_TYPE(alternatives, struct conjunction);

/* One condition being lowered. */
struct lowering {
	struct sema *sema;
	const struct ast_cond *stated;
	const struct call_arg *arg;
	uint32_t position;
	struct alternatives out;
};

/* ---- names ---- */

static void list_args(struct sema *sema, struct diag *diag, const struct call_args *call)
{
	uint32_t n = call_args_count(call);
	struct str list = STR("");

	for (uint32_t i = 0; i < n; i++)
		list = str_printf(sema->arena, "%.*s%s'%s'", STR_ARG(list),
				  !i           ? ""
				  : i + 1 == n ? " and "
					       : ", ",
				  call->args[i].names[0]);
	if (n)
		diag_help(sema->diags, diag, "'%s' has %.*s, or by position arg0 to arg%u",
			  call->call, STR_ARG(list), n - 1);
	else
		diag_help(sema->diags, diag, "'%s' has no arguments", call->call);
}

static void unknown_arg(struct sema *sema, const struct call_args *call,
			const struct ast_name *name)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0130, name->span,
					"'%s' has no argument '%.*s'", call->call,
					STR_ARG(name->text));
	struct str_nearest nearest = str_nearest(name->text);
	uint32_t n = call_args_count(call);

	for (uint32_t i = 0; i < n; i++) {
		str_nearest_offer(&nearest, str_from(call->args[i].names[0]));
		if (call->args[i].names[1])
			str_nearest_offer(&nearest, str_from(call->args[i].names[1]));
	}
	if (nearest.best.ptr)
		sema_nearest_help(sema, diag, &nearest);
	else
		list_args(sema, diag, call);
}

int sema_call_arg(struct sema *sema, struct str call, const struct ast_name *name,
		  const struct call_arg **arg)
{
	const struct call_args *args = call_args_find(call);
	struct diag *diag;
	int position;

	if (!args) {
		diag_report(sema->diags, DIAG_E0132, name->span,
			    "what the arguments of '%.*s' are is not known", STR_ARG(call));
		return -1;
	}
	position = call_arg_position(args, name->text);
	if (position < 0) {
		unknown_arg(sema, args, name);
		return -1;
	}
	*arg = &args->args[position];
	if ((*arg)->type != CALL_ARG_PTR)
		return position;
	diag = diag_report(sema->diags, DIAG_E0249, name->span,
			   "'%.*s' of '%.*s' points into memory and can't be tested",
			   STR_ARG(name->text), STR_ARG(call));
	diag_help(sema->diags, diag,
		  "a filter sees the address only, and what is there could change after it looked");
	return -1;
}

/* ---- values ---- */

static void unknown_constant(struct sema *sema, const struct ast_name *name)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0131, name->span,
					"there is no constant '%.*s'", STR_ARG(name->text));
	struct str_nearest nearest = str_nearest(name->text);
	const struct constant *constant;

	for (uint32_t i = 0; (constant = constant_at(i)); i++)
		str_nearest_offer(&nearest, str_from(constant->name));
	sema_nearest_help(sema, diag, &nearest);
}

static bool constant_value(struct sema *sema, const struct ast_name *name, int64_t *out)
{
	const struct constant *constant = constant_find(name->text);

	if (!constant) {
		unknown_constant(sema, name);
		return false;
	}
	if (constant->varies) {
		diag_help(sema->diags,
			  diag_report(sema->diags, DIAG_E0251, name->span,
				      "'%s' has another value on each architecture",
				      constant->name),
			  "for a policy that is compiled for one architecture its number can be "
			  "written");
		return false;
	}
	*out = constant->value;
	return true;
}

static bool term_value(struct sema *sema, const struct ast_value_term *term, uint32_t bits,
		       uint64_t *out)
{
	uint64_t all = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
	int64_t constant = 0;

	*out = term->number;
	if (!term->is_number) {
		if (!constant_value(sema, &term->name, &constant))
			return false;
		*out = (uint64_t)constant;
	}
	/* A negative constant fits when only its sign is cut off. */
	if (constant < 0 && bits < 64 && constant >= -((int64_t)1 << (bits - 1)))
		*out &= all;
	if (*out <= all)
		return true;
	diag_report(sema->diags, DIAG_E0250, term->name.span,
		    "the kernel looks at %u bits of this argument; this value needs more", bits);
	return false;
}

bool sema_call_value(struct sema *sema, const struct ast_value *value, const struct call_arg *arg,
		     uint64_t *out)
{
	uint32_t bits = call_arg_bits(arg);
	uint64_t joined = 0, term;

	for (size_t i = 0; i < value->terms.n; i++) {
		if (!term_value(sema, &value->terms.items[i], bits, &term))
			return false;
		joined |= term;
	}
	*out = joined;
	return true;
}

/* ---- conditions ---- */

static struct call_cond make_cond(const struct lowering *lowering, enum cond_op op, uint64_t value)
{
	return (struct call_cond){
		.arg = (uint8_t)lowering->position,
		.is_64 = call_arg_bits(lowering->arg) == 64,
		.op = op,
		.value = value,
	};
}

static struct call_cond make_masked(const struct lowering *lowering, enum cond_op op, uint64_t mask,
				    uint64_t value)
{
	struct call_cond cond = make_cond(lowering, op, value);

	cond.mask = mask;
	return cond;
}

static void add_one(struct lowering *lowering, struct call_cond cond)
{
	vec_add(lowering->sema->arena, &lowering->out,
		((struct conjunction){.conds = {cond}, .n = 1}));
}

/* All that the kernel looks at is equal, or is not. */
static void add_equal(struct lowering *lowering, bool equal, uint64_t value)
{
	if (call_arg_bits(lowering->arg) == 16)
		add_one(lowering, make_masked(lowering, equal ? COND_MASKED_EQ : COND_MASKED_NE,
					      0xffff, value));
	else
		add_one(lowering, make_cond(lowering, equal ? COND_EQ : COND_NE, value));
}

static bool tests_nothing(struct lowering *lowering, const char *why)
{
	diag_report(lowering->sema->diags, DIAG_E0252, lowering->stated->span, "%s", why);
	return false;
}

static bool add_masked(struct lowering *lowering, uint64_t value)
{
	uint64_t mask;

	if (!sema_call_value(lowering->sema, &lowering->stated->mask, lowering->arg, &mask))
		return false;
	if (!mask)
		return tests_nothing(lowering, "a mask of no bits tests nothing");
	if (value & ~mask)
		return tests_nothing(lowering,
				     "the value has bits outside the mask: this never holds");
	add_one(lowering, make_masked(lowering, COND_MASKED_EQ, mask, value));
	return true;
}

static const enum cond_op order_ops[] = {
	[AST_OP_LT] = COND_LT,
	[AST_OP_LE] = COND_LE,
	[AST_OP_GT] = COND_GT,
	[AST_OP_GE] = COND_GE,
};

/* The sign makes a value of a signed argument less than all that has none. */
static void add_signed_order(struct lowering *lowering, uint64_t sign, struct call_cond cond)
{
	struct call_cond negative = make_masked(lowering, COND_MASKED_EQ, sign, sign);
	struct call_cond positive = make_masked(lowering, COND_MASKED_EQ, sign, 0);

	if (cond.op == COND_LT || cond.op == COND_LE) {
		add_one(lowering, negative);
		if (cond.op == COND_LE || cond.value > 0)
			add_one(lowering, cond);
	} else {
		vec_add(lowering->sema->arena, &lowering->out,
			((struct conjunction){.conds = {positive, cond}, .n = 2}));
	}
}

/* Is a comparison true, or false, of every value up to max? */
static bool is_decided(const struct call_cond *cond, uint64_t max, bool is_signed)
{
	if (cond->value == max && (cond->op == COND_LE || cond->op == COND_GT))
		return true;
	return !is_signed && cond->value == 0 && (cond->op == COND_LT || cond->op == COND_GE);
}

static bool add_order(struct lowering *lowering, uint64_t value)
{
	struct call_cond cond = make_cond(lowering, order_ops[lowering->stated->op], value);
	uint32_t bits = call_arg_bits(lowering->arg);
	bool is_signed = lowering->arg->type == CALL_ARG_INT ||
			 lowering->arg->type == CALL_ARG_LONG;
	uint64_t sign = (uint64_t)1 << (bits - 1);
	uint64_t max = is_signed ? sign - 1 : sign | (sign - 1);

	if (bits == 16) {
		diag_report(lowering->sema->diags, DIAG_E0253, lowering->stated->span,
			    "'%s' can be tested for equality and by a mask only",
			    lowering->arg->names[0]);
		return false;
	}
	if (value > max) {
		diag_report(lowering->sema->diags, DIAG_E0250,
			    lowering->stated->values.items[0].span,
			    "this argument has a sign: it is never more than %llu",
			    (unsigned long long)max);
		return false;
	}
	if (is_decided(&cond, max, is_signed))
		return tests_nothing(lowering, "this comparison is the same for every value");
	if (is_signed)
		add_signed_order(lowering, sign, cond);
	else
		add_one(lowering, cond);
	return true;
}

static bool add_alternative(struct lowering *lowering, uint64_t value)
{
	switch (lowering->stated->op) {
	case AST_OP_EQ:
	case AST_OP_IN:
		add_equal(lowering, true, value);
		return true;
	case AST_OP_NE:
		add_equal(lowering, false, value);
		return true;
	case AST_OP_MASKED_EQ:
		return add_masked(lowering, value);
	case AST_OP_LT:
	case AST_OP_LE:
	case AST_OP_GT:
	case AST_OP_GE:
		break;
	}
	return add_order(lowering, value);
}

static bool lower_cond(struct sema *sema, struct str call, const struct ast_cond *stated,
		       struct alternatives *out)
{
	struct lowering lowering = {.sema = sema, .stated = stated};
	int position = sema_call_arg(sema, call, &stated->arg, &lowering.arg);

	if (position < 0)
		return false;
	lowering.position = (uint32_t)position;
	for (size_t i = 0; i < stated->values.n; i++) {
		uint64_t value;

		if (!sema_call_value(sema, &stated->values.items[i], lowering.arg, &value) ||
		    !add_alternative(&lowering, value))
			return false;
	}
	*out = lowering.out;
	return true;
}

/* ---- statements ---- */

static int number_cmp(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int sema_cond_cmp(const struct call_cond *a, const struct call_cond *b)
{
	int order = number_cmp(a->arg, b->arg);

	if (!order)
		order = number_cmp(a->is_64, b->is_64);
	if (!order)
		order = number_cmp(a->op, b->op);
	if (!order)
		order = number_cmp(a->mask, b->mask);
	return order ? order : number_cmp(a->value, b->value);
}

static int cond_cmp(const void *left, const void *right)
{
	return sema_cond_cmp(left, right);
}

static uint32_t drop_doubles(struct call_cond *conds, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (!kept || sema_cond_cmp(&conds[kept - 1], &conds[i]))
			conds[kept++] = conds[i];
	}
	return kept;
}

/*
 * The rule for one choice: digit i of the number, in the base of its alternatives, chooses of
 * condition i. False when its conditions are too many.
 */
static bool choose(struct arena *arena, const struct alternatives *conds, size_t n, size_t choice,
		   struct ir_call *rule)
{
	struct call_cond *all = arena_alloc(arena, CALL_MAX_CONDS * sizeof(*all));
	uint32_t n_all = 0;

	for (size_t i = 0; i < n; i++) {
		const struct conjunction *one = &conds[i].items[choice % conds[i].n];

		if (n_all + one->n > CALL_MAX_CONDS)
			return false;
		memcpy(all + n_all, one->conds, one->n * sizeof(*all));
		n_all += one->n;
		choice /= conds[i].n;
	}
	/* In one order and without doubles: what means the same is the same. */
	if (n_all)
		qsort(all, n_all, sizeof(*all), cond_cmp);
	rule->conds = all;
	rule->n_conds = drop_doubles(all, n_all);
	return true;
}

static bool lower_conds(struct sema *sema, const struct ast_call *stated,
			struct alternatives *conds, size_t *choices)
{
	bool good = true;

	*choices = 1;
	for (size_t i = 0; i < stated->conds.n; i++) {
		good &= lower_cond(sema, stated->name.text, &stated->conds.items[i], &conds[i]);
		if (good && *choices <= MAX_CHOICES)
			*choices *= conds[i].n;
	}
	if (!good || *choices <= MAX_CHOICES)
		return good;
	diag_report(sema->diags, DIAG_E0468, stated->span,
		    "the conditions can hold in more than %u ways; each is a rule", MAX_CHOICES);
	return false;
}

void sema_add_conditional(struct sema *sema, struct sema_box *box, const struct ast_call *stated,
			  const struct sema_call *rule)
{
	struct alternatives *conds = arena_alloc(sema->arena,
						 stated->conds.n * sizeof(struct alternatives));
	bool possible = false;
	size_t choices;

	if (!lower_conds(sema, stated, conds, &choices))
		return;
	for (size_t choice = 0; choice < choices; choice++) {
		struct sema_call one = *rule;

		if (!choose(sema->arena, conds, stated->conds.n, choice, &one.call)) {
			diag_report(sema->diags, DIAG_E0469, stated->span,
				    "this call has more than %u conditions", CALL_MAX_CONDS);
			return;
		}
		if (!call_conds_possible(one.call.conds, one.call.n_conds))
			continue;
		vec_add(sema->arena, &box->calls, one);
		possible = true;
	}
	if (!possible)
		diag_report(sema->diags, DIAG_E0256, stated->span,
			    "these conditions exclude each other: no call fulfils them");
}
