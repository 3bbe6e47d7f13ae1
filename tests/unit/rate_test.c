/*
 * Rates: what passes is exact, whatever the rate, the number of threads and of processes, and
 * however they end.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/monitor/rate.h"
#include "runtime/monitor/rate_units.h"
#include "runtime/writ_monitor.h"

#define MS     1000000ull
#define SECOND (1000 * MS)
#define DAY    (86400 * SECOND)
#define START  (3600 * SECOND) /* the machine has been up for so long */

static struct rates *open_rates(const char *directory)
{
	struct writ_error error;
	struct rates *rates = NULL;
	struct state *state;

	cr_assert_eq(state_open(directory, &state, &error), 0, "%s", error.text);
	cr_assert_eq(rates_open(state, &rates, &error), 0, "%s", error.text);
	state_close(state);
	return rates;
}

static struct rate_terms terms_of(uint32_t rate, uint32_t period_s, uint32_t burst)
{
	struct rate_terms terms;

	rate_terms_init(&terms, rate, period_s, burst);
	return terms;
}

static uint64_t take_all(struct rates *rates, uint64_t subject, const struct rate_terms *terms,
			 uint64_t now, uint64_t most)
{
	uint64_t n = 0;

	while (n < most && rates_take(rates, subject, 1, terms, now) == 0)
		n++;
	return n;
}

Test(rate, a_burst_and_then_one_at_a_time)
{
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);
	struct rate_terms terms = terms_of(10, 60, 3); /* every six seconds */
	uint32_t wait;

	cr_expect_eq(take_all(rates, 1, &terms, START, 100), 3);
	wait = rates_take(rates, 1, 1, &terms, START);
	cr_expect(wait == 6000 || wait == 6001, "%u", wait);
	wait = rates_take(rates, 1, 1, &terms, START + 4 * SECOND);
	cr_expect(wait == 2000 || wait == 2001, "%u", wait);
	cr_expect_neq(rates_take(rates, 1, 1, &terms, START + 6 * SECOND - 1), 0);
	cr_expect_eq(take_all(rates, 1, &terms, START + 6 * SECOND + 1, 100), 1);
	cr_expect_eq(take_all(rates, 1, &terms, START + 3600 * SECOND, 100), 3);
	rates_close(rates);
}

/* What any window of time lets through, wherever it begins, is a burst and what comes meanwhile. */
Test(rate, no_window_has_an_edge)
{
	enum { TAKES = 4000, STEP_MS = 37 };
	static uint64_t passed[TAKES];
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);
	struct rate_terms terms = terms_of(60, 60, 5);
	size_t n = 0;

	for (uint64_t i = 0; i < TAKES; i++) {
		uint64_t now = START + i * STEP_MS * MS;

		for (int k = 0; k < 3; k++) {
			if (rates_take(rates, 1, 1, &terms, now) == 0)
				passed[n++] = now;
		}
	}
	cr_expect_eq(n, 5 + (TAKES - 1) * STEP_MS / 1000, "in all, %zu", n);
	for (size_t first = 0; first < n; first++) {
		for (size_t last = first; last < n; last++) {
			uint64_t most = 5 + (passed[last] - passed[first]) / SECOND;

			cr_assert(last - first + 1 <= most, "%zu to %zu", first, last);
		}
	}
	rates_close(rates);
}

Test(rate, subjects_and_rules_have_buckets_of_their_own)
{
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);
	struct rate_terms terms = terms_of(1, 86400, 1);
	struct rate_rule rule = {"role", "tool", "", 1, 86400, 1};
	uint64_t first = rates_rule(rates, &rule);
	uint64_t user = rates_subject(rates, "p", WRIT_USER, "ann");

	cr_expect_eq(rates_subject(rates, "p", WRIT_USER, "ann"), user);
	cr_expect_neq(rates_subject(rates, "p", WRIT_ROLE, "ann"), user);
	cr_expect_neq(rates_subject(rates, "q", WRIT_USER, "ann"), user);
	cr_expect_neq(rates_subject(rates, "pa", WRIT_USER, "nn"), user);
	cr_expect_eq(rates_rule(rates, &rule), first);
	rule.condition = "x == 1";
	uint64_t second = rates_rule(rates, &rule);
	cr_expect_neq(second, first);
	rule.burst = 2;
	cr_expect_neq(rates_rule(rates, &rule), second);
	cr_expect_neq(rates_rule(rates, &(struct rate_rule){"other", "tool", "", 1, 86400, 1}),
		      first);
	cr_expect_neq(rates_rule(rates, &(struct rate_rule){"role", "other", "", 1, 86400, 1}),
		      first);
	cr_expect_neq(rates_rule(rates, &(struct rate_rule){"rolet", "ool", "", 1, 86400, 1}),
		      first);
	cr_expect_eq(rates_take(rates, user, first, &terms, START), 0);
	cr_expect_neq(rates_take(rates, user, first, &terms, START), 0);
	cr_expect_eq(rates_take(rates, user, second, &terms, START), 0);
	cr_expect_eq(rates_take(rates, user + 1, first, &terms, START), 0);
	rates_close(rates);
}

