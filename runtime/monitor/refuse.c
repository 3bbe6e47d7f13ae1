/*
 * Calls of those who have no session: there is nothing to decide, but something to record.
 */
#include "runtime/monitor/monitor.h"

void writ_monitor_refuse(struct writ_monitor *monitor, const struct writ_subject *subject,
			 const struct writ_call *call, struct writ_decision *decision)
{
	const struct version *version;
	enum writ_reason reason = WRIT_UNKNOWN_SUBJECT;

	/* With no reload meanwhile, so that the current version stays. */
	(void)pthread_mutex_lock(&monitor->reloading);
	version = atomic_load(&monitor->current);
	if (monitor_record(monitor, &(struct writ_event){
					    .kind = WRIT_EVENT_DECISION,
					    .verdict = WRIT_DENY,
					    .reason = reason,
					    .rule = WRIT_NO_ID,
					    .generation = version->generation,
					    .policy = version->policy,
					    .user = subject->user,
					    .role = subject->role,
					    .tool = call->tool,
					    .tool_len = call->tool_len,
					    .args = call->args,
					    .n_args = call->args ? call->n_args : 0,
				    }))
		reason = WRIT_NOT_RECORDED;
	if (decision)
		*decision = (struct writ_decision){
			.verdict = WRIT_DENY,
			.reason = reason,
			.rule = WRIT_NO_ID,
			.sandbox = WRIT_NO_ID,
			.generation = version->generation,
		};
	(void)pthread_mutex_unlock(&monitor->reloading);
}
