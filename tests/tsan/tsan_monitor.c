/*
 * A monitor under ThreadSanitizer: sessions check and are opened and closed, their user's roles
 * change, and the policy is replaced, all at once. Every call must be decided by one version.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/writ_monitor.h"

#define THREADS 4u
#define CALLS   10000u
#define RELOADS 150u
#define AGAIN   100u /* calls of one session */

static const char bundle[] = BUILD_DIR "/policies/dev-agent.wrt";
static struct writ_monitor *monitor;
static uint64_t roles_generation;
static atomic_ulong recorded;
static atomic_ulong decided;
static atomic_uint failed;

static int record(void *context, const struct writ_event *event)
{
	(void)context;
	if (event->policy && strcmp(writ_policy_name(event->policy), "dev_agent") != 0)
		atomic_store(&failed, 1);
	if (event->kind == WRIT_EVENT_DECISION)
		atomic_fetch_add(&recorded, 1);
	return 0;
}

static int look_up(void *context, const char *user,
		   int (*add)(void *user_context, const char *role), void *user_context,
		   struct writ_error *error)
{
	int rc = add(user_context, "guest");

	(void)context;
	(void)error;
	return rc ? rc : strcmp(user, "two") == 0 ? add(user_context, "developer") : 0;
}

static void check_some(struct writ_session *session)
{
	uint32_t last = 0;

	for (unsigned i = 0; i < AGAIN; i++) {
		struct writ_decision decision;
		struct writ_rule rule;
		enum writ_verdict verdict =
			writ_session_check(session, &(struct writ_call){.tool = "read_file"},
					   &decision);

		if (decision.generation < last || (int)verdict < 0)
			atomic_store(&failed, 2);
		if (decision.rule != WRIT_NO_ID &&
		    writ_rule(writ_session_policy(session), decision.rule, &rule))
			atomic_store(&failed, 3);
		last = decision.generation;
		atomic_fetch_add(&decided, 1);
	}
}

static void *work(void *argument)
{
	const struct writ_identity identity = {look_up, NULL, &roles_generation};
	const struct writ_subject subjects[] = {
		{.role = "developer"},
		{.user = "bob"},
		{.user = "two", .identity = &identity},
	};
	unsigned number = (unsigned)(uintptr_t)argument;

	for (unsigned i = 0; i < CALLS / AGAIN; i++) {
		struct writ_session *session;

		if (writ_session_open(monitor, &subjects[(number + i) % 3], &session, NULL)) {
			atomic_store(&failed, 4);
			return NULL;
		}
		check_some(session);
		writ_session_close(session);
	}
	return NULL;
}

static void *change_roles(void *argument)
{
	(void)argument;
	for (unsigned i = 0; i < RELOADS; i++) {
		__atomic_fetch_add(&roles_generation, 1, __ATOMIC_RELEASE);
		if (writ_reload(monitor, NULL))
			atomic_store(&failed, 5);
	}
	return NULL;
}

int main(void)
{
	const struct writ_param param = {"workspace", "/tmp"};
	const struct writ_options policy = {.params = &param, .n_params = 1};
	const struct writ_sink sink = {record, NULL};
	const struct writ_monitor_options options = {.policy = &policy,
						     .state = WRIT_STATE_PRIVATE,
						     .sink = &sink};
	pthread_t threads[THREADS + 1];
	struct writ_error error;

	if (writ_monitor_open(bundle, &options, &monitor, &error)) {
		fprintf(stderr, "%s: %s\n", bundle, error.text);
		return 1;
	}
	for (unsigned i = 0; i <= THREADS; i++) {
		if (pthread_create(&threads[i], NULL, i < THREADS ? work : change_roles,
				   (void *)(uintptr_t)i))
			return 1;
	}
	for (unsigned i = 0; i <= THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%lu decided, %lu recorded, generation %u, fault %u\n", atomic_load(&decided),
	       atomic_load(&recorded), writ_monitor_generation(monitor), atomic_load(&failed));
	if (atomic_load(&failed) || atomic_load(&decided) != atomic_load(&recorded))
		return 1;
	writ_monitor_close(monitor);
	return 0;
}
