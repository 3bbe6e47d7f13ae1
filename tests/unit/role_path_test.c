/*
 * The way of inheritance that is told with a rule: from a role that the subject has, or has active,
 * to the one that the rule stands in, and the shortest there is.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/holding.h"
#include "runtime/policy.h"
#include "support/monitor_maker.h"

/* A diamond with a long side and a short one: top - left - far - base, top - right - base. */
#define ROLES                                                                                      \
	"role base { allow a; allow f where x == 1; }\n"                                           \
	"role far extends base { allow b; }\n"                                                     \
	"role left extends far { }\n"                                                              \
	"role right extends base { deny d; }\n"                                                    \
	"role top extends left, right { allow c; }\n"                                              \
	"role other { allow e; }\n"                                                                \
	"user \"tess\" : top, other;\nuser \"lee\" : base, top;\nuser \"oz\" : other;\n"

static enum writ_verdict explain(const struct writ_policy *policy,
				 const struct writ_request *request, char *text, size_t size)
{
	struct writ_decision decision;
	enum writ_verdict verdict = writ_check(policy, request, &decision);

	writ_explain(policy, request, &decision, text, size);
	return verdict;
}

static void expect_told(const struct writ_policy *policy, const struct writ_request *request,
			const char *says)
{
	char text[1024];
	enum writ_verdict verdict = explain(policy, request, text, sizeof(text));

	cr_expect(strstr(text, says), "%s (%d): no '%s' in: %s", request->tool, verdict, says,
		  text);
}

Test(role_path, of_an_inherited_rule_is_told)
{
	struct writ_policy *policy = bundle_open(ROLES, NULL);

	expect_told(policy, &(struct writ_request){.role = "far", .tool = "a"},
		    "of role 'base' (far <- base): allow a");
	expect_told(policy, &(struct writ_request){.role = "left", .tool = "a"},
		    "of role 'base' (left <- far <- base): allow a");
	expect_told(policy, &(struct writ_request){.role = "top", .tool = "d"},
		    "of role 'right' (top <- right): deny d");
	writ_close(policy);
}

Test(role_path, of_a_roles_own_rule_there_is_none)
{
	struct writ_policy *policy = bundle_open(ROLES, NULL);

	expect_told(policy, &(struct writ_request){.role = "base", .tool = "a"},
		    "of role 'base': allow a");
	expect_told(policy, &(struct writ_request){.role = "top", .tool = "c"},
		    "of role 'top': allow c");
	expect_told(policy, &(struct writ_request){.user = "oz", .tool = "e"},
		    "of role 'other': allow e");
	writ_close(policy);
}

Test(role_path, the_shortest_of_several_is_told)
{
	struct writ_policy *policy = bundle_open(ROLES, NULL);

	expect_told(policy, &(struct writ_request){.role = "top", .tool = "a"},
		    "of role 'base' (top <- right <- base): allow a");
	expect_told(policy, &(struct writ_request){.user = "tess", .tool = "a"},
		    "of role 'base' (top <- right <- base): allow a");
	/* Who has the role itself needs no way to it. */
	expect_told(policy, &(struct writ_request){.user = "lee", .tool = "a"},
		    "of role 'base': allow a");
	writ_close(policy);
}

Test(role_path, is_told_of_a_rule_whose_condition_did_not_hold)
{
	struct writ_policy *policy = bundle_open(ROLES, NULL);

	expect_told(policy, &(struct writ_request){.role = "far", .tool = "f"},
		    "of role 'base' (far <- base): allow f where");
	writ_close(policy);
}

static void expect_session(struct writ_session *session, const char *tool, const char *says)
{
	struct writ_decision decision;
	char text[1024];
	enum writ_verdict verdict = monitor_check(session, tool, &decision);

	writ_session_explain(session, &decision, WRIT_FOR_OPERATOR, text, sizeof(text));
	cr_expect(strstr(text, says), "%s (%d): no '%s' in: %s", tool, verdict, says, text);
	writ_session_explain(session, &decision, WRIT_FOR_AGENT, text, sizeof(text));
	cr_expect_null(strstr(text, "<-"), "an agent is told: %s", text);
}

