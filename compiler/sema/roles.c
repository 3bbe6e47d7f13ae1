/*
 * Roles: their rules in order of strictness, and which rules a role has through its ancestors.
 *
 * Rules of all roles stand in one list: every deny before every ask before every allow, so that the
 * first one that matches decides, whichever role or file it was written in. A role then is a list
 * of indices into it: its own rules, its parents', their parents', nearest first.
 */
#include "sema/pass.h"

/* Rules of one verdict, in source order, appended to the IR; own[role] gets their indices. */
static void add_rules(struct sema *sema, enum ast_verdict verdict, enum writ_verdict_id id,
		      struct ir_indices *own)
{
	for (uint32_t r = 0; r < sema->ast->roles.n; r++) {
		const struct ast_role *role = &sema->ast->roles.items[r];

		for (size_t i = 0; i < role->rules.n; i++) {
			const struct ast_rule *rule = &role->rules.items[i];

			if (rule->verdict != verdict)
				continue;
			sema_check_name_length(sema, rule->pattern.text, rule->pattern.span);
			vec_add(sema->arena, &own[r], (uint32_t)sema->ir->rules.n);
			vec_add(sema->arena, &sema->ir->rules,
				((struct ir_rule){
					.verdict = id,
					.pattern = rule->pattern.text,
					.role = sema_id(sema, SEMA_ROLE, r),
					.origin = sema_origin(sema, rule->pattern.span),
				}));
		}
	}
}

static void check_count(struct sema *sema)
{
	const struct ast *ast = sema->ast;
	size_t n = 0;

	for (size_t r = 0; r < ast->roles.n; r++) {
		n += ast->roles.items[r].rules.n;
		if (n > WRIT_MAX_RULES) {
			diag_report(sema->diags, DIAG_E0451, ast->roles.items[r].name.span,
				    "this policy has more than %u rules", WRIT_MAX_RULES);
			return;
		}
	}
}

struct flatten {
	struct sema *sema;
	const struct sema_graph *graph;
	const struct ir_indices *own;
	uint32_t *queue;
	uint32_t *seen_by; /* index + 1 of the role that met this one last */
	size_t total;
};

/* Ancestors in breadth, so that nearer ones come first; each once, however many ways lead to it. */
static bool flatten_role(struct flatten *flat, uint32_t index, struct ir_indices *rules)
{
	uint32_t n = 0;

	flat->queue[n++] = index;
	flat->seen_by[index] = index + 1;
	for (uint32_t next = 0; next < n; next++) {
		const struct ir_indices *own = &flat->own[flat->queue[next]];
		const struct ir_indices *parents = &flat->graph->parents[flat->queue[next]];

		flat->total += own->n + 1;
		if (flat->total > SEMA_MAX_FLAT_RULES)
			return false;
		for (size_t i = 0; i < own->n; i++)
			vec_add(flat->sema->arena, rules, own->items[i]);
		for (size_t p = 0; p < parents->n; p++) {
			uint32_t parent = parents->items[p];

			if (flat->seen_by[parent] == index + 1)
				continue;
			flat->seen_by[parent] = index + 1;
			flat->queue[n++] = parent;
		}
	}
	return true;
}

static void flatten_roles(struct sema *sema, const struct sema_graph *graph,
			  const struct ir_indices *own)
{
	const struct sema_names *names = &sema->names[SEMA_ROLE];
	struct flatten flat = {
		.sema = sema,
		.graph = graph,
		.own = own,
		.queue = arena_alloc(sema->arena, names->list.n * sizeof(uint32_t)),
		.seen_by = arena_alloc(sema->arena, names->list.n * sizeof(uint32_t)),
	};

	for (uint32_t id = 0; id < names->n_ids; id++) {
		const struct ast_name *name = &names->list.items[names->order[id]];
		struct ir_role *role = vec_push(sema->arena, &sema->ir->roles);

		role->name = name->text;
		if (flatten_role(&flat, names->order[id], &role->rules))
			continue;
		diag_report(sema->diags, DIAG_E0454, name->span,
			    "the roles have more than %u rules, inherited ones counted",
			    SEMA_MAX_FLAT_RULES);
		return;
	}
}

void sema_roles(struct sema *sema)
{
	size_t n = sema->ast->roles.n;
	struct ir_indices *own = arena_alloc(sema->arena, n * sizeof(*own));
	struct ast_names *parents = arena_alloc(sema->arena, n * sizeof(*parents));
	struct sema_graph graph;

	for (size_t i = 0; i < n; i++)
		parents[i] = sema->ast->roles.items[i].parents;
	graph = sema_graph(sema, SEMA_ROLE, parents);
	check_count(sema);
	add_rules(sema, AST_DENY, WRIT_VERDICT_DENY, own);
	add_rules(sema, AST_ASK, WRIT_VERDICT_ASK, own);
	add_rules(sema, AST_ALLOW, WRIT_VERDICT_ALLOW, own);
	if (graph.usable)
		flatten_roles(sema, &graph, own);
}
