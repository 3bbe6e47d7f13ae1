/*
 * Opening a SQLite database, or refusing to.
 *
 * What a path names is a regular file, no symbolic link; what is written lies below no directory
 * that everybody may write (writ_place_check). A database is ours if its
 * application_id says so; an empty one may be made ours. Its user_version is the number of steps
 * that have been applied to it; those that are missing are applied in one transaction, so that
 * whoever opens it meanwhile sees the old schema or the new one. Readers change nothing, and refuse
 * a schema that is not the one they know.
 */
#include "runtime/audit/db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/audit/fail.h"
#include "runtime/writ_info.h"

#define BUSY_MS      5000
#define BUSY_STEP_MS 5
#define UNREAD       INT64_MIN /* a number that could not be read; no header's is as small */
#define MAX_LENGTH   (4 << 20) /* of a row: what Writ writes is far below that */

/* SQLite's codes that are the file's fault, or the system's: the rest is ours. */
static enum writ_error_code code_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return WRIT_E_OPEN;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return WRIT_E_FORMAT;
	case SQLITE_NOMEM:
		return WRIT_E_NOMEM;
	default:
		return WRIT_E_SYSTEM;
	}
}

int db_error(sqlite3 *db, const char *doing, struct writ_error *error)
{
	int rc = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
	/* What the system said of a file; SQLite says "disk I/O error" of all. */
	int reason = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN
			     ? sqlite3_system_errno(db)
			     : 0;

	return fail_set(error, code_of(rc), "%s: %s%s%s", doing,
			db ? sqlite3_errmsg(db) : "out of memory", reason ? ": " : "",
			reason ? strerror(reason) : "");
}

int db_run(sqlite3 *db, const char *sql, struct writ_error *error)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : db_error(db, "the database refuses a change", error);
}

int64_t db_number(sqlite3 *db, const char *sql, int64_t fallback)
{
	sqlite3_stmt *query = NULL;
	int64_t number = fallback;

	if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK &&
	    sqlite3_step(query) == SQLITE_ROW)
		number = sqlite3_column_int64(query, 0);
	(void)sqlite3_finalize(query);
	return number;
}

struct kind {
	int64_t id;
	int64_t version;
	int64_t tables;
};

/* All of one moment: another process may be making it what it is. */
static int read_kind(sqlite3 *db, struct kind *out, struct writ_error *error)
{
	int rc = db_run(db, "BEGIN", error);

	if (rc)
		return rc;
	/* The first that fails is the last, as each may have waited for a lock. */
	out->id = db_number(db, "PRAGMA application_id", UNREAD);
	if (out->id != UNREAD)
		out->version = db_number(db, "PRAGMA user_version", UNREAD);
	if (out->id != UNREAD && out->version != UNREAD)
		out->tables = db_number(db, "SELECT count(*) FROM sqlite_schema", UNREAD);
	if (out->id == UNREAD || out->version == UNREAD || out->tables == UNREAD)
		rc = db_error(db, "it can't be read", error);
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* Is it ours, and of a version that we know? An empty database has neither. */
static int check_kind(sqlite3 *db, const struct db_schema *schema, enum db_mode mode,
		      struct writ_error *error)
{
	struct kind kind;
	int rc = read_kind(db, &kind, error);

	if (rc)
		return rc;
	if (kind.id == 0 && kind.tables == 0 && mode == DB_CREATE)
		return 0;
	if (kind.id != schema->application_id)
		return fail_set(error, WRIT_E_FORMAT, "it is a database, but not %s of Writ's",
				schema->what);
	if (kind.version < 0 || kind.version > schema->n_steps)
		return fail_set(error, WRIT_E_UNSUPPORTED,
				"it has version %lld, of a newer Writ; this one knows %d",
				(long long)kind.version, schema->n_steps);
	if (mode == DB_READ && kind.version < schema->n_steps)
		return fail_set(error, WRIT_E_UNSUPPORTED,
				"it has version %lld, of an older Writ; writing to it brings it to "
				"%d",
				(long long)kind.version, schema->n_steps);
	return 0;
}

/* Within one transaction, begun so that nobody else does the same meanwhile. */
static int apply_steps(sqlite3 *db, const struct db_schema *schema, struct writ_error *error)
{
	int64_t version = db_number(db, "PRAGMA user_version", 0);
	char sql[96];
	int rc = 0;

	for (int64_t i = version; !rc && i < schema->n_steps; i++)
		rc = db_run(db, schema->steps[i], error);
	(void)snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		       schema->application_id, schema->n_steps);
	return rc ? rc : db_run(db, sql, error);
}

