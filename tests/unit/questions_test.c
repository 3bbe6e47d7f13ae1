/*
 * Questions to a human, of a monitor: what an answer is good for, and that it is recorded first.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/monitor/monitor.h"
#include "runtime/monitor/rate.h"
#include "runtime/monitor/request.h"
#include "support/monitor_maker.h"

#define ASKING "role r { ask a; ask b rate 1/day burst 1; allow c; }\nuser \"u\" : r;\n"

static enum writ_verdict check_approved(struct writ_session *session, const char *tool,
					const char *id, struct writ_decision *decision)
{
	return writ_session_check(session, &(struct writ_call){.tool = tool, .approval = id},
				  decision);
}

/* Asks about a call of a tool; id is the request's. */
static void ask(struct writ_session *session, const char *tool, char id[WRIT_REQUEST_ID_SIZE])
{
	struct writ_decision decision;

	cr_assert_eq(monitor_check(session, tool, &decision), WRIT_ASK);
	strcpy(id, decision.request);
}

Test(questions, an_approval_is_good_for_one_call)
{
	struct test_monitor *test = monitor_make(ASKING);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_decision decision;
	struct writ_request_info info;
	char id[WRIT_REQUEST_ID_SIZE];

	ask(session, "a", id);
	cr_expect_eq(strlen(id), WRIT_REQUEST_ID_SIZE - 1u);
	cr_expect(strstr(monitor_event(test)->detail, id));
	cr_expect_eq(writ_request_wait(test->monitor, id, 0), WRIT_PENDING);
	cr_expect_eq(check_approved(session, "a", id, &decision), WRIT_DENY, "not answered");
	cr_expect_eq(decision.reason, WRIT_NOT_APPROVED);
	cr_assert_eq(writ_request_get(test->monitor, 0, &info), 0);
	cr_expect_str_eq(info.id, id);
	cr_expect_eq(writ_request_answer(test->monitor, id, 1, NULL), 0);
	cr_expect_eq(monitor_event(test)->kind, WRIT_EVENT_APPROVAL);
	cr_expect_str_eq(monitor_event(test)->tool, "a");
	cr_expect_eq(check_approved(session, "b", id, &decision), WRIT_DENY, "another call");
	cr_expect_eq(check_approved(session, "a", id, &decision), WRIT_ALLOW);
	cr_expect(strstr(monitor_event(test)->detail, id));
	cr_expect_eq(check_approved(session, "a", id, &decision), WRIT_DENY, "used");
	cr_expect_eq(check_approved(session, "c", id, &decision), WRIT_ALLOW, "needs none");
	monitor_end(test, session, NULL);
}

/* The verdict on a call that no other number's request is for. */
static enum writ_verdict ask_number(struct writ_session *session, int64_t number,
				    struct writ_decision *decision)
{
	const struct writ_arg arg = {.name = "n", .type = WRIT_ARG_INTEGER, .number = number};
	const struct writ_call call = {.tool = "a", .args = &arg, .n_args = 1};

	return writ_session_check(session, &call, decision);
}

