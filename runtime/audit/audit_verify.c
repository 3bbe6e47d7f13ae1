/*
 * Verifying a log: one walk along the chain, in one snapshot of the database, then its end held
 * against the head, and against a checkpoint.
 *
 * The first record that is wrong is what is reported; what is wrong with the head only, when no
 * record is: who rewrites all hashes from some record on leaves a good chain, and a head that its
 * key did not make. Nothing in the database is believed before it is checked, the schema first: a
 * view in the place of a table would say anything.
 */
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/blame.h"
#include "runtime/audit/checkpoint.h"
#include "runtime/audit/fail.h"
#include "runtime/audit/roll.h"
#include "runtime/audit/schema.h"

#define MAX_LOOKS 3 /* for a writer without a count, before it is believed */

struct walk {
	sqlite3 *db;
	const struct writ_audit_expect *expect;
	struct writ_audit_verdict *verdict;
	struct writ_audit_finding *finding;
	struct audit_key key;
	bool has_signer; /* the public key of checkpoints is known */
	unsigned char signer[KEY_PUBLIC_SIZE];
	struct head head;
	struct checkpoint checkpoint; /* that is expected, if one is */
	int64_t seq;                  /* of the last record */
	unsigned char hash[RECORD_HASH_SIZE];
};

/* Says what is wrong, and returns 1. */
__attribute__((format(printf, 3, 4))) static int find(struct walk *walk, int64_t seq,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	walk->finding->seq = seq;
	(void)vsnprintf(walk->finding->text, sizeof(walk->finding->text), format, args);
	va_end(args);
	return 1;
}

/* ---- records ---- */

static bool is_text(const struct record_value *value, const char *text)
{
	return value->type == RECORD_TEXT && value->len == strlen(text) &&
	       memcmp(value->text, text, value->len) == 0;
}

static void count_gap(struct walk *walk, const struct record *record)
{
	static const char prefix[] = "{\"lost\":";
	const struct record_value *detail = &record->values[RECORD_DETAIL];

	walk->verdict->gaps++;
	if (detail->type == RECORD_TEXT && strncmp(detail->text, prefix, sizeof(prefix) - 1) == 0)
		walk->verdict->lost += strtoull(detail->text + sizeof(prefix) - 1, NULL, 10);
}

/* A checkpoint in the log is of the record before it, whose hash no other place or log has. */
static int check_checkpoint(struct walk *walk, const struct record *record)
{
	const struct record_value *detail = &record->values[RECORD_DETAIL];
	struct checkpoint checkpoint;
	int64_t seq = walk->seq + 1;

	if (detail->type != RECORD_TEXT || checkpoint_read(detail->text, &checkpoint, NULL) ||
	    memcmp(checkpoint.hash, walk->hash, sizeof(walk->hash)) != 0)
		return find(walk, seq,
			    "record %lld is a checkpoint that is not of the record before it: "
			    "what comes before was rewritten",
			    (long long)seq);
	if (walk->has_signer && memcmp(checkpoint.signer, walk->signer, sizeof(walk->signer)) != 0)
		return find(walk, seq,
			    "record %lld is a checkpoint that was not signed with this log's key: "
			    "the log was replaced or rewritten",
			    (long long)seq);
	walk->verdict->checkpoints++;
	return 0;
}

/* Is the record that the checkpoint is of the one that stands here? */
static int check_expected(struct walk *walk)
{
	const struct checkpoint *expected = &walk->checkpoint;

	if (!walk->expect->checkpoint || expected->seq != walk->seq ||
	    memcmp(expected->hash, walk->hash, sizeof(walk->hash)) == 0)
		return 0;
	return find(walk, walk->seq,
		    "record %lld is not the one of the checkpoint: the log was rewritten",
		    (long long)walk->seq);
}

static int blame(struct walk *walk, int64_t seq)
{
	const struct blame blame = {.db = walk->db, .head = &walk->head, .seq = seq};

	walk->finding->seq = seq;
	blame_record(&blame, walk->finding->text, sizeof(walk->finding->text));
	return 1;
}

static int check_record(struct walk *walk, sqlite3_stmt *row)
{
	int64_t seq = sqlite3_column_int64(row, 0);
	unsigned char stored[RECORD_HASH_SIZE];
	unsigned char hash[RECORD_HASH_SIZE];
	struct record record;
	int rc = 0;

	if (seq <= walk->seq)
		return find(walk, seq, "record %lld was added: the first is %lld", (long long)seq,
			    (long long)walk->seq + 1);
	if (seq != walk->seq + 1)
		return find(walk, walk->seq + 1,
			    seq - walk->seq == 2 ? "record %lld was deleted"
						 : "records %lld to %lld were deleted",
			    (long long)walk->seq + 1, (long long)seq - 1);
	if (!record_read(row, &record, stored))
		return blame(walk, seq);
	record_hash(&record, walk->hash, hash);
	if (memcmp(hash, stored, sizeof(hash)) != 0)
		return blame(walk, seq);
	if (is_text(&record.values[RECORD_KIND], "gap"))
		count_gap(walk, &record);
	if (is_text(&record.values[RECORD_KIND], "checkpoint"))
		rc = check_checkpoint(walk, &record);
	walk->seq = seq;
	memcpy(walk->hash, hash, sizeof(hash));
	walk->verdict->records++;
	return rc ? rc : check_expected(walk);
}

