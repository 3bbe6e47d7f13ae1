/*
 * Lints on rules and on inheritance: rules that decide nothing, parents that add nothing.
 *
 * Rules are looked at where they are written. What a role has from its ancestors comes from the IR,
 * where it is flattened: so each role costs as much as the rules it has, and no more.
 */
#include "lint/rules.h"

/* ---- patterns that rules allow or ask for ---- */

struct patterns {
	struct map exact;
	VEC(struct str) names; /* the exact ones */
	VEC(struct str) wildcards;
};

static void add_pattern(struct lint *lint, struct map *seen, struct patterns *out,
			struct str pattern)
{
	if (!map_put(lint->arena, seen, pattern, 0))
		return;
	if (!ir_pattern_is_exact(pattern)) {
		vec_add(lint->arena, &out->wildcards, pattern);
		return;
	}
	map_put(lint->arena, &out->exact, pattern, 0);
	vec_add(lint->arena, &out->names, pattern);
}

static struct patterns reachable_patterns(struct lint *lint)
{
	struct patterns out = {0};
	struct map seen = {0};

	for (size_t i = 0; i < lint->ir->rules.n; i++) {
		if (lint->ir->rules.items[i].verdict != WRIT_VERDICT_DENY)
			add_pattern(lint, &seen, &out, lint->ir->rules.items[i].pattern);
	}
	return out;
}

/* With no comparisons left the answer is yes, of which nothing is reported. */
static bool overlaps(struct lint *lint, const struct patterns *patterns, struct str pattern)
{
	bool exact = ir_pattern_is_exact(pattern);

	if (map_get(&patterns->exact, pattern, NULL))
		return true;
	for (size_t i = 0; i < patterns->wildcards.n; i++) {
		struct str other = patterns->wildcards.items[i];

		if (lint->comparisons++ > LINT_MAX_COMPARISONS ||
		    (exact ? ir_pattern_matches(other, pattern)
			   : ir_patterns_overlap(other, pattern)))
			return true;
	}
	for (size_t i = 0; !exact && i < patterns->names.n; i++) {
		if (lint->comparisons++ > LINT_MAX_COMPARISONS ||
		    ir_pattern_matches(pattern, patterns->names.items[i]))
			return true;
	}
	return false;
}

void lint_unused_tool(struct lint *lint)
{
	const struct patterns patterns = reachable_patterns(lint);

	if (!lint->ast->roles.n)
		return;
	for (size_t i = 0; i < lint->ast->tools.n; i++) {
		const struct ast_name *name = &lint->ast->tools.items[i].pattern;

		if (!overlaps(lint, &patterns, name->text))
			diag_report(lint->diags, DIAG_W0113, name->span,
				    "no role may call tool '%.*s'", STR_ARG(name->text));
	}
}

void lint_dead_deny(struct lint *lint)
{
	const struct patterns patterns = reachable_patterns(lint);
	struct map seen = {0};

	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];

		for (size_t i = 0; i < role->rules.n; i++) {
			const struct ast_name *name = &role->rules.items[i].pattern;

			if (role->rules.items[i].verdict != AST_DENY ||
			    map_get(&lint->tool_sets, name->text, NULL) ||
			    !map_put(lint->arena, &seen, name->text, 0) ||
			    overlaps(lint, &patterns, name->text))
				continue;
			diag_report(lint->diags, DIAG_W0207, name->span,
				    "no rule allows '%.*s', so denying it changes nothing",
				    STR_ARG(name->text));
		}
	}
}

/* ---- rules that stricter ones leave nothing to decide ---- */

/* The unconditional denials, or asks, that a role has: of a name, the first. */
struct stoppers {
	struct map exact;
	struct ir_indices wildcards;
};

