/*
 * The syntax tree: what was written, where, and nothing decided.
 *
 * All files of a compilation (the policy and its imports) are parsed into one struct ast; every
 * node carries its span, so nothing needs to know which file it came from. Names are unresolved.
 * The grammar's actions only fill these structs; sema/ gives them meaning.
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

VEC_TYPE(ast_literals, struct ast_literal);

struct ast_param {
	struct ast_name name;
	enum ast_type type;
	struct span type_span;
	bool has_default;
	struct ast_literal fallback;
	struct span span;
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
		      AST_FS_DENY,
		      AST_FS_SCRATCH,
		      AST_NET_CONNECT,
		      AST_NET_BIND,
		      AST_NET_DENY,
		      AST_NET_UNIX,
};

struct ast_grant {
	enum ast_grant_kind kind;
	bool required;        /* READ to EXECUTE: it must exist */
	bool sni;             /* CONNECT: TLS must name who is connected to */
	bool is_set;          /* the item is the name of a set, not a string */
	struct ast_text text; /* unless is_set */
	struct ast_name set;  /* when is_set */
	uint64_t size_bytes;  /* for AST_FS_SCRATCH */
	struct span span;     /* of the item; its statement's others may be elsewhere */
};

/* Comparisons, of tool arguments and of system call arguments. */
enum ast_op {
	AST_OP_EQ,
	AST_OP_NE,
	AST_OP_LT,
	AST_OP_LE,
	AST_OP_GT,
	AST_OP_GE,
	AST_OP_MASKED_EQ, /* system calls only: arg & mask == value */
	AST_OP_IN,        /* system calls only */
};

/* A number or a constant of the kernel's headers; several are or'ed: (CLONE_NEWUSER | CLONE_NEWNS).
 */
struct ast_value_term {
	bool is_number;
	uint64_t number;
	struct ast_name name; /* unless is_number */
};

struct ast_value {
	struct span span;
	VEC(struct ast_value_term) terms;
};

VEC_TYPE(ast_values, struct ast_value);

/* A condition on one argument of a system call. */
struct ast_cond {
	struct span span;
	struct ast_name arg; /* its name, or "arg0" to "arg5" */
	enum ast_op op;
	struct ast_value mask;    /* for AST_OP_MASKED_EQ */
	struct ast_values values; /* one, or for AST_OP_IN any number */
};

VEC_TYPE(ast_conds, struct ast_cond);

enum ast_call_action {
	AST_CALL_DEFAULT,
	AST_CALL_ERRNO,
	AST_CALL_KILL,
	AST_CALL_LOG,
	AST_CALL_NOTIFY,
};

struct ast_call {
	bool allow;
	struct ast_name name; /* "openat", "@group" with the "@", or a set of system calls */
	struct ast_conds conds;
	enum ast_call_action action;
	struct ast_name errno_name; /* for AST_CALL_ERRNO */
	struct span span;           /* with its conditions */
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
	struct span best_effort; /* of the statement, or SPAN_NONE; likewise */
	struct span strict_exec;
	VEC(struct ast_text) users; /* of "user" statements; sema takes one */
	struct span syscalls_span;  /* of the first syscalls section, or SPAN_NONE */
	VEC(struct ast_grant) grants;
	VEC(struct ast_call) calls;
	VEC(struct ast_limit) limits;
	VEC(struct ast_env) env;
	struct span span; /* of the whole declaration, as in all others */
};

enum ast_verdict { AST_ALLOW, AST_DENY, AST_ASK };

/*
 * A condition on a tool's arguments. AND and OR have two or more kids and never one of their own
 * kind; so the depth is that of the parentheses and "not"s that were written.
 */
enum ast_expr_kind {
	AST_EXPR_OR,
	AST_EXPR_AND,
	AST_EXPR_NOT,     /* one kid */
	AST_EXPR_COMPARE, /* arg op literals[0] */
	AST_EXPR_IN,      /* arg in { literals } */
	AST_EXPR_IN_SET,  /* arg in set */
	AST_EXPR_UNDER,   /* arg under literals[0], a string */
	AST_EXPR_MATCHES, /* arg matches literals[0], a string */
	AST_EXPR_PRESENT, /* arg present */
};

