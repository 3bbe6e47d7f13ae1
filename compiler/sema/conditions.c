/*
 * The conditions of rules: from "where" clauses to typed tests.
 *
 * What an operator does depends on the type of the argument: == compares paths after normalising
 * both, hosts without regard to case, integers as numbers. The type is the one that the pattern's
 * tools declare (args.c); where none does, the operator and its operand tell. One row a type says
 * which operators it has and which test each becomes; "a != x" is not(a == x), so that an argument
 * that is missing is unknown to both. operands.c lowers what stands on the right.
 */
#include "sema/conditions.h"

enum where_op { OP_EQ, OP_ORDER, OP_IN, OP_IN_SET, OP_UNDER, OP_MATCHES, OP_PRESENT };

#define HAS(op) (1u << (op))

/* What each type of argument can do. */
static const struct type {
	const char *a_word;
	unsigned operators;
	const char *list; /* the same for people */
	enum writ_test_op equal;
	enum writ_test_op matches;
} types[] = {
	[WRIT_ARG_STRING] = {"a string",
			     HAS(OP_EQ) | HAS(OP_IN) | HAS(OP_MATCHES) | HAS(OP_PRESENT),
			     "==, !=, in { }, matches and present", WRIT_TEST_STRING_EQ,
			     WRIT_TEST_STRING_MATCHES},
	[WRIT_ARG_PATH] = {"a path",
			   HAS(OP_EQ) | HAS(OP_IN) | HAS(OP_IN_SET) | HAS(OP_UNDER) |
				   HAS(OP_MATCHES) | HAS(OP_PRESENT),
			   "==, !=, in, under, matches and present", WRIT_TEST_PATH_EQ,
			   WRIT_TEST_PATH_MATCHES},
	[WRIT_ARG_URL] = {"a url",
			  HAS(OP_EQ) | HAS(OP_IN) | HAS(OP_IN_SET) | HAS(OP_MATCHES) |
				  HAS(OP_PRESENT),
			  "==, !=, in, matches and present", WRIT_TEST_URL_EQ,
			  WRIT_TEST_URL_MATCHES},
	[WRIT_ARG_HOST] = {"a host",
			   HAS(OP_EQ) | HAS(OP_IN) | HAS(OP_IN_SET) | HAS(OP_MATCHES) |
				   HAS(OP_PRESENT),
			   "==, !=, in, matches and present", WRIT_TEST_HOST_EQ,
			   WRIT_TEST_HOST_MATCHES},
	[WRIT_ARG_INT] = {"an int", HAS(OP_EQ) | HAS(OP_ORDER) | HAS(OP_IN) | HAS(OP_PRESENT),
			  "==, !=, <, <=, >, >=, in { } and present", WRIT_TEST_INT_EQ, 0},
	[WRIT_ARG_BOOL] = {"a bool", HAS(OP_EQ) | HAS(OP_PRESENT), "==, != and present",
			   WRIT_TEST_BOOL_EQ, 0},
};

static const char *const spellings[] = {
	[AST_OP_EQ] = "==", [AST_OP_NE] = "!=", [AST_OP_LT] = "<",
	[AST_OP_LE] = "<=", [AST_OP_GT] = ">",  [AST_OP_GE] = ">=",
};

static const enum writ_test_op orders[] = {
	[AST_OP_LT] = WRIT_TEST_INT_LT,
	[AST_OP_LE] = WRIT_TEST_INT_LE,
	[AST_OP_GT] = WRIT_TEST_INT_GT,
	[AST_OP_GE] = WRIT_TEST_INT_GE,
};

const char *sema_a_kind(enum writ_arg_kind kind)
{
	return types[kind].a_word;
}

static enum where_op operator_of(const struct ast_expr *expr)
{
	switch (expr->kind) {
	case AST_EXPR_IN:
		return OP_IN;
	case AST_EXPR_IN_SET:
		return OP_IN_SET;
	case AST_EXPR_UNDER:
		return OP_UNDER;
	case AST_EXPR_MATCHES:
		return OP_MATCHES;
	case AST_EXPR_PRESENT:
		return OP_PRESENT;
	case AST_EXPR_COMPARE:
	case AST_EXPR_OR:
	case AST_EXPR_AND:
	case AST_EXPR_NOT:
		break;
	}
	return expr->op == AST_OP_EQ || expr->op == AST_OP_NE ? OP_EQ : OP_ORDER;
}

