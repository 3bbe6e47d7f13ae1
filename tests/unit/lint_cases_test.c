/*
 * Every lint has a policy that triggers it and nothing else, tests/lint/CODE.writ, and one that
 * does what its fix says and triggers nothing, tests/lint/CODE.ok.writ. explain-code prints both.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <criterion/criterion.h>

#include "lint/lint.h"
#include "support/golden.h"
#include "support/policy.h"

#define N_LINTS_AT_LEAST 35

/* A screenful; also what a C compiler has to take as one string. */
#define MAX_EXAMPLE 1000

static const struct compilation *check_file(const char *path)
{
	struct compilation *compilation = calloc(1, sizeof(*compilation));
	struct stat status;

	compilation_init(compilation);
	cr_assert_eq(compile_check(compilation, str_from(path)), 0, "%s is missing", path);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_lt(status.st_size, MAX_EXAMPLE, "%s is too long for an example", path);
	cr_expect_eq(compilation->diags.errors, 0, "%s", policy_report(compilation));
	return compilation;
}

static bool is_lint(int code)
{
	return diag_info((enum diag_code)code)->severity == DIAG_WARNING;
}

Test(lint_cases, each_lint_is_triggered_alone)
{
	int n = 0;

	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct compilation *compilation;
		char path[64];

		if (!is_lint(code))
			continue;
		snprintf(path, sizeof(path), "tests/lint/%s.writ",
			 diag_info((enum diag_code)code)->code);
		compilation = check_file(path);
		cr_expect_geq(compilation->diags.items.n, 1, "%s triggers nothing", path);
		for (size_t i = 0; i < compilation->diags.items.n; i++)
			cr_expect_eq(compilation->diags.items.items[i].code, (enum diag_code)code,
				     "%s", policy_report(compilation));
		n++;
	}
	cr_expect_geq(n, N_LINTS_AT_LEAST);
}

Test(lint_cases, each_lint_can_be_satisfied)
{
	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct compilation *compilation;
		char path[64];

		if (!is_lint(code))
			continue;
		snprintf(path, sizeof(path), "tests/lint/%s.ok.writ",
			 diag_info((enum diag_code)code)->code);
		compilation = check_file(path);
		cr_expect_eq(compilation->diags.items.n, 0, "%s", policy_report(compilation));
	}
}

static bool ends_as_a_sentence(const char *text)
{
	size_t len = strlen(text);

	return len && strchr(".?;", text[len - 1]);
}

Test(lint_cases, each_lint_is_explained)
{
	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct diag_info *info = diag_info((enum diag_code)code);
		const char *fix = lint_fix((enum diag_code)code);

		cr_expect_eq(!!fix, is_lint(code), "%s: the fix of lint.def", info->code);
		if (!fix)
			continue;
		cr_expect_lt(strlen(info->title), 60, "%s: a title is a few words", info->code);
		cr_expect_neq(info->title[strlen(info->title) - 1], '.', "%s", info->code);
		cr_expect_gt(strlen(info->explanation), 30, "%s: say why it matters", info->code);
		cr_expect(ends_as_a_sentence(info->explanation), "%s", info->code);
		cr_expect_gt(strlen(fix), 10, "%s", info->code);
	}
}

Test(lint_cases, titles_are_all_different)
{
	for (int code = 0; code < DIAG__COUNT; code++) {
		for (int other = code + 1; is_lint(code) && other < DIAG__COUNT; other++)
			cr_expect_str_neq(diag_info((enum diag_code)code)->title,
					  diag_info((enum diag_code)other)->title);
	}
}

Test(lint_cases, no_case_is_left_of_a_code_that_is_gone)
{
	glob_t files;

	cr_assert_eq(glob("tests/lint/*", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *name = strrchr(files.gl_pathv[i], '/') + 1;
		bool known = false;

		for (int code = 0; code < DIAG__COUNT; code++)
			known = known ||
				(is_lint(code) &&
				 strncmp(name, diag_info((enum diag_code)code)->code, 5) == 0);
		cr_expect(known, "%s shows no lint", files.gl_pathv[i]);
	}
	globfree(&files);
}

/* ---- docs/lint.md: the table of all lints ---- */

#define DOCUMENT "docs/lint.md"
#define BEGIN    "<!-- begin: lints -->\n"
#define END      "<!-- end: lints -->"

/* "*", "_" and "<" mean something in Markdown. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("*_<>|", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static char *lint_table(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fputs("| code | what | why it matters | what to do |\n| --- | --- | --- | --- |\n", out);
	for (int code = 0; code < DIAG__COUNT; code++) {
		const struct diag_info *info = diag_info((enum diag_code)code);

		if (!is_lint(code))
			continue;
		fprintf(out, "| %s | ", info->code);
		put_escaped(out, info->title);
		fputs(" | ", out);
		put_escaped(out, info->explanation);
		fputs(" | ", out);
		put_escaped(out, lint_fix((enum diag_code)code));
		fputs(" |\n", out);
	}
	fclose(out);
	return text;
}

Test(golden, table_of_lints_is_up_to_date)
{
	char *document = golden_read(DOCUMENT), *table = lint_table(), *begin, *end;
	FILE *out;

	cr_assert_not_null(document, DOCUMENT);
	begin = strstr(document, BEGIN);
	end = strstr(document, END);
	cr_assert(begin && end && begin < end, DOCUMENT " has no place for the table");
	begin += strlen(BEGIN);
	if (!getenv("WRIT_UPDATE_GOLDEN")) {
		cr_expect(strlen(table) == (size_t)(end - begin) &&
				  memcmp(table, begin, strlen(table)) == 0,
			  "the table in " DOCUMENT " is stale: make update-golden");
		return;
	}
	out = fopen(DOCUMENT, "w");
	cr_assert_not_null(out);
	fprintf(out, "%.*s%s%s", (int)(begin - document), document, table, end);
	cr_expect_eq(fclose(out), 0);
}
