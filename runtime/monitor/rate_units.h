/*
 * The time of a rate's buckets.
 */
#ifndef WRIT_RUNTIME_MONITOR_RATE_UNITS_H
#define WRIT_RUNTIME_MONITOR_RATE_UNITS_H

#include "runtime/monitor/rate.h"

#define RATE_UNITS_MAX ((uint64_t)1 << 62) /* no time is later, no bucket larger */

/* A time in the units of terms, rounded down. */
static inline uint64_t rate_units(const struct rate_terms *terms, uint64_t now_ns)
{
	__extension__ const unsigned __int128 units = (unsigned __int128)now_ns * terms->per_ns >>
						      terms->shift;

	return units < RATE_UNITS_MAX ? (uint64_t)units : RATE_UNITS_MAX;
}

/* The same by terms as they stand in the state; 0 when they are none. */
uint64_t rate_units_now(uint64_t packed, uint64_t now_ns);

/* So many units in milliseconds, rounded up: at least 1, and less than RATES_NO_ROOM. */
uint32_t rate_units_ms(const struct rate_terms *terms, uint64_t units);

#endif
