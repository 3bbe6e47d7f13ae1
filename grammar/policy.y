/*
 * The grammar of a policy. Tokens carry no values, only places; actions only call builders
 * (front/build.h).
 *
 * Errors: a statement that can't be parsed is dropped up to its ';', or up to the end of the block
 * it opens (the scanner hands such a block out as one SKIPPED token while the parser recovers). A
 * missing ';' or '{' is reported and taken as given; a ';' that then stands alone ends the
 * recovery. The '}' of a list is a token of its own, so
 * that it never ends a block. What comes right before an 'open' is spelled out in each rule,
 * because the parser looks for an error rule in the states it is in, and does not reduce to reach
 * one. Lists are left-recursive, so only nesting takes stack, and the scanner bounds that.
 */
%code requires {
#include "front/build.h"
}

%code {
#include "front/syntax.h"

#define YYLLOC_DEFAULT(now, rhs, n)                                                                \
	((now) = (struct span){parse->file, (n) ? (rhs)[1].begin : (rhs)[0].end,                   \
			       (n) ? (rhs)[n].end : (rhs)[0].end})

#define CONFLICTS "'conflict' constraints"

int policy_lex(POLICY_STYPE *value, POLICY_LTYPE *span, struct parse *parse);

static void policy_error(const struct span *span, struct parse *parse, const char *message)
{
	(void)message; /* the only one: the stack is exhausted */
	syntax_too_deep(parse, *span);
}
}

%define api.pure full
%define api.prefix {policy_}
%define api.token.prefix {T_}
%define api.location.type {struct span}
%define api.value.type union
%define parse.error custom
%define parse.lac full
%locations
%lex-param {struct parse *parse}
%parse-param {struct parse *parse}
%initial-action { @$ = (struct span){parse->file, 0, 0}; }

%token YYEOF 0 "end of file"
%token ALLOW "allow" AND "and" ARG "arg" ASK "ask" BEST_EFFORT "best_effort" BIND "bind"
%token BURST "burst" CLASS "class" CONFLICT "conflict" CONNECT "connect" DENY "deny"
%token DESCRIBE "describe" ENV "env" ERRNO "errno" EXECUTE "execute" EXTENDS "extends"
%token FILESYSTEM "filesystem" IMPORT "import" IN "in" KILL "kill" LIMITS "limits" LOG "log"
%token MATCHES "matches" NETWORK "network" NOT "not" OR "or" PARAM "param" PASS "pass"
%token POLICY "policy" PRESENT "present" RATE "rate" READ "read" REDACT "redact" ROLE "role"
%token SANDBOX "sandbox" SCRATCH "scratch" SECRET "secret" SESSION "session" SET "set"
%token SYSCALL "syscall" SYSCALLS "syscalls" TEST "test" TOOL "tool" UNDER "under" UNIX "unix"
%token USER "user" USING "using" VERSION "version" WHERE "where" WITH "with" WRITE "write"
%token IDENT "a name" PATTERN "a tool pattern" INT "a number" SIZE "a size" DURATION "a duration"
%token STRING "a string" GROUP "a group (@name)" SKIPPED "a skipped block"
%token EQ "==" NE "!=" LE "<=" GE ">="
%token COLON ":" ASSIGN "=" COMMA "," SEMICOLON ";" LBRACE "{" RBRACE "}" LPAREN "(" RPAREN ")"
%token LIST_END "the '}' of the list"
%token LESS "<" GREATER ">" AMPERSAND "&" BAR "|" SLASH "/"

%type <struct ast_name> name pattern call_form
%type <struct ast_names> names
%type <struct ast_text> text
%type <struct ast_literal> literal

%%

file: decls;

decls: %empty
	| decls decl				{ parse->decls++; }
	| decls ";"				{ yyerrok; }
	| decls error ";"			{ build_recovered(parse); yyerrok; }
	| decls error "}"			{ build_recovered(parse); yyerrok; }
	| decls error SKIPPED			{ build_recovered(parse); yyerrok; }
	;