static int walk_records(struct walk *walk, struct writ_error *error)
{
	char sql[512];
	sqlite3_stmt *row = NULL;
	int step = SQLITE_ERROR;
	int rc = 0;

	walk->seq = walk->head.base_seq;
	memcpy(walk->hash, walk->head.base_hash, sizeof(walk->hash));
	walk->verdict->first = walk->seq + 1;
	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM records ORDER BY seq", record_select_list);
	rc = check_expected(walk);
	if (sqlite3_prepare_v2(walk->db, sql, -1, &row, NULL) == SQLITE_OK) {
		while (!rc && (step = sqlite3_step(row)) == SQLITE_ROW)
			rc = check_record(walk, row);
	}
	if (!rc && step == SQLITE_TOOBIG)
		rc = find(walk, walk->seq + 1,
			  "record %lld was edited or added: it is longer than any record",
			  (long long)walk->seq + 1);
	else if (!rc && step != SQLITE_DONE)
		rc = db_error(walk->db, "the records can't be read", error);
	(void)sqlite3_finalize(row);
	walk->verdict->last = walk->seq;
	return rc;
}

/* ---- the end ---- */

static int check_end(struct walk *walk)
{
	const struct head *head = &walk->head;

	if (!walk->verdict->no_key && !head_is_made_with(head, &walk->key))
		return find(walk, 0,
			    "the head was not made with this log's key: it was changed, or the "
			    "log was rewritten or replaced");
	if (walk->seq < head->seq)
		return find(walk, walk->seq + 1,
			    head->seq - walk->seq == 1
				    ? "record %lld is missing at the end: the log was truncated"
				    : "records %lld to %lld are missing at the end: the log was "
				      "truncated",
			    (long long)walk->seq + 1, (long long)head->seq);
	if (walk->seq > head->seq)
		return find(walk, head->seq + 1,
			    walk->seq - head->seq == 1
				    ? "record %lld was added without the log's key"
				    : "records %lld to %lld were added without the log's key",
			    (long long)head->seq + 1, (long long)walk->seq);
	if (memcmp(walk->hash, head->hash, sizeof(walk->hash)) != 0)
		return find(walk, walk->seq,
			    "record %lld is not the one that the head names: it was replaced",
			    (long long)walk->seq);
	return 0;
}

static int check_log_of_checkpoint(struct walk *walk)
{
	const struct checkpoint *expected = &walk->checkpoint;

	if (!walk->expect->checkpoint)
		return 0;
	if (walk->has_signer && memcmp(expected->signer, walk->signer, sizeof(walk->signer)) != 0)
		return find(walk, 0,
			    "the checkpoint was not signed with this log's key: the log was "
			    "replaced, or it is another log's");
	if (strcmp(expected->log, walk->head.log) != 0)
		return find(walk, 0,
			    "the checkpoint is of log %s, and this is %s: the log was replaced",
			    expected->log, walk->head.log);
	if (expected->seq < walk->head.base_seq)
		return find(walk, 0, "the checkpoint's record %lld is in an older file of this log",
			    (long long)expected->seq);
	return 0;
}

static int check_reach(struct walk *walk)
{
	if (!walk->expect->checkpoint || walk->checkpoint.seq <= walk->seq)
		return 0;
	return find(walk, walk->seq + 1,
		    "the log ends at record %lld, before the checkpoint's record %lld: it was "
		    "truncated",
		    (long long)walk->seq, (long long)walk->checkpoint.seq);
}

