/*
 * SQLite databases: the audit log and the identity store are opened, versioned and migrated alike.
 */
#ifndef WRIT_AUDIT_DB_H
#define WRIT_AUDIT_DB_H

#include <sqlite3.h>
#include <stdbool.h>

#include "runtime/writ.h"

/*
 * What a database must be. The version of its schema is in user_version: as many of steps have been
 * applied. application_id says whose it is (SQLite's file format, offset 68).
 */
struct db_schema {
	const char *what; /* "audit log", for messages */
	int application_id;
	const char *const *steps; /* SQL: step n leads from version n to n + 1 */
	int n_steps;
	bool one_thread; /* what is opened is used by one thread at a time: no locks for it */
};

enum db_mode {
	DB_READ = 0, /* it exists, and is only read, also while others write */
	DB_WRITE,    /* it exists */
	DB_CREATE,   /* it is made where there is none, readable by its owner only */
};

/*
 * Opens a database in WAL mode with foreign keys on, and brings its schema up to date (unless
 * reading). Another's database, one of a newer version, a corrupt or a locked one is refused with
 * the reason. The caller owns *out and gives it to db_close. Errors: OPEN, FORMAT, UNSUPPORTED,
 * NOMEM, SYSTEM.
 */
WRIT_MUST_CHECK int db_open(const char *path, const struct db_schema *schema, enum db_mode mode,
			    sqlite3 **out, struct writ_error *error);
void db_close(sqlite3 *db);

/* Runs statements that give no rows. */
WRIT_MUST_CHECK int db_run(sqlite3 *db, const char *sql, struct writ_error *error);

/* What SQLite says of its last failure, as an error: doing is what was tried, "the log is read". */
int db_error(sqlite3 *db, const char *doing, struct writ_error *error);

/* The first column of the first row, or fallback when there is none or it can't be had. */
int64_t db_number(sqlite3 *db, const char *sql, int64_t fallback);

#endif
