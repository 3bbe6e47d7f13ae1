/*
 * See bypass.h.
 */
#include "support/bypass.h"

#include <stdbool.h>

#include <criterion/criterion.h>

#include "support/monitor_maker.h"

/* In a session, where a subject can be given to one. */
static enum writ_verdict in_session(struct test_monitor *test, const struct writ_request *request)
{
	const struct writ_call call = {request->tool, request->tool_len, request->args,
				       request->n_args, NULL};
	const struct writ_subject subject = {.role = request->role, .user = request->user};
	struct writ_session *session = NULL;
	enum writ_verdict verdict;

	if (writ_session_open(test->monitor, &subject, &session, NULL))
		return WRIT_DENY;
	verdict = writ_session_check(session, &call, NULL);
	writ_session_close(session);
	return verdict;
}

static void expect(const struct bypass *row, const char *text, const struct writ_request *request,
		   bool allowed)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	struct test_monitor *test = monitor_make(text);
	enum writ_verdict verdict = writ_check(policy, request, NULL);

	cr_expect_eq(verdict == WRIT_ALLOW, allowed, "%s: %d", row->name, verdict);
	if (!request->role_len && !request->user_len) {
		verdict = in_session(test, request);
		cr_expect_eq(verdict == WRIT_ALLOW, allowed, "%s, in a session: %d", row->name,
			     verdict);
	}
	monitor_free(test);
	writ_close(policy);
}

void bypass_expect(const struct bypass *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		expect(&rows[i], rows[i].policy, &rows[i].denied, false);
		expect(&rows[i], rows[i].control ? rows[i].control : rows[i].policy,
		       &rows[i].allowed, true);
	}
}
