/*
 * Records of the log, chosen by filters and read one by one, while others write.
 */
#ifndef WRIT_AUDIT_QUERY_H
#define WRIT_AUDIT_QUERY_H

#include <sqlite3.h>
#include <stdbool.h>

#include "runtime/audit/record.h"

#define FILTER_ANY (-1)

/*
 * Which records. Texts: NULL for any; in user, role, tool and rule "*" stands for any characters.
 * Numbers: FILTER_ANY. Times are INT64_MIN and INT64_MAX for any.
 */
struct record_filter {
	int64_t since_us;
	int64_t until_us; /* before this */
	int64_t first_seq;
	int64_t last_seq;
	const char *user;
	const char *role;
	const char *tool;
	const char *rule;
	const char *verdict;
	const char *reason;
	const char *kind;
	const char *session;
};

#define RECORD_FILTER_ALL                                                                          \
	{                                                                                          \
		.since_us = INT64_MIN, .until_us = INT64_MAX, .first_seq = FILTER_ANY,             \
		.last_seq = FILTER_ANY                                                             \
	}

/*
 * A statement "head WHERE filter tail"; head and tail are constants of the program, and everything
 * that comes from outside is bound. Parameters of the tail follow the filter's: *n_bound of them
 * are taken. The caller owns *out and gives it to sqlite3_finalize.
 */
WRIT_MUST_CHECK int query_prepare(sqlite3 *db, const char *const parts[2],
				  const struct record_filter *filter, sqlite3_stmt **out,
				  int *n_bound);

/* How the records of a filter are asked for. */
struct query_order {
	int64_t limit; /* FILTER_ANY: all */
	bool newest_first;
};

extern const char *const record_names[RECORD__COUNT];

/*
 * Calls each for every record until it returns other than 0, which is then returned; a negative
 * code and *error when the database fails. What each is given is valid during the call.
 */
WRIT_MUST_CHECK int query_each(sqlite3 *db, const struct record_filter *filter,
			       const struct query_order *order,
			       int (*each)(void *context, const struct record *record),
			       void *context, struct writ_error *error);

/* The seq of the n-th last record of a filter, or of the first when there are fewer; 0: none. */
WRIT_MUST_CHECK int query_nth_last(sqlite3 *db, const struct record_filter *filter, int64_t n,
				   int64_t *seq, struct writ_error *error);

#endif
