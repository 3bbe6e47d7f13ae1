/*
 * What is left of a condition at each jump.
 *
 * Kleene's "not" can be pushed down to the tests, and "and" and "or" never turn one around. So a
 * rule matches just when a formula of "and" and "or" over its tests, some of them negated, does in
 * which each test either holds or does not: of an unknown one, negated or not, that is settled by
 * the rule's verdict, in the formula as in the program that the runtime runs. It is enough to
 * compare the two for all ways in which the tests can hold, each occurrence by itself; this asks
 * for more than the law does when a test occurs twice, never for less.
 *
 * Every test of the program is reached with some formula left over, at first the whole condition.
 * The test must occur in it. With the occurrence held to be true, and to be false, the formula
 * becomes the one that must be left where the jumps go; two ways to one test must leave the same,
 * and at the end it must be true at MATCH and false at FAIL. Formulas are kept once each, so equal
 * ones are the same number.
 */
#include "verify/prove_condition.h"

#include <string.h>

#include "base/map.h"

enum kind { KIND_FALSE, KIND_TRUE, KIND_TEST, KIND_AND, KIND_OR };

/* Formulas by number; these two come first. */
#define FORMULA_FALSE 0u
#define FORMULA_TRUE  1u

struct formula {
	uint32_t kind; /* enum kind */
	uint32_t left; /* of AND and OR formulas; of a test its occurrence */
	uint32_t right;
};

struct occurrence {
	const struct ir_where *test;
	bool negated;
};

struct proof {
	struct arena *arena;
	const struct view *view;
	struct writ_fmt_range tests;
	VEC(struct formula) formulas;
	struct map known;
	VEC(struct occurrence) occurrences;
	uint32_t *left; /* by test: the formula that is left there, or IR_NONE */
};

static uint32_t make(struct proof *proof, struct formula formula)
{
	struct str key = {(const char *)&formula, sizeof(formula)};
	uint32_t id = (uint32_t)proof->formulas.n;

	if (map_get(&proof->known, key, &id))
		return id;
	map_put(proof->arena, &proof->known, str_copy(proof->arena, key.ptr, key.len), id);
	vec_add(proof->arena, &proof->formulas, formula);
	return id;
}

static uint32_t join(struct proof *proof, enum kind kind, uint32_t left, uint32_t right)
{
	uint32_t strong = kind == KIND_AND ? FORMULA_FALSE : FORMULA_TRUE;
	uint32_t neutral = kind == KIND_AND ? FORMULA_TRUE : FORMULA_FALSE;

	if (left == strong || right == strong)
		return strong;
	if (left == neutral)
		return right;
	if (right == neutral)
		return left;
	return make(proof, (struct formula){kind, left, right});
}

/* The formula of a condition. "a and b and c" is a and (b and c), so that the rest stands. */
static uint32_t formula_of(struct proof *proof, const struct ir_where *where, bool negated)
{
	enum kind kind = (where->kind == IR_WHERE_AND) != negated ? KIND_AND : KIND_OR;
	uint32_t *kids, formula;

	if (where->kind == IR_WHERE_NOT)
		return formula_of(proof, where->kids.items[0], !negated);
	if (where->kind == IR_WHERE_TEST) {
		vec_add(proof->arena, &proof->occurrences, ((struct occurrence){where, negated}));
		return make(proof,
			    (struct formula){KIND_TEST, (uint32_t)proof->occurrences.n - 1, 0});
	}
	kids = arena_alloc(proof->arena, where->kids.n * sizeof(*kids));
	for (size_t i = 0; i < where->kids.n; i++)
		kids[i] = formula_of(proof, where->kids.items[i], negated);
	formula = kids[where->kids.n - 1];
	for (size_t i = where->kids.n - 1; i > 0; i--)
		formula = join(proof, kind, kids[i - 1], formula);
	return formula;
}

static bool operand_is(const struct view *view, const struct ir_where *test,
		       const struct writ_fmt_operand *have, const struct ir_operand *want)
{
	if (ir_test_has_endpoints(test->op))
		return have->endpoint < VIEW_N(view, ENDPOINTS) &&
		       view_endpoint_is(view, VIEW_AT(view, ENDPOINTS, endpoint, have->endpoint),
					&want->endpoint);
	return have->endpoint == WRIT_NONE && have->number == want->number &&
	       view_text_is(view, have->text, &want->text);
}