static const char *spelling_of(const struct ast_expr *expr)
{
	static const char *const words[] = {
		[OP_IN] = "in", [OP_IN_SET] = "in", [OP_UNDER] = "under", [OP_MATCHES] = "matches"};
	enum where_op op = operator_of(expr);

	return op == OP_EQ || op == OP_ORDER ? spellings[expr->op] : words[op];
}

/* What an operand says about an argument that nobody declares. */
static enum writ_arg_kind kind_of_literal(const struct ast_literal *literal)
{
	if (literal->kind == AST_INT)
		return WRIT_ARG_INT;
	return literal->kind == AST_BOOL ? WRIT_ARG_BOOL : WRIT_ARG_STRING;
}

static enum writ_arg_kind infer(const struct condition *in, const struct ast_expr *expr)
{
	switch (operator_of(expr)) {
	case OP_ORDER:
		return WRIT_ARG_INT;
	case OP_UNDER:
		return WRIT_ARG_PATH;
	case OP_IN_SET:
		return sema_set_find(in->sema, expr->set.text, AST_SET_PATHS) ? WRIT_ARG_PATH
									      : WRIT_ARG_HOST;
	case OP_EQ:
	case OP_IN:
		return expr->literals.n ? kind_of_literal(&expr->literals.items[0])
					: WRIT_ARG_STRING;
	case OP_MATCHES:
	case OP_PRESENT:
		break;
	}
	return WRIT_ARG_STRING;
}

static void report_disagreement(struct condition *in, const struct ast_expr *expr,
				const struct sema_arg *arg)
{
	struct diag *diag = diag_report(in->sema->diags, DIAG_E0220, expr->arg.span,
					"the tools that '%.*s' matches give argument '%.*s' "
					"different types",
					STR_ARG(in->pattern), STR_ARG(expr->arg.text));

	sema_note_arg(in->sema, diag, arg->tool, expr->arg.text);
	sema_note_arg(in->sema, diag, arg->other, expr->arg.text);
	diag_help(in->sema->diags, diag, "write a rule for each of them");
}

static void report_operator(struct condition *in, const struct ast_expr *expr,
			    const struct sema_arg *arg)
{
	enum writ_arg_kind kind = arg->arg->kind;
	struct diag *diag = diag_report(in->sema->diags, DIAG_E0218, expr->span,
					"argument '%.*s' is %s, and those have no '%s'",
					STR_ARG(expr->arg.text), types[kind].a_word,
					spelling_of(expr));

	sema_note_arg(in->sema, diag, arg->tool, expr->arg.text);
	diag_help(in->sema->diags, diag, "%s has %s", types[kind].a_word, types[kind].list);
}

/* The type that a test takes its argument for; false after a report. */
static bool type_test(struct condition *in, const struct ast_expr *expr, enum writ_arg_kind *kind)
{
	const struct sema_arg *arg = sema_arg(in->args, expr->arg.text);

	if (!arg && in->args->only) {
		sema_unknown_arg(in->sema, &expr->arg, in->args);
		return false;
	}
	*kind = arg ? arg->arg->kind : infer(in, expr);
	if (!arg || operator_of(expr) == OP_PRESENT)
		return true;
	if (arg->other) {
		report_disagreement(in, expr, arg);
		return false;
	}
	if (types[*kind].operators & HAS(operator_of(expr)))
		return true;
	report_operator(in, expr, arg);
	return false;
}

/* Is a value in a set? One of an argument that nobody declares may be a URL or a host. */
static enum writ_test_op set_op(const struct condition *in, const struct ast_expr *expr,
				enum writ_arg_kind kind)
{
	if (kind == WRIT_ARG_PATH)
		return WRIT_TEST_PATH_UNDER;
	if (!sema_arg(in->args, expr->arg.text))
		return WRIT_TEST_ENDPOINT;
	return kind == WRIT_ARG_URL ? WRIT_TEST_URL_IN : WRIT_TEST_HOST_IN;
}

static enum writ_test_op test_op(const struct condition *in, const struct ast_expr *expr,
				 enum writ_arg_kind kind)
{
	switch (operator_of(expr)) {
	case OP_ORDER:
		return orders[expr->op];
	case OP_IN_SET:
		return set_op(in, expr, kind);
	case OP_UNDER:
		return WRIT_TEST_PATH_UNDER;
	case OP_MATCHES:
		return types[kind].matches;
	case OP_PRESENT:
		return WRIT_TEST_PRESENT;
	case OP_EQ:
	case OP_IN:
		break;
	}
	return types[kind].equal;
}

