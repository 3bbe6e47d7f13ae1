/*
 * An "ask" with a condition beside an "allow" without: what the condition is about need not be
 * sent.
 *
 * A missing argument makes an ask not match, and then the allow decides: nobody is asked. Only a
 * deny closes that, which a missing argument makes match, or another ask. Roles are looked at with
 * all they inherit, since it is often the heir that allows; an ask is reported once, where it is
 * written, with the first role in which it can be avoided.
 */
#include "lint/rules.h"

struct gap {
	const struct ir_rule *allow;
	uint32_t role;
	struct str arg;
};

struct gaps {
	struct map by_place; /* of the ask, to index */
	VEC(struct gap) items;
};

/* The rules of one role. */
struct role_rules {
	struct ir_indices allows; /* whatever the arguments */
	struct ir_indices stops;  /* deny and ask, whatever the arguments */
	struct ir_indices tests;  /* deny and ask, with a condition */
};

static struct role_rules rules_of(struct lint *lint, const struct ir_role *role)
{
	struct role_rules out = {0};

	for (size_t i = 0; i < role->rules.n; i++) {
		uint32_t id = role->rules.items[i];
		const struct ir_rule *rule = &lint->ir->rules.items[id];

		if (rule->verdict == WRIT_VERDICT_ALLOW && !rule->where)
			vec_add(lint->arena, &out.allows, id);
		else if (rule->verdict != WRIT_VERDICT_ALLOW)
			vec_add(lint->arena, rule->where ? &out.tests : &out.stops, id);
	}
	return out;
}

/* Does a rule of the list take in every call that pattern matches? As stopper_of() in roles.c. */
static bool takes_all(struct lint *lint, const struct ir_indices *list, struct str pattern)
{
	for (size_t i = 0; i < list->n; i++) {
		if (lint->comparisons++ > LINT_MAX_COMPARISONS ||
		    ir_pattern_matches(lint->ir->rules.items[list->items[i]].pattern, pattern))
			return true;
	}
	return false;
}

static const struct ir_rule *overlapping(struct lint *lint, const struct ir_indices *list,
					 struct str pattern)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct ir_rule *rule = &lint->ir->rules.items[list->items[i]];

		if (lint->comparisons++ > LINT_MAX_COMPARISONS)
			return NULL;
		if (ir_patterns_overlap(rule->pattern, pattern))
			return rule;
	}
	return NULL;
}

/* What a condition makes of a call that has no arguments at all. */
static enum ir_truth truth_without(struct lint *lint, const struct ir_where *where)
{
	const struct ir_values values = {.home = STR("/")};

	return ir_where_truth(lint->arena, where, &(struct ir_request){.values = &values});
}

static bool mentions(const struct ir_where *where, struct str arg)
{
	if (where->kind == IR_WHERE_TEST)
		return str_eq(where->arg, arg);
	for (size_t i = 0; i < where->kids.n; i++) {
		if (mentions(where->kids.items[i], arg))
			return true;
	}
	return false;
}

/* Does a rule match for want of the argument? Of an ask the condition must hold then. */
static bool catches(struct lint *lint, const struct ir_rule *rule, struct str arg)
{
	enum ir_truth truth;

	if (!mentions(rule->where, arg))
		return false;
	truth = truth_without(lint, rule->where);
	return rule->verdict == WRIT_VERDICT_DENY ? truth != IR_FALSE : truth == IR_TRUE;
}

/* Is a call that pattern matches refused, or asked about, when it lacks the argument? */
static bool is_closed(struct lint *lint, const struct ir_indices *tests, struct str pattern,
		      struct str arg)
{
	for (size_t i = 0; i < tests->n; i++) {
		const struct ir_rule *rule = &lint->ir->rules.items[tests->items[i]];

		if (lint->comparisons++ > LINT_MAX_COMPARISONS)
			return true;
		if (ir_pattern_matches(rule->pattern, pattern) && catches(lint, rule, arg))
			return true;
	}
	return false;
}

/* The first argument of a condition that may be left out, or .ptr NULL. */
static struct str open_arg(struct lint *lint, const struct ir_indices *tests, struct str pattern,
			   const struct ir_where *where)
{
	struct str arg = {NULL, 0};

	if (where->kind == IR_WHERE_TEST)
		return is_closed(lint, tests, pattern, where->arg) ? arg : where->arg;
	for (size_t i = 0; i < where->kids.n && !arg.ptr; i++)
		arg = open_arg(lint, tests, pattern, where->kids.items[i]);
	return arg;
}

static struct str place_key(struct lint *lint, uint32_t role, struct line_col at)
{
	return str_printf(lint->arena, "%u %u %u", role, at.line, at.col);
}

static void check_ask(struct lint *lint, struct gaps *gaps, uint32_t role,
		      const struct role_rules *rules, const struct ir_rule *ask)
{
	const struct line_col at = {ask->origin.line, ask->origin.col};
	const struct ir_rule *allow;
	struct str arg;

	if (truth_without(lint, ask->where) != IR_UNKNOWN)
		return;
	allow = overlapping(lint, &rules->allows, ask->pattern);
	if (!allow || takes_all(lint, &rules->stops, ask->pattern))
		return;
	arg = open_arg(lint, &rules->tests, ask->pattern, ask->where);
	if (arg.ptr && map_put(lint->arena, &gaps->by_place, place_key(lint, ask->role, at),
			       (uint32_t)gaps->items.n))
		vec_add(lint->arena, &gaps->items, ((struct gap){allow, role, arg}));
}

static void find_gaps(struct lint *lint, struct gaps *gaps)
{
	for (uint32_t r = 0; r < lint->ir->roles.n; r++) {
		const struct ir_role *role = &lint->ir->roles.items[r];
		const struct role_rules rules = rules_of(lint, role);

		for (size_t i = 0; rules.allows.n && i < role->rules.n; i++) {
			const struct ir_rule *rule = &lint->ir->rules.items[role->rules.items[i]];

			if (rule->verdict == WRIT_VERDICT_ASK && rule->where)
				check_ask(lint, gaps, r, &rules, rule);
		}
	}
}

static void report(struct lint *lint, const struct gap *gap, const struct ast_name *pattern)
{
	struct diag *diag = diag_report(
		lint->diags, DIAG_W0220, pattern->span,
		"without '%.*s' a call is allowed and nobody asked: role '%.*s' has 'allow %.*s', "
		"on line %u of %.*s",
		STR_ARG(gap->arg), STR_ARG(lint->ir->roles.items[gap->role].name),
		STR_ARG(gap->allow->pattern), gap->allow->origin.line,
		STR_ARG(gap->allow->origin.file));

	diag_help(lint->diags, diag, "refuse such calls: deny %.*s where not %.*s present;",
		  STR_ARG(pattern->text), STR_ARG(gap->arg));
}

void lint_avoidable_ask(struct lint *lint)
{
	const struct sources *sources = lint->diags->sources;
	struct gaps gaps = {0};

	find_gaps(lint, &gaps);
	for (size_t r = 0; gaps.items.n && r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];
		uint32_t id = lint_role_id(lint, role), gap = 0;

		for (size_t i = 0; i < role->rules.n; i++) {
			const struct ast_name *pattern = &role->rules.items[i].pattern;
			struct span place = source_map(sources, pattern->span);

			if (role->rules.items[i].verdict == AST_ASK &&
			    map_get(&gaps.by_place,
				    place_key(lint, id,
					      source_line_col(sources, place.file, place.begin)),
				    &gap))
				report(lint, &gaps.items.items[gap], pattern);
		}
	}
}
