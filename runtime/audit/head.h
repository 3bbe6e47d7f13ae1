/*
 * The head of a log: which log it is, what came before its first record, and its last record, with
 * a MAC over these.
 */
#ifndef WRIT_AUDIT_HEAD_H
#define WRIT_AUDIT_HEAD_H

#include "runtime/audit/db.h"
#include "runtime/audit/key.h"
#include "runtime/audit/record.h"

#define HEAD_LOG_SIZE 32 /* hexadecimal digits */

struct head {
	char log[HEAD_LOG_SIZE + 1];
	/* the last record before the first one here, in a log that was begun before: else 0 and
	 * a hash of the log's name */
	int64_t base_seq;
	unsigned char base_hash[RECORD_HASH_SIZE];
	int64_t seq; /* of the last record; base_seq when there is none */
	unsigned char hash[RECORD_HASH_SIZE];
	unsigned char mac[RECORD_HASH_SIZE];
};

/* That of a new log. */
void head_new(struct head *head);

/* Reads it. Errors: NOT_FOUND (there is none), FORMAT (more than one, or with other types). */
WRIT_MUST_CHECK int head_read(sqlite3 *db, struct head *head, struct writ_error *error);

/* Makes the MAC, and writes the head in the place of the one before. */
WRIT_MUST_CHECK int head_write(sqlite3 *db, struct head *head, const struct audit_key *key,
			       struct writ_error *error);

/* Was the MAC made with this key? */
bool head_is_made_with(const struct head *head, const struct audit_key *key);

/*
 * May records be added behind this head? Not when it was made without the key, or the last record
 * is another: what is added would vouch for what was changed. Errors: FORMAT, with what is wrong.
 */
WRIT_MUST_CHECK int head_check(sqlite3 *db, const struct head *head, const struct audit_key *key,
			       struct writ_error *error);

#endif