/* What SQLite itself finds: an index that leaves records out hides them from who asks by it. */
static int check_structure(struct walk *walk, struct writ_error *error)
{
	sqlite3_stmt *row = NULL;
	const char *said = NULL;
	int rc = 0;

	if (sqlite3_prepare_v2(walk->db, "PRAGMA integrity_check(1)", -1, &row, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(row) == SQLITE_ROW)
		said = (const char *)sqlite3_column_text(row, 0);
	if (!said)
		rc = db_error(walk->db, "the database can't be checked", error);
	else if (strcmp(said, "ok") != 0)
		rc = find(walk, 0, "the database is damaged: %.400s", said);
	(void)sqlite3_finalize(row);
	return rc;
}

/* The id of a writer is 16 digits (roll.c); what has another keeps everybody from writing. */
static int check_writers(struct walk *walk)
{
	static const char others[] = "SELECT count(*) FROM writers WHERE lost IS NULL AND "
				     "(length(id) <> 16 OR id GLOB '*[^0-9a-f]*')";

	/* What can't be counted is no better than what should not be there. */
	if (db_number(walk->db, others, -1) == 0)
		return 0;
	return find(walk, 0, "its table writers was edited, or is damaged");
}

/* ---- what is known before ---- */

static int find_key(struct walk *walk, const char *path, struct writ_error *error)
{
	char file[KEY_MAX_PATH];
	size_t len = 0;
	int rc = key_path(path, walk->expect->key, file, error);

	if (rc)
		return rc;
	rc = key_read(file, &walk->key, error);
	walk->verdict->no_key = rc == -WRIT_E_NOT_FOUND;
	if (rc && !walk->verdict->no_key)
		return rc;
	walk->has_signer = !rc;
	memcpy(walk->signer, walk->key.signer, sizeof(walk->signer));
	if (!walk->expect->signer)
		return 0;
	walk->has_signer = true;
	if (sodium_hex2bin(walk->signer, sizeof(walk->signer), walk->expect->signer,
			   strlen(walk->expect->signer), NULL, &len, NULL) ||
	    len != sizeof(walk->signer))
		return fail_set(error, WRIT_E_INVALID,
				"the signer is not 64 hexadecimal digits, a public key");
	return 0;
}

static int begin(struct walk *walk, const char *path, struct writ_error *error)
{
	int rc = find_key(walk, path, error);

	if (!rc && walk->expect->checkpoint)
		rc = checkpoint_read(walk->expect->checkpoint, &walk->checkpoint, error);
	if (!rc)
		rc = db_open(path, &audit_schema, DB_READ, &walk->db, error);
	return rc ? rc : db_run(walk->db, "BEGIN", error);
}

static int check_head(struct walk *walk, struct writ_error *error)
{
	struct writ_error reason;
	int rc = schema_check(walk->db, walk->finding->text, sizeof(walk->finding->text), error);

	if (rc <= 0)
		return rc < 0 ? rc : 1;
	rc = head_read(walk->db, &walk->head, &reason);
	if (rc == -WRIT_E_NOT_FOUND || rc == -WRIT_E_FORMAT)
		return find(walk, 0, "%s: it was changed", reason.text);
	if (rc && error)
		*error = reason;
	return rc ? rc : check_log_of_checkpoint(walk);
}

/* Losses that no record tells of yet. */
static int count_losses(struct walk *walk, const char *path, struct writ_error *error)
{
	struct roll_losses losses = {.unknown = 1};
	struct writers writers;
	int rc = writers_open(path, false, &writers, NULL);

	if (rc && rc != -WRIT_E_NOT_FOUND)
		return 0;
	/* Slots are those of now, so rows have to be, too; a process may end between the two. */
	rc = db_run(walk->db, "COMMIT", error);
	for (int i = 0; !rc && losses.unknown && i < MAX_LOOKS; i++)
		rc = roll_losses(walk->db, &writers, &losses, error);
	walk->verdict->unsaid = losses.lost;
	walk->verdict->uncounted = losses.unknown != 0;
	writers_close(&writers);
	return rc;
}

static int verify(struct walk *walk, const char *path, struct writ_error *error)
{
	int rc = begin(walk, path, error);

	if (!rc)
		rc = check_head(walk, error);
	if (!rc)
		rc = walk_records(walk, error);
	if (!rc)
		rc = check_end(walk);
	if (!rc)
		rc = check_reach(walk);
	if (!rc)
		rc = check_structure(walk, error);
	if (!rc)
		rc = check_writers(walk);
	return rc ? rc : count_losses(walk, path, error);
}

/* What is wrong before the database is open says what it is about. */
static int fail_of(struct writ_error *error, const char *path, const struct writ_error *reason)
{
	return fail_set(error, (enum writ_error_code)reason->code, "%.200s%s%s", path ? path : "",
			path ? ": " : "", reason->text);
}

int writ_audit_verify(const char *path, const struct writ_audit_expect *expect,
		      struct writ_audit_verdict *verdict, struct writ_audit_finding *finding,
		      struct writ_error *error)
{
	static const struct writ_audit_expect nothing = {.key = NULL};
	struct walk walk = {.expect = expect ? expect : &nothing, .verdict = verdict};
	struct writ_error reason;
	int rc;

	walk.finding = finding;
	memset(verdict, 0, sizeof(*verdict));
	memset(finding, 0, sizeof(*finding));
	rc = verify(&walk, path, &reason);
	if (rc < 0)
		(void)fail_of(error, walk.db ? path : NULL, &reason);
	db_close(walk.db);
	key_forget(&walk.key);
	return rc;
}

int writ_audit_checkpoint(const char *path, const char *key, char line[WRIT_CHECKPOINT_SIZE],
			  struct writ_error *error)
{
	char file[KEY_MAX_PATH];
	struct writ_error reason;
	struct audit_key keys;
	struct head head;
	sqlite3 *db = NULL;
	int rc = key_path(path, key, file, &reason);

	if (!rc)
		rc = key_read(file, &keys, &reason);
	if (!rc)
		rc = schema_open(path, DB_READ, &db, &reason);
	if (!rc)
		rc = head_read(db, &head, &reason);
	/* What was changed must not be signed. */
	if (!rc)
		rc = head_check(db, &head, &keys, &reason);
	if (!rc)
		checkpoint_make(&head, &keys, line);
	else
		rc = fail_of(error, db ? path : NULL, &reason);
	db_close(db);
	key_forget(&keys);
	return rc;
}
