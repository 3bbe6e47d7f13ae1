/*
 * The time of a rate's buckets: nanoseconds in, units out, of which a call costs a power of two.
 *
 * Counted in nanoseconds, four billion calls a second would cost less than one each, and a bucket
 * of as many calls a day would hold more than 64 bits. So each rate has its own unit: the smallest
 * with which both a full bucket and an uptime of MAX_UPTIME_S stay below RATE_UNITS_MAX, so that
 * the sum of the two and of a call never overflows. After that uptime buckets do not refill:
 * refused.
 *
 * A time is known to a unit: of a thousand calls a second that is less than a millionth of a call,
 * of four billion it is one. The factor from nanoseconds to units is a fraction of 64 significant
 * bits, rounded down, so that a decision divides nothing.
 */
#include "runtime/monitor/rate_units.h"

#define NS_PER_S      1000000000u
#define MS_PER_S      1000u
#define MAX_UPTIME_S  788400000u /* 25 years */
#define COARSE_MIN_NS 100000000u /* a call comes so seldom that a tick is no matter */

/* packed: rate, 32 bits; the exponent of the cost, 8; the period's place in the table, 8. */
#define EXPONENT_AT 32
#define PERIOD_AT   40

static const uint32_t periods[] = {1, 60, 3600, 86400};
#define N_PERIODS (sizeof(periods) / sizeof(periods[0]))

__extension__ typedef unsigned __int128 u128;

static void set_factor(struct rate_terms *terms, uint32_t rate, uint32_t period_s,
		       uint32_t exponent)
{
	u128 above = (u128)rate << exponent;
	u128 below = (u128)period_s * NS_PER_S;

	terms->shift = 0;
	while (above >> 126 == 0 && (above << 1) / below <= UINT64_MAX) {
		above <<= 1;
		terms->shift++;
	}
	terms->per_ns = (uint64_t)(above / below);
	terms->cost = (uint64_t)1 << exponent;
}

void rate_terms_init(struct rate_terms *terms, uint32_t rate, uint32_t period_s, uint32_t burst)
{
	u128 calls = (u128)MAX_UPTIME_S * rate / period_s + burst + 1;
	uint32_t exponent = 0;
	uint32_t period = 0;

	while (calls << (exponent + 1) < RATE_UNITS_MAX)
		exponent++;
	while (period + 1 < N_PERIODS && periods[period] != period_s)
		period++;
	set_factor(terms, rate, period_s, exponent);
	terms->capacity = (uint64_t)burst << exponent;
	terms->packed = rate | (uint64_t)exponent << EXPONENT_AT | (uint64_t)period << PERIOD_AT;
	terms->coarse = (u128)period_s * NS_PER_S / rate >= COARSE_MIN_NS;
}

uint64_t rate_units_now(uint64_t packed, uint64_t now_ns)
{
	const uint32_t exponent = packed >> EXPONENT_AT & 0xff;
	const uint32_t period = packed >> PERIOD_AT & 0xff;
	const uint32_t rate = (uint32_t)packed;
	struct rate_terms terms;

	if (rate == 0 || exponent >= 62 || period >= N_PERIODS)
		return 0;
	set_factor(&terms, rate, periods[period], exponent);
	return rate_units(&terms, now_ns);
}

uint32_t rate_units_ms(const struct rate_terms *terms, uint64_t units)
{
	const uint32_t period = periods[terms->packed >> PERIOD_AT & 0xff];
	const u128 per_period = (u128)(uint32_t)terms->packed * terms->cost;
	const u128 ms = (u128)units * period * MS_PER_S / per_period + 1;

	return ms < RATES_NO_ROOM - 1 ? (uint32_t)ms : RATES_NO_ROOM - 1;
}
