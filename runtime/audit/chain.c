/*
 * Adding to the chain. What a transaction begins with is read from the database each time, as other
 * processes write to it as well, and is refused unless it is as one that has the key left it.
 */
#include "runtime/audit/chain.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "runtime/audit/fail.h"
#include "runtime/audit/schema.h"

/* Pages of the write-ahead log that are gathered before they are copied to the database. */
#define SETTINGS "PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000; "

/* A log without a head is one that is made now, or one whose head was taken away. */
static int make_head(struct chain *chain, const char *key_file, struct writ_error *error)
{
	int rc;

	if (db_number(chain->db, "SELECT count(*) FROM records", 1) != 0)
		return fail_set(error, WRIT_E_FORMAT,
				"it has records and no head: the log was changed");
	rc = key_read(key_file, &chain->key, error);
	if (rc == -WRIT_E_NOT_FOUND) {
		rc = key_make(key_file, error);
		if (!rc)
			rc = key_read(key_file, &chain->key, error);
	}
	if (rc)
		return rc;
	head_new(&chain->head);
	return head_write(chain->db, &chain->head, &chain->key, error);
}

/* In a transaction, so that of two who make a log one does. */
static int find_head(struct chain *chain, const char *key_file, struct writ_error *error)
{
	int rc = db_run(chain->db, "BEGIN IMMEDIATE", error);

	if (rc)
		return rc;
	rc = head_read(chain->db, &chain->head, error);
	if (rc == -WRIT_E_NOT_FOUND)
		rc = make_head(chain, key_file, error);
	else if (!rc)
		rc = key_read(key_file, &chain->key, error);
	if (!rc)
		rc = head_check(chain->db, &chain->head, &chain->key, error);
	if (!rc)
		rc = db_run(chain->db, "COMMIT", error);
	if (rc)
		chain_abandon(chain);
	return rc;
}

int chain_open(struct chain *chain, const char *path, const char *key, bool synchronous,
	       struct writ_error *error)
{
	char key_file[KEY_MAX_PATH];
	struct writ_error reason;
	int rc;

	memset(chain, 0, sizeof(*chain));
	rc = key_path(path, key, key_file, error);
	if (rc)
		return rc;
	rc = schema_open(path, DB_CREATE, &chain->db, error);
	if (rc)
		return rc;
	rc = db_run(chain->db, SETTINGS "PRAGMA synchronous = NORMAL", &reason);
	if (!rc && synchronous)
		rc = chain_synchronous(chain, &reason);
	if (!rc)
		rc = find_head(chain, key_file, &reason);
	if (!rc)
		rc = record_prepare(chain->db, &chain->insert, &reason);
	if (rc)
		(void)fail_set(error, (enum writ_error_code)reason.code, "%.200s: %s", path,
			       reason.text);
	return rc;
}

void chain_close(struct chain *chain)
{
	record_finalize(&chain->insert);
	db_close(chain->db);
	key_forget(&chain->key);
	chain->db = NULL;
}

int chain_synchronous(struct chain *chain, struct writ_error *error)
{
	int rc;

	if (chain->synchronous)
		return 0;
	rc = db_run(chain->db, "PRAGMA synchronous = FULL", error);
	chain->synchronous = !rc;
	return rc;
}

int chain_begin(struct chain *chain, struct writ_error *error)
{
	int rc = db_run(chain->db, "BEGIN IMMEDIATE", error);

	if (rc)
		return rc;
	rc = head_read(chain->db, &chain->head, error);
	if (!rc)
		rc = head_check(chain->db, &chain->head, &chain->key, error);
	if (rc)
		chain_abandon(chain);
	return rc;
}

int chain_add(struct chain *chain, struct record *records, size_t n, struct writ_error *error)
{
	unsigned char hashes[RECORD_ROWS][RECORD_HASH_SIZE];
	const unsigned char *before = chain->head.hash;
	int rc;

	for (size_t i = 0; i < n; i++) {
		record_set_number(&records[i], RECORD_SEQ, chain->head.seq + 1 + (int64_t)i);
		record_hash(&records[i], before, hashes[i]);
		before = hashes[i];
	}
	rc = record_insert(&chain->insert, records, hashes, n, error);
	if (rc)
		return rc;
	chain->head.seq += (int64_t)n;
	memmove(chain->head.hash, before, sizeof(chain->head.hash));
	return 0;
}

int chain_commit(struct chain *chain, struct writ_error *error)
{
	int rc = head_write(chain->db, &chain->head, &chain->key, error);

	return rc ? rc : db_run(chain->db, "COMMIT", error);
}

void chain_abandon(struct chain *chain)
{
	(void)sqlite3_exec(chain->db, "ROLLBACK", NULL, NULL, NULL);
}

static uint64_t microseconds(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

void chain_clocks(uint64_t *wall_us, uint64_t *mono_us)
{
	*wall_us = microseconds(CLOCK_REALTIME);
	*mono_us = microseconds(CLOCK_MONOTONIC);
}

int chain_note(struct chain *chain, const char *kind, const char *detail, struct writ_error *error)
{
	struct record record = {.values = {{.type = RECORD_NULL}}};
	uint64_t wall_us;
	uint64_t mono_us;

	chain_clocks(&wall_us, &mono_us);
	record_set_number(&record, RECORD_WALL, (int64_t)wall_us);
	record_set_number(&record, RECORD_MONO, (int64_t)mono_us);
	record_set_text(&record, RECORD_KIND, kind);
	record_set_text(&record, RECORD_DETAIL, detail);
	return chain_add(chain, &record, 1, error);
}
