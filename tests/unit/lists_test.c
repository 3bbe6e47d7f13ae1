/*
 * Calls with lists: what rules make of them. That both evaluators agree about it, for any rules, is
 * the business of differential_test.c.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "support/bundle_maker.h"

#define MAX_VALUES 4

static const char text[] = "set trees : paths { \"/a\", \"/b\" };\n"
			   "sandbox one { limits { wall 1s; } }\n"
			   "tool read   { class read; arg paths : path; arg mode : string; }\n"
			   "tool edit   { class write; arg paths : path; arg texts : string; }\n"
			   "tool remove { class write; arg paths : path; }\n"
			   "tool send   { class write; arg to : string; }\n"
			   "tool count  { class read; arg ns : int; }\n"
			   "tool open   { class read; arg paths : path; }\n"
			   "tool boxed  { class read; arg paths : path; }\n"
			   "tool free   { class read; arg paths : path; }\n"
			   "role r {\n"
			   "  allow read where paths under \"/a\" or paths under \"/b\";\n"
			   "  allow read where paths under \"/c\";\n"
			   "  deny  read where paths matches \"/**/.env\";\n"
			   "  allow edit where paths under \"/a\" and texts != \"bad\";\n"
			   "  deny  edit where paths == \"/a/x\" and texts == \"x\";\n"
			   "  allow remove;\n"
			   "  ask   remove where paths under \"/srv\";\n"
			   "  deny  remove where paths == \"/\";\n"
			   "  allow send where to == \"boss\" rate 1/hour;\n"
			   "  allow send;\n"
			   "  allow count where ns < 10;\n"
			   "  allow open where paths in trees and paths present;\n"
			   "  allow open where not paths present;\n"
			   "  allow boxed where paths under \"/a\" using one;\n"
			   "  allow boxed where paths under \"/b\";\n"
			   "  allow free;\n"
			   "}\n";

struct row {
	const char *tool;
	const char *name;
	const char *values[MAX_VALUES]; /* up to the first NULL */
	enum writ_verdict verdict;
	enum writ_reason reason;
};

static const struct row rows[] = {
	{"read", "paths", {"/a/x"}, WRIT_ALLOW, WRIT_BY_RULE},
	{"read", "paths", {"/a/x", "/b/y"}, WRIT_ALLOW, WRIT_BY_RULE},
	/* By different rules with the same terms. */
	{"read", "paths", {"/a/x", "/c/y", "/b"}, WRIT_ALLOW, WRIT_BY_RULE},
	{"read", "paths", {"/a/x", "/etc/passwd"}, WRIT_DENY, WRIT_NO_CONDITION},
	{"read", "paths", {"/etc/passwd", "/a/x"}, WRIT_DENY, WRIT_NO_CONDITION},
	{"read", "paths", {"/a/x", "/a/../etc/passwd"}, WRIT_DENY, WRIT_NO_CONDITION},
	{"read", "paths", {"/a/x", "a/x"}, WRIT_DENY, WRIT_BY_RULE},
	{"read", "paths", {"/a/x", "/a/.env", "/a/y"}, WRIT_DENY, WRIT_BY_RULE},
	{"read", "paths", {NULL}, WRIT_DENY, WRIT_BY_RULE},
	{"read", "mode", {"/a/x"}, WRIT_DENY, WRIT_BY_RULE},
	/* One that is asked about makes the call one to ask about, if the others are allowed. */
	{"remove", "paths", {"/tmp/x", "/tmp/y"}, WRIT_ALLOW, WRIT_BY_RULE},
	{"remove", "paths", {"/tmp/x", "/srv/y"}, WRIT_ASK, WRIT_BY_RULE},
	{"remove", "paths", {"/srv/y", "/tmp/x"}, WRIT_ASK, WRIT_BY_RULE},
	{"remove", "paths", {"/srv/y", "/"}, WRIT_DENY, WRIT_BY_RULE},
	{"remove", "paths", {NULL}, WRIT_DENY, WRIT_BY_RULE},
	/* What is counted can't be mixed with what is not. */
	{"send", "to", {"boss"}, WRIT_ALLOW, WRIT_BY_RULE},
	{"send", "to", {"boss", "boss"}, WRIT_ALLOW, WRIT_BY_RULE},
	{"send", "to", {"you", "me"}, WRIT_ALLOW, WRIT_BY_RULE},
	{"send", "to", {"boss", "you"}, WRIT_DENY, WRIT_NO_CONDITION},
	{"send", "to", {"you", "boss"}, WRIT_DENY, WRIT_NO_CONDITION},
	/* Nor what is launched in different sandboxes. */
	{"boxed", "paths", {"/a/x", "/a/y"}, WRIT_ALLOW, WRIT_BY_RULE},
	{"boxed", "paths", {"/b/x", "/b/y"}, WRIT_ALLOW, WRIT_BY_RULE},
	{"boxed", "paths", {"/a/x", "/b/y"}, WRIT_DENY, WRIT_NO_CONDITION},
	{"count", "ns", {"1", "9"}, WRIT_ALLOW, WRIT_BY_RULE},
	{"count", "ns", {"1", "10"}, WRIT_DENY, WRIT_NO_CONDITION},
	{"count", "ns", {"1", "1.5"}, WRIT_DENY, WRIT_NO_CONDITION},
	/* An empty list is given, but nothing is known of it. */
	{"open", "paths", {"/a", "/b"}, WRIT_ALLOW, WRIT_BY_RULE},
	{"open", "paths", {NULL}, WRIT_DENY, WRIT_NO_CONDITION},
	/* Nobody asks. */
	{"free", "paths", {"/etc/passwd", "x"}, WRIT_ALLOW, WRIT_BY_RULE},
};

