/*
 * Validation of conditions: the tests of rules, their operands, and the chains of rules that cells
 * name.
 *
 * After this a condition can be run without bounds of its own: every jump goes forward and stays in
 * the rule's tests, so it ends, and jumps are those of "and" and "or"; every operand is of the kind
 * that its test compares with; every chain ends at the first rule without a condition. Conditions
 * lie in TESTS in the order of the rules, each once (rules may share one), their operands in
 * OPERANDS in the order of the tests, and nothing else is in there: all is looked at exactly once,
 * however often it is shared.
 */
#include "runtime/verify.h"

#include <stdlib.h>

#include "runtime/error.h"

#define FEW 512u /* tests: for these, no memory is asked for, which is dear */

enum operand_kind { OPERAND_NONE, OPERAND_TEXT, OPERAND_NUMBER, OPERAND_ENDPOINT };

static const enum operand_kind operand_kinds[] = {
#define TEST(id, name, operand, doc) [WRIT_TEST_##name] = OPERAND_##operand,
	WRIT_TESTS(TEST)
#undef TEST
};
#define N_OPS (sizeof(operand_kinds) / sizeof(operand_kinds[0]))

static bool is_path_test(uint32_t op)
{
	return op == WRIT_TEST_PATH_EQ || op == WRIT_TEST_PATH_UNDER ||
	       op == WRIT_TEST_PATH_MATCHES;
}

static bool text_ok(const struct image *image, struct writ_fmt_range text, uint32_t op)
{
	if (is_path_test(op))
		return verify_path_text(image, text);
	return text.count == 0 ? text.first == 0 : verify_text(image, text);
}

static bool endpoint_ok(const struct image *image, uint32_t index)
{
	return index < image_count(image, WRIT_SECTION_ENDPOINTS) &&
	       !(image_ENDPOINTS(image, index)->flags & ~WRIT_ENDPOINT_UDP);
}

static const char *check_operand(const struct image *image, uint32_t index, uint32_t op)
{
	const struct writ_fmt_operand *operand = image_OPERANDS(image, index);
	enum operand_kind kind = operand_kinds[op];

	if (operand->reserved)
		return "a reserved field is not zero";
	if (kind == OPERAND_TEXT ? !text_ok(image, operand->text, op)
				 : (operand->text.first || operand->text.count))
		return "the text";
	if (kind == OPERAND_NUMBER ? op == WRIT_TEST_BOOL_EQ && operand->number >> 1 != 0
				   : operand->number != 0)
		return "the number";
	if (kind == OPERAND_ENDPOINT ? !endpoint_ok(image, operand->endpoint)
				     : operand->endpoint != WRIT_NONE)
		return "the endpoint";
	return NULL;
}

static bool jump_ok(uint32_t target, uint32_t at, uint32_t n)
{
	return target == WRIT_TEST_MATCH || target == WRIT_TEST_FAIL || (target > at && target < n);
}

/* The test at an index of a rule's n tests. *next_operand is where its operands must begin. */
static const char *check_test(const struct image *image, struct writ_fmt_range where, uint32_t at,
			      uint32_t *next_operand)
{
	const struct writ_fmt_test *test = image_TESTS(image, where.first + at);
	struct writ_fmt_range operands = test->operands;

	if (!verify_str(image, test->arg, 1, WRIT_MAX_NAME))
		return "the argument's name";
	if (test->op == 0 || test->op >= N_OPS)
		return "an unknown test";
	if (test->flags & ~WRIT_TEST_NEGATED || test->reserved)
		return "a reserved field is not zero";
	if (!jump_ok(test->yes, at, where.count) || !jump_ok(test->no, at, where.count))
		return "a jump";
	if (operand_kinds[test->op] == OPERAND_NONE)
		return operands.first || operands.count ? "operands that it does not have" : NULL;
	if (operands.count == 0 || operands.count > WRIT_MAX_OPERANDS ||
	    operands.first != *next_operand ||
	    !image_has(image, WRIT_SECTION_OPERANDS, operands.first, operands.count))
		return "its operands";
	*next_operand += operands.count;
	return NULL;
}

static int check_operands(const struct image *image, const struct writ_fmt_test *test,
			  struct writ_error *error)
{
	for (uint32_t i = 0; i < test->operands.count; i++) {
		const char *what = check_operand(image, test->operands.first + i, test->op);

		if (what)
			return verify_bad(error, "operands", test->operands.first + i, what);
	}
	return 0;
}

/* Tests that stand for one: entered at the first, left by one of two ways. */
struct group {
	uint32_t entry;
	uint32_t yes;
	uint32_t no;
};

/* "a and b", or "a or b": one way out of a leads to b, the other is b's as well. */
static bool join(struct group *a, const struct group *b)
{
	bool is_and = a->yes == b->entry && a->no == b->no;
	bool is_or = a->no == b->entry && a->yes == b->yes;

	if (!is_and && !is_or)
		return false;
	a->yes = b->yes;
	a->no = b->no;
	return true;
}