decl: policy | import | param | set | tool | sandbox | role | user | conflict | redact | test;

semi: ";" | error				{ build_recovered(parse); };
open: "{"					{ build_open(parse); }
	| error					{ build_open(parse); build_recovered(parse); }
	| error "{"				{ build_open(parse); build_recovered(parse); }
	;
close: "}"					{ parse->blocks--; }
	| error "}"		{ parse->blocks--; build_recovered(parse); yyerrok; }
	;

policy: "policy" pattern semi			{ build_policy(parse, @$, @2, SPAN_NONE); }
	| "policy" pattern "version" INT semi	{ build_policy(parse, @$, @2, @4); }
	;
import: "import" text semi			{ build_import(parse, $2); };
param: "param" name ":" name semi		{ build_param(parse, $2, @4, NULL); }
	| "param" name ":" name "=" literal semi	{ build_param(parse, $2, @4, &$6); }
	;
set: "set" name ":" name "{" set_items LIST_END semi	{ build_set(parse, $2, @4, @$); };
set_items: set_item | set_items "," set_item;
set_item: text | GROUP | pattern;
user: "user" text ":" names semi		{ build_user(parse, $2, $4); };
conflict: "conflict" names semi		{ build_pending(parse, CONFLICTS, @$); }
	| "conflict" "session" names semi	{ build_pending(parse, CONFLICTS, @$); }
	;
redact: "redact" text semi			{ build_pending(parse, "'redact' patterns", @$); };

tool: tool_head open tool_items close		{ build_tool_end(parse, @$); };
tool_head: "tool" pattern			{ build_tool_begin(parse, $2); };
tool_items: %empty
	| tool_items tool_item
	| tool_items error ";"			{ build_recovered(parse); yyerrok; }
	| tool_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
tool_item: ";"					{ yyerrok; }
	| "class" name semi			{ build_tool_class(parse, @2, @$); }
	| "sandbox" name semi			{ build_tool_sandbox(parse, $2, @$); }
	| "describe" text semi			{ build_tool_describe(parse, $2, @$); }
	| "arg" name ":" name semi		{ build_tool_arg(parse, $2, @4, false, @$); }
	| "arg" name ":" name "secret" semi	{ build_tool_arg(parse, $2, @4, true, @$); }
	;

sandbox: sandbox_head open sections close	{ build_sandbox_end(parse); }
	| sandbox_head "extends" names open	{ parse->sandbox.parents = $3; }
	  sections close			{ build_sandbox_end(parse); }
	;
sandbox_head: "sandbox" name			{ build_sandbox_begin(parse, $2); };
sections: %empty
	| sections section
	| sections error ";"			{ build_recovered(parse); yyerrok; }
	| sections error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
section: ";"					{ yyerrok; }
	| "filesystem" open fs_items close
	| "network" open net_items close
	| "syscalls" open call_items close	{ build_syscalls(parse, @1); }
	| "limits" open limit_items close
	| "env" open env_items close
	| "best_effort" semi			{ build_best_effort(parse, @1); }
	;

fs_items: %empty
	| fs_items fs_item
	| fs_items error ";"			{ build_recovered(parse); yyerrok; }
	| fs_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
fs_item: ";"					{ yyerrok; }
	| fs_verb grants semi
	| "scratch" text SIZE semi		{ build_scratch(parse, @3, @$); }
	;
fs_verb: "read"					{ build_grant_verb(parse, AST_FS_READ); }
	| "write"				{ build_grant_verb(parse, AST_FS_WRITE); }
	| "execute"				{ build_grant_verb(parse, AST_FS_EXECUTE); }
	| "deny"	{ build_verb_pending(parse, "'deny' inside a filesystem section", @1); }
	;
net_items: %empty
	| net_items net_item
	| net_items error ";"			{ build_recovered(parse); yyerrok; }
	| net_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
