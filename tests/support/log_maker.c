/*
 * Made with the library's own parts, one transaction for all; whatever fails ends the test.
 */
#include "support/log_maker.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "runtime/audit/db.h"
#include "runtime/audit/head.h"
#include "runtime/audit/key.h"
#include "runtime/audit/schema.h"

struct log_maker {
	sqlite3 *db;
	struct record_insert insert;
	struct head head;
	struct audit_key key;
};

struct log_maker *log_maker_open(const char *path)
{
	struct log_maker *maker = calloc(1, sizeof(*maker));
	char key[KEY_MAX_PATH];
	struct writ_error error;

	cr_assert_not_null(maker);
	cr_assert_eq(db_open(path, &audit_schema, DB_CREATE, &maker->db, &error), 0, "%s",
		     error.text);
	cr_assert_eq(key_path(path, NULL, key, &error), 0);
	cr_assert_eq(key_make(key, &error), 0, "%s", error.text);
	cr_assert_eq(key_read(key, &maker->key, &error), 0, "%s", error.text);
	cr_assert_eq(db_run(maker->db, "BEGIN IMMEDIATE", &error), 0, "%s", error.text);
	if (head_read(maker->db, &maker->head, &error))
		head_new(&maker->head);
	cr_assert_eq(record_prepare(maker->db, &maker->insert, &error), 0, "%s", error.text);
	return maker;
}

void log_maker_add(struct log_maker *maker, const char *kind, const struct record *more)
{
	struct record record = {.values = {{.type = RECORD_NULL}}};
	unsigned char hash[1][RECORD_HASH_SIZE];
	struct writ_error error;

	if (more)
		record = *more;
	maker->head.seq++;
	record_set_number(&record, RECORD_SEQ, maker->head.seq);
	if (record.values[RECORD_WALL].type == RECORD_NULL)
		record_set_number(&record, RECORD_WALL,
				  LOG_MAKER_START_US + maker->head.seq * 1000000);
	record_set_number(&record, RECORD_MONO, maker->head.seq * 1000000);
	record_set_text(&record, RECORD_KIND, kind);
	record_hash(&record, maker->head.hash, hash[0]);
	memcpy(maker->head.hash, hash[0], sizeof(hash[0]));
	cr_assert_eq(record_insert(&maker->insert, &record, hash, 1, &error), 0, "%s", error.text);
}

void log_maker_decision(struct log_maker *maker, const char *user, const char *tool,
			const char *verdict)
{
	struct record record = {.values = {{.type = RECORD_NULL}}};

	record_set_text(&record, RECORD_USER, user);
	record_set_text(&record, RECORD_ROLE, "developer");
	record_set_text(&record, RECORD_TOOL, tool);
	record_set_text(&record, RECORD_VERDICT, verdict);
	record_set_text(&record, RECORD_REASON, strcmp(verdict, "deny") ? "by_rule" : "no_rule");
	log_maker_add(maker, "decision", &record);
}

void log_maker_close(struct log_maker *maker)
{
	struct writ_error error;

	cr_assert_eq(head_write(maker->db, &maker->head, &maker->key, &error), 0, "%s", error.text);
	record_finalize(&maker->insert);
	cr_assert_eq(db_run(maker->db, "COMMIT", &error), 0, "%s", error.text);
	db_close(maker->db);
	free(maker);
}
