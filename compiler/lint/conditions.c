/*
 * Lints on conditions and arguments: what a "where" can't mean, and what would show secrets.
 *
 * A statement's condition is looked at once, however many tools it is for. What depends on the
 * tool is asked of each, and told once.
 */
#include "lint/rules.h"

#include <regex.h>
#include <string.h>

static bool is_literal(const struct ast_text *text)
{
	return text->n == 1 && !text->parts[0].is_param;
}

/* ---- conditions on their own ---- */

static bool is_only(struct str text, const char *bytes)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!strchr(bytes, text.ptr[i]))
			return false;
	}
	return text.len;
}

/* "*" and "**" match any value, "/" is above any path. */
static bool constrains_nothing(const struct ast_expr *expr)
{
	struct str text;

	if (!expr->literals.n || !is_literal(&expr->literals.items[0].text))
		return false;
	text = expr->literals.items[0].text.parts[0].text;
	if (expr->kind == AST_EXPR_UNDER)
		return is_only(text, "/");
	return expr->kind == AST_EXPR_MATCHES && (is_only(text, "*") || str_eq(text, STR("/**")));
}

static bool is_comparison(const struct ast_expr *expr, enum ast_op op)
{
	return expr->kind == AST_EXPR_COMPARE && expr->op == op;
}

static bool is_same_text(const struct ast_text *a, const struct ast_text *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->parts[i].is_param != b->parts[i].is_param ||
		    !str_eq(a->parts[i].text, b->parts[i].text))
			return false;
	}
	return true;
}

/* Surely different: of what holds a parameter nothing is known. */
static bool differs(const struct ast_literal *a, const struct ast_literal *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind != AST_STRING)
		return a->number != b->number;
	for (size_t i = 0; i < a->text.n; i++) {
		if (a->text.parts[i].is_param)
			return false;
	}
	for (size_t i = 0; i < b->text.n; i++) {
		if (b->text.parts[i].is_param)
			return false;
	}
	return !is_same_text(&a->text, &b->text);
}

/*
 * Two comparisons of one argument with different values, as kids of one node. Each argument's
 * first comparison is compared with its later ones, so that a long list costs no more.
 */
static const struct ast_expr *clash(struct lint *lint, const struct ast_expr *expr, enum ast_op op)
{
	struct map first = {0};

	for (uint32_t i = 0; i < expr->kids.n; i++) {
		const struct ast_expr *kid = expr->kids.items[i];
		uint32_t at = 0;

		if (!is_comparison(kid, op) || !kid->literals.n ||
		    map_put(lint->arena, &first, kid->arg.text, i) ||
		    !map_get(&first, kid->arg.text, &at))
			continue;
		if (differs(&expr->kids.items[at]->literals.items[0], &kid->literals.items[0]))
			return kid;
	}
	return NULL;
}

/* "not ARG matches ..." asks whether a value is of its type at all: that excludes something. */
static void check_node(struct lint *lint, const struct ast_expr *expr, bool negated)
{
	const struct ast_expr *kid;

	if (!negated && constrains_nothing(expr))
		diag_report(lint->diags, DIAG_W0214, expr->span,
			    "'%.*s' may be anything that is of its type: this excludes nothing",
			    STR_ARG(expr->arg.text));
	kid = expr->kind == AST_EXPR_AND ? clash(lint, expr, AST_OP_EQ) : NULL;
	if (kid)
		diag_report(lint->diags, DIAG_W0216, kid->span,
			    "'%.*s' can't equal two values at once: the condition never holds",
			    STR_ARG(kid->arg.text));
	kid = expr->kind == AST_EXPR_OR ? clash(lint, expr, AST_OP_NE) : NULL;
	if (kid)
		diag_report(
			lint->diags, DIAG_W0217, kid->span,
			"'%.*s' always differs from one of two values: say 'and', or 'not ... in'",
			STR_ARG(kid->arg.text));
}

static void check_tree(struct lint *lint, const struct ast_expr *expr, bool negated)
{
	check_node(lint, expr, negated);
	negated = negated || expr->kind == AST_EXPR_NOT;
	for (size_t i = 0; i < expr->kids.n; i++)
		check_tree(lint, expr->kids.items[i], negated);
}

void lint_conditions(struct lint *lint)
{
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];
		const struct ast_expr *last = NULL;

		for (size_t i = 0; i < role->rules.n; i++) {
			if (role->rules.items[i].where && role->rules.items[i].where != last)
				check_tree(lint, role->rules.items[i].where, false);
			last = role->rules.items[i].where;
		}
	}
}

