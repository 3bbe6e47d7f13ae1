#include "support/audit.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char directory[64];
static char path[96];

const char *audit_setup(void)
{
	(void)snprintf(directory, sizeof(directory), "/tmp/writ-audit-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/log.db", directory);
	return path;
}

void audit_teardown(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	cr_assert_eq(system(command), 0);
}

struct writ_audit *audit_open(const struct writ_audit_options *options)
{
	struct writ_audit *audit = NULL;
	struct writ_error error = {.code = 0};

	/* Criterion's assertions never return in a child of a test that forks, when they fail. */
	if (writ_audit_open(path, options, &audit, &error)) {
		(void)fprintf(stderr, "%s\n", error.text);
		abort();
	}
	return audit;
}

int audit_record(struct writ_audit *audit, const char *tool, enum writ_verdict verdict)
{
	struct writ_sink sink = writ_audit_sink(audit);
	const struct writ_arg args[] = {{.name = "path", .text = "/srv/x"}};
	const struct writ_event event = {
		.kind = WRIT_EVENT_DECISION,
		.verdict = verdict,
		.rule = WRIT_NO_ID,
		.user = "bob",
		.tool = tool,
		.args = args,
		.n_args = 1,
		.session = 7,
	};

	return sink.record(sink.context, &event);
}

void audit_fill(int n)
{
	struct writ_audit *audit = audit_open(NULL);
	struct writ_error error = {.code = 0};

	for (int i = 0; i < n; i++)
		cr_assert_eq(audit_record(audit, "t", i % 2 ? WRIT_ALLOW : WRIT_DENY), 0);
	cr_assert_eq(writ_audit_flush(audit, &error), 0, "%s", error.text);
	writ_audit_close(audit);
}

static sqlite3 *open_log(int flags)
{
	sqlite3 *db = NULL;

	cr_assert_eq(sqlite3_open_v2(path, &db, flags, NULL), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 10000);
	return db;
}

const char *audit_text(const char *sql)
{
	static char text[8192];
	sqlite3 *db = open_log(SQLITE_OPEN_READONLY);
	sqlite3_stmt *query = NULL;

	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK, "%s: %s", sql,
		     sqlite3_errmsg(db));
	*text = '\0';
	if (sqlite3_step(query) == SQLITE_ROW && sqlite3_column_text(query, 0))
		(void)snprintf(text, sizeof(text), "%s",
			       (const char *)sqlite3_column_text(query, 0));
	(void)sqlite3_finalize(query);
	(void)sqlite3_close(db);
	return text;
}

int64_t audit_number(const char *sql)
{
	const char *text = audit_text(sql);

	cr_assert(*text, "%s gives nothing", sql);
	return strtoll(text, NULL, 10);
}

void audit_change(const char *sql)
{
	sqlite3 *db = open_log(SQLITE_OPEN_READWRITE);
	char *error = NULL;

	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &error), SQLITE_OK, "%s: %s", sql, error);
	(void)sqlite3_close(db);
}

const char *audit_verify_with(const struct writ_audit_expect *expect,
			      struct writ_audit_verdict *verdict)
{
	static char text[600];
	struct writ_audit_verdict unused;
	struct writ_audit_finding finding;
	struct writ_error error;
	int rc = writ_audit_verify(path, expect, verdict ? verdict : &unused, &finding, &error);

	if (rc < 0)
		(void)snprintf(text, sizeof(text), "error: %s", error.text);
	else
		(void)snprintf(text, sizeof(text), "%s", rc ? finding.text : "");
	return text;
}

const char *audit_verify(void)
{
	return audit_verify_with(NULL, NULL);
}
