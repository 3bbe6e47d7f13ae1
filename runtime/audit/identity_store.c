/*
 * The identity store's database: its schema, and one prepared statement for each thing done to it.
 *
 * In: names and times. Out: rows, or a refusal that names what is wrong. The schema refuses what
 * names can't be by itself, as far as SQL can say it; texts are compared byte for byte (BINARY).
 * Times are seconds since 1970. A commit is announced in the generation file before and after.
 */
#include "runtime/audit/identity_store.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/audit/fail.h"
#include "runtime/audit/identity_generation.h"
#include "runtime/audit/identity_name.h"

#define APPLICATION_ID 0x57724964 /* "WrId" */

static const char *const steps[] = {
	"CREATE TABLE users ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE COLLATE BINARY,"
	" disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),"
	" created_s INTEGER NOT NULL,"
	" created_by TEXT NOT NULL,"
	" CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255 AND instr(name, char(0)) = 0)"
	") STRICT;"
	"CREATE TABLE grants ("
	" user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	" role TEXT NOT NULL COLLATE BINARY,"
	" granted_s INTEGER NOT NULL,"
	" granted_by TEXT NOT NULL,"
	" expires_s INTEGER CHECK (expires_s > 0),"
	" PRIMARY KEY (user, role),"
	" CHECK (length(CAST(role AS BLOB)) BETWEEN 1 AND 255 AND instr(role, char(0)) = 0)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX grants_by_role ON grants (role);",
};

static const struct db_schema schema = {
	.what = "an identity store",
	.application_id = APPLICATION_ID,
	.steps = steps,
	.n_steps = sizeof(steps) / sizeof(steps[0]),
};

enum statement {
	FIND,
	COUNT_USERS,
	LAST,
	ADD,
	REMOVE,
	REMOVE_ALL,
	DISABLE,
	COUNT_ROLES,
	GRANT,
	REVOKE,
	VISIT_ALL,
	VISIT_ONE,
	N_STATEMENTS
};

#define COLUMNS                                                                                    \
	"SELECT u.id, u.name, u.disabled, u.created_s, u.created_by,"                              \
	" g.role, g.granted_s, g.granted_by, g.expires_s"                                          \
	" FROM users u LEFT JOIN grants g ON g.user = u.id"

static const char *const sql[N_STATEMENTS] = {
	[FIND] = "SELECT id, disabled FROM users WHERE name = ?1",
	[COUNT_USERS] = "SELECT count(*) FROM users",
	[LAST] = "SELECT coalesce(max(id), 0) FROM users",
	[ADD] = "INSERT INTO users (name, disabled, created_s, created_by) VALUES (?1, ?2, ?3, ?4)",
	[REMOVE] = "DELETE FROM users WHERE id = ?1",
	[REMOVE_ALL] = "DELETE FROM users",
	[DISABLE] = "UPDATE users SET disabled = ?2 WHERE id = ?1",
	[COUNT_ROLES] = "SELECT count(*) FROM grants WHERE user = ?1 AND role <> ?2",
	[GRANT] = "INSERT INTO grants (user, role, granted_s, granted_by, expires_s)"
		  " VALUES (?1, ?2, ?3, ?4, nullif(?5, 0))"
		  " ON CONFLICT (user, role) DO UPDATE SET granted_s = excluded.granted_s,"
		  " granted_by = excluded.granted_by, expires_s = excluded.expires_s",
	[REVOKE] = "DELETE FROM grants WHERE user = ?1 AND role = ?2",
	[VISIT_ALL] = COLUMNS " ORDER BY u.name, g.role",
	[VISIT_ONE] = COLUMNS " WHERE u.name = ?1 ORDER BY g.role",
};

struct identity_store {
	sqlite3 *db;
	sqlite3_stmt *statements[N_STATEMENTS];
	struct generation generation; /* of who writes */
	int64_t n_users;              /* -1: not counted yet in this change */
};

int identity_open(const char *path, enum db_mode mode, struct identity_store **out,
		  struct writ_error *error)
{
	struct identity_store *store = calloc(1, sizeof(*store));
	struct writ_error reason;
	int rc;

	if (!store)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	rc = db_open(path, &schema, mode, &store->db, error);
	if (!rc && mode != DB_READ) {
		rc = generation_open(path, true, &store->generation, &reason);
		if (rc)
			(void)fail_set(error, (enum writ_error_code)reason.code, "%.300s: %s", path,
				       reason.text);
	}
	if (rc) {
		identity_close(store);
		return rc;
	}
	*out = store;
	return 0;
}

