/*
 * writc test: what it prints in every format, its exit statuses, and what counts as covered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "cli/cli.h"
#include "support/golden.h"
#include "support/run_verb.h"

#define BLOG "tests/golden/test/blog.writ"
#define YAML "tests/golden/test/small.yaml"

static char dir[] = "/tmp/writ-test-XXXXXX";

static void remove_dir(void)
{
	(void)unlink("p.writ");
	(void)rmdir(dir);
}

/* A policy in a file of its own, called by the last part of its name. */
static const char *policy_file(const char *text)
{
	FILE *out;

	if (strstr(dir, "XXXXXX")) {
		cr_assert_not_null(mkdtemp(dir));
		(void)atexit(remove_dir);
	}
	cr_assert_eq(chdir(dir), 0);
	out = fopen("p.writ", "w");
	cr_assert(out && fprintf(out, "policy p;\n%s", text) > 0 && fclose(out) == 0);
	return "p.writ";
}

static struct run_verb run_text(const char *text)
{
	return RUN_VERB(verb_test, policy_file(text));
}

Test(golden, test_as_text)
{
	struct run_verb run = RUN_VERB(verb_test, "--coverage", BLOG);

	cr_expect_eq(run.status, CLI_INPUT);
	golden_check("test/blog.txt", run.out);
	cr_expect_str_eq(run.err, "");
}

Test(golden, test_as_junit)
{
	golden_check("test/blog.junit.xml",
		     RUN_VERB(verb_test, "--format", "junit", BLOG, YAML).out);
}

Test(golden, test_as_tap)
{
	golden_check("test/blog.tap",
		     RUN_VERB(verb_test, "--format=tap", "--coverage", BLOG, YAML).out);
}

Test(golden, test_as_json)
{
	struct run_verb run = RUN_VERB(verb_test, "--format", "json", "--coverage", YAML);
	json_t *root = json_loads(run.out, 0, NULL);

	cr_assert_not_null(root);
	json_decref(root);
	golden_check("test/small.json", run.out);
}

Test(golden, test_of_yaml_has_places_in_the_yaml)
{
	struct run_verb run = RUN_VERB(verb_test, YAML);

	cr_expect_eq(run.status, CLI_FINDINGS);
	golden_check("test/small.txt", run.out);
}

Test(test_verb, one_failure_is_status_1_and_none_is_0)
{
	struct run_verb run =
		run_text("role r { allow t; }\ntest \"x\" { allow r t; deny r u; }\n");

	cr_expect_eq(run.status, CLI_OK);
	cr_expect_str_eq(run.out, "p.writ: 1 test, 2 expectations: 2 passed, 0 failed\n");
	run = run_text("role r { allow t; }\ntest \"x\" { allow r t; deny r t; }\n");
	cr_expect_eq(run.status, CLI_FINDINGS);
	cr_expect_not_null(strstr(run.out, "p.writ:3:23: error: expected deny, got allow\n"), "%s",
			   run.out);
}

Test(test_verb, a_system_call_that_a_supervisor_decides_is_asked_about)
{
	struct run_verb run = run_text(
		"sandbox s { syscalls { allow sync; deny kcmp notify; } }\n"
		"test \"x\" { sandbox s { ask syscall kcmp;\n"
		"  allow syscall kcmp; deny syscall kcmp; ask syscall sync; } }\n");

	cr_expect_eq(run.status, 1);
	cr_expect_not_null(strstr(run.out, "expected syscall to be allowed, but a supervisor is "
					   "asked"),
			   "%s", run.out);
	cr_expect_not_null(strstr(run.out, "expected syscall to be refused, but a supervisor is "
					   "asked"),
			   "%s", run.out);
	cr_expect_not_null(strstr(run.out, "expected syscall to be asked about, but the filter "
					   "lets it pass"),
			   "%s", run.out);
	cr_expect_null(strstr(run.out, "expected syscall to be asked about, but a supervisor"));
}