struct ast_expr {
	enum ast_expr_kind kind;
	struct span span;
	VEC(struct ast_expr *) kids;
	struct ast_name arg;
	enum ast_op op; /* for COMPARE: EQ to GE */
	struct ast_literals literals;
	struct ast_name set;
};

struct ast_rate {
	struct span span; /* SPAN_NONE: no rate */
	uint64_t count;
	uint32_t period_s; /* 1, 60, 3600 or 86400 */
	bool has_burst;
	uint64_t burst;
};

struct ast_rule { /* one pattern of a rule statement; the others share where, using and rate */
	enum ast_verdict verdict;
	struct ast_name pattern; /* or the name of a set of tools */
	struct span span;        /* of the whole statement */
	struct ast_expr *where;  /* or NULL */
	struct ast_name using;   /* text.ptr NULL: none */
	struct ast_rate rate;
};

struct ast_role {
	struct ast_name name;
	struct ast_names parents;
	VEC(struct ast_rule) rules;
	struct span span;
};

struct ast_user {
	struct ast_text name;
	struct ast_names roles;
	struct span span;
};

enum ast_set_kind { AST_SET_PATHS, AST_SET_HOSTS, AST_SET_SYSCALLS, AST_SET_TOOLS };

struct ast_set_item {
	bool is_text;
	struct ast_text text; /* of paths and hosts */
	struct ast_name name; /* a tool pattern, a system call, a "@group", or another set */
};

VEC_TYPE(ast_set_items, struct ast_set_item);

struct ast_set {
	struct ast_name name;
	enum ast_set_kind kind;
	struct span span;
	struct ast_set_items items;
};

struct ast_conflict {
	bool session;
	struct ast_names roles;
	struct span span;
};

struct ast_redact {
	struct ast_text pattern; /* POSIX extended regular expression */
	struct span span;
};

enum ast_audit_full { AST_AUDIT_BLOCK, AST_AUDIT_DENY, AST_AUDIT_DROP };

struct ast_audit_prop {
	bool is_required; /* else what "full" says */
	enum ast_audit_full full;
	struct span span;
};

struct ast_audit {
	VEC(struct ast_audit_prop) props;
	struct span span;
};

struct ast_binding {
	struct ast_name name;
	struct ast_literal value;
	bool is_list; /* of a test's call: elements, and no value */
	struct ast_literals elements;
};

VEC_TYPE(ast_bindings, struct ast_binding);

/* allow developer write_file(path = "/workspace/a"); */
struct ast_expect {
	enum ast_verdict verdict;
	struct ast_name role;
	struct ast_name tool;
	struct ast_bindings args;
	struct span span;
};

enum ast_target {
	AST_TARGET_READ,
	AST_TARGET_WRITE,
	AST_TARGET_EXECUTE,
	AST_TARGET_CONNECT,
	AST_TARGET_BIND,
	AST_TARGET_UNIX,
	AST_TARGET_SYSCALL,
};

struct ast_fact { /* an argument of the system call that is asked about */
	struct ast_name arg;
	struct ast_value value;
};

VEC_TYPE(ast_facts, struct ast_fact);

/* deny syscall socket(domain = AF_PACKET); allow read "/usr/bin/env"; */
struct ast_box_expect {
	enum ast_verdict verdict; /* AST_ASK of system calls only */
	enum ast_target target;
	struct ast_text text; /* unless SYSCALL */
	struct ast_name call; /* for SYSCALL */
	struct ast_facts facts;
	struct span span;
};

struct ast_box_test {
	struct ast_name sandbox;
	VEC(struct ast_box_expect) expects;
	struct span span;
};

struct ast_test {
	struct ast_text name;
	struct ast_bindings with; /* of parameters */
	VEC(struct ast_expect) expects;
	VEC(struct ast_box_test) boxes;
	struct span span;
};

struct ast_import {
	struct ast_text path;
	struct span span;
	uint32_t file; /* that was read for it, or SPAN_NO_FILE */
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
	VEC(struct ast_set) sets;
	VEC(struct ast_conflict) conflicts;
	VEC(struct ast_redact) redacts;
	VEC(struct ast_audit) audits;
	VEC(struct ast_test) tests;
	VEC(struct ast_import) imports;
	VEC(struct span) comments; /* from "#" to the end of the line, in the order of the files */
};

#endif