void identity_close(struct identity_store *store)
{
	if (!store)
		return;
	for (int i = 0; i < N_STATEMENTS; i++)
		(void)sqlite3_finalize(store->statements[i]);
	generation_close(&store->generation);
	db_close(store->db);
	free(store);
}

static int run(struct identity_store *store, const char *command, struct writ_error *error)
{
	struct writ_error reason;
	int rc = db_run(store->db, command, &reason);

	return rc ? fail_set(error, (enum writ_error_code)reason.code, "%.200s: %.300s",
			     sqlite3_db_filename(store->db, "main"), reason.text)
		  : 0;
}

int identity_begin(struct identity_store *store, struct writ_error *error)
{
	store->n_users = -1;
	return run(store, "BEGIN IMMEDIATE", error);
}

int identity_commit(struct identity_store *store, struct writ_error *error)
{
	int rc = generation_begin(&store->generation, error);

	if (rc) {
		identity_abandon(store);
		return rc;
	}
	rc = run(store, "COMMIT", error);
	if (rc)
		identity_abandon(store);
	generation_end(&store->generation);
	return rc;
}

void identity_abandon(struct identity_store *store)
{
	(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

static int failed(struct identity_store *store, struct writ_error *error)
{
	return db_error(store->db, "the store refuses it", error);
}

/* A statement ready to be bound, or NULL: it can't be prepared. */
static sqlite3_stmt *ready(struct identity_store *store, enum statement id)
{
	sqlite3_stmt **statement = &store->statements[id];

	if (!*statement)
		(void)sqlite3_prepare_v3(store->db, sql[id], -1, SQLITE_PREPARE_PERSISTENT,
					 statement, NULL);
	return *statement;
}

/* The texts stay the caller's; they outlive the step. */
static int bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	return sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

/* SQLITE_ROW or SQLITE_DONE of a statement that gives a number or nothing; it is reset. */
static int step_once(sqlite3_stmt *statement, int64_t *number)
{
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW && number)
		*number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return rc;
}

/* The same of one that only changes: 0, or what is wrong. */
static int change(struct identity_store *store, sqlite3_stmt *statement, struct writ_error *error)
{
	return step_once(statement, NULL) == SQLITE_DONE ? 0 : failed(store, error);
}

int identity_find(struct identity_store *store, const char *name, struct identity_user *out,
		  struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, FIND);
	int rc;

	if (!statement || bind_text(statement, 1, name))
		return failed(store, error);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*out = (struct identity_user){
			.id = sqlite3_column_int64(statement, 0),
			.disabled = sqlite3_column_int(statement, 1) != 0,
		};
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	if (rc == SQLITE_DONE)
		return fail_set(error, WRIT_E_UNKNOWN, "there is no user '%s'", name);
	return rc == SQLITE_ROW ? 0 : failed(store, error);
}

/* Counted once for all that one change adds. */
static int check_room(struct identity_store *store, struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, COUNT_USERS);

	if (store->n_users < 0 &&
	    (!statement || step_once(statement, &store->n_users) != SQLITE_ROW))
		return failed(store, error);
	if (store->n_users >= IDENTITY_MAX_USERS)
		return fail_set(error, WRIT_E_INVALID, "a store has no more than %d users",
				IDENTITY_MAX_USERS);
	store->n_users++;
	return 0;
}

int identity_add(struct identity_store *store, const struct identity_user *user, int64_t *id,
		 struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, ADD);
	int rc = check_room(store, error);

	if (rc)
		return rc;
	if (!statement || bind_text(statement, 1, user->name) ||
	    sqlite3_bind_int(statement, 2, user->disabled) ||
	    sqlite3_bind_int64(statement, 3, user->created_s) ||
	    bind_text(statement, 4, user->created_by))
		return failed(store, error);
	rc = step_once(statement, NULL);
	if (rc == SQLITE_CONSTRAINT_UNIQUE)
		return fail_set(error, WRIT_E_INVALID, "there is a user '%s' already", user->name);
	if (rc != SQLITE_DONE)
		return failed(store, error);
	*id = sqlite3_last_insert_rowid(store->db);
	return 0;
}

int identity_last(struct identity_store *store, int64_t *id, struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, LAST);

	return statement && step_once(statement, id) == SQLITE_ROW ? 0 : failed(store, error);
}

int identity_remove(struct identity_store *store, int64_t user, struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, REMOVE);

	if (!statement || sqlite3_bind_int64(statement, 1, user))
		return failed(store, error);
	return change(store, statement, error);
}

int identity_remove_all(struct identity_store *store, struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, REMOVE_ALL);

	return statement ? change(store, statement, error) : failed(store, error);
}

