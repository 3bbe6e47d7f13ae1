/*
 * The environment: which variables a sandbox's processes have, and where each comes from.
 *
 * A child's own statement about a variable replaces what it inherits. Parents that disagree about
 * one are an error: whichever won, the policy of the other would be broken silently.
 */
#include "sema/pass.h"

#include <stdlib.h>

static const enum writ_env_kind kinds[] = {
	[AST_ENV_PASS] = WRIT_ENV_PASS,
	[AST_ENV_SET] = WRIT_ENV_SET,
	[AST_ENV_SECRET] = WRIT_ENV_SECRET,
};

static void env_own(struct sema *sema, struct sema_box *box)
{
	struct map seen = {0};
	uint32_t first;

	for (uint32_t i = 0; i < box->ast->env.n; i++) {
		const struct ast_env *stated = &box->ast->env.items[i];
		struct sema_env *env;
		struct diag *diag;

		sema_check_name_length(sema, stated->name.text, stated->name.span);
		if (!map_put(sema->arena, &seen, stated->name.text, i)) {
			map_get(&seen, stated->name.text, &first);
			diag = diag_report(sema->diags, DIAG_E0111, stated->name.span,
					   "variable '%.*s' is stated twice",
					   STR_ARG(stated->name.text));
			diag_note(sema->diags, diag, box->ast->env.items[first].name.span,
				  "first stated here");
			continue;
		}
		env = vec_push(sema->arena, &box->env);
		env->own = true;
		env->span = stated->name.span;
		env->env = (struct ir_env){.kind = kinds[stated->kind], .name = stated->name.text};
		if (stated->kind == AST_ENV_SET)
			env->env.value = sema_text(sema, &stated->value, SEMA_ANY_TYPE, "a value");
	}
}

static void env_inherit(struct sema *sema, struct sema_box *box, const struct sema_box *parent)
{
	for (size_t i = 0; i < parent->env.n; i++) {
		struct sema_env env = parent->env.items[i];

		env.own = false;
		vec_add(sema->arena, &box->env, env);
	}
}

static int meaning_cmp(const struct ir_env *a, const struct ir_env *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return sema_text_cmp(&a->value, &b->value);
}

static int env_cmp(const void *left, const void *right)
{
	const struct sema_env *a = left, *b = right;
	int order = str_cmp(a->env.name, b->env.name);

	if (!order && a->own != b->own)
		order = a->own ? -1 : 1;
	return order ? order : meaning_cmp(&a->env, &b->env);
}

static void report_conflict(struct sema *sema, const struct sema_box *box,
			    const struct sema_env *one, const struct sema_env *other)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0311, box->ast->name.span,
					"parents of sandbox '%.*s' disagree about variable '%.*s'",
					STR_ARG(box->ast->name.text), STR_ARG(one->env.name));

	diag_note(sema->diags, diag, one->span, "stated here");
	diag_note(sema->diags, diag, other->span, "and differently here");
}

static void env_settle(struct sema *sema, struct sema_box *box)
{
	struct sema_envs *env = &box->env;
	size_t n = 0;

	if (!env->n)
		return;
	qsort(env->items, env->n, sizeof(*env->items), env_cmp);
	for (size_t i = 0; i < env->n; i++) {
		struct sema_env *last = n ? &env->items[n - 1] : NULL;

		if (!last || !str_eq(last->env.name, env->items[i].env.name))
			env->items[n++] = env->items[i];
		else if (!last->own && meaning_cmp(&last->env, &env->items[i].env))
			report_conflict(sema, box, last, &env->items[i]);
	}
	env->n = n;
}

const struct sema_section sema_env = {env_own, env_inherit, env_settle};
