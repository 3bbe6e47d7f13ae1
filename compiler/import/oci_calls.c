/*
 * From rules to system calls: what a profile says of each.
 *
 * A call has cases: conditions that hold together, and a verdict. Conditions are about what the
 * kernel looks at of an argument, without a sign, as libseccomp compares: so they are those of the
 * tables (struct call_cond). Several conditions on one argument are alternatives, each a rule of
 * its own with the others left out: libseccomp takes one comparison an argument, and runc and crun
 * split such rules. No two cases with different verdicts hold together: then it does not matter in
 * which order they are looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "import/oci_profile.h"
#include "tables/syscall_args.h"

/* Cases on the way to a complement: each is compared with every other. */
#define MAX_PARTIAL 256u

struct sorter {
	struct diag_list *diags;
	struct arena *arena;
	const struct oci_options *options;
	struct oci_calls *out;
	struct map calls; /* by name: index in out->items */
	struct map unknown;
};

bool oci_same_verdict(struct oci_verdict a, struct oci_verdict b)
{
	return a.action == b.action && a.error == b.error;
}

/* ---- conditions ---- */

enum truth { NEVER, ALWAYS, DEPENDS };

static bool bad_arg(struct sorter *sorter, const struct oci_arg *arg, struct str call,
		    const char *why)
{
	diag_report(sorter->diags, DIAG_E0608, arg->span, "argument %u of '%.*s' %s", arg->index,
		    STR_ARG(call), why);
	return false;
}

/* Is the condition the same for every value up to max? */
static enum truth truth_of(const struct call_cond *cond, uint64_t max)
{
	bool at_max = cond->value == max, at_zero = cond->value == 0;

	switch (cond->op) {
	case COND_LE:
		return at_max ? ALWAYS : DEPENDS;
	case COND_GE:
		return at_zero ? ALWAYS : DEPENDS;
	case COND_GT:
		return at_max ? NEVER : DEPENDS;
	case COND_LT:
		return at_zero ? NEVER : DEPENDS;
	case COND_MASKED_EQ:
		if (cond->value & ~cond->mask)
			return NEVER;
		return cond->mask ? DEPENDS : ALWAYS;
	case COND_EQ:
	case COND_NE:
	case COND_MASKED_NE:
		break;
	}
	return DEPENDS;
}

static bool make_cond(struct sorter *sorter, struct str call, const struct oci_arg *arg,
		      struct call_cond *out, enum truth *truth)
{
	const struct call_args *args = call_args_find(call);
	const struct call_arg *type = args ? &args->args[arg->index] : NULL;
	uint64_t max;

	if (!args)
		return bad_arg(sorter, arg, call, "is not known: no arguments of this call are");
	if (type->type == CALL_ARG_NONE)
		return bad_arg(sorter, arg, call, "does not exist");
	if (type->type == CALL_ARG_PTR)
		return bad_arg(sorter, arg, call,
			       "points into memory: a filter sees the address only, and what is "
			       "there could change after it looked");
	max = UINT64_MAX >> (64 - call_arg_bits(type));
	if (arg->value > max || arg->mask > max)
		return bad_arg(sorter, arg, call,
			       "is narrower than this value: the kernel looks at its low bits "
			       "only");
	*out = (struct call_cond){.arg = (uint8_t)arg->index,
				  .is_64 = max == UINT64_MAX,
				  .op = arg->op,
				  .mask = arg->mask,
				  .value = arg->value};
	*truth = truth_of(out, max);
	if (out->op == COND_MASKED_EQ && out->mask == max) {
		out->op = COND_EQ;
		out->mask = 0;
	}
	return true;
}

