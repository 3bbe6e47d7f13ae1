/*
 * Runs the lints of lint.def, after gathering what many of them ask for: each sandbox of the tree
 * with the one it became and what it grants, names by kind, and every reference. The last rule
 * takes out the findings that comments allow.
 */
#include "lint/lint.h"

#include "ir/ir_print.h"
#include "lint/rules.h"
#include "sema/sema.h"

struct rule {
	enum diag_code code;
	void (*run)(struct lint *lint);
	const char *fix;
};

static const struct rule rules[] = {
#define LINT(code, rule, fix) {DIAG_##code, lint_##rule, fix},
#include "lint/lint.def"
#undef LINT
};

#define N_RULES (sizeof(rules) / sizeof(rules[0]))

const char *lint_fix(enum diag_code code)
{
	for (size_t i = 0; i < N_RULES; i++) {
		if (rules[i].code == code)
			return rules[i].fix;
	}
	return NULL;
}

/* For each sandbox of the IR: does a tool run in it? */
static const bool *sandboxes_of_tools(const struct lint *lint)
{
	bool *used = arena_alloc(lint->arena, lint->ir->sandboxes.n * sizeof(*used));

	for (size_t i = 0; i < lint->ir->tools.n; i++) {
		if (lint->ir->tools.items[i].sandbox != IR_NONE)
			used[lint->ir->tools.items[i].sandbox] = true;
	}
	for (size_t i = 0; i < lint->ir->rules.n; i++) {
		if (lint->ir->rules.items[i].sandbox != IR_NONE)
			used[lint->ir->rules.items[i].sandbox] = true;
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

static bool is_path(enum ast_grant_kind kind)
{
	return kind != AST_NET_CONNECT && kind != AST_NET_BIND && kind != AST_NET_DENY;
}

static void add_grant(struct lint *lint, struct lint_grants *out, const struct ast_grant *grant,
		      const struct ast_text *text)
{
	struct lint_grant *added = vec_push(lint->arena, out);

	*added = (struct lint_grant){.kind = grant->kind,
				     .span = grant->span,
				     .required = grant->required,
				     .sni = grant->sni,
				     .size_bytes = grant->size_bytes};
	added->text = lint_spell(lint, text);
	if (is_path(grant->kind))
		added->text = sema_tidy_path(lint->arena, added->text, true);
}

/* Sets within sets have no cycles: sema reports those. */
static void add_set(struct lint *lint, const struct map *sets, struct lint_grants *out,
		    const struct ast_grant *grant, struct str name)
{
	const struct ast_set *set;
	uint32_t index = 0;

	if (!map_get(sets, name, &index))
		return;
	set = &lint->ast->sets.items[index];
	for (size_t i = 0; i < set->items.n; i++) {
		const struct ast_set_item *item = &set->items.items[i];

		if (item->is_text)
			add_grant(lint, out, grant, &item->text);
		else
			add_set(lint, sets, out, grant, item->name.text);
	}
}

static void gather_grants(struct lint *lint, const struct map *sets, struct lint_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->ast->grants.n; i++) {
		const struct ast_grant *grant = &sandbox->ast->grants.items[i];

		if (grant->is_set)
			add_set(lint, sets, &sandbox->grants, grant, grant->set.text);
		else
			add_grant(lint, &sandbox->grants, grant, &grant->text);
	}
}

static void gather_denies(struct lint *lint, struct lint_sandbox *sandbox)
{
	size_t n = sandbox->ir->denies.n;

	sandbox->denies = arena_alloc(lint->arena, n * sizeof(*sandbox->denies));
	for (size_t i = 0; i < n; i++)
		sandbox->denies[i] = ir_text_spell(lint->arena, lint->ir,
						   &sandbox->ir->denies.items[i].text);
}

static void pair_sandboxes(struct lint *lint)
{
	struct map parents = {0}, ids = {0}, sets = {0};
	const bool *used = sandboxes_of_tools(lint);

	names_of_parents(lint, &parents);
	for (uint32_t i = 0; i < lint->ast->sets.n; i++)
		map_put(lint->arena, &sets, lint->ast->sets.items[i].name.text, i);
	for (uint32_t i = 0; i < lint->ir->sandboxes.n; i++)
		map_put(lint->arena, &ids, lint->ir->sandboxes.items[i].name, i);
	lint->n_sandboxes = lint->ast->sandboxes.n;
	lint->sandboxes = arena_alloc(lint->arena, lint->n_sandboxes * sizeof(*lint->sandboxes));
	for (uint32_t i = 0; i < lint->n_sandboxes; i++) {
		const struct ast_sandbox *ast = &lint->ast->sandboxes.items[i];
		uint32_t id = 0;

		map_get(&ids, ast->name.text, &id);
		map_put(lint->arena, &lint->sandbox_ids, ast->name.text, i);
		lint->sandboxes[i] = (struct lint_sandbox){
			.ast = ast,
			.ir = &lint->ir->sandboxes.items[id],
			.runs = used[id] || !map_get(&parents, ast->name.text, NULL),
			.has_tool = used[id],
		};
		gather_grants(lint, &sets, &lint->sandboxes[i]);
		gather_denies(lint, &lint->sandboxes[i]);
	}
}

static void gather_names(struct lint *lint)
{
	for (uint32_t i = 0; i < lint->ir->roles.n; i++)
		map_put(lint->arena, &lint->role_ids, lint->ir->roles.items[i].name, i);
	for (uint32_t i = 0; i < lint->ir->tools.n; i++)
		map_put(lint->arena, &lint->tool_ids, lint->ir->tools.items[i].name, i);
	for (uint32_t i = 0; i < lint->ast->sets.n; i++) {
		if (lint->ast->sets.items[i].kind == AST_SET_TOOLS)
			map_put(lint->arena, &lint->tool_sets, lint->ast->sets.items[i].name.text,
				i);
	}
}

void lint_policy(struct diag_list *diags, const struct ast *ast, const struct ir_policy *ir)
{
	struct lint lint = {.arena = diags->arena, .diags = diags, .ast = ast, .ir = ir};

	refs_collect(lint.arena, ast, &lint.refs);
	gather_names(&lint);
	pair_sandboxes(&lint);
	for (size_t i = 0; i < N_RULES; i++) {
		/* A rule that finds several things has several rows, and runs once. */
		if (i == 0 || rules[i].run != rules[i - 1].run)
			rules[i].run(&lint);
	}
}