Test(test_verb, a_verdict_of_ask_is_neither_allow_nor_deny)
{
	struct run_verb run = run_text("role r { ask t; }\n"
				       "test \"x\" { ask r t; allow r t; deny r t; }\n");

	cr_expect_not_null(strstr(run.out, "1 passed, 2 failed"), "%s", run.out);
}

Test(test_verb, a_file_without_tests_is_no_failure_but_has_no_coverage)
{
	struct run_verb run = run_text("role r { allow t; }\n");

	cr_expect_eq(run.status, CLI_OK);
	cr_expect_str_eq(run.out, "p.writ: no tests\n");
	cr_expect_eq(RUN_VERB(verb_test, "--coverage-min", "1", "p.writ").status, CLI_FINDINGS);
	cr_expect_eq(RUN_VERB(verb_test, "--coverage-min", "0", "p.writ").status, CLI_OK);
	(void)run_text("");
	cr_expect_eq(RUN_VERB(verb_test, "--coverage-min", "1", "p.writ").status, CLI_FINDINGS);
}

Test(test_verb, a_file_that_can_t_be_used_is_not_covered)
{
	struct run_verb run;

	(void)run_text("rol r { allow t; }\n");
	run = RUN_VERB(verb_test, "--coverage", "--format", "json", "p.writ");
	cr_expect_eq(run.status, CLI_INPUT);
	cr_expect_not_null(strstr(run.out, "\"coverage_percent\": 0"), "%s", run.out);
}

Test(test_verb, what_can_t_be_used_is_status_3)
{
	struct run_verb run = run_text("rol r { allow t; }\n");

	cr_expect_eq(run.status, CLI_INPUT);
	cr_expect_not_null(strstr(run.err, "p.writ:2:1: error: "), "%s", run.err);
	run = RUN_VERB(verb_test, "none.writ");
	cr_expect_eq(run.status, CLI_INPUT);
	cr_expect_not_null(strstr(run.err, "none.writ: error: No such file"), "%s", run.err);
	run = RUN_VERB(verb_test, "--format", "junit", "none.writ");
	cr_expect_not_null(strstr(run.out, "<error message=\"the policy can't be compiled\"/>"),
			   "%s", run.out);
}

Test(test_verb, a_bundle_has_no_tests)
{
	struct run_verb run;

	policy_file("role r { allow t; }\n");
	run = RUN_VERB(verb_compile, "p.writ", "-o", "p.wrt");
	cr_assert_eq(run.status, CLI_OK, "%s", run.err);
	run = RUN_VERB(verb_test, "p.wrt");
	cr_expect_eq(run.status, CLI_INPUT);
	cr_expect_not_null(strstr(run.err, "a bundle holds no tests"), "%s", run.err);
}

Test(test_verb, a_value_that_the_runtime_refuses_is_status_3)
{
	struct run_verb run = run_text("param p : string;\n"
				       "role r { allow t where a matches \"${p}\"; }\n"
				       "test \"x\" with p = \"*\" { deny r t; }\n");

	cr_expect_eq(run.status, CLI_INPUT);
	cr_expect_not_null(strstr(run.out, "p.writ:4:6: error: this test can't be run: "), "%s",
			   run.out);
}

Test(test_verb, parameters_have_the_values_of_the_test_and_defaults)
{
	struct run_verb run = run_text(
		"param ws : path; param n : int = 7; param s : size = 1MiB; param d : duration = "
		"1s;\n"
		"role r { allow t where p under \"${ws}/${n}\"; }\n"
		"test \"a\" with ws = \"/a\" { allow r t(p = \"/a/7/x\"); deny r t(p = \"/b/7\"); "
		"}\n"
		"test \"b\" with ws = \"/b//\", n = 0x10, s = 4KiB, d = 250ms {\n"
		"	allow r t(p = \"${ws}/16/x\"); deny r t(p = \"/b/7\"); }\n"
		"test \"c\" with ws = \"~/x\" { allow r t(p = \"/home/user/x/7\"); }\n");

	cr_expect_eq(run.status, CLI_OK, "%s%s", run.out, run.err);
}

