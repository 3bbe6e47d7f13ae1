/*
 * Lints on roles and tools: who may call what, and what a call runs.
 */
#include "lint/rules.h"

/* What was found out about tools, once for all rules. */
struct tools {
	struct map seen; /* names looked at */
	struct map declared;
	struct ir_policy wildcards; /* the declared ones */
};

static void collect_tools(struct lint *lint, struct tools *tools)
{
	for (uint32_t i = 0; i < lint->ir->tools.n; i++) {
		const struct ir_tool *tool = &lint->ir->tools.items[i];

		if (!tool->declared)
			continue;
		map_put(lint->arena, &tools->declared, tool->name, i);
		if (!ir_pattern_is_exact(tool->name))
			vec_add(lint->arena, &tools->wildcards.tools, *tool);
	}
}

static bool is_covered(const struct tools *tools, struct str name)
{
	return map_get(&tools->declared, name, NULL) || ir_tool_for(&tools->wildcards, name);
}

static void suggest_tool(struct lint *lint, struct diag *diag, struct str name)
{
	/* What is not kept needs no advice, and must not cost a search. */
	if (lint->diags->warnings > DIAG_MAX_WARNINGS)
		return;
	for (size_t i = 0; i < lint->ir->tools.n; i++) {
		const struct ir_tool *tool = &lint->ir->tools.items[i];

		if (tool->declared && str_distance(tool->name, name, 2) <= 2) {
			diag_help(lint->diags, diag, "did you mean '%.*s'?", STR_ARG(tool->name));
			return;
		}
	}
}

static void check_pattern(struct lint *lint, struct tools *tools, const struct ast_name *name)
{
	struct diag *diag;

	if (!ir_pattern_is_exact(name->text) ||
	    !map_put(lint->arena, &tools->seen, name->text, 0) || is_covered(tools, name->text))
		return;
	diag = diag_report(lint->diags, DIAG_W0101, name->span, "tool '%.*s' is not declared",
			   STR_ARG(name->text));
	suggest_tool(lint, diag, name->text);
}

void lint_undeclared_tool(struct lint *lint)
{
	struct tools tools = {0};

	collect_tools(lint, &tools);
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];

		for (size_t i = 0; i < role->rules.n; i++)
			check_pattern(lint, &tools, &role->rules.items[i].pattern);
	}
}

static bool matches_everything(struct str pattern)
{
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] != '*')
			return false;
	}
	return true;
}

void lint_allow_everything(struct lint *lint)
{
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];

		if (str_eq(role->name.text, STR("admin")))
			continue;
		for (size_t i = 0; i < role->rules.n; i++) {
			const struct ast_rule *rule = &role->rules.items[i];

			if (rule->verdict == AST_ALLOW && matches_everything(rule->pattern.text))
				diag_report(lint->diags, DIAG_W0102, rule->pattern.span,
					    "role '%.*s' may call every tool, also future ones",
					    STR_ARG(role->name.text));
		}
	}
}

static const char *powerful_class(const struct ir_tool *tool)
{
	if (tool->class == WRIT_CLASS_EXECUTE)
		return "execute";
	return tool->class == WRIT_CLASS_ADMIN ? "admin" : NULL;
}

void lint_powerful_tool_unconfined(struct lint *lint)
{
	struct tools tools = {0};

	collect_tools(lint, &tools);
	for (size_t i = 0; i < lint->ast->tools.n; i++) {
		const struct ast_name *name = &lint->ast->tools.items[i].pattern;
		const struct ir_tool *tool;
		uint32_t id;

		if (!map_get(&tools.declared, name->text, &id))
			continue;
		tool = &lint->ir->tools.items[id];
		if (powerful_class(tool) && tool->sandbox == IR_NONE)
			diag_report(lint->diags, DIAG_W0103, name->span,
				    "tool '%.*s' is of class %s and has no sandbox",
				    STR_ARG(name->text), powerful_class(tool));
	}
}
