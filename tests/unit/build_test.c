/*
 * What the builders make of statements: conditions, what rules share, spans, limits of lists.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/parsed.h"

/* The condition of the first rule of a policy. */
static const struct ast_expr *condition(const char *where)
{
	struct str text;
	struct arena arena = {0};

	arena_init(&arena);
	text = str_printf(&arena, "policy p;\nrole r { allow t where %s; }", where);
	return parsed_clean(text.ptr)->roles.items[0].rules.items[0].where;
}

Test(build, chains_of_one_operator_are_one_node)
{
	const struct ast_expr *expr = condition("a present and (b present and c present) and (d "
						"present or (e present or f present))");

	cr_assert_eq(expr->kind, AST_EXPR_AND);
	cr_assert_eq(expr->kids.n, 4);
	cr_assert_eq(expr->kids.items[3]->kind, AST_EXPR_OR);
	cr_assert_eq(expr->kids.items[3]->kids.n, 3);
	EXPECT_STR(expr->kids.items[2]->arg.text, "c");
}

Test(build, and_binds_tighter_than_or_and_not_tightest)
{
	const struct ast_expr *expr = condition("not a present and b present or c present");

	cr_assert_eq(expr->kind, AST_EXPR_OR);
	cr_assert_eq(expr->kids.items[0]->kind, AST_EXPR_AND);
	cr_assert_eq(expr->kids.items[0]->kids.items[0]->kind, AST_EXPR_NOT);
	cr_assert_eq(condition("not not a present")->kind, AST_EXPR_PRESENT);
	cr_assert_eq(condition("not not not a present")->kind, AST_EXPR_NOT);
}

Test(build, a_chain_of_patterns_shares_what_follows)
{
	struct ast *ast = parsed_clean("policy p; role r { allow a, b where x == 1 using s rate "
				       "5/minute burst 2; deny c; }");
	const struct ast_rule *rules = ast->roles.items[0].rules.items;

	cr_assert_eq(ast->roles.items[0].rules.n, 3);
	cr_assert_eq(rules[0].where, rules[1].where);
	EXPECT_STR(rules[1].using.text, "s");
	cr_assert_eq(rules[1].rate.count, 5);
	cr_assert_eq(rules[1].rate.period_s, 60);
	cr_assert(rules[1].rate.has_burst);
	cr_assert_eq(rules[1].rate.burst, 2);
	cr_assert_null(rules[2].where);
	cr_assert_eq(rules[2].rate.span.file, SPAN_NO_FILE);
	cr_assert_null(rules[2].using.text.ptr);
}

Test(build, spans_cover_whole_declarations)
{
	static const char *const written[] = {
		"param a : int = 1;",
		"set s : paths { \"/a\" };",
		"tool t { class read; }",
		"sandbox b { }",
		"role r extends q { allow t; }",
		"user \"u\" : r;",
		"conflict r, q;",
		"redact \"x\";",
		"test \"t\" { deny r t; }",
		"import \"none.writ\";",
	};
	struct parsed *parsed;
	struct ast *ast;
	char text[512] = "policy p;\n";

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++)
		strcat(strcat(text, written[i]), "\n");
	parsed = parsed_from(text);
	ast = &parsed->ast;
	EXPECT_STR(parsed_text(parsed, ast->params.items[0].span), written[0]);
	EXPECT_STR(parsed_text(parsed, ast->sets.items[0].span), written[1]);
	EXPECT_STR(parsed_text(parsed, ast->tools.items[0].span), written[2]);
	EXPECT_STR(parsed_text(parsed, ast->sandboxes.items[0].span), written[3]);
	EXPECT_STR(parsed_text(parsed, ast->roles.items[0].span), written[4]);
	EXPECT_STR(parsed_text(parsed, ast->users.items[0].span), written[5]);
	EXPECT_STR(parsed_text(parsed, ast->conflicts.items[0].span), written[6]);
	EXPECT_STR(parsed_text(parsed, ast->redacts.items[0].span), written[7]);
	EXPECT_STR(parsed_text(parsed, ast->tests.items[0].span), written[8]);
	EXPECT_STR(parsed_text(parsed, ast->imports.items[0].span), written[9]);
	cr_assert_eq(ast->imports.items[0].file, SPAN_NO_FILE);
}

static const struct {
	const char *head;
	const char *unit;
	const char *tail;
	size_t max;
	enum diag_code code;
} limits[] = {
	{"role r { allow t where a present", " or a present", "; }", PARSE_MAX_TESTS, DIAG_E0019},
	{"role r { allow t where a in {1", ", 1", "}; }", PARSE_MAX_IN_VALUES, DIAG_E0018},
	{"set s : tools { a", ", a", " };", PARSE_MAX_SET_ITEMS, DIAG_E0018},
	{"sandbox s { syscalls { allow a(b in {1", ", 1", "}); } }", PARSE_MAX_IN_VALUES,
	 DIAG_E0018},
	{"sandbox s { syscalls { allow a(b == 1", ", b == 1", "); } }", PARSE_MAX_CONDS,
	 DIAG_E0018},
	{"sandbox s { syscalls { allow a(b == (A", "|A", ")); } }", PARSE_MAX_TERMS, DIAG_E0018},
	{"test \"t\" with a = 1", ", a = 1", " { }", PARSE_MAX_BINDINGS, DIAG_E0018},
	{"test \"t\" { allow r t(a = 1", ", a = 1", "); }", PARSE_MAX_BINDINGS, DIAG_E0018},
	{"test \"t\" { allow r t;", " allow r t;", "}", PARSE_MAX_EXPECTS, DIAG_E0018},
	{"test \"t\" { sandbox s { deny read \"/\";", " deny read \"/\";", "} }", PARSE_MAX_EXPECTS,
	 DIAG_E0018},
};

Test(build, each_list_has_a_limit_that_is_named)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct parsed *parsed = parsed_repeated(limits[i].head, limits[i].unit,
							limits[i].max - 1, limits[i].tail);

		cr_expect_eq(parsed->diags.errors, 0, "%s: %s", limits[i].head,
			     parsed_says(parsed));
		parsed = parsed_repeated(limits[i].head, limits[i].unit, limits[i].max,
					 limits[i].tail);
		cr_assert_geq(parsed->diags.errors, 1, "%s", limits[i].head);
		cr_expect_eq(parsed->diags.items.items[0].code, limits[i].code, "%s: %s",
			     limits[i].head, parsed_says(parsed));
	}
}

Test(build, a_list_far_too_long_is_one_error)
{
	struct parsed *parsed = parsed_repeated("role r { allow t where a in {1", ", 1", 10000,
						"} and b in {1}; }");

	cr_assert_eq(parsed->diags.errors, 1, "%s", parsed_says(parsed));
	parsed = parsed_repeated("test \"t\" { ", "allow r t; ", PARSE_MAX_EXPECTS + 9, "}");
	cr_assert_eq(parsed->diags.errors, 1, "%s", parsed_says(parsed));
	parsed = parsed_repeated("role r { allow t where a present", " or a present", 10000, "; }");
	cr_assert_eq(parsed->diags.errors, 1, "%s", parsed_says(parsed));
}
