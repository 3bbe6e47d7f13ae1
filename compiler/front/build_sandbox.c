/*
 * Nodes of sandboxes.
 *
 * A sandbox is built up in struct parse and joins the tree when its block ends. Sections may come
 * in any order and more than once; their statements are kept in source order. What stands behind a
 * list, like "errno EPERM", goes to each of its items. A name among system calls may be a set: sema
 * knows.
 */
#include "front/build.h"

void build_sandbox_begin(struct parse *parse, struct ast_name name)
{
	parse->in_head = true;
	parse->sandbox = (struct ast_sandbox){
		.name = name,
		.best_effort = SPAN_NONE,
		.strict_exec = SPAN_NONE,
		.syscalls_span = SPAN_NONE,
	};
}

void build_sandbox_end(struct parse *parse, struct span span)
{
	parse->sandbox.span = span;
	*vec_push(parse->arena, &parse->ast->sandboxes) = parse->sandbox;
}

void build_best_effort(struct parse *parse, struct span span)
{
	if (parse->sandbox.best_effort.file == SPAN_NO_FILE)
		parse->sandbox.best_effort = span;
}

void build_strict_exec(struct parse *parse, struct span span)
{
	if (parse->sandbox.strict_exec.file == SPAN_NO_FILE)
		parse->sandbox.strict_exec = span;
}

void build_sandbox_user(struct parse *parse, struct ast_text name)
{
	vec_add(parse->arena, &parse->sandbox.users, name);
}

void build_grant_verb(struct parse *parse, enum ast_grant_kind kind)
{
	parse->grant_kind = kind;
	parse->grant_required = false;
	parse->first_grant = parse->sandbox.grants.n;
}

void build_grants_sni(struct parse *parse)
{
	for (size_t i = parse->first_grant; i < parse->sandbox.grants.n; i++)
		parse->sandbox.grants.items[i].sni = true;
}

void build_grant(struct parse *parse, struct ast_text text)
{
	vec_add(parse->arena, &parse->sandbox.grants,
		((struct ast_grant){.kind = parse->grant_kind,
				    .required = parse->grant_required,
				    .text = text,
				    .span = text.span}));
}

void build_grant_set(struct parse *parse, struct ast_name set)
{
	vec_add(parse->arena, &parse->sandbox.grants,
		((struct ast_grant){.kind = parse->grant_kind,
				    .required = parse->grant_required,
				    .is_set = true,
				    .set = set,
				    .span = set.span}));
}

void build_scratch(struct parse *parse, struct ast_text text, struct span size, struct span span)
{
	vec_add(parse->arena, &parse->sandbox.grants,
		((struct ast_grant){.kind = AST_FS_SCRATCH,
				    .text = text,
				    .size_bytes = build_number(parse, size),
				    .span = span}));
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

void build_call(struct parse *parse, const struct ast_call *form, struct span span)
{
	struct ast_call *call = vec_push(parse->arena, &parse->sandbox.calls);

	*call = *form;
	call->allow = parse->call_allow;
	call->action = AST_CALL_DEFAULT;
	call->span = span;
}

struct ast_cond build_cond(struct parse *parse, struct ast_name arg, enum ast_op op,
			   const struct ast_value *value, struct span span)
{
	struct ast_cond cond = {.span = span, .arg = arg, .op = op};

	vec_add(parse->arena, &cond.values, *value);
	return cond;
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