/*
 * Are the jumps those of "and" and "or" of the tests? Only then can an unknown test, which is taken
 * for false in an allow rule and for true in a deny rule, never widen what is allowed: a jump that
 * turns a test around would make it so. Not inlined: who has no conditions needs no room for
 * groups.
 */
static __attribute__((noinline)) bool is_structured(const struct image *image,
						    struct writ_fmt_range where)
{
	struct group groups[WRIT_MAX_TESTS];
	uint32_t n = 0;

	for (uint32_t i = 0; i < where.count; i++) {
		const struct writ_fmt_test *test = image_TESTS(image, where.first + i);

		groups[n++] = (struct group){i, test->yes, test->no};
		while (n > 1 && join(&groups[n - 2], &groups[n - 1]))
			n--;
	}
	return n == 1 && groups[0].yes == WRIT_TEST_MATCH && groups[0].no == WRIT_TEST_FAIL;
}

static int check_tests(const struct image *image, struct writ_fmt_range where,
		       uint32_t *next_operand, struct writ_error *error)
{
	int rc = 0;

	for (uint32_t i = 0; !rc && i < where.count; i++) {
		const char *what = check_test(image, where, i, next_operand);

		if (what)
			rc = verify_bad(error, "tests", where.first + i, what);
		else
			rc = check_operands(image, image_TESTS(image, where.first + i), error);
	}
	if (!rc && !is_structured(image, where))
		rc = verify_bad(error, "tests", where.first, "jumps that no condition has");
	return rc;
}

/* counts[t] is how many tests the condition that begins at test t has, 0 where none begins. */
static int check_wheres(const struct image *image, uint32_t *counts, struct writ_error *error)
{
	uint32_t n_rules = image_count(image, WRIT_SECTION_RULES);
	uint32_t next_test = 0, next_operand = 0;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < n_rules; i++) {
		struct writ_fmt_range where = image_RULES(image, i)->where;

		if (where.count == 0 ||
		    (where.first < next_test && counts[where.first] == where.count))
			continue;
		if (where.first != next_test || where.count > WRIT_MAX_TESTS ||
		    !image_has(image, WRIT_SECTION_TESTS, where.first, where.count))
			return verify_bad(error, "rules", i, "the condition's tests");
		counts[where.first] = where.count;
		next_test += where.count;
		rc = check_tests(image, where, &next_operand, error);
	}
	if (!rc && next_test != image_count(image, WRIT_SECTION_TESTS))
		rc = verify_bad(error, "tests", next_test, "no rule's");
	if (!rc && next_operand != image_count(image, WRIT_SECTION_OPERANDS))
		rc = verify_bad(error, "operands", next_operand, "no test's");
	return rc;
}

static bool has_condition(const struct image *image, uint32_t rule)
{
	return image_RULES(image, rule)->where.count != 0;
}

/* Ascending rules, all but the last with a condition, and the first in any case. */
static const char *check_chain(const struct image *image, struct writ_fmt_range chain)
{
	uint32_t n_rules = image_count(image, WRIT_SECTION_RULES);
	uint32_t before = 0;

	for (uint32_t i = 0; i < chain.count; i++) {
		uint32_t rule = *image_CHAIN_RULES(image, chain.first + i);
		bool may_be_plain = i > 0 && i + 1 == chain.count;

		if (rule >= n_rules || (i > 0 && rule <= before))
			return "its rules are out of range or order";
		if (!may_be_plain && !has_condition(image, rule))
			return "a rule without a condition is not its end";
		before = rule;
	}
	return NULL;
}

static int check_chains(const struct image *image, struct writ_error *error)
{
	uint32_t n = image_count(image, WRIT_SECTION_CHAINS);
	uint32_t next = 0;

	if (n > UINT16_MAX - image_count(image, WRIT_SECTION_RULES))
		return verify_bad(error, "chains", n, "too many");
	for (uint32_t i = 0; i < n; i++) {
		struct writ_fmt_range chain = *image_CHAINS(image, i);
		const char *what;

		if (chain.first != next || chain.count == 0 || chain.count > WRIT_MAX_CHAIN ||
		    !image_has(image, WRIT_SECTION_CHAIN_RULES, chain.first, chain.count))
			return verify_bad(error, "chains", i, "its rules");
		what = check_chain(image, chain);
		if (what)
			return verify_bad(error, "chains", i, what);
		next += chain.count;
	}
	if (next != image_count(image, WRIT_SECTION_CHAIN_RULES))
		return verify_bad(error, "chain_rules", next, "no chain's");
	return 0;
}

int verify_conditions(const struct image *image, struct writ_error *error)
{
	uint32_t few[FEW] = {0};
	size_t n = (size_t)image_count(image, WRIT_SECTION_TESTS) + 1;
	uint32_t *counts = n <= FEW ? few : calloc(n, sizeof(*counts));
	int rc;

	if (!counts)
		return error_nomem(error);
	rc = check_wheres(image, counts, error);
	if (counts != few)
		free(counts);
	return rc ? rc : check_chains(image, error);
}
