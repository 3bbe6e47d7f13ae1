#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

static struct arena arena;
static struct sources sources;
static struct diag_list diags;

static void setup(void)
{
	arena_init(&arena);
	sources = (struct sources){.arena = &arena};
	diag_init(&diags, &arena, &sources);
}

static void teardown(void)
{
	arena_fini(&arena);
}

TestSuite(diag, .init = setup, .fini = teardown);

static uint32_t add(const char *text)
{
	return source_add(&sources, STR("p.writ"), str_from(text));
}

static void expect_print(bool color, const char *wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	diag_print_text(&diags, out, color);
	fclose(out);
	cr_assert_str_eq(text, wanted);
	free(text);
}

Test(diag, a_caret_and_tildes_stand_under_the_span)
{
	uint32_t file = add("policy x;\n\ttool read { }\n");

	diag_report(&diags, DIAG_E0001, (struct span){file, 16, 20}, "bad name '%s'", "read");
	expect_print(false, "p.writ:2:7: error: bad name 'read' [E0001]\n"
			    "\ttool read { }\n"
			    "\t     ^~~~\n");
}

Test(diag, notes_and_helps_follow_with_their_places)
{
	uint32_t file = add("role a\nrole b\n");
	struct diag *diag = diag_report(&diags, DIAG_E0001, (struct span){file, 12, 13}, "again");

	diag_note(&diags, diag, (struct span){file, 5, 6}, "first here");
	diag_note(&diags, diag, SPAN_NONE, "placeless");
	diag_help(&diags, diag, "did you mean '%s'?", "c");
	expect_print(false, "p.writ:2:6: error: again [E0001]\n"
			    "role b\n"
			    "     ^\n"
			    "p.writ:1:6: note: first here\n"
			    "role a\n"
			    "     ^\n"
			    "note: placeless\n"
			    "help: did you mean 'c'?\n");
}

Test(diag, a_span_ends_at_its_line_and_may_be_empty)
{
	uint32_t file = add("ab {\ncd\n");

	diag_report(&diags, DIAG_E0001, (struct span){file, 3, 7}, "two lines");
	diag_report(&diags, DIAG_E0002, (struct span){file, 7, 7}, "at the end");
	diag_report(&diags, DIAG_E0003, (struct span){file, 8, 8}, "after the last line");
	expect_print(false, "p.writ:1:4: error: two lines [E0001]\nab {\n   ^\n"
			    "p.writ:2:3: error: at the end [E0002]\ncd\n  ^\n"
			    "p.writ:3:1: error: after the last line [E0003]\n\n^\n");
}

Test(diag, control_and_bidirectional_characters_are_shown_escaped)
{
	uint32_t file = add("a\x1b[31m\xe2\x80\xae x\n");

	diag_report(&diags, DIAG_E0001, (struct span){file, 10, 11}, "esc \x1b ctl \n bad \xff");
	expect_print(false, "p.writ:1:11: error: esc <U+001B> ctl <U+000A> bad <0xFF> [E0001]\n"
			    "a<U+001B>[31m<U+202E> x\n"
			    "                      ^\n");
}

Test(diag, wide_and_combining_characters_keep_the_caret_right)
{
	uint32_t file = add("\xe6\xbc\xa2\xc3\xa9"
			    "e\xcc\x81 x\n");

	diag_report(&diags, DIAG_E0001, (struct span){file, 9, 10}, "here");
	expect_print(false, "p.writ:1:10: error: here [E0001]\n"
			    "\xe6\xbc\xa2\xc3\xa9"
			    "e\xcc\x81 x\n"
			    "     ^\n");
}

Test(diag, of_a_huge_line_the_part_around_the_span_is_shown)
{
	size_t len = 10 << 20;
	char *text = malloc(len + 1);
	char *printed = NULL;
	size_t n = 0;
	FILE *out;
	uint32_t file;

	memset(text, 'x', len);
	text[len] = '\0';
	text[5000000] = '!';
	file = add(text);
	diag_report(&diags, DIAG_E0001, (struct span){file, 5000000, (uint32_t)len}, "here");
	out = open_memstream(&printed, &n);
	diag_print_text(&diags, out, false);
	fclose(out);
	cr_assert_lt(n, 500);
	cr_assert_not_null(strstr(printed, "p.writ:1:5000001: error: here [E0001]\n...xxx"));
	cr_assert_not_null(strstr(printed, "x!x"));
	free(printed);
	free(text);
}

Test(diag, color_is_there_only_when_asked_for)
{
	uint32_t file = add("x\n");

	diag_report(&diags, DIAG_E0001, (struct span){file, 0, 1}, "m");
	expect_print(true,
		     "\033[1mp.writ:1:1: \033[0m\033[1;31merror: \033[0m\033[1mm\033[0m [E0001]\n"
		     "x\n\033[1;32m^\033[0m\n");
}

Test(diag, what_is_beyond_the_limit_is_counted_only)
{
	uint32_t file = add("x\n");

	for (unsigned i = 0; i < DIAG_MAX_ERRORS + 10; i++) {
		struct diag *diag = diag_report(&diags, DIAG_E0001, (struct span){file, 0, 1}, "%u",
						i);

		diag_note(&diags, diag, SPAN_NONE, "note");
		diag_help(&diags, diag, "help");
	}
	cr_assert_eq(diags.errors, DIAG_MAX_ERRORS + 10);
	cr_assert_eq(diags.items.n, DIAG_MAX_ERRORS);
	cr_assert_eq(diags.overflow.notes.n, 0);
	cr_assert_eq(diags.items.items[DIAG_MAX_ERRORS - 1].notes.n, 2);
}

Test(diag, sorting_is_by_file_and_place_and_stable)
{
	uint32_t a = add("aaaa");
	uint32_t b = add("bbbb");

	diag_report(&diags, DIAG_E0001, SPAN_NONE, "last");
	diag_report(&diags, DIAG_E0001, (struct span){b, 0, 1}, "4");
	diag_report(&diags, DIAG_E0001, (struct span){a, 2, 3}, "2");
	diag_report(&diags, DIAG_E0002, (struct span){a, 2, 3}, "3");
	diag_report(&diags, DIAG_E0001, (struct span){a, 1, 3}, "1");
	diag_sort(&diags);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(diags.items.items[i].message.ptr[0], '1' + i);
	cr_assert_str_eq(diags.items.items[4].message.ptr, "last");
}

Test(diag, every_code_is_named_as_its_row)
{
	for (int i = 0; i < DIAG__COUNT; i++) {
		const struct diag_info *info = diag_info((enum diag_code)i);

		cr_assert_eq(strlen(info->code), 5, "%s", info->code);
		cr_assert_eq(info->code[0], info->severity == DIAG_ERROR ? 'E' : 'W', "%s",
			     info->code);
		cr_assert_gt(strlen(info->title), 3, "%s", info->code);
		cr_assert_gt(strlen(info->explanation), 10, "%s", info->code);
	}
}
