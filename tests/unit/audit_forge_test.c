/*
 * What can be made of a log that takes more than changing its rows: chains that are whole, by who
 * has no key; and another past of the log, by who has it.
 */
#include <criterion/criterion.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/archive.h"
#include "runtime/audit/checkpoint.h"
#include "runtime/audit/schema.h"
#include "support/audit.h"

static const char *path;

/* Records 1 to 9; the last is a checkpoint. */
static void setup(void)
{
	path = audit_setup();
	audit_fill(6);
	cr_assert_str_empty(audit_verify());
}

TestSuite(audit_forge, .init = setup, .fini = audit_teardown, .timeout = 60);

/* ---- without the key ---- */

static struct head head_of_log(void)
{
	struct writ_error error;
	struct head head;
	sqlite3 *db = NULL;

	cr_assert_eq(schema_open(path, DB_READ, &db, &error), 0, "%s", error.text);
	cr_assert_eq(head_read(db, &head, &error), 0, "%s", error.text);
	db_close(db);
	return head;
}

static void set_hash(sqlite3 *db, int64_t seq, const unsigned char hash[RECORD_HASH_SIZE])
{
	sqlite3_stmt *update = NULL;

	cr_assert_eq(sqlite3_prepare_v2(db, "UPDATE records SET hash = ? WHERE seq = ?", -1,
					&update, NULL),
		     SQLITE_OK);
	(void)sqlite3_bind_blob(update, 1, hash, RECORD_HASH_SIZE, SQLITE_STATIC);
	(void)sqlite3_bind_int64(update, 2, seq);
	cr_assert_eq(sqlite3_step(update), SQLITE_DONE);
	(void)sqlite3_finalize(update);
}

/* Gives every record the hash that follows from what it says and from the one before. */
static void chain_anew(void)
{
	struct head head = head_of_log();
	unsigned char before[RECORD_HASH_SIZE];
	sqlite3_stmt *row = NULL;
	sqlite3 *db = NULL;
	char sql[512];

	memcpy(before, head.base_hash, sizeof(before));
	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM records ORDER BY seq", record_select_list);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
	while (sqlite3_step(row) == SQLITE_ROW) {
		unsigned char hash[RECORD_HASH_SIZE];
		struct record record;

		cr_assert(record_read(row, &record, hash));
		record_hash(&record, before, hash);
		set_hash(db, record.values[RECORD_SEQ].number, hash);
		memcpy(before, hash, sizeof(before));
	}
	(void)sqlite3_finalize(row);
	(void)sqlite3_close(db);
}

/* What no process of ours has put there can't be marked as told of, and is not told for ever. */
Test(audit_forge, row_of_a_writer_that_is_none_ends)
{
	static const char *const ids[] = {"7", "00000000000000AB", "0x1", "00000000000000001"};
	struct writ_audit *audit = NULL;
	struct writ_error error;
	char sql[160];

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		(void)snprintf(sql, sizeof(sql),
			       "INSERT INTO writers VALUES ('%s', 1, 0, 1, 1, 0, 0, NULL)", ids[i]);
		audit_change(sql);
		cr_expect_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_FORMAT);
		cr_expect(strstr(error.text, "its table writers was edited, or is damaged"), "%s",
			  error.text);
		cr_expect_str_not_empty(audit_verify());
		audit_change("DELETE FROM writers WHERE pid = 1 AND uid = 0");
	}
	/* One as ours are is a process whose count was taken away: told once. */
	audit_change("INSERT INTO writers VALUES ('00000000000000ab', 1, 0, 1, 1, 0, 0, NULL)");
	audit_fill(2);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE detail LIKE '%count_gone%'"),
		     1);
	cr_expect_str_empty(audit_verify());
}

Test(audit_forge, a_chain_that_is_made_anew_does_not_fit_its_checkpoint)
{
	struct writ_audit_expect expect = {.key = "/nowhere/key"};

	audit_change("UPDATE records SET verdict = 'allow' WHERE seq = 2");
	chain_anew();
	cr_expect_str_eq(audit_verify(),
			 "record 9 is a checkpoint that is not of the record before it: what comes "
			 "before was rewritten");
	cr_expect_str_eq(audit_verify_with(&expect, NULL), audit_verify(), "that takes no key");
}