net_item: ";"					{ yyerrok; }
	| net_verb grants semi
	;
net_verb: "connect"				{ build_grant_verb(parse, AST_NET_CONNECT); }
	| "bind"				{ build_grant_verb(parse, AST_NET_BIND); }
	| "unix"	{ build_verb_pending(parse, "'unix' sockets", @1); }
	| "deny"	{ build_verb_pending(parse, "'deny' inside a network section", @1); }
	;
grants: grant | grants "," grant;
grant: text					{ build_grant(parse, $1); }
	| name					{ build_pending(parse, "named sets", @1); }
	;

call_items: %empty
	| call_items call_item
	| call_items error ";"			{ build_recovered(parse); yyerrok; }
	| call_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
call_item: ";"					{ yyerrok; }
	| call_verb calls call_action semi
	;
call_verb: "allow"				{ build_call_verb(parse, true); }
	| "deny"				{ build_call_verb(parse, false); }
	;
calls: call | calls "," call;
call: call_form					{ build_call(parse, $1); };
call_action: %empty
	| "errno" name				{ build_call_action(parse, AST_CALL_ERRNO, $2); }
	| "kill"	{ build_call_action(parse, AST_CALL_KILL, (struct ast_name){0}); }
	| "log"					{ build_pending(parse, "'log' actions", @1); }
	;
call_form: GROUP				{ $$ = build_name(parse, @1); }
	| name
	| name "(" conds ")"
			{ $$ = $1; build_pending(parse, "system call argument conditions", @$); }
	;
conds: cond | conds "," cond;
cond: name compare value
	| name "&" value "==" value
	| name "in" "{" values LIST_END
	;
compare: "==" | "!=" | "<" | "<=" | ">" | ">=";
values: value | values "," value;
value: value_one | "(" mask ")";
mask: value_one | mask "|" value_one;
value_one: INT					{ build_number(parse, @1); }
	| name
	;

limit_items: %empty
	| limit_items limit_item
	| limit_items error ";"			{ build_recovered(parse); yyerrok; }
	| limit_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
limit_item: ";"					{ yyerrok; }
	| name literal semi			{ build_limit(parse, $1, $2); }
	;

env_items: %empty
	| env_items env_item
	| env_items error ";"			{ build_recovered(parse); yyerrok; }
	| env_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
env_item: ";"					{ yyerrok; }
	| "pass" names semi			{ build_env_names(parse, AST_ENV_PASS, $2); }
	| "secret" names semi			{ build_env_names(parse, AST_ENV_SECRET, $2); }
	| "set" name "=" text semi		{ build_env_set(parse, $2, $4); }
	;

role: role_head open role_items close		{ build_role_end(parse); }
	| role_head "extends" names open	{ parse->role.parents = $3; }
	  role_items close			{ build_role_end(parse); }
	;
role_head: "role" name				{ build_role_begin(parse, $2); };
role_items: %empty
	| role_items role_item
	| role_items error ";"			{ build_recovered(parse); yyerrok; }
	| role_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
role_item: ";"					{ yyerrok; }
	| rule_verb patterns where using rate semi	{ build_rule_end(parse, @$); }
	;
rule_verb: "allow"				{ build_rule_verb(parse, AST_ALLOW, @1); }
	| "deny"				{ build_rule_verb(parse, AST_DENY, @1); }
	| "ask"					{ build_rule_verb(parse, AST_ASK, @1); }
	;
patterns: pattern				{ build_rule(parse, $1); }
	| patterns "," pattern			{ build_rule(parse, $3); }
	;
where: %empty
	| "where" expr				{ build_pending(parse, "'where' conditions", @$); }
	;
using: %empty
	| "using" name				{ build_pending(parse, "'using' clauses", @$); }
	;
rate: %empty
	| "rate" INT "/" name burst		{ build_rate(parse, @2, @4, @$); }
	;
