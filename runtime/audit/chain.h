/*
 * A log that records are added to: transactions that each leave a whole chain behind.
 */
#ifndef WRIT_AUDIT_CHAIN_H
#define WRIT_AUDIT_CHAIN_H

#include "runtime/audit/head.h"

struct chain {
	sqlite3 *db;
	struct record_insert insert;
	bool synchronous; /* a transaction that is over is on the disk */
	struct audit_key key;
	struct head head; /* as it is, or becomes with the transaction */
};

/*
 * Opens a log, or makes it with its key. key NULL: PATH-key. Errors: of writ_audit_open.
 * chain_close may be called on what failed, too.
 */
WRIT_MUST_CHECK int chain_open(struct chain *chain, const char *path, const char *key,
			       bool synchronous, struct writ_error *error);
void chain_close(struct chain *chain);

/* From the next transaction on each is on the disk when it is over. */
WRIT_MUST_CHECK int chain_synchronous(struct chain *chain, struct writ_error *error);

/*
 * Begins a transaction: nobody else writes until it ends. Refused (FORMAT) where the log was
 * changed by who does not have its key.
 */
WRIT_MUST_CHECK int chain_begin(struct chain *chain, struct writ_error *error);

/* Adds n records, at most RECORD_ROWS, which are given their numbers. */
WRIT_MUST_CHECK int chain_add(struct chain *chain, struct record *records, size_t n,
			      struct writ_error *error);
WRIT_MUST_CHECK int chain_commit(struct chain *chain, struct writ_error *error);
void chain_abandon(struct chain *chain);

/* A record of what happens to the log itself, at this time. kind and detail are borrowed. */
WRIT_MUST_CHECK int chain_note(struct chain *chain, const char *kind, const char *detail,
			       struct writ_error *error);

/* The times of now, as records have them. */
void chain_clocks(uint64_t *wall_us, uint64_t *mono_us);

#endif
