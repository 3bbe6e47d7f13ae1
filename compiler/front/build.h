/*
 * The state of parsing one file, and what the grammar's actions call to build nodes.
 *
 * Scanner, grammar, error reporting and builders share struct parse. Tokens carry no values: a
 * builder takes the span of a token and reads the source text there.
 */
#ifndef WRIT_FRONT_BUILD_H
#define WRIT_FRONT_BUILD_H

#include <stdbool.h>

#include "base/diag.h"
#include "front/ast.h"
#include "front/parse.h"

struct token {
	int kind; /* of policy.tab.h */
	struct span span;
};

VEC_TYPE(tokens, struct token);

/* What the scanner still has to do because of a syntax error: see syntax.c. */
enum lex_repair {
	LEX_REPAIR_NONE,
	LEX_REPAIR_SKIP_BLOCK,    /* the offending token was a '{': drop all up to its '}' */
	LEX_REPAIR_SKIP_PARENS,   /* inside of a '(': drop all up to its ')' */
	LEX_REPAIR_CLOSE_BLOCKS,  /* a declaration or section began inside a block: close that */
	LEX_REPAIR_END_STATEMENT, /* a declaration began inside another: end that one */
};

struct bracket {
	struct span span;
	char open;     /* '{' or '(' */
	bool is_block; /* not of a list or a condition */
};

struct lexer {
	void *scanner; /* flex's */
	uint32_t pos;
	struct token now;
	struct span before;    /* of the token before now */
	struct span statement; /* of the first token of the statement that now is in */
	struct bracket opens[PARSE_MAX_DEPTH];
	size_t depth;
	enum lex_repair repair;
	bool holding;      /* now is handed out again when the repair is done */
	unsigned close_to; /* blocks that LEX_REPAIR_CLOSE_BLOCKS leaves open */
	bool recovering;   /* the parser drops tokens: a block is one SKIPPED, */
	bool wants_open;   /* except the one whose '{' it looks for */
	bool aborted;      /* nothing more is read or reported */
};

struct parse {
	struct diag_list *diags;
	struct arena *arena;
	struct ast *ast;
	uint32_t file;
	struct str text;
	struct lexer lexer;
	unsigned blocks; /* blocks the grammar is inside of */
	bool in_tool;    /* between the head of a tool and its end */
	bool in_head;    /* a declaration began whose block did not yet */

	uint32_t main_file; /* the policy itself; file may be one of its imports */
	/* of this file */
	struct span policy_line; /* or SPAN_NONE */
	size_t decls;
	struct tokens *tokens; /* where all that are read go, or NULL */

	/* under construction */
	struct ast_tool tool;
	struct ast_sandbox sandbox;
	struct ast_role role;
	struct ast_audit audit;
	struct ast_test test;
	struct ast_box_test box;
	enum ast_verdict verdict;
	enum ast_grant_kind grant_kind;
	bool grant_required;
	size_t first_grant; /* of the statement */
	bool call_allow;
	size_t first_call; /* of the statement */
	size_t first_rule;
	size_t tests;       /* in the condition being read */
	uint32_t full_list; /* where begins what has a list that was found too long, plus 1 */
};

/* What a list of the grammar may hold; see build_has_room. */
enum build_list {
	BUILD_LIST_SET_ITEMS,
	BUILD_LIST_IN_VALUES,
	BUILD_LIST_CONDS,
	BUILD_LIST_TERMS,
	BUILD_LIST_BINDINGS,
	BUILD_LIST_EXPECTS,
};

/*
 * parse.c: one file that was loaded, with its tokens up to the end of the file, which has kind 0.
 * Imports are not followed, and a policy line may be missing. Only without errors are the tokens
 * those of the text.
 */
void parse_alone(struct diag_list *diags, uint32_t file, struct ast *ast, struct tokens *tokens);

/*
 * True when the file is text, else reported; *begin is where it begins, after a byte order mark
 * that was reported.
 */
bool parse_check_text(struct diag_list *diags, uint32_t file, uint32_t *begin);

/* policy.l: runs scanner and grammar over parse->text, from byte offset begin. */
void policy_scan(struct parse *parse, uint32_t begin);

/* text.c */
struct str parse_text_at(const struct parse *parse, struct span span);
struct ast_text build_text(struct parse *parse, struct span span);
void build_check_visible(struct parse *parse, struct span span);
void build_comment(struct parse *parse, struct span span);

/* number.c */
uint64_t build_number(struct parse *parse, struct span span);

/* build.c */
struct ast_name build_name(struct parse *parse, struct span span);

/* Of an argument, from a token that may be more: members have dots, and JSON has names with '-'. */
struct ast_name build_arg_name(struct parse *parse, struct span span);
struct ast_literal build_number_literal(struct parse *parse, enum ast_literal_kind kind,
					struct span span);