int identity_disable(struct identity_store *store, int64_t user, bool disabled,
		     struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, DISABLE);

	if (!statement || sqlite3_bind_int64(statement, 1, user) ||
	    sqlite3_bind_int(statement, 2, disabled))
		return failed(store, error);
	return change(store, statement, error);
}

static int check_roles(struct identity_store *store, int64_t user, const char *role,
		       struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, COUNT_ROLES);
	int64_t n = 0;

	if (!statement || sqlite3_bind_int64(statement, 1, user) || bind_text(statement, 2, role) ||
	    step_once(statement, &n) != SQLITE_ROW)
		return failed(store, error);
	if (n >= IDENTITY_MAX_ROLES)
		return fail_set(error, WRIT_E_INVALID, "a user has no more than %d roles",
				IDENTITY_MAX_ROLES);
	return 0;
}

int identity_grant(struct identity_store *store, int64_t user, const struct identity_grant *grant,
		   struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, GRANT);
	int rc = check_roles(store, user, grant->role, error);

	if (rc)
		return rc;
	if (!statement || sqlite3_bind_int64(statement, 1, user) ||
	    bind_text(statement, 2, grant->role) ||
	    sqlite3_bind_int64(statement, 3, grant->granted_s) ||
	    bind_text(statement, 4, grant->granted_by) ||
	    sqlite3_bind_int64(statement, 5, grant->expires_s))
		return failed(store, error);
	return change(store, statement, error);
}

int identity_revoke(struct identity_store *store, int64_t user, const char *role,
		    struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, REVOKE);
	int rc;

	if (!statement || sqlite3_bind_int64(statement, 1, user) || bind_text(statement, 2, role))
		return failed(store, error);
	rc = change(store, statement, error);
	if (!rc && sqlite3_changes(store->db) == 0)
		return fail_set(error, WRIT_E_UNKNOWN, "the user does not have the role '%s'",
				role);
	return rc;
}

static size_t bytes_of(sqlite3_stmt *row, int column)
{
	return (size_t)sqlite3_column_bytes(row, column);
}

static const char *text_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text ? text : "";
}

/* Whoever wrote to the store by hand may have put anything there. */
static int check_row(sqlite3_stmt *row, struct writ_error *error)
{
	const char *bad = identity_bad_user(text_of(row, 1), bytes_of(row, 1));

	if (bad)
		return fail_set(error, WRIT_E_FORMAT, "the store has a user whose name %s", bad);
	bad = identity_bad_user(text_of(row, 4), bytes_of(row, 4));
	if (bad)
		return fail_set(error, WRIT_E_FORMAT, "who made user '%s' %s", text_of(row, 1),
				bad);
	return 0;
}

static int check_grant(sqlite3_stmt *row, struct writ_error *error)
{
	const char *bad = identity_bad_role(text_of(row, 5), bytes_of(row, 5));

	if (bad)
		return fail_set(error, WRIT_E_FORMAT, "user '%s' has a role that %s",
				text_of(row, 1), bad);
	bad = identity_bad_user(text_of(row, 7), bytes_of(row, 7));
	if (bad)
		return fail_set(error, WRIT_E_FORMAT, "who granted a role of user '%s' %s",
				text_of(row, 1), bad);
	return 0;
}

static int visit_row(sqlite3_stmt *row, const struct identity_visit *visit,
		     struct writ_error *error)
{
	const struct identity_user user = {
		.id = sqlite3_column_int64(row, 0),
		.name = text_of(row, 1),
		.disabled = sqlite3_column_int(row, 2) != 0,
		.created_s = sqlite3_column_int64(row, 3),
		.created_by = text_of(row, 4),
	};
	const struct identity_grant grant = {
		.role = text_of(row, 5),
		.granted_s = sqlite3_column_int64(row, 6),
		.granted_by = text_of(row, 7),
		.expires_s = sqlite3_column_int64(row, 8),
	};
	bool has_grant = sqlite3_column_type(row, 5) != SQLITE_NULL;
	int rc = check_row(row, error);

	if (!rc && has_grant)
		rc = check_grant(row, error);
	return rc ? rc : visit->row(visit->context, &user, has_grant ? &grant : NULL);
}

int identity_visit(struct identity_store *store, const char *user,
		   const struct identity_visit *visit, struct writ_error *error)
{
	sqlite3_stmt *statement = ready(store, user ? VISIT_ONE : VISIT_ALL);
	int step;
	int rc = 0;

	if (!statement || (user && bind_text(statement, 1, user)))
		return failed(store, error);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW && !rc)
		rc = visit_row(statement, visit, error);
	if (!rc && step != SQLITE_DONE)
		rc = failed(store, error);
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return rc;
}
