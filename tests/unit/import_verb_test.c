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
	shell_expect_output("There are: yaml, oci");
	cr_expect_eq(shell("$W import yaml"), 2);
	shell_expect_output("which file?");
	cr_expect_eq(shell("$W import yaml a b"), 2);
	shell_expect_output("only one file at a time");
	cr_expect_eq(shell("$W import toml x"), 2);
	shell_expect_output("unknown kind 'toml'; there are: yaml, oci");
}

Test(import_verb, a_file_without_a_policy_is_refused)
{
	cr_expect_eq(shell("$W import yaml tests/golden/import/nothing.yaml"), 3, "%s",
		     shell_output);
	shell_expect_output("nothing.yaml:1:1: error: this file holds no policy [E0014]");
}

Test(import_verb, options_of_profiles_are_checked)
{
	cr_expect_eq(shell("$W import oci --caps CAP_SYS_ADMINS x.json"), 2);
	shell_expect_output("there is no capability 'CAP_SYS_ADMINS'; --caps is docker, none, all");
	cr_expect_eq(shell("$W import oci --caps CAP_KILL, x.json"), 2);
	shell_expect_output("there is no capability ''");
	cr_expect_eq(shell("$W import oci --kernel six x.json"), 2);
	shell_expect_output("--kernel is a version such as 6.1");
	cr_expect_eq(shell("$W import oci --target mips x.json"), 2);
	shell_expect_output("unknown architecture 'mips'");
	cr_expect_eq(shell("$W import yaml --caps none x.yaml"), 2);
	shell_expect_output("are for oci only");
}

Test(import_verb, options_choose_among_a_profiles_rules)
{
	const char *arch = "tests/bad/E0609.json", *kernel = "tests/bad/E0610.json";

	cr_expect_eq(shell("$W import oci --target x86_64 %s", arch), 0, "%s", shell_output);
	shell_expect_output("allow ptrace, read;");
	cr_expect_eq(shell("$W import oci --target aarch64 %s", arch), 0, "%s", shell_output);
	cr_expect_null(strstr(shell_output, "ptrace"));
	cr_expect_eq(shell("$W import oci --kernel 6.1.0-13-amd64 %s", kernel), 0, "%s",
		     shell_output);
	shell_expect_output("allow process_vm_readv, ptrace;");
	cr_expect_eq(shell("$W import oci --kernel 5.10 %s", kernel), 0, "%s", shell_output);
	shell_expect_output("allow ptrace;");
	cr_expect_eq(shell("$W import oci --caps=none tests/golden/import/docker.json"), 0, "%s",
		     shell_output);
	cr_expect_null(strstr(shell_output, "chroot"));
	cr_expect_eq(
		shell("$W import oci --caps SYS_CHROOT,CAP_KILL tests/golden/import/docker.json"),
		0);
	shell_expect_output("chroot");
}
