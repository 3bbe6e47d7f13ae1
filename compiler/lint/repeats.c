/*
 * Lints on rules that decide nothing: a stricter one is always there first, or the same was said
 * already.
 *
 * Rules are looked at where they are written. What a role has from its ancestors comes from the IR,
 * where it is flattened: so each role costs as much as the rules it has, and no more.
 */
#include "lint/rules.h"

/* The rules of one verdict that a role has, inherited ones too: of a name, the first. */
struct stoppers {
	struct map exact; /* without a condition */
	struct ir_indices wildcards;
	struct map conditional; /* by pattern and condition; not of allow rules */
};

static struct str condition_key(struct lint *lint, struct str pattern, struct str condition)
{
	return str_printf(lint->arena, "%.*s where %.*s", STR_ARG(pattern), STR_ARG(condition));
}

static void add_stopper(struct lint *lint, struct stoppers *out, uint32_t id)
{
	const struct ir_rule *rule = &lint->ir->rules.items[id];

	if (!rule->where && ir_pattern_is_exact(rule->pattern))
		map_put(lint->arena, &out->exact, rule->pattern, id);
	else if (!rule->where)
		vec_add(lint->arena, &out->wildcards, id);
	else if (rule->verdict != WRIT_VERDICT_ALLOW)
		map_put(lint->arena, &out->conditional,
			condition_key(lint, rule->pattern, rule->condition), id);
}

/*
 * The rule that stops every call that pattern matches, or NULL. A "*" of the pattern is matched as
 * a byte: no name has it, so only a "*" of the other takes it in.
 */
static const struct ir_rule *stopper_of(struct lint *lint, const struct stoppers *stoppers,
					struct str pattern)
{
	uint32_t id = 0;

	if (map_get(&stoppers->exact, pattern, &id))
		return &lint->ir->rules.items[id];
	for (size_t i = 0; i < stoppers->wildcards.n; i++) {
		const struct ir_rule *rule = &lint->ir->rules.items[stoppers->wildcards.items[i]];

		if (lint->comparisons++ > LINT_MAX_COMPARISONS)
			return NULL;
		if (ir_pattern_matches(rule->pattern, pattern))
			return rule;
	}
	return NULL;
}

static const char *const verdict_names[] = {
	[AST_ALLOW] = "allow", [AST_DENY] = "deny", [AST_ASK] = "ask"};

/* A role's rules, as looked at where they are written. */
struct own_rules {
	const struct ast_role *ast;
	const struct ir_role *ir;
	struct map conditions; /* of a rule's place to the rule in the IR; only those with one */
	struct stoppers by[WRIT_VERDICT_ALLOW + 1]; /* by verdict */
};

static struct str place_key(struct lint *lint, struct str pattern, unsigned line, unsigned col)
{
	return str_printf(lint->arena, "%u:%u %.*s", line, col, STR_ARG(pattern));
}

static void index_conditions(struct lint *lint, struct own_rules *own, uint32_t role)
{
	for (size_t i = 0; i < own->ir->rules.n; i++) {
		uint32_t id = own->ir->rules.items[i];
		const struct ir_rule *rule = &lint->ir->rules.items[id];

		if (rule->role == role && rule->where)
			map_put(lint->arena, &own->conditions,
				place_key(lint, rule->pattern, rule->origin.line, rule->origin.col),
				id);
	}
}

static struct own_rules own_rules(struct lint *lint, const struct ast_role *role)
{
	uint32_t id = lint_role_id(lint, role);
	struct own_rules out = {.ast = role, .ir = &lint->ir->roles.items[id]};

	for (size_t i = 0; i < out.ir->rules.n; i++) {
		uint32_t index = out.ir->rules.items[i];
		const struct ir_rule *rule = &lint->ir->rules.items[index];

		if (!rule->rate)
			add_stopper(lint, &out.by[rule->verdict], index);
	}
	/* Without one to compare with, no condition is looked up. */
	if (out.by[WRIT_VERDICT_DENY].conditional.n || out.by[WRIT_VERDICT_ASK].conditional.n)
		index_conditions(lint, &out, id);
	return out;
}

/* The condition of a rule of the tree as the IR has it, or empty. */
static struct str condition_of(struct lint *lint, const struct own_rules *own,
			       const struct ast_rule *rule)
{
	const struct sources *sources = lint->diags->sources;
	struct span place;
	struct line_col at;
	uint32_t id = 0;

	if (!rule->where || !own->conditions.n)
		return STR("");
	place = source_map(sources, rule->pattern.span);
	at = source_line_col(sources, place.file, place.begin);
	if (!map_get(&own->conditions, place_key(lint, rule->pattern.text, at.line, at.col), &id))
		return STR("");
	return lint->ir->rules.items[id].condition;
}

/* A rule of the list that takes every call which this one is for, or NULL. */
static const struct ir_rule *taker_of(struct lint *lint, const struct stoppers *stoppers,
				      const struct ast_rule *rule, struct str condition)
{
	const struct ir_rule *by = stopper_of(lint, stoppers, rule->pattern.text);
	uint32_t id = 0;

	if (by || !condition.len)
		return by;
	if (map_get(&stoppers->conditional, condition_key(lint, rule->pattern.text, condition),
		    &id))
		return &lint->ir->rules.items[id];
	return NULL;
}

