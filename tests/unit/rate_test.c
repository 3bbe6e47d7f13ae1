/*
 * Rates: what passes is exact, whatever the rate, the number of threads and of processes, and
 * however they end.
 */
#include <criterion/criterion.h>

#include <pthread.h>
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
