/*
 * Nodes of roles and their rules.
 *
 * A role is built up in struct parse and joins the tree when its block ends. A rule statement makes
 * one rule of each of its patterns; they come in first, and when the statement ends all of them get
 * what follows the patterns. They share the tree of the condition.
 */
#include "front/build.h"
#include "front/words.h"

void build_role_begin(struct parse *parse, struct ast_name name)
{
	parse->in_head = true;
	parse->role = (struct ast_role){.name = name};
}

void build_role_end(struct parse *parse, struct span span)
{
	parse->role.span = span;
	vec_add(parse->arena, &parse->ast->roles, parse->role);
}

void build_rule_verb(struct parse *parse, enum ast_verdict verdict)
{
	parse->verdict = verdict;
	parse->first_rule = parse->role.rules.n;
	parse->tests = 0;
}

void build_rule(struct parse *parse, struct ast_name pattern)
{
	struct ast_rule *rule = vec_push(parse->arena, &parse->role.rules);

	rule->verdict = parse->verdict;
	rule->pattern = pattern;
	rule->span = pattern.span; /* until the statement's end is known */
	rule->rate.span = SPAN_NONE;
}

/* shared has the statement's span and what stands behind its patterns. */
void build_rule_end(struct parse *parse, const struct ast_rule *shared)
{
	for (size_t i = parse->first_rule; i < parse->role.rules.n; i++) {
		struct ast_rule *rule = &parse->role.rules.items[i];

		rule->span = shared->span;
		rule->where = shared->where;
		rule->using = shared->using;
		rule->rate = shared->rate;
	}
}

struct ast_rate build_rate(struct parse *parse, struct span count, struct span unit,
			   const struct ast_rate *burst, struct span span)
{
	struct ast_rate rate = *burst;
	int seconds = 0;

	words_match(parse, &words_rate_unit, unit, &seconds);
	rate.span = span;
	rate.count = build_number(parse, count);
	rate.period_s = (uint32_t)seconds;
	return rate;
}