/* Rates and bursts at the ends of their ranges, early and late: what passes is exact. */
Test(rate, nothing_overflows)
{
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);
	static const struct {
		uint32_t rate, period_s, burst;
		uint64_t after_ns; /* of a used-up bucket */
		uint64_t passes;   /* then */
	} cases[] = {
		{1, 86400, 1, DAY + 1, 1},
		{1, 86400, 1, DAY - 1, 0},
		{1, 86400, 3, 2 * DAY + 1, 2},
		{4294967295u, 1, 1, 1, 1},
		{4294967295u, 1, 100000, 10 * 1000, 42950}, /* 42949.67: its unit is a call */
		{4294967295u, 86400, 5, DAY, 5},
		{7, 60, 1000, 60 * SECOND + 1, 7},
		{1, 86400, 4294967295u, 0, 100000}, /* not used up by so few */
	};
	static const uint64_t starts[] = {10 * SECOND, START, 1000 * DAY, 9000 * DAY};

	for (size_t k = 0; k < sizeof(starts) / sizeof(starts[0]); k++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct rate_terms terms = terms_of(cases[i].rate, cases[i].period_s,
							   cases[i].burst);
			uint64_t subject = 100 * k + i;
			uint64_t n = take_all(rates, subject, &terms, starts[k], 100000);

			cr_expect_eq(n, cases[i].burst < 100000 ? cases[i].burst : 100000,
				     "burst of %zu at %zu: %lu", i, k, (unsigned long)n);
			n = take_all(rates, subject, &terms, starts[k] + cases[i].after_ns, 100000);
			cr_expect_eq(n, cases[i].passes, "then of %zu at %zu: %lu", i, k,
				     (unsigned long)n);
		}
	}
	rates_close(rates);
}

/* A bucket of four thousand million calls a day is used up exactly, too. */
Test(rate, the_largest_bucket_is_exact)
{
	struct rate_terms terms = terms_of(1, 86400, 4294967295u);

	cr_expect_eq(terms.capacity / terms.cost, 4294967295u);
	cr_expect(terms.capacity + rate_units(&terms, UINT64_MAX) + terms.cost > terms.capacity,
		  "the sum fits");
	cr_expect_eq(terms_of(4294967295u, 1, 4294967295u).capacity,
		     4294967295u * terms_of(4294967295u, 1, 4294967295u).cost);
}

/* Times that can't be: a call is refused or granted as if the time were the nearest that can. */
/* Of terms that are none of ours, in a file that somebody else has written into, no bucket is full.
 */
Test(rate, terms_that_can_not_be_are_never_full)
{
	const uint64_t good = terms_of(7, 60, 3).packed;

	cr_expect_gt(rate_units_now(good, START), 0u);
	cr_expect_eq(rate_units_now(0, START), 0u);
	cr_expect_eq(rate_units_now(good & ~(uint64_t)UINT32_MAX, START), 0u, "no rate");
	cr_expect_eq(rate_units_now(good | (uint64_t)0xff << 32, START), 0u, "no such cost");
	cr_expect_eq(rate_units_now(good | (uint64_t)0xff << 40, START), 0u, "no such period");
}

Test(rate, clocks_far_apart)
{
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);
	struct rate_terms terms = terms_of(10, 1, 4);

	cr_expect_eq(take_all(rates, 1, &terms, 30000 * DAY, 100), 4);
	cr_expect_eq(take_all(rates, 1, &terms, UINT64_MAX, 100), 0, "no time after the last");
	cr_expect_eq(take_all(rates, 1, &terms, START, 100), 0, "time goes back: nothing comes");
	cr_expect(rates_take(rates, 1, 1, &terms, START) < RATES_NO_ROOM);
	cr_expect(rates_take(rates, 1, 1, &terms, START) > 1000000000u);
	cr_expect_eq(take_all(rates, 2, &terms, 0, 100), 3, "all but what the first instant lacks");
	cr_expect_eq(take_all(rates, 2, &terms, START, 100), 4);
	rates_close(rates);
}

