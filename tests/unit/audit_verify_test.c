/*
 * Changes of an audit log by who can write the file, and what writ_audit_verify says of each.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/audit.h"

static const char *path;

/* Records 1 to 8: open, six decisions (2 to 7: deny, allow, ...), close; 9 is a checkpoint. */
static void setup(void)
{
	path = audit_setup();
	audit_fill(6);
	cr_assert_str_empty(audit_verify());
}

TestSuite(audit_verify, .init = setup, .fini = audit_teardown, .timeout = 60);

Test(audit_verify, whole_log_is_counted)
{
	struct writ_audit_verdict verdict;

	cr_expect_str_empty(audit_verify_with(NULL, &verdict));
	cr_expect_eq(verdict.records, 9u);
	cr_expect_eq(verdict.first, 1);
	cr_expect_eq(verdict.last, 9);
	cr_expect_eq(verdict.checkpoints, 1u);
	cr_expect_eq(verdict.gaps + verdict.lost + verdict.unsaid, 0u);
	cr_expect_eq(verdict.no_key, 0);
}

#define COLUMNS                                                                                    \
	"wall_us, mono_us, kind, session, user, role, tool, args, verdict, reason, rule, policy, " \
	"policy_version, policy_hash, generation, sandbox, detail, status, signal, duration_us, "  \
	"peak_bytes, bytes, error, hash"

static const struct {
	const char *change;
	const char *said;
} changes[] = {
	{"UPDATE records SET verdict = 'allow' WHERE seq = 4",
	 "record 4 was edited: its hash is not that of what it says"},
	{"UPDATE records SET wall_us = wall_us + 1 WHERE seq = 9",
	 "record 9 was edited: its hash is not that of what it says"},
	{"UPDATE records SET user = NULL WHERE seq = 5",
	 "record 5 was edited: its hash is not that of what it says"},
	{"UPDATE records SET hash = x'00' WHERE seq = 5",
	 "record 5 was edited: it is not of a record's form"},
	{"DELETE FROM records WHERE seq = 4", "record 4 was deleted"},
	{"DELETE FROM records WHERE seq IN (3, 4, 5)", "records 3 to 5 were deleted"},
	{"DELETE FROM records WHERE seq = 1", "record 1 was deleted"},
	{"DELETE FROM records WHERE seq = 4; UPDATE records SET seq = -seq WHERE seq > 4; UPDATE "
	 "records SET seq = -seq - 1 WHERE seq < 0",
	 "1 records were deleted before record 4, and those behind renumbered"},
	{"UPDATE records SET seq = 0 WHERE seq = 3; UPDATE records SET seq = 3 WHERE seq = 4; "
	 "UPDATE records SET seq = 4 WHERE seq = 0",
	 "records were reordered: record 3 was written as record 4"},
	{"UPDATE records SET seq = 0 WHERE seq = 3; UPDATE records SET seq = 3 WHERE seq = 6; "
	 "UPDATE records SET seq = 6 WHERE seq = 0",
	 "records were reordered: record 3 was written as record 6"},
	{"INSERT INTO records SELECT 10, " COLUMNS " FROM records WHERE seq = 4",
	 "record 10 was duplicated: it is a copy of record 4"},
	{"UPDATE records SET seq = -seq - 1 WHERE seq > 4; UPDATE records SET seq = -seq WHERE seq "
	 "< 0; INSERT INTO records SELECT 5, " COLUMNS " FROM records WHERE seq = 4",
	 "record 5 was duplicated: it is a copy of record 4"},
	{"DELETE FROM records WHERE seq > 6",
	 "records 7 to 9 are missing at the end: the log was truncated"},
	{"DELETE FROM records WHERE seq > 8",
	 "record 9 is missing at the end: the log was truncated"},
	{"DELETE FROM records", "records 1 to 9 are missing at the end: the log was truncated"},
	{"DELETE FROM records WHERE seq > 6; UPDATE head SET seq = 6, hash = (SELECT hash FROM "
	 "records WHERE seq = 6)",
	 "the head was not made with this log's key: it was changed, or the log was rewritten or "
	 "replaced"},
	{"UPDATE head SET mac = zeroblob(32)",
	 "the head was not made with this log's key: it was changed, or the log was rewritten or "
	 "replaced"},
	{"UPDATE head SET base_seq = 3, base_hash = (SELECT hash FROM records WHERE seq = 3); "
	 "DELETE "
	 "FROM records WHERE seq <= 3",
	 "the head was not made with this log's key: it was changed, or the log was rewritten or "
	 "replaced"},
	{"DELETE FROM head", "the log has no head: it was changed"},
	{"UPDATE head SET log = 'x'", "the head is no head of a log: it was changed"},
	{"PRAGMA ignore_check_constraints = ON; INSERT INTO head SELECT 2, log, base_seq, "
	 "base_hash, "
	 "seq, hash, mac FROM head",
	 "the head is no head of a log: it was changed"},
	{"CREATE TRIGGER quiet AFTER INSERT ON records BEGIN DELETE FROM records WHERE user = "
	 "'eve'; END",
	 "the schema has the trigger quiet, which Writ did not make"},
};

