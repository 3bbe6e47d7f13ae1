/*
 * A log that can't be written, or not fast enough: calls are denied or events left out, as the
 * options say, and what is lost is told. And events that are made to break it.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/audit.h"
#include "support/later.h"

static const char *path;

static void setup(void)
{
	path = audit_setup();
}

TestSuite(audit_fail, .init = setup, .fini = audit_teardown, .timeout = 120);

static struct writ_audit_status status_of(struct writ_audit *audit)
{
	struct writ_audit_status status;

	writ_audit_status(audit, &status);
	return status;
}

static void flush(struct writ_audit *audit)
{
	struct writ_error error;

	cr_assert_eq(writ_audit_flush(audit, &error), 0, "%s", error.text);
}

/* ---- a disk that is full ---- */

/* No file may become larger than it is now, and so much more; 0: as large as it likes. */
static void limit_files(rlim_t more)
{
	struct rlimit limit;
	char wal[128];
	struct stat st;

	(void)snprintf(wal, sizeof(wal), "%s-wal", path);
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(stat(wal, &st), 0);
	limit.rlim_cur = more ? (rlim_t)st.st_size + more : limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(audit_fail, full_disk_denies_and_recovers)
{
	const struct writ_audit_options options = {.full = WRIT_AUDIT_DENY,
						   .ring_bytes = WRIT_AUDIT_MIN_RING};
	struct writ_audit *audit = audit_open(&options);
	struct writ_error error;
	uint64_t n = 0;

	limit_files(100000);
	while (audit_record(audit, "t", WRIT_ALLOW) == 0 && n < 1000000)
		n++;
	cr_assert_lt(n, 1000000u);
	cr_expect_lt(writ_audit_flush(audit, &error), 0);
	cr_expect_eq(status_of(audit).failing, 1);
	cr_expect(strstr(status_of(audit).last.text, "full") ||
			  strstr(status_of(audit).last.text, "I/O"),
		  "%s", status_of(audit).last.text);
	limit_files(0);
	flush(audit);
	cr_expect_eq(status_of(audit).failing, 0);
	cr_expect_eq(status_of(audit).taken, n);
	cr_assert_eq(audit_record(audit, "t", WRIT_ALLOW), 0);
	writ_audit_close(audit);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE tool = 't'"), (int64_t)n + 1);
	cr_expect_geq(audit_number(
			      "SELECT sum(json_extract(detail, '$.refused')) FROM records WHERE "
			      "kind = 'gap'"),
		      1);
	cr_expect_str_empty(audit_verify());
}

/* ---- a database that is locked ---- */

static sqlite3 *lock_log(void)
{
	sqlite3 *db;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

Test(audit_fail, flood_while_it_is_locked_drops_and_counts)
{
	const struct writ_audit_options options = {.full = WRIT_AUDIT_DROP,
						   .ring_bytes = WRIT_AUDIT_MIN_RING};
	struct writ_audit *audit = audit_open(&options);
	struct writ_audit_status status;
	sqlite3 *lock = lock_log();

	for (int i = 0; i < 5000; i++)
		cr_assert_eq(audit_record(audit, "t", WRIT_DENY), 0);
	status = status_of(audit);
	cr_expect_eq(status.taken + status.dropped, 5000u);
	cr_expect_gt(status.dropped, 0u);
	(void)sqlite3_close(lock);
	flush(audit);
	writ_audit_close(audit);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE tool = 't'"),
		     (int64_t)status.taken);
	cr_expect_eq(audit_number("SELECT sum(json_extract(detail, '$.lost')) FROM records WHERE "
				  "kind = 'gap'"),
		     (int64_t)status.dropped);
}

Test(audit_fail, block_waits_so_long_and_then_denies)
{
	const struct writ_audit_options options = {.block_ms = 50,
						   .ring_bytes = WRIT_AUDIT_MIN_RING};
	struct writ_audit *audit = audit_open(&options);
	sqlite3 *lock = lock_log();
	int n = 0;

	while (audit_record(audit, "t", WRIT_ALLOW) == 0 && n < 5000)
		n++;
	cr_expect_lt(n, 5000);
	cr_expect_eq(status_of(audit).refused, 1u);
	(void)sqlite3_close(lock);
	flush(audit);
	cr_expect_eq(audit_record(audit, "t", WRIT_ALLOW), 0);
	writ_audit_close(audit);
}

Test(audit_fail, required_record_that_can_not_be_written_says_that_the_call_was_denied)
{
	const struct writ_audit_options options = {.required = 1, .block_ms = 100};
	struct writ_audit *audit = audit_open(&options);
	sqlite3 *lock = lock_log();

	cr_expect_neq(audit_record(audit, "denied", WRIT_ALLOW), 0);
	(void)sqlite3_close(lock);
	cr_expect_eq(audit_record(audit, "allowed", WRIT_ALLOW), 0);
	writ_audit_close(audit);
	cr_expect_str_eq(audit_text("SELECT group_concat(tool || ' ' || verdict || ' ' || reason) "
				    "FROM records WHERE kind = 'decision'"),
			 "denied deny not_recorded,allowed allow by_rule");
}

/* A call or an answer that could not wait was denied; what a launch did has happened all the same.
 */
Test(audit_fail, only_what_waits_for_its_record_is_denied_without_it)
{
	const struct writ_audit_options options = {.required = 1, .block_ms = 20};
	struct writ_audit *audit = audit_open(&options);
	struct writ_sink sink = writ_audit_sink(audit);
	sqlite3 *lock = lock_log();

	for (int kind = WRIT_EVENT_DECISION; kind <= WRIT_EVENT_SESSION; kind++) {
		const struct writ_event event = {.kind = (enum writ_event_kind)kind,
						 .verdict = WRIT_ALLOW,
						 .rule = WRIT_NO_ID,
						 .tool = "t"};

		cr_expect_neq(sink.record(sink.context, &event), 0, "%d", kind);
	}
	(void)sqlite3_close(lock);
	writ_audit_close(audit);
	cr_expect_str_eq(audit_text("SELECT group_concat(kind || ifnull(' ' || verdict, '') || "
				    "ifnull(' ' || reason, '')) FROM records WHERE tool = 't'"),
			 "decision deny not_recorded,launch,end,network allow,file allow,"
			 "approval deny,reload,session");
}

/* ---- what is no log ---- */

Test(audit_fail, what_is_no_log_is_refused)
{
	static const struct {
		const char *command;
		int code;
		const char *said;
	} cases[] = {
		{"mkdir ", WRIT_E_OPEN, "not a regular file"},
		{"echo 'this is not a database, and long enough to be read as one' > ",
		 WRIT_E_FORMAT, "not a database"},
		{NULL, WRIT_E_FORMAT, "not an audit log"}, /* another's database */
		{"ln -s /etc/passwd ", WRIT_E_OPEN, "not a regular file"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writ_audit *audit;
		struct writ_error error = {.code = 0};
		char command[256];
		sqlite3 *db;

		if (!cases[i].command) {
			cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
			cr_assert_eq(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL), 0);
			(void)sqlite3_close(db);
		} else {
			(void)snprintf(command, sizeof(command), "%s%s", cases[i].command, path);
			cr_assert_eq(system(command), 0);
		}
		cr_expect_eq(writ_audit_open(path, NULL, &audit, &error), -cases[i].code, "%zu: %s",
			     i, error.text);
		cr_expect(strstr(error.text, cases[i].said), "%zu: %s", i, error.text);
		(void)snprintf(command, sizeof(command), "rm -rf %s*", path);
		cr_assert_eq(system(command), 0);
	}
}

Test(audit_fail, damaged_pages_are_an_error_and_no_crash)
{
	char junk[512];
	int fd;

	audit_fill(500);
	audit_change("PRAGMA wal_checkpoint(TRUNCATE)");
	memset(junk, 0xa5, sizeof(junk));
	for (off_t at = 4096; at < 10 * 4096; at += 4096) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		cr_assert_eq(pwrite(fd, junk, sizeof(junk), at), (ssize_t)sizeof(junk));
		(void)close(fd);
	}
	cr_expect_str_not_empty(audit_verify());
}

