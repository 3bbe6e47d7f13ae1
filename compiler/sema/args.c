/*
 * Which arguments the tools of a rule have.
 *
 * A rule's pattern means one tool, or all that it may ever match. For one that is declared the
 * answer is complete: an argument that is not there is a mistake. For all others it is what the
 * declarations of the tools it may match say, and more may be seen at run time. The answer for a
 * pattern is kept, since rules of many roles name the same tools.
 */
#include "sema/pass.h"

#include <string.h>

static void add_arg(struct sema *sema, struct sema_args *args, const struct ir_tool *tool,
		    const struct ir_arg *arg)
{
	struct sema_arg *known;
	uint32_t at;

	if (map_put(sema->arena, &args->by_name, arg->name, (uint32_t)args->list.n)) {
		vec_add(sema->arena, &args->list, ((struct sema_arg){.arg = arg, .tool = tool}));
		return;
	}
	map_get(&args->by_name, arg->name, &at);
	known = &args->list.items[at];
	if (known->arg->kind != arg->kind && !known->other)
		known->other = tool;
}

static void add_tool(struct sema *sema, struct sema_args *args, const struct ir_tool *tool)
{
	for (size_t i = 0; i < tool->args.n; i++)
		add_arg(sema, args, tool, &tool->args.items[i]);
}

static bool begins_with(struct str name, struct str prefix)
{
	return name.len >= prefix.len && memcmp(name.ptr, prefix.ptr, prefix.len) == 0;
}

static void add_exact_matches(struct sema *sema, struct sema_args *args, struct str pattern)
{
	const char *star = memchr(pattern.ptr, '*', pattern.len);
	struct str prefix = {pattern.ptr, (size_t)(star - pattern.ptr)};
	size_t first = STR_LOWER_BOUND(&sema->ir->tools, name, prefix);

	for (size_t i = first; i < sema->ir->tools.n; i++) {
		const struct ir_tool *tool = &sema->ir->tools.items[i];

		if (!begins_with(tool->name, prefix))
			break;
		if (tool->declared && ir_pattern_is_exact(tool->name) &&
		    ir_pattern_matches(pattern, tool->name))
			add_tool(sema, args, tool);
	}
}

static void add_lenders(struct sema *sema, struct sema_args *args, struct str pattern)
{
	for (size_t i = 0; i < sema->lenders->tools.n; i++) {
		const struct ir_tool *tool = &sema->lenders->tools.items[i];

		if (ir_patterns_overlap(pattern, tool->name))
			add_tool(sema, args, tool);
	}
}

static void collect(struct sema *sema, struct sema_args *args, struct str pattern)
{
	const struct ir_tool *tool;

	if (!ir_pattern_is_exact(pattern)) {
		add_exact_matches(sema, args, pattern);
		add_lenders(sema, args, pattern);
		return;
	}
	tool = ir_tool_named(sema->ir, pattern);
	if (!tool)
		return;
	if (tool->declared)
		args->only = tool;
	add_tool(sema, args, tool);
}

const struct sema_args *sema_args(struct sema *sema, struct str pattern)
{
	struct sema_args *args;
	uint32_t at;

	if (map_get(&sema->args_at, pattern, &at))
		return sema->args.items[at];
	args = arena_new(sema->arena, struct sema_args);
	collect(sema, args, pattern);
	map_put(sema->arena, &sema->args_at, pattern, (uint32_t)sema->args.n);
	vec_add(sema->arena, &sema->args, args);
	return args;
}

const struct sema_arg *sema_arg(const struct sema_args *args, struct str name)
{
	uint32_t at;

	return map_get(&args->by_name, name, &at) ? &args->list.items[at] : NULL;
}

/* Where a tool's declaration is, or where it declares an argument. */
static struct span declaration(const struct sema *sema, const struct ir_tool *tool, struct str arg)
{
	const struct ast_tool *ast;
	uint32_t index;

	if (!map_get(&sema->names[SEMA_TOOL].first, tool->name, &index))
		return SPAN_NONE;
	ast = &sema->ast->tools.items[index];
	for (size_t i = 0; i < ast->props.n; i++) {
		const struct ast_tool_prop *prop = &ast->props.items[i];

		if (prop->kind == AST_TOOL_ARG && str_eq(prop->arg.name.text, arg))
			return prop->arg.name.span;
	}
	return ast->pattern.span;
}

void sema_note_arg(struct sema *sema, struct diag *diag, const struct ir_tool *tool, struct str arg)
{
	struct span span = declaration(sema, tool, arg);

	if (span.file != SPAN_NO_FILE)
		diag_note(sema->diags, diag, span, "'%.*s' is declared here",
			  STR_ARG(arg.len ? arg : tool->name));
}

void sema_unknown_arg(struct sema *sema, const struct ast_name *name, const struct sema_args *args)
{
	struct str_nearest nearest = str_nearest(name->text);
	struct diag *diag = diag_report(sema->diags, DIAG_E0116, name->span,
					"tool '%.*s' has no argument '%.*s'",
					STR_ARG(args->only->name), STR_ARG(name->text));

	sema_note_arg(sema, diag, args->only, STR(""));
	for (size_t i = 0; i < args->list.n; i++)
		str_nearest_offer(&nearest, args->list.items[i].arg->name);
	sema_nearest_help(sema, diag, &nearest);
}
