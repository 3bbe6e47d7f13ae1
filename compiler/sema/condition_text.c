/*
 * A condition as text, for telling people why a call was decided as it was.
 *
 * It is made from the tree, not cut out of the source: layout, comments and parentheses that mean
 * nothing leave no trace, so that one policy written in two ways, or in YAML, says the same.
 * Literals are kept as they are written: 0x1f was not written as 31 for nothing.
 */
#include "sema/conditions.h"

#include <string.h>

struct writer {
	struct sema *sema;
	char *bytes;
	size_t n;
	size_t cap;
};

static void put(struct writer *out, struct str text)
{
	if (out->n + text.len > out->cap) {
		size_t cap = (out->n + text.len) * 2;

		out->bytes = arena_grow(out->sema->arena, out->bytes, out->n, cap);
		out->cap = cap;
	}
	memcpy(out->bytes + out->n, text.ptr, text.len);
	out->n += text.len;
}

static void put_source(struct writer *out, struct span span)
{
	struct str text = out->sema->diags->sources->files.items[span.file].text;

	put(out, (struct str){text.ptr + span.begin, span.end - span.begin});
}

static void put_list(struct writer *out, const struct ast_literals *literals)
{
	for (size_t i = 0; i < literals->n; i++) {
		put(out, i ? STR(", ") : STR("{"));
		put_source(out, literals->items[i].span);
	}
	put(out, STR("}"));
}

static void put_compare(struct writer *out, const struct ast_expr *expr)
{
	static const char *const words[] = {
		[AST_OP_EQ] = " == ", [AST_OP_NE] = " != ", [AST_OP_LT] = " < ",
		[AST_OP_LE] = " <= ", [AST_OP_GT] = " > ",  [AST_OP_GE] = " >= ",
	};

	put(out, str_from(words[expr->op]));
	put_source(out, expr->literals.items[0].span);
}

static void put_test(struct writer *out, const struct ast_expr *expr)
{
	put(out, expr->arg.text);
	switch (expr->kind) {
	case AST_EXPR_COMPARE:
		put_compare(out, expr);
		break;
	case AST_EXPR_IN:
		put(out, STR(" in "));
		put_list(out, &expr->literals);
		break;
	case AST_EXPR_IN_SET:
		put(out, STR(" in "));
		put(out, expr->set.text);
		break;
	case AST_EXPR_UNDER:
		put(out, STR(" under "));
		put_source(out, expr->literals.items[0].span);
		break;
	case AST_EXPR_MATCHES:
		put(out, STR(" matches "));
		put_source(out, expr->literals.items[0].span);
		break;
	case AST_EXPR_PRESENT:
		put(out, STR(" present"));
		break;
	case AST_EXPR_OR:
	case AST_EXPR_AND:
	case AST_EXPR_NOT:
		break;
	}
}

/* How tightly a kind binds: what binds less than its surroundings needs parentheses. */
static unsigned strength(enum ast_expr_kind kind)
{
	if (kind == AST_EXPR_OR)
		return 0;
	if (kind == AST_EXPR_AND)
		return 1;
	return kind == AST_EXPR_NOT ? 2 : 3;
}

static void put_expr(struct writer *out, const struct ast_expr *expr, unsigned around)
{
	bool parens = strength(expr->kind) < around;
	struct str between = expr->kind == AST_EXPR_OR ? STR(" or ") : STR(" and ");

	if (strength(expr->kind) == 3) {
		put_test(out, expr);
		return;
	}
	if (parens)
		put(out, STR("("));
	if (expr->kind == AST_EXPR_NOT)
		put(out, STR("not "));
	for (size_t i = 0; i < expr->kids.n; i++) {
		if (i)
			put(out, between);
		put_expr(out, expr->kids.items[i], strength(expr->kind));
	}
	if (parens)
		put(out, STR(")"));
}

struct str sema_expr_text(struct sema *sema, const struct ast_expr *expr)
{
	struct writer out = {.sema = sema, .bytes = arena_alloc(sema->arena, 64), .cap = 64};

	put_expr(&out, expr, 0);
	return (struct str){out.bytes, out.n};
}
