/*
 * Sessions of users from a store, which may give, take away, fail, or say what can't be.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/monitor_maker.h"

#define STAFF                                                                                      \
	"role guest { allow read_file; }\n"                                                        \
	"role writer extends guest { allow write_file; allow publish; }\n"                         \
	"role careful { deny publish; ask write_file; }\nuser \"alice\" : writer;\n"

struct store {
	const char *roles[4];
	int rc;
	uint64_t generation;
	int asked;
	int deaf;    /* it does not hear what could not be added */
	int changes; /* the next look-up ends with the last role revoked */
};

static int add_roles(const struct store *store, int (*add)(void *, const char *), void *user)
{
	for (size_t i = 0; i < 4 && store->roles[i]; i++) {
		int rc = add(user, store->roles[i]);

		if (rc && !store->deaf)
			return rc;
	}
	return 0;
}

static int look_up(void *context, const char *user, int (*add)(void *, const char *),
		   void *user_context, struct writ_error *error)
{
	struct store *store = context;
	int rc;

	store->asked++;
	if (store->rc)
		return store->rc;
	if (strcmp(user, "dora") != 0) {
		snprintf(error->text, sizeof(error->text), "user '%s' is not in the store", user);
		return -WRIT_E_UNKNOWN;
	}
	rc = add_roles(store, add, user_context);
	if (store->changes) {
		store->changes = 0;
		store->roles[1] = NULL;
		store->generation++;
	}
	return rc;
}

static struct writ_session *open_as(struct test_monitor *test, struct store *store,
				    const char *role)
{
	const struct writ_identity identity = {look_up, store, &store->generation};
	const struct writ_subject subject = {.user = "dora",
					     .identity = &identity,
					     .roles = &role,
					     .n_roles = role != NULL};
	struct writ_session *session = NULL;
	struct writ_error error;

	cr_assert_eq(writ_session_open(test->monitor, &subject, &session, &error), 0, "%s",
		     error.text);
	return session;
}

static struct writ_session *open_dora(struct test_monitor *test, struct store *store)
{
	return open_as(test, store, NULL);
}

Test(session_store, roles_come_from_a_store)
{
	struct store store = {.roles = {"guest", "careful"}};
	struct test_monitor *test = monitor_make(STAFF);
	struct writ_session *dora = open_dora(test, &store);
	const struct writ_identity identity = {look_up, &store, NULL};

	cr_expect_eq(monitor_check(dora, "read_file", NULL), WRIT_ALLOW);
	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_DENY);
	cr_expect_eq(monitor_check(dora, "write_file", NULL), WRIT_ASK);
	cr_expect_eq(store.asked, 1);
	/* The policy's own users are none of the store's. */
	cr_expect_eq(monitor_try_session(test,
					 &(struct writ_subject){.user = "alice",
								.identity = &identity},
					 NULL),
		     -WRIT_E_UNKNOWN);
	monitor_end(test, dora, NULL);
}

Test(session_store, a_revoked_role_is_gone_at_the_next_check)
{
	struct store store = {.roles = {"guest", "writer"}};
	struct test_monitor *test = monitor_make(STAFF);
	struct writ_session *dora = open_dora(test, &store);

	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_ALLOW);
	store.roles[1] = NULL;
	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_ALLOW,
		     "the store has not said so yet");
	store.generation++;
	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_DENY);
	cr_expect_eq(store.asked, 2);
	cr_expect_eq(test->n_events, 6u, "opened twice, three decisions and the loss");
	cr_expect_str_eq(test->events[4].detail, "lost role: writer");
	/* Given again, it is not active until somebody activates it. */
	store.roles[1] = "writer";
	store.generation++;
	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_DENY);
	cr_expect_eq(monitor_check(dora, "read_file", NULL), WRIT_ALLOW);
	cr_expect_eq(writ_session_activate(dora, "writer", NULL), 0);
	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_ALLOW);
	monitor_end(test, dora, NULL);
}

Test(session_store, a_store_that_fails_refuses_until_it_works_again)
{
	struct store store = {.roles = {"guest"}};
	struct test_monitor *test = monitor_make(STAFF);
	struct writ_session *dora = open_dora(test, &store);
	struct writ_decision decision;

	store.rc = -WRIT_E_SYSTEM;
	store.generation++;
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(monitor_check(dora, "read_file", &decision), WRIT_DENY);
		cr_expect_eq(decision.reason, WRIT_STALE);
	}
	cr_expect_eq(store.asked, 4);
	store.rc = 1;
	cr_expect_eq(monitor_check(dora, "read_file", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_STALE);
	store.rc = 0;
	cr_expect_eq(monitor_check(dora, "read_file", &decision), WRIT_ALLOW);
	monitor_end(test, dora, NULL);
}

