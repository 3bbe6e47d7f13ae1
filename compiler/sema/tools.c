/*
 * Tools: their declarations, and the tools that only rules know.
 *
 * A declaration with wildcards lends its class and sandbox to tools whose names are first seen at
 * run time. A tool that a rule names exactly is a tool of the policy too, declared or not: it gets
 * what the best matching wildcard declaration lends, as any name would: class, sandbox, arguments.
 */
#include "sema/pass.h"

#include <stdlib.h>

static const enum writ_tool_class classes[] = {
	[AST_CLASS_NONE] = WRIT_CLASS_NONE,   [AST_CLASS_READ] = WRIT_CLASS_READ,
	[AST_CLASS_WRITE] = WRIT_CLASS_WRITE, [AST_CLASS_EXECUTE] = WRIT_CLASS_EXECUTE,
	[AST_CLASS_ADMIN] = WRIT_CLASS_ADMIN,
};

static const enum writ_arg_kind arg_kinds[] = {
	[AST_TYPE_STRING] = WRIT_ARG_STRING, [AST_TYPE_PATH] = WRIT_ARG_PATH,
	[AST_TYPE_URL] = WRIT_ARG_URL,       [AST_TYPE_HOST] = WRIT_ARG_HOST,
	[AST_TYPE_INT] = WRIT_ARG_INT,       [AST_TYPE_BOOL] = WRIT_ARG_BOOL,
};

static const char *const prop_words[] = {
	[AST_TOOL_CLASS] = "class",
	[AST_TOOL_SANDBOX] = "sandbox",
	[AST_TOOL_DESCRIBE] = "describe",
};

static void check_arg(struct sema *sema, struct map *seen, const struct ast_tool_prop *props,
		      uint32_t index)
{
	const struct ast_arg *arg = &props[index].arg;
	struct diag *diag;
	uint32_t first;

	sema_check_name_length(sema, arg->name.text, arg->name.span);
	if (map_put(sema->arena, seen, arg->name.text, index))
		return;
	map_get(seen, arg->name.text, &first);
	diag = diag_report(sema->diags, DIAG_E0110, arg->name.span,
			   "argument '%.*s' is declared twice", STR_ARG(arg->name.text));
	diag_note(sema->diags, diag, props[first].arg.name.span, "first declared here");
}

static void check_once(struct sema *sema, const struct ast_tool_prop **first,
		       const struct ast_tool_prop *prop)
{
	struct diag *diag;

	if (!*first) {
		*first = prop;
		return;
	}
	diag = diag_report(sema->diags, DIAG_E0109, prop->span, "'%s' is stated twice",
			   prop_words[prop->kind]);
	diag_note(sema->diags, diag, (*first)->span, "first stated here");
}

static void lower_prop(struct sema *sema, const struct ast_tool_prop *prop, struct ir_tool *out)
{
	struct str description;
	uint32_t sandbox;

	switch (prop->kind) {
	case AST_TOOL_CLASS:
		out->class = classes[prop->class];
		break;
	case AST_TOOL_SANDBOX:
		sandbox = sema_resolve(sema, SEMA_SANDBOX, prop->sandbox.text, prop->sandbox.span);
		out->sandbox = sema_id(sema, SEMA_SANDBOX, sandbox);
		break;
	case AST_TOOL_DESCRIBE:
		sema_plain_text(sema, &prop->describe, "a description", &description);
		break;
	case AST_TOOL_ARG:
		vec_add(sema->arena, &out->args,
			((struct ir_arg){.name = prop->arg.name.text,
					 .kind = arg_kinds[prop->arg.type],
					 .secret = prop->arg.secret}));
		break;
	}
}

static int arg_cmp(const void *left, const void *right)
{
	const struct ir_arg *a = left, *b = right;

	return str_cmp(a->name, b->name);
}

static void settle_args(struct sema *sema, const struct ast_tool *tool, struct ir_tool *out)
{
	if (out->args.n > WRIT_MAX_ARGS)
		diag_report(sema->diags, DIAG_E0458, tool->pattern.span,
			    "tool '%.*s' has %zu arguments; at most %u are possible",
			    STR_ARG(tool->pattern.text), out->args.n, WRIT_MAX_ARGS);
	if (out->args.n)
		qsort(out->args.items, out->args.n, sizeof(*out->args.items), arg_cmp);
}