/* ---- hostile events ---- */

static void record_args(const struct writ_arg *args, size_t n)
{
	struct writ_audit *audit = audit_open(NULL);
	struct writ_sink sink = writ_audit_sink(audit);
	const struct writ_event event = {
		.kind = WRIT_EVENT_DECISION,
		.rule = WRIT_NO_ID,
		.tool = "t\n{\"seq\":1}\0x",
		.tool_len = 13,
		.args = args,
		.n_args = n,
		.detail = "a\nb\x1b[31m",
		.error = "\xff\xfe",
	};

	cr_assert_eq(sink.record(sink.context, &event), 0);
	flush(audit);
	writ_audit_close(audit);
	cr_expect_eq(audit_number("SELECT json_valid(args) FROM records WHERE kind = 'decision'"),
		     1);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE kind = 'decision'"), 1);
	cr_expect_str_empty(audit_verify());
}

Test(audit_fail, newline_and_json_in_arguments_forge_nothing)
{
	const struct writ_arg args[] = {
		{.name = "a", .text = "\n{\"seq\":1,\"verdict\":\"allow\"}"},
		{.name = "b\"\n", .text = "x\0y\xff\xc0", .text_len = 5, .type = WRIT_ARG_BYTES},
	};

	record_args(args, 2);
	cr_expect_eq(audit_number("SELECT instr(tool, char(10)) + instr(detail, char(10)) + "
				  "instr(args, char(10)) + instr(detail, char(27)) FROM records "
				  "WHERE kind = 'decision'"),
		     0);
	cr_expect_eq(audit_number("SELECT length(tool) = length(CAST(tool AS BLOB)) FROM records "
				  "WHERE kind = 'decision'"),
		     1);
}

