/*
 * writc import from outside: what it prints, and its exit statuses.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "support/shell.h"

Test(import_verb, prints_the_policy_in_writ)
{
	cr_assert_eq(shell("$W import yaml tests/golden/yaml/short.yaml"), 0, "%s", shell_output);
	cr_expect_str_eq(shell_output,
			 "policy short;\n\n"
			 "role guest {\n  allow read_file, list_files, rag_search;\n}\n\n"
			 "role developer {\n  allow read_file, write_file, list_files, "
			 "execute_python, git_*;\n}\n\n"
			 "role admin {\n  allow *, execute_bash, system_*;\n}\n");
}

Test(import_verb, neither_follows_imports_nor_needs_a_policy_line)
{
	cr_assert_eq(shell("$W import yaml tests/golden/yaml/blog.yaml"), 0, "%s", shell_output);
	shell_expect_output("\nimport \"base.yaml\";\n");
	cr_assert_eq(shell("$W import yaml tests/golden/yaml/base.yaml"), 0, "%s", shell_output);
	shell_expect_output("# What the policies of this directory import.\nsandbox base {\n");
}

Test(import_verb, reports_what_is_wrong_at_its_place)
{
	cr_expect_eq(shell("$W import yaml tests/bad/E0043.yaml"), 3, "%s", shell_output);
	shell_expect_output("tests/bad/E0043.yaml:6:19: error: ");
	cr_expect_eq(shell("$W import yaml /nonexistent.yaml"), 3, "%s", shell_output);
	shell_expect_output("/nonexistent.yaml: ");
}

Test(import_verb, says_which_kinds_there_are)
{
	cr_expect_eq(shell("$W import %s", ""), 2);
	shell_expect_output("There is: yaml");
	cr_expect_eq(shell("$W import yaml"), 2);
	shell_expect_output("which file?");
	cr_expect_eq(shell("$W import yaml a b"), 2);
	shell_expect_output("only one file at a time");
	cr_expect_eq(shell("$W import oci config.json"), 2);
	shell_expect_output("'oci' is not supported yet; there is: yaml");
	cr_expect_eq(shell("$W import toml x"), 2);
	shell_expect_output("unknown kind 'toml'; there is: yaml");
}
