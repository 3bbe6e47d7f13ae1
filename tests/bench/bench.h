/*
 * What the benchmarks share: a clock, an ordered sample, a generator of random numbers that gives
 * the same numbers every time.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* xorshift64*, never zero. */
static inline uint64_t bench_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545F4914F6CDD1Du;
}

static inline int bench_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static inline void bench_sort(uint64_t *samples, size_t n)
{
	qsort(samples, n, sizeof(*samples), bench_compare);
}

/* Of a sorted sample. */
static inline uint64_t bench_percentile(const uint64_t *samples, size_t n, unsigned percent)
{
	return samples[(n - 1) * percent / 100];
}

#endif
