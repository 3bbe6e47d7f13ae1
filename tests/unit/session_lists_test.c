/*
 * Lists in a session with some of a user's roles: decided as for a user who has just these. What
 * one role stops of one element is not let through by another role's rule for the rest.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "support/monitor_maker.h"

#define POLICY                                                                                     \
	"tool t { arg p : string; arg q : string; }\n"                                             \
	"role a { %s }\nrole b { %s }\nrole c { allow other; }\n"                                  \
	"user \"some\" : a, b, c;\nuser \"twin\" : a, b;\n"

#define MAX_VALUES 3

static struct writ_session *open_some(struct test_monitor *test)
{
	const char *const roles[] = {"a", "b"};
	const struct writ_subject subject = {.user = "some", .roles = roles, .n_roles = 2};
	struct writ_session *session = NULL;
	struct writ_error error;

	cr_assert_eq(writ_session_open(test->monitor, &subject, &session, &error), 0, "%s",
		     error.text);
	return session;
}

static struct test_monitor *make(const char *a, const char *b)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), POLICY, a, b);
	return monitor_make(text);
}

/* The verdict on a call with a list of values; the text of NULL ends it. */
static enum writ_verdict check(struct writ_session *session, const char *const *values,
			       struct writ_decision *decision)
{
	struct writ_arg items[MAX_VALUES] = {{.name = NULL}};
	struct writ_arg list = {.name = "p", .type = WRIT_ARG_LIST, .items = items};

	for (; list.n_items < MAX_VALUES && values[list.n_items]; list.n_items++)
		items[list.n_items].text = values[list.n_items];
	return writ_session_check(session,
				  &(struct writ_call){.tool = "t", .args = &list, .n_args = 1},
				  decision);
}

Test(session_lists, no_role_lets_through_what_another_stops)
{
	static const struct {
		const char *a, *b;
		const char *values[MAX_VALUES + 1];
		enum writ_verdict want;
	} rows[] = {
		{"deny t where p == \"bad\";", "allow t;", {"ok", "bad"}, WRIT_DENY},
		{"deny t where p == \"bad\";", "allow t;", {"bad", "ok"}, WRIT_DENY},
		{"deny t where p == \"bad\";", "allow t;", {"ok", "good"}, WRIT_ALLOW},
		{"ask t where p == \"bad\";", "allow t;", {"ok", "bad"}, WRIT_ASK},
		{"ask t where p == \"bad\";", "allow t;", {"bad", "ok"}, WRIT_ASK},
		{"ask t where p == \"bad\";", "allow t;", {"ok"}, WRIT_ALLOW},
		{"allow t where p == \"x\";", "allow t where p == \"y\";", {"x", "y"}, WRIT_ALLOW},
		{"allow t where p == \"x\";", "allow t where p == \"y\";", {"x", "z"}, WRIT_DENY},
		{"allow t where p == \"x\";", "deny t where q == \"1\";", {"x"}, WRIT_DENY},
		{"deny t where p == \"bad\";", "allow t;", {NULL}, WRIT_DENY},
		/* The list is looked at though the first of the roles does not. */
		{"allow t;", "deny t where p == \"bad\";", {"ok", "bad"}, WRIT_DENY},
		{"allow t;", "deny t where p == \"bad\";", {"ok", "good"}, WRIT_ALLOW},
		{"ask t where q present;", "allow t where p == \"x\";", {"x", "x"}, WRIT_ALLOW},
		{"ask t where q present;", "allow t where p == \"x\";", {"x", "y"}, WRIT_DENY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_monitor *test = make(rows[i].a, rows[i].b);
		struct writ_session *some = open_some(test);
		struct writ_session *twin = monitor_user(test, "twin");
		struct writ_decision by_roles, by_row;

		cr_expect_eq(check(some, rows[i].values, &by_roles), rows[i].want, "%zu", i);
		cr_expect_eq(check(twin, rows[i].values, &by_row), rows[i].want, "%zu", i);
		cr_expect_eq(by_roles.reason, by_row.reason, "%zu", i);
		cr_expect_eq(by_roles.rule, by_row.rule, "%zu: %u, not %u", i, by_roles.rule,
			     by_row.rule);
		writ_session_close(some);
		writ_session_close(twin);
		monitor_free(test);
	}
}

/* More than can be gone through: what could not be decided is not what another role allows. */
Test(session_lists, too_many_elements_are_no_way_round_a_role)
{
	struct test_monitor *test = make("deny t where p == \"bad\" and q == \"bad\";", "allow t;");
	struct writ_session *session = open_some(test);
	struct writ_arg items[33];
	struct writ_arg lists[2] = {{.name = "p", .type = WRIT_ARG_LIST, .items = items},
				    {.name = "q", .type = WRIT_ARG_LIST, .items = items}};
	struct writ_call call = {.tool = "t", .args = lists, .n_args = 2};
	struct writ_decision decision;

	for (size_t i = 0; i < 33; i++)
		items[i] = (struct writ_arg){.text = "ok"};
	lists[0].n_items = 33;
	lists[1].n_items = 33;
	cr_expect_eq(writ_session_check(session, &call, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST);
	lists[1].n_items = 31;
	cr_expect_eq(writ_session_check(session, &call, &decision), WRIT_ALLOW);
	writ_session_close(session);
	monitor_free(test);
}

static void expect_reason(struct writ_session *session, const struct writ_call *call,
			  enum writ_reason reason)
{
	struct writ_decision decision;

	cr_expect_eq(writ_session_check(session, call, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, reason, "%d, not %d", decision.reason, reason);
}

/* As by one row (session_test.c): the control is that the two allow the call. */
Test(session_lists, what_is_no_call_is_none_of_several_roles)
{
	static const struct writ_arg args[WRIT_MAX_CALL_ARGS + 1] = {{.name = "p", .text = "a"},
								     {.name = "p", .text = "b"}};
	struct test_monitor *test = make("allow t;", "allow t where p == \"a\";");
	struct writ_session *session = open_some(test);
	struct writ_call call = {.tool = "t", .args = args, .n_args = 1};

	cr_expect_eq(writ_session_check(session, &call, NULL), WRIT_ALLOW);
	call.n_args = 2;
	expect_reason(session, &call, WRIT_BAD_REQUEST);
	call.n_args = WRIT_MAX_CALL_ARGS + 1;
	expect_reason(session, &call, WRIT_BAD_REQUEST);
	expect_reason(session, &(struct writ_call){.tool = "t", .n_args = 1}, WRIT_BAD_REQUEST);
	expect_reason(session, &(struct writ_call){.tool = "nothing"}, WRIT_NO_RULE);
	writ_session_close(session);
	monitor_free(test);
}