Test(session_store, a_user_who_is_removed_has_nothing_even_when_made_again)
{
	struct store store = {.roles = {"guest"}};
	struct test_monitor *test = monitor_make(STAFF);
	struct writ_session *dora = open_dora(test, &store);
	struct writ_decision decision;

	store.rc = -WRIT_E_UNKNOWN;
	store.generation++;
	cr_expect_eq(monitor_check(dora, "read_file", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_UNKNOWN_SUBJECT);
	store.rc = 0;
	store.generation++;
	cr_expect_eq(monitor_check(dora, "read_file", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NO_RULE);
	monitor_end(test, dora, NULL);
}

Test(session_store, a_store_can_not_give_what_conflicts)
{
	struct store store = {.roles = {"a", "b"}};
	struct test_monitor *test = monitor_make("role a { allow do_a; }\nrole b { allow do_b; }\n"
						 "role c { allow do_c; }\nconflict a, b;\n");
	const struct writ_identity identity = {look_up, &store, &store.generation};
	const struct writ_subject subject = {.user = "dora", .identity = &identity};
	struct writ_decision decision;
	struct writ_session *dora;
	struct writ_error error;

	cr_expect_eq(monitor_try_session(test, &subject, &error), -WRIT_E_INVALID);
	cr_expect(strstr(error.text, "'a' and 'b' are in conflict"), "%s", error.text);
	store.roles[1] = "c";
	dora = open_dora(test, &store);
	cr_expect_eq(monitor_check(dora, "do_c", NULL), WRIT_ALLOW);
	store.roles[2] = "b";
	store.generation++;
	cr_expect_eq(monitor_check(dora, "do_c", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_STALE);
	store.roles[2] = NULL;
	store.generation++;
	cr_expect_eq(monitor_check(dora, "do_c", &decision), WRIT_ALLOW);
	monitor_end(test, dora, NULL);
}

/* One that denies might have been renamed. */
Test(session_store, a_role_that_the_policy_lacks_is_not_passed_over)
{
	struct store store = {.roles = {"guest", "from_nowhere"}};
	struct test_monitor *test = monitor_make(STAFF);
	const struct writ_identity identity = {look_up, &store, &store.generation};
	struct writ_session *dora;
	struct writ_decision decision;

	cr_expect_eq(monitor_try_session(test,
					 &(struct writ_subject){.user = "dora",
								.identity = &identity},
					 NULL),
		     -WRIT_E_UNKNOWN);
	store.roles[1] = "careful";
	dora = open_dora(test, &store);
	cr_expect_eq(monitor_replace(test, "role guest { allow *; }\nrole carefull { deny *; }\n",
				     NULL),
		     0);
	cr_expect_eq(monitor_check(dora, "read_file", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_STALE);
	monitor_end(test, dora, NULL);
}

Test(session_store, what_a_store_says_is_checked)
{
	static char long_name[300];
	struct store store = {.roles = {"guest", "guest"}};
	struct test_monitor *test = monitor_make(STAFF);
	const struct writ_identity identity = {look_up, &store, NULL};
	const struct writ_subject subject = {.user = "dora", .identity = &identity};

	memset(long_name, 'x', sizeof(long_name) - 1);
	cr_expect_eq(monitor_try_session(test, &subject, NULL), -WRIT_E_INVALID);
	store.roles[1] = NULL;
	store.roles[0] = "";
	cr_expect_eq(monitor_try_session(test, &subject, NULL), -WRIT_E_INVALID);
	store.roles[0] = long_name;
	cr_expect_eq(monitor_try_session(test, &subject, NULL), -WRIT_E_INVALID);
	store.rc = 17;
	cr_expect_eq(monitor_try_session(test, &subject, NULL), -WRIT_E_SYSTEM);
	monitor_free(test);
}

Test(session_store, that_does_not_hear_of_a_refusal_is_refused_all_the_same)
{
	struct store store = {.roles = {"guest", "guest", "careful"}, .deaf = 1};
	struct test_monitor *test = monitor_make(STAFF);
	const struct writ_identity identity = {look_up, &store, NULL};
	const struct writ_subject subject = {.user = "dora", .identity = &identity};
	struct writ_error error;

	cr_expect_eq(monitor_try_session(test, &subject, &error), -WRIT_E_INVALID);
	cr_expect_str_eq(error.text, "role 'guest' is given twice");
	monitor_free(test);
}

static int give_too_many(void *context, const char *user, int (*add)(void *, const char *),
			 void *user_context, struct writ_error *error)
{
	char name[16];

	(void)context;
	(void)user;
	(void)error;
	for (int i = 0; i < 1025; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		if (add(user_context, name))
			return -WRIT_E_SYSTEM;
	}
	return 0;
}

Test(session_store, gives_a_limited_number_of_roles)
{
	struct test_monitor *test = monitor_make(STAFF);
	const struct writ_identity identity = {give_too_many, NULL, NULL};
	struct writ_error error;

	cr_expect_eq(monitor_try_session(test,
					 &(struct writ_subject){.user = "x", .identity = &identity},
					 &error),
		     -WRIT_E_INVALID);
	cr_expect_str_eq(error.text, "the user has more than 1024 roles");
	monitor_free(test);
}

Test(session_store, is_not_asked_for_nobody)
{
	struct store store = {.roles = {"guest"}};
	struct test_monitor *test = monitor_make(STAFF);
	const struct writ_identity identity = {look_up, &store, NULL};

	cr_expect_eq(monitor_try_session(test,
					 &(struct writ_subject){.user = "", .identity = &identity},
					 NULL),
		     -WRIT_E_UNKNOWN);
	cr_expect_eq(store.asked, 0);
	monitor_free(test);
}

/* A change that comes while the roles are being read belongs to the next check at the latest. */
Test(session_store, that_changes_while_it_is_read_is_read_again)
{
	struct store store = {.roles = {"guest", "writer"}, .changes = 1};
	struct test_monitor *test = monitor_make(STAFF);
	struct writ_session *dora = open_dora(test, &store);

	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_DENY, "changed at opening");
	writ_session_close(dora);
	store.roles[1] = "writer";
	dora = open_dora(test, &store);
	store.generation++;
	store.changes = 1;
	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_ALLOW, "as it was read");
	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_DENY, "changed at a check");
	monitor_end(test, dora, NULL);
}

Test(session_store, what_was_revoked_is_not_activated)
{
	struct store store = {.roles = {"guest", "writer"}};
	struct test_monitor *test = monitor_make(STAFF);
	struct writ_session *dora = open_as(test, &store, "guest");

	store.roles[1] = NULL;
	store.generation++;
	cr_expect_eq(writ_session_activate(dora, "writer", NULL), -WRIT_E_UNKNOWN);
	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_DENY);
	monitor_end(test, dora, NULL);
}