static int number_cmp(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int cond_cmp(const void *left, const void *right)
{
	const struct call_cond *a = left, *b = right;
	int order = number_cmp(a->arg, b->arg);

	if (!order)
		order = number_cmp(a->op, b->op);
	if (!order)
		order = number_cmp(a->mask, b->mask);
	return order ? order : number_cmp(a->value, b->value);
}

int oci_case_cmp(const void *left, const void *right)
{
	const struct oci_case *a = left, *b = right;
	int order = number_cmp(a->verdict.action, b->verdict.action);

	if (!order)
		order = number_cmp(a->verdict.error, b->verdict.error);
	if (!order)
		order = number_cmp(a->n, b->n);
	for (uint32_t i = 0; !order && i < a->n; i++)
		order = cond_cmp(&a->conds[i], &b->conds[i]);
	return order;
}

/* Can both hold for one call? */
static bool can_meet(const struct oci_case *a, const struct oci_case *b)
{
	struct call_cond joined[2 * CALL_MAX_CONDS];

	if (a->n)
		memcpy(joined, a->conds, a->n * sizeof(*joined));
	if (b->n)
		memcpy(joined + a->n, b->conds, b->n * sizeof(*joined));
	return call_conds_possible(joined, a->n + b->n);
}

/* Is a condition on an argument that another condition gives the one value of? */
static bool is_settled(const struct oci_case *one, const struct call_cond *cond)
{
	for (uint32_t i = 0; i < one->n; i++) {
		const struct call_cond *other = &one->conds[i];

		if (other != cond && other->arg == cond->arg && other->op == COND_EQ)
			return true;
	}
	return false;
}

/* What is settled holds or the case can't: it can, so that what is settled goes without saying. */
static void drop_settled(struct oci_case *one)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < one->n; i++) {
		/* In order, the one value comes first of its argument's conditions. */
		if (!is_settled(one, &one->conds[i]))
			one->conds[kept++] = one->conds[i];
	}
	one->n = kept;
}

/* With one more condition, kept in order; false when it can't hold then, or has too many. */
static bool extend(struct arena *arena, const struct oci_case *from, const struct call_cond *cond,
		   struct oci_case *out)
{
	*out = *from;
	for (uint32_t i = 0; i < from->n; i++) {
		if (cond_cmp(&from->conds[i], cond) == 0)
			return true;
	}
	if (from->n == CALL_MAX_CONDS)
		return false;
	out->conds = arena_alloc(arena, (from->n + 1) * sizeof(*out->conds));
	if (from->n)
		memcpy(out->conds, from->conds, from->n * sizeof(*out->conds));
	out->conds[out->n++] = *cond;
	qsort(out->conds, out->n, sizeof(*out->conds), cond_cmp);
	if (!call_conds_possible(out->conds, out->n))
		return false;
	drop_settled(out);
	return true;
}

/* ---- cases ---- */

static bool add_case(struct sorter *sorter, struct oci_call *call, const struct oci_case *added)
{
	for (size_t i = 0; i < call->cases.n; i++) {
		const struct oci_case *other = &call->cases.items[i];

		if (oci_case_cmp(other, added) == 0)
			return true;
	}
	if (call->cases.n == OCI_MAX_RULES) {
		diag_report(sorter->diags, DIAG_E0482, added->span,
			    "this profile has more than %u rules for '%.*s'", OCI_MAX_RULES,
			    STR_ARG(call->name));
		return false;
	}
	vec_add(sorter->arena, &call->cases, *added);
	return true;
}

