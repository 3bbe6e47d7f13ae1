/*
 * Ways round a policy that take more than one call: roles that exclude each other, roles that are
 * dropped, rates, approvals, and policies that are replaced. Each with its control.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "support/monitor_maker.h"

#define DUTIES                                                                                     \
	"role pay { allow pay; } role approve { allow approve; } role audit { allow audit; }\n"    \
	"role boss extends pay { allow hire; deny audit; }\n"                                      \
	"conflict session pay, approve; conflict audit, approve;\n"                                \
	"user \"ann\" : pay, approve; user \"bob\" : boss, approve; user \"max\" : pay, audit;\n"

static struct test_monitor *test;

static void teardown(void)
{
	monitor_free(test);
}

TestSuite(bypass_session, .fini = teardown, .timeout = 60);

static int try_open(const char *user, const char *const *roles, size_t n_roles,
		    struct writ_session **out)
{
	const struct writ_subject subject = {.user = user, .roles = roles, .n_roles = n_roles};

	return writ_session_open(test->monitor, &subject, out, NULL);
}

/* A session of a user with one role. */
static struct writ_session *with_role(const char *user, const char *role)
{
	struct writ_session *session = NULL;

	cr_assert_eq(try_open(user, &role, 1, &session), 0, "%s as %s", user, role);
	return session;
}

static void expect_none(const char *user, const char *const *roles, size_t n_roles, int rc)
{
	struct writ_session *session = NULL;

	cr_expect_eq(try_open(user, roles, n_roles, &session), rc, "%s", user);
	cr_expect_null(session);
}

static void expect(struct writ_session *session, const char *tool, enum writ_verdict verdict)
{
	struct writ_decision decision;

	cr_expect_eq(monitor_check(session, tool, &decision), verdict, "%s: reason %d", tool,
		     decision.reason);
}

Test(bypass_session, duties_that_exclude_each_other_are_not_active_together)
{
	static const char *const both[] = {"pay", "approve"};
	static const char *const inherited[] = {"boss", "approve"};
	static const char *const apart[] = {"pay", "audit"};
	struct writ_session *session = NULL;

	test = monitor_make(DUTIES);
	expect_none("ann", both, 2, -WRIT_E_INVALID);
	expect_none("ann", NULL, 0, -WRIT_E_INVALID);
	expect_none("bob", inherited, 2, -WRIT_E_INVALID);
	cr_expect_eq(try_open("max", apart, 2, &session), 0, "these two may");
	writ_session_close(session);
}

Test(bypass_session, one_duty_is_not_slipped_under_the_other)
{
	struct writ_session *ann;

	test = monitor_make(DUTIES);
	ann = with_role("ann", "pay");
	expect(ann, "pay", WRIT_ALLOW);
	expect(ann, "approve", WRIT_DENY);
	cr_expect_eq(writ_session_activate(ann, "approve", NULL), -WRIT_E_INVALID);
	expect(ann, "approve", WRIT_DENY);
	cr_expect_eq(writ_session_drop(ann, "pay", NULL), 0);
	cr_expect_eq(writ_session_activate(ann, "approve", NULL), 0);
	expect(ann, "approve", WRIT_ALLOW);
	expect(ann, "pay", WRIT_DENY);
	writ_session_close(ann);
}

Test(bypass_session, roles_of_others_are_not_activated)
{
	static const char *const foreign[] = {"audit"};
	static const char *const child[] = {"boss"};
	static const char *const spelled[] = {"Pay"};
	static const char *const blank[] = {"pay "};
	static const char *const empty[] = {""};
	struct writ_session *ann;

	test = monitor_make(DUTIES);
	expect_none("ann", foreign, 1, -WRIT_E_UNKNOWN);
	expect_none("ann", child, 1, -WRIT_E_UNKNOWN);
	expect_none("ann", spelled, 1, -WRIT_E_UNKNOWN);
	expect_none("ann", blank, 1, -WRIT_E_UNKNOWN);
	expect_none("ann", empty, 1, -WRIT_E_UNKNOWN);
	ann = with_role("ann", "pay");
	cr_expect_eq(writ_session_activate(ann, "audit", NULL), -WRIT_E_UNKNOWN);
	expect(ann, "audit", WRIT_DENY);
	writ_session_close(ann);
}

