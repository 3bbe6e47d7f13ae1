/*
 * What a caller writes into an argument costs time in proportion to its length, whichever operator
 * looks at it: instructions are counted, for texts made to be hard for it of n, 2n and 4n bytes. (A
 * text of more than 4 KiB is matched by one pass over it whatever the pattern: runtime/match.c.)
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/bundle_maker.h"
#include "support/steps.h"

#define MAX_TEXT 1024

/* Of a pattern with a star: nearly all of it matches anywhere, and never its end. */
#define ALMOST "*aaab"

struct row {
	const char *condition;
	const char *type;
	const char *head;   /* the value begins with it, */
	const char *filler; /* goes on with this, over and over, */
	const char *tail;   /* and ends so */
	size_t n;           /* bytes of filler in the shortest of three */
};

static const struct row rows[] = {
	{"x present", "string", "", "a", "", 16},
	{"x == \"aaaa\"", "string", "", "a", "", 16},
	{"x in { \"a\", \"aa\", \"aaaaaaaa\" }", "string", "", "a", "", 16},
	{"x matches \"" ALMOST "\"", "string", "", "a", "", 16},
	{"x matches \"*a*a*a*a*a*a*b\"", "string", "", "a", "", 16},
	{"x matches \"*a?a?a?a?b*c\"", "string", "", "a", "", 16},
	{"x == \"/a\"", "path", "", "/a", "", 16},
	{"x == \"/a\"", "path", "", "/./a/..", "", 16},
	{"x == \"/a\"", "path", "/b", "/", "", 16},
	{"x under \"/a/a/a\"", "path", "", "/a", "", 16},
	{"x under \"/a/a/a\"", "path", "", "/a/../a", "", 16},
	{"x under \"/a\"", "path", "/a/a", "/..", "", 16},
	{"x matches \"/**/a/a/b\"", "path", "", "/a", "", 16},
	{"x matches \"/**/a/**/a/**/b\"", "path", "", "/a", "", 16},
	{"x matches \"/a/" ALMOST "\"", "path", "/a/", "a", "", 16},
	{"x matches \"/**/" ALMOST "\"", "path", "", "/aaaaaaaaaaaaaaaa", "", 16},
	{"x == \"a.example\"", "host", "", "a.", "a", 16},
	{"x matches \"*a.a.b\"", "host", "", "a.", "a", 16},
	{"x in below", "host", "", "b.", "example", 16},
	{"x in nets", "host", "10.", "0", "", 16},
	{"x in nets", "host", "2001:", "0:", "", 16},
	{"x == \"https://a.example/a\"", "url", "https://a.example/", "a", "", 16},
	{"x matches \"https://a.example/" ALMOST "\"", "url", "https://a.example/", "a", "", 16},
	{"x in below", "url", "https://a.example/", "a/../", "", 16},
	{"x in below", "url", "https://", "a@", "a.example/", 16},
	{"x in below", "url", "https://a.example:", "0", "443/", 16},
	{"x in below", "url", "", ":/", "", 16},
	{"x in below", "url", "", "a", "://a.example/", 16},
	{"x == 1", "int", "", "1", "", 32},
	{"x <= 1", "int", "-", "0", "", 32},
	{"x == true", "bool", "", "true", "", 32},
};

struct call {
	const struct writ_policy *policy;
	struct writ_arg arg;
};

static void decide(const void *context)
{
	const struct call *call = context;
	const struct writ_request request = {.role = "r",
					     .tool = "t",
					     .args = &call->arg,
					     .n_args = 1};
	enum writ_verdict verdict = writ_check(call->policy, &request, NULL);

	(void)verdict;
}

static void fill(const struct row *row, size_t n, char *text)
{
	size_t end = strlen(row->head) + n;
	size_t at = (size_t)snprintf(text, MAX_TEXT, "%s", row->head);

	while (at < end)
		at += (size_t)snprintf(text + at, MAX_TEXT - at, "%s", row->filler);
	(void)snprintf(text + at, MAX_TEXT - at, "%s", row->tail);
}

static void expect_linear(const struct row *row)
{
	static char text[MAX_TEXT + 1];
	struct call call = {.arg = {.name = "x", .text = text}};
	struct writ_policy *policy;
	char source[512];
	long steps[3];

	(void)snprintf(source, sizeof(source),
		       "set below : hosts { \"*.b.example:443\" };\n"
		       "set nets : hosts { \"10.0.0.0/8:*\", \"[2001:db8::/32]:*\" };\n"
		       "tool t { arg x : %s; }\nrole r { allow t where %s; }\n",
		       row->type, row->condition);
	policy = bundle_open(source, NULL);
	call.policy = policy;
	for (size_t i = 0; i < 3; i++) {
		fill(row, row->n << i, text);
		steps[i] = steps_of(decide, &call);
		if (steps[i] < 0)
			cr_skip_test("instructions are counted on x86_64 only");
	}
	cr_expect(steps_are_linear(steps), "%s, %s...%s...%s: %ld, %ld, %ld steps", row->condition,
		  row->head, row->filler, row->tail, steps[0], steps[1], steps[2]);
	writ_close(policy);
}

Test(linear, each_operator_is_in_the_length_of_the_value, .timeout = 120)
{
#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("counted without sanitizers only, whose checks would be counted as well");
#endif
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_linear(&rows[i]);
}

/* Shows what the test above would see. */
static void compare_all(const void *context)
{
	const size_t n = *(const size_t *)context;
	static volatile char text[1024];
	size_t same = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++)
			same += text[i] == text[k];
	}
	cr_assert_eq(same, n * n);
}

Test(linear, what_is_not_is_noticed)
{
	long steps[3];

	for (size_t i = 0; i < 3; i++) {
		const size_t n = (size_t)16 << i;

		steps[i] = steps_of(compare_all, &n);
		if (steps[i] < 0)
			cr_skip_test("instructions are counted on x86_64 only");
	}
	cr_expect_not(steps_are_linear(steps), "%ld, %ld, %ld steps", steps[0], steps[1], steps[2]);
}
