/*
 * Sets: what they hold, and what is refused.
 */
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "support/policy.h"

static void expect_says(const char *text, enum diag_code code, const char *said)
{
	const struct compilation *compilation = policy_check(text);

	cr_expect_null(compilation->ir, "%s", text);
	cr_expect_str_eq(policy_says(compilation, code), said, "%s", policy_report(compilation));
}

Test(sets, tools_of_a_set_are_a_rule_each)
{
	const char *listing = policy_listing("set files : tools { read_file, more, git_* };\n"
					     "set more : tools { write_file, read_file };\n"
					     "role r { deny x; allow files; }");

	policy_expect_line(listing, "rule 1 allow read_file role r test.writ:4:24");
	policy_expect_line(listing, "rule 2 allow git_* role r test.writ:4:24");
	policy_expect_line(listing, "rule 3 allow write_file role r test.writ:4:24");
	policy_expect_line(listing, "role r rules 0 1 2 3 4");
	policy_expect_line(listing, "tool write_file class none undeclared");
}

Test(sets, set_held_in_two_ways_is_held_once)
{
	const struct ir_policy *ir = policy_ir("set a : tools { x }; set b : tools { a, y };\n"
					       "set c : tools { a, z }; set d : tools { b, c };\n"
					       "role r { allow d; }");

	cr_expect_eq(ir->rules.n, 3);
}

Test(sets, rule_names_a_tool_where_a_set_of_another_kind_has_the_name)
{
	const char *listing = policy_listing("set fetch : hosts { \"a.example:443\" };\n"
					     "set some : tools { fetch };\n"
					     "role r { allow fetch; } role s { allow some; }");

	policy_expect_line(listing, "rule 0 allow fetch role r test.writ:4:16");
	policy_expect_line(listing, "rule 1 allow fetch role s test.writ:4:40");
}

Test(sets, names_that_mean_two_things_are_errors)
{
	expect_says("set openat : paths { \"/a\" };", DIAG_E0114,
		    "2:5 'openat' is a system call; a set can't have its name");
	expect_says("tool t { } set t : tools { x };", DIAG_E0115,
		    "2:16 't' is a tool; a set of tools can't have its name");
	expect_says("set t : tools { x }; set t : paths { \"/a\" };", DIAG_E0101,
		    "2:26 set 't' is declared twice");
	policy_ir("tool t { } set t : paths { \"/a\" };");
}

Test(sets, cycle_is_reported_once)
{
	const struct compilation *compilation = policy_check(
		"set a : tools { b }; set b : tools { c, x };\n"
		"set c : tools { a }; role r { allow a; }");

	cr_expect_eq(policy_count(compilation, DIAG_E0310), 1);
	cr_expect_str_eq(policy_says(compilation, DIAG_E0310), "2:5 set 'a' holds itself");
	cr_expect_eq(compilation->diags.errors, 1, "%s", policy_report(compilation));
}

Test(sets, items_of_another_kind_are_errors)
{
	expect_says("set a : paths { x };", DIAG_E0113, "2:17 there is no set 'x'");
	expect_says("set a : paths { x-y.z };", DIAG_E0113, "2:17 there is no set 'x-y.z'");
	expect_says("set a : paths { x* };", DIAG_E0217, "2:17 a set of paths holds strings");
	expect_says("set a : hosts { @x };", DIAG_E0217, "2:17 a set of hosts holds strings");
	expect_says("set a : tools { @default };", DIAG_E0217,
		    "2:17 groups are of system calls, not of tools");
	expect_says("set a : tools { \"x\" };", DIAG_E0217,
		    "2:17 a set of tools holds names, without quotes");
	expect_says("set a : syscalls { \"read\" };", DIAG_E0217,
		    "2:20 a set of syscalls holds names, without quotes");
	expect_says("set a : paths { \"/x\" }; set b : hosts { a };", DIAG_E0216,
		    "2:41 'a' is a set of paths; a set of hosts is needed here");
	expect_says("set a : paths { \"/x\" }; set b : syscalls { a };", DIAG_E0216,
		    "2:44 'a' is a set of paths; a set of syscalls is needed here");
}

Test(sets, unknown_set_suggests_the_nearest)
{
	const struct compilation *compilation =
		policy_check("set trees : paths { \"/x\" }; set all : paths { tres };");
	const struct diag *diag = policy_diag(compilation, DIAG_E0113);

	cr_assert_eq(diag->notes.n, 1);
	cr_expect(str_eq_cstr(diag->notes.items[0].text, "did you mean 'trees'?"));
}

Test(sets, a_parameter_that_stands_where_a_set_does_is_told)
{
	const struct compilation *compilation =
		policy_check("param tree : path; set all : paths { tree };");
	const struct diag *diag = policy_diag(compilation, DIAG_E0113);

	cr_assert_eq(diag->notes.n, 1);
	cr_expect(str_eq_cstr(diag->notes.items[0].text,
			      "'tree' is a parameter: its value is \"${tree}\""));
}

Test(sets, items_written_out_are_limited)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fputs("set s0 : tools { t0", out);
	for (int i = 1; i < 1000; i++)
		fprintf(out, ", t%d", i);
	fputs(" };\n", out);
	for (int i = 1; i < 1100; i++)
		fprintf(out, "set s%d : tools { s0 };\n", i);
	fclose(out);
	cr_expect_eq(policy_count(policy_check(text), DIAG_E0457), 1);
	free(text);
}

Test(sets, lints_look_into_sets_of_tools)
{
	const struct compilation *compilation = policy_check(
		"tool known { class read; }\n"
		"set inner : tools { known, * }; set outer : tools { inner, strange };\n"
		"role r { allow outer; } role admin { allow outer; }");

	cr_expect_str_eq(policy_says(compilation, DIAG_W0101),
			 "3:60 tool 'strange' is not declared");
	cr_expect_eq(policy_count(compilation, DIAG_W0101), 1);
	cr_expect_str_eq(policy_says(compilation, DIAG_W0102),
			 "4:16 role 'r' may call every tool, also future ones");
	cr_expect_eq(policy_count(compilation, DIAG_W0102), 1);
}

Test(sets, parameters_in_sets_and_conditions_are_used)
{
	const struct compilation *compilation = policy_check(
		"param a : path; param b : port; param c : string; param d : int;\n"
		"set trees : paths { \"${a}\" }; set hosts : hosts { \"x.y:${b}\" };\n"
		"role r { allow t where s == \"${c}\"; }\n"
		"test \"x\" with d = 1 { }");

	cr_expect_eq(policy_count(compilation, DIAG_W0111), 1, "%s", policy_report(compilation));
	cr_expect_str_eq(policy_says(compilation, DIAG_W0111),
			 "2:57 parameter 'd' is not used, and must still be bound");
}