/* "all of them but the one that denies": a deny speaks only when its role is active. */
Test(bypass_session, role_that_denies_speaks_as_soon_as_it_is_active)
{
	struct writ_session *session;

	test = monitor_make("role may { allow cut; } role nay { deny cut; }\n"
			    "user \"ann\" : may, nay;\n");
	session = monitor_user(test, "ann");
	expect(session, "cut", WRIT_DENY);
	cr_expect_eq(writ_session_drop(session, "nay", NULL), 0);
	expect(session, "cut", WRIT_ALLOW);
	cr_expect_eq(writ_session_activate(session, "nay", NULL), 0);
	expect(session, "cut", WRIT_DENY);
	writ_session_close(session);
}

Test(bypass_session, dropped_roles_are_gone_with_all_they_inherit)
{
	struct writ_session *bob;

	test = monitor_make(DUTIES);
	bob = with_role("bob", "boss");
	expect(bob, "pay", WRIT_ALLOW);
	expect(bob, "hire", WRIT_ALLOW);
	cr_expect_eq(writ_session_drop(bob, "pay", NULL), -WRIT_E_UNKNOWN, "it is inherited");
	cr_expect_eq(writ_session_drop(bob, "boss", NULL), 0);
	expect(bob, "pay", WRIT_DENY);
	expect(bob, "hire", WRIT_DENY);
	writ_session_close(bob);
}

#define RATED                                                                                      \
	"role slow { allow send rate 2/hour; allow note; } role fast { allow send rate 4/hour; "   \
	"}\n"                                                                                      \
	"user \"ann\" : slow; user \"Ann\" : slow; user \"max\" : slow, fast;\n"

static void use_up(struct writ_session *session, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		expect(session, "send", WRIT_ALLOW);
	expect(session, "send", WRIT_DENY);
}

Test(bypass_session, rates_outlive_the_session)
{
	struct writ_session *ann;

	test = monitor_make(RATED);
	ann = monitor_user(test, "ann");
	use_up(ann, 2);
	expect(ann, "note", WRIT_ALLOW);
	writ_session_close(ann);
	ann = monitor_user(test, "ann");
	expect(ann, "send", WRIT_DENY);
	expect(ann, "note", WRIT_ALLOW);
	writ_session_close(ann);
}

Test(bypass_session, rates_are_shared_by_sessions_at_once)
{
	struct writ_session *first, *second;

	test = monitor_make(RATED);
	first = monitor_user(test, "ann");
	second = monitor_user(test, "ann");
	expect(first, "send", WRIT_ALLOW);
	expect(second, "send", WRIT_ALLOW);
	expect(first, "send", WRIT_DENY);
	expect(second, "send", WRIT_DENY);
	writ_session_close(first);
	writ_session_close(second);
}

Test(bypass_session, rates_of_one_user_are_not_anothers)
{
	struct writ_session *ann, *other;

	test = monitor_make(RATED);
	ann = monitor_user(test, "ann");
	other = monitor_user(test, "Ann");
	use_up(ann, 2);
	expect(other, "send", WRIT_ALLOW);
	writ_session_close(ann);
	writ_session_close(other);
}

Test(bypass_session, rates_outlive_a_reload)
{
	struct writ_session *ann;
	struct writ_error error;

	test = monitor_make(RATED);
	ann = monitor_user(test, "ann");
	use_up(ann, 2);
	cr_assert_eq(monitor_replace(test, RATED, &error), 0, "%s", error.text);
	expect(ann, "send", WRIT_DENY);
	expect(ann, "note", WRIT_ALLOW);
	writ_session_close(ann);
}

Test(bypass_session, roles_that_a_reload_takes_away_are_gone)
{
	struct writ_session *ann;
	struct writ_error error;

	test = monitor_make("role a { allow x; } role b { allow y; } user \"ann\" : a, b;");
	ann = monitor_user(test, "ann");
	expect(ann, "x", WRIT_ALLOW);
	cr_assert_eq(monitor_replace(test,
				     "role a { allow x; } role b { allow y; } user \"ann\" : b;",
				     &error),
		     0, "%s", error.text);
	expect(ann, "x", WRIT_DENY);
	expect(ann, "y", WRIT_ALLOW);
	cr_assert_eq(monitor_replace(test, "role a { allow x; } role b { allow y; }", &error), 0,
		     "%s", error.text);
	expect(ann, "y", WRIT_DENY);
	writ_session_close(ann);
}

Test(bypass_session, policy_that_can_not_be_loaded_takes_no_place)
{
	struct writ_session *ann;
	struct writ_error error;
	static const char real[] = "role a { allow x; } user \"ann\" : a;";

	test = monitor_make(real);
	ann = monitor_user(test, "ann");
	test->load_rc = -WRIT_E_DIGEST;
	cr_expect_lt(monitor_replace(test, "role a { allow *; } user \"ann\" : a;", &error), 0);
	expect(ann, "y", WRIT_DENY);
	expect(ann, "x", WRIT_ALLOW);
	writ_session_close(ann);
}

