/*
 * Where clauses, from the source to typed tests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/policy.h"

static const char tools[] = "tool t { arg path : path; arg n : int; arg u : url; arg h : host;\n"
			    "  arg b : bool; arg s : string; }\n"
			    "tool git_* { arg remote : string; }\n";

static const char *text_of(const char *rules)
{
	static char text[8192];

	snprintf(text, sizeof(text), "%srole r { %s }", tools, rules);
	return text;
}

static void expect_says(const char *rules, enum diag_code code, const char *said)
{
	const struct compilation *compilation = policy_check(text_of(rules));

	cr_expect_null(compilation->ir, "%s", rules);
	cr_expect_str_eq(policy_says(compilation, code), said, "%s", policy_report(compilation));
	cr_expect_eq(compilation->diags.errors, 1, "%s", policy_report(compilation));
}

static void expect_line(const char *rules, const char *line)
{
	policy_expect_line(policy_listing(text_of(rules)), line);
}

Test(where, type_of_the_argument_chooses_the_test)
{
	expect_line("allow t where path == \"/a/./b/\";", "\tPATH_EQ path \"/a/b\"");
	expect_line("allow t where path matches \"/a/**/*.c\";",
		    "\tPATH_MATCHES path \"/a/**/*.c\"");
	expect_line("allow t where path in {\"/a\", \"~/b\"};", "\tPATH_EQ path \"/a\" \"~/b\"");
	expect_line("allow t where h == \"a.b\";", "\tHOST_EQ h \"a.b\"");
	expect_line("allow t where h matches \"*.b\";", "\tHOST_MATCHES h \"*.b\"");
	expect_line("allow t where u == \"https://a\";", "\tURL_EQ u \"https://a\"");
	expect_line("allow t where s matches \"a*\";", "\tSTRING_MATCHES s \"a*\"");
	expect_line("allow t where n >= 0x10;", "\tINT_GE n 16");
	expect_line("allow t where n in {1, 2};", "\tINT_EQ n 1 2");
	expect_line("allow t where b == false;", "\tBOOL_EQ b 0");
	expect_line("allow t where b present;", "\tPRESENT b");
}

Test(where, sets_are_written_out)
{
	const char *listing = policy_listing(
		"param q : port;\n"
		"set inner : hosts { \"[2001:db8::1]:443\", \"udp://c.example:53\" };\n"
		"set outer : hosts { inner, \"A.example:${q}\", \"10.0.0.0/8:1-9\" };\n"
		"set trees : paths { \"/a\", \"~\" };\n"
		"tool t { arg u : url; arg path : path; }\n"
		"role r { allow t where u in outer and path in trees; }");

	policy_expect_line(listing, "\tURL_IN u a.example:${q} 10.0.0.0/8:1-9 "
				    "[2001:db8::1]:443");
	policy_expect_line(listing, "\tPATH_UNDER path \"/a\" \"~\"");
}

Test(where, undeclared_tools_get_the_type_of_the_operand)
{
	expect_line("allow x where a under \"/a\";", "\tPATH_UNDER a \"/a\"");
	expect_line("allow x where a < 3;", "\tINT_LT a 3");
	expect_line("allow x where a == 3;", "\tINT_EQ a 3");
	expect_line("allow x where a == true;", "\tBOOL_EQ a 1");
	expect_line("allow x where a == \"3\";", "\tSTRING_EQ a \"3\"");
	expect_line("allow x where a matches \"/x*\";", "\tSTRING_MATCHES a \"/x*\"");
}

Test(where, wildcards_take_the_type_that_tools_declare)
{
	expect_line("allow git_push where remote matches \"o*\";",
		    "\tSTRING_MATCHES remote \"o*\"");
	expect_line("allow * where path == \"/a//b\";", "\tPATH_EQ path \"/a/b\"");
	expect_line("allow x*t, *t where path == \"/a//b\";", "\tPATH_EQ path \"/a/b\"");
	expect_says("allow git_p* where remote under \"/a\";", DIAG_E0218,
		    "5:29 argument 'remote' is a string, and those have no 'under'");
}

Test(where, tools_that_disagree_about_a_type_are_an_error)
{
	const struct compilation *compilation = policy_check(
		"tool ta { arg x : int; } tool tb { arg x : string; }\n"
		"tool tc { arg x : int; }\n"
		"role r { allow t* where x == 1; allow ta where x == 1; }");

	cr_expect_str_eq(policy_says(compilation, DIAG_E0220),
			 "4:25 the tools that 't*' matches give argument 'x' different types");
	cr_expect_eq(compilation->diags.errors, 1);
}

Test(where, presence_needs_no_type)
{
	policy_ir("tool ta { arg x : int; } tool tb { arg x : string; }\n"
		  "role r { allow t* where x present; }");
}

