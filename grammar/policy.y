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

#define LIST_ADD(list, item)        vec_add(parse->arena, &(list), (item))
#define HAS_ROOM(list, limit, span) build_has_room(parse, (list).n, BUILD_LIST_##limit, (span))

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
%token ALLOW "allow" AND "and" ARG "arg" ASK "ask" AUDIT "audit" BEST_EFFORT "best_effort" BIND "bind"
%token BURST "burst" CLASS "class" CONFLICT "conflict" CONNECT "connect" DENY "deny"
%token DESCRIBE "describe" ENV "env" ERRNO "errno" EXEC "exec" EXECUTE "execute" EXTENDS "extends"
%token FILESYSTEM "filesystem" FULL "full" IMPORT "import" IN "in" KILL "kill" LIMITS "limits" LOG "log"
%token MATCHES "matches" NETWORK "network" NOT "not" NOTIFY "notify" OR "or" PARAM "param"
%token PASS "pass" POLICY "policy" PRESENT "present" RATE "rate" READ "read" REDACT "redact"
%token REQUIRED "required" ROLE "role"
%token SANDBOX "sandbox" SCRATCH "scratch" SECRET "secret" SESSION "session" SET "set" SNI "sni"
%token STRICT "strict" SYSCALL "syscall" SYSCALLS "syscalls" TEST "test" TOOL "tool" UNDER "under" UNIX "unix"
%token USER "user" USING "using" VERSION "version" WHERE "where" WITH "with" WRITE "write"
%token IDENT "a name" PATTERN "a tool pattern" INT "a number" SIZE "a size" DURATION "a duration"
%token STRING "a string" GROUP "a group (@name)" SKIPPED "a skipped block"
%token EQ "==" NE "!=" LE "<=" GE ">="
%token COLON ":" ASSIGN "=" COMMA "," SEMICOLON ";" LBRACE "{" RBRACE "}" LPAREN "(" RPAREN ")"
%token LIST_END "the '}' of the list"
%token LESS "<" GREATER ">" AMPERSAND "&" BAR "|" SLASH "/"

%type <struct ast_name> name arg_name pattern using
%type <struct ast_names> names
%type <struct ast_text> text
%type <struct ast_literal> literal
%type <struct ast_literals> literals elements
%type <struct ast_set_item> set_item
%type <struct ast_set_items> set_items
%type <enum ast_op> compare
%type <struct ast_value_term> value_one
%type <struct ast_value> value mask
%type <struct ast_values> values
%type <struct ast_cond> cond
%type <struct ast_conds> conds
%type <struct ast_call> call_form
%type <struct ast_expr *> where expr expr_and expr_not atom
%type <struct ast_rate> rate burst
%type <struct ast_bindings> bindings args test_args
%type <struct ast_binding> binding arg
%type <enum ast_verdict> verdict
%type <enum ast_target> target_kind
%type <struct ast_box_expect> target
%type <struct ast_fact> fact
%type <struct ast_facts> facts

%%

file: decls;

decls: %empty
	| decls decl				{ parse->decls++; }
	| decls ";"				{ yyerrok; }
	| decls error ";"			{ build_recovered(parse); yyerrok; }
	| decls error "}"			{ build_recovered(parse); yyerrok; }
	| decls error SKIPPED			{ build_recovered(parse); yyerrok; }
	;
decl: policy | import | param | set | tool | sandbox | role | user | conflict | redact | audit
	| test;

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
import: "import" text semi			{ build_import(parse, $2, @$); };
param: "param" name ":" name semi		{ build_param(parse, $2, @4, NULL, @$); }
	| "param" name ":" name "=" literal semi	{ build_param(parse, $2, @4, &$6, @$); }
	;
set: "set" name ":" name "{" set_items LIST_END semi	{ build_set(parse, $2, @4, &$6, @$); };
set_items: set_item			{ $$ = (struct ast_set_items){0}; LIST_ADD($$, $1); }
	| set_items "," set_item	{ $$ = $1; if (HAS_ROOM($1, SET_ITEMS, @3)) LIST_ADD($$, $3); }
	;
set_item: text			{ $$ = (struct ast_set_item){.is_text = true, .text = $1}; }
	| GROUP			{ $$ = (struct ast_set_item){.name = build_name(parse, @1)}; }
	| pattern		{ $$ = (struct ast_set_item){.name = $1}; }
	;
user: "user" text ":" names semi		{ build_user(parse, $2, $4, @$); };
conflict: "conflict" names semi		{ build_conflict(parse, false, $2, @$); }
	| "conflict" "session" names semi	{ build_conflict(parse, true, $3, @$); }
	;
redact: "redact" text semi			{ build_redact(parse, $2, @$); };