struct ast_literal build_text_literal(struct span span, struct ast_text text);
struct ast_literal build_word_literal(struct parse *parse, struct span span);
void build_recovered(struct parse *parse);
void build_open(struct parse *parse);
bool build_has_room(struct parse *parse, size_t n, enum build_list list, struct span item);

void build_policy(struct parse *parse, struct span line, struct span name, struct span version);
void build_import(struct parse *parse, struct ast_text path, struct span span);
void build_param(struct parse *parse, struct ast_name name, struct span type,
		 const struct ast_literal *fallback, struct span span);
void build_set(struct parse *parse, struct ast_name name, struct span kind,
	       const struct ast_set_items *items, struct span span);
void build_user(struct parse *parse, struct ast_text name, struct ast_names roles,
		struct span span);
void build_conflict(struct parse *parse, bool session, struct ast_names roles, struct span span);
void build_redact(struct parse *parse, struct ast_text pattern, struct span span);

void build_audit_begin(struct parse *parse);
void build_audit_end(struct parse *parse, struct span span);
void build_audit_required(struct parse *parse, struct span span);
void build_audit_full(struct parse *parse, struct span word, struct span span);

/* build_tool.c */
void build_tool_begin(struct parse *parse, struct ast_name pattern);
void build_tool_class(struct parse *parse, struct span class, struct span span);
void build_tool_sandbox(struct parse *parse, struct ast_name sandbox, struct span span);
void build_tool_describe(struct parse *parse, struct ast_text describe, struct span span);
void build_tool_arg(struct parse *parse, struct ast_name name, struct span type, bool secret,
		    struct span span);
void build_tool_end(struct parse *parse, struct span span);

/* build_role.c */
void build_role_begin(struct parse *parse, struct ast_name name);
void build_role_end(struct parse *parse, struct span span);
void build_rule_verb(struct parse *parse, enum ast_verdict verdict);
void build_rule(struct parse *parse, struct ast_name pattern);
void build_rule_end(struct parse *parse, const struct ast_rule *shared);
struct ast_rate build_rate(struct parse *parse, struct span count, struct span unit,
			   const struct ast_rate *burst, struct span span);

/* build_expr.c: conditions of rules */
struct ast_expr *build_test_of(struct parse *parse, enum ast_expr_kind kind, struct ast_name arg,
			       struct span span);
struct ast_expr *build_compare(struct parse *parse, struct ast_name arg, enum ast_op op,
			       const struct ast_literal *literal, struct span span);
struct ast_expr *build_text_test(struct parse *parse, enum ast_expr_kind kind, struct ast_name arg,
				 const struct ast_text *text, struct span span);
struct ast_expr *build_not(struct parse *parse, struct ast_expr *kid, struct span span);
struct ast_expr *build_join(struct parse *parse, enum ast_expr_kind kind, struct ast_expr *left,
			    struct ast_expr *right, struct span span);

/* build_sandbox.c */
void build_sandbox_begin(struct parse *parse, struct ast_name name);
void build_sandbox_end(struct parse *parse, struct span span);
void build_best_effort(struct parse *parse, struct span span);
void build_strict_exec(struct parse *parse, struct span span);
void build_sandbox_user(struct parse *parse, struct ast_text name);
void build_grant_verb(struct parse *parse, enum ast_grant_kind kind);
void build_grants_sni(struct parse *parse);
void build_grant(struct parse *parse, struct ast_text text);
void build_grant_set(struct parse *parse, struct ast_name set);
void build_scratch(struct parse *parse, struct ast_text text, struct span size, struct span span);
void build_syscalls(struct parse *parse, struct span span);
void build_call_verb(struct parse *parse, bool allow);
void build_call(struct parse *parse, const struct ast_call *form, struct span span);
struct ast_cond build_cond(struct parse *parse, struct ast_name arg, enum ast_op op,
			   const struct ast_value *value, struct span span);
void build_call_action(struct parse *parse, enum ast_call_action action,
		       struct ast_name errno_name);
void build_limit(struct parse *parse, struct ast_name name, struct ast_literal value);
void build_env_names(struct parse *parse, enum ast_env_kind kind, struct ast_names names);
void build_env_set(struct parse *parse, struct ast_name name, struct ast_text value);

/* build_test.c */
void build_test_begin(struct parse *parse, struct ast_text name);
void build_test_end(struct parse *parse, struct span span);
void build_expect(struct parse *parse, const struct ast_expect *expect);
void build_box_begin(struct parse *parse, struct ast_name sandbox);
void build_box_end(struct parse *parse, struct span span);
void build_box_expect(struct parse *parse, enum ast_verdict verdict,
		      const struct ast_box_expect *target, struct span span);

#endif