/* As text "a != x" is "a == x" too: the test is below a "not". */
static struct str positive_text(struct sema *sema, const struct ast_expr *expr)
{
	struct ast_expr positive = *expr;

	if (expr->kind == AST_EXPR_COMPARE && expr->op == AST_OP_NE)
		positive.op = AST_OP_EQ;
	return sema_expr_text(sema, &positive);
}

static struct ir_where *lower_test(struct condition *in, const struct ast_expr *expr)
{
	struct ir_where *test = arena_new(in->sema->arena, struct ir_where);
	enum writ_arg_kind kind;

	test->kind = IR_WHERE_TEST;
	in->sema->n_tests++;
	test->arg = expr->arg.text;
	test->source.text = positive_text(in->sema, expr);
	test->source.origin = sema_origin(in->sema, expr->span);
	sema_check_name_length(in->sema, expr->arg.text, expr->arg.span);
	if (!type_test(in, expr, &kind))
		return test;
	test->op = test_op(in, expr, kind);
	if (expr->kind == AST_EXPR_IN_SET)
		sema_set_operands(in, expr, kind, test);
	else
		sema_literal_operands(in, expr, kind, test);
	if (test->operands.n > WRIT_MAX_OPERANDS)
		diag_report(in->sema->diags, DIAG_E0459, expr->span,
			    "this test has %zu values to compare with; at most %u are possible",
			    test->operands.n, WRIT_MAX_OPERANDS);
	return test;
}

static struct ir_where *negate(struct condition *in, struct ir_where *kid)
{
	struct ir_where *where = arena_new(in->sema->arena, struct ir_where);

	where->kind = IR_WHERE_NOT;
	vec_add(in->sema->arena, &where->kids, kid);
	return where;
}

/* Recursion is as deep as the parser lets conditions nest. */
static struct ir_where *lower(struct condition *in, const struct ast_expr *expr)
{
	struct ir_where *where;

	switch (expr->kind) {
	case AST_EXPR_NOT:
		return negate(in, lower(in, expr->kids.items[0]));
	case AST_EXPR_OR:
	case AST_EXPR_AND:
		where = arena_new(in->sema->arena, struct ir_where);
		where->kind = expr->kind == AST_EXPR_OR ? IR_WHERE_OR : IR_WHERE_AND;
		for (size_t i = 0; i < expr->kids.n; i++)
			vec_add(in->sema->arena, &where->kids, lower(in, expr->kids.items[i]));
		return where;
	case AST_EXPR_COMPARE:
	case AST_EXPR_IN:
	case AST_EXPR_IN_SET:
	case AST_EXPR_UNDER:
	case AST_EXPR_MATCHES:
	case AST_EXPR_PRESENT:
		break;
	}
	where = lower_test(in, expr);
	if (expr->kind == AST_EXPR_COMPARE && expr->op == AST_OP_NE)
		return negate(in, where);
	return where;
}

static bool same_type(const struct sema_args *a, const struct sema_args *b, struct str name)
{
	const struct sema_arg *left = sema_arg(a, name), *right = sema_arg(b, name);

	if (!left || !right)
		return !left && !right && !a->only && !b->only;
	return left->arg->kind == right->arg->kind && !left->other && !right->other;
}

bool sema_same_types(struct sema *sema, const struct ast_expr *expr, struct str a, struct str b)
{
	if (!expr->kids.n)
		return same_type(sema_args(sema, a), sema_args(sema, b), expr->arg.text);
	for (size_t i = 0; i < expr->kids.n; i++) {
		if (!sema_same_types(sema, expr->kids.items[i], a, b))
			return false;
	}
	return true;
}

const struct ir_where *sema_where(struct sema *sema, const struct ast_expr *expr,
				  struct str pattern)
{
	struct condition in = {
		.sema = sema,
		.pattern = pattern,
		.args = sema_args(sema, pattern),
	};
	size_t before = sema->n_tests;
	const struct ir_where *where = lower(&in, expr);

	if (before <= SEMA_MAX_TESTS && sema->n_tests > SEMA_MAX_TESTS)
		diag_report(sema->diags, DIAG_E0461, expr->span,
			    "the conditions of this policy have more than %u tests",
			    SEMA_MAX_TESTS);
	return where;
}
