/*
 * The way of inheritance that is told with a rule: from a role that the subject has, or has active,
 * to the one that the rule stands in, and the shortest there is.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

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

static void expect_told(const struct writ_policy *policy, const struct writ_request *request,
			const char *says)
{
	struct writ_decision decision;
	char text[1024];
	enum writ_verdict verdict = writ_check(policy, request, &decision);

	writ_explain(policy, request, &decision, text, sizeof(text));
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

#define X100                                                                                       \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                                       \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG(n) "r" #n X100 X100

Test(role_path, that_is_too_long_is_cut_off_and_the_rule_is_still_told)
{
	struct writ_policy *policy = bundle_open(
		"role " LONG(
			1) " { allow a; }\n"
			   "role " LONG(2) " extends " LONG(
				   1) " { }\n"
				      "role " LONG(3) " extends " LONG(
					      2) " { }\n"
						 "role " LONG(4) " extends " LONG(
							 3) " { }\n"
							    "role " LONG(5) " extends " LONG(
								    4) " { }\n"
								       "role " LONG(
									       6) " extends"
										  " " LONG(5) " { "
											      "}\n",
		NULL);
	const struct writ_request request = {.role = LONG(6), .tool = "a"};
	struct writ_decision decision;
	char text[4096];

	cr_assert_eq(writ_check(policy, &request, &decision), WRIT_ALLOW);
	writ_explain(policy, &request, &decision, text, sizeof(text));
	cr_expect(strstr(text, " (" LONG(6) " <- " LONG(5) " <- "), "%s", text);
	cr_expect(strstr(text, "...): allow a"), "%s", text);
	cr_expect_lt(strlen(text), 1300u);
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

	expect_told(policy, &request, "of role 'base' (far <- base): allow a");
	wrong.tool_len = 2;
	expect_told(policy, &wrong, "no rule of role 'far' matches tool 'az'");
	wrong.role_len = 2;
	expect_told(policy, &wrong, "role 'fa' is not known to the policy");
	wrong = (struct writ_request){.user = "toppest", .user_len = 3, .tool = "a"};
	expect_told(policy, &wrong, "user 'top' is not known to the policy; it is a role (--role)");
	wrong = (struct writ_request){.role = "far", .tool = "a/zure", .tool_len = 2};
	expect_told(policy, &wrong, "'a/' is not a name that a tool can have");
	writ_close(policy);
}
