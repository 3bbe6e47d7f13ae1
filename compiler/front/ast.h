/*
 * The syntax tree: what was written, where, and nothing decided.
 *
 * All files of a compilation (the policy and its imports) are parsed into one struct ast; every
 * node carries its span, so nothing needs to know which file it came from. Names are unresolved.
 * The grammar's actions only fill these structs; sema/ gives them meaning.
 *
 * Constructs of the language that this compiler parses but can't compile yet are recorded as
 * ast_pending, with the place; sema reports each as an error, so none is ever silently ignored.
 */
#ifndef WRIT_FRONT_AST_H
#define WRIT_FRONT_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"
#include "base/str.h"
#include "base/vec.h"

struct ast_name {
	struct str text;
	struct span span;
};

VEC_TYPE(ast_names, struct ast_name);

/* A string literal, escapes decoded, split at ${param}. */
struct ast_text_part {
	bool is_param;
	struct str text; /* literal bytes, or the parameter's name */
	struct span span;
};

struct ast_text {
	struct span span;
	struct ast_text_part *parts; /* none for "" */
	size_t n;
};

enum ast_type { /* of parameters and tool arguments; each allows its own subset */
		AST_TYPE_STRING,
		AST_TYPE_PATH,
		AST_TYPE_HOST,
		AST_TYPE_PORT,
		AST_TYPE_INT,
		AST_TYPE_SIZE,
		AST_TYPE_DURATION,
		AST_TYPE_URL,
		AST_TYPE_BOOL,
};

enum ast_literal_kind { AST_INT, AST_SIZE, AST_DURATION, AST_STRING, AST_BOOL, AST_WORD };

struct ast_literal {
	enum ast_literal_kind kind;
	struct span span;
	uint64_t number;      /* INT, SIZE in bytes, DURATION in milliseconds, BOOL */
	struct ast_text text; /* STRING */
	struct str word;      /* WORD: a bare identifier */
};

struct ast_param {
	struct ast_name name;
	enum ast_type type;
	struct span type_span;
	bool has_default;
	struct ast_literal fallback;
};

enum ast_class {
	AST_CLASS_NONE,
	AST_CLASS_READ,
	AST_CLASS_WRITE,
	AST_CLASS_EXECUTE,
	AST_CLASS_ADMIN
};

struct ast_arg {
	struct ast_name name;
	enum ast_type type;
	bool secret;
};

/* One property of a tool block, in source order; sema finds repeated and contradicting ones. */
enum ast_tool_prop_kind { AST_TOOL_CLASS, AST_TOOL_SANDBOX, AST_TOOL_DESCRIBE, AST_TOOL_ARG };

struct ast_tool_prop {
	enum ast_tool_prop_kind kind;
	struct span span;
	enum ast_class class;
	struct ast_name sandbox;
	struct ast_text describe;
	struct ast_arg arg;
};

struct ast_tool {
	struct ast_name pattern; /* a tool name, or one with "*" wildcards */
	struct span span;
	VEC(struct ast_tool_prop) props;
};

enum ast_grant_kind { /* one item of a filesystem or network section */
		      AST_FS_READ,
		      AST_FS_WRITE,
		      AST_FS_EXECUTE,
		      AST_NET_CONNECT,
		      AST_NET_BIND,
};

struct ast_grant {
	enum ast_grant_kind kind;
	struct ast_text text;
};

enum ast_call_action { AST_CALL_DEFAULT, AST_CALL_ERRNO, AST_CALL_KILL };

struct ast_call {
	bool allow;
	struct ast_name name; /* "openat" or "@group", with the "@" */
	enum ast_call_action action;
	struct ast_name errno_name; /* for AST_CALL_ERRNO */
};

struct ast_limit {
	struct ast_name name;
	struct ast_literal value;
};

enum ast_env_kind { AST_ENV_PASS, AST_ENV_SET, AST_ENV_SECRET };

struct ast_env {
	enum ast_env_kind kind;
	struct ast_name name;
	struct ast_text value; /* for AST_ENV_SET */
};

struct ast_sandbox {
	struct ast_name name;
	struct ast_names parents;
	struct span best_effort;   /* of the statement, or SPAN_NONE */
	struct span syscalls_span; /* of the first syscalls section, or SPAN_NONE */
	VEC(struct ast_grant) grants;
	VEC(struct ast_call) calls;
	VEC(struct ast_limit) limits;
	VEC(struct ast_env) env;
};

enum ast_verdict { AST_ALLOW, AST_DENY, AST_ASK };

struct ast_rule { /* one pattern of a rule statement */
	enum ast_verdict verdict;
	struct ast_name pattern;
	struct span span; /* of the whole statement */
};

struct ast_role {
	struct ast_name name;
	struct ast_names parents;
	VEC(struct ast_rule) rules;
};

struct ast_user {
	struct ast_text name;
	struct ast_names roles;
};

/*
 * A construct that is parsed and checked for form only; "feature" is how the diagnostic names it.
 */
struct ast_pending {
	const char *feature;
	struct span span;
};

struct ast {
	struct ast_name name;     /* of the policy; text.ptr NULL when no policy line was seen */
	struct span version_span; /* or SPAN_NONE */
	uint64_t version;         /* 0 when not given */
	VEC(struct ast_param) params;
	VEC(struct ast_tool) tools;
	VEC(struct ast_sandbox) sandboxes;
	VEC(struct ast_role) roles;
	VEC(struct ast_user) users;
	VEC(struct ast_pending) pending;
};

#endif
