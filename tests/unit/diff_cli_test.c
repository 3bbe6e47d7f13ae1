/*
 * writc diff from outside: exit statuses, forms, sources against bundles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "support/golden.h"
#include "support/shell.h"

/* The exit status of writc with these arguments. */
#define RUN(...) shell("cd tests/golden/diff && $W " __VA_ARGS__)

Test(golden, diff_text)
{
	cr_expect_eq(RUN("diff old.writ new.writ"), 1);
	golden_check("diff/diff.txt", shell_output);
}

Test(golden, diff_json)
{
	cr_expect_eq(RUN("diff old.writ new.writ --format json"), 1);
	golden_check("diff/diff.json", shell_output);
}

Test(golden, diff_markdown)
{
	cr_expect_eq(RUN("diff old.writ new.writ --format markdown"), 1);
	golden_check("diff/diff.md", shell_output);
}

Test(diff_cli, nothing_is_said_of_equal_policies)
{
	cr_expect_eq(RUN("diff old.writ old.writ --fail-on any"), 0);
	cr_expect_str_eq(shell_output, "");
	cr_expect_eq(RUN("diff old.writ renamed.writ --fail-on any"), 0, "%s", shell_output);
	cr_expect_str_eq(shell_output, "");
	cr_expect_eq(RUN("diff old.writ old.writ --format json --fail-on any"), 0);
	cr_expect(strstr(shell_output, "\"changes\": []"), "%s", shell_output);
}

Test(diff_cli, fail_on_says_when_to_fail)
{
	cr_expect_eq(RUN("diff old.writ new.writ --fail-on widen"), 1);
	cr_expect_eq(RUN("diff old.writ new.writ --fail-on any"), 1);
	cr_expect_eq(RUN("diff old.writ new.writ --fail-on never"), 0);
	cr_expect_eq(RUN("diff old.writ narrower.writ"), 0, "%s", shell_output);
	cr_expect_eq(RUN("diff old.writ narrower.writ --fail-on any"), 1);
	cr_expect_eq(RUN("diff narrower.writ old.writ"), 1);
}

Test(diff_cli, a_bundle_is_as_good_as_its_source)
{
	char dir[] = "/tmp/writ-diff-XXXXXX";

	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(RUN("compile old.writ -o %s/old.wrt && $W compile renamed.writ -o %s/r.wrt",
			 dir, dir),
		     0, "%s", shell_output);
	cr_expect_eq(RUN("diff %s/old.wrt old.writ --fail-on any", dir), 0, "%s", shell_output);
	cr_expect_eq(RUN("diff old.writ %s/old.wrt --fail-on any", dir), 0, "%s", shell_output);
	cr_expect_eq(RUN("diff %s/old.wrt %s/r.wrt --fail-on any", dir, dir), 0, "%s",
		     shell_output);
	cr_expect_eq(RUN("diff %s/old.wrt new.writ", dir), 1);
	RUN("help >/dev/null; rm -r %s", dir);
}

Test(diff_cli, wrong_use_and_unusable_input)
{
	cr_expect_eq(RUN("diff old.writ"), 2);
	cr_expect_eq(RUN("diff old.writ new.writ old.writ"), 2);
	cr_expect_eq(RUN("diff old.writ new.writ --format xml"), 2);
	cr_expect_eq(RUN("diff old.writ new.writ --fail-on often"), 2);
	cr_expect_eq(RUN("diff old.writ missing.writ"), 3);
	cr_expect_eq(RUN("diff diff.md old.writ"), 3);
}

/* What the schema demands of a log, and that every widening is one result. */
Test(diff_cli, sarif_has_a_result_for_each_widening)
{
	json_t *root, *run_object, *results;
	size_t i;
	json_t *result;

	cr_assert_eq(RUN("diff old.writ new.writ --format sarif"), 1);
	root = json_loads(shell_output, 0, NULL);
	cr_assert_not_null(root, "%s", shell_output);
	cr_expect_str_eq(json_string_value(json_object_get(root, "version")), "2.1.0");
	run_object = json_array_get(json_object_get(root, "runs"), 0);
	results = json_object_get(run_object, "results");
	cr_expect_eq(json_array_size(results), 15);
	json_array_foreach(results, i, result)
	{
		json_t *rules = json_object_get(json_object_get(json_object_get(run_object, "tool"),
								"driver"),
						"rules");
		json_t *rule = json_array_get(rules, (size_t)json_integer_value(
							     json_object_get(result, "ruleIndex")));

		cr_expect_str_eq(json_string_value(json_object_get(rule, "id")),
				 json_string_value(json_object_get(result, "ruleId")));
		cr_expect_eq(json_array_size(json_object_get(result, "locations")), 1);
	}
	json_decref(root);
}

/* A comment on a pull request must not be drawn in another order than it is written in. */
Test(diff_cli, text_that_reorders_is_shown_as_what_it_is)
{
	static const char policy[] = "policy p; role r { allow t; } "
				     "user \"a\\xe2\\x80\\xae\" : r;";
	static const char *const formats[] = {"text", "markdown"};

	for (size_t i = 0; i < 2; i++) {
		RUN("--version; f=$(mktemp); cat >$f <<'EOF'\n%s\nEOF\n"
		    "$W diff old.writ $f --format %s; rm $f",
		    policy, formats[i]);
		cr_expect(strstr(shell_output, "a<U+202E>"), "%s", shell_output);
		cr_expect_null(strstr(shell_output, "\xe2\x80\xae"), "%s", shell_output);
	}
}
