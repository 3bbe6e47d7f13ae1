/*
 * Backups, rotation and retention: copies that verify, a chain that goes on across files, and
 * nothing that only who has the key may do done by who has not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "runtime/audit/archive.h"
#include "runtime/audit/schema.h"
#include "runtime/writ_audit.h"
#include "support/log_maker.h"
#include "support/shell.h"

#define AUDIT "$(dirname $R)/writ-audit audit "

static char root[] = "/tmp/writ-archive-XXXXXX";
static char log_file[64];
static char key_file[80];

static void setup(void)
{
	cr_assert_not_null(mkdtemp(root));
	snprintf(log_file, sizeof(log_file), "%s/a.db", root);
	snprintf(key_file, sizeof(key_file), "%s-key", log_file);
}

static void teardown(void)
{
	shell("rm -rf %s", root);
}

TestSuite(audit_archive, .init = setup, .fini = teardown, .timeout = 60);

static void add(int n)
{
	struct log_maker *maker = log_maker_open(log_file);

	for (int i = 0; i < n; i++)
		log_maker_decision(maker, "bob", "git_push", "deny");
	log_maker_close(maker);
}

/* Verifies a file of the log, which holds these records; "" when it is whole. */
static const char *verify(const char *path, int64_t first, int64_t last)
{
	const struct writ_audit_expect expect = {.key = key_file};
	struct writ_audit_verdict verdict;
	static struct writ_audit_finding finding;
	struct writ_error error;
	int rc = writ_audit_verify(path, &expect, &verdict, &finding, &error);

	cr_assert_geq(rc, 0, "%s: %s", path, error.text);
	if (rc)
		return finding.text;
	cr_expect_eq(verdict.first, first, "%s begins at %d", path, (int)verdict.first);
	cr_expect_eq(verdict.last, last, "%s ends at %d", path, (int)verdict.last);
	cr_expect_eq(verdict.no_key, 0);
	return "";
}

/* What a log begins or ends with. */
static struct head head_of(const char *path)
{
	struct writ_error error;
	struct head head;
	sqlite3 *db;

	cr_assert_eq(db_open(path, &audit_schema, DB_READ, &db, &error), 0, "%s", error.text);
	cr_assert_eq(head_read(db, &head, &error), 0, "%s", error.text);
	db_close(db);
	return head;
}

