/*
 * Conditions of rules: trees of tests on a call's arguments.
 *
 * Invariant: AND and OR have at least two kids, none of their own kind, and NOT has no NOT below
 * it. "(a and b) and c" is one AND of three, and "not not a" is a, which means the same also where
 * a is unknown; so the depth is bounded by the parentheses, which the scanner counts.
 */
#include "front/build.h"

static void count_test(struct parse *parse, struct span span)
{
	parse->tests++;
	if (parse->tests == PARSE_MAX_TESTS + 1)
		diag_report(parse->diags, DIAG_E0019, span, "a condition has at most %u tests",
			    PARSE_MAX_TESTS);
}

struct ast_expr *build_test_of(struct parse *parse, enum ast_expr_kind kind, struct ast_name arg,
			       struct span span)
{
	struct ast_expr *expr = arena_new(parse->arena, struct ast_expr);

	count_test(parse, span);
	expr->kind = kind;
	expr->arg = arg;
	expr->span = span;
	return expr;
}

struct ast_expr *build_compare(struct parse *parse, struct ast_name arg, enum ast_op op,
			       const struct ast_literal *literal, struct span span)
{
	struct ast_expr *expr = build_test_of(parse, AST_EXPR_COMPARE, arg, span);

	expr->op = op;
	vec_add(parse->arena, &expr->literals, *literal);
	return expr;
}

struct ast_expr *build_text_test(struct parse *parse, enum ast_expr_kind kind, struct ast_name arg,
				 const struct ast_text *text, struct span span)
{
	struct ast_expr *expr = build_test_of(parse, kind, arg, span);

	vec_add(parse->arena, &expr->literals, build_text_literal(text->span, *text));
	return expr;
}

struct ast_expr *build_not(struct parse *parse, struct ast_expr *kid, struct span span)
{
	struct ast_expr *expr;

	if (kid->kind == AST_EXPR_NOT)
		return kid->kids.items[0];
	expr = arena_new(parse->arena, struct ast_expr);
	expr->kind = AST_EXPR_NOT;
	expr->span = span;
	vec_add(parse->arena, &expr->kids, kid);
	return expr;
}

static void add_kids(struct parse *parse, struct ast_expr *expr, struct ast_expr *kid)
{
	if (kid->kind != expr->kind) {
		vec_add(parse->arena, &expr->kids, kid);
		return;
	}
	for (size_t i = 0; i < kid->kids.n; i++)
		vec_add(parse->arena, &expr->kids, kid->kids.items[i]);
}

/* left is taken over when it is of the kind, so that a long chain is built in linear time. */
struct ast_expr *build_join(struct parse *parse, enum ast_expr_kind kind, struct ast_expr *left,
			    struct ast_expr *right, struct span span)
{
	struct ast_expr *expr = left;

	if (left->kind != kind) {
		expr = arena_new(parse->arena, struct ast_expr);
		expr->kind = kind;
		vec_add(parse->arena, &expr->kids, left);
	}
	add_kids(parse, expr, right);
	expr->span = span;
	return expr;
}
