/*
 * What a log adds up to.
 */
#ifndef WRIT_AUDIT_STATS_H
#define WRIT_AUDIT_STATS_H

#include "runtime/audit/query.h"

#define STATS_MAX_ROWS 100

/* One value of a column and how many records have it. */
struct stats_row {
	char name[128]; /* cut off */
	int64_t n;
	int64_t denied;
};

struct stats_table {
	struct stats_row rows[STATS_MAX_ROWS];
	size_t n_rows;
};

/* By what decisions are counted. */
enum stats_group {
	STATS_VERDICT,
	STATS_REASON,
	STATS_USER,
	STATS_ROLE,
	STATS_TOOL,
	STATS_RULE,
	STATS_GROUPS
};

extern const char *const stats_group_names[STATS_GROUPS];

struct stats {
	int64_t records;
	int64_t decisions;
	int64_t denials;
	int64_t launches;
	int64_t escapes;
	int64_t gaps;
	int64_t lost; /* records, as gaps tell */
	int64_t first_us;
	int64_t last_us;
	/* Of launches, in microseconds; all 0 when none has ended. */
	int64_t n_durations;
	int64_t p50, p90, p99, max;
	struct stats_table groups[STATS_GROUPS];
};

/* top is how many rows a table has at most; *out is big: have it on the heap. */
WRIT_MUST_CHECK int stats_read(sqlite3 *db, const struct record_filter *filter, int64_t top,
			       struct stats *out, struct writ_error *error);

#endif
