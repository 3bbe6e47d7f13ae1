/*
 * A reference monitor's insides: the policy in force and who uses which.
 *
 * A version is a policy as it was loaded, with what a monitor has worked out of it. A session
 * publishes the version that it uses, in a word that only it writes, for as long as it uses it: a
 * hazard pointer. A check compares that with the current version, and as long as they are the same
 * it needs nothing else: what is published is not freed, so no other version can have its address.
 * A reload makes another version current, and frees those that no session publishes.
 */
#ifndef WRIT_RUNTIME_MONITOR_H
#define WRIT_RUNTIME_MONITOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "runtime/writ_monitor.h"

struct version {
	struct writ_policy *policy;
	uint32_t generation;
	struct version *next; /* among those that are no longer current */
};

struct writ_monitor {
	_Atomic(struct version *) current;
	_Atomic(uint32_t) generation; /* of it, for who has published nothing */
	struct writ_sink sink;        /* record is NULL: nothing is recorded */

	/* How the policy is read again; copies of the options. */
	char *path;
	char *home;
	char **texts; /* of the parameters, by index */
	struct writ_param *params;
	struct writ_options options; /* of the above */
	int (*load)(void *context, const char *path, const struct writ_options *options,
		    struct writ_policy **out, struct writ_error *error);
	void *load_context;

	pthread_mutex_t reloading; /* held by one reload at a time, and first */
	pthread_mutex_t lock;      /* for what follows */
	struct writ_session *sessions;
	struct version *retired;
};

/* Has an event recorded. 0, or not 0: it was not. */
WRIT_MUST_CHECK int monitor_record(const struct writ_monitor *monitor,
				   const struct writ_event *event);

/* Enters a session, with the current version published. */
void monitor_enter(struct writ_monitor *monitor, struct writ_session *session);

/* Takes it out again, and frees versions that nobody uses any more. */
void monitor_leave(struct writ_monitor *monitor, struct writ_session *session);

#endif