/* It has a rate, which is not counted here. */
static struct writ_policy *open_text(void)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_policy *policy = NULL;
	struct writ_error error;

	cr_assert_eq(bundle_examine(&bundle, "", &policy, &error), 0, "%s", error.text);
	return policy;
}

static size_t fill(const char *const *values, struct writ_arg *items)
{
	size_t n = 0;

	for (; n < MAX_VALUES && values[n]; n++)
		items[n] = (struct writ_arg){.text = values[n]};
	return n;
}

static enum writ_verdict ask(const struct writ_policy *policy, const char *tool,
			     const struct writ_arg *args, size_t n, struct writ_decision *decision)
{
	return writ_check(
		policy,
		&(struct writ_request){.role = "r", .tool = tool, .args = args, .n_args = n},
		decision);
}

Test(lists, each_element_is_decided_and_the_strictest_counts)
{
	struct writ_policy *policy = open_text();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct writ_arg items[MAX_VALUES];
		const struct writ_arg list = {.name = rows[i].name,
					      .type = WRIT_ARG_LIST,
					      .items = items,
					      .n_items = fill(rows[i].values, items)};
		struct writ_decision decision;

		cr_expect_eq(ask(policy, rows[i].tool, &list, 1, &decision), rows[i].verdict,
			     "row %zu", i);
		cr_expect_eq(decision.reason, rows[i].reason, "row %zu", i);
	}
	writ_close(policy);
}

Test(lists, of_several_all_ways_are_decided)
{
	static const struct writ_arg good[] = {{.text = "/a/x"}, {.text = "/a/y"}};
	static const struct writ_arg texts[] = {{.text = "y"}, {.text = "x"}};
	struct writ_arg args[] = {
		{.name = "paths", .type = WRIT_ARG_LIST, .items = good, .n_items = 2},
		{.name = "texts", .type = WRIT_ARG_LIST, .items = texts, .n_items = 1},
	};
	struct writ_policy *policy = open_text();

	cr_expect_eq(ask(policy, "edit", args, 2, NULL), WRIT_ALLOW);
	/* "/a/x" and "x" stand in different places, but nobody knows what a tool makes of that. */
	args[1].n_items = 2;
	cr_expect_eq(ask(policy, "edit", args, 2, NULL), WRIT_DENY);
	args[0].items = &good[1];
	args[0].n_items = 1;
	cr_expect_eq(ask(policy, "edit", args, 2, NULL), WRIT_ALLOW);
	writ_close(policy);
}

Test(lists, what_is_no_value_is_unknown)
{
	static const struct writ_arg inner = {.text = "/a/x"};
	static const struct writ_arg nested = {.type = WRIT_ARG_LIST,
					       .items = &inner,
					       .n_items = 1};
	struct writ_arg odd[] = {
		{.name = "paths", .type = WRIT_ARG_OTHER},
		{.name = "paths", .type = WRIT_ARG_LIST, .items = NULL, .n_items = 3},
		{.name = "paths", .type = WRIT_ARG_LIST, .items = odd, .n_items = 1},
		{.name = "paths", .type = WRIT_ARG_LIST, .items = &nested, .n_items = 1},
		{.name = "paths", .type = (enum writ_arg_type)77, .text = "/a/x"},
		{.name = "paths", .type = WRIT_ARG_INTEGER, .number = 1, .text = "/a/x"},
	};
	struct writ_policy *policy = open_text();

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		cr_expect_eq(ask(policy, "read", &odd[i], 1, NULL), WRIT_DENY, "%zu", i);
		cr_expect_eq(ask(policy, "remove", &odd[i], 1, NULL), WRIT_DENY, "%zu", i);
		cr_expect_eq(ask(policy, "open", &odd[i], 1, NULL), WRIT_DENY, "%zu", i);
	}
	writ_close(policy);
}

