/*
 * The table writers: who writes the log, and what became of those that do no more.
 */
#ifndef WRIT_AUDIT_ROLL_H
#define WRIT_AUDIT_ROLL_H

#include "runtime/audit/chain.h"
#include "runtime/audit/writers.h"

/*
 * Adds a record of kind "gap" for each process that died and had taken records that it did not
 * write, and a row for this one, which claims its slot. Transactions of its own. Also SYSTEM: there
 * is no slot that a process which lives does not have.
 */
WRIT_MUST_CHECK int roll_begin(struct chain *chain, struct writers *writers,
			       struct writ_error *error);

/* Within a transaction: this process has written so many more, and told of so many dropped in all.
 */
WRIT_MUST_CHECK int roll_count(struct chain *chain, const struct writers *writers, uint64_t written,
			       uint64_t dropped, struct writ_error *error);

/* Within a transaction: it has written everything, and ends. */
WRIT_MUST_CHECK int roll_end(struct chain *chain, const struct writers *writers,
			     struct writ_error *error);

/*
 * What processes that died have lost and no gap tells of: those that left a slot, and rows of a
 * writer without one. Only reads.
 */
struct roll_losses {
	uint64_t lost;
	uint64_t unknown; /* writers whose count is gone */
};
WRIT_MUST_CHECK int roll_losses(sqlite3 *db, const struct writers *writers,
				struct roll_losses *losses, struct writ_error *error);

#endif
