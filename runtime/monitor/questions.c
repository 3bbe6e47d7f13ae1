/*
 * Questions to a human, of a monitor: requests (request.h) whose answers are recorded.
 *
 * In: the id of a request and an answer. Out: an event, and then the answer. Neither is there
 * without the other, unless somebody else's answer comes first: that is an event of its own.
 */
#include <stdio.h>

#include "runtime/error.h"
#include "runtime/monitor/monitor.h"

enum writ_answer writ_request_wait(struct writ_monitor *monitor, const char *id, int timeout_ms)
{
	return monitor->requests ? request_wait(monitor->requests, id, timeout_ms) : WRIT_EXPIRED;
}

int writ_request_get(struct writ_monitor *monitor, size_t index, struct writ_request_info *out)
{
	return monitor->requests ? request_get(monitor->requests, index, out) : -WRIT_E_INVALID;
}

/*
 * With no reload meanwhile, so that the current version stays. failure: why it was not answered
 * after all; or NULL.
 */
static int record_answer(struct writ_monitor *monitor, const struct writ_request_info *info,
			 int approve, const char *failure)
{
	const struct version *version;
	char detail[512];
	int rc;

	(void)snprintf(detail, sizeof(detail), "%s%s: request %s of %s", failure ? "not " : "",
		       approve ? "approved" : "rejected", info->id, info->subject);
	(void)pthread_mutex_lock(&monitor->reloading);
	version = atomic_load(&monitor->current);
	rc = monitor_record(monitor,
			    &(struct writ_event){
				    .kind = WRIT_EVENT_APPROVAL,
				    .verdict = approve && !failure ? WRIT_ALLOW : WRIT_DENY,
				    .rule = WRIT_NO_ID,
				    .generation = version->generation,
				    .policy = version->policy,
				    .tool = info->tool,
				    .detail = detail,
				    .error = failure,
			    });
	(void)pthread_mutex_unlock(&monitor->reloading);
	return rc;
}

/* Recorded before it is good for a call: an answer that leaves no record is none. */
int writ_request_answer(struct writ_monitor *monitor, const char *id, int approve,
			struct writ_error *error)
{
	struct writ_request_info info;
	struct writ_error reason;
	int rc;

	if (!id)
		return error_set(error, WRIT_E_INVALID, "writ_request_answer: id must be given");
	if (!monitor->requests)
		return error_set(error, WRIT_E_UNKNOWN, "the policy asks nothing");
	rc = request_find(monitor->requests, id, &info, error);
	if (rc)
		return rc;
	if (record_answer(monitor, &info, approve, NULL))
		return error_set(error, WRIT_E_SYSTEM,
				 "the answer can't be recorded, so it is not given");
	rc = request_answer(monitor->requests, id, approve, &reason);
	if (!rc)
		return 0;
	(void)record_answer(monitor, &info, approve, reason.text);
	return error_set(error, (enum writ_error_code) - rc, "%s", reason.text);
}