Test(role_path, of_a_session_begins_with_an_active_role)
{
	const char *const top[] = {"top"};
	struct test_monitor *test = monitor_make(ROLES);
	struct writ_session *session;

	cr_assert_eq(
		writ_session_open(test->monitor,
				  &(struct writ_subject){.user = "lee", .roles = top, .n_roles = 1},
				  &session, NULL),
		0);
	expect_session(session, "a", "of role 'base' (top <- right <- base): allow a");
	cr_assert_eq(writ_session_activate(session, "base", NULL), 0);
	expect_session(session, "a", "of role 'base': allow a");
	expect_session(session, "b", "of role 'far' (top <- left <- far): allow b");
	cr_assert_eq(writ_session_drop(session, "top", NULL), 0);
	expect_session(session, "a", "of role 'base': allow a");
	writ_session_close(session);
	session = monitor_role(test, "right");
	expect_session(session, "a", "of role 'base' (right <- base): allow a");
	writ_session_close(session);
	monitor_free(test);
}

Test(role_path, is_told_with_a_rate_that_is_used_up)
{
	struct test_monitor *test = monitor_make("role base { allow a rate 1/day; }\n"
						 "role dev extends base { }\n");
	struct writ_session *session = monitor_role(test, "dev");

	expect_session(session, "a", "of role 'base' (dev <- base): allow a");
	expect_session(session, "a",
		       "s: rule test.writ:2:19 of role 'base' (dev <- base): allow a");
	writ_session_close(session);
	monitor_free(test);
}

/* Roles with names of 200 characters, each of which inherits the one before; the first allows a. */
static const char *long_role(int number)
{
	static char names[2][208];
	char *name = names[number % 2];

	(void)snprintf(name, sizeof(names[0]), "r%d_%0200d", number, 0);
	return name;
}

Test(role_path, that_is_too_long_is_cut_off_and_the_rule_is_still_told)
{
	struct writ_policy *policy;
	struct writ_request request = {.tool = "a"};
	struct writ_decision decision;
	char source[8192], text[4096];
	size_t at = 0;

	for (int i = 1; i <= 12; i++)
		at += (size_t)snprintf(source + at, sizeof(source) - at, "role %s%s%s { %s }\n",
				       long_role(i), i > 1 ? " extends " : "",
				       i > 1 ? long_role(i - 1) : "", i > 1 ? "" : "allow a;");
	policy = bundle_open(source, NULL);
	request.role = long_role(12);
	cr_assert_eq(writ_check(policy, &request, &decision), WRIT_ALLOW);
	writ_explain(policy, &request, &decision, text, sizeof(text));
	cr_expect(strstr(text, long_role(12)) && strstr(text, long_role(11)), "%s", text);
	cr_expect(strstr(text, "...): allow a"), "%s", text);
	cr_expect_lt(strlen(text), 1300u);
	writ_close(policy);
}

Test(role_path, a_condition_that_is_too_long_is_cut_off)
{
	char source[8192] = "role r { allow a where x == 0", text[8192];
	struct writ_policy *policy;
	size_t at = strlen(source);

	for (int i = 0; i < 400; i++)
		at += (size_t)snprintf(source + at, sizeof(source) - at, " or x == %d", i);
	(void)snprintf(source + at, sizeof(source) - at, "; }\n");
	policy = bundle_open(source, NULL);
	(void)explain(policy, &(struct writ_request){.role = "r", .tool = "a"}, text, sizeof(text));
	cr_expect(strstr(text, ": allow a where x == 0"), "%s", text);
	cr_expect_str_eq(text + strlen(text) - 3, "...");
	cr_expect(strlen(text) > 2000 && strlen(text) < 2200, "%zu", strlen(text));
	writ_close(policy);
}

Test(role_path, is_told_in_as_much_room_as_there_is)
{
	static const struct writ_request requests[] = {
		{.role = "far", .tool = "a"},
		{.role = "top", .tool = "f"}, /* whose condition does not hold */
		{.role = "far", .tool = "z"},
		{.role = "nobody", .tool = "a"},
	};
	struct writ_policy *policy = bundle_open(ROLES, NULL);
	char whole[512], text[512] = "";

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		(void)explain(policy, &requests[i], whole, sizeof(whole));
		for (size_t size = 1; size <= strlen(whole) + 1; size++) {
			memset(text, '#', sizeof(text) - 1);
			(void)explain(policy, &requests[i], text, size);
			cr_expect_eq(strlen(text), size - 1, "%zu, %zu: %s", i, size, text);
			cr_expect_eq(strncmp(text, whole, size - 1), 0, "%zu, %zu: %s", i, size,
				     text);
			cr_expect_eq(strspn(text + size, "#"), sizeof(text) - 1 - size, "%zu, %zu",
				     i, size);
		}
	}
	writ_close(policy);
}