Test(session_store, nothing_is_activated_or_dropped_by_what_it_said_before_it_failed)
{
	struct store store = {.roles = {"guest", "writer"}};
	struct test_monitor *test = monitor_make(STAFF);
	struct writ_session *dora = open_as(test, &store, "guest");
	struct writ_decision decision;

	store.rc = -WRIT_E_SYSTEM;
	store.generation++;
	cr_expect_eq(writ_session_activate(dora, "writer", NULL), -WRIT_E_SYSTEM);
	cr_expect_eq(writ_session_drop(dora, "guest", NULL), -WRIT_E_SYSTEM);
	cr_expect_eq(monitor_check(dora, "read_file", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_STALE);
	store.rc = 0;
	cr_expect_eq(monitor_check(dora, "read_file", NULL), WRIT_ALLOW);
	cr_expect_eq(monitor_check(dora, "publish", NULL), WRIT_DENY);
	monitor_end(test, dora, NULL);
}

/* Roles that have no row of their own together are told the same as those that have one. */
Test(session_store, calls_of_several_roles_have_their_limits)
{
	struct store store = {.roles = {"guest", "careful"}};
	struct test_monitor *test = monitor_make(STAFF);
	struct writ_session *dora = open_dora(test, &store);
	static char names[WRIT_MAX_CALL_ARGS + 1][8];
	struct writ_arg args[WRIT_MAX_CALL_ARGS + 1] = {{.name = NULL}};
	struct writ_call call = {.tool = "read_file", .args = args, .n_args = WRIT_MAX_CALL_ARGS};
	struct writ_decision decision;

	for (size_t i = 0; i <= WRIT_MAX_CALL_ARGS; i++) {
		snprintf(names[i], sizeof(names[i]), "a%zu", i);
		args[i] = (struct writ_arg){.name = names[i], .text = "x"};
	}
	cr_expect_eq(writ_session_check(dora, &call, NULL), WRIT_ALLOW);
	call.n_args++;
	cr_expect_eq(writ_session_check(dora, &call, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST, "one too many");
	call.n_args = 2;
	args[1].name = names[0];
	cr_expect_eq(writ_session_check(dora, &call, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST, "given twice");
	call.args = NULL;
	cr_expect_eq(writ_session_check(dora, &call, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BAD_REQUEST, "none there");
	monitor_end(test, dora, NULL);
}
