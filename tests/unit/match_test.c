#include <criterion/criterion.h>

#include <string.h>
#include <time.h>

#include "runtime/match.h"

static struct slice slice_of(const char *text)
{
	return (struct slice){text, strlen(text)};
}

struct row {
	const char *pattern;
	const char *text;
	bool matches;
};

Test(match, bytes)
{
	static const struct row rows[] = {
		{"", "", true},           {"", "a", false},         {"*", "", true},
		{"*", "abc", true},       {"a*", "a", true},        {"a*", "ba", false},
		{"*a", "ba", true},       {"*a*b*", "xaxbx", true}, {"*a*b*", "xbxax", false},
		{"?", "", false},         {"?", "a", true},         {"?", "ab", false},
		{"??*", "a", false},      {"??*", "ab", true},      {"a?c", "abc", true},
		{"**", "x", true},        {"a**b", "ab", true},     {"*ab", "aab", true},
		{"*aab", "aaab", true},   {"a*a", "a", false},      {"A", "a", false},
		{"?", "\xc3\xa9", false}, {"??", "\xc3\xa9", true}, {"*.md", "x.md.exe", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(match_bytes(slice_of(rows[i].pattern), slice_of(rows[i].text)),
			     rows[i].matches, "'%s' '%s'", rows[i].pattern, rows[i].text);
	cr_expect(match_bytes(slice_of("a?b*"), (struct slice){"a\0b\0", 4}));
}

Test(match, hosts)
{
	static const struct row rows[] = {
		{"*.example.org", "WWW.Example.ORG", true},
		{"*.example.org", "example.org", false},
		{"a?", "ab", false},
		{"api*", "API.example.org", true},
		{"10.*", "10.1.2.3", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(match_host(slice_of(rows[i].pattern), slice_of(rows[i].text)),
			     rows[i].matches, "'%s' '%s'", rows[i].pattern, rows[i].text);
}

Test(match, paths)
{
	static const struct row rows[] = {
		{"/", "/", true},
		{"/", "/a", false},
		{"/*", "/", false},
		{"/*", "/a", true},
		{"/*", "/a/b", false},
		{"/**", "/", true},
		{"/**", "/a/b", true},
		{"/a/**", "/a", true},
		{"/a/**", "/a/b/c", true},
		{"/a/**", "/ab", false},
		{"/a/**/b", "/a/b", true},
		{"/a/**/b", "/a/x/b", true},
		{"/a/**/b", "/a/x/y/b", true},
		{"/a/**/b", "/a/x/bb", false},
		{"/a/**/b", "/a/b/c", false},
		{"/**/.env", "/.env", true},
		{"/**/.env", "/x/.env", true},
		{"/**/.env", "/x/a.env", false},
		{"/**/a/**/b", "/a/a/x/b", true},
		{"/**/a/*/b", "/a/b/a/b/b", true},
		{"/**/**", "/", true},
		{"/**/x/**", "/a/x", true},
		{"/a*c/d", "/abc/d", true},
		{"/a*c/d", "/ab/c/d", false},
		{"/a**c", "/abc", true},
		{"/a**c", "/ab/c", false},
		{"/*.md", "/.md", true},
		{"/?", "/", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(match_path(slice_of(rows[i].pattern), slice_of(rows[i].text)),
			     rows[i].matches, "'%s' '%s'", rows[i].pattern, rows[i].text);
}

static double elapsed_ms(const struct timespec *begin)
{
	struct timespec end;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	return (double)(end.tv_sec - begin->tv_sec) * 1e3 +
	       (double)(end.tv_nsec - begin->tv_nsec) / 1e6;
}

/* What is exponential in a naive matcher takes pattern times text steps at most. */
Test(match, many_stars_take_no_exponential_time, .timeout = 60)
{
	static char text[1 << 16], path[4095];
	char pattern[256], path_pattern[256];
	struct timespec begin;

	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 ? 'a' : '/';
	for (size_t i = 0; i + 2 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	memcpy(pattern + 253, "*b", 3);
	memset(path_pattern, 0, sizeof(path_pattern));
	for (size_t i = 0; i < 50; i++)
		memcpy(path_pattern + 5 * i, "/**/a", 5);
	memcpy(path_pattern + 250, "/b", 2);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	cr_expect_not(match_bytes(slice_of(pattern), (struct slice){text, sizeof(text)}));
	cr_expect_not(match_path(slice_of(path_pattern), (struct slice){path, sizeof(path) - 1}));
	cr_expect_lt(elapsed_ms(&begin), 2000);
}