Test(audit_verify, changes_are_named_with_the_first_record)
{
	char save[256];
	char restore[256];

	(void)snprintf(save, sizeof(save), "cp %s %s.saved", path, path);
	(void)snprintf(restore, sizeof(restore), "cp %s.saved %s && rm -f %s-wal %s-shm", path,
		       path, path, path);
	cr_assert_eq(system(save), 0);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		audit_change(changes[i].change);
		cr_expect_str_eq(audit_verify(), changes[i].said, "%s:\n  %s", changes[i].change,
				 audit_verify());
		cr_assert_eq(system(restore), 0);
		cr_assert_str_empty(audit_verify());
	}
}

Test(audit_verify, nothing_is_added_to_what_was_changed)
{
	static const char *const cuts[] = {
		"DELETE FROM records WHERE seq = 9",
		"UPDATE head SET seq = 8, hash = (SELECT hash FROM records WHERE seq = 8)",
	};
	struct writ_audit *audit;
	struct writ_error error;

	for (size_t i = 0; i < 2; i++) {
		audit_change(cuts[i]);
		cr_assert_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_FORMAT);
		cr_expect(strstr(error.text, "nothing is added to it"), "%s", error.text);
	}
}

Test(audit_verify, change_while_it_is_written_to_stops_the_writing)
{
	struct writ_audit *audit = audit_open(NULL);
	struct writ_audit_status status;
	struct writ_error error;

	audit_change("DELETE FROM records WHERE seq = (SELECT max(seq) FROM records)");
	cr_assert_eq(audit_record(audit, "t", WRIT_ALLOW), 0);
	cr_assert_eq(writ_audit_flush(audit, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "the log was changed"), "%s", error.text);
	writ_audit_status(audit, &status);
	cr_expect_eq(status.failing, 1);
	writ_audit_close(audit);
}

static void expect_refused(const char *change)
{
	struct writ_audit *audit;
	struct writ_error error;
	char said[256];

	(void)snprintf(said, sizeof(said),
		       "%s: its last record, or the hash of the one before, was edited: the log "
		       "was changed; nothing is added to it",
		       path);
	audit_change(change);
	cr_expect_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_FORMAT, "%s", change);
	cr_expect_eq(strncmp(error.text, said, strlen(said)), 0, "%s: %s", change, error.text);
	cr_expect_eq(audit_number("SELECT count(*) FROM records"), 9, "%s", change);
}

/* It says what it said, and not that it did. */
Test(audit_verify, nothing_is_added_behind_a_hash_that_was_edited_nor_to_nothing)
{
	struct writ_audit *audit;
	struct writ_error error;

	audit_change("UPDATE records SET hash = zeroblob(32) WHERE seq = 9");
	cr_expect_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "not the one that was written last"), "%s", error.text);
	audit_change("DELETE FROM records");
	cr_expect_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "its records were removed"), "%s", error.text);
}

Test(audit_verify, nothing_is_added_behind_a_record_that_was_edited)
{
	expect_refused("UPDATE records SET user = 'eve' WHERE seq = 9");
	audit_change("UPDATE records SET user = NULL WHERE seq = 9");
	expect_refused("UPDATE records SET detail = detail || 'x' WHERE seq = 9");
	audit_change("UPDATE records SET detail = rtrim(detail, 'x') WHERE seq = 9");
	expect_refused("UPDATE records SET wall_us = wall_us + 1 WHERE seq = 9");
	audit_change("UPDATE records SET wall_us = wall_us - 1 WHERE seq = 9");
	expect_refused("UPDATE records SET hash = zeroblob(32) WHERE seq = 8");
}

