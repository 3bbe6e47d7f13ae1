/*
 * The monitor: a policy is replaced under sessions, and every decision is recorded.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/monitor/monitor.h"
#include "support/monitor_maker.h"

#define FIRST  "role r { allow a; ask c; }\nrole s { deny a; }\nuser \"u\" : r;\n"
#define SECOND "role q { allow x; }\nrole r { allow b; }\nuser \"u\" : r;\n"

Test(monitor, what_a_policy_alone_can_not_enforce_is_opened)
{
	struct test_monitor *test = monitor_make("role a { allow t; }\nrole b { allow u; }\n"
						 "conflict session a, b;\nuser \"u\" : a, b;\n");

	cr_expect_eq(writ_monitor_generation(test->monitor), 1u);
	cr_expect_eq(monitor_event(test)->kind, WRIT_EVENT_RELOAD);
	cr_expect_str_eq(monitor_event(test)->detail, "opened");
	monitor_free(test);
}

Test(monitor, what_no_version_can_enforce_is_refused)
{
	struct test_monitor *test = calloc(1, sizeof(*test));
	struct writ_error error;

	test->bundle = bundle_make(
		"tool t { sandbox s; }\nrole r { allow t; }\n"
		"sandbox s { syscalls { allow @default; deny ptrace notify; } }\n");
	cr_expect_eq(monitor_try(test, &error), -WRIT_E_UNSUPPORTED);
	cr_expect(strstr(error.text, "notify"), "%s", error.text);
	cr_expect_str_eq(monitor_event(test)->detail, "not opened");
	monitor_free(test);
}

Test(monitor, a_bundle_that_can_not_be_read_is_no_monitor)
{
	struct writ_monitor *monitor = NULL;
	struct writ_error error;

	cr_expect_eq(writ_monitor_open("/nonexistent", NULL, &monitor, &error), -WRIT_E_OPEN);
	cr_expect_eq(writ_monitor_open(NULL, NULL, &monitor, &error), -WRIT_E_INVALID);
	cr_expect_eq(writ_monitor_open("/dev/null", NULL, &monitor, NULL), -WRIT_E_OPEN);
	cr_expect_null(monitor);
	writ_monitor_close(NULL);
	writ_session_close(NULL);
}

Test(monitor, another_policy_takes_its_place)
{
	struct test_monitor *test = monitor_make(FIRST);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_decision decision;

	cr_expect_eq(monitor_check(session, "a", &decision), WRIT_ALLOW);
	cr_expect_eq(decision.generation, 1u);
	cr_expect_eq(monitor_replace(test, SECOND, NULL), 0);
	cr_expect_eq(writ_monitor_generation(test->monitor), 2u);
	cr_expect_str_eq(monitor_event(test)->detail, "replaced");
	cr_expect_eq(monitor_check(session, "a", &decision), WRIT_DENY);
	cr_expect_eq(decision.generation, 2u);
	cr_expect_eq(monitor_check(session, "b", &decision), WRIT_ALLOW);
	cr_expect_str_eq(monitor_event(test)->role, "r");
	monitor_end(test, session, NULL);
}

/* The name belongs to the log, to rates and to approvals. */
static void rename_policy(struct test_bundle *bundle)
{
	struct writ_fmt_policy *policy = bundle_section(bundle, WRIT_SECTION_POLICY,
							sizeof(*policy), NULL);
	struct writ_fmt_role *role = bundle_section(bundle, WRIT_SECTION_ROLES, sizeof(*role),
						    NULL);

	policy->name = role->name;
	bundle_seal(bundle);
}

