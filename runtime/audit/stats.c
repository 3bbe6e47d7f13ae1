/*
 * Adding up a log, in one snapshot of it: a transaction that only reads sees the same records in
 * each of its statements, so that the tables agree with the totals whatever is written meanwhile.
 */
#include "runtime/audit/stats.h"

#include <stdio.h>
#include <string.h>

#include "runtime/audit/db.h"

const char *const stats_group_names[STATS_GROUPS] = {
	[STATS_VERDICT] = "verdict", [STATS_REASON] = "reason", [STATS_USER] = "user",
	[STATS_ROLE] = "role",       [STATS_TOOL] = "tool",     [STATS_RULE] = "rule",
};

static const char *const totals_sql[2] = {
	"SELECT count(*), sum(kind = 'decision'), sum(kind = 'decision' AND verdict = 'deny'),"
	" sum(kind = 'launch'), sum((kind = 'end' AND signal = 31) OR kind = 'file' OR"
	" (kind = 'network' AND verdict = 'deny')), sum(kind = 'gap'),"
	" sum(CASE WHEN kind = 'gap' AND json_valid(detail) THEN json_extract(detail, '$.lost') "
	"END),"
	" min(wall_us), max(wall_us),"
	" sum(kind = 'end' AND duration_us IS NOT NULL) FROM records",
	"",
};

#define GROUP(column)                                                                              \
	{                                                                                          \
		"SELECT " column ", count(*), sum(verdict = 'deny') FROM records",                 \
			" AND kind = 'decision' AND " column " IS NOT NULL GROUP BY " column       \
			" ORDER BY 2 DESC, 1 LIMIT ?"                                              \
	}
static const char *const group_sql[STATS_GROUPS][2] = {
	[STATS_VERDICT] = GROUP("verdict"), [STATS_REASON] = GROUP("reason"),
	[STATS_USER] = GROUP("user"),       [STATS_ROLE] = GROUP("role"),
	[STATS_TOOL] = GROUP("tool"),       [STATS_RULE] = GROUP("rule"),
};

static const char *const duration_sql[2] = {
	"SELECT duration_us FROM records",
	" AND kind = 'end' AND duration_us IS NOT NULL ORDER BY 1 LIMIT 1 OFFSET ?",
};

static int read_totals(sqlite3 *db, const struct record_filter *filter, struct stats *stats)
{
	int64_t *const fields[] = {
		&stats->records, &stats->decisions,   &stats->denials, &stats->launches,
		&stats->escapes, &stats->gaps,        &stats->lost,    &stats->first_us,
		&stats->last_us, &stats->n_durations,
	};
	sqlite3_stmt *query = NULL;
	int n_bound;
	int rc = query_prepare(db, totals_sql, filter, &query, &n_bound);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(query);
	for (int i = 0; rc == SQLITE_ROW && i < (int)(sizeof(fields) / sizeof(fields[0])); i++)
		*fields[i] = sqlite3_column_int64(query, i);
	(void)sqlite3_finalize(query);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static void add_row(sqlite3_stmt *query, struct stats_table *table)
{
	struct stats_row *row = &table->rows[table->n_rows++];
	const unsigned char *name = sqlite3_column_text(query, 0);

	(void)snprintf(row->name, sizeof(row->name), "%s", name ? (const char *)name : "");
	row->n = sqlite3_column_int64(query, 1);
	row->denied = sqlite3_column_int64(query, 2);
}

static int read_group(sqlite3 *db, const struct record_filter *filter, enum stats_group group,
		      int64_t top, struct stats_table *table)
{
	sqlite3_stmt *query = NULL;
	int n_bound;
	int rc = query_prepare(db, group_sql[group], filter, &query, &n_bound);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(query, n_bound + 1,
					top < STATS_MAX_ROWS ? top : STATS_MAX_ROWS);
	while (rc == SQLITE_OK && table->n_rows < STATS_MAX_ROWS) {
		rc = sqlite3_step(query);
		if (rc != SQLITE_ROW)
			break;
		rc = SQLITE_OK;
		add_row(query, table);
	}
	(void)sqlite3_finalize(query);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The nearest rank: the least duration that at least so many per cent of all don't exceed. */
static int read_percentile(sqlite3 *db, const struct record_filter *filter, int64_t rank,
			   int64_t *duration_us)
{
	sqlite3_stmt *query = NULL;
	int n_bound;
	int rc = query_prepare(db, duration_sql, filter, &query, &n_bound);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(query, n_bound + 1, rank - 1);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(query);
	if (rc == SQLITE_ROW)
		*duration_us = sqlite3_column_int64(query, 0);
	(void)sqlite3_finalize(query);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int read_durations(sqlite3 *db, const struct record_filter *filter, struct stats *stats)
{
	const struct {
		int64_t percent;
		int64_t *to;
	} wanted[] = {{50, &stats->p50}, {90, &stats->p90}, {99, &stats->p99}, {100, &stats->max}};
	int64_t n = stats->n_durations;
	int rc = SQLITE_OK;

	for (size_t i = 0; n && i < 4 && rc == SQLITE_OK; i++)
		rc = read_percentile(db, filter, (n * wanted[i].percent + 99) / 100, wanted[i].to);
	return rc;
}

int stats_read(sqlite3 *db, const struct record_filter *filter, int64_t top, struct stats *out,
	       struct writ_error *error)
{
	int rc = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);

	memset(out, 0, sizeof(*out));
	if (rc == SQLITE_OK)
		rc = read_totals(db, filter, out);
	for (int i = 0; i < STATS_GROUPS && rc == SQLITE_OK; i++)
		rc = read_group(db, filter, (enum stats_group)i, top, &out->groups[i]);
	if (rc == SQLITE_OK)
		rc = read_durations(db, filter, out);
	if (rc != SQLITE_OK)
		rc = db_error(db, "the log can't be read", error);
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}