Test(test_verb, arguments_of_every_type)
{
	struct run_verb run = run_text(
		"tool t { arg i : int; arg b : bool; arg u : url; }\n"
		"role r { allow t where i < 10 and b == true and u == \"https://x.org/\"; }\n"
		"test \"x\" { allow r t(i = 9, b = true, u = \"https://x.org/\");\n"
		"	deny r t(i = 10, b = true, u = \"https://x.org/\");\n"
		"	allow r t(i = \"-1\", b = true, u = \"https://x.org/\");\n"
		"	deny r t(i = 9, b = false, u = \"https://x.org/\"); }\n");

	cr_expect_eq(run.status, CLI_OK, "%s%s", run.out, run.err);
}

/* ---- coverage ---- */

#define RULES "role r { allow a, b where x == \"1\"; deny b where x == \"2\"; allow c; }\n"

/* The line of the report that begins with "coverage". */
static void expect_coverage(const char *tests, const char *expected)
{
	char text[1024];
	struct run_verb run;
	const char *line;

	snprintf(text, sizeof(text), RULES "test \"x\" { %s }\n", tests);
	run = RUN_VERB(verb_test, "--coverage", policy_file(text));
	line = strstr(run.out, "coverage: ");
	cr_assert_not_null(line, "%s%s", run.out, run.err);
	cr_expect(strncmp(line + 10, expected, strlen(expected)) == 0, "%s\n%s", tests, line);
}

/* Four rules, and two conditions: that of the first two is one. */
Test(test_verb, points_are_rules_that_decided_and_conditions_that_did_not_hold)
{
	expect_coverage("deny r nothing;", "0% (0 of 6 ");
	expect_coverage("allow r c;", "16% (1 of 6 ");
	expect_coverage("allow r a(x = \"1\");", "16% (1 of 6 ");
	expect_coverage("deny r a(x = \"3\");", "16% (1 of 6 ");
	expect_coverage("deny r a(x = \"3\"); deny r a;", "16% (1 of 6 ");
	/* The deny rule of b is looked at first. */
	expect_coverage("allow r b(x = \"1\");", "33% (2 of 6 ");
	expect_coverage("deny r b(x = \"2\");", "16% (1 of 6 ");
	expect_coverage("deny r b(x = \"3\");", "33% (2 of 6 ");
	expect_coverage("allow r a(x = \"1\"); allow r b(x = \"1\"); deny r b(x = \"2\");"
			"deny r a(x = \"4\"); allow r c;",
			"100% (6 of 6 ");
}

Test(test_verb, a_rule_that_can_never_decide_is_no_point)
{
	struct run_verb run;

	run = RUN_VERB(verb_test, "--coverage-min=100",
		       policy_file("role r { deny x; allow x, y; }\n"
				   "test \"x\" { deny r x; allow r y; }\n"));
	cr_expect_eq(run.status, CLI_OK, "%s", run.out);
	cr_expect_not_null(strstr(run.out, "coverage: 100% (2 of 2"), "%s", run.out);
}

Test(test_verb, minimum_is_of_all_files_together)
{
	struct run_verb run;

	policy_file(RULES "test \"x\" { allow r c; allow r b(x = \"1\"); }\n");
	run = RUN_VERB(verb_test, "--coverage-min", "50", "p.writ", "p.writ");
	cr_expect_eq(run.status, CLI_OK, "%s", run.out);
	run = RUN_VERB(verb_test, "--coverage-min", "51", "p.writ");
	cr_expect_eq(run.status, CLI_FINDINGS, "%s", run.out);
	cr_expect_not_null(strstr(run.out, "less than the demanded 51%"), "%s", run.out);
}

