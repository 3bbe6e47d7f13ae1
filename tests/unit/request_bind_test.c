/*
 * What a request is bound to: no two calls that differ to the tool are one, and those that do not
 * differ are.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "runtime/monitor/request_text.h"
#include "support/bundle_maker.h"
#include "support/bypass.h"

#define MAX_ARGS    3
#define COUNT(args) (sizeof(args) / sizeof((args)[0]))

static struct writ_policy *policy;

static void setup(void)
{
	policy = bundle_open("role r { ask t; }\n", NULL);
}

static void teardown(void)
{
	writ_close(policy);
}

TestSuite(request_bind, .init = setup, .fini = teardown);

static int bind(const struct writ_arg *args, size_t n, uint8_t digest[SHA256_SIZE])
{
	const struct request_call call = {
		.policy = policy,
		.kind = WRIT_ROLE,
		.subject = "r",
		.tool = "t",
		.args = args,
		.n_args = n,
	};

	return request_bind(&call, digest, NULL);
}

static bool are_one(const struct writ_arg *a, const struct writ_arg *b, size_t n_b)
{
	uint8_t first[SHA256_SIZE], second[SHA256_SIZE];
	size_t n = 0;

	while (n < MAX_ARGS && a[n].name)
		n++;
	cr_assert_eq(bind(a, n, first), 0);
	cr_assert_eq(bind(b, n_b, second), 0);
	return memcmp(first, second, sizeof(first)) == 0;
}

/* Each is like another, if one of the things that are bound were not. */
static const struct writ_arg calls[][MAX_ARGS] = {
	{{.name = NULL}},
	{TEXT("a", "")},
	{TEXT("b", "")},
	{NUMBER("a", 0)},
	{TRUTH("a", 0)},
	{NUMBER("a", 1)},
	{TRUTH("a", 1)},
	{TEXT("a", "1")},
	{{.name = "a", .type = WRIT_ARG_OTHER, .text = "1", .text_len = 1}},
	{TEXT("a", "b"), TEXT("c", "")},
	{TEXT("a", ""), TEXT("b", "c")},
	{TEXT("ab", ""), TEXT("c", "")},
	{{.name = "a", .type = WRIT_ARG_LIST}},
	{LIST("a", {.text = "1"})},
	{LIST("a", {.text = "1"}, {.text = "2"})},
	{LIST("a", {.text = "2"}, {.text = "1"})},
	{LIST("a", {.text = "12"})},
	{LIST("a", {.text = "1"}), TEXT("b", "2")},
	{LIST("a", LIST(NULL, {.text = "1"}))},
};

Test(request_bind, calls_that_differ_are_two)
{
	for (size_t i = 0; i < COUNT(calls); i++) {
		for (size_t k = 0; k < COUNT(calls); k++) {
			size_t n = 0;

			while (n < MAX_ARGS && calls[k][n].name)
				n++;
			cr_expect_eq(are_one(calls[i], calls[k], n), i == k, "%zu and %zu", i, k);
		}
	}
}

/* Values that look like the end of one argument and the beginning of the next. */
Test(request_bind, no_value_reaches_into_the_next_argument)
{
	const uint64_t type = WRIT_ARG_TEXT;
	char first[2 + sizeof(type) + 1] = "1b", second[2 + sizeof(type) + 1] = "2c";
	const struct writ_arg a[MAX_ARGS] = {
		{.name = "a", .text = first, .text_len = sizeof(first)}, TEXT("c", "3")};
	const struct writ_arg b[] = {TEXT("a", "1"),
				     {.name = "b", .text = second, .text_len = sizeof(second)}};

	memcpy(first + 2, &type, sizeof(type));
	memcpy(second + 2, &type, sizeof(type));
	first[sizeof(first) - 1] = '2';
	second[sizeof(second) - 1] = '3';
	cr_expect_not(are_one(a, b, 2));
}

Test(request_bind, the_same_said_otherwise_is_one)
{
	static const struct writ_arg ab[MAX_ARGS] = {TEXT("a", "1"), TEXT("b", "2")};
	static const struct writ_arg ba[] = {TEXT("b", "2"), TEXT("a", "1")};
	static const struct writ_arg bytes[] = {BYTES("a", "1"), BYTES("b", "2")};
	static const struct writ_arg measured[] = {
		{.name = "ax", .name_len = 1, .text = "1x", .text_len = 1}, TEXT("b", "2")};

	cr_expect(are_one(ab, ba, 2), "the order");
	cr_expect(are_one(ab, bytes, 2), "bytes and text");
	cr_expect(are_one(ab, measured, 2), "with lengths");
}

Test(request_bind, what_can_not_be_told_apart_is_not_bound)
{
	static const struct writ_arg unknown[] = {OTHER("a")};
	static struct writ_arg many[WRIT_MAX_CALL_ARGS + 1];
	struct writ_arg deep[40] = {{.name = "a", .text = "1"}};
	uint8_t digest[SHA256_SIZE];

	cr_expect_eq(bind(unknown, 1, digest), -WRIT_E_INVALID);
	cr_expect_eq(bind(many, WRIT_MAX_CALL_ARGS, digest), 0);
	cr_expect_eq(bind(many, WRIT_MAX_CALL_ARGS + 1, digest), -WRIT_E_INVALID);
	for (size_t i = 1; i < COUNT(deep); i++)
		deep[i] = (struct writ_arg){.name = "a",
					    .type = WRIT_ARG_LIST,
					    .items = &deep[i - 1],
					    .n_items = 1};
	cr_expect_eq(bind(&deep[32], 1, digest), 0);
	cr_expect_eq(bind(&deep[33], 1, digest), -WRIT_E_INVALID);
}