Test(audit_forge, a_chain_that_is_made_anew_does_not_fit_the_head)
{
	audit_change("DELETE FROM records WHERE seq = 9");
	audit_change("UPDATE records SET verdict = 'allow' WHERE seq = 2");
	audit_change("UPDATE head SET seq = 8");
	chain_anew();
	cr_expect_not_null(strstr(audit_verify(), "the head was not made with this log's key"));
}

/* The head of an earlier time is one that the key has made. */
Test(audit_forge, an_older_head_does_not_hide_what_came_later)
{
	char old[512];

	(void)snprintf(old, sizeof(old), "%s",
		       audit_text("SELECT 'UPDATE head SET seq = ' || seq || ', hash = ' || "
				  "quote(hash) || ', mac = ' || quote(mac) FROM head"));
	audit_fill(2);
	cr_assert_str_empty(audit_verify());
	audit_change(old);
	cr_expect_str_eq(audit_verify(), "records 10 to 14 were added without the log's key");
}

/* Where no checkpoint stands at the end, as in the log of processes that write one record each. */
Test(audit_forge, the_last_record_is_the_one_that_the_head_names)
{
	const struct writ_audit_options options = {.once = 1};
	struct writ_audit *audit;

	audit_teardown();
	path = audit_setup();
	audit = audit_open(&options);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(audit_record(audit, "t", WRIT_DENY), 0);
	writ_audit_close(audit);
	cr_assert_str_empty(audit_verify());
	audit_change("UPDATE records SET verdict = 'allow' WHERE seq = 3");
	chain_anew();
	cr_expect_str_eq(audit_verify(),
			 "record 3 is not the one that the head names: it was replaced");
}

/* What is asked for by user would be answered from the index of tools, where there is none. */
Test(audit_forge, an_index_that_hides_records_is_found)
{
	long long user = audit_number("SELECT rootpage FROM sqlite_schema WHERE name = "
				      "'records_by_user'");
	long long tool = audit_number("SELECT rootpage FROM sqlite_schema WHERE name = "
				      "'records_by_tool'");
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = %lld - "
		       "rootpage WHERE rootpage IN (%lld, %lld)",
		       user + tool, user, tool);
	audit_change(sql);
	cr_expect_eq(strncmp(audit_verify(), "the database is damaged: ", 25), 0, "%s",
		     audit_verify());
}

/* ---- with the key ---- */

static void keep_copy(void)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "cp %s %s.old", path, path);
	cr_assert_eq(system(command), 0);
}

static void put_copy_back(void)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "cp %s.old %s && rm -f %s-wal %s-shm", path, path,
		       path, path);
	cr_assert_eq(system(command), 0);
}

/* A checkpoint of record 15, and then a log that went another way behind record 9. */
static void go_another_way(char line[WRIT_CHECKPOINT_SIZE])
{
	struct writ_error error;

	keep_copy();
	audit_fill(3);
	cr_assert_eq(writ_audit_checkpoint(path, NULL, line, &error), 0, "%s", error.text);
	cr_assert(strstr(line, ":15:"), "%s", line);
	put_copy_back();
	audit_fill(12);
	cr_assert_str_empty(audit_verify());
}

Test(audit_forge, another_past_does_not_have_the_checkpoints_record)
{
	struct writ_audit_expect expect = {.key = NULL};
	char line[WRIT_CHECKPOINT_SIZE];

	go_another_way(line);
	expect.checkpoint = line;
	cr_expect_str_eq(audit_verify_with(&expect, NULL),
			 "record 15 is not the one of the checkpoint: the log was rewritten");
}

