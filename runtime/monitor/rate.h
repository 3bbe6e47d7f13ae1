/*
 * Rates: how many calls a subject may still make by a rule.
 */
#ifndef WRIT_RUNTIME_MONITOR_RATE_H
#define WRIT_RUNTIME_MONITOR_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "runtime/monitor/state.h"

#define RATES_NO_ROOM UINT32_MAX

struct rates; /* the buckets of all who opened the same state */

/* What a rule says, in the units that its buckets count in: rate_terms_init. */
struct rate_terms {
	uint64_t per_ns;   /* units that come in a nanosecond, times 2 to the shift */
	uint64_t cost;     /* units of a call */
	uint64_t capacity; /* units of a full bucket */
	uint64_t packed;   /* rate, period and cost, in 48 bits, never 0 */
	uint32_t shift;
	bool coarse; /* the coarse clock is exact enough */
};

/* rate calls every period_s seconds (1, 60, 3600 or 86400), burst of them at once; none is 0. */
void rate_terms_init(struct rate_terms *terms, uint32_t rate, uint32_t period_s, uint32_t burst);

/* A rule as it stands in the policy's text: the same in each version that says the same. */
struct rate_rule {
	const char *role;
	const char *pattern;
	const char *condition; /* or "" */
	uint32_t rate;
	uint32_t period_s;
	uint32_t burst;
};

/* The state must stay open no longer than this call. Errors: SYSTEM, NOMEM. */
WRIT_MUST_CHECK int rates_open(const struct state *state, struct rates **out,
			       struct writ_error *error);
void rates_close(struct rates *rates);

/* Who calls, and by which rule: numbers that mean nothing to those who do not know the key. */
uint64_t rates_subject(const struct rates *rates, const char *policy, enum writ_subject_kind kind,
		       const char *name);
uint64_t rates_rule(const struct rates *rates, const struct rate_rule *rule);

/* The time to take at: CLOCK_MONOTONIC, behind by a few milliseconds where that is no matter. */
static inline uint64_t rates_now(const struct rate_terms *terms)
{
	struct timespec now;

	(void)clock_gettime(terms->coarse ? CLOCK_MONOTONIC_COARSE : CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/*
 * Takes a call out of the subject's bucket of the rule. 0: taken; else how many milliseconds until
 * there is one, at least 1; RATES_NO_ROOM: the table is full of other buckets, and nothing was
 * taken. Any thread.
 */
WRIT_MUST_CHECK uint32_t rates_take(struct rates *rates, uint64_t subject, uint64_t rule,
				    const struct rate_terms *terms, uint64_t now_ns);

#endif
