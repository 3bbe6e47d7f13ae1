#include <criterion/criterion.h>

#include "base/str.h"

Test(str, equality_needs_the_same_length_and_bytes)
{
	cr_assert(str_eq(STR("read"), STR("read")));
	cr_assert_not(str_eq(STR("read"), STR("reads")));
	cr_assert_not(str_eq(STR("read"), STR("Read")));
	cr_assert(str_eq(STR(""), (struct str){NULL, 0}));
	cr_assert(str_eq_cstr(STR("x"), "x"));
	cr_assert_not(str_eq((struct str){"a\0b", 3}, (struct str){"a\0c", 3}));
}

Test(str, order_is_bytewise_and_shorter_first)
{
	cr_assert_lt(str_cmp(STR("a"), STR("b")), 0);
	cr_assert_lt(str_cmp(STR("a"), STR("aa")), 0);
	cr_assert_gt(str_cmp(STR("\xff"), STR("a")), 0, "bytes compare unsigned");
	cr_assert_eq(str_cmp(STR("a"), STR("a")), 0);
	cr_assert_eq(str_cmp(STR(""), STR("")), 0);
}

Test(str, the_first_that_is_not_less_is_found)
{
	static const struct {
		int other;
		struct str name;
	} items[] = {{0, {"b", 1}}, {0, {"d", 1}}, {0, {"d", 1}}, {0, {"f", 1}}};
	const struct {
		const __typeof__(items[0]) *items;
		size_t n;
	} some = {items, 4}, none = {NULL, 0};
	static const struct {
		const char *key;
		size_t at;
	} cases[] = {{"", 0},  {"a", 0},  {"b", 0}, {"c", 1},
		     {"d", 1}, {"da", 3}, {"f", 3}, {"g", 4}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str key = str_from(cases[i].key);

		cr_expect_eq(STR_LOWER_BOUND(&some, name, key), cases[i].at, "%s", cases[i].key);
		cr_expect_eq(STR_LOWER_BOUND(&none, name, key), 0);
	}
}

Test(str, copies_and_formats_are_terminated)
{
	struct arena arena;
	struct str text;

	arena_init(&arena);
	text = str_copy(&arena, "policy", 3);
	cr_assert_str_eq(text.ptr, "pol");
	text = str_printf(&arena, "%s-%d", "x", 12);
	cr_assert_str_eq(text.ptr, "x-12");
	cr_assert_eq(text.len, 4);
	arena_fini(&arena);
}

static const struct {
	const char *a;
	const char *b;
	unsigned limit;
	unsigned distance;
} distances[] = {
	{"allow", "allow", 2, 0},
	{"alow", "allow", 2, 1},
	{"snadbox", "sandbox", 2, 1},
	{"filesytem", "filesystem", 2, 1},
	{"", "ab", 2, 2},
	{"ab", "", 2, 2},
	{"kitten", "sitting", 5, 3},
	{"kitten", "sitting", 2, 3},
	{"abc", "abcdef", 2, 3},
	{"ca", "abc", 5, 3},
	{"read", "write", 2, 3},
	{"", "", 0, 0},
};

Test(str, distance_counts_edits_and_swaps_up_to_the_limit)
{
	for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
		struct str a = str_from(distances[i].a);
		struct str b = str_from(distances[i].b);

		cr_assert_eq(str_distance(a, b, distances[i].limit), distances[i].distance,
			     "%s to %s", distances[i].a, distances[i].b);
		cr_assert_eq(str_distance(b, a, distances[i].limit), distances[i].distance,
			     "%s to %s", distances[i].b, distances[i].a);
	}
}

Test(str, names_over_64_bytes_are_too_far)
{
	static const char longest[65] = {0};

	cr_assert_eq(str_distance((struct str){longest, 64}, (struct str){longest, 64}, 3), 0);
	cr_assert_eq(str_distance((struct str){longest, 65}, (struct str){longest, 65}, 3), 4);
}
