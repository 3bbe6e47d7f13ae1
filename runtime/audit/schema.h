/*
 * The schema of the audit log, as docs/audit.md describes it for those who read it with SQL.
 */
#ifndef WRIT_AUDIT_SCHEMA_H
#define WRIT_AUDIT_SCHEMA_H

#include "runtime/audit/db.h"

/* For db_open. */
extern const struct db_schema audit_schema;

/*
 * The first thing in the schema of a database that its version does not have, or has otherwise:
 * a trigger, a table, an index, or one that is missing. 0 and what is wrong in text, 1 when
 * everything is as it was made, negative when it can't be read.
 */
WRIT_MUST_CHECK int schema_check(sqlite3 *db, char *text, size_t size, struct writ_error *error);

/*
 * db_open of a log whose schema is as it was made: a view in the place of a table would show what
 * was never recorded, or nothing, and a trigger change what is. Else FORMAT.
 */
WRIT_MUST_CHECK int schema_open(const char *path, enum db_mode mode, sqlite3 **out,
				struct writ_error *error);

#endif