Test(where, each_tool_of_a_statement_is_typed_by_itself)
{
	const char *listing = policy_listing(
		"tool ta { arg x : path; } tool tb { arg x : string; }\n"
		"set both : tools { ta, tb };\n"
		"role r { allow ta, tb where x == \"/a//b\"; }\n"
		"role s { allow both where x == \"/c//d\"; }");

	policy_expect_line(listing, "\tPATH_EQ x \"/a/b\"");
	policy_expect_line(listing, "\tSTRING_EQ x \"/a//b\"");
	policy_expect_line(listing, "\tPATH_EQ x \"/c/d\"");
	policy_expect_line(listing, "\tSTRING_EQ x \"/c//d\"");
}

Test(where, tools_of_one_type_share_a_condition)
{
	const struct ir_policy *ir = policy_ir("set s : tools { a, b, c };\n"
					       "role r { allow s where x == 1 or y == 2; }");

	cr_assert_eq(ir->rules.n, 3);
	cr_expect_eq(ir->rules.items[0].where, ir->rules.items[2].where);
}

Test(where, argument_that_a_tool_lacks_suggests_the_nearest)
{
	const struct compilation *compilation =
		policy_check(text_of("allow t where pth under \"/a\";"));
	const struct diag *diag = policy_diag(compilation, DIAG_E0116);

	cr_assert_not_null(diag);
	cr_assert_eq(diag->notes.n, 2);
	cr_expect(str_eq_cstr(diag->notes.items[1].text, "did you mean 'path'?"));
	expect_says("allow t where zz present;", DIAG_E0116, "5:24 tool 't' has no argument 'zz'");
}

Test(where, operators_that_a_type_lacks_are_errors)
{
	static const char *const wrong[] = {
		"path < 3",
		"path >= 3",
		"n under \"/a\"",
		"n matches \"1*\"",
		"s < 3",
		"s under \"/\"",
		"u under \"/\"",
		"u < 1",
		"h under \"/\"",
		"h > 1",
		"b < 1",
		"b in {true}",
		"b matches \"t*\"",
		"n in nets",
		"s in nets",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[1024];
		const struct compilation *compilation;

		snprintf(text, sizeof(text),
			 "set nets : hosts { \"a.b:1\" };\n%srole r { allow t where %s; }", tools,
			 wrong[i]);
		compilation = policy_check(text);
		cr_expect_eq(policy_count(compilation, DIAG_E0218), 1, "%s: %s", wrong[i],
			     policy_report(compilation));
		cr_expect_eq(compilation->diags.errors, 1, "%s: %s", wrong[i],
			     policy_report(compilation));
	}
}

Test(where, operands_of_another_type_are_errors)
{
	expect_says("allow t where n == \"3\";", DIAG_E0219,
		    "5:29 the argument is an int; this is not");
	expect_says("allow t where s == 3;", DIAG_E0219,
		    "5:29 the argument is a string; this is not");
	expect_says("allow t where s == three;", DIAG_E0219,
		    "5:29 the argument is a string; this is not");
	expect_says("allow t where b == 1;", DIAG_E0219,
		    "5:29 the argument is a bool; this is not");
	expect_says("allow t where n < 3s;", DIAG_E0219,
		    "5:28 the argument is an int; this is not");
	expect_says("allow x where a in {1, \"2\"};", DIAG_E0219,
		    "5:33 the argument is an int; this is not");
}

Test(where, operands_that_could_never_be_met_are_errors)
{
	expect_says("allow t where path under \"a\";", DIAG_E0204,
		    "5:35 a path must be absolute, or begin with '~/' or a path parameter");
	expect_says("allow t where path under \"/a/..\";", DIAG_E0205,
		    "5:35 a path can't have '..' in it");
	expect_says("allow t where path under \"/a/*\";", DIAG_E0222,
		    "5:35 wildcards mean something after 'matches' only");
	expect_says("allow t where h == \"a.b:443\";", DIAG_E0222,
		    "5:29 this is not a host: write a name or an address, without a port");
	expect_says("allow t where h == \"10.1\";", DIAG_E0222,
		    "5:29 this is not a host: write a name or an address, without a port");
	expect_says("allow t where h matches \"a/*\";", DIAG_E0222,
		    "5:34 no host matches this: names are letters, digits, '-', '_' and '.'");
	expect_says("allow t where u == \"example.org\";", DIAG_E0222,
		    "5:29 a URL begins with its scheme, as in \"https://\"");
	expect_says("allow t where n > 9223372036854775808;", DIAG_E0222,
		    "5:28 no argument can be that large: integers have 64 bits, one of them for "
		    "the sign");
}

