/*
 * Lints on roles and users: what nobody may call, denials of nothing, parents that disagree.
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

/* What the parents so far allow, each pattern with the first parent to do so. */
struct parents_allow {
	struct map always;
	struct map on_condition;
};

static void add_parent(struct lint *lint, struct parents_allow *sofar, const struct ir_role *parent,
		       uint32_t index)
{
	const struct map plain = plain_allows(lint, parent);

	for (size_t i = 0; i < parent->rules.n; i++) {
		const struct ir_rule *rule = &lint->ir->rules.items[parent->rules.items[i]];
		bool always = map_get(&plain, rule->pattern, NULL);

		if (rule->verdict == WRIT_VERDICT_ALLOW)
			map_put(lint->arena, always ? &sofar->always : &sofar->on_condition,
				rule->pattern, index);
	}
}

/* Does one of the parents so far allow on a condition what this one allows always, or reversed? */
static bool check_parent(struct lint *lint, const struct parents_allow *sofar,
			 const struct ir_role *role, const struct ast_role *ast, uint32_t index)
{
	const struct ir_role *roles = lint->ir->roles.items;
	const struct ir_role *parent = &roles[role->parents.items[index]];
	const struct map plain = plain_allows(lint, parent);

	for (size_t i = 0; i < parent->rules.n; i++) {
		const struct ir_rule *rule = &lint->ir->rules.items[parent->rules.items[i]];
		bool always = map_get(&plain, rule->pattern, NULL);
		const struct ir_role *strict = parent, *loose = parent;
		uint32_t other = 0;

		if (rule->verdict != WRIT_VERDICT_ALLOW ||
		    !map_get(always ? &sofar->on_condition : &sofar->always, rule->pattern, &other))
			continue;
		*(always ? &strict : &loose) = &roles[role->parents.items[other]];
		diag_report(lint->diags, DIAG_W0205, ast->parents.items[index].span,
			    "role '%.*s' allows '%.*s' on a condition, role '%.*s' always",
			    STR_ARG(strict->name), STR_ARG(rule->pattern), STR_ARG(loose->name));
		return true;
	}
	return false;
}

static void check_diamond(struct lint *lint, const struct ast_role *role)
{
	const struct ir_role *ir = &lint->ir->roles.items[lint_role_id(lint, role)];
	struct parents_allow sofar = {0};

	for (uint32_t i = 0; i < ir->parents.n && i < role->parents.n; i++) {
		if (ir->parents.n < 2 || check_parent(lint, &sofar, ir, role, i))
			return;
		add_parent(lint, &sofar, &lint->ir->roles.items[ir->parents.items[i]], i);
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
