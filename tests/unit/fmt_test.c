/*
 * The formatter: its laws over every policy of this tree, and its form case by case.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "front/build.h"
#include "front/fmt.h"
#include "support/ast_dump.h"
#include "support/golden.h"

struct formatting {
	struct arena arena;
	struct sources sources;
	struct diag_list diags;
};

static struct formatting *formatting_new(void)
{
	struct formatting *formatting = calloc(1, sizeof(*formatting));

	cr_assert_not_null(formatting);
	arena_init(&formatting->arena);
	formatting->sources.arena = &formatting->arena;
	diag_init(&formatting->diags, &formatting->arena, &formatting->sources);
	return formatting;
}

/* NULL when the text has syntax errors. Memory is left to the test's process. */
static const char *format(const char *text)
{
	struct formatting *formatting = formatting_new();
	uint32_t file = source_add(&formatting->sources, STR("t.writ"), str_from(text));
	struct str out;

	if (fmt_source(&formatting->arena, &formatting->diags, file, &out))
		return NULL;
	return arena_strndup(&formatting->arena, out.ptr, out.len);
}

/* The tokens and comments of a text, a line each; both must be without syntax errors. */
static char *list_tokens(const char *text)
{
	struct formatting *formatting = formatting_new();
	uint32_t file = source_add(&formatting->sources, STR("t.writ"), str_from(text));
	struct tokens tokens = {0};
	struct ast ast = {.version_span = SPAN_NONE};
	char *list = NULL;
	size_t size = 0, comment = 0;
	FILE *out = open_memstream(&list, &size);

	parse_alone(&formatting->diags, file, &ast, &tokens);
	cr_assert_eq(formatting->diags.errors, 0);
	for (size_t i = 0; i < tokens.n; i++) {
		struct span span = tokens.items[i].span;

		for (; comment < ast.comments.n && ast.comments.items[comment].begin < span.begin;
		     comment++)
			fprintf(out, "%.*s\n",
				(int)(ast.comments.items[comment].end -
				      ast.comments.items[comment].begin),
				text + ast.comments.items[comment].begin);
		fprintf(out, "%d %.*s\n", tokens.items[i].kind, (int)(span.end - span.begin),
			text + span.begin);
	}
	fclose(out);
	return list;
}

static char *dump(const char *text)
{
	struct formatting *formatting = formatting_new();
	uint32_t file = source_add(&formatting->sources, STR("t.writ"), str_from(text));
	struct tokens tokens = {0};
	struct ast ast = {.version_span = SPAN_NONE};

	parse_alone(&formatting->diags, file, &ast, &tokens);
	return ast_dump(&ast);
}

/* False when the text has syntax errors, and so no form. */
static bool expect_laws(const char *name, const char *text)
{
	const char *once = format(text);

	if (!once)
		return false;
	cr_expect_str_eq(list_tokens(once), list_tokens(text), "%s: other tokens", name);
	cr_expect_str_eq(dump(once), dump(text), "%s: another tree", name);
	cr_expect_str_eq(format(once), once, "%s: not idempotent", name);
	return true;
}

Test(fmt, laws_hold_for_every_policy_of_this_tree)
{
	static const char *const patterns[] = {"policies/*/*.writ", "tests/*/*.writ",
					       "tests/*/*/*.writ", "tests/*/*/*/*.writ",
					       "docs/*/*.writ"};
	size_t formatted = 0;
	glob_t files = {0};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &files);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char *text = golden_read(files.gl_pathv[i]);

		cr_assert_not_null(text, "%s", files.gl_pathv[i]);
		formatted += expect_laws(files.gl_pathv[i], text);
		free(text);
	}
	globfree(&files);
	cr_assert_gt(formatted, 50);
}

