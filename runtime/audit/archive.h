/*
 * A log's records on their way out of it: copies, and what is removed once it is elsewhere or old.
 */
#ifndef WRIT_AUDIT_ARCHIVE_H
#define WRIT_AUDIT_ARCHIVE_H

#include "runtime/audit/chain.h"

/*
 * Writes a copy of the log, as it is at one moment, to a file that must not exist; it is its
 * owner's alone and complete, or not there. Others may write the log meanwhile. The key is not
 * copied. Errors: OPEN (also: the file exists), SYSTEM, and those of db_open.
 */
WRIT_MUST_CHECK int archive_copy(const char *log, const char *to, struct writ_error *error);

/*
 * Does the chain of one file of a log go on in another? 1, or 0 and what is wrong in text; negative
 * when a head can't be read. That each file is whole is for writ_audit_verify to say.
 */
WRIT_MUST_CHECK int archive_follows(const char *before, const char *after, char *text, size_t size,
				    struct writ_error *error);

/* Bytes that a log's records take; what is free within its file does not count. */
int64_t archive_used_bytes(sqlite3 *db);

/*
 * The last of the records that are all older than a moment: of those before it none is younger. 0:
 * there is none.
 */
int64_t archive_last_before(sqlite3 *db, int64_t wall_us);

/*
 * Removes the records up to this one, and has the chain begin behind it. A record of this kind says
 * so; detail is its detail. In several transactions, so that writers get their turn. *removed is
 * how many were.
 */
WRIT_MUST_CHECK int archive_trim(struct chain *chain, int64_t through, const char *kind,
				 const char *detail, int64_t *removed, struct writ_error *error);

#endif