static void lower_tool(struct sema *sema, const struct ast_tool *tool, struct ir_tool *out)
{
	const struct ast_tool_prop *first[AST_TOOL_ARG + 1] = {0};
	struct map args = {0};

	*out = (struct ir_tool){.name = tool->pattern.text, .sandbox = IR_NONE, .declared = true};
	for (uint32_t i = 0; i < tool->props.n; i++) {
		const struct ast_tool_prop *prop = &tool->props.items[i];

		if (prop->kind == AST_TOOL_ARG)
			check_arg(sema, &args, tool->props.items, i);
		else
			check_once(sema, &first[prop->kind], prop);
		lower_prop(sema, prop, out);
	}
	settle_args(sema, tool, out);
}

static int tool_cmp(const void *left, const void *right)
{
	const struct ir_tool *a = left, *b = right;

	return str_cmp(a->name, b->name);
}

struct undeclared {
	struct map seen;
	struct ast_names names;
};

static void note_name(struct sema *sema, struct undeclared *found, const struct ast_name *name)
{
	if (ir_pattern_is_exact(name->text) &&
	    !map_get(&sema->names[SEMA_TOOL].first, name->text, NULL) &&
	    map_put(sema->arena, &found->seen, name->text, 0))
		vec_add(sema->arena, &found->names, *name);
}

/* A name in a rule: of a tool, or of a set of them. */
static void note_pattern(struct sema *sema, struct undeclared *found, const struct ast_name *name)
{
	const struct sema_set *set = sema_set_find(sema, name->text, AST_SET_TOOLS);

	if (!set) {
		note_name(sema, found, name);
		return;
	}
	if (!map_put(sema->arena, &found->seen, name->text, 0))
		return;
	for (size_t i = 0; i < set->items.n; i++)
		note_name(sema, found, &set->items.items[i]->name);
}

/* Exact names in rules that no tool has, each once. */
static void find_undeclared(struct sema *sema, struct undeclared *found)
{
	for (size_t r = 0; r < sema->ast->roles.n; r++) {
		const struct ast_role *role = &sema->ast->roles.items[r];

		for (size_t i = 0; i < role->rules.n; i++)
			note_pattern(sema, found, &role->rules.items[i].pattern);
	}
}

/* The declarations that lend: those with wildcards. Sorted, as all tools are. */
static const struct ir_policy *find_lenders(struct sema *sema)
{
	struct ir_policy *lenders = arena_new(sema->arena, struct ir_policy);

	for (size_t i = 0; i < sema->ir->tools.n; i++) {
		if (!ir_pattern_is_exact(sema->ir->tools.items[i].name))
			vec_add(sema->arena, &lenders->tools, sema->ir->tools.items[i]);
	}
	return lenders;
}

static void add_undeclared(struct sema *sema)
{
	struct undeclared found = {0};

	find_undeclared(sema, &found);
	for (size_t i = 0; i < found.names.n; i++) {
		struct ir_tool tool = {.name = found.names.items[i].text, .sandbox = IR_NONE};
		const struct ir_tool *lender = ir_tool_for(sema->lenders, tool.name);

		if (lender) {
			tool.class = lender->class;
			tool.sandbox = lender->sandbox;
			tool.args.items = lender->args.items;
			tool.args.n = tool.args.cap = lender->args.n;
		}
		vec_add(sema->arena, &sema->ir->tools, tool);
	}
	if (found.names.n)
		qsort(sema->ir->tools.items, sema->ir->tools.n, sizeof(*sema->ir->tools.items),
		      tool_cmp);
}

void sema_tools(struct sema *sema)
{
	const struct sema_names *names = &sema->names[SEMA_TOOL];
	struct ir_tool ignored;

	for (uint32_t id = 0; id < names->n_ids; id++)
		lower_tool(sema, &sema->ast->tools.items[names->order[id]],
			   vec_push(sema->arena, &sema->ir->tools));
	for (uint32_t i = 0; i < sema->ast->tools.n; i++) {
		if (!sema_is_first(sema, SEMA_TOOL, i))
			lower_tool(sema, &sema->ast->tools.items[i], &ignored);
	}
	sema->lenders = find_lenders(sema);
	add_undeclared(sema);
}
