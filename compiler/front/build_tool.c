/*
 * Nodes of tools and roles.
 *
 * A block is built up in struct parse while its statements come in and joins the tree when it ends,
 * so a block that the end of the file cuts off never does. Statements that failed to parse never
 * come in.
 */
#include "front/build.h"
#include "front/words.h"

void build_tool_begin(struct parse *parse, struct ast_name pattern)
{
	parse->in_head = true;
	parse->in_tool = true;
	parse->tool = (struct ast_tool){.pattern = pattern};
}

static struct ast_tool_prop *tool_prop(struct parse *parse, enum ast_tool_prop_kind kind,
				       struct span span)
{
	struct ast_tool_prop *prop = vec_push(parse->arena, &parse->tool.props);

	prop->kind = kind;
	prop->span = span;
	return prop;
}

void build_tool_class(struct parse *parse, struct span class, struct span span)
{
	int value = 0;

	if (words_match(parse, &words_class, class, &value))
		tool_prop(parse, AST_TOOL_CLASS, span)->class = (enum ast_class)value;
}

void build_tool_sandbox(struct parse *parse, struct ast_name sandbox, struct span span)
{
	tool_prop(parse, AST_TOOL_SANDBOX, span)->sandbox = sandbox;
}

void build_tool_describe(struct parse *parse, struct ast_text describe, struct span span)
{
	tool_prop(parse, AST_TOOL_DESCRIBE, span)->describe = describe;
}

void build_tool_arg(struct parse *parse, struct ast_name name, struct span type, bool secret,
		    struct span span)
{
	int value = 0;

	if (words_match(parse, &words_arg_type, type, &value))
		tool_prop(parse, AST_TOOL_ARG, span)->arg =
			(struct ast_arg){name, (enum ast_type)value, secret};
}

void build_tool_end(struct parse *parse, struct span span)
{
	parse->in_tool = false;
	parse->tool.span = span;
	*vec_push(parse->arena, &parse->ast->tools) = parse->tool;
}

void build_role_begin(struct parse *parse, struct ast_name name)
{
	parse->in_head = true;
	parse->role = (struct ast_role){.name = name};
}

void build_role_end(struct parse *parse)
{
	*vec_push(parse->arena, &parse->ast->roles) = parse->role;
}

void build_rule_verb(struct parse *parse, enum ast_verdict verdict, struct span span)
{
	parse->verdict = verdict;
	parse->first_rule = parse->role.rules.n;
	if (verdict == AST_ASK)
		build_pending(parse, "'ask' rules", span);
}

void build_rule(struct parse *parse, struct ast_name pattern)
{
	struct ast_rule *rule = vec_push(parse->arena, &parse->role.rules);

	rule->verdict = parse->verdict;
	rule->pattern = pattern;
	rule->span = pattern.span; /* until the statement's end is known */
}

void build_rule_end(struct parse *parse, struct span span)
{
	for (size_t i = parse->first_rule; i < parse->role.rules.n; i++)
		parse->role.rules.items[i].span = span;
}

void build_rate(struct parse *parse, struct span count, struct span unit, struct span span)
{
	int value = 0;

	build_number(parse, count);
	words_match(parse, &words_rate_unit, unit, &value);
	build_pending(parse, "'rate' limits", span);
}
