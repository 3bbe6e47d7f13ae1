/*
 * The numbers behind writ_metrics.h at one moment, from wherever they are had, and their text.
 */
#ifndef WRIT_AUDIT_METRICS_H
#define WRIT_AUDIT_METRICS_H

#include <stdbool.h>

#include "runtime/audit/decision_words.h"
#include "runtime/writ_metrics.h"

#define METRICS_BUCKETS 40u /* bucket i: up to 2^i nanoseconds, and more than 2^(i-1) */

/* What a launch was refused: by the net gate, by the broker, by the filter of its system calls. */
enum metrics_escape { METRICS_NETWORK, METRICS_FILE, METRICS_SYSCALL, METRICS_ESCAPES };

enum metrics_histogram { METRICS_CHECK, METRICS_SANDBOX, METRICS_LAUNCH, METRICS_HISTOGRAMS };

struct metrics_histogram_values {
	uint64_t counts[METRICS_BUCKETS]; /* not added up */
	uint64_t sum_ns;
};

struct metrics_values {
	bool is_live; /* else they are of a database */
	uint64_t decisions[DECISION_VERDICTS];
	uint64_t denials[DECISION_REASONS];
	uint64_t escapes[METRICS_ESCAPES];
	uint64_t approvals[DECISION_VERDICTS];
	uint64_t launches;
	uint64_t reloads[2]; /* that failed, that did not */
	uint64_t sessions;   /* events of them */
	uint64_t generation;
	struct metrics_histogram_values histograms[METRICS_HISTOGRAMS];
	bool has_audit;
	struct writ_audit_status audit; /* of a live one */
	uint64_t records;               /* of a database, as the next two */
	uint64_t gaps;
	uint64_t lost;
};

/* The bucket of a duration. */
static inline unsigned metrics_bucket(uint64_t ns)
{
	unsigned bits = ns > 1 ? 64u - (unsigned)__builtin_clzll(ns - 1) : 0;

	return bits < METRICS_BUCKETS ? bits : METRICS_BUCKETS - 1;
}

extern const char *const metrics_escape_names[METRICS_ESCAPES];

/* The caller frees *out. */
WRIT_MUST_CHECK int metrics_print(const struct metrics_values *values, char **out, size_t *len,
				  struct writ_error *error);

#endif