Test(rate, waiting_as_long_as_was_told_is_enough)
{
	static const uint32_t periods[] = {1, 60, 3600, 86400};
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);

	for (uint32_t i = 0; i < 4; i++) {
		for (uint32_t rate = 1; rate < 2000; rate = rate * 3 + 1) {
			struct rate_terms terms = terms_of(rate, periods[i], 2);
			uint64_t subject = rate * 10 + i;
			uint32_t wait;

			(void)take_all(rates, subject, &terms, START, 3);
			wait = rates_take(rates, subject, 1, &terms, START);
			cr_assert(wait > 0 && wait < RATES_NO_ROOM);
			if (wait > 1)
				cr_expect_neq(rates_take(rates, subject, 1, &terms,
							 START + (wait - 2) * MS),
					      0, "%u every %u s: told too much", rate, periods[i]);
			cr_expect_eq(rates_take(rates, subject, 1, &terms, START + wait * MS), 0,
				     "%u every %u s: %u ms are not enough", rate, periods[i], wait);
		}
	}
	rates_close(rates);
}

/* ---- shared ---- */

static char directory[40];

static void make_directory(void)
{
	strcpy(directory, "/tmp/writ-rate-XXXXXX");
	cr_assert(mkdtemp(directory) != NULL);
}

static void remove_directory(void)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	cr_assert_eq(system(command), 0);
}

Test(rate, beginning_again_resets_nothing, .init = make_directory, .fini = remove_directory)
{
	struct rate_terms terms = terms_of(2, 86400, 2);
	uint64_t passed = 0;

	for (int i = 0; i < 20; i++) {
		struct rates *rates = open_rates(directory);
		uint64_t subject = rates_subject(rates, "p", WRIT_USER, "ann");

		passed += rates_take(rates, subject, 1, &terms, rates_now(&terms)) == 0;
		rates_close(rates);
	}
	cr_expect_eq(passed, 2);
	/* The control: who does not share the directory begins with a full bucket. */
	cr_expect_eq(take_all(open_rates(WRIT_STATE_PRIVATE), 1, &terms, START, 100), 2);
}

struct taker {
	struct rates *rates;
	const struct rate_terms *terms;
	uint64_t subjects;
	uint64_t tries;
	uint64_t now;
	uint64_t passed;
	pthread_barrier_t *barrier;
};

static void *take_in_turn(void *argument)
{
	struct taker *taker = argument;

	pthread_barrier_wait(taker->barrier);
	for (uint64_t i = 0; i < taker->tries; i++)
		taker->passed += rates_take(taker->rates, i % taker->subjects, 1, taker->terms,
					    taker->now) == 0;
	return NULL;
}

/* The sum of what n threads are given; they all begin at once. */
static uint64_t take_together(struct taker like, int n)
{
	pthread_barrier_t barrier;
	pthread_t threads[64];
	struct taker takers[64];
	uint64_t passed = 0;

	pthread_barrier_init(&barrier, NULL, (unsigned int)n);
	like.barrier = &barrier;
	for (int i = 0; i < n; i++) {
		takers[i] = like;
		cr_assert_eq(pthread_create(&threads[i], NULL, take_in_turn, &takers[i]), 0);
	}
	for (int i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		passed += takers[i].passed;
	}
	pthread_barrier_destroy(&barrier);
	return passed;
}

Test(rate, threads_get_exactly_what_there_is)
{
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);
	struct rate_terms terms = terms_of(100, 60, 1000);

	for (uint64_t subjects = 1; subjects <= 100; subjects *= 10) {
		struct taker like = {.rates = rates,
				     .terms = &terms,
				     .subjects = subjects,
				     .tries = 20 * subjects,
				     .now = START * subjects};

		cr_expect_eq(take_together(like, 64), 1000 * subjects, "%lu subjects",
			     (unsigned long)subjects);
		like.now += 6 * SECOND + 1;
		cr_expect_eq(take_together(like, 64), 10 * subjects, "%lu subjects, later",
			     (unsigned long)subjects);
	}
	rates_close(rates);
}

Test(rate, processes_get_exactly_what_there_is, .init = make_directory, .fini = remove_directory)
{
	enum { PROCESSES = 8, THREADS = 4 };
	struct rate_terms terms = terms_of(1, 86400, 5000);
	atomic_ulong *passed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				    -1, 0);

	cr_assert(passed != MAP_FAILED);
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			struct rates *rates = open_rates(directory);
			struct taker like = {.rates = rates,
					     .terms = &terms,
					     .subjects = 1,
					     .tries = 1000,
					     .now = START};

			atomic_fetch_add(passed, take_together(like, THREADS));
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		cr_assert(wait(&status) > 0);
		cr_expect_eq(status, 0);
	}
	cr_expect_eq(atomic_load(passed), 5000);
}

