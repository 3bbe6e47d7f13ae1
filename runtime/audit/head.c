/*
 * The row of the table head. Whoever can write the database but does not have the key can't make a
 * head: so records that were taken from the end, or changed with all hashes that follow, are seen.
 * An older head with the records of its time is what a checkpoint kept elsewhere shows.
 */
#include "runtime/audit/head.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "runtime/audit/fail.h"

/* What is hashed or signed says first what it is, so that nothing can be taken for another thing.
 */
static const char mac_name[] = "writ audit head 1\n";
static const char log_name[] = "writ audit log 1\n";

void head_new(struct head *head)
{
	unsigned char id[HEAD_LOG_SIZE / 2];
	unsigned char text[sizeof(log_name) - 1 + HEAD_LOG_SIZE];

	memset(head, 0, sizeof(*head));
	randombytes_buf(id, sizeof(id));
	(void)sodium_bin2hex(head->log, sizeof(head->log), id, sizeof(id));
	memcpy(text, log_name, sizeof(log_name) - 1);
	memcpy(text + sizeof(log_name) - 1, head->log, HEAD_LOG_SIZE);
	(void)crypto_generichash(head->base_hash, RECORD_HASH_SIZE, text, sizeof(text), NULL, 0);
	memcpy(head->hash, head->base_hash, RECORD_HASH_SIZE);
}

static void add_number(crypto_generichash_state *state, uint64_t number)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	(void)crypto_generichash_update(state, bytes, sizeof(bytes));
}

static void make_mac(const struct head *head, const struct audit_key *key,
		     unsigned char mac[RECORD_HASH_SIZE])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, key->head, KEY_SIZE, RECORD_HASH_SIZE);
	(void)crypto_generichash_update(&state, (const unsigned char *)mac_name,
					sizeof(mac_name) - 1);
	(void)crypto_generichash_update(&state, (const unsigned char *)head->log, HEAD_LOG_SIZE);
	add_number(&state, (uint64_t)head->base_seq);
	(void)crypto_generichash_update(&state, head->base_hash, RECORD_HASH_SIZE);
	add_number(&state, (uint64_t)head->seq);
	(void)crypto_generichash_update(&state, head->hash, RECORD_HASH_SIZE);
	(void)crypto_generichash_final(&state, mac, RECORD_HASH_SIZE);
}

bool head_is_made_with(const struct head *head, const struct audit_key *key)
{
	unsigned char mac[RECORD_HASH_SIZE];

	make_mac(head, key, mac);
	return sodium_memcmp(mac, head->mac, sizeof(mac)) == 0;
}

/* ---- the row ---- */

static bool get_blob(sqlite3_stmt *row, int index, unsigned char out[RECORD_HASH_SIZE])
{
	if (sqlite3_column_type(row, index) != SQLITE_BLOB ||
	    sqlite3_column_bytes(row, index) != RECORD_HASH_SIZE)
		return false;
	memcpy(out, sqlite3_column_blob(row, index), RECORD_HASH_SIZE);
	return true;
}

static bool get_head(sqlite3_stmt *row, struct head *head)
{
	const char *log = (const char *)sqlite3_column_text(row, 0);

	if (!log || strlen(log) != HEAD_LOG_SIZE ||
	    strspn(log, "0123456789abcdef") != HEAD_LOG_SIZE ||
	    sqlite3_column_type(row, 1) != SQLITE_INTEGER ||
	    sqlite3_column_type(row, 3) != SQLITE_INTEGER)
		return false;
	memcpy(head->log, log, HEAD_LOG_SIZE + 1);
	head->base_seq = sqlite3_column_int64(row, 1);
	head->seq = sqlite3_column_int64(row, 3);
	return get_blob(row, 2, head->base_hash) && get_blob(row, 4, head->hash) &&
	       get_blob(row, 5, head->mac) && head->base_seq >= 0 && head->seq >= head->base_seq &&
	       head->seq < INT64_MAX;
}

int head_read(sqlite3 *db, struct head *head, struct writ_error *error)
{
	static const char sql[] = "SELECT log, base_seq, base_hash, seq, hash, mac FROM head";
	sqlite3_stmt *row = NULL;
	int rc = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
		return db_error(db, "the head can't be read", error);
	switch (sqlite3_step(row)) {
	case SQLITE_ROW:
		if (!get_head(row, head) || sqlite3_step(row) != SQLITE_DONE)
			rc = fail_set(error, WRIT_E_FORMAT, "the head is no head of a log");
		break;
	case SQLITE_DONE:
		rc = fail_set(error, WRIT_E_NOT_FOUND, "the log has no head");
		break;
	default:
		rc = db_error(db, "the head can't be read", error);
	}
	(void)sqlite3_finalize(row);
	return rc;
}

