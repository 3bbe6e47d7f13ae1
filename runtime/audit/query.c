/*
 * Filters become SQL. The text of a statement is put together from constants of this file; whatever
 * comes from outside is bound to a parameter, so no value can be taken for SQL. A wildcard becomes
 * GLOB, in which the characters that GLOB itself would take for special are put in brackets; a
 * value without one is compared with "=", for which there are indexes.
 */
#include "runtime/audit/query.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runtime/audit/db.h"
#include "runtime/audit/fail.h"

#define MAX_SQL  4096
#define MAX_HEAD 1024
#define MAX_GLOB 1024

const char *const record_names[RECORD__COUNT] = {
#define X(id, name) [RECORD_##id] = #name,
	RECORD_COLUMNS(X)
#undef X
};

static const struct text_test {
	const char *equal;
	const char *glob; /* NULL: "*" is a character as any other */
	size_t offset;
	const char *usual;   /* what an index leaves out, as most records have it; NULL: nothing */
	const char *unusual; /* said of anything else, so that the index can be used */
} text_tests[] = {
#define FIELD(name) offsetof(struct record_filter, name)
	{" AND user = ?", " AND user GLOB ?", FIELD(user), NULL, NULL},
	{" AND role = ?", " AND role GLOB ?", FIELD(role), NULL, NULL},
	{" AND tool = ?", " AND tool GLOB ?", FIELD(tool), NULL, NULL},
	{" AND rule = ?", " AND rule GLOB ?", FIELD(rule), NULL, NULL},
	{" AND verdict = ?", NULL, FIELD(verdict), "allow", " AND verdict <> 'allow'"},
	{" AND reason = ?", NULL, FIELD(reason), NULL, NULL},
	{" AND kind = ?", NULL, FIELD(kind), NULL, NULL},
	{" AND session = ?", NULL, FIELD(session), NULL, NULL},
};
#define N_TEXT_TESTS (sizeof(text_tests) / sizeof(text_tests[0]))

static const struct number_test {
	const char *sql;
	size_t offset;
	int64_t any;
} number_tests[] = {
	{" AND wall_us >= ?", FIELD(since_us), INT64_MIN},
	{" AND wall_us < ?", FIELD(until_us), INT64_MAX},
	{" AND seq >= ?", FIELD(first_seq), FILTER_ANY},
	{" AND seq <= ?", FIELD(last_seq), FILTER_ANY},
#undef FIELD
};
#define N_NUMBER_TESTS (sizeof(number_tests) / sizeof(number_tests[0]))

static const char *text_of(const struct record_filter *filter, const struct text_test *test)
{
	return *(const char *const *)(const void *)((const char *)filter + test->offset);
}

static int64_t number_of(const struct record_filter *filter, const struct number_test *test)
{
	return *(const int64_t *)(const void *)((const char *)filter + test->offset);
}

static bool is_pattern(const char *text, const struct text_test *test)
{
	return test->glob && strchr(text, '*');
}

static bool append(char *sql, const char *text)
{
	size_t len = strlen(sql);

	if (strlen(text) >= MAX_SQL - len)
		return false;
	memcpy(sql + len, text, strlen(text) + 1);
	return true;
}

static bool build(char *sql, const char *const parts[2], const struct record_filter *filter)
{
	bool fits = append(sql, parts[0]) && append(sql, " WHERE 1");

	for (size_t i = 0; i < N_TEXT_TESTS; i++) {
		const char *text = text_of(filter, &text_tests[i]);

		if (text)
			fits = append(sql, is_pattern(text, &text_tests[i])
						   ? text_tests[i].glob
						   : text_tests[i].equal) &&
			       fits;
		if (text && text_tests[i].usual && strcmp(text, text_tests[i].usual) != 0)
			fits = append(sql, text_tests[i].unusual) && fits;
	}
	for (size_t i = 0; i < N_NUMBER_TESTS; i++) {
		if (number_of(filter, &number_tests[i]) != number_tests[i].any)
			fits = append(sql, number_tests[i].sql) && fits;
	}
	return append(sql, parts[1]) && fits;
}