static enum writ_reason reason_of(const struct writ_policy *policy, const char *tool,
				  const struct writ_arg *args, size_t n)
{
	struct writ_decision decision;

	(void)!ask(policy, tool, args, n, &decision);
	return decision.reason;
}

Test(lists, there_is_a_limit_on_the_ways_and_on_what_is_read_in_them)
{
	static struct writ_arg items[WRIT_MAX_ARG_COMBINATIONS + 1];
	static char big[WRIT_MAX_COMBINED_BYTES / WRIT_MAX_ARG_COMBINATIONS + 2];
	struct writ_arg args[] = {
		{.name = "paths", .type = WRIT_ARG_LIST, .items = items},
		{.name = "texts", .text = big, .text_len = sizeof(big), .type = WRIT_ARG_BYTES},
	};
	struct writ_policy *policy = open_text();

	for (size_t i = 0; i < WRIT_MAX_ARG_COMBINATIONS + 1; i++)
		items[i] = (struct writ_arg){.text = "/a/y"};
	args[0].n_items = WRIT_MAX_ARG_COMBINATIONS;
	cr_expect_eq(ask(policy, "read", args, 1, NULL), WRIT_ALLOW);
	cr_expect_eq(ask(policy, "edit", args, 2, NULL), WRIT_DENY);
	cr_expect_eq(reason_of(policy, "edit", args, 2), WRIT_BAD_REQUEST);
	/* Each element has four bytes, too. */
	args[1].text_len = sizeof(big) - 2;
	cr_expect_eq(ask(policy, "edit", args, 2, NULL), WRIT_DENY);
	args[1].text_len = sizeof(big) - 2 - 4;
	cr_expect_eq(ask(policy, "edit", args, 2, NULL), WRIT_ALLOW);
	/* No rule for read tests it. */
	args[1].text_len = sizeof(big);
	cr_expect_eq(ask(policy, "read", args, 2, NULL), WRIT_ALLOW);
	args[0].n_items++;
	cr_expect_eq(reason_of(policy, "read", args, 1), WRIT_BAD_REQUEST);
	cr_expect_eq(ask(policy, "free", args, 1, NULL), WRIT_ALLOW);
	/* 2 times 1024. */
	args[0].n_items = WRIT_MAX_ARG_COMBINATIONS;
	args[1] = (struct writ_arg){.name = "texts",
				    .type = WRIT_ARG_LIST,
				    .items = items,
				    .n_items = 2};
	cr_expect_eq(reason_of(policy, "edit", args, 2), WRIT_BAD_REQUEST);
	writ_close(policy);
}

/* Two short lists of long texts are read as often as a long list of short ones. */
Test(lists, what_is_read_of_elements_counts_in_each_way)
{
	static char big[WRIT_MAX_COMBINED_BYTES / WRIT_MAX_ARG_COMBINATIONS];
	struct writ_arg paths[32], texts[32];
	const struct writ_arg args[] = {
		{.name = "paths", .type = WRIT_ARG_LIST, .items = paths, .n_items = 32},
		{.name = "texts", .type = WRIT_ARG_LIST, .items = texts, .n_items = 32},
	};
	struct writ_policy *policy = open_text();

	for (size_t i = 0; i < 32; i++) {
		paths[i] = (struct writ_arg){.text = "/a/y"};
		texts[i] = (struct writ_arg){.type = WRIT_ARG_BYTES,
					     .text = big,
					     .text_len = sizeof(big) - 4};
	}
	cr_expect_eq(ask(policy, "edit", args, 2, NULL), WRIT_ALLOW);
	texts[31].text_len++;
	cr_expect_eq(reason_of(policy, "edit", args, 2), WRIT_BAD_REQUEST);
	writ_close(policy);
}

/* A path is read once for tests in a row: not once for all elements. */
Test(lists, an_element_is_not_taken_for_the_one_before)
{
	static const struct writ_arg items[] = {{.text = "/a//x"}, {.text = "/q//x"}};
	const struct writ_arg args[] = {
		{.name = "paths", .type = WRIT_ARG_LIST, .items = items, .n_items = 2}};
	struct writ_policy *policy = bundle_open(
		"role r { allow read where paths under \"/a\" and paths matches \"/*/x\"; }", "");

	cr_expect_eq(ask(policy, "read", args, 1, NULL), WRIT_DENY);
	writ_close(policy);
}
