/*
 * Rates under ThreadSanitizer: threads take of a few buckets, and of many that change hands.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "runtime/monitor/rate.h"
#include "runtime/writ_monitor.h"

#define THREADS 4u
#define TAKES   20000u
#define SECOND  1000000000ull
#define START   (1000 * SECOND)

static struct rates *rates;
static struct rate_terms terms;
static atomic_ulong passed;

static void *take(void *argument)
{
	uint64_t random = (uint64_t)(uintptr_t)argument;

	for (uint64_t i = 0; i < TAKES; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		if (rates_take(rates, i % 4, 1, &terms, START) == 0)
			atomic_fetch_add(&passed, 1);
		(void)!rates_take(rates, random, 2, &terms, START);
	}
	return NULL;
}

int main(void)
{
	struct writ_error error;
	struct state *state;
	pthread_t threads[THREADS];

	if (state_open(WRIT_STATE_PRIVATE, &state, &error) || rates_open(state, &rates, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	state_close(state);
	rate_terms_init(&terms, 10, 1, 100);
	/* So that places have to be taken from others. */
	for (uint64_t i = 0; i < 200000; i++)
		(void)!rates_take(rates, i * 0x9e3779b97f4a7c15u, 3, &terms, START - 100 * SECOND);
	for (uintptr_t i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, take, (void *)(i + 1)))
			return 1;
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	rates_close(rates);
	if (atomic_load(&passed) > 4 * 100) {
		fprintf(stderr, "%lu calls passed\n", atomic_load(&passed));
		return 1;
	}
	return 0;
}
