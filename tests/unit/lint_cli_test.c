/*
 * writc lint and explain-code from outside: SARIF as its schema wants it, JSON, and explanations.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/diag.h"
#include "support/sarif.h"
#include "support/shell.h"

static size_t n_results(json_t *log)
{
	return json_array_size(json_object_get(log, "results"));
}

Test(lint_cli, sarif_is_as_the_schema_says)
{
	cr_expect_eq(shell("$W lint --format sarif tests/lint/*.writ"), 1);
	cr_expect_geq(n_results(sarif_check(shell_output)), 59);
	cr_expect_eq(shell("$W lint --format sarif tests/bad/E02*.writ"), 3);
	cr_expect_gt(n_results(sarif_check(shell_output)), 0);
	cr_expect_eq(shell("$W lint --format sarif policies/dev-agent/policy.writ"), 0);
	cr_expect_eq(n_results(sarif_check(shell_output)), 0);
	cr_expect_eq(shell("$W lint --format sarif tests/no/such.writ"), 3);
	cr_expect_eq(n_results(sarif_check(shell_output)), 0);
}

Test(lint_cli, sarif_of_diff_is_as_the_schema_says)
{
	shell("$W diff --format sarif tests/golden/diff/old.writ tests/golden/diff/new.writ");
	cr_expect_gt(n_results(sarif_check(shell_output)), 0);
}

Test(lint_cli, sarif_shows_what_was_suppressed)
{
	json_t *result, *suppression;

	cr_expect_eq(shell("$W lint --format sarif tests/lint/W0190.ok.writ"), 0);
	result = json_array_get(json_object_get(sarif_check(shell_output), "results"), 0);
	suppression = json_array_get(json_object_get(result, "suppressions"), 0);
	cr_assert_not_null(suppression);
	cr_expect_str_eq(json_string_value(json_object_get(suppression, "kind")), "inSource");
	cr_expect_str_eq(json_string_value(json_object_get(suppression, "justification")),
			 "the machine is theirs");
}

Test(lint_cli, sarif_rules_say_what_to_do)
{
	json_t *driver, *rule;

	cr_expect_eq(shell("$W lint --format sarif tests/lint/W0201.writ"), 1);
	driver = json_object_get(json_object_get(sarif_check(shell_output), "tool"), "driver");
	rule = json_array_get(json_object_get(driver, "rules"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(rule, "id")), "W0201");
	cr_expect_not_null(json_object_get(rule, "help"));
}

Test(lint_cli, json_shows_what_was_suppressed)
{
	json_t *root, *entry;

	cr_expect_eq(shell("$W lint --format json tests/lint/W0190.ok.writ"), 0);
	root = json_loads(shell_output, 0, NULL);
	cr_assert_not_null(root);
	cr_expect_eq(json_array_size(json_object_get(root, "diagnostics")), 0);
	entry = json_array_get(json_object_get(root, "suppressed"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(entry, "code")), "W0102");
	cr_expect_str_eq(json_string_value(json_object_get(entry, "reason")),
			 "the machine is theirs");
}

Test(lint_cli, suppressed_findings_are_none_for_w_error)
{
	cr_expect_eq(shell("$W lint -W error tests/lint/W0190.ok.writ"), 0);
	cr_expect_eq(shell("$W lint -W error tests/lint/W0102.writ"), 1);
}

Test(lint_cli, every_code_is_explained)
{
	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct diag_info *info = diag_info((enum diag_code)code);

		cr_expect_eq(shell("$W explain-code %s", info->code), 0);
		cr_expect_not_null(strstr(shell_output, info->title), "%s: %s", info->code,
				   shell_output);
		if (info->severity == DIAG_ERROR)
			continue;
		cr_expect_not_null(strstr(shell_output, "\nWhat to do:\n"), "%s", shell_output);
		cr_expect_not_null(strstr(shell_output, "\nAn example:\n"), "%s", shell_output);
		cr_expect_not_null(strstr(shell_output, "\nWithout the finding:\n"), "%s",
				   shell_output);
	}
}

Test(lint_cli, codes_are_listed)
{
	cr_expect_eq(shell("$W explain-code"), 0);
	cr_expect_not_null(strstr(shell_output, "W0102  warning  role may call every tool\n"));
	cr_expect_eq(shell("$W explain-code | wc -l | tr -d '\\n'"), 0);
	cr_expect_eq(atoi(shell_output), DIAG__COUNT);
}

Test(lint_cli, codes_are_found_in_either_case_and_suggested)
{
	cr_expect_eq(shell("$W explain-code w0201"), 0);
	cr_expect_eq(shell("$W explain-code W020l"), 2);
	cr_expect_not_null(strstr(shell_output, "did you mean 'W020"), "%s", shell_output);
	cr_expect_eq(shell("$W explain-code nonsense"), 2);
	cr_expect_not_null(strstr(shell_output, "lists the codes"), "%s", shell_output);
	cr_expect_eq(shell("$W explain-code W0201 W0202"), 2);
	cr_expect_eq(shell("$W explain-code --no"), 2);
}
