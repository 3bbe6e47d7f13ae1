/*
 * `writc query`: who can do what.
 */
#ifndef WRIT_CLI_QUERY_H
#define WRIT_CLI_QUERY_H

#include <stdbool.h>

#include "ir/ir.h"
#include "judge/chain.h"

/* A subject that can call a tool, or a tool that a subject can call. */
struct query_answer {
	bool is_user;    /* of subjects */
	bool is_pattern; /* of tools: any other one that the pattern matches */
	struct str name;
	struct ir_indices chain; /* the rules that decide, strictest first */
	struct ir_indices some;  /* of a pattern: rules about some of its tools only */
};

struct query {
	struct arena *arena;
	const struct ir_policy *ir;
	bool is_user;
	struct str name;         /* of the tool or the subject */
	struct ir_indices roles; /* of the subject: none when there is no such subject */
	VEC(struct query_answer) found;
};

/* What is asked for, and how it is found and printed. */
struct query_kind {
	const char *word;
	bool takes_name;
	bool (*ask)(struct query *query); /* false: nothing was found */
	void (*text)(const struct query *query);
	void (*json)(const struct query *query);
};

void query_who_text(const struct query *query);
void query_what_text(const struct query *query);
void query_tools_text(const struct query *query);
void query_roles_text(const struct query *query);
void query_users_text(const struct query *query);

void query_who_json(const struct query *query);
void query_what_json(const struct query *query);
void query_tools_json(const struct query *query);
void query_roles_json(const struct query *query);
void query_users_json(const struct query *query);

const char *query_class_name(enum writ_tool_class class);
const char *query_kind_name(enum writ_arg_kind kind);

/* The users who have a role themselves, by index. */
struct ir_indices query_holders(const struct query *query, uint32_t role);

#endif