#define ASKED                                                                                      \
	"tool pay { arg sum : int; }\n"                                                            \
	"role clerk { ask pay where sum > 0; ask close; allow note; }\n"                           \
	"user \"ann\" : clerk; user \"bob\" : clerk;\n"

static enum writ_verdict pay(struct writ_session *session, int64_t sum, const char *approval,
			     struct writ_decision *decision)
{
	const struct writ_arg arg = {.name = "sum", .type = WRIT_ARG_INTEGER, .number = sum};

	return writ_session_check(
		session,
		&(struct writ_call){.tool = "pay", .args = &arg, .n_args = 1, .approval = approval},
		decision);
}

/* Asks about paying 5, and answers. */
static const char *answered(struct writ_session *session, int approve)
{
	static struct writ_decision decision;
	struct writ_error error;

	cr_assert_eq(pay(session, 5, NULL, &decision), WRIT_ASK);
	cr_assert_eq(writ_request_answer(test->monitor, decision.request, approve, &error), 0, "%s",
		     error.text);
	return decision.request;
}

Test(bypass_session, approvals_are_of_one_call)
{
	struct writ_session *ann;
	const char *id;

	test = monitor_make(ASKED);
	ann = monitor_user(test, "ann");
	id = answered(ann, 1);
	cr_expect_eq(pay(ann, 6, id, NULL), WRIT_DENY, "other arguments");
	cr_expect_eq(writ_session_check(ann, &(struct writ_call){.tool = "close", .approval = id},
					NULL),
		     WRIT_DENY, "another tool");
	cr_expect_eq(pay(ann, 5, id, NULL), WRIT_ALLOW);
	cr_expect_eq(pay(ann, 5, id, NULL), WRIT_DENY, "used already");
	writ_session_close(ann);
}

Test(bypass_session, approvals_are_of_one_user)
{
	struct writ_session *ann, *bob;
	const char *id;

	test = monitor_make(ASKED);
	ann = monitor_user(test, "ann");
	bob = monitor_user(test, "bob");
	id = answered(ann, 1);
	cr_expect_eq(pay(bob, 5, id, NULL), WRIT_DENY);
	cr_expect_eq(pay(ann, 5, id, NULL), WRIT_ALLOW);
	writ_session_close(ann);
	writ_session_close(bob);
}

Test(bypass_session, approvals_are_given_by_whoever_is_asked)
{
	struct writ_session *ann;
	struct writ_decision decision;

	test = monitor_make(ASKED);
	ann = monitor_user(test, "ann");
	cr_expect_eq(pay(ann, 5, NULL, &decision), WRIT_ASK);
	cr_expect_neq(pay(ann, 5, decision.request, NULL), WRIT_ALLOW, "nobody has answered");
	cr_expect_eq(pay(ann, 5, "00000000000000000000000000000000", NULL), WRIT_DENY);
	cr_expect_eq(pay(ann, 5, "", NULL), WRIT_DENY);
	cr_expect_eq(pay(ann, 5, "yes", NULL), WRIT_DENY);
	expect(ann, "note", WRIT_ALLOW);
	writ_session_close(ann);
}

Test(bypass_session, rejections_hold)
{
	struct writ_session *ann;
	const char *id;

	test = monitor_make(ASKED);
	ann = monitor_user(test, "ann");
	id = answered(ann, 0);
	cr_expect_eq(pay(ann, 5, id, NULL), WRIT_DENY);
	cr_expect_lt(writ_request_answer(test->monitor, id, 1, NULL), 0, "it is answered once");
	cr_expect_eq(pay(ann, 5, id, NULL), WRIT_DENY);
	writ_session_close(ann);
}

Test(bypass_session, approvals_do_not_outlive_the_policy_that_asked)
{
	static const char wider[] = "tool pay { arg sum : int; }\n"
				    "role clerk { ask pay; allow note; } user \"ann\" : clerk;\n";
	struct writ_session *ann;
	struct writ_error error;
	const char *id;

	test = monitor_make(ASKED);
	ann = monitor_user(test, "ann");
	id = answered(ann, 1);
	cr_assert_eq(monitor_replace(test, wider, &error), 0, "%s", error.text);
	cr_expect_eq(pay(ann, 5, id, NULL), WRIT_DENY);
	writ_session_close(ann);
}
