/*
 * The numbers of a log: added up in one snapshot of its database, while others write.
 */
#include <string.h>

#include "runtime/audit/db.h"
#include "runtime/audit/fail.h"
#include "runtime/audit/metrics.h"
#include "runtime/audit/schema.h"

/* Rows "NAME, number": each number goes where its name stands among names. */
struct tally {
	const char *sql;
	const char *const *names;
	size_t n;
	uint64_t *counts;
};

static int count_rows(sqlite3 *db, const struct tally *tally)
{
	sqlite3_stmt *query = NULL;
	int rc = sqlite3_prepare_v2(db, tally->sql, -1, &query, NULL);

	while (rc == SQLITE_OK && (rc = sqlite3_step(query)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(query, 0);

		for (size_t i = 0; name && i < tally->n; i++)
			if (strcmp(tally->names[i], name) == 0)
				tally->counts[i] += (uint64_t)sqlite3_column_int64(query, 1);
		rc = SQLITE_OK;
	}
	(void)sqlite3_finalize(query);
	return rc == SQLITE_DONE ? 0 : rc;
}

/* What is not of a process: by name, as a tally, or one number. */
static int count_all(sqlite3 *db, struct metrics_values *out)
{
	static const char *const results[] = {"failed", "done"};
	static const char *const others[] = {"launches", "generation", "records", "gaps", "lost"};
	uint64_t numbers[5] = {0};
	const struct tally tallies[] = {
		{"SELECT verdict, count(*) FROM records WHERE kind = 'decision' GROUP BY verdict",
		 decision_verdicts, DECISION_VERDICTS, out->decisions},
		{"SELECT reason, count(*) FROM records WHERE kind = 'decision' AND verdict = 'deny'"
		 " GROUP BY reason",
		 decision_reasons, DECISION_REASONS, out->denials},
		{"SELECT CASE kind WHEN 'end' THEN 'syscall' ELSE kind END, count(*) FROM records"
		 " WHERE (kind = 'end' AND signal = 31) OR kind = 'file' OR"
		 " (kind = 'network' AND verdict = 'deny') GROUP BY kind",
		 metrics_escape_names, METRICS_ESCAPES, out->escapes},
		{"SELECT verdict, count(*) FROM records WHERE kind = 'approval' GROUP BY verdict",
		 decision_verdicts, DECISION_VERDICTS, out->approvals},
		{"SELECT iif(error IS NULL, 'done', 'failed'), count(*) FROM records"
		 " WHERE kind = 'reload' GROUP BY 1",
		 results, 2, out->reloads},
		{"SELECT 'records', count(*) FROM records"
		 " UNION ALL SELECT 'launches', count(*) FROM records WHERE kind = 'launch'"
		 " UNION ALL SELECT 'gaps', count(*) FROM records WHERE kind = 'gap'"
		 " UNION ALL SELECT 'lost', sum(CASE WHEN json_valid(detail) THEN"
		 " json_extract(detail, '$.lost') END) FROM records WHERE kind = 'gap'"
		 " UNION ALL SELECT * FROM (SELECT 'generation', generation FROM records"
		 " WHERE generation IS NOT NULL ORDER BY seq DESC LIMIT 1)",
		 others, 5, numbers},
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(tallies) / sizeof(tallies[0]); i++)
		rc = count_rows(db, &tallies[i]);
	out->launches = numbers[0];
	out->generation = numbers[1];
	out->records = numbers[2];
	out->gaps = numbers[3];
	out->lost = numbers[4];
	return rc;
}

/* Rows of one number: microseconds. */
static int add_durations(sqlite3 *db, const char *sql, struct metrics_histogram_values *out)
{
	sqlite3_stmt *query = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &query, NULL);

	while (rc == SQLITE_OK && (rc = sqlite3_step(query)) == SQLITE_ROW) {
		uint64_t ns = (uint64_t)sqlite3_column_int64(query, 0) * 1000;

		out->counts[metrics_bucket(ns)]++;
		out->sum_ns += ns;
		rc = SQLITE_OK;
	}
	(void)sqlite3_finalize(query);
	return rc == SQLITE_DONE ? 0 : rc;
}

/* What `writ run` measures stands in the records of ends. */
static int add_all_durations(sqlite3 *db, struct metrics_histogram_values *out)
{
	static const char whole[] = "SELECT duration_us FROM records WHERE kind = 'end' AND"
				    " duration_us IS NOT NULL";
	static const char create[] = "SELECT json_extract(args, '$.create_us') FROM records WHERE"
				     " kind = 'end' AND iif(json_valid(args),"
				     " json_type(args, '$.create_us') = 'integer', 0)";
	int rc = add_durations(db, whole, &out[METRICS_LAUNCH]);

	return rc ? rc : add_durations(db, create, &out[METRICS_SANDBOX]);
}

static int read_log(sqlite3 *db, struct metrics_values *out, struct writ_error *error)
{
	int rc = db_run(db, "BEGIN", error);

	if (rc)
		return rc;
	if (count_all(db, out) || add_all_durations(db, out->histograms))
		return db_error(db, "the log can't be read", error);
	return db_run(db, "COMMIT", error);
}

int writ_metrics_of_log(const char *path, char **out, size_t *len, struct writ_error *error)
{
	struct metrics_values values = {.is_live = false};
	struct writ_error reason;
	sqlite3 *db = NULL;
	int rc = schema_open(path, DB_READ, &db, error);

	if (rc)
		return rc;
	rc = read_log(db, &values, &reason);
	if (rc)
		(void)fail_set(error, (enum writ_error_code)reason.code, "%.200s: %s", path,
			       reason.text);
	db_close(db);
	return rc ? rc : metrics_print(&values, out, len, error);
}