/* Nor does it when it was removed since, as the log's owner may. */
Test(audit_forge, another_past_that_was_pruned_does_not_have_it_either)
{
	struct writ_audit_expect expect = {.key = NULL};
	char line[WRIT_CHECKPOINT_SIZE];
	struct writ_error error;
	struct chain chain;
	int64_t removed;

	go_another_way(line);
	expect.checkpoint = line;
	cr_assert_eq(chain_open(&chain, path, NULL, false, &error), 0, "%s", error.text);
	cr_assert_eq(archive_trim(&chain, 15, "prune", NULL, &removed, &error), 0);
	chain_close(&chain);
	cr_assert_str_empty(audit_verify());
	cr_expect_str_eq(audit_verify_with(&expect, NULL),
			 "record 15 is not the one of the checkpoint: the log was rewritten");
}

Test(audit_forge, a_checkpoint_of_an_older_file_is_told)
{
	struct writ_audit_expect expect = {.key = NULL};
	char line[WRIT_CHECKPOINT_SIZE];
	struct writ_error error;
	struct chain chain;
	int64_t removed;

	cr_assert_eq(writ_audit_checkpoint(path, NULL, line, &error), 0, "%s", error.text);
	expect.checkpoint = line;
	audit_fill(3);
	cr_assert_eq(chain_open(&chain, path, NULL, false, &error), 0, "%s", error.text);
	cr_assert_eq(archive_trim(&chain, 12, "prune", NULL, &removed, &error), 0);
	chain_close(&chain);
	cr_expect_str_eq(audit_verify_with(&expect, NULL),
			 "the checkpoint's record 9 is in an older file of this log");
}

/* Who has no key can make a checkpoint of whatever there is, but not sign it. */
Test(audit_forge, a_checkpoint_of_another_signer_is_none_of_this_log)
{
	struct writ_audit_expect expect = {.key = NULL};
	const struct head head = head_of_log();
	char line[WRIT_CHECKPOINT_SIZE];
	struct audit_key other;
	struct writ_error error;
	char file[128];

	(void)snprintf(file, sizeof(file), "%s.other-key", path);
	cr_assert_eq(key_make(file, &error), 0, "%s", error.text);
	cr_assert_eq(key_read(file, &other, &error), 0, "%s", error.text);
	checkpoint_make(&head, &other, line);
	expect.checkpoint = line;
	cr_expect_str_eq(audit_verify_with(&expect, NULL),
			 "the checkpoint was not signed with this log's key: the log was replaced, "
			 "or it is another log's");
}

/* A copy that ends where the log begins, and is of another past. */
Test(audit_forge, a_copy_of_another_past_is_not_followed_by_the_log)
{
	struct writ_error error;
	struct chain chain;
	int64_t removed;
	char before[128], said[512];

	keep_copy();
	audit_fill(3);
	(void)snprintf(before, sizeof(before), "%s.before", path);
	cr_assert_eq(archive_copy(path, before, &error), 0, "%s", error.text);
	cr_assert_eq(head_of_log().seq, 15);
	put_copy_back();
	audit_fill(12);
	cr_assert_eq(chain_open(&chain, path, NULL, false, &error), 0, "%s", error.text);
	cr_assert_eq(archive_trim(&chain, 15, "prune", NULL, &removed, &error), 0);
	chain_close(&chain);
	cr_expect_eq(archive_follows(before, path, said, sizeof(said), &error), 0);
	cr_expect_not_null(strstr(said, "its chain is not that of"), "%s", said);
}

/* ---- what is hashed ---- */

