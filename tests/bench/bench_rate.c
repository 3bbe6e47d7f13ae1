/*
 * How long it takes to take a call out of a rate's bucket.
 *
 *	bench_rate
 *
 * By one thread: of one bucket, and of many in no order, with the clock read before or not; by two
 * threads, of one bucket and of one each. Mean of a call, the best of several rounds, since
 * whatever else the machine does only adds. The calls are taken from private memory, at a rate that
 * is never used up, and at one that is.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "bench.h"
#include "runtime/monitor/rate.h"
#include "runtime/writ_monitor.h"

#define ROUNDS  15
#define CALLS   (1u << 20)
#define BUCKETS 10000u

struct work {
	struct rates *rates;
	const struct rate_terms *terms;
	uint64_t subjects; /* that take turns */
	uint64_t first;
	int clock;
	uint64_t refused;
	uint64_t ns;
	atomic_int *waiting; /* for others who start at once */
};

static void take(struct work *work)
{
	uint64_t state = 0x9E3779B97F4A7C15u;
	uint64_t begin = bench_now_ns();
	uint64_t now = begin;

	for (unsigned i = 0; i < CALLS; i++) {
		uint64_t subject = work->first;

		if (work->subjects > 1)
			subject += bench_random(&state) % work->subjects;
		if (work->clock)
			now = rates_now(work->terms);
		work->refused += rates_take(work->rates, subject, 7, work->terms, now) != 0;
	}
	work->ns = bench_now_ns() - begin;
}

static void *run(void *argument)
{
	struct work *work = argument;

	atomic_fetch_sub(work->waiting, 1);
	while (atomic_load(work->waiting) > 0)
		;
	take(work);
	return NULL;
}

static void report(const char *what, struct work work, unsigned n_threads)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		atomic_int waiting = (int)n_threads;
		pthread_t threads[8];
		struct work of[8];
		uint64_t ns = 0;

		for (unsigned i = 0; i < n_threads; i++) {
			of[i] = work;
			of[i].waiting = &waiting;
			of[i].first += work.first ? i : 0;
			if (pthread_create(&threads[i], NULL, run, &of[i]))
				exit(1);
		}
		for (unsigned i = 0; i < n_threads; i++) {
			(void)pthread_join(threads[i], NULL);
			ns += of[i].ns / n_threads;
		}
		if (ns < best)
			best = ns;
	}
	printf("%-58s %7.1f ns\n", what, (double)best / CALLS);
}

int main(void)
{
	struct rate_terms ample, used_up;
	struct writ_error error;
	struct rates *rates;
	struct state *state;
	struct work work;

	if (state_open(WRIT_STATE_PRIVATE, &state, &error) || rates_open(state, &rates, &error)) {
		fprintf(stderr, "bench_rate: %s\n", error.text);
		return 1;
	}
	rate_terms_init(&ample, 4000000000u, 1, 4000000000u);
	rate_terms_init(&used_up, 1, 86400, 1);
	work = (struct work){.rates = rates, .terms = &ample, .subjects = 1};
	report("one bucket, one thread", work, 1);
	work.clock = 1;
	report("the same with the clock", work, 1);
	work.terms = &used_up;
	report("refused, with the coarse clock", work, 1);
	work.terms = &ample;
	work.clock = 0;
	report("one bucket, two threads", work, 2);
	work.first = 1;
	report("a bucket each, two threads", work, 2);
	work.first = 0;
	work.subjects = BUCKETS;
	report("10,000 buckets in no order, one thread", work, 1);
	rates_close(rates);
	state_close(state);
	return 0;
}