Test(questions, who_asks_too_much_is_told_and_others_may_ask)
{
	struct test_monitor *test = monitor_make(ASKING "user \"v\" : r;\n");
	struct writ_session *u = monitor_user(test, "u");
	struct writ_session *v = monitor_user(test, "v");
	struct writ_decision decision;
	char text[256];

	for (unsigned i = 0; i < WRIT_MAX_REQUESTS_OF_ONE; i++)
		cr_assert_eq(ask_number(u, i, &decision), WRIT_ASK, "%u", i);
	cr_expect_eq(ask_number(u, 100, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NO_STATE);
	cr_expect_str_eq(
		monitor_event(test)->detail,
		"not asked: 32 requests of this subject are open, as many as one may have");
	writ_session_explain(u, &decision, WRIT_FOR_OPERATOR, text, sizeof(text));
	cr_expect(strstr(text, "it can't be asked about, 32 requests of this subject are open, as "
			       "many as one may have: rule "),
		  "%s", text);
	writ_session_explain(u, &decision, WRIT_FOR_AGENT, text, sizeof(text));
	cr_expect_str_eq(text, "a human would have to approve this call, but too many wait to be "
			       "approved");
	cr_expect_eq(ask_number(v, 100, &decision), WRIT_ASK, "the control");
	writ_session_close(u);
	writ_session_close(v);
	monitor_free(test);
}

/* An argument that no request can be bound to. */
static const struct writ_arg without_form = {.name = "n", .type = WRIT_ARG_OTHER};
static const struct writ_call call_without_form = {.tool = "a", .args = &without_form, .n_args = 1};

/* It is no question of how many wait: what is said is not to make an agent try again and again. */
Test(questions, who_asks_what_nobody_can_be_asked_is_told_so)
{
	struct test_monitor *test = monitor_make(ASKING);
	struct writ_session *u = monitor_user(test, "u");
	struct writ_decision decision;
	char text[256];

	cr_expect_eq(writ_session_check(u, &call_without_form, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NO_STATE);
	writ_session_explain(u, &decision, WRIT_FOR_AGENT, text, sizeof(text));
	cr_expect_str_eq(text, "a human would have to approve this call, but can't be asked about "
			       "it");
	writ_session_close(u);
	monitor_free(test);
}

Test(questions, an_approval_is_of_one_subject_and_policy)
{
	struct test_monitor *test = monitor_make(ASKING "user \"v\" : r;\n");
	struct writ_session *u = monitor_user(test, "u");
	struct writ_session *v = monitor_user(test, "v");
	char id[WRIT_REQUEST_ID_SIZE];

	ask(u, "a", id);
	cr_expect_eq(writ_request_answer(test->monitor, id, 1, NULL), 0);
	cr_expect_eq(check_approved(v, "a", id, NULL), WRIT_DENY);
	cr_expect_eq(monitor_replace(test, ASKING "role more { allow x; }\n", NULL), 0);
	cr_expect_eq(check_approved(u, "a", id, NULL), WRIT_DENY);
	monitor_end(test, u, v);
}

Test(questions, an_answer_that_can_not_be_recorded_is_not_given)
{
	struct test_monitor *test = monitor_make(ASKING);
	struct writ_session *session = monitor_user(test, "u");
	char id[WRIT_REQUEST_ID_SIZE];

	ask(session, "a", id);
	test->record_rc = 1;
	cr_expect_eq(writ_request_answer(test->monitor, id, 1, NULL), -WRIT_E_SYSTEM);
	test->record_rc = 0;
	cr_expect_eq(writ_request_wait(test->monitor, id, 0), WRIT_PENDING);
	cr_expect_eq(check_approved(session, "a", id, NULL), WRIT_DENY);
	cr_expect_eq(writ_request_answer(test->monitor, id, 1, NULL), 0);
	cr_expect_eq(check_approved(session, "a", id, NULL), WRIT_ALLOW);
	monitor_end(test, session, NULL);
}

Test(questions, a_rate_counts_questions)
{
	struct test_monitor *test = monitor_make(ASKING);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_decision decision;
	char id[WRIT_REQUEST_ID_SIZE];

	ask(session, "b", id);
	cr_expect_eq(monitor_check(session, "b", &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_RATE_LIMITED);
	cr_expect_eq(writ_request_answer(test->monitor, id, 1, NULL), 0);
	cr_expect_eq(check_approved(session, "b", id, NULL), WRIT_ALLOW);
	monitor_end(test, session, NULL);
}

Test(questions, without_questions_there_is_nothing_to_answer)
{
	struct test_monitor *test = monitor_make("role r { allow a; }\n");
	struct writ_request_info info;

	cr_expect_eq(writ_request_wait(test->monitor, "x", -1), WRIT_EXPIRED);
	cr_expect_eq(writ_request_get(test->monitor, 0, &info), -WRIT_E_INVALID);
	cr_expect_eq(writ_request_answer(test->monitor, "x", 1, NULL), -WRIT_E_UNKNOWN);
	cr_expect_eq(writ_request_answer(test->monitor, NULL, 1, NULL), -WRIT_E_INVALID);
	monitor_free(test);
}

static enum writ_verdict check_path(struct writ_session *session, const char *path, const char *id,
				    struct writ_decision *decision)
{
	const struct writ_arg arg = {.name = "path", .text = path};

	return writ_session_check(
		session,
		&(struct writ_call){.tool = "a", .args = &arg, .n_args = 1, .approval = id},
		decision);
}

Test(questions, an_approval_is_of_all_arguments)
{
	struct test_monitor *test = monitor_make(ASKING);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_decision decision;
	char id[WRIT_REQUEST_ID_SIZE];

	cr_expect_eq(check_path(session, "/a", NULL, &decision), WRIT_ASK);
	strcpy(id, decision.request);
	cr_expect_eq(writ_request_answer(test->monitor, id, 1, NULL), 0);
	cr_expect_eq(check_path(session, "/b", id, NULL), WRIT_DENY);
	cr_expect_eq(check_approved(session, "a", id, NULL), WRIT_DENY);
	cr_expect_eq(check_path(session, "/a", id, NULL), WRIT_ALLOW);
	monitor_end(test, session, NULL);
}

/* A user may be named like a role. */
Test(questions, an_approval_is_of_a_user_or_of_a_role)
{
	struct test_monitor *test = monitor_make(ASKING "user \"r\" : r;\n");
	struct writ_session *user = monitor_user(test, "r");
	struct writ_session *role = monitor_role(test, "r");
	char id[WRIT_REQUEST_ID_SIZE];

	ask(user, "a", id);
	cr_expect_eq(writ_request_answer(test->monitor, id, 1, NULL), 0);
	cr_expect_eq(check_approved(role, "a", id, NULL), WRIT_DENY);
	cr_expect_eq(check_approved(user, "a", id, NULL), WRIT_ALLOW);
	monitor_end(test, user, role);
}

Test(questions, that_find_no_room_are_denials)
{
	struct test_monitor *test = monitor_make(ASKING);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_decision decision;
	char path[16];

	for (unsigned i = 0; i < WRIT_MAX_REQUESTS_OF_ONE; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		cr_assert_eq(check_path(session, path, NULL, &decision), WRIT_ASK);
	}
	cr_expect_eq(check_path(session, "/more", NULL, &decision), WRIT_DENY);
	cr_expect_eq(decision.reason, WRIT_NO_STATE);
	cr_expect_str_eq(decision.request, "");
	cr_expect_eq(check_path(session, "/7", NULL, &decision), WRIT_ASK, "it is pending");
	monitor_end(test, session, NULL);
}

static struct test_monitor *answered_by_others;
static char answered_id[WRIT_REQUEST_ID_SIZE];

static void reject(void)
{
	cr_assert_eq(request_answer(answered_by_others->monitor->requests, answered_id, 0, NULL),
		     0);
}

/* Its record is there already, and so a second one that says what came of it. */
Test(questions, an_answer_that_comes_too_late_is_recorded_as_such)
{
	struct test_monitor *test = monitor_make(ASKING);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_error error;

	ask(session, "a", answered_id);
	answered_by_others = test;
	test->meanwhile = reject;
	cr_expect_eq(writ_request_answer(test->monitor, answered_id, 1, &error), -WRIT_E_UNKNOWN);
	cr_expect_str_eq(error.text, "the request has been answered already");
	cr_expect_eq(monitor_event(test)->kind, WRIT_EVENT_APPROVAL);
	cr_expect_str_eq(monitor_event(test)->error, error.text);
	cr_expect_eq(test->events[test->n_events - 2].kind, WRIT_EVENT_APPROVAL);
	cr_expect_str_eq(test->events[test->n_events - 2].error, "");
	cr_expect_eq(check_approved(session, "a", answered_id, NULL), WRIT_DENY);
	monitor_end(test, session, NULL);
}

/* So many subjects that there is hardly room for another. */
static void fill_rates(struct rates *rates)
{
	struct rate_terms terms;
	uint64_t taken = 0;

	rate_terms_init(&terms, 1, 86400, 1);
	for (uint64_t i = 1; i < 500000; i++)
		taken += rates_take(rates, i * 0x9e3779b97f4a7c15u, i, &terms, rates_now(&terms)) ==
			 0;
	cr_assert_lt(taken, 400000u);
}

/* What has no room for a rate is no question that could not be asked, nor is an earlier one's. */
Test(questions, a_rate_without_room_is_told_as_such)
{
	struct test_monitor *test = monitor_make(ASKING);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_decision decision;
	char text[256];

	fill_rates(test->monitor->rates);
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(monitor_check(session, "b", &decision), WRIT_DENY);
		cr_assert_eq(decision.reason, WRIT_NO_STATE);
		cr_expect_str_eq(monitor_event(test)->detail, "");
		writ_session_explain(session, &decision, WRIT_FOR_OPERATOR, text, sizeof(text));
		cr_expect(strstr(text, "the state has no room for the call: rule "), "%s", text);
		writ_session_explain(session, &decision, WRIT_FOR_AGENT, text, sizeof(text));
		cr_expect_str_eq(text, "denied by policy");
		cr_expect_eq(writ_session_check(session, &call_without_form, NULL), WRIT_DENY);
		cr_expect_eq(strncmp(monitor_event(test)->detail, "not asked: ", 11), 0);
	}
	monitor_end(test, session, NULL);
}

/* However many others are answered meanwhile, each answer is an event, before it is given. */
Test(questions, each_answer_is_recorded_once)
{
	struct test_monitor *test = monitor_make(ASKING);
	struct writ_session *session = monitor_user(test, "u");
	struct writ_decision decisions[3];
	const char *const paths[] = {"/0", "/1", "/2"};
	size_t before;

	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(check_path(session, paths[i], NULL, &decisions[i]), WRIT_ASK);
	before = test->n_events;
	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(writ_request_answer(test->monitor, decisions[i].request, i != 1, NULL),
			     0);
		cr_expect_eq(test->n_events, before + i + 1);
		cr_expect_eq(monitor_event(test)->verdict, i != 1 ? WRIT_ALLOW : WRIT_DENY);
		cr_expect(strstr(monitor_event(test)->detail, decisions[i].request));
		cr_expect_eq(writ_request_answer(test->monitor, decisions[i].request, 1, NULL),
			     -WRIT_E_UNKNOWN, "once");
		cr_expect_eq(test->n_events, before + i + 1, "and that is none");
	}
	cr_expect_eq(check_path(session, "/1", decisions[1].request, NULL), WRIT_DENY);
	monitor_end(test, session, NULL);
}