Test(monitor, any_failure_keeps_the_one_in_force)
{
	struct test_monitor *test = monitor_make(FIRST);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_error error;

	test->bundle.bytes[test->bundle.size - 1] ^= 1;
	cr_expect_eq(writ_reload(test->monitor, &error), -WRIT_E_DIGEST);
	cr_expect_eq(monitor_event(test)->kind, WRIT_EVENT_RELOAD);
	cr_expect_eq(monitor_event(test)->generation, 1u);
	cr_expect_str_eq(monitor_event(test)->detail, "not replaced");
	cr_expect_str_eq(monitor_event(test)->error, error.text);
	cr_expect_eq(monitor_check(session, "a", NULL), WRIT_ALLOW);
	test->bundle.bytes[test->bundle.size - 1] ^= 1;
	test->load_rc = -WRIT_E_OPEN;
	cr_expect_eq(writ_reload(test->monitor, NULL), -WRIT_E_OPEN);
	test->load_rc = 1; /* not a code of ours */
	cr_expect_eq(writ_reload(test->monitor, NULL), -WRIT_E_SYSTEM);
	test->load_rc = 0;
	rename_policy(&test->bundle);
	cr_expect_eq(writ_reload(test->monitor, &error), -WRIT_E_INVALID);
	cr_expect(strstr(error.text, "'test' is in force"), "%s", error.text);
	cr_expect_eq(writ_monitor_generation(test->monitor), 1u);
	cr_expect_eq(monitor_check(session, "a", NULL), WRIT_ALLOW);
	monitor_end(test, session, NULL);
}

Test(monitor, what_can_not_be_recorded_does_not_happen)
{
	struct test_monitor *test = monitor_make(FIRST);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_session *other = NULL;
	struct writ_decision decision;
	struct writ_error error;

	test->record_rc = 1;
	cr_expect_eq(monitor_check(session, "a", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NOT_RECORDED);
	cr_expect_eq(writ_session_open(test->monitor, &(struct writ_subject){.role = "r"}, &other,
				       &error),
		     -WRIT_E_SYSTEM);
	cr_expect_eq(monitor_replace(test, SECOND, &error), -WRIT_E_SYSTEM);
	cr_expect_eq(writ_monitor_generation(test->monitor), 1u);
	test->record_rc = 0;
	cr_expect_eq(monitor_check(session, "a", &decision), WRIT_ALLOW);
	monitor_end(test, session, NULL);
}

Test(monitor, every_decision_is_an_event)
{
	static const struct {
		const char *tool;
		enum writ_verdict verdict;
		enum writ_reason reason;
	} calls[] = {
		{"a", WRIT_ALLOW, WRIT_BY_RULE},     {"b", WRIT_DENY, WRIT_NO_RULE},
		{"", WRIT_DENY, WRIT_BAD_TOOL_NAME}, {"not a name", WRIT_DENY, WRIT_BAD_TOOL_NAME},
		{NULL, WRIT_DENY, WRIT_BAD_REQUEST},
	};
	struct test_monitor *test = monitor_make(FIRST);
	struct writ_session *session = monitor_user(test, "u");
	size_t before = test->n_events;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct test_event *event;

		cr_expect_eq(monitor_check(session, calls[i].tool, NULL), calls[i].verdict);
		event = monitor_event(test);
		cr_expect_eq(test->n_events, before + i + 1);
		cr_expect_eq(event->kind, WRIT_EVENT_DECISION);
		cr_expect_eq(event->verdict, calls[i].verdict);
		cr_expect_eq(event->reason, calls[i].reason);
		cr_expect_eq(event->generation, 1u);
		cr_expect_str_eq(event->user, "u");
		cr_expect_str_eq(event->role, i ? "" : "r");
		cr_expect_str_eq(event->tool, calls[i].tool ? calls[i].tool : "");
		cr_expect_neq(event->session, 0u);
	}
	writ_session_close(session);
	cr_expect_str_eq(monitor_event(test)->detail, "closed");
	monitor_free(test);
}

