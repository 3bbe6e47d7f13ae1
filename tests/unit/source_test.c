#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/source.h"

static struct arena arena;
static struct sources sources;

static void setup(void)
{
	arena_init(&arena);
	sources = (struct sources){.arena = &arena};
}

static void teardown(void)
{
	arena_fini(&arena);
}

TestSuite(source, .init = setup, .fini = teardown);

static uint32_t add(const char *text)
{
	return source_add(&sources, STR("test.writ"), str_from(text));
}

static void expect_place(uint32_t file, uint32_t offset, uint32_t line, uint32_t col)
{
	struct line_col at = source_line_col(&sources, file, offset);

	cr_assert(at.line == line && at.col == col, "offset %u is %u:%u, not %u:%u", offset,
		  at.line, at.col, line, col);
}

static void expect_line(uint32_t file, uint32_t line, const char *text)
{
	struct str found = source_line(&sources, file, line);

	cr_assert(str_eq_cstr(found, text), "line %u is '%.*s'", line, STR_ARG(found));
}

Test(source, offsets_have_lines_and_columns)
{
	uint32_t file = add("ab\n\ncd");

	expect_place(file, 0, 1, 1);
	expect_place(file, 2, 1, 3);
	expect_place(file, 3, 2, 1);
	expect_place(file, 4, 3, 1);
	expect_place(file, 6, 3, 3);
}

Test(source, lines_come_without_their_endings)
{
	uint32_t file = add("ab\r\n\ncd\rx\n");

	expect_line(file, 1, "ab");
	expect_line(file, 2, "");
	expect_line(file, 3, "cd\rx");
	expect_line(file, 4, "");
	expect_line(add(""), 1, "");
}

static const struct {
	const char *text;
	size_t len;
	int offset; /* of the fault, or -1 */
} texts[] = {
	{"plain", 5, -1},
	{"", 0, -1},
	{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 11, -1},
	{"a\0b", 3, 1},
	{"ab\xff", 3, 2},
	{"\xc0\x80", 2, 0},         /* overlong NUL */
	{"\xe0\x80\xaf", 3, 0},     /* overlong '/' */
	{"x\xed\xa0\x80", 4, 1},    /* surrogate */
	{"\xf4\x90\x80\x80", 4, 0}, /* above U+10FFFF */
	{"abc\xe2\x82", 5, 3},      /* cut short */
	{"\xe2\x28\xa1", 3, 0},     /* no continuation */
	{"\x80", 1, 0},             /* continuation first */
};

Test(source, only_strict_utf8_without_nul_is_text)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct str text = {texts[i].text, texts[i].len};
		uint32_t file = source_add(&sources, STR("t"), text);
		struct span bad = SPAN_NONE;
		const char *why = NULL;
		int rc = source_check(&sources, file, &bad, &why);

		cr_assert_eq(rc, texts[i].offset < 0 ? 0 : -1, "row %zu", i);
		if (rc) {
			cr_assert_eq(bad.begin, texts[i].offset, "row %zu", i);
			cr_assert_eq(bad.end, texts[i].offset + 1, "row %zu", i);
			cr_assert_not_null(why);
		}
	}
}

Test(source, what_is_no_regular_file_is_refused)
{
	char dir[] = "/tmp/writ-source-XXXXXX";
	char path[64];
	uint32_t file = 7;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_assert_eq(source_load(&sources, str_from(dir), &file), -EISDIR);
	cr_assert_eq(source_load(&sources, str_from(path), &file), -ENOTSUP);
	unlink(path);
	cr_assert_eq(source_load(&sources, str_from(path), &file), -ENOENT);
	cr_assert_eq(source_load(&sources, STR("/dev/zero"), &file), -ENOTSUP);
	cr_assert_eq(source_load(&sources, (struct str){"/etc\0/passwd", 12}, &file), -EINVAL);
	cr_assert_eq(file, 7, "*file is written on success only");
	rmdir(dir);
}

Test(source, a_file_over_the_limit_is_refused)
{
	char path[] = "/tmp/writ-source-XXXXXX";
	int fd = mkstemp(path);
	uint32_t file = 0;

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)SOURCE_MAX_BYTES + 1), 0);
	cr_assert_eq(source_load(&sources, str_from(path), &file), -EFBIG);
	close(fd);
	unlink(path);
}

Test(source, a_file_is_read_whole)
{
	char path[] = "/tmp/writ-source-XXXXXX";
	int fd = mkstemp(path);
	uint32_t file = 99;
	struct str text;

	cr_assert_geq(fd, 0);
	for (int i = 0; i < 30000; i++)
		cr_assert_eq(write(fd, "0123456789", 10), 10);
	cr_assert_eq(source_load(&sources, str_from(path), &file), 0);
	text = sources.files.items[file].text;
	cr_assert_eq(text.len, 300000);
	cr_assert_eq(text.ptr[299999], '9');
	cr_assert_eq(text.ptr[300000], '\0');
	close(fd);
	unlink(path);
}

Test(source, files_whose_size_is_not_known_are_read_too)
{
	uint32_t file = 0;

	cr_assert_eq(source_load(&sources, STR("/proc/self/status"), &file), 0);
	cr_assert_gt(sources.files.items[file].text.len, 100);
}

Test(source, spans_join)
{
	struct span a = {0, 5, 9};
	struct span b = {0, 2, 6};
	struct span joined = span_join(a, b);

	cr_assert(joined.begin == 2 && joined.end == 9 && joined.file == 0);
	cr_assert_eq(span_join(SPAN_NONE, a).begin, 5);
	cr_assert_eq(span_join(a, SPAN_NONE).end, 9);
}
