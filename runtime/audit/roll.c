/*
 * Rows of writers. What a row has as written is changed in the transaction that writes the records,
 * so the difference to what the process had taken, which its slot says (writers.h), is what was
 * lost when it died: to the number. A row is there for as long as its process writes, or for good
 * when it has lost anything; so one that is there and has no slot is of a process whose slot is
 * gone, and a slot that has no row of one whose records are.
 */
#include "runtime/audit/roll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/audit/fail.h"

#define ID_SIZE 17

static void id_text(uint64_t id, char text[ID_SIZE])
{
	(void)snprintf(text, ID_SIZE, "%016llx", (unsigned long long)id);
}

/* ---- those that died ---- */

struct row {
	int64_t written;
	int64_t dropped;
};

/* 1 when a process of this id has not ended, 0 when it has, or there was none. */
static int read_row(sqlite3 *db, uint64_t id, struct row *row, struct writ_error *error)
{
	static const char sql[] = "SELECT written, dropped FROM writers WHERE id = ? AND lost IS "
				  "NULL";
	sqlite3_stmt *query = NULL;
	char text[ID_SIZE];
	int rc;

	id_text(id, text);
	if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) != SQLITE_OK)
		return db_error(db, "the writers can't be read", error);
	(void)sqlite3_bind_text(query, 1, text, -1, SQLITE_STATIC);
	rc = sqlite3_step(query);
	if (rc == SQLITE_ROW) {
		row->written = sqlite3_column_int64(query, 0);
		row->dropped = sqlite3_column_int64(query, 1);
		rc = 1;
	} else {
		rc = rc == SQLITE_DONE ? 0 : db_error(db, "the writers can't be read", error);
	}
	(void)sqlite3_finalize(query);
	return rc;
}

/*
 * How many records the process of a slot took and has not written: what it dropped was not told.
 * Without a row it had written all that it took when it ended; or its row is gone, and with it all
 * that it wrote later: the write-ahead log was lost or damaged, or an older database put here.
 */
static uint64_t lost_of(const struct writers_slot *slot, bool has_row, const struct row *row)
{
	uint64_t written = has_row ? (uint64_t)row->written : 0;
	uint64_t told = has_row ? (uint64_t)row->dropped : 0;

	if (!has_row && slot->ending)
		return 0;
	return (slot->taken > written ? slot->taken - written : 0) +
	       (slot->dropped > told ? slot->dropped - told : 0);
}

static int mark_lost(struct chain *chain, uint64_t id, int64_t lost, struct writ_error *error)
{
	char sql[128];

	if (lost)
		(void)snprintf(sql, sizeof(sql),
			       "UPDATE writers SET lost = %lld WHERE id = '%016llx'",
			       (long long)lost, (unsigned long long)id);
	else
		(void)snprintf(sql, sizeof(sql), "DELETE FROM writers WHERE id = '%016llx'",
			       (unsigned long long)id);
	return db_run(chain->db, sql, error);
}

static int tell_of_slot(struct chain *chain, const struct writers_slot *slot,
			struct writ_error *error)
{
	char detail[128];
	struct row row;
	uint64_t lost;
	int rc = read_row(chain->db, slot->id, &row, error);

	if (rc < 0)
		return rc;
	lost = lost_of(slot, rc == 1, &row);
	if (lost) {
		(void)snprintf(detail, sizeof(detail),
			       "{\"lost\":%llu,\"why\":\"%s\",\"pid\":%llu,\"writer\":\"%016llx\"}",
			       (unsigned long long)lost, rc ? "died" : "records_gone",
			       (unsigned long long)slot->pid, (unsigned long long)slot->id);
		rc = chain_note(chain, "gap", detail, error);
	}
	return rc < 0 ? rc : mark_lost(chain, slot->id, (int64_t)lost, error);
}

static int tell_of_slots(struct chain *chain, const struct writers *writers, bool *dead,
			 struct writ_error *error)
{
	int rc = 0;

	for (int i = 0; !rc && i < WRITERS_MAX; i++) {
		dead[i] = writers_is_dead(writers, i);
		if (dead[i])
			rc = tell_of_slot(chain, &writers->slots[i], error);
	}
	return rc;
}

/* The id of a process that has a row, has not ended and has no slot; 0: none. */
static uint64_t find_lone(sqlite3 *db, const struct writers *writers)
{
	sqlite3_stmt *query = NULL;
	uint64_t lone = 0;

	if (sqlite3_prepare_v2(db, "SELECT id FROM writers WHERE lost IS NULL", -1, &query, NULL))
		return 0;
	while (!lone && sqlite3_step(query) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(query, 0);
		uint64_t id = text ? strtoull(text, NULL, 16) : 0;

		if (id && !writers_has(writers, id))
			lone = id;
	}
	(void)sqlite3_finalize(query);
	return lone;
}

