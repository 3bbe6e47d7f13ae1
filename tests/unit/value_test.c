#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/value.h"

struct value_case {
	enum writ_param_type type;
	const char *text;
	int ok;
};

static const struct value_case cases[] = {
	{WRIT_PARAM_PORT, "1", 1},
	{WRIT_PARAM_PORT, "65535", 1},
	{WRIT_PARAM_PORT, "0", 0},
	{WRIT_PARAM_PORT, "65536", 0},
	{WRIT_PARAM_PORT, "", 0},
	{WRIT_PARAM_PORT, "080", 0},
	{WRIT_PARAM_PORT, "+80", 0},
	{WRIT_PARAM_PORT, " 80", 0},
	{WRIT_PARAM_PORT, "80 ", 0},
	{WRIT_PARAM_PORT, "0x50", 0},
	{WRIT_PARAM_PORT, "18446744073709551617", 0},
	{WRIT_PARAM_INT, "0", 1},
	{WRIT_PARAM_INT, "-5", 1},
	{WRIT_PARAM_INT, "0x1f", 1},
	{WRIT_PARAM_INT, "0o755", 1},
	{WRIT_PARAM_INT, "0o8", 0},
	{WRIT_PARAM_INT, "0x", 0},
	{WRIT_PARAM_INT, "9223372036854775807", 1},
	{WRIT_PARAM_INT, "9223372036854775808", 0},
	{WRIT_PARAM_INT, "-", 0},
	{WRIT_PARAM_INT, "1e3", 0},
	{WRIT_PARAM_SIZE, "64KiB", 1},
	{WRIT_PARAM_SIZE, "1GB", 1},
	{WRIT_PARAM_SIZE, "10", 0},
	{WRIT_PARAM_SIZE, "KiB", 0},
	{WRIT_PARAM_SIZE, "1 GiB", 0},
	{WRIT_PARAM_SIZE, "1Gib", 0},
	{WRIT_PARAM_SIZE, "9223372036854775807GiB", 0},
	{WRIT_PARAM_DURATION, "500ms", 1},
	{WRIT_PARAM_DURATION, "1h", 1},
	{WRIT_PARAM_DURATION, "1d", 0},
	{WRIT_PARAM_DURATION, "s", 0},
	{WRIT_PARAM_HOST, "example.org", 1},
	{WRIT_PARAM_HOST, "[::1]", 1},
	{WRIT_PARAM_HOST, "", 0},
	{WRIT_PARAM_HOST, "a b", 0},
	{WRIT_PARAM_HOST, "a/b", 0},
	{WRIT_PARAM_HOST, "10.0.0.1", 1},
	{WRIT_PARAM_HOST, "2001:db8::1", 1},
	{WRIT_PARAM_HOST, "10.1", 0},
	{WRIT_PARAM_HOST, "0x7f000001", 0},
	{WRIT_PARAM_HOST, "*", 0},
	{WRIT_PARAM_HOST, "*.example.org", 0},
	{WRIT_PARAM_HOST, "a..b", 0},
	{WRIT_PARAM_HOST, "a:80", 0},
	{WRIT_PARAM_PATH, "/", 1},
	{WRIT_PARAM_PATH, "/srv/x", 1},
	{WRIT_PARAM_PATH, "srv/x", 0},
	{WRIT_PARAM_PATH, "", 0},
	{WRIT_PARAM_PATH, "/..", 0},
	{WRIT_PARAM_PATH, "/a/../../b", 0},
	{WRIT_PARAM_STRING, "", 1},
	{WRIT_PARAM_STRING, "anything\n", 1},
};

Test(value, each_type_takes_its_values_and_no_others)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(value_check(cases[i].type, cases[i].text) == NULL, cases[i].ok,
			     "type %d '%s'", cases[i].type, cases[i].text);
}

Test(value, paths_are_normalised_lexically)
{
	static const char *const rows[][2] = {
		{"/", "/"},           {"//", "/"},
		{"/a/b", "/a/b"},     {"/a//b/", "/a/b"},
		{"/a/./b/.", "/a/b"}, {"/a/../b", "/b"},
		{"/a/..", "/"},       {"/a/b/../../c", "/c"},
		{"/...", "/..."},     {"/.a/..b", "/.a/..b"},
		{"///a///", "/a"},
	};
	char out[WRIT_MAX_TEXT + 1];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_null(value_normalise_path(rows[i][0], out), "%s", rows[i][0]);
		cr_expect_str_eq(out, rows[i][1], "%s gave %s", rows[i][0], out);
		/* In place, as the expansion of texts does it. */
		strcpy(out, rows[i][0]);
		cr_assert_null(value_normalise_path(out, out));
		cr_expect_str_eq(out, rows[i][1]);
	}
}

Test(value, bad_paths_are_refused)
{
	static char longest[WRIT_MAX_TEXT + 3];
	char out[WRIT_MAX_TEXT + 1];

	memset(longest, 'a', WRIT_MAX_TEXT + 1);
	longest[0] = '/';
	cr_expect_not_null(value_normalise_path(longest, out));
	longest[WRIT_MAX_TEXT] = '\0';
	cr_expect_null(value_normalise_path(longest, out));
	cr_expect_not_null(value_normalise_path("", out));
	cr_expect_not_null(value_normalise_path("a/b", out));
	cr_expect_not_null(value_normalise_path("/..", out));
	cr_expect_not_null(value_normalise_path("/a/../..", out));
}