Test(role_path, takes_no_more_room_than_it_is_given)
{
	enum { BASE, TOP = 5 }; /* they are sorted by name */
	static const char whole[] = " (top <- right <- base)";
	struct writ_policy *policy = bundle_open(ROLES, NULL);
	struct holding holding;
	char text[64] = "";

	cr_assert(holding_init(&holding, &policy->image));
	holding_give(&holding, TOP);
	holding_inherit(&holding);
	for (size_t size = sizeof(" (x...)"); size <= sizeof(whole); size++) {
		memset(text, '#', sizeof(text) - 1);
		holding_path(&holding, BASE, text, size);
		cr_expect_lt(strlen(text), size, "%zu", size);
		cr_expect_eq(strspn(text + size, "#"), sizeof(text) - 1 - size, "%zu: %s", size,
			     text);
	}
	holding_fini(&holding);
	writ_close(policy);
}

Test(role_path, of_a_rule_that_denies_there_is_nothing_to_tell)
{
	struct writ_policy *policy = bundle_open("role r { deny a where x == 1; }\n", NULL);
	const struct writ_arg other = {.name = "x", .type = WRIT_ARG_INTEGER, .number = 2};
	const struct writ_request request = {.role = "r", .tool = "a", .args = &other, .n_args = 1};
	char text[256];

	(void)explain(policy, &request, text, sizeof(text));
	cr_expect_str_eq(text, "no rule allows it");
	writ_close(policy);
}

/* A bundle that was not made by the compiler may have roles that inherit each other. */
Test(role_path, of_parents_in_a_circle_is_looked_for_once)
{
	struct test_bundle bundle = bundle_make("role c { allow a; }\nrole b extends c { }\n"
						"role a extends b { }\n");
	const struct writ_request request = {.role = "a", .tool = "a"};
	struct writ_policy *policy = NULL;
	struct writ_decision decision;
	char text[1024];
	uint32_t n;
	const struct writ_fmt_role_info *info = bundle_section(&bundle, WRIT_SECTION_ROLE_INFO,
							       sizeof(*info), &n);
	uint32_t *indices = bundle_section(&bundle, WRIT_SECTION_INDICES, sizeof(*indices), &n);

	cr_assert_eq(indices[info[1].parents.first], 2u, "roles are sorted by name");
	indices[info[1].parents.first] = 0;
	bundle_seal(&bundle);
	cr_assert_eq(bundle_open_with(&bundle, NULL, &policy, NULL), 0);
	cr_assert_eq(writ_check(policy, &request, &decision), WRIT_ALLOW);
	writ_explain(policy, &request, &decision, text, sizeof(text));
	cr_expect(strstr(text, "of role 'c': allow a"), "%s", text);
	writ_close(policy);
	free(bundle.bytes);
}

/* With a length a name need not end with a NUL: what follows it is not read. */
Test(role_path, names_with_a_length_are_read_no_further)
{
	struct writ_policy *policy = bundle_open(ROLES, NULL);
	const char *names = "farther azure";
	const struct writ_request request = {.role = names,
					     .role_len = 3,
					     .tool = names + 8,
					     .tool_len = 1};
	struct writ_request wrong = request;
	char text[256];

	expect_told(policy, &request, "of role 'base' (far <- base): allow a");
	wrong.tool_len = 2;
	expect_told(policy, &wrong, "no rule of role 'far' matches tool 'az'");
	wrong.role_len = 2;
	(void)explain(policy, &wrong, text, sizeof(text));
	cr_expect_str_eq(text, "role 'fa' is not known to the policy");
	wrong = (struct writ_request){.user = "toppest", .user_len = 3, .tool = "a"};
	expect_told(policy, &wrong, "user 'top' is not known to the policy; it is a role (--role)");
	wrong = (struct writ_request){.role = "far", .tool = "a/zure", .tool_len = 2};
	expect_told(policy, &wrong, "'a/' is not a name that a tool can have");
	writ_close(policy);
}

/* Nor as far as a caller is wrong about it: a name has its bound. */
Test(role_path, names_with_a_length_that_none_has_are_read_so_far_only)
{
	struct writ_policy *policy = bundle_open(ROLES, NULL);
	const struct writ_decision decision = {.verdict = WRIT_DENY,
					       .reason = WRIT_UNKNOWN_SUBJECT};
	char *name = calloc(WRIT_MAX_TEXT + 1, 1);
	char text[256];
	const struct writ_request request = {.role = name, .role_len = UINT32_MAX, .tool = "a"};

	cr_assert_not_null(name);
	memset(name, 'x', 100);
	writ_explain(policy, &request, &decision, text, sizeof(text));
	cr_expect(strstr(text, "xxx' is not known to the policy"), "%s", text);
	free(name);
	writ_close(policy);
}