static bool test_is(const struct view *view, const struct writ_fmt_test *record,
		    const struct occurrence *occurrence)
{
	const struct ir_where *test = occurrence->test;

	if (record->op != (uint16_t)test->op ||
	    record->flags != (occurrence->negated ? WRIT_TEST_NEGATED : 0) ||
	    !str_eq(view_str(view, record->arg), test->arg) ||
	    record->operands.count != test->operands.n ||
	    !view_has(view, WRIT_SECTION_OPERANDS, record->operands))
		return false;
	for (uint32_t i = 0; i < record->operands.count; i++) {
		if (!operand_is(view, test,
				VIEW_AT(view, OPERANDS, operand, record->operands.first + i),
				&test->operands.items[i]))
			return false;
	}
	return true;
}

/* The first occurrence in a formula that is this test, or IR_NONE. */
static uint32_t find(const struct proof *proof, uint32_t id, const struct writ_fmt_test *record)
{
	const struct formula *formula = &proof->formulas.items[id];
	uint32_t found;

	if (formula->kind == KIND_TEST)
		return test_is(proof->view, record, &proof->occurrences.items[formula->left])
			       ? formula->left
			       : IR_NONE;
	if (formula->kind != KIND_AND && formula->kind != KIND_OR)
		return IR_NONE;
	found = find(proof, formula->left, record);
	return found == IR_NONE ? find(proof, formula->right, record) : found;
}

/* What is left of a formula when one occurrence holds, or does not; it stands in there once. */
static uint32_t assume(struct proof *proof, uint32_t id, uint32_t occurrence, bool holds)
{
	const struct formula formula = proof->formulas.items[id];
	uint32_t left, right;

	if (formula.kind == KIND_TEST)
		return formula.left != occurrence ? id : holds ? FORMULA_TRUE : FORMULA_FALSE;
	if (formula.kind != KIND_AND && formula.kind != KIND_OR)
		return id;
	left = assume(proof, formula.left, occurrence, holds);
	right = left == formula.left ? assume(proof, formula.right, occurrence, holds)
				     : formula.right;
	return join(proof, (enum kind)formula.kind, left, right);
}

/* A jump from a test: does it go where just this formula is left? */
static bool leads_to(struct proof *proof, uint32_t at, uint32_t target, uint32_t formula)
{
	if (target == WRIT_TEST_MATCH || target == WRIT_TEST_FAIL)
		return formula == (target == WRIT_TEST_MATCH ? FORMULA_TRUE : FORMULA_FALSE);
	if (target <= at || target >= proof->tests.count)
		return false;
	if (proof->left[target] == IR_NONE)
		proof->left[target] = formula;
	return proof->left[target] == formula;
}

static struct str check_test(struct proof *proof, uint32_t at)
{
	const struct writ_fmt_test *record = VIEW_AT(proof->view, TESTS, test,
						     proof->tests.first + at);
	struct str arg = view_str(proof->view, record->arg);
	uint32_t formula = proof->left[at], occurrence;

	if (formula == IR_NONE)
		return str_printf(proof->arena, "test %u, of '%.*s', is never made", at,
				  STR_ARG(arg));
	occurrence = find(proof, formula, record);
	if (occurrence == IR_NONE)
		return str_printf(proof->arena, "test %u, of '%.*s', is not the condition's", at,
				  STR_ARG(arg));
	if (!leads_to(proof, at, record->yes, assume(proof, formula, occurrence, true)))
		return str_printf(proof->arena,
				  "where test %u, of '%.*s', holds, it goes on otherwise than the "
				  "condition",
				  at, STR_ARG(arg));
	if (!leads_to(proof, at, record->no, assume(proof, formula, occurrence, false)))
		return str_printf(proof->arena,
				  "where test %u, of '%.*s', does not hold, it goes on otherwise "
				  "than the condition",
				  at, STR_ARG(arg));
	return STR("");
}

struct str prove_condition(struct arena *arena, const struct ir_where *where,
			   const struct view *view, struct writ_fmt_range tests)
{
	struct proof proof = {.view = view, .tests = tests};
	struct str wrong = STR("");
	struct arena own; /* formulas are many: as many as the square of the tests, where nested */

	if (tests.count == 0 || !view_has(view, WRIT_SECTION_TESTS, tests))
		return STR("it has no tests");
	arena_init(&own);
	proof.arena = &own;
	proof.left = arena_alloc(&own, tests.count * sizeof(*proof.left));
	memset(proof.left, 0xff, tests.count * sizeof(*proof.left));
	(void)make(&proof, (struct formula){KIND_FALSE, 0, 0});
	(void)make(&proof, (struct formula){KIND_TRUE, 0, 0});
	proof.left[0] = formula_of(&proof, where, false);
	for (uint32_t i = 0; wrong.len == 0 && i < tests.count; i++)
		wrong = check_test(&proof, i);
	wrong = str_copy(arena, wrong.ptr, wrong.len);
	arena_fini(&own);
	return wrong;
}
