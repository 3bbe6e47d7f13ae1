/*
 * Logs that somebody has prepared for those who read them: what stands in the database is not
 * believed because of its name, nor because it fits into a column.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "runtime/audit/schema.h"
#include "support/audit.h"

static const char *path;

static void setup(void)
{
	path = audit_setup();
}

TestSuite(audit_hostile, .init = setup, .fini = audit_teardown, .timeout = 60);

#define COPY "INSERT INTO records SELECT "
#define REST                                                                                       \
	", wall_us, mono_us, kind, session, user, role, tool, args, verdict, reason, rule, "       \
	"policy, policy_version, policy_hash, generation, sandbox, detail, status, signal, "       \
	"duration_us, peak_bytes, bytes, error, hash FROM records WHERE seq = 3"

static const struct row {
	const char *change;
	const char *finding; /* what verify says of it, or a part of that */
	bool is_schema;      /* what is wrong is the schema: nobody reads it */
} rows[] = {
	{"CREATE TRIGGER sqliteXstat1 AFTER INSERT ON records BEGIN DELETE FROM writers; END",
	 "the schema has the trigger sqliteXstat1", true},
	{"PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES ('view', 'sqlite_stat9', "
	 "'sqlite_stat9', 0, 'CREATE VIEW sqlite_stat9 AS SELECT 1')",
	 "the schema has the view sqlite_stat9", true},
	{"ALTER TABLE records RENAME TO others; CREATE VIEW records AS SELECT * FROM others "
	 "WHERE verdict <> 'deny'",
	 "the schema has the ", true},
	{"DROP INDEX records_by_user", "the schema has no index records_by_user", true},
	{COPY "0" REST, "record 0 was added: the first is 1", false},
	{COPY "-9223372036854775808" REST, "record -9223372036854775808 was added", false},
	{COPY "9223372036854775807" REST, "records 14 to 9223372036854775806 were deleted", false},
	{"UPDATE head SET base_seq = 9223372036854775807, seq = 9223372036854775807",
	 "the head is no head", false},
	{"UPDATE records SET args = printf('%.5000000c', 'x') WHERE seq = 5",
	 "record 5 was edited or added: it is longer than any", false},
	{"ANALYZE", "", false},
};

static bool is_readable(void)
{
	struct writ_error error;
	sqlite3 *db = NULL;
	int rc = schema_open(path, DB_READ, &db, &error);

	if (!rc)
		db_close(db);
	else
		cr_expect_not_null(strstr(error.text, "the log was changed"), "%s", error.text);
	return !rc;
}

static bool is_writable(void)
{
	struct writ_audit *audit = NULL;
	struct writ_error error;
	int rc = writ_audit_open(path, NULL, &audit, &error);

	if (!rc)
		writ_audit_close(audit);
	return !rc;
}

static void try_row(const struct row *row)
{
	const char *said;

	path = audit_setup();
	audit_fill(10);
	audit_change(row->change);
	said = audit_verify();
	cr_expect(*row->finding ? strstr(said, row->finding) != NULL : !*said, "%s: %s",
		  row->change, said);
	cr_expect_eq(is_readable(), !row->is_schema, "%s", row->change);
	if (row->is_schema)
		cr_expect_not(is_writable(), "%s", row->change);
	audit_teardown();
}

Test(audit_hostile, it_is_named_and_not_read)
{
	audit_teardown();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try_row(&rows[i]);
	path = audit_setup();
}
