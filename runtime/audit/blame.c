/*
 * Telling what was done. A hash binds a record to its number and to the record before, so a record
 * that fails where it stands is tried where it may have stood: with the number and the hash before
 * of every other place. What fits nowhere was edited.
 *
 * This reads the whole log once more, and only once something is known to be wrong.
 */
#include "runtime/audit/blame.h"

#include <stdio.h>
#include <string.h>

/* A record and its hash as the log has them; the texts are the statement's. */
struct stored {
	sqlite3_stmt *row;
	struct record record;
	unsigned char hash[RECORD_HASH_SIZE];
};

static bool fetch(sqlite3 *db, int64_t seq, struct stored *out)
{
	char sql[512];

	out->row = NULL;
	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM records WHERE seq = %lld",
		       record_select_list, (long long)seq);
	return sqlite3_prepare_v2(db, sql, -1, &out->row, NULL) == SQLITE_OK &&
	       sqlite3_step(out->row) == SQLITE_ROW &&
	       record_read(out->row, &out->record, out->hash);
}

static void release(struct stored *stored)
{
	(void)sqlite3_finalize(stored->row);
}

/* Would the record have its hash with this number, behind the hash before? */
static bool fits(const struct stored *stored, int64_t seq,
		 const unsigned char before[RECORD_HASH_SIZE])
{
	struct record record = stored->record;
	unsigned char hash[RECORD_HASH_SIZE];

	record_set_number(&record, RECORD_SEQ, seq);
	record_hash(&record, before, hash);
	return memcmp(hash, stored->hash, sizeof(hash)) == 0;
}

/* The number of an earlier record with the same hash; 0: none. */
static int64_t find_original(const struct blame *blame, const struct stored *stored)
{
	static const char sql[] = "SELECT min(seq) FROM records WHERE hash = ?1 AND seq <> ?2";
	sqlite3_stmt *query = NULL;
	int64_t original = 0;

	if (sqlite3_prepare_v2(blame->db, sql, -1, &query, NULL) == SQLITE_OK) {
		(void)sqlite3_bind_blob(query, 1, stored->hash, RECORD_HASH_SIZE, SQLITE_STATIC);
		(void)sqlite3_bind_int64(query, 2, blame->seq);
		if (sqlite3_step(query) == SQLITE_ROW)
			original = sqlite3_column_int64(query, 0);
	}
	(void)sqlite3_finalize(query);
	return original;
}

/*
 * The number that the record had; 0: not to be found. Behind which record it stood is tried by that
 * record's hash, and its number by that of the place where this one is now, and the one behind.
 */
static int64_t find_place(const struct blame *blame, const struct stored *stored)
{
	sqlite3_stmt *query = NULL;
	int64_t place = 0;

	if (blame->head && fits(stored, blame->head->base_seq + 1, blame->head->base_hash))
		return blame->head->base_seq + 1;
	if (sqlite3_prepare_v2(blame->db, "SELECT seq, hash FROM records", -1, &query, NULL))
		return 0;
	while (!place && sqlite3_step(query) == SQLITE_ROW) {
		int64_t seq = sqlite3_column_int64(query, 0);
		const void *hash = sqlite3_column_blob(query, 1);

		if (!hash || sqlite3_column_bytes(query, 1) != RECORD_HASH_SIZE || seq == INT64_MAX)
			continue;
		if (fits(stored, seq + 1, hash))
			place = seq + 1;
		else if (fits(stored, seq, hash))
			place = seq;
	}
	(void)sqlite3_finalize(query);
	return place;
}

/* By how much the records from this one on were renumbered: as the next one would fit. */
static int64_t find_shift(const struct blame *blame, const struct stored *stored)
{
	int64_t last = blame->seq;
	sqlite3_stmt *query = NULL;
	struct stored next;
	int64_t shift = 0;

	if (sqlite3_prepare_v2(blame->db, "SELECT max(seq) FROM records", -1, &query, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(query) == SQLITE_ROW)
		last = sqlite3_column_int64(query, 0);
	(void)sqlite3_finalize(query);
	if (blame->head && blame->head->seq != last && fetch(blame->db, blame->seq + 1, &next)) {
		shift = blame->head->seq - last;
		if (!fits(&next, blame->seq + 1 + shift, stored->hash))
			shift = 0;
		release(&next);
	}
	return shift;
}

static void describe(const struct blame *blame, const struct stored *stored, char *text,
		     size_t size)
{
	long long seq = (long long)blame->seq;
	int64_t other = find_original(blame, stored);

	if (other) {
		(void)snprintf(text, size,
			       "record %lld was duplicated: it is a copy of record %lld", seq,
			       (long long)other);
		return;
	}
	other = find_shift(blame, stored);
	if (other > 0) {
		(void)snprintf(text, size,
			       "%lld records were deleted before record %lld, and those behind "
			       "renumbered",
			       (long long)other, seq);
		return;
	}
	if (other < 0) {
		(void)snprintf(text, size,
			       "%lld records were put in before record %lld, and those behind "
			       "renumbered",
			       (long long)-other, seq);
		return;
	}
	other = find_place(blame, stored);
	if (other && other != blame->seq)
		(void)snprintf(text, size,
			       "records were reordered: record %lld was written as record %lld",
			       seq, (long long)other);
	else
		(void)snprintf(text, size,
			       "record %lld was edited: its hash is not that of what it says", seq);
}

void blame_record(const struct blame *blame, char *text, size_t size)
{
	struct stored stored;

	if (fetch(blame->db, blame->seq, &stored))
		describe(blame, &stored, text, size);
	else
		(void)snprintf(text, size, "record %lld was edited: it is not of a record's form",
			       (long long)blame->seq);
	release(&stored);
}
