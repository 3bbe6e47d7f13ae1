/*
 * Runs the lints of lint.def, after pairing each sandbox of the tree with the one it became.
 */
#include "lint/lint.h"

#include "lint/rules.h"

static void (*const rules[])(struct lint *) = {
#define LINT(code, rule) lint_##rule,
#include "lint/lint.def"
#undef LINT
};

/* For each sandbox of the IR: does a tool run in it? */
static const bool *sandboxes_of_tools(const struct lint *lint)
{
	bool *used = arena_alloc(lint->arena, lint->ir->sandboxes.n * sizeof(*used));

	for (size_t i = 0; i < lint->ir->tools.n; i++) {
		if (lint->ir->tools.items[i].sandbox != IR_NONE)
			used[lint->ir->tools.items[i].sandbox] = true;
	}
	return used;
}

static void names_of_parents(struct lint *lint, struct map *parents)
{
	for (size_t i = 0; i < lint->ast->sandboxes.n; i++) {
		const struct ast_names *names = &lint->ast->sandboxes.items[i].parents;

		for (size_t p = 0; p < names->n; p++)
			map_put(lint->arena, parents, names->items[p].text, 0);
	}
}

static void pair_sandboxes(struct lint *lint)
{
	struct map parents = {0}, ids = {0};
	const bool *used = sandboxes_of_tools(lint);

	names_of_parents(lint, &parents);
	for (uint32_t i = 0; i < lint->ir->sandboxes.n; i++)
		map_put(lint->arena, &ids, lint->ir->sandboxes.items[i].name, i);
	lint->n_sandboxes = lint->ast->sandboxes.n;
	lint->sandboxes = arena_alloc(lint->arena, lint->n_sandboxes * sizeof(*lint->sandboxes));
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct ast_sandbox *ast = &lint->ast->sandboxes.items[i];
		uint32_t id = 0;

		map_get(&ids, ast->name.text, &id);
		lint->sandboxes[i] = (struct lint_sandbox){
			.ast = ast,
			.ir = &lint->ir->sandboxes.items[id],
			.runs = used[id] || !map_get(&parents, ast->name.text, NULL),
			.has_tool = used[id],
		};
	}
}

void lint_policy(struct diag_list *diags, const struct ast *ast, const struct ir_policy *ir)
{
	struct lint lint = {.arena = diags->arena, .diags = diags, .ast = ast, .ir = ir};

	pair_sandboxes(&lint);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		rules[i](&lint);
}