Test(test_verb, sandboxes_and_their_statements_are_listed_apart)
{
	struct run_verb run =
		RUN_VERB(verb_test, "--coverage",
			 policy_file("sandbox a { filesystem { read \"/usr\", \"/lib\"; } }\n"
				     "sandbox b extends a { network { connect \"*:443\"; } }\n"
				     "sandbox c { }\n"
				     "test \"x\" { sandbox b { allow read \"/usr/x\"; } }\n"));

	cr_expect_not_null(strstr(run.out, "coverage: 100% (0 of 0"), "%s", run.out);
	cr_expect_not_null(strstr(run.out, "1 of 3 statements decide"), "%s", run.out);
	cr_expect_not_null(strstr(run.out, "2:39: \"/lib\" of sandbox 'a'"), "%s", run.out);
	cr_expect_not_null(strstr(run.out, "\"*:443\" of sandbox 'b'"), "%s", run.out);
	cr_expect_not_null(strstr(run.out, "no test asks about sandbox 'c'"), "%s", run.out);
	cr_expect_null(strstr(run.out, "no test asks about sandbox 'b'"), "%s", run.out);
}

/* By the order of names 'a' comes first, and has everything too. */
Test(test_verb, an_inherited_statement_is_of_the_sandbox_that_says_it)
{
	struct run_verb run =
		RUN_VERB(verb_test, "--coverage",
			 policy_file("sandbox z { filesystem { read \"/usr\"; }\n"
				     "  network { connect \"*:53\", \"10.0.0.0/8:1-9\"; } }\n"
				     "set h : hosts { \"b.org:1\" };\n"
				     "sandbox a extends z { network { connect h, \"*:54\"; } }\n"
				     "sandbox y { network { connect \"*:53\"; } }\n"
				     "test \"x\" { sandbox a { allow connect \"c.org:54\"; } }\n"));

	cr_expect_not_null(strstr(run.out, ":2:31: \"/usr\" of sandbox 'z' decides"), "%s",
			   run.out);
	cr_expect_not_null(strstr(run.out, ":3:21: \"*:53\" of sandbox 'z'"), "%s", run.out);
	cr_expect_not_null(strstr(run.out, "\"10.0.0.0/8:1-9\" of sandbox 'z'"), "%s", run.out);
	cr_expect_not_null(strstr(run.out, "\"b.org:1\" of sandbox 'a'"), "%s", run.out);
	cr_expect_not_null(strstr(run.out, ":6:31: \"*:53\" of sandbox 'y'"), "%s", run.out);
	cr_expect_not_null(strstr(run.out, "1 of 6 statements decide"), "%s", run.out);
}

Test(test_verb, wrong_command_lines_are_status_2)
{
	cr_expect_eq(RUN_VERB(verb_test, "--coverage").status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_test, "--format", "xml", BLOG).status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_test, "--coverage-min", "101", BLOG).status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_test, "--coverage-min", "5x", BLOG).status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_test, "--coverage-min", "-1", BLOG).status, CLI_USAGE);
	cr_expect_eq(RUN_VERB(verb_test, "--coverage-min", "+1", BLOG).status, CLI_USAGE);
}

Test(test_verb, texts_of_the_policy_reach_no_format_as_they_are)
{
	static const char *const text =
		"role r { allow t; }\n"
		"test \"<a> & \\\"b\\\" # \\x1b[31m \\xff\" { deny r t; }\n";
	struct run_verb run;

	run = RUN_VERB(verb_test, "--format", "junit", policy_file(text));
	cr_expect_not_null(strstr(run.out,
				  "name=\"&lt;a&gt; &amp; &quot;b&quot; # \\x1b[31m \\xff\""),
			   "%s", run.out);
	run = RUN_VERB(verb_test, "--format", "tap", "p.writ");
	cr_expect_not_null(strstr(run.out, "not ok 1 - <a> & \"b\" \\# \\\\x1b[31m "), "%s",
			   run.out);
	run = RUN_VERB(verb_test, "p.writ");
	cr_expect_null(strchr(run.out, 0x1b), "%s", run.out);
}
