/*
 * Roles: their rules in order of strictness, and which rules a role has through its ancestors.
 *
 * Rules of all roles stand in one list: every deny before every ask before every allow, so that the
 * first one that matches decides, whichever role or file it was written in. A role then is a list
 * of indices into it: its own rules, its parents', their parents', nearest first.
 */
#include "sema/conditions.h"

#include <inttypes.h>

struct rules {
	struct sema *sema;
	struct ir_indices *own; /* rules by the role's index in the tree */
	bool full;              /* reported that there are too many */
	/* The patterns of one statement share its condition, and mostly the types of arguments. */
	const struct ast_expr *where;
	struct str condition;
	struct str pattern;
	const struct ir_where *lowered;
};

static void add_condition(struct rules *rules, const struct ast_rule *rule, struct ir_rule *out)
{
	struct sema *sema = rules->sema;
	bool same = rules->where == rule->where;

	if (!same)
		rules->condition = sema_expr_text(sema, rule->where);
	if (!same || !sema_same_types(sema, rule->where, rules->pattern, out->pattern)) {
		rules->where = rule->where;
		rules->pattern = out->pattern;
		rules->lowered = sema_where(sema, rule->where, out->pattern);
	}
	out->where = rules->lowered;
	out->condition = rules->condition;
}

static void report_no_effect(struct sema *sema, struct span span, const char *clause,
			     const char *help)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0223, span,
					"a deny rule can't have '%s'", clause);

	diag_help(sema->diags, diag, "%s", help);
}

static uint32_t rate_number(struct sema *sema, struct span span, uint64_t number, const char *what)
{
	if (number >= 1 && number <= UINT32_MAX)
		return (uint32_t)number;
	diag_report(sema->diags, DIAG_E0224, span, "a %s is 1 to %" PRIu32 ", not %" PRIu64, what,
		    UINT32_MAX, number);
	return 1;
}

static void check_deny(struct sema *sema, const struct ast_rule *rule)
{
	if (rule->rate.span.file != SPAN_NO_FILE)
		report_no_effect(sema, rule->rate.span, "rate",
				 "what is denied is denied always; limit the rule that allows");
	if (rule->using.text.ptr)
		report_no_effect(sema, rule->using.span, "using",
				 "what is denied runs in no sandbox");
}

static void add_clauses(struct rules *rules, const struct ast_rule *rule, struct ir_rule *out)
{
	struct sema *sema = rules->sema;
	const struct ast_rate *rate = &rule->rate;
	uint32_t sandbox;

	if (rule->where)
		add_condition(rules, rule, out);
	if (rule->verdict == AST_DENY) {
		check_deny(sema, rule);
		return;
	}
	if (rule->using.text.ptr) {
		sandbox = sema_resolve(sema, SEMA_SANDBOX, rule->using.text, rule->using.span);
		out->sandbox = sema_id(sema, SEMA_SANDBOX, sandbox);
	}
	if (rate->span.file == SPAN_NO_FILE)
		return;
	out->rate = rate_number(sema, rate->span, rate->count, "rate");
	out->period_s = rate->period_s;
	out->burst = rate->has_burst ? rate_number(sema, rate->span, rate->burst, "burst")
				     : out->rate;
}

static void add_rule(struct rules *rules, uint32_t role, const struct ast_rule *rule,
		     struct str pattern)
{
	static const enum writ_verdict_id verdicts[] = {
		[AST_ALLOW] = WRIT_VERDICT_ALLOW,
		[AST_DENY] = WRIT_VERDICT_DENY,
		[AST_ASK] = WRIT_VERDICT_ASK,
	};
	struct sema *sema = rules->sema;
	struct ir_rule out = {
		.verdict = verdicts[rule->verdict],
		.pattern = pattern,
		.role = sema_id(sema, SEMA_ROLE, role),
		.origin = sema_origin(sema, rule->pattern.span),
		.sandbox = IR_NONE,
	};

	if (sema->ir->rules.n >= WRIT_MAX_RULES) {
		if (!rules->full)
			diag_report(sema->diags, DIAG_E0451, rule->pattern.span,
				    "this policy has more than %u rules", WRIT_MAX_RULES);
		rules->full = true;
		return;
	}
	add_clauses(rules, rule, &out);
	vec_add(sema->arena, &rules->own[role], (uint32_t)sema->ir->rules.n);
	vec_add(sema->arena, &sema->ir->rules, out);
}

/* One rule a pattern, and one for each item of a set of tools. */
static void add_rules_of(struct rules *rules, uint32_t role, const struct ast_rule *rule)
{
	struct sema *sema = rules->sema;
	const struct sema_set *set = sema_set_find(sema, rule->pattern.text, AST_SET_TOOLS);

	if (!set) {
		sema_check_name_length(sema, rule->pattern.text, rule->pattern.span);
		add_rule(rules, role, rule, rule->pattern.text);
		return;
	}
	for (size_t i = 0; i < set->items.n && !rules->full; i++)
		add_rule(rules, role, rule, set->items.items[i]->name.text);
}

/* Rules of one verdict, in source order, appended to the IR. */
static void add_rules(struct rules *rules, enum ast_verdict verdict)
{
	const struct ast *ast = rules->sema->ast;

	for (uint32_t r = 0; r < ast->roles.n; r++) {
		const struct ast_role *role = &ast->roles.items[r];

		for (size_t i = 0; i < role->rules.n && !rules->full; i++) {
			if (role->rules.items[i].verdict == verdict)
				add_rules_of(rules, r, &role->rules.items[i]);
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

static void add_parents(struct flatten *flat, uint32_t index, struct ir_role *role)
{
	const struct ir_indices *parents = &flat->graph->parents[index];

	for (size_t p = 0; p < parents->n; p++)
		vec_add(flat->sema->arena, &role->parents,
			sema_id(flat->sema, SEMA_ROLE, parents->items[p]));
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
		role->origin = sema_origin(sema, name->span);
		add_parents(&flat, names->order[id], role);
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
	struct ast_names *parents = arena_alloc(sema->arena, n * sizeof(*parents));
	struct rules rules = {
		.sema = sema,
		.own = arena_alloc(sema->arena, n * sizeof(*rules.own)),
	};

	for (size_t i = 0; i < n; i++)
		parents[i] = sema->ast->roles.items[i].parents;
	sema->roles = sema_graph(sema, SEMA_ROLE, parents);
	add_rules(&rules, AST_DENY);
	add_rules(&rules, AST_ASK);
	add_rules(&rules, AST_ALLOW);
	if (sema->roles.usable)
		flatten_roles(sema, &sema->roles, rules.own);
}