static const struct {
	const char *text;
	const char *wanted;
} cases[] = {
	/* the file */
	{"", ""},
	{"\n\n", ""},
	{"# c", "# c\n"},
	{"policy p;", "policy p;\n"},
	{"\n\n policy  p ;\n\n\n", "policy p;\n"},
	{"policy p;\r\nuser \"a\":b;\r\n# c  \r\n", "policy p;\nuser \"a\" : b;\n# c\n"},
	/* spaces */
	{"param a:int=1;", "param a : int = 1;\n"},
	{"user \"u\":a,b ,c;", "user \"u\" : a, b, c;\n"},
	{"set s:tools{a,b};", "set s : tools { a, b };\n"},
	{"role r{allow t where a in{1,2}and(b==3)rate 1/day;}",
	 "role r { allow t where a in {1, 2} and (b == 3) rate 1/day; }\n"},
	{"role r{allow t where not(a present)or((b>=1));}",
	 "role r { allow t where not (a present) or ((b >= 1)); }\n"},
	{"test \"t\"{allow r t(a=1);}", "test \"t\" { allow r t(a = 1); }\n"},
	{"sandbox s{syscalls{allow clone(flags&(A|B)==0,arg1 in{(C|1),2});}}",
	 "sandbox s {\n  syscalls { allow clone(flags & (A | B) == 0, arg1 in {(C | 1), 2}); "
	 "}\n}\n"},
	{"import \"a  b\";", "import \"a  b\";\n"},
	/* blocks */
	{"tool t { }", "tool t {}\n"},
	{"tool t {\n\n}", "tool t {}\n"},
	{"tool t { class read; }", "tool t { class read; }\n"},
	{"tool t { class read;\n}", "tool t {\n  class read;\n}\n"},
	{"tool t\n{ class read; }", "tool t {\n  class read;\n}\n"},
	{"tool t { # c\n}", "tool t {  # c\n}\n"},
	{"tool t {\n# c\n}", "tool t {\n  # c\n}\n"},
	{"tool t { class read; } # c", "tool t { class read; }  # c\n"},
	{"tool t { class read; # c\n}", "tool t {\n  class read;  # c\n}\n"},
	{"sandbox s { env { pass A; } }", "sandbox s {\n  env { pass A; }\n}\n"},
	/* empty statements stay: a formatter takes no tokens away */
	{"tool t { };", "tool t {};\n"},
	{"tool t { ; class read; ; }", "tool t {; class read;; }\n"},
	{"user \"a\" : b; # c\n;", "user \"a\" : b;  # c\n;\n"},
	/* empty lines */
	{"policy p;\n\n\n\nuser \"a\" : b;\nuser \"c\" : d;",
	 "policy p;\n\nuser \"a\" : b;\nuser \"c\" : d;\n"},
	{"tool t {\n\n\n  class read;\n\n\n  sandbox s;\n\n}",
	 "tool t {\n  class read;\n\n  sandbox s;\n}\n"},
	{"user \"a\" : b;\ntool t {\n class read;\n}\nuser \"c\" : d;",
	 "user \"a\" : b;\n\ntool t {\n  class read;\n}\n\nuser \"c\" : d;\n"},
	{"tool t {\n class read;\n}\n# above\ntool u {}",
	 "tool t {\n  class read;\n}\n\n# above\ntool u {}\n"},
	{"tool t {\n class read;\n}\n# below\n\ntool u {}",
	 "tool t {\n  class read;\n}\n# below\n\ntool u {}\n"},
	{"tool t {\n class read;\n} # behind\ntool u {}",
	 "tool t {\n  class read;\n}  # behind\n\ntool u {}\n"},
	/* comments */
	{"user \"a\" # x\n : b;", "user \"a\"  # x\n    : b;\n"},
	{"user\n# x\n\"a\" : b;", "user\n    # x\n    \"a\" : b;\n"},
	{"set s : paths { \"/a\", # x\n\"/b\" };",
	 "set s : paths {\n  \"/a\",  # x\n  \"/b\"\n};\n"},
	{"set s : paths {\n\n# x\n\n# y\n\"/b\" };",
	 "set s : paths {\n  # x\n\n  # y\n  \"/b\"\n};\n"},
	{"set s : paths { \"/b\" # x\n};", "set s : paths {\n  \"/b\"  # x\n};\n"},
	/* words of the language as names */
	{"role r { allow where, rate where where == 1; }",
	 "role r { allow where, rate where where == 1; }\n"},
};

Test(fmt, each_form)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *out = format(cases[i].text);

		cr_assert_not_null(out, "%s", cases[i].text);
		cr_expect_str_eq(out, cases[i].wanted, "from:\n%s\nis:\n%s", cases[i].text, out);
		cr_expect(expect_laws(cases[i].text, cases[i].text));
	}
}

Test(fmt, a_line_of_a_hundred_columns_stays)
{
	char text[256], longer[256];

	/* 15 and 3 columns around the text */
	snprintf(text, sizeof(text), "tool t {\n  describe \"%0*d\";\n}\n", 100 - 13, 0);
	cr_expect_str_eq(format(text), text);
	snprintf(text, sizeof(text), "role r { allow %0*d, b; }\n", 100 - 21, 0);
	cr_expect_str_eq(format(text), text);
	snprintf(longer, sizeof(longer), "role r { allow %0*d, b; }\n", 100 - 20, 0);
	snprintf(text, sizeof(text), "role r {\n  allow %0*d, b;\n}\n", 100 - 20, 0);
	cr_expect_str_eq(format(longer), text);
}

Test(fmt, columns_are_characters_not_bytes)
{
	char text[512] = "user \"";

	for (int i = 0; i < 88; i++)
		strcat(text, "\xc3\xa4");
	strcat(text, "\" : a;\n");
	cr_expect_str_eq(format(text), text);
}

Test(fmt, text_with_errors_has_no_form)
{
	static const char *const texts[] = {"tool t {", "role r { alow t; }",    "param a : strng;",
					    "user \"a", "\xef\xbb\xbfpolicy p;", "\xff",
					    "}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_null(format(texts[i]), "%s", texts[i]);
}

Test(fmt, imports_and_the_policy_line_are_not_asked_for)
{
	cr_expect_str_eq(format("import \"not/there.writ\";"), "import \"not/there.writ\";\n");
}

Test(fmt, a_long_set_keeps_its_items)
{
	char *text = NULL, *wide;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fputs("set s : tools { a", out);
	for (int i = 0; i < 60000; i++)
		fputs(", abcdefgh", out);
	fputs(" };", out);
	fclose(out);
	wide = list_tokens(format(text));
	cr_expect_str_eq(wide, list_tokens(text));
}

Test(golden, canonical_forms_read_well)
{
	static const char *const names[] = {"blog", "comments"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[128], golden[128];
		const char *out;

		snprintf(path, sizeof(path), "tests/golden/fmt/%s.writ", names[i]);
		snprintf(golden, sizeof(golden), "fmt/%s.txt", names[i]);
		out = format(golden_read(path));
		cr_assert_not_null(out, "%s", path);
		golden_check(golden, out);
	}
}

/* A comment that silences a lint speaks of the line it stands on. */
Test(fmt, what_silences_a_lint_stays_on_its_line)
{
	static const char *const rows[] = {
		"tool x { class execute; arg a_name_that_is_long : string; arg another_such_name : "
		"string; }  # writ: allow W0103 runs nothing\n",
		"role r {\n  allow a_tool_with_a_long_name, another_tool_with_a_long_name where "
		"an_argument == \"some text\";  # writ: allow W0101 not yet\n}\n",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_str_eq(format(rows[i]), rows[i]);
		cr_expect(expect_laws(rows[i], rows[i]));
	}
}
