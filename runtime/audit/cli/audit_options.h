/*
 * The command line behind "writ audit VERB": one table of options for all of these verbs.
 */
#ifndef WRIT_AUDIT_OPTIONS_H
#define WRIT_AUDIT_OPTIONS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/audit/query.h"

#define AUDIT_MAX_OPERANDS 64

/* Which options a verb takes. */
enum audit_option_bit {
	AUDIT_FILTER = 1 << 0,
	AUDIT_FORMAT = 1 << 1,
	AUDIT_ORDER = 1 << 2, /* --limit, --reverse */
	AUDIT_FOLLOW = 1 << 3,
	AUDIT_TOP = 1 << 4,
	AUDIT_KEY = 1 << 5,
	AUDIT_ROTATE = 1 << 6,
	AUDIT_KEEP = 1 << 7,
	AUDIT_ALERTS = 1 << 8,
	AUDIT_EXPECT = 1 << 9,
	AUDIT_TEXTFILE = 1 << 10,
};

/* What is given; NULL, false or FILTER_ANY where it is not. */
struct audit_options {
	struct record_filter filter;
	const char *format;
	const char *key;
	const char *cursor;
	const char *checkpoint;
	const char *signer;
	const char *textfile;
	int64_t limit;
	int64_t lines;
	int64_t top;
	int64_t size; /* bytes */
	int64_t keep_us;
	bool reverse;
	bool follow;
	bool monthly;
	bool archives;
	bool once;
	bool help;
	const char *operands[AUDIT_MAX_OPERANDS];
	size_t n_operands;
};

/* A verb: what it takes and its help. */
struct audit_usage {
	const char *verb;
	const char *help;
	unsigned int accepted;
	size_t min_operands;
	size_t max_operands;
	const char *operands; /* "DB OUT", for messages */
};

/*
 * Reads the command line; argv[0] is the verb. True when there is something to do; else *status is
 * what to end with, after the help or a message.
 */
bool audit_begin(char **argv, const struct audit_usage *usage, struct audit_options *options,
		 int *status);

/* Opens a log to read it. 0, or an exit status after a message. */
int audit_open(const char *path, sqlite3 **db);

/*
 * A message about an error of the library's, and the exit status that is its. path is NULL where
 * the error's own text begins with one.
 */
int audit_fail(const char *path, const struct writ_error *error);

/* Ends what a verb prints: 0, or an exit status after a message that it could not be written. */
int audit_end_output(void);

#endif