/* The control: as it was, it goes on; and what stands further up is for verify to find. */
Test(audit_verify, record_that_was_edited_back_is_gone_on_behind)
{
	audit_change("UPDATE records SET user = 'eve' WHERE seq = 9");
	audit_change("UPDATE records SET user = NULL WHERE seq = 9");
	audit_fill(1);
	cr_expect_str_empty(audit_verify());
	audit_change("UPDATE records SET user = 'eve' WHERE seq = 4");
	audit_fill(1);
	cr_expect_str_eq(audit_verify(),
			 "record 4 was edited: its hash is not that of what it says");
}

Test(audit_verify, edit_while_it_is_written_to_stops_the_writing_until_it_is_undone)
{
	struct writ_audit *audit = audit_open(NULL);
	struct writ_error error;

	audit_change("UPDATE records SET role = 'x' WHERE seq = (SELECT max(seq) FROM records)");
	cr_assert_eq(audit_record(audit, "t", WRIT_ALLOW), 0);
	cr_assert_eq(writ_audit_flush(audit, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, path) == error.text, "%s", error.text);
	cr_expect(strstr(error.text, "was edited"), "%s", error.text);
	audit_change("UPDATE records SET role = NULL WHERE seq = (SELECT max(seq) FROM records)");
	cr_assert_eq(writ_audit_flush(audit, &error), 0, "%s", error.text);
	writ_audit_close(audit);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE tool = 't'"), 7);
	cr_expect_str_empty(audit_verify());
}

/* ---- keys ---- */

static void remove_key(void)
{
	char file[128];

	(void)snprintf(file, sizeof(file), "%s-key", path);
	cr_assert_eq(unlink(file), 0);
}

Test(audit_verify, without_the_key_only_the_chain_is_checked)
{
	struct writ_audit_verdict verdict;

	remove_key();
	cr_expect_str_empty(audit_verify_with(NULL, &verdict));
	cr_expect_eq(verdict.no_key, 1);
	audit_change("UPDATE records SET tool = 'x' WHERE seq = 3");
	cr_expect_str_eq(audit_verify(),
			 "record 3 was edited: its hash is not that of what it says");
}

Test(audit_verify, log_is_not_continued_without_its_key)
{
	struct writ_audit *audit;
	struct writ_error error;

	remove_key();
	cr_assert_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_NOT_FOUND);
	cr_expect(strstr(error.text, "log.db-key can't be read"), "%s", error.text);
}

Test(audit_verify, key_that_others_may_read_is_refused)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602};
	char command[256];
	struct writ_audit *audit;
	struct writ_error error;
	char file[128];

	(void)snprintf(file, sizeof(file), "%s-key", path);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		cr_assert_eq(chmod(file, modes[i]), 0);
		cr_assert_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_OPEN);
		cr_expect(strstr(error.text, "may be read by others"), "%s", error.text);
	}
	cr_assert_eq(chmod(file, 0600), 0);
	cr_assert_eq(truncate(file, 64), 0);
	cr_assert_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "is no key of an audit log"), "%s", error.text);
	(void)snprintf(command, sizeof(command), "printf '\\nx' >>%s", file);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_FORMAT);
}

static void expect_no_key(const char *words)
{
	struct writ_audit *audit;
	struct writ_error error;

	cr_expect_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_OPEN, "%s", words);
	cr_expect(strstr(error.text, words), "%s: %s", words, error.text);
}

Test(audit_verify, key_that_is_not_ones_own_file_is_refused)
{
	char file[128];
	char other[140];

	(void)snprintf(file, sizeof(file), "%s-key", path);
	(void)snprintf(other, sizeof(other), "%s.other", file);
	if (geteuid() == 0) {
		cr_assert_eq(chown(file, 1000, 1000), 0);
		expect_no_key("belongs to another user");
		cr_assert_eq(chown(file, 0, 0), 0);
	}
	cr_assert_eq(rename(file, other), 0);
	cr_assert_eq(symlink(other, file), 0);
	expect_no_key("can't be read");
	cr_assert_eq(unlink(file), 0);
	cr_assert_eq(mkfifo(file, 0600), 0);
	expect_no_key("is not a regular file");
	cr_assert_eq(unlink(file), 0);
	cr_assert_eq(rename(other, file), 0);
	cr_expect_str_empty(audit_verify());
}

