/*
 * Nodes of tools.
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