Test(audit_fail, megabyte_argument_is_cut_with_its_length_and_a_hash)
{
	char *value = malloc(1 << 20);
	const struct writ_arg args[] = {
		{.name = "a", .text = value, .text_len = 1 << 20},
		{.name = "b", .text = "whole"},
	};

	memset(value, 'x', 1 << 20);
	record_args(args, 2);
	cr_expect_eq(audit_number("SELECT length(args) < 10000 AND args LIKE '%1048576 bytes%' AND "
				  "args LIKE '%whole%' FROM records WHERE kind = 'decision'"),
		     1);
	free(value);
}

Test(audit_fail, lists_are_recorded_and_long_ones_cut)
{
	struct writ_arg items[1000];
	struct writ_arg inner = {.name = "", .text = "deep"};
	struct writ_arg args[] = {
		{.name = "a", .type = WRIT_ARG_LIST, .items = items, .n_items = 1000},
		{.name = "b", .type = WRIT_ARG_LIST, .items = &inner, .n_items = 1},
		{.name = "c", .text = "last"},
	};

	for (int i = 0; i < 1000; i++)
		items[i] = (struct writ_arg){.name = "", .type = WRIT_ARG_INTEGER, .number = i};
	record_args(args, 3);
	cr_expect_eq(audit_number("SELECT args LIKE '%more]%' AND args LIKE '%deep%' AND args LIKE "
				  "'%last%' FROM records WHERE kind = 'decision'"),
		     1);
}

/* ---- clocks ---- */

static int fill_one(void *context)
{
	(void)context;
	audit_fill(1);
	return 0;
}

Test(audit_fail, clock_that_steps_changes_neither_order_nor_the_other_clock)
{
	audit_fill(1);
	cr_assert_eq(later(1000000, fill_one, NULL), 0);
	audit_fill(1);
	cr_expect_str_empty(audit_verify());
	cr_expect_str_eq(audit_text("SELECT group_concat(mono_us > 1000000000000 + (SELECT mono_us "
				    "FROM records WHERE seq = 1)) FROM records WHERE tool = 't'"),
			 "0,1,0");
	cr_expect_eq(audit_number("SELECT max(wall_us) - min(wall_us) < 100000000 FROM records"),
		     1);
}