static int migrate(sqlite3 *db, const struct db_schema *schema, struct writ_error *error)
{
	int rc;

	if (db_number(db, "PRAGMA user_version", 0) == schema->n_steps)
		return 0;
	rc = db_run(db, "BEGIN IMMEDIATE", error);
	if (rc)
		return rc;
	rc = apply_steps(db, schema, error);
	if (!rc)
		rc = db_run(db, "COMMIT", error);
	if (rc)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * A write-ahead log needs the database for itself once, and SQLite does not wait for that as it
 * does for other locks: of some who make a database at once all but one would be refused.
 */
static int set_wal(sqlite3 *db, struct writ_error *error)
{
	int64_t end = now_ms() + BUSY_MS;
	int rc;

	do {
		rc = sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if ((rc & 0xff) != SQLITE_BUSY)
			break;
		(void)sqlite3_sleep(BUSY_STEP_MS);
	} while (now_ms() < end);
	return rc == SQLITE_OK ? 0 : db_error(db, "the database refuses a change", error);
}

static int prepare(sqlite3 *db, const struct db_schema *schema, enum db_mode mode,
		   struct writ_error *error)
{
	int rc;

	(void)sqlite3_busy_timeout(db, BUSY_MS);
	(void)sqlite3_extended_result_codes(db, 1);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, MAX_LENGTH);
	/* Nothing that stands in the schema may call what was not written for that. */
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	rc = check_kind(db, schema, mode, error);
	if (rc || mode == DB_READ)
		return rc;
	rc = set_wal(db, error);
	if (!rc)
		rc = db_run(db, "PRAGMA foreign_keys = ON", error);
	return rc ? rc : migrate(db, schema, error);
}

/*
 * A new file is its owner's alone, whatever the umask; those that SQLite puts beside it have its
 * mode. One that exists is not opened here: closing it would drop SQLite's own locks on it.
 */
static int make_file(const char *path, struct writ_error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EEXIST)
		return fail_set(error, WRIT_E_OPEN, "it can't be made: %s", strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return 0;
}

/* SQLite would open it to read, and leave files beside it that nobody may write. */
static int check_writable(const char *path, struct writ_error *error)
{
	const char *name = strrchr(path, '/');
	char beside[PATH_MAX];
	struct stat st;

	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) && errno != ENOENT)
		return fail_set(error, WRIT_E_OPEN, "it can't be written: %s", strerror(errno));
	(void)snprintf(beside, sizeof(beside), "%s-wal", path);
	if (!stat(beside, &st))
		return 0;
	(void)snprintf(beside, sizeof(beside), "%.*s.", name ? (int)(name - path) + 1 : 0, path);
	if (faccessat(AT_FDCWD, beside, W_OK | X_OK, AT_EACCESS))
		return fail_set(error, WRIT_E_OPEN, "its directory can't be written: %s",
				strerror(errno));
	return 0;
}

static int open_file(const char *path, enum db_mode mode, int flags, sqlite3 **db,
		     struct writ_error *error)
{
	struct stat st;
	int rc = mode == DB_READ ? 0 : writ_place_check(path, error);

	if (!rc && mode == DB_CREATE)
		rc = make_file(path, error);
	if (rc)
		return rc;
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return fail_set(error, WRIT_E_OPEN, "it is not a regular file");
	rc = mode == DB_READ ? 0 : check_writable(path, error);
	if (rc)
		return rc;
	if (sqlite3_open_v2(path, db, flags, NULL) != SQLITE_OK)
		return db_error(*db, "it can't be opened", error);
	return 0;
}

int db_open(const char *path, const struct db_schema *schema, enum db_mode mode, sqlite3 **out,
	    struct writ_error *error)
{
	struct writ_error reason;
	sqlite3 *db = NULL;
	int flags = mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	int locks = schema->one_thread ? SQLITE_OPEN_NOMUTEX : SQLITE_OPEN_FULLMUTEX;
	int rc = open_file(path, mode, flags | locks, &db, &reason);

	if (!rc)
		rc = prepare(db, schema, mode, &reason);
	if (rc) {
		db_close(db);
		return fail_set(error, (enum writ_error_code)reason.code, "%.300s: %s", path,
				reason.text);
	}
	*out = db;
	return 0;
}

void db_close(sqlite3 *db)
{
	(void)sqlite3_close_v2(db);
}
