/*
 * See monitor_maker.h.
 */
#include "support/monitor_maker.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int load(void *context, const char *path, const struct writ_options *options,
		struct writ_policy **out, struct writ_error *error)
{
	const struct test_monitor *test = context;

	(void)path;
	if (test->load_rc) {
		snprintf(error->text, sizeof(error->text), "the test says no");
		return test->load_rc;
	}
	return writ_open_memory(test->bundle.bytes, test->bundle.size, options, out, error);
}

static void copy(char *to, size_t size, const char *from, size_t len)
{
	if (from)
		snprintf(to, size, "%.*s", len ? (int)len : (int)strlen(from), from);
}

static int record(void *context, const struct writ_event *event)
{
	struct test_monitor *test = context;
	struct test_event *out = &test->events[test->n_events % EVENTS_KEPT];

	if (test->record_rc)
		return test->record_rc;
	memset(out, 0, sizeof(*out));
	out->kind = event->kind;
	out->verdict = event->verdict;
	out->reason = event->reason;
	out->rule = event->rule;
	out->generation = event->generation;
	out->session = event->session;
	out->n_args = event->n_args;
	copy(out->user, sizeof(out->user), event->user, 0);
	copy(out->role, sizeof(out->role), event->role, 0);
	copy(out->tool, sizeof(out->tool), event->tool, event->tool_len);
	copy(out->sandbox, sizeof(out->sandbox), event->sandbox, 0);
	copy(out->detail, sizeof(out->detail), event->detail, 0);
	copy(out->error, sizeof(out->error), event->error, 0);
	test->n_events++;
	if (test->meanwhile && event->kind == WRIT_EVENT_APPROVAL && !event->error)
		test->meanwhile();
	return 0;
}

int monitor_try(struct test_monitor *test, struct writ_error *error)
{
	const struct writ_sink sink = {record, test};
	const struct writ_options policy = {.home = "/home/test"};
	const struct writ_monitor_options options = {
		.policy = &policy,
		.state = WRIT_STATE_PRIVATE,
		.load = load,
		.load_context = test,
		.sink = &sink,
	};

	return writ_monitor_open(NULL, &options, &test->monitor, error);
}

struct test_monitor *monitor_make(const char *text)
{
	struct test_monitor *test = calloc(1, sizeof(*test));
	struct writ_error error;

	test->bundle = bundle_make(text);
	cr_assert_eq(monitor_try(test, &error), 0, "%s", error.text);
	return test;
}

int monitor_replace(struct test_monitor *test, const char *text, struct writ_error *error)
{
	free(test->bundle.bytes);
	test->bundle = bundle_make(text);
	return writ_reload(test->monitor, error);
}

static struct writ_session *open_session(struct test_monitor *test,
					 const struct writ_subject *subject)
{
	struct writ_session *session = NULL;
	struct writ_error error;

	cr_assert_eq(writ_session_open(test->monitor, subject, &session, &error), 0, "%s",
		     error.text);
	return session;
}

struct writ_session *monitor_user(struct test_monitor *test, const char *user)
{
	return open_session(test, &(struct writ_subject){.user = user});
}

struct writ_session *monitor_role(struct test_monitor *test, const char *role)
{
	return open_session(test, &(struct writ_subject){.role = role});
}

int monitor_try_session(struct test_monitor *test, const struct writ_subject *subject,
			struct writ_error *error)
{
	struct writ_session *session = NULL;
	int rc = writ_session_open(test->monitor, subject, &session, error);

	writ_session_close(session);
	return rc;
}

const struct test_event *monitor_event(const struct test_monitor *test)
{
	cr_assert_gt(test->n_events, 0u);
	return &test->events[(test->n_events - 1) % EVENTS_KEPT];
}

enum writ_verdict monitor_check(struct writ_session *session, const char *tool,
				struct writ_decision *decision)
{
	return writ_session_check(session, &(struct writ_call){.tool = tool}, decision);
}

void monitor_free(struct test_monitor *test)
{
	writ_monitor_close(test->monitor);
	free(test->bundle.bytes);
	free(test);
}

void monitor_end(struct test_monitor *test, struct writ_session *one, struct writ_session *other)
{
	writ_session_close(one);
	writ_session_close(other);
	monitor_free(test);
}