static void collect_stoppers(struct lint *lint, const struct ir_role *role,
			     enum writ_verdict_id verdict, struct stoppers *out)
{
	for (size_t i = 0; i < role->rules.n; i++) {
		uint32_t id = role->rules.items[i];
		const struct ir_rule *rule = &lint->ir->rules.items[id];

		if (rule->verdict != verdict || rule->where || rule->rate)
			continue;
		if (ir_pattern_is_exact(rule->pattern))
			map_put(lint->arena, &out->exact, rule->pattern, id);
		else
			vec_add(lint->arena, &out->wildcards, id);
	}
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

static void check_shadow(struct lint *lint, const struct stoppers *deny, const struct stoppers *ask,
			 const struct ast_rule *rule)
{
	const struct ir_rule *by = NULL;

	if (rule->verdict == AST_DENY || map_get(&lint->tool_sets, rule->pattern.text, NULL))
		return;
	by = stopper_of(lint, deny, rule->pattern.text);
	if (!by && rule->verdict == AST_ALLOW)
		by = stopper_of(lint, ask, rule->pattern.text);
	if (!by)
		return;
	diag_report(lint->diags, DIAG_W0201, rule->pattern.span,
		    "this never decides: '%s %.*s' on line %u of %.*s is stricter",
		    by->verdict == WRIT_VERDICT_DENY ? "deny" : "ask", STR_ARG(by->pattern),
		    by->origin.line, STR_ARG(by->origin.file));
}

void lint_shadowed_rule(struct lint *lint)
{
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];
		const struct ir_role *ir = &lint->ir->roles.items[lint_role_id(lint, role)];
		struct stoppers deny = {0}, ask = {0};

		collect_stoppers(lint, ir, WRIT_VERDICT_DENY, &deny);
		collect_stoppers(lint, ir, WRIT_VERDICT_ASK, &ask);
		for (size_t i = 0; i < role->rules.n; i++)
			check_shadow(lint, &deny, &ask, &role->rules.items[i]);
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

static void check_repetition(struct lint *lint, const struct map *own, const struct map *inherited,
			     const struct ast_role *role, uint32_t index)
{
	const struct ast_rule *rule = &role->rules.items[index];
	const char *verdict = verdict_names[rule->verdict];
	struct str key = rule_key(lint, verdict, rule->pattern.text);
	uint32_t first = index, from = 0;
	struct diag *diag;

	if (map_get(own, key, &first) && first != index) {
		diag = diag_report(lint->diags, DIAG_W0202, rule->pattern.span,
				   "'%s %.*s' is stated already, without a condition", verdict,
				   STR_ARG(rule->pattern.text));
		diag_note(lint->diags, diag, role->rules.items[first].pattern.span, "here");
		return;
	}
	if (is_plain(rule) && map_get(inherited, key, &from))
		diag_report(lint->diags, DIAG_W0203, rule->pattern.span,
			    "'%s %.*s' is inherited already, from role '%.*s'", verdict,
			    STR_ARG(rule->pattern.text), STR_ARG(lint->ir->roles.items[from].name));
}

void lint_repeated_rule(struct lint *lint)
{
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];
		const struct map inherited = inherited_rules(lint, lint_role_id(lint, role));
		struct map own = {0};

		for (uint32_t i = 0; i < role->rules.n; i++) {
			const struct ast_rule *rule = &role->rules.items[i];

			if (is_plain(rule))
				map_put(lint->arena, &own,
					rule_key(lint, verdict_names[rule->verdict],
						 rule->pattern.text),
					i);
		}
		for (uint32_t i = 0; i < role->rules.n; i++)
			check_repetition(lint, &own, &inherited, role, i);
	}
}

/* ---- a condition that another parent does not have ---- */

/* Which patterns a role may call without condition. */
static struct map plain_allows(struct lint *lint, const struct ir_role *role)
{
	struct map out = {0};

