/*
 * writc fmt, called in the test's own process: what it prints, what it writes, its exit statuses.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "cli/cli.h"
#include "support/golden.h"

#define UGLY      "policy   p ;\ntool t{class read;}\n"
#define CANONICAL "policy p;\ntool t { class read; }\n"
#define WRONG     "policy p;\ntool t { clas read; }\n"

static char dir[] = "/tmp/writ-fmt-XXXXXX";

static void write_text(const char *name, const char *text)
{
	FILE *out = fopen(name, "w");

	cr_assert(out && fputs(text, out) >= 0 && fclose(out) == 0, "%s", name);
}

/* Every test works in a directory of its own, and writes what it prints to files there. */
static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	write_text("ugly.writ", UGLY);
	write_text("good.writ", CANONICAL);
	write_text("wrong.writ", WRONG);
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(fmt_cli, .init = setup, .fini = teardown);

static int run(const char *first, const char *second, const char *third)
{
	const char *const words[] = {"fmt", first, second, third};
	char *argv[5] = {0};
	int argc = 0;

	for (size_t i = 0; i < 4 && words[i]; i++)
		argv[argc++] = strdup(words[i]);
	cr_assert_not_null(freopen("out", "w", stdout));
	cr_assert_not_null(freopen("err", "w", stderr));
	return verb_fmt(argc, argv);
}

static const char *said(const char *stream)
{
	fflush(NULL);
	return golden_read(stream);
}

static void expect_file(const char *name, const char *text)
{
	cr_expect_str_eq(golden_read(name), text, "%s is:\n%s", name, golden_read(name));
}

Test(fmt_cli, prints_the_canonical_form_and_writes_nothing)
{
	cr_expect_eq(run("ugly.writ", "good.writ", NULL), CLI_OK);
	cr_expect_str_eq(said("out"), CANONICAL CANONICAL);
	expect_file("ugly.writ", UGLY);
}

Test(fmt_cli, check_names_what_differs)
{
	cr_expect_eq(run("--check", "good.writ", "ugly.writ"), CLI_FINDINGS);
	cr_expect_str_eq(said("out"), "ugly.writ\n");
	cr_expect_eq(run("--check", "good.writ", NULL), CLI_OK);
	cr_expect_str_eq(said("out"), "");
	expect_file("ugly.writ", UGLY);
}

Test(fmt_cli, every_file_is_tried)
{
	cr_expect_eq(run("-w", "wrong.writ", "ugly.writ"), CLI_INPUT);
	cr_expect_not_null(strstr(said("err"), "wrong.writ:2:10: error: "), "%s", said("err"));
	expect_file("ugly.writ", CANONICAL);
	expect_file("wrong.writ", WRONG);
	cr_expect_eq(run("--check", "none.writ", "good.writ"), CLI_INPUT);
	cr_expect_not_null(strstr(said("err"), "none.writ: error: No such file"), "%s",
			   said("err"));
}

Test(fmt_cli, writing_keeps_the_permissions)
{
	struct stat st;

	cr_assert_eq(chmod("ugly.writ", 0640), 0);
	cr_expect_eq(run("-w", "ugly.writ", NULL), CLI_OK);
	expect_file("ugly.writ", CANONICAL);
	cr_assert_eq(stat("ugly.writ", &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0640u);
}

Test(fmt_cli, what_is_canonical_is_not_written_to)
{
	struct stat before, after;

	cr_assert_eq(stat("good.writ", &before), 0);
	cr_expect_eq(run("-w", "good.writ", NULL), CLI_OK);
	cr_assert_eq(stat("good.writ", &after), 0);
	cr_expect_eq(before.st_ino, after.st_ino);
}

Test(fmt_cli, a_link_is_not_replaced)
{
	cr_assert_eq(symlink("ugly.writ", "link.writ"), 0);
	cr_expect_eq(run("-w", "link.writ", NULL), CLI_INPUT);
	cr_expect_not_null(strstr(said("err"), "link.writ: error: it is not a regular file"));
	expect_file("ugly.writ", UGLY);
}

Test(fmt_cli, yaml_has_no_canonical_form)
{
	write_text("p.yaml", "policy: p\n");
	cr_expect_eq(run("-w", "p.yaml", NULL), CLI_INPUT);
	cr_expect_not_null(strstr(said("err"), "p.yaml: error: this is YAML"), "%s", said("err"));
	expect_file("p.yaml", "policy: p\n");
}

Test(fmt_cli, standard_input_goes_to_standard_output)
{
	cr_assert_not_null(freopen("ugly.writ", "r", stdin));
	cr_expect_eq(run("-", NULL, NULL), CLI_OK);
	cr_expect_str_eq(said("out"), CANONICAL);
	cr_assert_not_null(freopen("ugly.writ", "r", stdin));
	cr_expect_eq(run("--check", "-", NULL), CLI_FINDINGS);
	cr_expect_str_eq(said("out"), "<stdin>\n");
	cr_assert_not_null(freopen("wrong.writ", "r", stdin));
	cr_expect_eq(run("-", NULL, NULL), CLI_INPUT);
	cr_expect_not_null(strstr(said("err"), "<stdin>:2:10: error: "), "%s", said("err"));
}

Test(fmt_cli, standard_input_may_be_longer_than_a_buffer)
{
	FILE *out = fopen("long.writ", "w");

	cr_assert_not_null(out);
	for (int i = 0; i < 20000; i++)
		fprintf(out, "tool t%d { class read; }\n", i);
	cr_assert_eq(fclose(out), 0);
	cr_assert_not_null(freopen("long.writ", "r", stdin));
	cr_expect_eq(run("-", NULL, NULL), CLI_OK);
	cr_expect_str_eq(said("out"), golden_read("long.writ"));
}

Test(fmt_cli, wrong_command_lines)
{
	cr_expect_eq(run(NULL, NULL, NULL), CLI_USAGE);
	cr_expect_eq(run("--check", "-w", "ugly.writ"), CLI_USAGE);
	cr_expect_eq(run("-w", "-", NULL), CLI_USAGE);
	cr_expect_eq(run("-", "-", NULL), CLI_USAGE);
	cr_expect_eq(run("--chek", "ugly.writ", NULL), CLI_USAGE);
	expect_file("ugly.writ", UGLY);
}

Test(fmt_cli, what_its_user_may_not_write_to_stays)
{
	if (geteuid() == 0)
		cr_skip_test("root may write to everything");
	cr_assert_eq(chmod("ugly.writ", 0444), 0);
	cr_expect_eq(run("-w", "ugly.writ", NULL), CLI_INPUT);
	expect_file("ugly.writ", UGLY);
}
