/*
 * Sessions: which roles speak, what they say together, and how they are lost.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/monitor_maker.h"

#define BLOG                                                                                       \
	"sandbox s { filesystem { read \"/usr\"; } }\n"                                            \
	"tool publish { sandbox s; }\n"                                                            \
	"role guest { allow read_file; }\n"                                                        \
	"role writer extends guest { allow write_file where path under \"/srv\"; allow publish; "  \
	"}\n"                                                                                      \
	"role careful { deny publish; ask write_file; }\n"                                         \
	"role auditor { allow audit_*; }\n"                                                        \
	"role admin extends auditor { allow *; }\n"                                                \
	"user \"alice\" : writer, auditor;\nuser \"bob\" : guest;\n"                               \
	"user \"carol\" : writer, careful;\n"

/* ---- who may open one ---- */

Test(session, unknown_subjects_have_none)
{
	static const struct writ_subject unknown[] = {
		{.user = "mallory"}, {.user = "Alice"}, {.user = ""},      {.role = "root"},
		{.role = ""},        {.user = "guest"}, {.role = "alice"}, {.user = "alice "},
	};
	struct test_monitor *test = monitor_make(BLOG);

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		struct writ_error error = {.code = 0};
		int rc = monitor_try_session(test, &unknown[i], &error);

		cr_expect_eq(rc, -WRIT_E_UNKNOWN, "%zu: %d", i, rc);
		cr_expect_eq(monitor_event(test)->kind, WRIT_EVENT_SESSION);
		cr_expect_eq(monitor_event(test)->verdict, WRIT_DENY);
		cr_expect_str_eq(monitor_event(test)->error, error.text);
	}
	monitor_free(test);
}

Test(session, exactly_one_subject_is_given)
{
	const char *const roles[] = {"guest"};
	const struct writ_subject bad[] = {
		{.user = NULL},
		{.user = "alice", .role = "guest"},
		{.role = "guest", .roles = roles, .n_roles = 1},
	};
	struct test_monitor *test = monitor_make(BLOG);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(monitor_try_session(test, &bad[i], NULL), -WRIT_E_INVALID);
	monitor_free(test);
}

Test(session, a_role_that_is_not_the_users_is_refused)
{
	const char *const roles[] = {"writer", "admin"};
	struct test_monitor *test = monitor_make(BLOG);
	struct writ_error error;

	cr_expect_eq(monitor_try_session(
			     test,
			     &(struct writ_subject){.user = "alice", .roles = roles, .n_roles = 2},
			     &error),
		     -WRIT_E_UNKNOWN);
	cr_expect(strstr(error.text, "admin"), "%s", error.text);
	monitor_free(test);
}

/* ---- what roles say together ---- */

static enum writ_verdict check_path(struct writ_session *session, const char *tool,
				    const char *path, struct writ_decision *decision)
{
	const struct writ_arg arg = {.name = "path", .text = path};

	return writ_session_check(session,
				  &(struct writ_call){.tool = tool, .args = &arg, .n_args = 1},
				  decision);
}

Test(session, deny_beats_ask_beats_allow_across_roles)
{
	struct test_monitor *test = monitor_make(BLOG);
	struct writ_session *alice = monitor_user(test, "alice");
	struct writ_session *carol = monitor_user(test, "carol");

	cr_expect_eq(monitor_check(alice, "publish", NULL), WRIT_ALLOW);
	cr_expect_eq(check_path(alice, "write_file", "/srv/x", NULL), WRIT_ALLOW);
	cr_expect_eq(monitor_check(alice, "audit_x", NULL), WRIT_ALLOW);
	cr_expect_eq(monitor_check(carol, "publish", NULL), WRIT_DENY);
	cr_expect_eq(check_path(carol, "write_file", "/srv/x", NULL), WRIT_ASK);
	cr_expect_eq(monitor_check(carol, "audit_x", NULL), WRIT_DENY);
	monitor_end(test, alice, carol);
}