Test(where, sets_of_another_kind_are_errors)
{
	const struct compilation *compilation = policy_check(
		"set trees : paths { \"/a\" }; set nets : hosts { \"a.b:1\" };\n"
		"tool t { arg u : url; arg path : path; }\n"
		"role r { allow t where u in trees; allow t where path in nets;\n"
		"  allow t where path in nts; }");

	cr_expect_eq(policy_count(compilation, DIAG_E0216), 2);
	cr_expect_str_eq(policy_says(compilation, DIAG_E0113), "5:25 there is no set 'nts'");
}

Test(where, pattern_is_at_most_255_bytes)
{
	char rule[512], letters[300];

	memset(letters, 'x', sizeof(letters));
	snprintf(rule, sizeof(rule), "allow t where s matches \"%.255s\";", letters);
	policy_ir(text_of(rule));
	snprintf(rule, sizeof(rule), "allow t where s matches \"%.256s\";", letters);
	expect_says(rule, DIAG_E0460,
		    "5:34 this pattern is 256 bytes long; at most 255 are possible");
}

Test(where, text_has_one_spelling)
{
	static const char *const spellings[] = {
		"n==1 and(s==\"a b\"or not b==true)",
		"( n == 1 ) and ((s == \"a b\") or (not (b == true)))",
		"n == 1 # why\n and (s == \"a b\"\n\tor not b == true)",
	};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		char rule[256];
		const struct ir_policy *ir;

		snprintf(rule, sizeof(rule), "allow t where %s;", spellings[i]);
		ir = policy_ir(text_of(rule));
		cr_expect(str_eq_cstr(ir->rules.items[0].condition,
				      "n == 1 and (s == \"a b\" or not b == true)"),
			  "%.*s", STR_ARG(ir->rules.items[0].condition));
	}
}

Test(where, text_of_every_operator)
{
	const char *where = "path under \"/a\" or path in {\"/b\", \"/c\"} or s matches \"x*\" or "
			    "n >= 0x1f or b present or not (n < 1 and n > 2) or n != 3";
	char rule[512];
	const struct ir_policy *ir;

	snprintf(rule, sizeof(rule), "allow t where %s;", where);
	ir = policy_ir(text_of(rule));
	cr_expect(str_eq_cstr(ir->rules.items[0].condition, where), "%.*s",
		  STR_ARG(ir->rules.items[0].condition));
}

Test(where, using_and_rate)
{
	const char *listing = policy_listing(
		"sandbox a { } sandbox b { }\n"
		"role r { allow x using b rate 10/minute burst 3; ask y rate 2/hour;\n"
		"  allow z using a; }");

	policy_expect_line(listing,
			   "rule 1 allow x role r test.writ:3:16 using b rate 10/60s burst 3");
	policy_expect_line(listing, "rule 0 ask y role r test.writ:3:54 rate 2/3600s burst 2");
	policy_expect_line(listing, "rule 2 allow z role r test.writ:4:9 using a");
}

Test(where, clauses_that_mean_nothing_are_errors)
{
	expect_says("deny t rate 1/second;", DIAG_E0223, "5:17 a deny rule can't have 'rate'");
	expect_says("deny t using sb; } sandbox sb { ", DIAG_E0223,
		    "5:23 a deny rule can't have 'using'");
	expect_says("allow t rate 0/second;", DIAG_E0224, "5:18 a rate is 1 to 4294967295, not 0");
	expect_says("allow t rate 1/second burst 4294967296;", DIAG_E0224,
		    "5:18 a burst is 1 to 4294967295, not 4294967296");
	expect_says("allow t using sb;", DIAG_E0103, "5:24 there is no sandbox 'sb'");
}

Test(where, tests_of_all_conditions_are_limited)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	/* 260 conditions of 1,024 tests are 4,096 too many. */
	for (int r = 0; r < 260; r++) {
		fprintf(out, "role r%d { allow x where a == 0", r);
		for (int i = 1; i < 1024; i++)
			fprintf(out, " or a == %d", i);
		fputs("; }\n", out);
	}
	fclose(out);
	cr_expect_eq(policy_count(policy_check(text), DIAG_E0461), 1);
	free(text);
}

static void put_hosts(FILE *out, char letter)
{
	for (int i = 0; i < 600; i++)
		fprintf(out, "%s\"%c%d:1\"", i ? ", " : "", letter, i);
}

Test(where, values_of_one_test_are_limited)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	fputs("set half : hosts { ", out);
	put_hosts(out, 'h');
	fputs(" };\nset all : hosts { half, ", out);
	put_hosts(out, 'g');
	fputs(" };\nrole r { allow x where a in all; }", out);
	fclose(out);
	cr_expect_eq(policy_count(policy_check(text), DIAG_E0459), 1);
	free(text);
}
