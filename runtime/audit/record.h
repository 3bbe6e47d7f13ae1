/*
 * A record of the audit log: one row, its canonical bytes, and their hash.
 */
#ifndef WRIT_AUDIT_RECORD_H
#define WRIT_AUDIT_RECORD_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/writ_audit.h"

/* The columns of records, in the table's order, which is that of the canonical bytes. */
#define RECORD_COLUMNS(X)                                                                          \
	X(SEQ, seq)                                                                                \
	X(WALL, wall_us)                                                                           \
	X(MONO, mono_us)                                                                           \
	X(KIND, kind)                                                                              \
	X(SESSION, session)                                                                        \
	X(USER, user)                                                                              \
	X(ROLE, role)                                                                              \
	X(TOOL, tool)                                                                              \
	X(ARGS, args)                                                                              \
	X(VERDICT, verdict)                                                                        \
	X(REASON, reason)                                                                          \
	X(RULE, rule)                                                                              \
	X(POLICY, policy)                                                                          \
	X(POLICY_VERSION, policy_version)                                                          \
	X(POLICY_HASH, policy_hash)                                                                \
	X(GENERATION, generation)                                                                  \
	X(SANDBOX, sandbox)                                                                        \
	X(DETAIL, detail)                                                                          \
	X(STATUS, status)                                                                          \
	X(SIGNAL, signal)                                                                          \
	X(DURATION, duration_us)                                                                   \
	X(PEAK, peak_bytes)                                                                        \
	X(BYTES, bytes)                                                                            \
	X(ERROR, error)

enum record_column {
#define X(id, name) RECORD_##id,
	RECORD_COLUMNS(X)
#undef X
		RECORD__COUNT
};

#define RECORD_HASH_SIZE 32

enum record_type { RECORD_NULL = 0, RECORD_INTEGER = 1, RECORD_TEXT = 2 };

struct record_value {
	enum record_type type;
	int64_t number;
	const char *text; /* not owned */
	size_t len;
};

/* All zeroes is a record that says nothing. */
struct record {
	struct record_value values[RECORD__COUNT];
};

/* "seq, wall_us, ... error, hash", for SELECT. */
extern const char record_select_list[];

void record_set_number(struct record *record, enum record_column column, int64_t number);

/* text is borrowed; NULL leaves the column as it is. */
void record_set_text(struct record *record, enum record_column column, const char *text);
void record_set_bytes(struct record *record, enum record_column column, const char *text,
		      size_t len);

/*
 * The hash of a record whose predecessor's is before: BLAKE2b of 32 bytes over before and the
 * record's canonical bytes (docs/audit.md).
 */
void record_hash(const struct record *record, const unsigned char before[RECORD_HASH_SIZE],
		 unsigned char hash[RECORD_HASH_SIZE]);

/* Rows that one statement inserts: what SQLite does once for each statement, it does for all. */
#define RECORD_ROWS 32

struct record_insert {
	sqlite3_stmt *one;
	sqlite3_stmt *many; /* RECORD_ROWS; NULL until there are so many at once */
};

/* All zeroes, and what record_prepare failed to make, may be finalized, too. */
WRIT_MUST_CHECK int record_prepare(sqlite3 *db, struct record_insert *insert,
				   struct writ_error *error);
void record_finalize(struct record_insert *insert);

/* Inserts n records, at most RECORD_ROWS, each with its hash. */
WRIT_MUST_CHECK int record_insert(struct record_insert *insert, const struct record *records,
				  unsigned char (*hashes)[RECORD_HASH_SIZE], size_t n,
				  struct writ_error *error);

/*
 * The row that a query of record_select_list stands at; its texts are valid until the next step.
 * False: a column has another type than any record's, or the hash another length.
 */
WRIT_MUST_CHECK bool record_read(sqlite3_stmt *row, struct record *record,
				 unsigned char hash[RECORD_HASH_SIZE]);

#endif