Test(audit_archive, backup_is_whole_and_its_owners_alone)
{
	struct stat st;
	char copy[96];

	add(20);
	snprintf(copy, sizeof(copy), "%s/copy", root);
	cr_expect_eq(shell("umask 0; " AUDIT "backup %s %s", log_file, copy), 0, "%s",
		     shell_output);
	shell_expect_output("/copy: records up to 20\n");
	cr_expect_str_empty(verify(copy, 1, 20));
	cr_assert_eq(stat(copy, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	cr_expect_eq(shell("ls %s | grep -v '^a.db'", root), 0);
	cr_expect_str_eq(shell_output, "copy\n");
	cr_expect_eq(shell(AUDIT "backup %s %s", log_file, copy), 3);
	shell_expect_output("can't be made: File exists");
	cr_expect_eq(shell(AUDIT "backup %s %s/none/copy", log_file, root), 3);
	shell_expect_output("can't be made: No such file or directory");
}

Test(audit_archive, backup_of_a_changed_log_does_not_verify)
{
	add(20);
	cr_assert_eq(shell("sqlite3 %s \"UPDATE records SET user = 'eve' WHERE seq = 7\" || "
			   "python3 -c 'import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); "
			   "d.execute(\"UPDATE records SET user = ? WHERE seq = 7\", (\"eve\",)); "
			   "d.commit()' %s",
			   log_file, log_file),
		     0);
	cr_expect_eq(shell(AUDIT "backup %s %s/copy", log_file, root), 1);
	shell_expect_output("record 7");
	/* Nor is anything removed. */
	cr_expect_eq(shell(AUDIT "rotate %s", log_file), 1);
	cr_expect_eq(shell(AUDIT "query %s | wc -l", log_file), 0);
	cr_expect_str_eq(shell_output, "20\n");
}

Test(audit_archive, chain_goes_on_across_files)
{
	char first[96], second[96];
	struct head live, one, two;

	add(20);
	cr_expect_eq(shell(AUDIT "rotate %s", log_file), 0, "%s", shell_output);
	shell_expect_output("/a.db-2026-11: 20 records, up to 20\n");
	add(5);
	cr_expect_eq(shell(AUDIT "rotate %s", log_file), 0, "%s", shell_output);
	shell_expect_output("/a.db-2026-11.2: 6 records, up to 26\n");
	add(3);
	snprintf(first, sizeof(first), "%s-2026-11", log_file);
	snprintf(second, sizeof(second), "%s-2026-11.2", log_file);
	cr_expect_str_empty(verify(first, 1, 20));
	cr_expect_str_empty(verify(second, 21, 26));
	cr_expect_str_empty(verify(log_file, 27, 30));
	one = head_of(first);
	two = head_of(second);
	live = head_of(log_file);
	cr_expect_eq(two.base_seq, one.seq);
	cr_expect_arr_eq(two.base_hash, one.hash, sizeof(one.hash));
	cr_expect_eq(live.base_seq, two.seq);
	cr_expect_arr_eq(live.base_hash, two.hash, sizeof(two.hash));
	cr_expect_eq(shell(AUDIT "query --kind rotate --format jsonl %s", log_file), 0);
	shell_expect_output("\"detail\":{\"through\":26,\"archive\":\"a.db-2026-11.2\"}");
}

Test(audit_archive, files_are_verified_in_order_and_none_may_be_missing)
{
	for (int i = 0; i < 3; i++) {
		add(5);
		cr_assert_eq(shell(AUDIT "rotate %s", log_file), 0, "%s", shell_output);
	}
	cr_expect_eq(shell("cd %s; " AUDIT "verify a.db-2026-11 a.db-2026-11.2 a.db-2026-11.3 a.db",
			   root),
		     0, "%s", shell_output);
	cr_expect_eq(shell("cd %s; " AUDIT "verify a.db-2026-11 a.db-2026-11.3 a.db", root), 1);
	shell_expect_output(
		"a.db-2026-11.3: it begins behind record 11, and a.db-2026-11 ends with "
		"record 5");
	cr_expect_eq(shell("cd %s; " AUDIT "verify a.db-2026-11.2 a.db-2026-11 a.db", root), 1);
	snprintf(log_file, sizeof(log_file), "%s/b.db", root);
	add(5);
	cr_expect_eq(shell("cd %s; " AUDIT "verify --key a.db-key a.db-2026-11 b.db", root), 1);
	shell_expect_output("b.db: it is another log than a.db-2026-11");
}

Test(audit_archive, rotation_waits_for_its_size_and_month)
{
	add(20);
	cr_expect_eq(shell(AUDIT "rotate --size 1G %s", log_file), 0);
	cr_expect_str_eq(shell_output, "nothing to rotate\n");
	cr_expect_eq(shell(AUDIT "rotate --size 4K %s", log_file), 0);
	shell_expect_output("20 records, up to 20\n");
	cr_expect_eq(shell("rm %s*; " AUDIT "rotate %s", log_file, log_file), 3);
}

Test(audit_archive, rotation_of_an_earlier_month)
{
	struct record record = {.values = {{.type = RECORD_NULL}}};
	struct log_maker *maker = log_maker_open(log_file);

	record_set_number(&record, RECORD_WALL, 0);
	log_maker_add(maker, "decision", &record);
	log_maker_close(maker);
	cr_expect_eq(shell(AUDIT "rotate --monthly %s", log_file), 0);
	shell_expect_output("/a.db-1970-01: 1 records, up to 1\n");
	/* What is left is the note of the rotation, of this month. */
	cr_expect_eq(shell(AUDIT "rotate --monthly %s", log_file), 0);
	cr_expect_str_eq(shell_output, "nothing to rotate\n");
}

Test(audit_archive, a_writer_that_has_the_log_open_goes_on)
{
	struct writ_audit *audit;
	struct writ_error error;
	const struct writ_event event = {.kind = WRIT_EVENT_DECISION,
					 .verdict = WRIT_DENY,
					 .reason = WRIT_NO_RULE,
					 .rule = WRIT_NO_ID,
					 .tool = "x"};
	struct writ_sink sink;
	char archive[96];
	struct head head;

	cr_assert_eq(writ_audit_open(log_file, NULL, &audit, &error), 0, "%s", error.text);
	sink = writ_audit_sink(audit);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(sink.record(sink.context, &event), 0);
	cr_assert_eq(writ_audit_flush(audit, &error), 0, "%s", error.text);
	cr_expect_eq(shell(AUDIT "rotate %s", log_file), 0, "%s", shell_output);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(sink.record(sink.context, &event), 0);
	cr_assert_eq(writ_audit_flush(audit, &error), 0, "%s", error.text);
	writ_audit_close(audit);
	cr_expect_eq(shell("ls %s | grep 'db-....-..$'", root), 0);
	snprintf(archive, sizeof(archive), "%s/%.12s", root, shell_output);
	head = head_of(archive);
	cr_expect_str_empty(verify(archive, 1, head.seq));
	cr_expect_str_empty(verify(log_file, head.seq + 1, head_of(log_file).seq));
	cr_expect_eq(shell(AUDIT "query --kind decision %s | wc -l", log_file), 0);
	cr_expect_str_eq(shell_output, "100\n");
}

Test(audit_archive, trimming_goes_in_steps_and_leaves_a_whole_chain)
{
	struct chain chain;
	struct writ_error error;
	int64_t removed;

	add(12000);
	cr_assert_eq(chain_open(&chain, log_file, NULL, false, &error), 0, "%s", error.text);
	cr_expect_eq(archive_trim(&chain, 11990, "prune", NULL, &removed, &error), 0);
	cr_expect_eq(removed, 11990);
	cr_expect_eq(archive_trim(&chain, 5, "prune", NULL, &removed, &error), 0);
	cr_expect_eq(removed, 0);
	chain_close(&chain);
	cr_expect_str_empty(verify(log_file, 11991, 12001));
}

Test(audit_archive, prune_removes_what_is_older_and_says_so)
{
	struct record record = {.values = {{.type = RECORD_NULL}}};
	struct log_maker *maker = log_maker_open(log_file);

	record_set_number(&record, RECORD_WALL, INT64_C(4000000000000000));
	log_maker_decision(maker, "a", "x", "deny");
	log_maker_decision(maker, "b", "x", "deny");
	log_maker_add(maker, "decision", &record); /* of the year 2096 */
	log_maker_decision(maker, "d", "x", "deny");
	log_maker_close(maker);
	usleep(2000);
	/* A record that is younger than those behind it keeps them. */
	cr_expect_eq(shell(AUDIT "prune --keep 1ms %s", log_file), 0, "%s", shell_output);
	shell_expect_output("2 records removed\n");
	cr_expect_str_empty(verify(log_file, 3, 5));
	cr_expect_eq(shell(AUDIT "query --kind prune --format jsonl %s", log_file), 0);
	shell_expect_output("\"detail\":{\"through\":2}");
	cr_expect_eq(shell(AUDIT "prune --keep 90d %s", log_file), 0);
	shell_expect_output("0 records removed\n");
	cr_expect_eq(shell(AUDIT "prune %s", log_file), 2);
	shell_expect_output("--keep SPAN is missing");
	cr_expect_eq(shell(AUDIT "prune --keep 0d %s", log_file), 2);
}

Test(audit_archive, prune_removes_archives_of_this_log_and_no_others)
{
	add(5);
	cr_assert_eq(shell(AUDIT "rotate %s && mv %s-2026-11 %s-1999-01 && touch %s-1999-02 "
				 "%s-1999-01x && cp %s-1999-01 %s/b.db-1999-01",
			   log_file, log_file, log_file, log_file, log_file, log_file, root),
		     0);
	usleep(2000);
	cr_expect_eq(shell(AUDIT "prune --keep 36500d --archives %s", log_file), 0);
	cr_expect_eq(shell("cd %s && " AUDIT "prune --keep 1ms --archives a.db", root), 0);
	shell_expect_output("./a.db-1999-01: removed\n");
	cr_expect_eq(shell("ls %s | tr '\\n' ' '", root), 0);
	shell_expect_output("a.db-1999-01x a.db-1999-02");
	shell_expect_output("b.db-1999-01");
	cr_expect_null(strstr(shell_output, "a.db-1999-01 "));
}

Test(audit_archive, without_the_key_nothing_is_removed)
{
	add(20);
	cr_assert_eq(shell("mv %s %s/elsewhere", key_file, root), 0);
	cr_expect_eq(shell(AUDIT "prune --keep 1ms %s", log_file), 3, "%s", shell_output);
	cr_expect_eq(shell(AUDIT "prune --keep 1ms --key %s/elsewhere %s", root, log_file), 0, "%s",
		     shell_output);
	cr_expect_eq(shell(AUDIT "prune --keep 1ms --key /etc/passwd %s", log_file), 3);
}

Test(audit_archive, records_removed_by_hand_are_found_out)
{
	add(20);
	cr_assert_eq(shell("python3 -c 'import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); "
			   "h = d.execute(\"SELECT hash FROM records WHERE seq = 5\").fetchone(); "
			   "d.execute(\"DELETE FROM records WHERE seq <= 5\"); "
			   "d.execute(\"UPDATE head SET base_seq = 5, base_hash = ?\", h); "
			   "d.commit()' %s",
			   log_file),
		     0);
	cr_expect(strstr(verify(log_file, 0, 0), "not made with this log's key"));
}
