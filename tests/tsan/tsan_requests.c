/*
 * Requests under ThreadSanitizer: some threads ask, wait and use, others answer what is pending.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/monitor/request.h"

#define THREADS  4u
#define REQUESTS 300

static struct requests *requests;
static struct writ_policy *policy;
static atomic_int asking;
static atomic_int used;

static void *ask(void *argument)
{
	struct writ_arg arg = {.name = "n", .type = WRIT_ARG_INTEGER};
	const struct request_call call = {
		.policy = policy,
		.kind = WRIT_ROLE,
		.subject = argument,
		.tool = "tool",
		.args = &arg,
		.n_args = 1,
	};
	char id[WRIT_REQUEST_ID_SIZE];

	for (; arg.number < REQUESTS; arg.number++) {
		if (request_make(requests, &call, id, NULL))
			continue;
		if (request_wait(requests, id, -1) == WRIT_APPROVED &&
		    request_use(requests, id, &call) == REQUEST_GOOD)
			atomic_fetch_add(&used, 1);
	}
	atomic_fetch_sub(&asking, 1);
	return NULL;
}

static void *answer(void *argument)
{
	struct writ_request_info info;

	(void)argument;
	while (atomic_load(&asking) > 0) {
		if (request_get(requests, 0, &info) == 0)
			(void)!request_answer(requests, info.id, 1, NULL);
	}
	return NULL;
}

int main(void)
{
	static const struct writ_options options = {.stand_ins = 1, .examine = 1};
	static char names[THREADS][2] = {"a", "b", "c", "d"};
	pthread_t threads[2 * THREADS];
	struct writ_error error;
	struct state *state;

	if (writ_open(BUILD_DIR "/policies/dev-agent.wrt", &options, &policy, &error) ||
	    state_open(WRIT_STATE_PRIVATE, &state, &error) ||
	    requests_open(state, &requests, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	state_close(state);
	atomic_store(&asking, THREADS);
	for (unsigned int i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, ask, names[i]) ||
		    pthread_create(&threads[THREADS + i], NULL, answer, NULL))
			return 1;
	}
	for (unsigned int i = 0; i < 2 * THREADS; i++)
		pthread_join(threads[i], NULL);
	requests_close(requests);
	writ_close(policy);
	if (atomic_load(&used) != THREADS * REQUESTS) {
		fprintf(stderr, "%d were used\n", atomic_load(&used));
		return 1;
	}
	return 0;
}
