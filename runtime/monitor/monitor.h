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

#include "runtime/monitor/rate.h"
#include "runtime/monitor/request.h"
#include "runtime/writ_monitor.h"

/* What a rule's rate is counted by. */
struct rated_rule {
	uint64_t id;
	struct rate_terms terms;
};

struct version {
	struct writ_policy *policy;
	uint32_t generation;
	struct rates *rates;       /* the monitor's; NULL: no rule has a rate */
	struct rated_rule *rated;  /* by rule; of those without a rate nothing */
	struct requests *requests; /* the monitor's; NULL: no rule asks */
	struct version *next;      /* among those that are no longer current */
};

struct writ_monitor {
	_Atomic(struct version *) current;
	_Atomic(uint32_t) generation; /* of it, for who has published nothing */
	struct writ_sink sink;        /* record is NULL: nothing is recorded */

	/* How the policy is read again; copies of the options. */
	char *path;
	char *home;
	char *kept[WRIT_MAX_KEPT];
	char **texts; /* of the parameters, by index */
	struct writ_param *params;
	struct writ_options options; /* of the above */
	int (*load)(void *context, const char *path, const struct writ_options *options,
		    struct writ_policy **out, struct writ_error *error);
	void *load_context;

	/* Opened with the first version that needs them, by who holds reloading. */
	char *state; /* the directory; NULL: the usual one */
	struct rates *rates;
	struct requests *requests;

	pthread_mutex_t reloading; /* held by one reload at a time, and first */
	pthread_mutex_t lock;      /* for what follows */
	struct writ_session *sessions;
	struct version *retired;
};

/*
 * Reads the policy, of the same name as the current one if there is one, and opens the state that
 * it needs. Errors: those of writ_open and state_open; UNSUPPORTED; INVALID for another name.
 */
WRIT_MUST_CHECK int version_load(struct writ_monitor *monitor, uint32_t generation,
				 struct version **out, struct writ_error *error);
void version_free(struct version *version); /* NULL is allowed */

/* Has an event recorded. 0, or not 0: it was not. */
WRIT_MUST_CHECK int monitor_record(const struct writ_monitor *monitor,
				   const struct writ_event *event);

/* Enters a session, with the current version published. */
void monitor_enter(struct writ_monitor *monitor, struct writ_session *session);

/* Takes it out again, and frees versions that nobody uses any more. */
void monitor_leave(struct writ_monitor *monitor, struct writ_session *session);

#endif