/* "a*[b" as GLOB understands it: "a*[[]b". */
static int bind_glob(sqlite3_stmt *query, int place, const char *text)
{
	char glob[MAX_GLOB];
	size_t len = 0;

	for (; *text; text++) {
		if (len + 4 > sizeof(glob))
			return SQLITE_TOOBIG;
		if (*text == '[' || *text == '?') {
			glob[len++] = '[';
			glob[len++] = *text;
			glob[len++] = ']';
		} else {
			glob[len++] = *text;
		}
	}
	return sqlite3_bind_text(query, place, glob, (int)len, SQLITE_TRANSIENT);
}

static int bind(sqlite3_stmt *query, const struct record_filter *filter, int *place)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < N_TEXT_TESTS && rc == SQLITE_OK; i++) {
		const char *text = text_of(filter, &text_tests[i]);

		if (text && is_pattern(text, &text_tests[i]))
			rc = bind_glob(query, ++*place, text);
		else if (text)
			rc = sqlite3_bind_text(query, ++*place, text, -1, SQLITE_TRANSIENT);
	}
	for (size_t i = 0; i < N_NUMBER_TESTS && rc == SQLITE_OK; i++) {
		int64_t number = number_of(filter, &number_tests[i]);

		if (number != number_tests[i].any)
			rc = sqlite3_bind_int64(query, ++*place, number);
	}
	return rc;
}

int query_prepare(sqlite3 *db, const char *const parts[2], const struct record_filter *filter,
		  sqlite3_stmt **out, int *n_bound)
{
	char sql[MAX_SQL] = "";
	sqlite3_stmt *query = NULL;
	int rc = SQLITE_TOOBIG;

	*n_bound = 0;
	if (build(sql, parts, filter))
		rc = sqlite3_prepare_v2(db, sql, -1, &query, NULL);
	if (rc == SQLITE_OK)
		rc = bind(query, filter, n_bound);
	if (rc != SQLITE_OK) {
		(void)sqlite3_finalize(query);
		return rc;
	}
	*out = query;
	return SQLITE_OK;
}

/* The record that the query stands at, given to each. Negative: it is no record of ours. */
static int pass_on(sqlite3_stmt *query, int (*each)(void *context, const struct record *record),
		   void *context, struct writ_error *error)
{
	unsigned char hash[RECORD_HASH_SIZE];
	struct record record = {.values = {{.type = RECORD_NULL}}};

	if (!record_read(query, &record, hash))
		return fail_set(
			error, WRIT_E_FORMAT,
			"record %lld is not as Writ writes it; writ audit verify tells more",
			(long long)sqlite3_column_int64(query, 0));
	return each(context, &record);
}

int query_each(sqlite3 *db, const struct record_filter *filter, const struct query_order *order,
	       int (*each)(void *context, const struct record *record), void *context,
	       struct writ_error *error)
{
	char head[MAX_HEAD];
	const char *const parts[2] = {head, order->newest_first ? " ORDER BY seq DESC LIMIT ?"
								: " ORDER BY seq LIMIT ?"};
	sqlite3_stmt *query = NULL;
	int n_bound;
	int stop = 0;
	int rc;

	(void)snprintf(head, sizeof(head), "SELECT %s FROM records", record_select_list);
	rc = query_prepare(db, parts, filter, &query, &n_bound);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(query, n_bound + 1, order->limit);
	while (rc == SQLITE_OK && !stop) {
		rc = sqlite3_step(query);
		if (rc != SQLITE_ROW)
			break;
		rc = SQLITE_OK;
		stop = pass_on(query, each, context, error);
	}
	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		stop = db_error(db, "the log can't be read", error);
	(void)sqlite3_finalize(query);
	return stop;
}

int query_nth_last(sqlite3 *db, const struct record_filter *filter, int64_t n, int64_t *seq,
		   struct writ_error *error)
{
	static const char *const parts[2] = {"SELECT min(seq) FROM (SELECT seq FROM records",
					     " ORDER BY seq DESC LIMIT ?)"};
	sqlite3_stmt *query = NULL;
	int n_bound;
	int rc = query_prepare(db, parts, filter, &query, &n_bound);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(query, n_bound + 1, n);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(query);
	if (rc == SQLITE_ROW)
		*seq = sqlite3_column_int64(query, 0);
	else
		rc = db_error(db, "the log can't be read", error);
	(void)sqlite3_finalize(query);
	return rc == SQLITE_ROW ? 0 : rc;
}
