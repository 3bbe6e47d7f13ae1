/*
 * The schema of the audit log: made as it is written down, opened by nobody else's version, and
 * what was added to it or taken away is named.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/audit/schema.h"
#include "runtime/writ_info.h"
#include "support/bundle_maker.h"

static char directory[] = "/tmp/writ-schema-XXXXXX";
static char path[64];
static sqlite3 *db;

static void setup(void)
{
	struct writ_error error;

	cr_assert_not_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/log", directory);
	cr_assert_eq(db_open(path, &audit_schema, DB_CREATE, &db, &error), 0, "%s", error.text);
}

static void teardown(void)
{
	char command[128];

	db_close(db);
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	cr_assert_eq(system(command), 0);
}

TestSuite(audit_schema, .init = setup, .fini = teardown, .timeout = 30);

/* What schema_check says after sql has been run: "" when all is well. */
static const char *said_after(const char *sql)
{
	static char text[256];
	struct writ_error error;

	*text = '\0';
	cr_assert_eq(db_run(db, sql, &error), 0, "%s", error.text);
	cr_assert_geq(schema_check(db, text, sizeof(text), &error), 0, "%s", error.text);
	return text;
}

Test(audit_schema, is_as_it_was_made)
{
	cr_expect_str_empty(said_after("SELECT 1"));
	cr_expect_str_empty(said_after("ANALYZE"));
}

Test(audit_schema, trigger_that_changes_records_is_named)
{
	cr_expect_str_eq(said_after("CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM "
				    "records WHERE verdict = 'deny'; END"),
			 "the schema has the trigger t, which Writ did not make");
}

Test(audit_schema, table_index_and_view_are_named)
{
	cr_expect_str_eq(said_after("CREATE VIEW v AS SELECT 1"),
			 "the schema has the view v, which Writ did not make");
	cr_expect_str_eq(said_after("DROP VIEW v; CREATE TABLE more (x)"),
			 "the schema has the table more, which Writ did not make");
	cr_expect_str_eq(said_after("DROP TABLE more; CREATE INDEX i ON records (args)"),
			 "the schema has the index i, which Writ did not make");
}

Test(audit_schema, what_is_missing_is_named)
{
	cr_expect_str_eq(said_after("DROP INDEX records_by_user"),
			 "the schema has no index records_by_user");
}

Test(audit_schema, version_of_a_newer_writ_is_refused)
{
	sqlite3 *other;
	struct writ_error error;

	cr_assert_eq(db_run(db, "PRAGMA user_version = 99", &error), 0);
	cr_expect_eq(db_open(path, &audit_schema, DB_WRITE, &other, &error), -WRIT_E_UNSUPPORTED);
	cr_expect(strstr(error.text, "of a newer Writ"), "%s", error.text);
}

Test(audit_schema, policy_has_the_digest_of_its_bundle)
{
	struct test_bundle bundle = bundle_make("role r { allow t; }");
	struct writ_policy *policy;

	cr_assert_eq(writ_open_memory(bundle.bytes, bundle.size, NULL, &policy, NULL), 0);
	cr_expect_arr_eq(writ_policy_digest(policy),
			 ((const struct writ_fmt_header *)(const void *)bundle.bytes)->digest, 32);
	writ_close(policy);
}