burst: %empty
	| "burst" INT				{ build_number(parse, @2); }
	;

expr: expr_and | expr "or" expr_and;
expr_and: expr_not | expr_and "and" expr_not;
expr_not: atom | "not" expr_not | "(" expr ")";
atom: name compare literal
	| name "in" "{" literals LIST_END
	| name "in" name			{ build_pending(parse, "named sets", @3); }
	| name "under" text
	| name "matches" text
	| name "present"
	;
literals: literal | literals "," literal;

test: test_head open test_items close | test_head "with" bindings open test_items close;
test_head: "test" text				{ build_test_begin(parse, @$); };
bindings: binding | bindings "," binding;
binding: name "=" literal;
test_items: %empty
	| test_items test_item
	| test_items error ";"			{ build_recovered(parse); yyerrok; }
	| test_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
test_item: ";"					{ yyerrok; }
	| verdict name pattern test_args semi
	| "sandbox" name open expects close
	;
verdict: "allow" | "deny" | "ask";
test_args: %empty | "(" ")" | "(" bindings ")";
expects: %empty
	| expects expect
	| expects error ";"			{ build_recovered(parse); yyerrok; }
	| expects error SKIPPED			{ build_recovered(parse); yyerrok; }
	;
expect: ";"					{ yyerrok; }
	| "allow" target semi
	| "deny" target semi
	;
target: target_kind text
	| "syscall" name
	| "syscall" name "(" facts ")"
	;
facts: fact | facts "," fact;
fact: name "=" value;
target_kind: "read" | "write" | "execute" | "connect" | "bind" | "unix";

literal: INT			{ $$ = build_number_literal(parse, AST_INT, @1); }
	| SIZE			{ $$ = build_number_literal(parse, AST_SIZE, @1); }
	| DURATION		{ $$ = build_number_literal(parse, AST_DURATION, @1); }
	| text			{ $$ = build_text_literal(@1, $1); }
	| name			{ $$ = build_word_literal(parse, @1); }
	;
text: STRING			{ $$ = build_text(parse, @1); };
names: name			{ $$ = (struct ast_names){0}; *vec_push(parse->arena, &$$) = $1; }
	| names "," name	{ $$ = $1; *vec_push(parse->arena, &$$) = $3; }
	;
name: word			{ $$ = build_name(parse, @1); };
pattern: pattern_word		{ $$ = build_name(parse, @1); };
pattern_word: word | "not" | PATTERN | INT | SIZE | DURATION;

word: IDENT | "allow" | "and" | "arg" | "ask" | "best_effort" | "bind" | "burst"
	| "class" | "conflict" | "connect" | "deny" | "describe" | "env" | "errno"
	| "execute" | "extends" | "filesystem" | "import" | "in" | "kill" | "limits" | "log"
	| "matches" | "network" | "or" | "param" | "pass" | "policy" | "present" | "rate"
	| "read" | "redact" | "role" | "sandbox" | "scratch" | "secret" | "session" | "set"
	| "syscall" | "syscalls" | "test" | "tool" | "under" | "unix" | "user" | "using"
	| "version" | "where" | "with" | "write"
	;

%%

/* Every token fits: when there are too many, yypcontext_expected_tokens gives none. */
_Static_assert(YYNTOKENS <= SYNTAX_MAX_EXPECTED, "room for every token");

static int yyreport_syntax_error(const yypcontext_t *context, struct parse *parse)
{
	struct syntax_error error = {.span = *yypcontext_location(context)};
	yysymbol_kind_t expected[YYNTOKENS];
	int n = parse->lexer.aborted ? 0 : yypcontext_expected_tokens(context, expected, YYNTOKENS);

	for (int i = 0; i < n; i++)
		error.expected[error.n++] = yysymbol_name(expected[i]);
	error.found = yysymbol_name(yypcontext_token(context));
	syntax_report(parse, &error);
	return 0;
}