audit: audit_head open audit_items close	{ build_audit_end(parse, @$); };
audit_head: "audit"				{ build_audit_begin(parse); };
audit_items: %empty
	| audit_items audit_item
	| audit_items error ";"			{ build_recovered(parse); yyerrok; }
	| audit_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
audit_item: ";"					{ yyerrok; }
	| "required" semi			{ build_audit_required(parse, @$); }
	| "full" name semi			{ build_audit_full(parse, @2, @$); }
	;

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
	| "arg" arg_name ":" name semi		{ build_tool_arg(parse, $2, @4, false, @$); }
	| "arg" arg_name ":" name "secret" semi	{ build_tool_arg(parse, $2, @4, true, @$); }
	;

sandbox: sandbox_head open sections close	{ build_sandbox_end(parse, @$); }
	| sandbox_head "extends" names open	{ parse->sandbox.parents = $3; }
	  sections close			{ build_sandbox_end(parse, @$); }
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
	| "strict" "exec" semi			{ build_strict_exec(parse, @1); }
	| "user" text semi			{ build_sandbox_user(parse, $2); }
	;

fs_items: %empty
	| fs_items fs_item
	| fs_items error ";"			{ build_recovered(parse); yyerrok; }
	| fs_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
fs_item: ";"					{ yyerrok; }
	| fs_verb grants semi
	| fs_verb required grants semi
	| fs_deny grants semi
	| "scratch" text SIZE semi		{ build_scratch(parse, $2, @3, @$); }
	;
fs_verb: "read"					{ build_grant_verb(parse, AST_FS_READ); }
	| "write"				{ build_grant_verb(parse, AST_FS_WRITE); }
	| "execute"				{ build_grant_verb(parse, AST_FS_EXECUTE); }
	;
fs_deny: "deny"					{ build_grant_verb(parse, AST_FS_DENY); };
required: "required"				{ parse->grant_required = true; };
net_items: %empty
	| net_items net_item
	| net_items error ";"			{ build_recovered(parse); yyerrok; }
	| net_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
net_item: ";"					{ yyerrok; }
	| net_verb grants semi
	| net_connect grants semi
	| net_connect grants "sni" semi		{ build_grants_sni(parse); }
	;
net_connect: "connect"				{ build_grant_verb(parse, AST_NET_CONNECT); };
net_verb: "bind"				{ build_grant_verb(parse, AST_NET_BIND); }
	| "unix"				{ build_grant_verb(parse, AST_NET_UNIX); }
	| "deny"				{ build_grant_verb(parse, AST_NET_DENY); }
	;
grants: grant | grants "," grant;
grant: text					{ build_grant(parse, $1); }
	| name					{ build_grant_set(parse, $1); }
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
call: call_form					{ build_call(parse, &$1, @$); };
call_action: %empty
	| "errno" name				{ build_call_action(parse, AST_CALL_ERRNO, $2); }
	| "kill"	{ build_call_action(parse, AST_CALL_KILL, (struct ast_name){0}); }
	| "log"		{ build_call_action(parse, AST_CALL_LOG, (struct ast_name){0}); }
	| "notify"	{ build_call_action(parse, AST_CALL_NOTIFY, (struct ast_name){0}); }
	;
call_form: GROUP		{ $$ = (struct ast_call){.name = build_name(parse, @1)}; }
	| name			{ $$ = (struct ast_call){.name = $1}; }
	| name "(" conds ")"	{ $$ = (struct ast_call){.name = $1, .conds = $3}; }
	;
conds: cond			{ $$ = (struct ast_conds){0}; LIST_ADD($$, $1); }
	| conds "," cond	{ $$ = $1; if (HAS_ROOM($1, CONDS, @3)) LIST_ADD($$, $3); }
	;
cond: name compare value	{ $$ = build_cond(parse, $1, $2, &$3, @$); }
	| name "&" value "==" value
				{ $$ = build_cond(parse, $1, AST_OP_MASKED_EQ, &$5, @$);
				  $$.mask = $3; }
	| name "in" "{" values LIST_END
				{ $$ = (struct ast_cond){@$, $1, AST_OP_IN, .values = $4}; }
	;
compare: "=="			{ $$ = AST_OP_EQ; }
	| "!="			{ $$ = AST_OP_NE; }
	| "<"			{ $$ = AST_OP_LT; }
	| "<="			{ $$ = AST_OP_LE; }
	| ">"			{ $$ = AST_OP_GT; }
	| ">="			{ $$ = AST_OP_GE; }
	;
values: value			{ $$ = (struct ast_values){0}; LIST_ADD($$, $1); }
	| values "," value	{ $$ = $1; if (HAS_ROOM($1, IN_VALUES, @3)) LIST_ADD($$, $3); }
	;
