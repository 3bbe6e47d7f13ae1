/*
 * Lints on what is declared and does nothing: roles, tools, sets and sandboxes that nobody uses,
 * parameters that no grant needs.
 *
 * A policy without users, or without roles, may be a part that others import: of those nothing is
 * said. Tests are no use.
 */
#include "lint/rules.h"

static struct map used_names(struct lint *lint, enum ref_kind kind)
{
	struct map used = {0};

	for (size_t i = 0; i < lint->refs.n; i++) {
		const struct ref *ref = &lint->refs.items[i];

		if (ref->kind == kind && !ref->declares && !ref->in_test)
			map_put(lint->arena, &used, ref->name, 0);
	}
	return used;
}

void lint_unused_role(struct lint *lint)
{
	struct map used = {0};

	if (!lint->ast->users.n)
		return;
	for (size_t i = 0; i < lint->ast->users.n; i++) {
		const struct ast_names *roles = &lint->ast->users.items[i].roles;

		for (size_t r = 0; r < roles->n; r++)
			map_put(lint->arena, &used, roles->items[r].text, 0);
	}
	for (size_t i = 0; i < lint->ast->roles.n; i++) {
		const struct ast_names *parents = &lint->ast->roles.items[i].parents;

		for (size_t p = 0; p < parents->n; p++)
			map_put(lint->arena, &used, parents->items[p].text, 0);
	}
	for (size_t i = 0; i < lint->ast->roles.n; i++) {
		const struct ast_name *name = &lint->ast->roles.items[i].name;

		if (!map_get(&used, name->text, NULL))
			diag_report(lint->diags, DIAG_W0112, name->span,
				    "no user holds role '%.*s' and no role extends it",
				    STR_ARG(name->text));
	}
}

void lint_unused_set(struct lint *lint)
{
	const struct map used = used_names(lint, REF_SET);

	for (size_t i = 0; i < lint->ast->sets.n; i++) {
		const struct ast_name *name = &lint->ast->sets.items[i].name;

		if (!map_get(&used, name->text, NULL))
			diag_report(lint->diags, DIAG_W0114, name->span, "set '%.*s' is not used",
				    STR_ARG(name->text));
	}
}

void lint_unused_sandbox(struct lint *lint)
{
	const struct map used = used_names(lint, REF_SANDBOX);

	if (!lint->ast->tools.n)
		return;
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct ast_name *name = &lint->sandboxes[i].ast->name;

		if (!map_get(&used, name->text, NULL))
			diag_report(lint->diags, DIAG_W0115, name->span,
				    "no tool runs in sandbox '%.*s' and nothing extends it",
				    STR_ARG(name->text));
	}
}

void lint_unused_param(struct lint *lint)
{
	const struct map used = used_names(lint, REF_PARAM);

	for (size_t i = 0; i < lint->ast->params.n; i++) {
		const struct ast_param *param = &lint->ast->params.items[i];

		if (map_get(&used, param->name.text, NULL))
			continue;
		diag_report(lint->diags, DIAG_W0111, param->name.span,
			    param->has_default
				    ? "parameter '%.*s' is not used"
				    : "parameter '%.*s' is not used, and must still be bound",
			    STR_ARG(param->name.text));
	}
}

/* ---- parameters that only denials name ---- */

/* How often each parameter is named, by its index in the tree. */
struct uses {
	struct map ids;
	size_t *all;
	size_t *denying;
};

static void count_text(const struct uses *uses, const struct ast_text *text)
{
	for (size_t i = 0; i < text->n; i++) {
		uint32_t id = 0;

		if (text->parts[i].is_param && map_get(&uses->ids, text->parts[i].text, &id))
			uses->denying[id]++;
	}
}

static void count_expr(const struct uses *uses, const struct ast_expr *expr)
{
	for (size_t i = 0; i < expr->literals.n; i++)
		count_text(uses, &expr->literals.items[i].text);
	for (size_t i = 0; i < expr->kids.n; i++)
		count_expr(uses, expr->kids.items[i]);
}

static void count_denials(struct lint *lint, const struct uses *uses)
{
	for (size_t i = 0; i < lint->ast->sandboxes.n; i++) {
		const struct ast_sandbox *sandbox = &lint->ast->sandboxes.items[i];

		for (size_t g = 0; g < sandbox->grants.n; g++) {
			enum ast_grant_kind kind = sandbox->grants.items[g].kind;

			if (kind == AST_FS_DENY || kind == AST_NET_DENY)
				count_text(uses, &sandbox->grants.items[g].text);
		}
	}
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];
		const struct ast_expr *last = NULL;

		for (size_t i = 0; i < role->rules.n; i++) {
			const struct ast_rule *rule = &role->rules.items[i];

			if (rule->verdict == AST_DENY && rule->where && rule->where != last)
				count_expr(uses, rule->where);
			last = rule->where;
		}
	}
}

static void count_all(struct lint *lint, const struct uses *uses)
{
	for (size_t i = 0; i < lint->refs.n; i++) {
		const struct ref *ref = &lint->refs.items[i];
		uint32_t id = 0;

		if (ref->kind == REF_PARAM && !ref->declares && !ref->in_test &&
		    map_get(&uses->ids, ref->name, &id))
			uses->all[id]++;
	}
}

void lint_param_denies_only(struct lint *lint)
{
	size_t n = lint->ast->params.n;
	struct uses uses = {
		.all = arena_alloc(lint->arena, n * sizeof(size_t)),
		.denying = arena_alloc(lint->arena, n * sizeof(size_t)),
	};

	for (uint32_t i = 0; i < n; i++)
		map_put(lint->arena, &uses.ids, lint->ast->params.items[i].name.text, i);
	count_all(lint, &uses);
	count_denials(lint, &uses);
	for (size_t i = 0; i < n; i++) {
		const struct ast_name *name = &lint->ast->params.items[i].name;

		if (uses.all[i] && uses.all[i] == uses.denying[i])
			diag_report(lint->diags, DIAG_W0118, name->span,
				    "parameter '%.*s' is named in denials only",
				    STR_ARG(name->text));
	}
}