int head_write(sqlite3 *db, struct head *head, const struct audit_key *key,
	       struct writ_error *error)
{
	static const char sql[] = "REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?, ?)";
	sqlite3_stmt *row = NULL;
	int rc;

	make_mac(head, key, head->mac);
	rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
	if (rc == SQLITE_OK) {
		(void)sqlite3_bind_text(row, 1, head->log, HEAD_LOG_SIZE, SQLITE_STATIC);
		(void)sqlite3_bind_int64(row, 2, head->base_seq);
		(void)sqlite3_bind_blob(row, 3, head->base_hash, RECORD_HASH_SIZE, SQLITE_STATIC);
		(void)sqlite3_bind_int64(row, 4, head->seq);
		(void)sqlite3_bind_blob(row, 5, head->hash, RECORD_HASH_SIZE, SQLITE_STATIC);
		(void)sqlite3_bind_blob(row, 6, head->mac, RECORD_HASH_SIZE, SQLITE_STATIC);
		rc = sqlite3_step(row);
	}
	rc = rc == SQLITE_DONE ? 0 : db_error(db, "the head can't be written", error);
	(void)sqlite3_finalize(row);
	return rc;
}

/* ---- may it be continued ---- */

/* Its hash, made of what it says now and of what stands before it. False: it can't be a record. */
static bool hash_again(sqlite3_stmt *row, const struct head *head,
		       unsigned char hash[RECORD_HASH_SIZE])
{
	unsigned char before[RECORD_HASH_SIZE];
	unsigned char stored[RECORD_HASH_SIZE];
	struct record record;

	if (head->seq == head->base_seq + 1)
		memcpy(before, head->base_hash, sizeof(before));
	else if (!get_blob(row, RECORD__COUNT + 1, before))
		return false;
	if (!record_read(row, &record, stored))
		return false;
	record_hash(&record, before, hash);
	return true;
}

/* What is wrong with the last record, or NULL. */
static const char *check_last(sqlite3_stmt *row, const struct head *head)
{
	unsigned char hash[RECORD_HASH_SIZE];

	if (sqlite3_column_int64(row, 0) != head->seq || !get_blob(row, RECORD__COUNT, hash) ||
	    memcmp(hash, head->hash, sizeof(hash)) != 0)
		return "its last record is not the one that was written last";
	if (!hash_again(row, head, hash) || memcmp(hash, head->hash, sizeof(hash)) != 0)
		return "its last record, or the hash of the one before, was edited";
	return NULL;
}

static const char *check_no_last(const struct head *head)
{
	return head->seq == head->base_seq ? NULL : "its records were removed";
}

/*
 * Does the log end with the record that the head names, and does that say what it said? All else
 * is for who verifies: a look at one record costs a batch nothing.
 */
static int check_end(sqlite3 *db, const struct head *head, struct writ_error *error)
{
	const char *wrong = NULL;
	sqlite3_stmt *row = NULL;
	char sql[512];
	int rc = 0;

	(void)snprintf(sql, sizeof(sql),
		       "SELECT %s, (SELECT hash FROM records WHERE seq = last.seq - 1) "
		       "FROM records AS last ORDER BY seq DESC LIMIT 1",
		       record_select_list);
	if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
		return db_error(db, "its last record can't be read", error);
	switch (sqlite3_step(row)) {
	case SQLITE_ROW:
		wrong = check_last(row, head);
		break;
	case SQLITE_DONE:
		wrong = check_no_last(head);
		break;
	default:
		rc = db_error(db, "its last record can't be read", error);
	}
	(void)sqlite3_finalize(row);
	if (!wrong)
		return rc;
	return fail_set(error, WRIT_E_FORMAT,
			"%s: the log was changed; nothing is added to it ('writ audit verify' "
			"says more; to go on, move the log away)",
			wrong);
}

int head_check(sqlite3 *db, const struct head *head, const struct audit_key *key,
	       struct writ_error *error)
{
	if (!head_is_made_with(head, key))
		return fail_set(error, WRIT_E_FORMAT,
				"its head was not made with this key: the log was changed or "
				"replaced, or the key was; nothing is added to it");
	return check_end(db, head, error);
}
