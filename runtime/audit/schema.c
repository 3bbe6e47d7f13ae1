/*
 * What the database of an audit log is made of.
 *
 * records: one row an event, never changed. Each row's hash is of the row before and of this one
 * (record.h), so seq has no gaps. head: one row, that says where the chain ends, with a MAC that
 * nobody can make without the key (head.h). writers: the processes that write, or that died and
 * lost records (writers.h).
 *
 * An index has the row's seq behind its column, as every index of SQLite's does.
 *
 * A step is never changed once it has been released; a new one is added behind it.
 */
#include "runtime/audit/schema.h"

#include <stdio.h>
#include <string.h>

#include "runtime/audit/fail.h"

/* "Writ" */
#define APPLICATION_ID 0x57726974

static const char *const steps[] = {
	"CREATE TABLE records (\n"
	"  seq INTEGER PRIMARY KEY,\n"
	"  wall_us INTEGER NOT NULL,\n"
	"  mono_us INTEGER NOT NULL,\n"
	"  kind TEXT NOT NULL,\n"
	"  session TEXT,\n"
	"  user TEXT,\n"
	"  role TEXT,\n"
	"  tool TEXT,\n"
	"  args TEXT,\n"
	"  verdict TEXT,\n"
	"  reason TEXT,\n"
	"  rule TEXT,\n"
	"  policy TEXT,\n"
	"  policy_version INTEGER,\n"
	"  policy_hash TEXT,\n"
	"  generation INTEGER,\n"
	"  sandbox TEXT,\n"
	"  detail TEXT,\n"
	"  status INTEGER,\n"
	"  signal INTEGER,\n"
	"  duration_us INTEGER,\n"
	"  peak_bytes INTEGER,\n"
	"  bytes INTEGER,\n"
	"  error TEXT,\n"
	"  hash BLOB NOT NULL\n"
	") STRICT;\n"
	"CREATE INDEX records_by_time ON records (wall_us);\n"
	"CREATE INDEX records_by_user ON records (user);\n"
	"CREATE INDEX records_by_tool ON records (tool);\n"
	"CREATE INDEX records_not_allowed ON records (verdict) WHERE verdict <> 'allow';\n"
	"CREATE TABLE head (\n"
	"  one INTEGER PRIMARY KEY CHECK (one = 1),\n"
	"  log TEXT NOT NULL,\n"
	"  base_seq INTEGER NOT NULL,\n"
	"  base_hash BLOB NOT NULL,\n"
	"  seq INTEGER NOT NULL,\n"
	"  hash BLOB NOT NULL,\n"
	"  mac BLOB NOT NULL\n"
	") STRICT;\n"
	"CREATE TABLE writers (\n"
	"  id TEXT PRIMARY KEY,\n"
	"  pid INTEGER NOT NULL,\n"
	"  uid INTEGER NOT NULL,\n"
	"  since_us INTEGER NOT NULL,\n"
	"  first_seq INTEGER NOT NULL,\n"
	"  written INTEGER NOT NULL,\n"
	"  dropped INTEGER NOT NULL,\n"
	"  lost INTEGER\n"
	") STRICT, WITHOUT ROWID",
};

const struct db_schema audit_schema = {
	.what = "an audit log",
	.application_id = APPLICATION_ID,
	.steps = steps,
	.n_steps = sizeof(steps) / sizeof(steps[0]),
	.one_thread = true,
};

/* A database in memory that has the schema as it is made. */
static int make_good(sqlite3 **out, struct writ_error *error)
{
	int rc = 0;

	if (sqlite3_open(":memory:", out) != SQLITE_OK)
		return db_error(*out, "the schema can't be made", error);
	for (int i = 0; !rc && i < audit_schema.n_steps; i++)
		rc = db_run(*out, steps[i], error);
	return rc;
}

/*
 * Is there in one, but not in other, anything? The tables sqlite_stat1 and 4 are what ANALYZE
 * leaves; nothing else is passed over for its name.
 */
static int find_other(sqlite3 *one, sqlite3 *other, char *text, size_t size)
{
	static const char list[] = "SELECT type, name, ifnull(sql, '') FROM sqlite_schema WHERE "
				   "type <> 'table' OR ifnull(sql, '') NOT GLOB "
				   "'CREATE TABLE sqlite_stat[14](tbl,*' ORDER BY type, name";
	static const char look[] = "SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2 AND "
				   "ifnull(sql, '') = ?3";
	sqlite3_stmt *rows = NULL;
	sqlite3_stmt *same = NULL;
	int rc = SQLITE_ERROR;

	if (sqlite3_prepare_v2(one, list, -1, &rows, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(other, look, -1, &same, NULL) != SQLITE_OK)
		goto out;
	while ((rc = sqlite3_step(rows)) == SQLITE_ROW) {
		for (int i = 0; i < 3; i++)
			(void)sqlite3_bind_value(same, i + 1, sqlite3_column_value(rows, i));
		rc = sqlite3_step(same);
		(void)sqlite3_reset(same);
		if (rc == SQLITE_ROW)
			continue;
		(void)snprintf(text, size, "%s %s", (const char *)sqlite3_column_text(rows, 0),
			       (const char *)sqlite3_column_text(rows, 1));
		break;
	}
out:
	(void)sqlite3_finalize(rows);
	(void)sqlite3_finalize(same);
	return rc;
}

int schema_check(sqlite3 *db, char *text, size_t size, struct writ_error *error)
{
	char name[200] = "";
	sqlite3 *good = NULL;
	int rc = make_good(&good, error);

	if (rc)
		goto out;
	rc = find_other(db, good, name, sizeof(name));
	if (*name) {
		(void)snprintf(text, size, "the schema has the %s, which Writ did not make", name);
		rc = 0;
		goto out;
	}
	if (rc != SQLITE_DONE || find_other(good, db, name, sizeof(name)) == SQLITE_ERROR) {
		rc = db_error(db, "the schema can't be read", error);
		goto out;
	}
	if (*name)
		(void)snprintf(text, size, "the schema has no %s", name);
	rc = *name ? 0 : 1;
out:
	(void)sqlite3_close(good);
	return rc;
}

int schema_open(const char *path, enum db_mode mode, sqlite3 **out, struct writ_error *error)
{
	sqlite3 *db = NULL;
	char text[256];
	int rc = db_open(path, &audit_schema, mode, &db, error);

	if (rc)
		return rc;
	rc = schema_check(db, text, sizeof(text), error);
	if (rc == 1) {
		*out = db;
		return 0;
	}
	if (rc == 0)
		rc = fail_set(error, WRIT_E_FORMAT, "%.200s: %s: the log was changed", path, text);
	db_close(db);
	return rc;
}
