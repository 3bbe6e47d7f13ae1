/*
 * writc import from outside: what it prints, and its exit statuses.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

static char output[1 << 16];

/* The exit status of writc import with these arguments; see output, where both streams go. */
__attribute__((format(printf, 1, 2))) static int import(const char *format, ...)
{
	const char *writc = getenv("WRITC") ? getenv("WRITC") : BUILD_DIR "/writc";
	char arguments[1024], line[2048];
	va_list args;
	FILE *pipe;
	int status;

	va_start(args, format);
	vsnprintf(arguments, sizeof(arguments), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "'%s' import %s 2>&1", writc, arguments);
	pipe = popen(line, "r");
	cr_assert_not_null(pipe);
	output[fread(output, 1, sizeof(output) - 1, pipe)] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void expect_output(const char *text)
{
	cr_expect(strstr(output, text), "no '%s' in:\n%s", text, output);
}

Test(import_verb, prints_the_policy_in_writ)
{
	cr_assert_eq(import("yaml tests/golden/yaml/short.yaml"), 0, "%s", output);
	cr_expect_str_eq(output, "policy short;\n\n"
				 "role guest {\n  allow read_file, list_files, rag_search;\n}\n\n"
				 "role developer {\n  allow read_file, write_file, list_files, "
				 "execute_python, git_*;\n}\n\n"
				 "role admin {\n  allow *, execute_bash, system_*;\n}\n");
}

Test(import_verb, neither_follows_imports_nor_needs_a_policy_line)
{
	cr_assert_eq(import("yaml tests/golden/yaml/blog.yaml"), 0, "%s", output);
	expect_output("\nimport \"base.yaml\";\n");
	cr_assert_eq(import("yaml tests/golden/yaml/base.yaml"), 0, "%s", output);
	expect_output("# What the policies of this directory import.\nsandbox base {\n");
}

Test(import_verb, reports_what_is_wrong_at_its_place)
{
	cr_expect_eq(import("yaml tests/bad/E0043.yaml"), 3, "%s", output);
	expect_output("tests/bad/E0043.yaml:6:19: error: ");
	cr_expect_eq(import("yaml /nonexistent.yaml"), 3, "%s", output);
	expect_output("/nonexistent.yaml: ");
}

Test(import_verb, says_which_kinds_there_are)
{
	cr_expect_eq(import("%s", ""), 2);
	expect_output("There is: yaml");
	cr_expect_eq(import("yaml"), 2);
	expect_output("which file?");
	cr_expect_eq(import("yaml a b"), 2);
	expect_output("only one file at a time");
	cr_expect_eq(import("oci config.json"), 2);
	expect_output("'oci' is not supported yet; there is: yaml");
	cr_expect_eq(import("toml x"), 2);
	expect_output("unknown kind 'toml'; there is: yaml");
}