/* Whoever is killed takes at most the call with him that he was just taking. */
Test(rate, killed_processes_leave_the_rest, .init = make_directory, .fini = remove_directory)
{
	enum { ROUNDS = 40, BURST = 4000000 };
	struct rate_terms terms = terms_of(1, 86400, BURST);
	struct rate_terms few = terms_of(1, 86400, 1);
	struct rates *rates = open_rates(directory);
	atomic_ulong *passed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				    -1, 0);
	uint64_t left;

	cr_assert(passed != MAP_FAILED);
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			for (uint64_t n = 0;; n++) {
				if (rates_take(rates, 1, 1, &terms, START) == 0)
					atomic_fetch_add(passed, 1);
				/* New buckets, too, whose making may be cut short. */
				(void)!rates_take(rates, 1000 + n % 100000, 2, &few,
						  START + n % 9000 * DAY);
			}
		}
		usleep(1000);
		kill(pid, SIGKILL);
		cr_assert(waitpid(pid, &status, 0) == pid);
		cr_assert(WIFSIGNALED(status));
	}
	left = take_all(rates, 1, &terms, START, BURST) + atomic_load(passed);
	cr_expect(left <= BURST && left >= BURST - ROUNDS, "%lu", (unsigned long)left);
	for (uint64_t i = 0; i < 1000; i++)
		cr_assert_eq(rates_take(rates, i + 7, 3, &few, 9000 * DAY), 0, "%lu",
			     (unsigned long)i);
}

/* ---- the table ---- */

#define BUCKETS (16384 * 7)

/* The i-th subject: as spread out as those of rates_subject (splitmix64). */
static uint64_t subject_of(uint64_t i)
{
	i = (i + 1) * 0x9e3779b97f4a7c15u;
	i = (i ^ i >> 30) * 0xbf58476d1ce4e5b9u;
	i = (i ^ i >> 27) * 0x94d049bb133111ebu;
	return i ^ i >> 31;
}

/*
 * Half of the table is used, at random: some 670 keys more than fit in their windows, of which all
 * but some 45 find room in their second, and are found there again.
 */
Test(rate, keys_that_find_no_room_in_one_window_have_another)
{
	enum { KEYS = BUCKETS / 2 };
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);
	struct rate_terms terms = terms_of(1, 86400, 1);
	uint64_t refused = 0;

	for (uint64_t i = 0; i < KEYS; i++)
		refused += rates_take(rates, subject_of(i), 1, &terms, START) != 0;
	cr_expect(refused < 250, "%lu", (unsigned long)refused);
	for (uint64_t i = 0; i < KEYS; i++)
		cr_assert_neq(rates_take(rates, subject_of(i), 1, &terms, START), 0, "%lu",
			      (unsigned long)i);
	rates_close(rates);
}

Test(rate, a_full_table_refuses_and_recovers)
{
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);
	struct rate_terms terms = terms_of(1, 60, 2);
	uint64_t found = 0;
	uint64_t refused = 0;

	for (uint64_t i = 0; i < 2 * BUCKETS; i++) {
		uint32_t wait = rates_take(rates, subject_of(i), 1, &terms, START);

		cr_assert(wait == 0 || wait == RATES_NO_ROOM);
		found += wait == 0;
		refused += wait == RATES_NO_ROOM;
	}
	cr_expect(found > BUCKETS * 9 / 10 && found <= BUCKETS, "%lu", (unsigned long)found);
	cr_expect(refused >= BUCKETS);
	/* Those who have a bucket keep it. */
	cr_expect_eq(take_all(rates, subject_of(0), &terms, START, 10), 1);
	/* A minute later all but that one are full again, and can be taken by others. */
	for (uint64_t i = 3 * BUCKETS; i < 3 * BUCKETS + BUCKETS / 16; i++)
		cr_assert_eq(take_all(rates, subject_of(i), &terms, START + 61 * SECOND, 10), 2,
			     "%lu", (unsigned long)i);
	cr_expect_eq(take_all(rates, subject_of(0), &terms, START + 61 * SECOND, 10), 1);
	rates_close(rates);
}

struct churn {
	struct rates *rates;
	const struct rate_terms *terms;
	atomic_ulong *passed; /* by subject */
	atomic_ulong *now;
	uint64_t seed;
	pthread_barrier_t *barrier;
};