static bool has_alternatives(const struct oci_rule *rule)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < rule->args.n; i++) {
		uint32_t bit = 1u << rule->args.items[i].index;

		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

/* A case of the rule's conditions from first on, n of them; nothing when they can't hold. */
static bool add_conds(struct sorter *sorter, struct oci_call *call, const struct oci_rule *rule,
		      size_t first, size_t n)
{
	struct oci_case made = {.verdict = rule->verdict, .span = rule->span};
	bool possible = true;

	for (size_t i = first; i < first + n; i++) {
		struct oci_case longer;
		struct call_cond cond;
		enum truth truth;

		if (!make_cond(sorter, call->name, &rule->args.items[i], &cond, &truth))
			return false;
		if (truth == NEVER)
			possible = false;
		if (truth != DEPENDS || !possible)
			continue;
		possible = extend(sorter->arena, &made, &cond, &longer);
		made = longer;
	}
	return !possible || add_case(sorter, call, &made);
}

static bool add_rule(struct sorter *sorter, struct oci_call *call, const struct oci_rule *rule)
{
	bool good = true;

	if (!has_alternatives(rule))
		return add_conds(sorter, call, rule, 0, rule->args.n);
	sorter->out->has_alternatives = true;
	for (size_t i = 0; good && i < rule->args.n; i++)
		good = add_conds(sorter, call, rule, i, 1);
	return good;
}

static struct oci_call *find_call(struct sorter *sorter, const struct oci_name *name)
{
	uint32_t index = (uint32_t)sorter->out->items.n;

	if (map_put(sorter->arena, &sorter->calls, name->text, index))
		vec_add(sorter->arena, &sorter->out->items,
			((struct oci_call){.name = name->text, .span = name->span}));
	else
		map_get(&sorter->calls, name->text, &index);
	return &sorter->out->items.items[index];
}

/* ---- names ---- */

/* On how many targets the call exists, and in *n_applies where the rule is for it there. */
static unsigned count_targets(const struct sorter *sorter, const struct oci_rule *rule,
			      struct str name, unsigned *n_applies)
{
	unsigned n = 0;

	*n_applies = 0;
	for (int i = 0; i < ARCH__COUNT; i++) {
		if (!sorter->options->archs[i] || syscall_number(name, (enum arch)i) < 0)
			continue;
		n++;
		*n_applies += rule->archs[i];
	}
	return n;
}

static bool sort_name(struct sorter *sorter, const struct oci_rule *rule,
		      const struct oci_name *name)
{
	unsigned n_applies;
	unsigned n = count_targets(sorter, rule, name->text, &n_applies);
	struct diag *diag;

	/* Another architecture's call needs no word. */
	if (!n && !syscall_exists(name->text) &&
	    map_put(sorter->arena, &sorter->unknown, name->text, 0))
		vec_add(sorter->arena, &sorter->out->unknown, name->text);
	if (!n_applies)
		return true;
	if (n_applies == n)
		return add_rule(sorter, find_call(sorter, name), rule);
	diag = diag_report(sorter->diags, DIAG_E0609, name->span,
			   "the rule for '%.*s' is for some of the targets only",
			   STR_ARG(name->text));
	for (int i = 0; i < ARCH__COUNT; i++) {
		if (rule->archs[i] && syscall_number(name->text, (enum arch)i) >= 0)
			diag_help(sorter->diags, diag, "to import the profile for one: --target %s",
				  arch_info((enum arch)i)->name);
	}
	return false;
}

/* Reports the first two cases that give one call two verdicts. */
static bool check_verdicts(struct sorter *sorter, const struct oci_call *call)
{
	const struct oci_case *cases = call->cases.items;

	for (size_t i = 0; i < call->cases.n; i++) {
		for (size_t j = 0; j < i; j++) {
			struct diag *diag;

			if (oci_same_verdict(cases[i].verdict, cases[j].verdict) ||
			    !can_meet(&cases[i], &cases[j]))
				continue;
			diag = diag_report(sorter->diags, DIAG_E0607, cases[i].span,
					   "this rule and another give a call of '%.*s' different "
					   "verdicts",
					   STR_ARG(call->name));
			diag_note(sorter->diags, diag, cases[j].span, "the other is here");
			return false;
		}
	}
	return true;
}

static int call_cmp(const void *left, const void *right)
{
	const struct oci_call *a = left, *b = right;

	return str_cmp(a->name, b->name);
}

bool oci_sort(struct diag_list *diags, const struct oci_profile *profile,
	      const struct oci_options *options, struct oci_calls *out)
{
	struct sorter sorter = {.diags = diags,
				.arena = diags->arena,
				.options = options,
				.out = out};
	bool good = true;

	for (size_t i = 0; i < profile->rules.n; i++) {
		const struct oci_rule *rule = &profile->rules.items[i];

		for (size_t n = 0; n < rule->names.n; n++)
			good &= sort_name(&sorter, rule, &rule->names.items[n]);
	}
	for (size_t i = 0; i < out->items.n; i++)
		good &= check_verdicts(&sorter, &out->items.items[i]);
	if (out->items.n)
		qsort(out->items.items, out->items.n, sizeof(*out->items.items), call_cmp);
	return good;
}

/* ---- complements ---- */

/* Adds a case for each way in which a condition does not hold beside those of from. */
static void add_negated(struct arena *arena, const struct oci_case *from,
			const struct call_cond *cond, struct oci_cases *out)
{
	static const enum cond_op opposite[] = {
		[COND_EQ] = COND_NE, [COND_NE] = COND_EQ, [COND_LT] = COND_GE,
		[COND_GE] = COND_LT, [COND_LE] = COND_GT, [COND_GT] = COND_LE,
	};
	struct call_cond negated = *cond;
	struct oci_case longer;

	if (cond->op != COND_MASKED_EQ) {
		negated.op = opposite[cond->op];
		if (extend(arena, from, &negated, &longer))
			vec_add(arena, out, longer);
		return;
	}
	/* One of the bits is another. */
	for (uint64_t left = cond->mask; left; left &= left - 1) {
		negated.mask = left & (~left + 1);
		negated.value = negated.mask & ~cond->value;
		if (extend(arena, from, &negated, &longer))
			vec_add(arena, out, longer);
	}
}

/* Is there room for one more condition in each? */
static bool has_room(const struct oci_cases *cases)
{
	for (size_t i = 0; i < cases->n; i++) {
		if (cases->items[i].n == CALL_MAX_CONDS)
			return false;
	}
	return true;
}

static bool covers(const struct oci_case *wide, const struct oci_case *narrow)
{
	for (uint32_t i = 0; i < wide->n; i++) {
		uint32_t n = 0;

		while (n < narrow->n && cond_cmp(&wide->conds[i], &narrow->conds[n]))
			n++;
		if (n == narrow->n)
			return false;
	}
	return true;
}

/* Leaves out what another case covers; of equal ones the first stays. */
static void drop_covered(struct oci_cases *cases)
{
	size_t kept = 0;

	for (size_t i = 0; i < cases->n; i++) {
		bool covered = false;

		for (size_t j = 0; j < cases->n && !covered; j++)
			covered = j != i && covers(&cases->items[j], &cases->items[i]) &&
				  (j < i || !covers(&cases->items[i], &cases->items[j]));
		if (!covered)
			cases->items[kept++] = cases->items[i];
	}
	cases->n = kept;
}

bool oci_complement(struct arena *arena, const struct oci_cases *cases, struct oci_verdict verdict,
		    struct oci_cases *out)
{
	struct oci_cases partial = {0};

	vec_add(arena, &partial, ((struct oci_case){.verdict = verdict}));
	for (size_t i = 0; i < cases->n; i++) {
		const struct oci_case *excluded = &cases->items[i];
		struct oci_cases next = {0};

		if (!has_room(&partial))
			return false;
		for (size_t p = 0; p < partial.n && next.n <= MAX_PARTIAL; p++) {
			const struct oci_case *from = &partial.items[p];

			if (!can_meet(from, excluded)) {
				vec_add(arena, &next, *from);
				continue;
			}
			for (uint32_t c = 0; c < excluded->n; c++)
				add_negated(arena, from, &excluded->conds[c], &next);
		}
		if (next.n > MAX_PARTIAL)
			return false;
		drop_covered(&next);
		partial = next;
	}
	for (size_t i = 0; i < partial.n; i++)
		vec_add(arena, out, partial.items[i]);
	return out->n <= OCI_MAX_RULES;
}
