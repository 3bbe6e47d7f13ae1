/*
 * Lints on parameters.
 *
 * A parameter is used where a string names it. The tree decides, not the IR: what a sandbox states
 * counts also when no tool runs in it.
 */
#include "lint/rules.h"

static void collect_text(struct lint *lint, const struct ast_text *text, struct map *used)
{
	for (size_t i = 0; i < text->n; i++) {
		if (text->parts[i].is_param)
			map_put(lint->arena, used, text->parts[i].text, 0);
	}
}

static void collect_sandbox(struct lint *lint, const struct ast_sandbox *sandbox, struct map *used)
{
	for (size_t i = 0; i < sandbox->grants.n; i++)
		collect_text(lint, &sandbox->grants.items[i].text, used);
	for (size_t i = 0; i < sandbox->env.n; i++)
		collect_text(lint, &sandbox->env.items[i].value, used);
}

void lint_unused_param(struct lint *lint)
{
	struct map used = {0};

	for (size_t i = 0; i < lint->ast->sandboxes.n; i++)
		collect_sandbox(lint, &lint->ast->sandboxes.items[i], &used);
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