#define CHURNED  300000u
#define WATCHED  64u
#define STEPS    400000u
#define TICK     (10 * MS)
#define PER_TICK 16u

/* Takes of subjects without end, which take each other's places, and of some that are watched. */
static void *churn(void *argument)
{
	struct churn *churn = argument;
	uint64_t random = churn->seed;

	pthread_barrier_wait(churn->barrier);
	for (uint32_t i = 0; i < STEPS; i++) {
		uint64_t now = atomic_load(churn->now);
		uint64_t subject;

		random = random * 6364136223846793005u + 1442695040888963407u;
		subject = random >> 33;
		subject = i % 2 ? subject % WATCHED : WATCHED + subject % CHURNED;
		if (i % PER_TICK == 0)
			atomic_fetch_add(churn->now, TICK / 8);
		if (rates_take(churn->rates, subject_of(subject), 1, churn->terms, now) == 0 &&
		    subject < WATCHED)
			atomic_fetch_add(&churn->passed[subject], 1);
	}
	return NULL;
}

/* However often places change hands, no subject is given more than its due. */
Test(rate, buckets_that_change_hands_give_nothing_away)
{
	enum { THREADS = 8 };
	struct rate_terms terms = terms_of(1, 1, 3);
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);
	static atomic_ulong passed[WATCHED];
	atomic_ulong now = START;
	pthread_barrier_t barrier;
	pthread_t threads[THREADS];
	struct churn of[THREADS];
	uint64_t most;

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (uint64_t i = 0; i < THREADS; i++) {
		of[i] = (struct churn){rates, &terms, passed, &now, i + 1, &barrier};
		cr_assert_eq(pthread_create(&threads[i], NULL, churn, &of[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	most = 3 + (atomic_load(&now) - START) / SECOND;
	cr_expect(most > 100, "the test's time went on: %lu", (unsigned long)most);
	for (uint32_t i = 0; i < WATCHED; i++) {
		cr_expect(atomic_load(&passed[i]) <= most, "subject %u: %lu of %lu", i,
			  (unsigned long)atomic_load(&passed[i]), (unsigned long)most);
		cr_expect(atomic_load(&passed[i]) > 0, "subject %u was given nothing", i);
	}
	rates_close(rates);
}

struct beginners {
	struct rates *rates;
	const struct rate_terms *terms;
	atomic_uint *round;
	atomic_uint *passed; /* by round */
};

#define ROUNDS 50000u

static void *begin_each(void *argument)
{
	struct beginners *beginners = argument;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		/* Both begin a round together, as soon as the other is there. */
		atomic_fetch_add(beginners->round, 1);
		for (unsigned int k = 1; atomic_load(beginners->round) < 2 * (i + 1); k++)
			if (k % 1000 == 0)
				sched_yield();
		if (rates_take(beginners->rates, subject_of(BUCKETS * 10 + i), 1, beginners->terms,
			       START + i * SECOND) == 0)
			atomic_fetch_add(&beginners->passed[i], 1);
	}
	return NULL;
}

/* Where places have to be taken from others: two who begin one bucket do not make two of it. */
Test(rate, who_begins_at_once_shares)
{
	struct rate_terms terms = terms_of(1, 60, 1);
	struct rates *rates = open_rates(WRIT_STATE_PRIVATE);
	static atomic_uint passed[ROUNDS];
	atomic_uint round = 0;
	struct beginners beginners = {rates, &terms, &round, passed};
	unsigned int granted = 0;
	pthread_t threads[2];

	for (uint64_t i = 0; i < 3 * BUCKETS; i++)
		(void)!rates_take(rates, subject_of(i), 1, &terms, START - 100 * SECOND);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, begin_each, &beginners), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		cr_assert(atomic_load(&passed[i]) <= 1, "two buckets in round %u", i);
		granted += atomic_load(&passed[i]);
	}
	cr_expect(granted > ROUNDS * 9 / 10, "%u", granted);
	rates_close(rates);
}

/* The time of day has no part in it: that a rate is counted in CLOCK_MONOTONIC is in rates_now. */
Test(rate, both_clocks_are_monotonic)
{
	struct rate_terms coarse = terms_of(1, 60, 1);
	struct rate_terms fine = terms_of(100, 1, 1);
	struct timespec now;
	uint64_t before, after;

	cr_expect(coarse.coarse && !fine.coarse);
	clock_gettime(CLOCK_MONOTONIC, &now);
	before = (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
	after = rates_now(&fine);
	cr_expect(after >= before && after - before < 10 * SECOND);
	after = rates_now(&coarse);
	cr_expect(after + 20 * MS > before && after < before + 10 * SECOND);
}