	for (size_t i = 0; i < role->rules.n; i++) {
		const struct ir_rule *rule = &lint->ir->rules.items[role->rules.items[i]];

		if (rule->verdict == WRIT_VERDICT_ALLOW && !rule->where)
			map_put(lint->arena, &out, rule->pattern, 0);
	}
	return out;
}

/* The pattern that one parent allows on a condition and the other always, or .ptr NULL. */
static struct str widened(const struct lint *lint, const struct ir_role *strict,
			  const struct map *strict_plain, const struct map *loose_plain)
{
	for (size_t i = 0; i < strict->rules.n; i++) {
		const struct ir_rule *rule = &lint->ir->rules.items[strict->rules.items[i]];

		if (rule->verdict == WRIT_VERDICT_ALLOW && rule->where &&
		    map_get(loose_plain, rule->pattern, NULL) &&
		    !map_get(strict_plain, rule->pattern, NULL))
			return rule->pattern;
	}
	return (struct str){NULL, 0};
}

/* Each parent with the next one: enough to be told, and linear. */
static void check_diamond(struct lint *lint, const struct ast_role *role)
{
	const struct ir_role *ir = &lint->ir->roles.items[lint_role_id(lint, role)];

	for (size_t i = 0; i + 1 < ir->parents.n && i + 1 < role->parents.n; i++) {
		const struct ir_role *pair[2] = {&lint->ir->roles.items[ir->parents.items[i]],
						 &lint->ir->roles.items[ir->parents.items[i + 1]]};
		struct map plain[2] = {plain_allows(lint, pair[0]), plain_allows(lint, pair[1])};

		for (size_t strict = 0; strict < 2; strict++) {
			struct str pattern = widened(lint, pair[strict], &plain[strict],
						     &plain[1 - strict]);

			if (!pattern.ptr)
				continue;
			diag_report(lint->diags, DIAG_W0205, role->parents.items[i + 1].span,
				    "role '%.*s' allows '%.*s' on a condition, role '%.*s' always",
				    STR_ARG(pair[strict]->name), STR_ARG(pattern),
				    STR_ARG(pair[1 - strict]->name));
			return;
		}
	}
}

void lint_widening_diamond(struct lint *lint)
{
	for (size_t r = 0; r < lint->ast->roles.n; r++)
		check_diamond(lint, &lint->ast->roles.items[r]);
}

/* ---- users, rates ---- */

void lint_powerless_user(struct lint *lint)
{
	bool *able = arena_alloc(lint->arena, lint->ir->roles.n * sizeof(*able));

	for (size_t r = 0; r < lint->ir->roles.n; r++) {
		const struct ir_role *role = &lint->ir->roles.items[r];

		for (size_t i = 0; i < role->rules.n && !able[r]; i++)
			able[r] = lint->ir->rules.items[role->rules.items[i]].verdict !=
				  WRIT_VERDICT_DENY;
	}
	for (size_t u = 0; u < lint->ast->users.n; u++) {
		const struct ast_user *user = &lint->ast->users.items[u];
		bool any = false;

		for (size_t i = 0; i < user->roles.n; i++) {
			uint32_t id = 0;

			map_get(&lint->role_ids, user->roles.items[i].text, &id);
			any = any || able[id];
		}
		if (!any)
			diag_report(lint->diags, DIAG_W0208, user->name.span,
				    "no role of this user allows anything");
	}
}

void lint_burst(struct lint *lint)
{
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];
		uint32_t last = UINT32_MAX;

		for (size_t i = 0; i < role->rules.n; i++) {
			const struct ast_rate *rate = &role->rules.items[i].rate;

			if (rate->span.file == SPAN_NO_FILE || rate->span.begin == last)
				continue;
			last = rate->span.begin;
			if (rate->has_burst && rate->burst > rate->count)
				diag_report(lint->diags, DIAG_W0211, rate->span,
					    "a burst of %lu is more than the %lu calls of a whole "
					    "period",
					    (unsigned long)rate->burst, (unsigned long)rate->count);
		}
	}
}