value: value_one		{ $$ = (struct ast_value){.span = @$}; LIST_ADD($$.terms, $1); }
	| "(" mask ")"		{ $$ = $2; $$.span = @$; }
	;
mask: value_one			{ $$ = (struct ast_value){.span = @$}; LIST_ADD($$.terms, $1); }
	| mask "|" value_one	{ $$ = $1; if (HAS_ROOM($1.terms, TERMS, @3)) LIST_ADD($$.terms, $3); }
	;
value_one: INT			{ $$ = (struct ast_value_term){true, build_number(parse, @1),
							       {.span = @1}}; }
	| name			{ $$ = (struct ast_value_term){.name = $1}; }
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

role: role_head open role_items close		{ build_role_end(parse, @$); }
	| role_head "extends" names open	{ parse->role.parents = $3; }
	  role_items close			{ build_role_end(parse, @$); }
	;
role_head: "role" name				{ build_role_begin(parse, $2); };
role_items: %empty
	| role_items role_item
	| role_items error ";"			{ build_recovered(parse); yyerrok; }
	| role_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
role_item: ";"					{ yyerrok; }
	| rule_verb patterns where using rate semi
			{ build_rule_end(parse, &(struct ast_rule){.where = $3, .using = $4,
								   .rate = $5, .span = @$}); }
	;
rule_verb: "allow"				{ build_rule_verb(parse, AST_ALLOW); }
	| "deny"				{ build_rule_verb(parse, AST_DENY); }
	| "ask"					{ build_rule_verb(parse, AST_ASK); }
	;
patterns: pattern				{ build_rule(parse, $1); }
	| patterns "," pattern			{ build_rule(parse, $3); }
	;
where: %empty			{ $$ = NULL; }
	| "where" expr		{ $$ = $2; }
	;
using: %empty			{ $$ = (struct ast_name){0}; }
	| "using" name		{ $$ = $2; }
	;
rate: %empty			{ $$ = (struct ast_rate){.span = SPAN_NONE}; }
	| "rate" INT "/" name burst	{ $$ = build_rate(parse, @2, @4, &$5, @$); }
	;
burst: %empty			{ $$ = (struct ast_rate){0}; }
	| "burst" INT		{ $$ = (struct ast_rate){.has_burst = true,
							 .burst = build_number(parse, @2)}; }
	;

expr: expr_and
	| expr "or" expr_and		{ $$ = build_join(parse, AST_EXPR_OR, $1, $3, @$); }
	;
expr_and: expr_not
	| expr_and "and" expr_not	{ $$ = build_join(parse, AST_EXPR_AND, $1, $3, @$); }
	;
expr_not: atom
	| "not" expr_not		{ $$ = build_not(parse, $2, @$); }
	| "(" expr ")"			{ $$ = $2; }
	;
atom: arg_name compare literal	{ $$ = build_compare(parse, $1, $2, &$3, @$); }
	| arg_name "in" "{" literals LIST_END
				{ $$ = build_test_of(parse, AST_EXPR_IN, $1, @$);
				  $$->literals = $4; }
	| arg_name "in" name	{ $$ = build_test_of(parse, AST_EXPR_IN_SET, $1, @$);
				  $$->set = $3; }
	| arg_name "under" text	{ $$ = build_text_test(parse, AST_EXPR_UNDER, $1, &$3, @$); }
	| arg_name "matches" text	{ $$ = build_text_test(parse, AST_EXPR_MATCHES, $1, &$3, @$); }
	| arg_name "present"	{ $$ = build_test_of(parse, AST_EXPR_PRESENT, $1, @$); }
	;
literals: literal		{ $$ = (struct ast_literals){0}; LIST_ADD($$, $1); }
	| literals "," literal	{ $$ = $1; if (HAS_ROOM($1, IN_VALUES, @3)) LIST_ADD($$, $3); }
	;

test: test_head open test_items close		{ build_test_end(parse, @$); }
	| test_head "with" bindings open	{ parse->test.with = $3; }
	  test_items close			{ build_test_end(parse, @$); }
	;
test_head: "test" text				{ build_test_begin(parse, $2); };
bindings: binding		{ $$ = (struct ast_bindings){0}; LIST_ADD($$, $1); }
	| bindings "," binding	{ $$ = $1; if (HAS_ROOM($1, BINDINGS, @3)) LIST_ADD($$, $3); }
	;
binding: name "=" literal	{ $$ = (struct ast_binding){.name = $1, .value = $3}; };
test_items: %empty
	| test_items test_item
	| test_items error ";"			{ build_recovered(parse); yyerrok; }
	| test_items error SKIPPED		{ build_recovered(parse); yyerrok; }
	;