static void check_shadow(struct lint *lint, const struct own_rules *own,
			 const struct ast_rule *rule)
{
	struct str condition;
	const struct ir_rule *by;

	if (rule->verdict == AST_DENY || map_get(&lint->tool_sets, rule->pattern.text, NULL))
		return;
	condition = condition_of(lint, own, rule);
	by = taker_of(lint, &own->by[WRIT_VERDICT_DENY], rule, condition);
	if (!by && rule->verdict == AST_ALLOW)
		by = taker_of(lint, &own->by[WRIT_VERDICT_ASK], rule, condition);
	if (!by)
		return;
	diag_report(lint->diags, DIAG_W0201, rule->pattern.span,
		    "this never decides: '%s %.*s%s' on line %u of %.*s is stricter",
		    by->verdict == WRIT_VERDICT_DENY ? "deny" : "ask", STR_ARG(by->pattern),
		    by->where ? " where ..." : "", by->origin.line, STR_ARG(by->origin.file));
}

void lint_shadowed_rule(struct lint *lint)
{
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct own_rules own = own_rules(lint, &lint->ast->roles.items[r]);

		for (size_t i = 0; i < own.ast->rules.n; i++)
			check_shadow(lint, &own, &own.ast->rules.items[i]);
	}
}

/* ---- rules that say what was said ---- */

static struct str rule_key(struct lint *lint, const char *verdict, struct str pattern)
{
	return str_printf(lint->arena, "%s %.*s", verdict, STR_ARG(pattern));
}

static bool is_plain(const struct ast_rule *rule)
{
	return !rule->where && !rule->using.text.ptr && rule->rate.span.file == SPAN_NO_FILE;
}

static const char *ir_verdict_name(enum writ_verdict_id verdict)
{
	if (verdict == WRIT_VERDICT_DENY)
		return "deny";
	return verdict == WRIT_VERDICT_ASK ? "ask" : "allow";
}

/* What a role inherits without condition, as keys, each with the role that says it. */
static struct map inherited_rules(struct lint *lint, uint32_t id)
{
	const struct ir_role *role = &lint->ir->roles.items[id];
	struct map out = {0};

	for (size_t i = 0; role->parents.n && i < role->rules.n; i++) {
		const struct ir_rule *rule = &lint->ir->rules.items[role->rules.items[i]];

		if (rule->role != id && !rule->where && !rule->rate && rule->sandbox == IR_NONE)
			map_put(lint->arena, &out,
				rule_key(lint, ir_verdict_name(rule->verdict), rule->pattern),
				rule->role);
	}
	return out;
}

/* The condition narrows nothing: the role may do the same without, or for more tools. */
static void check_vain_condition(struct lint *lint, const struct own_rules *own,
				 const struct ast_rule *rule)
{
	static const enum writ_verdict_id verdicts[] = {[AST_ALLOW] = WRIT_VERDICT_ALLOW,
							[AST_DENY] = WRIT_VERDICT_DENY,
							[AST_ASK] = WRIT_VERDICT_ASK};
	const struct ir_rule *by;

	/* With a sandbox or a rate of its own a rule says more than its condition. */
	if (!rule->where || rule->using.text.ptr || rule->rate.span.file != SPAN_NO_FILE ||
	    map_get(&lint->tool_sets, rule->pattern.text, NULL))
		return;
	by = stopper_of(lint, &own->by[verdicts[rule->verdict]], rule->pattern.text);
	if (by)
		diag_report(lint->diags, DIAG_W0202, rule->pattern.span,
			    "the condition has no effect: '%s %.*s' on line %u of %.*s has none",
			    verdict_names[rule->verdict], STR_ARG(by->pattern), by->origin.line,
			    STR_ARG(by->origin.file));
}

static void check_repetition(struct lint *lint, const struct own_rules *own,
			     const struct map *plain, const struct map *inherited, uint32_t index)
{
	const struct ast_rule *rule = &own->ast->rules.items[index];
	const char *verdict = verdict_names[rule->verdict];
	struct str key = rule_key(lint, verdict, rule->pattern.text);
	uint32_t first = index, from = 0;
	struct diag *diag;

	if (map_get(plain, key, &first) && first != index) {
		diag = diag_report(lint->diags, DIAG_W0202, rule->pattern.span,
				   "'%s %.*s' is stated already, without a condition", verdict,
				   STR_ARG(rule->pattern.text));
		diag_note(lint->diags, diag, own->ast->rules.items[first].pattern.span, "here");
		return;
	}
	if (is_plain(rule) && map_get(inherited, key, &from))
		diag_report(lint->diags, DIAG_W0203, rule->pattern.span,
			    "'%s %.*s' is inherited already, from role '%.*s'", verdict,
			    STR_ARG(rule->pattern.text), STR_ARG(lint->ir->roles.items[from].name));
	check_vain_condition(lint, own, rule);
}

void lint_repeated_rule(struct lint *lint)
{
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];
		const struct own_rules own = own_rules(lint, role);
		const struct map inherited = inherited_rules(lint, lint_role_id(lint, role));
		struct map plain = {0};

		for (uint32_t i = 0; i < role->rules.n; i++) {
			const struct ast_rule *rule = &role->rules.items[i];

			if (is_plain(rule))
				map_put(lint->arena, &plain,
					rule_key(lint, verdict_names[rule->verdict],
						 rule->pattern.text),
					i);
		}
		for (uint32_t i = 0; i < role->rules.n; i++)
			check_repetition(lint, &own, &plain, &inherited, i);
	}
}