Test(monitor, a_role_that_a_reload_takes_away_is_gone)
{
	struct test_monitor *test = monitor_make(FIRST);
	struct writ_session *user = monitor_user(test, "u");
	struct writ_session *role = monitor_role(test, "s");
	struct writ_decision decision;

	cr_expect_eq(monitor_replace(test, "role q { allow a; }\nuser \"u\" : q;\n", NULL), 0);
	cr_expect_eq(monitor_check(role, "a", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_UNKNOWN_SUBJECT);
	/* The user has another one, which nobody has activated. */
	cr_expect_eq(monitor_check(user, "a", &decision), WRIT_DENY);
	cr_expect_eq(writ_session_activate(user, "q", NULL), 0);
	cr_expect_eq(monitor_check(user, "a", &decision), WRIT_ALLOW);
	cr_expect_eq(monitor_replace(test, FIRST, NULL), 0);
	cr_expect_eq(monitor_check(role, "a", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_BY_RULE);
	monitor_end(test, user, role);
}

/* The last decision's policy stays, whatever is reloaded meanwhile. */
Test(monitor, the_policy_of_a_decision_stays_until_the_next)
{
	struct test_monitor *test = monitor_make(FIRST);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_decision decision;
	struct writ_rule rule;

	cr_assert_eq(monitor_check(session, "a", &decision), WRIT_ALLOW);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(monitor_replace(test, SECOND, NULL), 0);
	cr_assert_eq(writ_rule(writ_session_policy(session), decision.rule, &rule), 0);
	cr_expect_str_eq(rule.pattern, "a");
	monitor_end(test, session, NULL);
}

Test(monitor, what_nobody_uses_any_more_is_freed)
{
	struct test_monitor *test = monitor_make(FIRST);
	struct writ_session *session = monitor_user(test, "u");

	cr_assert_eq(monitor_replace(test, SECOND, NULL), 0);
	cr_expect_not_null(test->monitor->retired, "the session uses it");
	cr_expect_eq(monitor_check(session, "b", NULL), WRIT_ALLOW);
	cr_assert_eq(monitor_replace(test, FIRST, NULL), 0);
	cr_expect_not_null(test->monitor->retired, "the session uses this one");
	cr_expect_null(test->monitor->retired->next, "and the first one nobody");
	writ_session_close(session);
	cr_expect_null(test->monitor->retired);
	cr_assert_eq(monitor_replace(test, SECOND, NULL), 0);
	cr_expect_null(test->monitor->retired, "by the reload itself");
	monitor_free(test);
}

struct checker {
	struct writ_monitor *monitor;
	pthread_t thread;
	atomic_bool *stop;
	uint64_t n;
	uint64_t wrong;
};

/* "a" is allowed in odd generations, and "b" in even ones; ids are of the version. */
static void *check_on(void *context)
{
	struct checker *checker = context;
	struct writ_session *session = NULL;
	struct writ_decision decision;
	struct writ_rule rule;

	if (writ_session_open(checker->monitor, &(struct writ_subject){.user = "u"}, &session,
			      NULL))
		return NULL;
	while (!atomic_load(checker->stop)) {
		enum writ_verdict verdict = monitor_check(session, "a", &decision);
		bool odd = decision.generation % 2 == 1;

		checker->n++;
		if ((verdict == WRIT_ALLOW) != odd)
			checker->wrong++;
		if (verdict == WRIT_ALLOW &&
		    (writ_rule(writ_session_policy(session), decision.rule, &rule) ||
		     strcmp(rule.pattern, "a") != 0))
			checker->wrong++;
	}
	writ_session_close(session);
	return session;
}

static int load_by_turns(void *context, const char *path, const struct writ_options *options,
			 struct writ_policy **out, struct writ_error *error)
{
	struct test_bundle *bundles = context;
	struct test_bundle first = bundles[0];

	(void)path;
	bundles[0] = bundles[1];
	bundles[1] = first;
	return writ_open_memory(first.bytes, first.size, options, out, error);
}

Test(monitor, checks_go_on_under_reloads)
{
	struct test_bundle bundles[2] = {bundle_make(FIRST), bundle_make(SECOND)};
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE,
						     .load = load_by_turns,
						     .load_context = bundles};
	struct writ_monitor *monitor;
	struct checker checkers[2];
	atomic_bool stop = false;

	cr_assert_eq(writ_monitor_open(NULL, &options, &monitor, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		checkers[i] = (struct checker){.monitor = monitor, .stop = &stop};
		cr_assert_eq(pthread_create(&checkers[i].thread, NULL, check_on, &checkers[i]), 0);
	}
	for (int i = 0; i < 500; i++)
		cr_assert_eq(writ_reload(monitor, NULL), 0);
	atomic_store(&stop, true);
	for (size_t i = 0; i < 2; i++) {
		void *opened = NULL;

		cr_assert_eq(pthread_join(checkers[i].thread, &opened), 0);
		cr_expect_not_null(opened);
		cr_expect_eq(checkers[i].wrong, 0u);
	}
	cr_expect_eq(writ_monitor_generation(monitor), 501u);
	writ_monitor_close(monitor);
}

/* ---- rates ---- */

#define RATED                                                                                      \
	"role r { allow a rate 1/day burst 3; allow b rate 1/day burst 1; allow c; }\n"            \
	"role s extends r { allow d; }\nuser \"u\" : s;\nuser \"v\" : r;\n"

Test(monitor, a_rate_that_is_used_up_denies)
{
	struct test_monitor *test = monitor_make(RATED);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_decision decision;

	for (int i = 0; i < 3; i++)
		cr_expect_eq(monitor_check(session, "a", &decision), WRIT_ALLOW);
	cr_expect_eq(decision.retry_ms, 0u);
	cr_expect_eq(monitor_check(session, "a", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_RATE_LIMITED);
	cr_expect_neq(decision.rule, WRIT_NO_ID);
	cr_expect_gt(decision.retry_ms, 86000000u);
	cr_expect_leq(decision.retry_ms, 86400010u);
	cr_expect_eq(monitor_event(test)->reason, WRIT_RATE_LIMITED);
	cr_expect_str_eq(monitor_event(test)->role, "r");
	cr_expect_eq(monitor_check(session, "b", &decision), WRIT_ALLOW, "a bucket of its own");
	cr_expect_eq(monitor_check(session, "c", &decision), WRIT_ALLOW);
	monitor_end(test, session, NULL);
}

Test(monitor, a_rate_is_of_the_user_and_not_of_the_session)
{
	struct test_monitor *test = monitor_make(RATED);
	struct writ_session *session;
	struct writ_decision decision;

	for (int i = 0; i < 4; i++) {
		session = monitor_user(test, "u");
		cr_expect_eq(monitor_check(session, "a", &decision),
			     i < 3 ? WRIT_ALLOW : WRIT_DENY);
		writ_session_close(session);
	}
	session = monitor_user(test, "v");
	cr_expect_eq(monitor_check(session, "a", &decision), WRIT_ALLOW, "another user");
	writ_session_close(session);
	session = monitor_role(test, "r");
	cr_expect_eq(monitor_check(session, "a", &decision), WRIT_ALLOW, "a role");
	monitor_end(test, session, NULL);
}

Test(monitor, a_reload_gives_no_fresh_start)
{
	struct test_monitor *test = monitor_make(RATED);
	struct writ_session *session = monitor_user(test, "u");

	for (int i = 0; i < 3; i++)
		cr_expect_eq(monitor_check(session, "a", NULL), WRIT_ALLOW);
	cr_expect_eq(monitor_replace(test, "role q { deny a; }\n" RATED, NULL), 0);
	cr_expect_eq(monitor_check(session, "a", NULL), WRIT_DENY);
	cr_expect_eq(monitor_replace(test, FIRST, NULL), 0, "without rates");
	cr_expect_eq(monitor_replace(test, RATED, NULL), 0);
	writ_session_close(session);
	session = monitor_user(test, "u");
	cr_expect_eq(monitor_check(session, "a", NULL), WRIT_DENY);
	cr_expect_eq(monitor_check(session, "b", NULL), WRIT_ALLOW);
	monitor_end(test, session, NULL);
}

Test(monitor, without_state_there_is_no_monitor)
{
	struct test_bundle bundle[2];
	const struct writ_monitor_options options = {.state = "/proc/nonexistent",
						     .load = load_by_turns,
						     .load_context = bundle};
	struct writ_monitor *monitor = NULL;

	bundle[0] = bundle[1] = bundle_make(RATED);
	cr_expect_eq(writ_monitor_open(NULL, &options, &monitor, NULL), -WRIT_E_OPEN);
	bundle[0] = bundle[1] = bundle_make("role r { allow a; }\n");
	cr_expect_eq(writ_monitor_open(NULL, &options, &monitor, NULL), 0, "nothing to remember");
	writ_monitor_close(monitor);
}

/* ---- why ---- */

#define TOLD                                                                                       \
	"tool w { arg path : path; }\n"                                                            \
	"role r { allow w where path under \"/srv\"; deny d; allow a rate 1/day burst 1; ask q; "  \
	"}\n"                                                                                      \
	"user \"u\" : r;\n"

static const char *told(struct writ_session *session, const char *tool, enum writ_audience audience)
{
	static char text[1024];
	struct writ_decision decision;
	enum writ_verdict verdict = monitor_check(session, tool, &decision);

	(void)verdict;
	writ_session_explain(session, &decision, audience, text, sizeof(text));
	return text;
}

Test(monitor, operators_are_told_everything)
{
	static const struct {
		const char *tool;
		const char *says;
	} rows[] = {
		{"x", "no rule of user 'u' matches tool 'x'"},
		{"w", "none of the conditions holds; the first is that of rule test.writ:3"},
		{"d", "rule test.writ:3:48 of role 'r': deny d"},
		{"?", "'?' is not a name that a tool can have"},
		{"", "'' is not a name that a tool can have"},
		{"a", "allow a"},
		{"a", "the rate is used up, and the next call may pass in 86"},
		{"q", "ask q"},
	};
	struct test_monitor *test = monitor_make(TOLD);
	struct writ_session *session = monitor_user(test, "u");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = told(session, rows[i].tool, WRIT_FOR_OPERATOR);

		cr_expect(strstr(text, rows[i].says), "%s: %s", rows[i].tool, text);
	}
	test->record_rc = 1;
	cr_expect(strstr(told(session, "w", WRIT_FOR_OPERATOR), "can't be recorded"));
	test->record_rc = 0;
	monitor_end(test, session, NULL);
}

/* What is kept of the last call to tell of it has a size. */
Test(monitor, a_name_of_any_length_is_told_of)
{
	static char name[100001];
	struct test_monitor *test = monitor_make(TOLD);
	struct writ_session *session = monitor_user(test, "u");

	memset(name, 'x', sizeof(name) - 1);
	cr_expect(strstr(told(session, name, WRIT_FOR_OPERATOR), "'xxx"));
	name[300] = '\0';
	cr_expect(strstr(told(session, name, WRIT_FOR_OPERATOR), "xxx' is not a name"));
	monitor_end(test, session, NULL);
}

Test(monitor, agents_can_not_tell_denials_apart)
{
	static const char *const tools[] = {"x", "w", "d", "?", ""};
	struct test_monitor *test = monitor_make(TOLD);
	struct writ_session *session = monitor_user(test, "u");

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		cr_expect_str_eq(told(session, tools[i], WRIT_FOR_AGENT), "denied by policy");
	test->record_rc = 1;
	cr_expect_str_eq(told(session, "a", WRIT_FOR_AGENT), "denied by policy");
	test->record_rc = 0;
	cr_expect(strstr(told(session, "a", WRIT_FOR_AGENT), "too many calls"));
	cr_expect(strstr(told(session, "q", WRIT_FOR_AGENT), "request "));
	/* Whose user is gone is told the same. */
	cr_expect_eq(monitor_replace(test, "role z { allow a; }\nuser \"y\" : z;\n", NULL), 0);
	cr_expect_str_eq(told(session, "a", WRIT_FOR_AGENT), "denied by policy");
	monitor_end(test, session, NULL);
}

Test(monitor, a_policy_that_demands_a_log_is_opened_with_one_only)
{
	struct test_bundle bundles[2];
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE,
						     .load = load_by_turns,
						     .load_context = bundles};
	struct test_monitor *test = monitor_make("audit { required; }\nrole r { allow a; }\n");
	struct writ_monitor *monitor = NULL;
	struct writ_error error;

	bundles[0] = bundles[1] = test->bundle;
	cr_expect_eq(writ_monitor_open(NULL, &options, &monitor, &error), -WRIT_E_MONITOR);
	cr_expect(strstr(error.text, "audit required"), "%s", error.text);
	monitor_free(test);
}