Test(session, each_reason_is_told)
{
	struct test_monitor *test = monitor_make(BLOG);
	struct writ_session *alice = monitor_user(test, "alice");
	const struct writ_arg twice[] = {{.name = "path", .text = "/srv/x"},
					 {.name = "path", .text = "/etc/x"}};
	struct writ_decision decision;

	cr_expect_eq(monitor_check(alice, "nothing", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NO_RULE);
	cr_expect_eq(monitor_check(alice, "no\ntool", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_TOOL_NAME);
	cr_expect_eq(monitor_check(alice, NULL, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST);
	cr_expect_eq(check_path(alice, "write_file", "/etc/x", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NO_CONDITION);
	cr_expect_eq(writ_session_check(
			     alice,
			     &(struct writ_call){.tool = "write_file", .args = twice, .n_args = 2},
			     &decision),
		     WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST);
	cr_expect_eq(writ_session_check(alice,
					&(struct writ_call){.tool = "write_file", .n_args = 2},
					&decision),
		     WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST);
	monitor_end(test, alice, NULL);
}

/* A name with a NUL inside is not the name before it. */
Test(session, names_have_lengths)
{
	struct test_monitor *test = monitor_make(BLOG);
	struct writ_session *bob = monitor_user(test, "bob");
	struct writ_decision decision;

	cr_expect_eq(writ_session_check(bob,
					&(struct writ_call){.tool = "read_file\0x", .tool_len = 11},
					&decision),
		     WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_TOOL_NAME);
	cr_expect_eq(writ_session_check(bob,
					&(struct writ_call){.tool = "read_filex", .tool_len = 9},
					NULL),
		     WRIT_ALLOW);
	monitor_end(test, bob, NULL);
}

/* ---- any subset of a user's roles is as a user who has just these ---- */

#define N_SUBSET_ROLES 4
#define SUBSET_ROLES                                                                               \
	"role r0 { allow a; deny b where path under \"/x\"; ask c; }\n"                            \
	"role r1 extends r3 { allow b, d where path under \"/y\"; }\n"                             \
	"role r2 { deny a where path under \"/y\"; ask d; allow e_* using s; }\n"                  \
	"role r3 { allow * where path under \"/x/y\"; deny e_1; }\n"                               \
	"sandbox s { filesystem { read \"/usr\"; } }\n"

static void compare(struct writ_session *some, const struct writ_policy *policy, unsigned int set)
{
	static const char *const tools[] = {"a", "b", "c", "d", "e_1", "e_2", "f", "-bad-\x01"};
	static const char *const paths[] = {"/x", "/y/z", "/x/y/z", "/z", "relative"};
	char user[16];

	snprintf(user, sizeof(user), "u%u", set);
	for (size_t t = 0; t < sizeof(tools) / sizeof(tools[0]); t++) {
		for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++) {
			const struct writ_arg arg = {.name = "path", .text = paths[p]};
			const struct writ_request request = {.user = user,
							     .tool = tools[t],
							     .args = &arg,
							     .n_args = 1};
			struct writ_decision one, other;

			cr_expect_eq(writ_check(policy, &request, &one),
				     check_path(some, tools[t], paths[p], &other));
			cr_expect_eq(one.reason, other.reason, "%s %s %s", user, tools[t],
				     paths[p]);
			cr_expect_eq(one.rule, other.rule, "%s %s %s", user, tools[t], paths[p]);
		}
	}
}

Test(session, any_subset_of_roles_is_as_a_user_of_just_these)
{
	static const char *const names[] = {"r0", "r1", "r2", "r3"};
	char text[2048] = SUBSET_ROLES "user \"all\" : r0, r1, r2, r3;\n";
	size_t at = strlen(text);
	struct test_monitor *test;

	for (unsigned int set = 1; set < 1u << N_SUBSET_ROLES; set++) {
		const char *separator = "";

		at += (size_t)snprintf(text + at, sizeof(text) - at, "user \"u%u\" : ", set);
		for (unsigned int r = 0; r < N_SUBSET_ROLES; r++) {
			if (!(set & 1u << r))
				continue;
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%sr%u", separator, r);
			separator = ", ";
		}
		at += (size_t)snprintf(text + at, sizeof(text) - at, ";\n");
	}
	test = monitor_make(text);
	for (unsigned int set = 1; set < 1u << N_SUBSET_ROLES; set++) {
		const char *roles[N_SUBSET_ROLES];
		struct writ_subject subject = {.user = "all", .roles = roles};
		struct writ_session *session;

		for (unsigned int r = 0; r < N_SUBSET_ROLES; r++) {
			if (set & 1u << r)
				roles[subject.n_roles++] = names[r];
		}
		cr_assert_eq(writ_session_open(test->monitor, &subject, &session, NULL), 0);
		compare(session, writ_session_policy(session), set);
		writ_session_close(session);
	}
	monitor_free(test);
}

/* ---- activation ---- */

Test(session, roles_are_activated_and_dropped)
{
	const char *const roles[] = {"auditor"};
	struct test_monitor *test = monitor_make(BLOG);
	struct writ_session *session;
	struct writ_error error;

	cr_assert_eq(writ_session_open(
			     test->monitor,
			     &(struct writ_subject){.user = "alice", .roles = roles, .n_roles = 1},
			     &session, NULL),
		     0);
	cr_expect_str_eq(monitor_event(test)->detail, "opened: auditor");
	cr_expect_eq(monitor_check(session, "publish", NULL), WRIT_DENY);
	cr_expect_eq(writ_session_activate(session, "writer", NULL), 0);
	cr_expect_eq(monitor_check(session, "publish", NULL), WRIT_ALLOW);
	cr_expect_eq(writ_session_drop(session, "writer", NULL), 0);
	cr_expect_eq(monitor_check(session, "publish", NULL), WRIT_DENY);
	cr_expect_eq(writ_session_drop(session, "auditor", NULL), 0);
	cr_expect_eq(monitor_check(session, "audit_x", NULL), WRIT_DENY);
	cr_expect_eq(writ_session_activate(session, "admin", &error), -WRIT_E_UNKNOWN);
	cr_expect_eq(writ_session_activate(session, NULL, &error), -WRIT_E_UNKNOWN);
	monitor_end(test, session, NULL);
}

Test(session, a_role_s_session_has_no_other)
{
	struct test_monitor *test = monitor_make(BLOG);
	struct writ_session *session = monitor_role(test, "guest");

	cr_expect_eq(writ_session_activate(session, "admin", NULL), -WRIT_E_INVALID);
	cr_expect_eq(writ_session_drop(session, "guest", NULL), -WRIT_E_INVALID);
	cr_expect_eq(monitor_check(session, "read_file", NULL), WRIT_ALLOW);
	monitor_end(test, session, NULL);
}

#define APART                                                                                      \
	"role a { allow do_a; }\nrole b { allow do_b; }\nrole c extends b { allow do_c; }\n"       \
	"conflict session a, b;\nuser \"u\" : a, b;\nuser \"v\" : a, c;\nuser \"w\" : c;\n"

Test(session, roles_in_conflict_are_not_active_together)
{
	const char *const roles[] = {"a"};
	struct writ_subject subject = {.user = "u", .roles = roles, .n_roles = 1};
	struct test_monitor *test = monitor_make(APART);
	struct writ_session *session;
	struct writ_error error;

	cr_expect_eq(monitor_try_session(test, &(struct writ_subject){.user = "u"}, &error),
		     -WRIT_E_INVALID);
	cr_expect(strstr(error.text, "'a' and 'b'"), "%s", error.text);
	cr_assert_eq(writ_session_open(test->monitor, &subject, &session, NULL), 0);
	cr_expect_eq(writ_session_activate(session, "b", &error), -WRIT_E_INVALID);
	cr_expect_eq(monitor_check(session, "do_a", NULL), WRIT_ALLOW);
	cr_expect_eq(monitor_check(session, "do_b", NULL), WRIT_DENY);
	cr_expect_eq(writ_session_drop(session, "a", NULL), 0);
	cr_expect_eq(writ_session_activate(session, "b", &error), 0);
	cr_expect_eq(monitor_check(session, "do_a", NULL), WRIT_DENY);
	cr_expect_eq(monitor_check(session, "do_b", NULL), WRIT_ALLOW);
	monitor_end(test, session, NULL);
}

/* Also later, when the session's roles are looked up again. */
Test(session, an_activation_that_fails_leaves_nothing)
{
	const char *const roles[] = {"a"};
	const struct writ_subject subject = {.user = "u", .roles = roles, .n_roles = 1};
	struct test_monitor *test = monitor_make(APART);
	struct writ_session *session;

	cr_assert_eq(writ_session_open(test->monitor, &subject, &session, NULL), 0);
	cr_expect_eq(writ_session_activate(session, "b", NULL), -WRIT_E_INVALID);
	cr_expect_eq(monitor_replace(test, APART, NULL), 0);
	cr_expect_eq(monitor_check(session, "do_a", NULL), WRIT_ALLOW);
	cr_expect_eq(writ_session_drop(session, "a", NULL), 0);
	test->record_rc = 1;
	cr_expect_eq(writ_session_activate(session, "b", NULL), -WRIT_E_SYSTEM, "not recorded");
	test->record_rc = 0;
	cr_expect_eq(monitor_check(session, "do_b", NULL), WRIT_DENY);
	monitor_end(test, session, NULL);
}

Test(session, conflicts_reach_what_is_inherited)
{
	struct test_monitor *test = monitor_make(APART);

	cr_expect_eq(monitor_try_session(test, &(struct writ_subject){.user = "v"}, NULL),
		     -WRIT_E_INVALID);
	cr_expect_eq(monitor_try_session(test, &(struct writ_subject){.user = "w"}, NULL), 0);
	monitor_free(test);
}