/* ---- conditions and the tools they are for ---- */

static const struct ir_arg *find_arg(const struct ir_tool *tool, struct str name)
{
	for (size_t i = 0; i < tool->args.n; i++) {
		if (str_eq(tool->args.items[i].name, name))
			return &tool->args.items[i];
	}
	return NULL;
}

/* A condition being looked at for the tools of one pattern. */
struct about {
	struct lint *lint;
	const struct ir_tool *tool; /* that lends its arguments */
	struct str pattern;
};

static bool is_path_text(const struct ast_literal *literal)
{
	struct str text;

	if (literal->kind != AST_STRING || !literal->text.n || literal->text.parts[0].is_param)
		return false;
	text = literal->text.parts[0].text;
	return text.len > 1 && (text.ptr[0] == '/' || lint_begins_with(text, STR("~/")));
}

static bool check_arg(const struct about *about, const struct ast_expr *expr)
{
	const struct ir_arg *arg = find_arg(about->tool, expr->arg.text);

	if (!arg && about->tool->args.n) {
		diag_report(about->lint->diags, DIAG_W0213, expr->arg.span,
			    "'%.*s' is for '%.*s', which declares no argument '%.*s'",
			    STR_ARG(about->tool->name), STR_ARG(about->pattern),
			    STR_ARG(expr->arg.text));
		return true;
	}
	for (size_t i = 0; arg && arg->kind == WRIT_ARG_STRING && i < expr->literals.n; i++) {
		if (!is_path_text(&expr->literals.items[i]))
			continue;
		diag_report(about->lint->diags, DIAG_W0215, expr->span,
			    "'%.*s' is a string: '..' and '//' in it are not resolved",
			    STR_ARG(expr->arg.text));
		return true;
	}
	return false;
}

static bool check_args(const struct about *about, const struct ast_expr *expr)
{
	bool told = expr->arg.text.ptr && check_arg(about, expr);

	for (size_t i = 0; i < expr->kids.n; i++)
		told = check_args(about, expr->kids.items[i]) || told;
	return told;
}

void lint_condition_args(struct lint *lint)
{
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];
		const struct ast_expr *told = NULL;

		for (size_t i = 0; i < role->rules.n; i++) {
			const struct ast_rule *rule = &role->rules.items[i];
			struct about about = {.lint = lint, .pattern = rule->pattern.text};
			uint32_t id = 0;

			if (!rule->where || rule->where == told ||
			    !map_get(&lint->tool_ids, rule->pattern.text, &id))
				continue;
			about.tool = &lint->ir->tools.items[id];
			if (check_args(&about, rule->where))
				told = rule->where;
		}
	}
}

/* ---- secrets ---- */

void lint_secret_argument(struct lint *lint)
{
	for (size_t i = 0; i < lint->ast->tools.n; i++) {
		const struct ast_tool *tool = &lint->ast->tools.items[i];

		for (size_t p = 0; p < tool->props.n; p++) {
			const struct ast_arg *arg = &tool->props.items[p].arg;

			if (tool->props.items[p].kind == AST_TOOL_ARG && !arg->secret &&
			    arg->type == AST_TYPE_STRING && lint_is_secret_name(arg->name.text))
				diag_report(lint->diags, DIAG_W0218, arg->name.span,
					    "argument '%.*s' looks like a secret and is not "
					    "declared as one",
					    STR_ARG(arg->name.text));
		}
	}
}

/* Sema has compiled it once, so it does. */
static bool matches_nothing_at_all(struct lint *lint, const struct ast_text *text)
{
	struct str pattern = lint_spell(lint, text);
	regex_t compiled;
	bool matches;

	if (regcomp(&compiled, arena_strndup(lint->arena, pattern.ptr, pattern.len),
		    REG_EXTENDED | REG_NOSUB))
		return false;
	matches = regexec(&compiled, "", 0, NULL, 0) == 0;
	regfree(&compiled);
	return matches;
}

void lint_redact_everything(struct lint *lint)
{
	for (size_t i = 0; i < lint->ast->redacts.n; i++) {
		const struct ast_redact *redact = &lint->ast->redacts.items[i];

		if (matches_nothing_at_all(lint, &redact->pattern))
			diag_report(lint->diags, DIAG_W0219, redact->pattern.span,
				    "the pattern matches also where nothing stands");
	}
}