Test(audit_verify, log_with_another_key_is_replaced)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "cp %s-key %s.k && rm %s %s-*", path, path, path,
		       path);
	cr_assert_eq(system(command), 0);
	audit_fill(6);
	(void)snprintf(command, sizeof(command), "mv %s.k %s-key", path, path);
	cr_assert_eq(system(command), 0);
	cr_expect_str_eq(
		audit_verify(),
		"record 9 is a checkpoint that was not signed with this log's key: the log "
		"was replaced or rewritten");
}

/* ---- checkpoints ---- */

Test(audit_verify, checkpoint_shows_what_an_old_copy_hides)
{
	struct writ_audit_expect expect = {.key = NULL};
	char line[WRIT_CHECKPOINT_SIZE];
	struct writ_error error;
	char command[256];

	(void)snprintf(command, sizeof(command), "cp %s %s.old", path, path);
	cr_assert_eq(system(command), 0);
	audit_fill(3);
	cr_assert_eq(writ_audit_checkpoint(path, NULL, line, &error), 0, "%s", error.text);
	expect.checkpoint = line;
	cr_expect_str_empty(audit_verify_with(&expect, NULL));
	audit_fill(3);
	cr_expect_str_empty(audit_verify_with(&expect, NULL));
	(void)snprintf(command, sizeof(command), "cp %s.old %s && rm -f %s-wal %s-shm", path, path,
		       path, path);
	cr_assert_eq(system(command), 0);
	cr_expect_str_empty(audit_verify());
	cr_expect_str_eq(audit_verify_with(&expect, NULL),
			 "the log ends at record 9, before the checkpoint's record 15: it was "
			 "truncated");
}

Test(audit_verify, checkpoint_shows_another_log)
{
	struct writ_audit_expect expect = {.key = NULL};
	char line[WRIT_CHECKPOINT_SIZE];
	struct writ_error error;
	char command[256];
	const char *said;

	cr_assert_eq(writ_audit_checkpoint(path, NULL, line, &error), 0, "%s", error.text);
	expect.checkpoint = line;
	(void)snprintf(command, sizeof(command), "rm %s", path);
	cr_assert_eq(system(command), 0);
	audit_fill(6);
	cr_expect_str_empty(audit_verify());
	said = audit_verify_with(&expect, NULL);
	cr_expect(strstr(said, "the checkpoint is of log ") && strstr(said, "was replaced"), "%s",
		  said);
}

Test(audit_verify, checkpoint_that_was_changed_is_none)
{
	struct writ_audit_expect expect = {.key = NULL};
	char line[WRIT_CHECKPOINT_SIZE];
	char longer[WRIT_CHECKPOINT_SIZE + 2];
	struct writ_error error;

	cr_assert_eq(writ_audit_checkpoint(path, NULL, line, &error), 0, "%s", error.text);
	expect.checkpoint = line;
	(void)snprintf(longer, sizeof(longer), "%s00", line);
	expect.checkpoint = longer;
	cr_expect_str_eq(audit_verify_with(&expect, NULL),
			 "error: it is no checkpoint (writ-checkpoint:1:...)");
	expect.checkpoint = line;
	cr_assert_eq(strncmp(line, "writ-checkpoint:1:", 18), 0);
	line[16] = '2';
	cr_expect_str_eq(audit_verify_with(&expect, NULL),
			 "error: it is no checkpoint (writ-checkpoint:1:...)");
	line[16] = '1';
	line[strlen(line) - 1] ^= 1;
	cr_expect_str_eq(audit_verify_with(&expect, NULL),
			 "error: the checkpoint's signature is wrong");
	line[0] = 'x';
	cr_expect_str_eq(audit_verify_with(&expect, NULL),
			 "error: it is no checkpoint (writ-checkpoint:1:...)");
}

Test(audit_verify, changed_log_gets_no_checkpoint)
{
	char line[WRIT_CHECKPOINT_SIZE];
	struct writ_error error;

	audit_change("DELETE FROM records WHERE seq = 9");
	cr_expect_eq(writ_audit_checkpoint(path, NULL, line, &error), -WRIT_E_FORMAT);
}
