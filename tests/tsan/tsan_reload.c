/*
 * Reloading by signals under ThreadSanitizer: four threads decide, SIGHUP comes a thousand times,
 * and the end comes while the last of them are worked off.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/writ_reload.h"

#define THREADS 4
#define SIGNALS 1000

static struct writ_monitor *monitor;
static atomic_bool over;
static atomic_ulong wrong;
static atomic_ulong decided;
static unsigned reloads; /* of the one thread that reloads */
static unsigned failures;

static void *check_calls(void *unused)
{
	struct writ_session *session;

	(void)unused;
	if (writ_session_open(monitor, &(struct writ_subject){.role = "developer"}, &session,
			      NULL)) {
		atomic_fetch_add(&wrong, 1);
		return NULL;
	}
	while (!atomic_load(&over)) {
		if (writ_session_check(session, &(struct writ_call){.tool = "read_file"}, NULL) < 0)
			atomic_fetch_add(&wrong, 1);
		atomic_fetch_add(&decided, 1);
	}
	writ_session_close(session);
	return NULL;
}

static void told(void *context, uint32_t generation, const struct writ_error *error)
{
	(void)context;
	(void)generation;
	reloads++;
	failures += error != NULL;
}

int main(void)
{
	const struct writ_param param = {"workspace", "/tmp"};
	const struct writ_options policy = {.params = &param, .n_params = 1};
	const struct writ_monitor_options options = {.policy = &policy,
						     .state = WRIT_STATE_PRIVATE};
	struct writ_reloader *reloader;
	pthread_t threads[THREADS];
	struct writ_error error;
	sigset_t hup;

	(void)sigemptyset(&hup);
	(void)sigaddset(&hup, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, &hup, NULL);
	if (writ_monitor_open(BUILD_DIR "/policies/dev-agent.wrt", &options, &monitor, &error) ||
	    writ_reload_on(monitor, &(struct writ_reload_options){SIGHUP, told, NULL}, &reloader,
			   &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	for (int i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, check_calls, NULL))
			return 1;
	}
	for (int i = 0; i < SIGNALS; i++) {
		(void)kill(getpid(), SIGHUP);
		(void)usleep(i % 10 ? 0 : 1000);
	}
	writ_reload_off(reloader);
	atomic_store(&over, true);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	printf("%lu decided, %lu wrong, %u reloads, %u failed, generation %u\n",
	       atomic_load(&decided), atomic_load(&wrong), reloads, failures,
	       writ_monitor_generation(monitor));
	if (atomic_load(&wrong) || !reloads || failures ||
	    writ_monitor_generation(monitor) != reloads + 1)
		return 1;
	writ_monitor_close(monitor);
	return 0;
}
