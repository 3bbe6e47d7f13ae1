/*
 * What was done to a record whose hash does not follow from the one before.
 */
#ifndef WRIT_AUDIT_BLAME_H
#define WRIT_AUDIT_BLAME_H

#include "runtime/audit/head.h"

struct blame {
	sqlite3 *db;
	const struct head *head; /* NULL: it can't be read */
	int64_t seq;             /* of the record */
};

/* "record 7 was edited": best effort, from what else is in the log. */
void blame_record(const struct blame *blame, char *text, size_t size);

#endif
