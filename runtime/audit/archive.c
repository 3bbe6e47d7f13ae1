/*
 * Copies of a log, and logs that begin later than they did.
 *
 * The chain goes on across files: a copy ends with a record whose hash is what the log, once that
 * record and those before it are removed, begins with. That hash is in the head, under its MAC, so
 * only who has the key can have a log begin later; whoever else removes records is found out as
 * before. The log's file stays the same file: who has it open goes on writing to it.
 */
#include "runtime/audit/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/audit/fail.h"
#include "runtime/audit/schema.h"

/* Records that are removed in one transaction: some ten milliseconds. */
#define TRIM_STEP 5000

static int copy_into(const char *log, const char *to, struct writ_error *error)
{
	sqlite3_stmt *vacuum = NULL;
	sqlite3 *db = NULL;
	int rc = schema_open(log, DB_READ, &db, error);

	if (rc)
		return rc;
	rc = sqlite3_prepare_v2(db, "VACUUM INTO ?", -1, &vacuum, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(vacuum, 1, to, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(vacuum);
	rc = rc == SQLITE_DONE ? 0 : db_error(db, "the copy can't be written", error);
	(void)sqlite3_finalize(vacuum);
	db_close(db);
	return rc;
}

static int sync_path(const char *path, struct writ_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0 || fsync(fd))
		rc = fail_errno(error, errno, "%.200s can't be brought to the disk", path);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static int sync_directory_of(const char *path, struct writ_error *error)
{
	char copy[PATH_MAX];

	(void)snprintf(copy, sizeof(copy), "%s", path);
	return sync_path(dirname(copy), error);
}

/* SQLite writes to an empty file as to one that is not there; made here, it is its owner's alone.
 */
static int make_empty(const char *path, struct writ_error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail_set(error, WRIT_E_OPEN, "%.200s can't be made: %s", path,
				strerror(errno));
	(void)close(fd);
	return 0;
}

int archive_copy(const char *log, const char *to, struct writ_error *error)
{
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof(temporary), "%s.new", to);
	int rc;

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return fail_set(error, WRIT_E_OPEN, "the path is too long");
	rc = make_empty(temporary, error);
	if (rc)
		return rc;
	rc = copy_into(log, temporary, error);
	if (!rc)
		rc = sync_path(temporary, error);
	/* Unlike rename, link never takes the place of a file. */
	if (!rc && link(temporary, to))
		rc = fail_set(error, WRIT_E_OPEN, "%.200s can't be made: %s", to, strerror(errno));
	(void)unlink(temporary);
	return rc ? rc : sync_directory_of(to, error);
}

static int head_of(const char *path, struct head *head, struct writ_error *error)
{
	sqlite3 *db = NULL;
	int rc = schema_open(path, DB_READ, &db, error);

	if (!rc)
		rc = head_read(db, head, error);
	db_close(db);
	return rc;
}

int archive_follows(const char *before, const char *after, char *text, size_t size,
		    struct writ_error *error)
{
	struct head one;
	struct head two;
	int rc = head_of(before, &one, error);

	if (!rc)
		rc = head_of(after, &two, error);
	if (rc)
		return rc;
	if (strcmp(one.log, two.log) != 0)
		(void)snprintf(text, size, "it is another log than %.200s", before);
	else if (two.base_seq != one.seq)
		(void)snprintf(text, size,
			       "it begins behind record %lld, and %.200s ends with record %lld",
			       (long long)two.base_seq, before, (long long)one.seq);
	else if (memcmp(one.hash, two.base_hash, sizeof(one.hash)) != 0)
		(void)snprintf(text, size, "its chain is not that of %.200s", before);
	else
		return 1;
	return 0;
}

int64_t archive_used_bytes(sqlite3 *db)
{
	int64_t pages = db_number(db, "PRAGMA page_count", 0);

	return (pages - db_number(db, "PRAGMA freelist_count", 0)) *
	       db_number(db, "PRAGMA page_size", 0);
}

int64_t archive_last_before(sqlite3 *db, int64_t wall_us)
{
	static const char sql[] = "SELECT coalesce((SELECT min(seq) FROM records WHERE wall_us >= "
				  "?) - 1, (SELECT max(seq) FROM records), 0)";
	sqlite3_stmt *query = NULL;
	int64_t seq = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK &&
	    sqlite3_bind_int64(query, 1, wall_us) == SQLITE_OK && sqlite3_step(query) == SQLITE_ROW)
		seq = sqlite3_column_int64(query, 0);
	(void)sqlite3_finalize(query);
	return seq;
}

/* The hash of a record, with which the chain goes on. */
static int find_base(struct chain *chain, int64_t seq, struct writ_error *error)
{
	sqlite3_stmt *query = NULL;
	int rc = sqlite3_prepare_v2(chain->db, "SELECT hash FROM records WHERE seq = ?", -1, &query,
				    NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(query, 1, seq);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(query);
	if (rc == SQLITE_ROW && sqlite3_column_bytes(query, 0) == RECORD_HASH_SIZE) {
		memcpy(chain->head.base_hash, sqlite3_column_blob(query, 0), RECORD_HASH_SIZE);
		chain->head.base_seq = seq;
		rc = 0;
	} else {
		rc = fail_set(error, WRIT_E_FORMAT, "record %lld is not there", (long long)seq);
	}
	(void)sqlite3_finalize(query);
	return rc;
}

/* Within a transaction. */
static int remove_through(struct chain *chain, int64_t seq, int64_t *removed,
			  struct writ_error *error)
{
	sqlite3_stmt *query = NULL;
	int rc = sqlite3_prepare_v2(chain->db, "DELETE FROM records WHERE seq <= ?", -1, &query,
				    NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(query, 1, seq);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(query);
	(void)sqlite3_finalize(query);
	if (rc != SQLITE_DONE)
		return db_error(chain->db, "records can't be removed", error);
	*removed += sqlite3_changes64(chain->db);
	return 0;
}

/* 1: there is more to remove. */
static int trim_step(struct chain *chain, int64_t through, const char *kind, const char *detail,
		     int64_t *removed, struct writ_error *error)
{
	int64_t step;
	int rc = chain_begin(chain, error);

	if (rc)
		return rc;
	if (through > chain->head.seq)
		through = chain->head.seq;
	if (through <= chain->head.base_seq) {
		chain_abandon(chain);
		return 0;
	}
	step = through - chain->head.base_seq > TRIM_STEP ? chain->head.base_seq + TRIM_STEP
							  : through;
	rc = find_base(chain, step, error);
	if (!rc)
		rc = remove_through(chain, step, removed, error);
	if (!rc && kind)
		rc = chain_note(chain, kind, detail, error);
	if (!rc)
		rc = chain_commit(chain, error);
	if (rc)
		chain_abandon(chain);
	return rc ? rc : step < through;
}

int archive_trim(struct chain *chain, int64_t through, const char *kind, const char *detail,
		 int64_t *removed, struct writ_error *error)
{
	int rc;

	*removed = 0;
	rc = trim_step(chain, through, kind, detail, removed, error);
	while (rc == 1)
		rc = trim_step(chain, through, NULL, NULL, removed, error);
	return rc;
}
