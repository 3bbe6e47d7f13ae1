/*
 * Nodes of sandboxes, and what is left of named sets.
 *
 * A sandbox is built up in struct parse and joins the tree when its block ends. Sections may come
 * in any order and more than once; their statements are kept in source order. A name among system
 * calls may be a set: which, is known only when every file was read, so build_drop_sets looks once
 * at the end.
 */
#include "front/build.h"

void build_sandbox_begin(struct parse *parse, struct ast_name name)
{
	parse->in_head = true;
	parse->sandbox = (struct ast_sandbox){
		.name = name,
		.best_effort = SPAN_NONE,
		.syscalls_span = SPAN_NONE,
	};
}

void build_sandbox_end(struct parse *parse)
{
	*vec_push(parse->arena, &parse->ast->sandboxes) = parse->sandbox;
}

void build_best_effort(struct parse *parse, struct span span)
{
	if (parse->sandbox.best_effort.file == SPAN_NO_FILE)
		parse->sandbox.best_effort = span;
}

void build_grant_verb(struct parse *parse, enum ast_grant_kind kind)
{
	parse->grant_kind = kind;
	parse->grant_pending = false;
}

void build_verb_pending(struct parse *parse, const char *feature, struct span span)
{
	parse->grant_pending = true;
	build_pending(parse, feature, span);
}

void build_grant(struct parse *parse, struct ast_text text)
{
	struct ast_grant *grant;

	if (parse->grant_pending)
		return;
	grant = vec_push(parse->arena, &parse->sandbox.grants);
	grant->kind = parse->grant_kind;
	grant->text = text;
}

void build_scratch(struct parse *parse, struct span size, struct span span)
{
	build_number(parse, size);
	build_pending(parse, "'scratch' directories", span);
}

void build_syscalls(struct parse *parse, struct span span)
{
	if (parse->sandbox.syscalls_span.file == SPAN_NO_FILE)
		parse->sandbox.syscalls_span = span;
}

void build_call_verb(struct parse *parse, bool allow)
{
	parse->call_allow = allow;
	parse->first_call = parse->sandbox.calls.n;
}

void build_call(struct parse *parse, struct ast_name name)
{
	struct ast_call *call = vec_push(parse->arena, &parse->sandbox.calls);

	call->allow = parse->call_allow;
	call->name = name;
	call->action = AST_CALL_DEFAULT;
}

void build_call_action(struct parse *parse, enum ast_call_action action, struct ast_name errno_name)
{
	for (size_t i = parse->first_call; i < parse->sandbox.calls.n; i++) {
		parse->sandbox.calls.items[i].action = action;
		parse->sandbox.calls.items[i].errno_name = errno_name;
	}
}

void build_limit(struct parse *parse, struct ast_name name, struct ast_literal value)
{
	struct ast_limit *limit = vec_push(parse->arena, &parse->sandbox.limits);

	limit->name = name;
	limit->value = value;
}

void build_env_names(struct parse *parse, enum ast_env_kind kind, struct ast_names names)
{
	for (size_t i = 0; i < names.n; i++) {
		struct ast_env *env = vec_push(parse->arena, &parse->sandbox.env);

		env->kind = kind;
		env->name = names.items[i];
	}
}

void build_env_set(struct parse *parse, struct ast_name name, struct ast_text value)
{
	struct ast_env *env = vec_push(parse->arena, &parse->sandbox.env);

	env->kind = AST_ENV_SET;
	env->name = name;
	env->value = value;
}

static void drop_sets(struct arena *arena, struct ast *ast, struct ast_sandbox *sandbox,
		      const struct map *set_names)
{
	size_t kept = 0;

	for (size_t i = 0; i < sandbox->calls.n; i++) {
		struct ast_call *call = &sandbox->calls.items[i];

		if (map_get(set_names, call->name.text, NULL))
			*vec_push(arena, &ast->pending) = (struct ast_pending){"named sets",
									       call->name.span};
		else
			sandbox->calls.items[kept++] = *call;
	}
	sandbox->calls.n = kept;
}

void build_drop_sets(struct arena *arena, struct ast *ast, const struct map *set_names)
{
	for (size_t i = 0; i < ast->sandboxes.n; i++)
		drop_sets(arena, ast, &ast->sandboxes.items[i], set_names);
}