static int tell_of_lone(struct chain *chain, const struct writers *writers,
			struct writ_error *error)
{
	char detail[128];
	uint64_t id;
	int rc = 0;

	while (!rc && (id = find_lone(chain->db, writers)) != 0) {
		(void)snprintf(detail, sizeof(detail),
			       "{\"lost\":null,\"why\":\"count_gone\",\"writer\":\"%016llx\"}",
			       (unsigned long long)id);
		rc = chain_note(chain, "gap", detail, error);
		if (!rc)
			rc = mark_lost(chain, id, -1, error);
		/* One that is not as we write them would be found, and told of, for ever. */
		if (!rc && sqlite3_changes(chain->db) != 1)
			rc = fail_set(error, WRIT_E_FORMAT,
				      "its table writers was edited, or is damaged");
	}
	return rc;
}

/* ---- this one ---- */

static int add_row(struct chain *chain, const struct writers *writers, struct writ_error *error)
{
	uint64_t wall_us;
	uint64_t mono_us;
	char sql[256];

	chain_clocks(&wall_us, &mono_us);
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO writers VALUES ('%016llx', %lld, %lld, %llu, %lld, 0, 0, NULL)",
		       (unsigned long long)writers->slots[writers->own].id, (long long)getpid(),
		       (long long)getuid(), (unsigned long long)wall_us,
		       (long long)chain->head.seq + 1);
	return db_run(chain->db, sql, error);
}

static int write_settled(struct chain *chain, struct writers *writers, bool *dead,
			 struct writ_error *error)
{
	int rc = tell_of_slots(chain, writers, dead, error);

	if (!rc)
		rc = tell_of_lone(chain, writers, error);
	if (!rc && writers->own >= 0)
		rc = add_row(chain, writers, error);
	return rc;
}

/*
 * A slot's row is gone, or told of, with the transaction that is now committed, and the slot is not
 * free yet when this process is killed then: whoever finds it must not take the row for one that
 * was lost.
 */
static int commit_settled(struct chain *chain, struct writers *writers, const bool *dead,
			  struct writ_error *error)
{
	bool marked[WRITERS_MAX] = {false};
	int rc;

	for (int i = 0; i < WRITERS_MAX; i++) {
		marked[i] = dead[i] && !writers->slots[i].ending;
		if (marked[i])
			writers->slots[i].ending = 1;
	}
	rc = chain_commit(chain, error);
	for (int i = 0; rc && i < WRITERS_MAX; i++) {
		if (marked[i])
			writers->slots[i].ending = 0;
	}
	return rc;
}

/* What is lost is told, the slots of who lost it are free again, and one's own has its row. */
static int settle(struct chain *chain, struct writers *writers, struct writ_error *error)
{
	bool dead[WRITERS_MAX] = {false};
	int rc = chain_begin(chain, error);

	if (rc)
		return rc;
	rc = write_settled(chain, writers, dead, error);
	if (!rc)
		rc = commit_settled(chain, writers, dead, error);
	if (rc)
		chain_abandon(chain);
	/* Only now that the database has it: who dies before leaves the slot to the next. */
	for (int i = 0; i < WRITERS_MAX; i++) {
		if (dead[i] && rc)
			writers_leave(writers, i);
		else if (dead[i])
			writers_free(writers, i);
	}
	return rc;
}

int roll_begin(struct chain *chain, struct writers *writers, struct writ_error *error)
{
	int rc = writers_claim(writers, NULL);

	/* As many may have died at once as there are slots: who comes next makes room. */
	if (rc)
		rc = settle(chain, writers, error);
	if (!rc && writers->own < 0)
		rc = writers_claim(writers, error);
	return rc ? rc : settle(chain, writers, error);
}

int roll_count(struct chain *chain, const struct writers *writers, uint64_t written,
	       uint64_t dropped, struct writ_error *error)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql),
		       "UPDATE writers SET written = written + %llu, dropped = %llu WHERE id = "
		       "'%016llx'",
		       (unsigned long long)written, (unsigned long long)dropped,
		       (unsigned long long)writers->slots[writers->own].id);
	return db_run(chain->db, sql, error);
}

int roll_end(struct chain *chain, const struct writers *writers, struct writ_error *error)
{
	return mark_lost(chain, writers->slots[writers->own].id, 0, error);
}

int roll_losses(sqlite3 *db, const struct writers *writers, struct roll_losses *losses,
		struct writ_error *error)
{
	*losses = (struct roll_losses){.lost = 0};
	for (int i = 0; writers->slots && i < WRITERS_MAX; i++) {
		struct row row;
		int rc;

		if (!writers_is_dead(writers, i))
			continue;
		rc = read_row(db, writers->slots[i].id, &row, error);
		if (rc < 0)
			return rc;
		losses->lost += lost_of(&writers->slots[i], rc == 1, &row);
	}
	losses->unknown = find_lone(db, writers) != 0;
	return 0;
}