test_item: ";"					{ yyerrok; }
	| verdict name pattern test_args semi
			{ build_expect(parse, &(struct ast_expect){$1, $2, $3, $4, @$}); }
	| box_head open expects close		{ build_box_end(parse, @$); }
	;
verdict: "allow"		{ $$ = AST_ALLOW; }
	| "deny"		{ $$ = AST_DENY; }
	| "ask"			{ $$ = AST_ASK; }
	;
test_args: %empty		{ $$ = (struct ast_bindings){0}; }
	| "(" ")"		{ $$ = (struct ast_bindings){0}; }
	| "(" args ")"		{ $$ = $2; }
	;
args: arg			{ $$ = (struct ast_bindings){0}; LIST_ADD($$, $1); }
	| args "," arg		{ $$ = $1; if (HAS_ROOM($1, BINDINGS, @3)) LIST_ADD($$, $3); }
	;
arg: arg_name "=" literal	{ $$ = (struct ast_binding){.name = $1, .value = $3}; }
	| arg_name "=" "{" elements LIST_END
				{ $$ = (struct ast_binding){.name = $1, .is_list = true,
							    .elements = $4}; }
	;
elements: %empty		{ $$ = (struct ast_literals){0}; }
	| literals
	;
box_head: "sandbox" name			{ build_box_begin(parse, $2); };
expects: %empty
	| expects expect
	| expects error ";"			{ build_recovered(parse); yyerrok; }
	| expects error SKIPPED			{ build_recovered(parse); yyerrok; }
	;
expect: ";"					{ yyerrok; }
	| "allow" target semi			{ build_box_expect(parse, AST_ALLOW, &$2, @$); }
	| "ask" target semi			{ build_box_expect(parse, AST_ASK, &$2, @$); }
	| "deny" target semi			{ build_box_expect(parse, AST_DENY, &$2, @$); }
	;
target: target_kind text	{ $$ = (struct ast_box_expect){.target = $1, .text = $2}; }
	| "syscall" name	{ $$ = (struct ast_box_expect){.target = AST_TARGET_SYSCALL,
							       .call = $2}; }
	| "syscall" name "(" facts ")"
				{ $$ = (struct ast_box_expect){.target = AST_TARGET_SYSCALL,
							       .call = $2, .facts = $4}; }
	;
facts: fact			{ $$ = (struct ast_facts){0}; LIST_ADD($$, $1); }
	| facts "," fact	{ $$ = $1; if (HAS_ROOM($1, CONDS, @3)) LIST_ADD($$, $3); }
	;
fact: name "=" value		{ $$ = (struct ast_fact){$1, $3}; };
target_kind: "read"		{ $$ = AST_TARGET_READ; }
	| "write"		{ $$ = AST_TARGET_WRITE; }
	| "execute"		{ $$ = AST_TARGET_EXECUTE; }
	| "connect"		{ $$ = AST_TARGET_CONNECT; }
	| "bind"		{ $$ = AST_TARGET_BIND; }
	| "unix"		{ $$ = AST_TARGET_UNIX; }
	;

literal: INT			{ $$ = build_number_literal(parse, AST_INT, @1); }
	| SIZE			{ $$ = build_number_literal(parse, AST_SIZE, @1); }
	| DURATION		{ $$ = build_number_literal(parse, AST_DURATION, @1); }
	| text			{ $$ = build_text_literal(@1, $1); }
	| name			{ $$ = build_word_literal(parse, @1); }
	;
text: STRING			{ $$ = build_text(parse, @1); };
names: name			{ $$ = (struct ast_names){0}; LIST_ADD($$, $1); }
	| names "," name	{ $$ = $1; LIST_ADD($$, $3); }
	;
name: word			{ $$ = build_name(parse, @1); };
arg_name: name
	| PATTERN		{ $$ = build_arg_name(parse, @1); }
	;
pattern: pattern_word		{ $$ = build_name(parse, @1); };
pattern_word: word | "not" | PATTERN | INT | SIZE | DURATION;

word: IDENT | "allow" | "and" | "arg" | "ask" | "audit" | "best_effort" | "bind" | "burst"
	| "class" | "conflict" | "connect" | "deny" | "describe" | "env" | "errno"
	| "exec" | "execute" | "extends" | "filesystem" | "full" | "import" | "in" | "kill" | "limits" | "log"
	| "matches" | "network" | "notify" | "or" | "param" | "pass" | "policy" | "present" | "rate"
	| "read" | "redact" | "required" | "role" | "sandbox" | "scratch" | "secret" | "session" | "set" | "sni" | "strict"
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
