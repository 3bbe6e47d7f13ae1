/*
 * Lints on parameters.
 *
 * A parameter is used where a string names it. The tree decides, not the IR: what a sandbox states
 * counts also when no tool runs in it. A test that binds a parameter does not use it.
 */
#include "front/refs.h"
#include "lint/rules.h"

void lint_unused_param(struct lint *lint)
{
	struct map used = {0};
	struct refs refs = {0};

	refs_collect(lint->arena, lint->ast, &refs);
	for (size_t i = 0; i < refs.n; i++) {
		const struct ref *ref = &refs.items[i];

		if (ref->kind == REF_PARAM && !ref->declares && !ref->in_test)
			map_put(lint->arena, &used, ref->name, 0);
	}
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