#define EXPECT_BOUND(what)                                                                         \
	do {                                                                                       \
		struct head changed = head;                                                        \
		changed.what ^= 1;                                                                 \
		cr_expect_not(head_is_made_with(&changed, &key), #what);                           \
	} while (0)

Test(audit_forge, the_heads_mac_is_of_all_that_it_says)
{
	const struct head head = head_of_log();
	struct audit_key key;
	struct writ_error error;
	char file[128];

	(void)snprintf(file, sizeof(file), "%s-key", path);
	cr_assert_eq(key_read(file, &key, &error), 0, "%s", error.text);
	cr_assert(head_is_made_with(&head, &key));
	EXPECT_BOUND(log[0]);
	EXPECT_BOUND(base_seq);
	EXPECT_BOUND(base_hash[31]);
	EXPECT_BOUND(seq);
	EXPECT_BOUND(hash[31]);
	EXPECT_BOUND(mac[31]);
}

static void hash_of(const char *user, const char *role, unsigned char hash[RECORD_HASH_SIZE])
{
	static const unsigned char before[RECORD_HASH_SIZE];
	struct record record = {.values = {{.type = RECORD_NULL}}};

	record_set_text(&record, RECORD_USER, user);
	record_set_text(&record, RECORD_ROLE, role);
	record_hash(&record, before, hash);
}

/* What record.c says that the bytes of a record are. */
static size_t put_bytes(unsigned char *to, const struct record *record)
{
	unsigned char *at = to;

	for (size_t i = 0; i < RECORD__COUNT; i++) {
		const struct record_value *value = &record->values[i];
		uint64_t number = value->type == RECORD_TEXT ? value->len : (uint64_t)value->number;

		*at++ = (unsigned char)value->type;
		for (int k = 0; value->type != RECORD_NULL && k < 8; k++)
			*at++ = (unsigned char)(number >> (8 * k));
		if (value->type != RECORD_TEXT)
			continue;
		memcpy(at, value->text, value->len);
		at += value->len;
	}
	return (size_t)(at - to);
}

/* However they come together: hashes of logs that are kept never change. */
Test(audit_forge, a_hash_is_of_the_records_bytes)
{
	static const size_t lens[] = {0, 1, 1000, 1980, 2030, 2047, 2048, 2049, 5000};
	static unsigned char bytes[RECORD_HASH_SIZE + 16384];
	static char text[5000];
	const size_t n = sizeof(lens) / sizeof(lens[0]);
	unsigned char hash[RECORD_HASH_SIZE], wanted[RECORD_HASH_SIZE];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < n * n; i++) {
		struct record record = {.values = {{.type = RECORD_NULL}}};
		size_t len;

		record_set_number(&record, RECORD_WALL, INT64_MIN + 7);
		record_set_bytes(&record, RECORD_USER, text, lens[i / n]);
		record_set_bytes(&record, RECORD_DETAIL, text, lens[i % n]);
		len = RECORD_HASH_SIZE + put_bytes(bytes + RECORD_HASH_SIZE, &record);
		(void)crypto_generichash(wanted, sizeof(wanted), bytes, len, NULL, 0);
		record_hash(&record, bytes, hash);
		cr_expect_arr_eq(hash, wanted, sizeof(hash), "%zu, %zu", lens[i / n], lens[i % n]);
	}
}

/* Nothing may move from one column to another, nor become of another type. */
Test(audit_forge, records_that_differ_have_other_hashes)
{
	static const char *const pairs[][2] = {{"ab", "c"},   {"a", "bc"},   {"abc", ""},
					       {"abc", NULL}, {NULL, "abc"}, {"", "abc"}};
	static const unsigned char before[RECORD_HASH_SIZE];
	struct record number = {.values = {{.type = RECORD_NULL}}};
	struct record text = {.values = {{.type = RECORD_NULL}}};
	unsigned char hashes[10][RECORD_HASH_SIZE];

	for (size_t i = 0; i < 6; i++)
		hash_of(pairs[i][0], pairs[i][1], hashes[i]);
	hash_of("", NULL, hashes[6]);
	record_set_number(&number, RECORD_USER, 0);
	record_hash(&number, before, hashes[7]);
	/* These two would be the same bytes, were it not for lengths. */
	record_set_text(&text, RECORD_USER, "a\002b");
	record_hash(&text, before, hashes[8]);
	record_set_text(&text, RECORD_USER, "a");
	record_set_bytes(&text, RECORD_ROLE, "b", 2);
	record_hash(&text, before, hashes[9]);
	for (size_t i = 0; i < 10; i++) {
		for (size_t k = 0; k < i; k++)
			cr_expect_neq(memcmp(hashes[i], hashes[k], RECORD_HASH_SIZE), 0, "%zu, %zu",
				      i, k);
	}
}
