/*
 * Sessions of users from an identity store, which another process changes meanwhile.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/writ_identity.h"
#include "support/monitor_maker.h"
#include "support/shell.h"

static const char policy[] =
	"role dev { allow build; } role lead extends dev { allow deploy; }\n"
	"role aud { allow audit_log; } role ops { allow restart; } role no { deny build; }\n"
	"user \"bob\" : ops; user \"pat\" : dev;\n"
	"conflict dev, aud; conflict session ops, dev;\n";

static char root[] = "/tmp/writ-identity-session-XXXXXX";
static struct test_monitor *test;
static struct writ_identity_store *store;

static void teardown(void)
{
	writ_identity_close(store);
	monitor_free(test);
	shell("rm -rf %s", root);
}

static void users(const char *line)
{
	cr_assert_eq(shell("cd %s && $R users %s", root, line), 0, "%s: %s", line, shell_output);
}

static void setup(void)
{
	char path[64];
	struct writ_error error;

	cr_assert_not_null(mkdtemp(root));
	users("add u.db bob dev");
	snprintf(path, sizeof(path), "%s/u.db", root);
	test = monitor_make(policy);
	cr_assert_eq(writ_identity_open(path, &store, &error), 0, "%s", error.text);
}

TestSuite(identity_session, .init = setup, .fini = teardown, .timeout = 60);

static int try_open(const char *user, struct writ_session **out, struct writ_error *error)
{
	const struct writ_subject subject = {.user = user, .identity = writ_identity_source(store)};

	return writ_session_open(test->monitor, &subject, out, error);
}

static struct writ_session *opened(const char *user)
{
	struct writ_session *session = NULL;
	struct writ_error error;

	cr_assert_eq(try_open(user, &session, &error), 0, "%s: %s", user, error.text);
	return session;
}

static void expect_none(const char *user, const char *says)
{
	struct writ_session *session = NULL;
	struct writ_error error = {.text = ""};

	cr_expect_lt(try_open(user, &session, &error), 0, "%s", user);
	cr_expect(strstr(error.text, says), "%s: no '%s' in: %s", user, says, error.text);
	writ_session_close(session);
}

static void expect(struct writ_session *session, const char *tool, enum writ_verdict verdict)
{
	struct writ_decision decision;

	cr_expect_eq(monitor_check(session, tool, &decision), verdict, "%s: reason %d", tool,
		     decision.reason);
}

Test(identity_session, has_the_stores_roles_and_not_the_policys)
{
	struct writ_session *bob = opened("bob");

	expect(bob, "build", WRIT_ALLOW);
	expect(bob, "restart", WRIT_DENY);
	expect_none("pat", "no such user");
	writ_session_close(bob);
}

Test(identity_session, revocation_holds_at_the_next_check)
{
	struct writ_session *bob = opened("bob");

	expect(bob, "build", WRIT_ALLOW);
	users("revoke u.db bob dev");
	expect(bob, "build", WRIT_DENY);
	users("grant u.db bob lead");
	writ_session_close(bob);
	bob = opened("bob");
	expect(bob, "deploy", WRIT_ALLOW);
	users("grant u.db bob no");
	users("disable u.db bob");
	expect(bob, "deploy", WRIT_DENY);
	users("enable u.db bob");
	writ_session_close(bob);
	bob = opened("bob");
	expect(bob, "deploy", WRIT_ALLOW);
	users("remove u.db bob");
	expect(bob, "deploy", WRIT_DENY);
	expect_none("bob", "no such user");
	writ_session_close(bob);
}

Test(identity_session, each_open_session_sees_it)
{
	struct writ_session *sessions[8];

	for (size_t i = 0; i < 8; i++) {
		sessions[i] = opened("bob");
		expect(sessions[i], "build", WRIT_ALLOW);
	}
	users("revoke u.db bob dev");
	for (size_t i = 0; i < 8; i++) {
		expect(sessions[i], "build", WRIT_DENY);
		writ_session_close(sessions[i]);
	}
}

Test(identity_session, a_change_of_somebody_else_takes_nothing)
{
	struct writ_session *bob = opened("bob");

	users("add u.db eve aud");
	expect(bob, "build", WRIT_ALLOW);
	writ_session_close(bob);
}

/* Granted without a policy at hand, or by hand. */
Test(identity_session, what_the_policy_forbids_is_refused_whoever_wrote_it)
{
	struct writ_session *bob = opened("bob");

	users("grant u.db bob aud");
	expect(bob, "build", WRIT_DENY);
	expect(bob, "audit_log", WRIT_DENY);
	expect_none("bob", "are in conflict");
	users("revoke u.db bob aud");
	users("grant u.db bob nope");
	expect_none("bob", "no role 'nope'");
	users("revoke u.db bob nope");
	users("grant u.db bob ops");
	expect_none("bob", "ops");
	writ_session_close(bob);
}

Test(identity_session, store_that_is_gone_ends_what_sessions_may)
{
	struct writ_session *bob = opened("bob");
	struct writ_decision decision = {.verdict = WRIT_ALLOW};

	expect(bob, "build", WRIT_ALLOW);
	cr_assert_eq(shell("cd %s && rm u.db u.db-generation", root), 0);
	for (int i = 0; i < 300 && decision.verdict == WRIT_ALLOW; i++) {
		(void)monitor_check(bob, "build", &decision);
		usleep(10000);
	}
	cr_expect_eq(decision.verdict, WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_STALE);
	writ_session_close(bob);
}
