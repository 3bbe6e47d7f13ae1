/*
 * Logs whose files can't be used, or are damaged: what is refused says which file and why and
 * changes nothing; what goes on again tells what is missing. Each has its control: the same log,
 * repaired, goes on.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/audit.h"
#include "support/shell.h"
#include "support/small_disk.h"

#define NOBODY 65534

static const char *path;
static char directory[96];

static void setup(void)
{
	path = audit_setup();
	(void)snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(path, '/') - path),
		       path);
}

static void teardown(void)
{
	if (getuid() == 0)
		(void)seteuid(0);
	(void)umount2(directory, MNT_DETACH);
	(void)chmod(directory, 0700);
	audit_teardown();
}

TestSuite(audit_broken, .init = setup, .fini = teardown, .timeout = 60);

/* It is not opened, the reason names it, and its bytes are as they were. */
static void expect_refused(int code, const char *words)
{
	char aside[] = "/tmp/writ-aside-XXXXXX";
	struct writ_audit *audit = NULL;
	struct writ_error error = {.text = ""};
	int fd = mkstemp(aside);

	cr_assert_geq(fd, 0);
	cr_assert_eq(shell("cat %s > %s", path, aside), 0, "%s", shell_output);
	cr_expect_eq(writ_audit_open(path, NULL, &audit, &error), -code, "%s: %d: %s", words,
		     error.code, error.text);
	cr_expect_eq(strncmp(error.text, path, strlen(path)), 0, "no name in: %s", error.text);
	cr_expect(strstr(error.text, words), "no '%s' in: %s", words, error.text);
	cr_expect_eq(shell("cmp %s %s", path, aside), 0, "%s: %s", words, shell_output);
	(void)close(fd);
	(void)unlink(aside);
}

static void expect_goes_on(void)
{
	int64_t before = audit_number("SELECT count(*) FROM records WHERE tool = 't'");

	audit_fill(1);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE tool = 't'"), before + 1);
	cr_expect_str_empty(audit_verify());
}

/* ---- databases that are others' ---- */

Test(audit_broken, newer_version_is_left_alone)
{
	audit_fill(3);
	audit_change("PRAGMA user_version = 99");
	expect_refused(WRIT_E_UNSUPPORTED, "it has version 99, of a newer Writ");
	audit_change("PRAGMA user_version = -5");
	expect_refused(WRIT_E_UNSUPPORTED, "it has version -5");
	audit_change("PRAGMA user_version = 1");
	expect_goes_on();
}

Test(audit_broken, database_of_another_application_is_left_alone)
{
	audit_fill(3);
	audit_change("PRAGMA application_id = 7");
	expect_refused(WRIT_E_FORMAT, "it is a database, but not an audit log");
	audit_change("PRAGMA application_id = -1");
	expect_refused(WRIT_E_FORMAT, "it is a database, but not an audit log");
	audit_change("PRAGMA application_id = 0x57726974");
	expect_goes_on();
	cr_assert_eq(shell("rm %s && $R users add %s bob dev", path, path), 0, "%s", shell_output);
	expect_refused(WRIT_E_FORMAT, "it is a database, but not an audit log");
}

/* ---- what may not be written ---- */

static void become_nobody(void)
{
	if (geteuid() != 0)
		return;
	cr_assert_eq(chown(directory, NOBODY, NOBODY), 0);
	cr_assert_eq(seteuid(NOBODY), 0);
}

Test(audit_broken, new_log_in_a_directory_that_is_read_only)
{
	struct writ_audit *audit = NULL;
	struct writ_error error;
	char said[256];

	become_nobody();
	cr_assert_eq(chmod(directory, 0500), 0);
	(void)snprintf(said, sizeof(said), "%s: it can't be made: Permission denied", path);
	cr_expect_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_OPEN);
	cr_expect_str_eq(error.text, said);
	cr_assert_eq(chmod(directory, 0700), 0);
	cr_expect_eq(rmdir(directory), 0, "something was made");
	cr_assert_eq(mkdir(directory, 0700) && geteuid() == 0, 0);
}

Test(audit_broken, log_in_a_directory_that_is_read_only)
{
	struct writ_audit *audit;

	become_nobody();
	audit_fill(3);
	cr_assert_eq(chmod(directory, 0500), 0);
	expect_refused(WRIT_E_OPEN, ": its directory can't be written: Permission denied");
	cr_assert_eq(chmod(directory, 0700), 0);
	/* Where another process has it open nothing has to be made. */
	audit = audit_open(NULL);
	cr_assert_eq(chmod(directory, 0500), 0);
	expect_goes_on();
	cr_assert_eq(chmod(directory, 0700), 0);
	writ_audit_close(audit);
	expect_goes_on();
}

Test(audit_broken, log_that_is_read_only)
{
	become_nobody();
	audit_fill(3);
	cr_assert_eq(chmod(path, 0400), 0);
	expect_refused(WRIT_E_OPEN, ": it can't be written: Permission denied");
	cr_assert_eq(chmod(path, 0600), 0);
	expect_goes_on();
}

Test(audit_broken, log_on_a_file_system_that_is_read_only)
{
	small_disk_mount(directory, "size=4m,mode=0700");
	audit_fill(3);
	small_disk_remount(directory, MS_RDONLY, "size=4m");
	expect_refused(WRIT_E_OPEN, ": it can't be written: Read-only file system");
	small_disk_remount(directory, 0, "size=4m");
	expect_goes_on();
}

/* ---- a disk that is full ---- */

/* Takes what room there is, and gives it back. */
static void fill_disk(void)
{
	(void)shell("cat /dev/zero > %s/filler", directory);
	cr_assert(strstr(shell_output, "No space left"), "%s", shell_output);
}

static void free_disk(void)
{
	cr_assert_eq(shell("rm %s/filler", directory), 0);
}

Test(audit_broken, new_log_on_a_disk_that_is_full)
{
	struct writ_audit *audit = NULL;
	struct writ_error error;

	small_disk_mount(directory, "size=512k,mode=0700");
	fill_disk();
	cr_expect_eq(writ_audit_open(path, NULL, &audit, &error), -WRIT_E_SYSTEM, "%s", error.text);
	cr_expect_eq(strncmp(error.text, path, strlen(path)), 0, "%s", error.text);
	cr_expect(strstr(error.text, "full"), "%s", error.text);
	free_disk();
	audit_fill(3);
	expect_goes_on();
}

static void expect_full(struct writ_audit *audit)
{
	struct writ_audit_status status;
	struct writ_error error;

	cr_expect_eq(writ_audit_flush(audit, &error), -WRIT_E_SYSTEM);
	cr_expect_eq(strncmp(error.text, path, strlen(path)), 0, "%s", error.text);
	cr_expect(strstr(error.text, "disk is full"), "%s", error.text);
	writ_audit_status(audit, &status);
	cr_expect_eq(status.failing, 1);
}

/* What each way does with a flood while the disk is full, and what the log says of it afterwards.
 */
static void flood(enum writ_audit_full full)
{
	const struct writ_audit_options options = {.full = full,
						   .block_ms = 50,
						   .ring_bytes = WRIT_AUDIT_MIN_RING};
	struct writ_audit *audit = audit_open(&options);
	struct writ_audit_status status;
	struct writ_error error;
	int64_t taken = 0;

	fill_disk();
	for (int i = 0; i < 20000 && taken == i; i++)
		taken += audit_record(audit, "f", WRIT_ALLOW) == 0;
	cr_expect_eq(taken == 20000, full == WRIT_AUDIT_DROP, "%d: %d", (int)full, (int)taken);
	expect_full(audit);
	free_disk();
	cr_assert_eq(writ_audit_flush(audit, &error), 0, "%s", error.text);
	writ_audit_status(audit, &status);
	writ_audit_close(audit);
	cr_expect_eq(taken, (int64_t)(status.taken + status.dropped));
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE tool = 'f'"),
		     (int64_t)status.taken);
	cr_expect_eq(audit_number("SELECT sum(json_extract(detail, '$.lost')) FROM records WHERE "
				  "kind = 'gap'"),
		     (int64_t)status.dropped);
	cr_expect_eq(audit_number("SELECT sum(json_extract(detail, '$.refused')) FROM records "
				  "WHERE kind = 'gap'"),
		     (int64_t)status.refused);
	cr_expect_eq(full == WRIT_AUDIT_DROP, status.dropped > 0);
	cr_expect_eq(full != WRIT_AUDIT_DROP, status.refused > 0);
	cr_expect_str_empty(audit_verify());
}

Test(audit_broken, full_disk_denies_at_once)
{
	small_disk_mount(directory, "size=16m,mode=0700");
	flood(WRIT_AUDIT_DENY);
}

Test(audit_broken, full_disk_blocks_and_then_denies)
{
	small_disk_mount(directory, "size=16m,mode=0700");
	flood(WRIT_AUDIT_BLOCK);
}

Test(audit_broken, full_disk_drops_and_counts)
{
	small_disk_mount(directory, "size=16m,mode=0700");
	flood(WRIT_AUDIT_DROP);
}

Test(audit_broken, full_disk_denies_what_has_to_be_recorded)
{
	const struct writ_audit_options options = {.required = 1, .block_ms = 200};
	struct writ_audit *audit;

	small_disk_mount(directory, "size=16m,mode=0700");
	audit = audit_open(&options);
	cr_expect_eq(audit_record(audit, "before", WRIT_ALLOW), 0, "the control");
	fill_disk();
	while (audit_record(audit, "filling", WRIT_ALLOW) == 0)
		; /* the pages that the write-ahead log has already */
	cr_expect_neq(audit_record(audit, "full", WRIT_ALLOW), 0);
	free_disk();
	cr_expect_eq(audit_record(audit, "after", WRIT_ALLOW), 0);
	writ_audit_close(audit);
	cr_expect_str_eq(audit_text("SELECT group_concat(tool || ' ' || verdict || ' ' || reason) "
				    "FROM (SELECT * FROM records WHERE tool IN ('before', 'full', "
				    "'after') ORDER BY seq)"),
			 "before allow by_rule,full deny not_recorded,after allow by_rule");
	cr_expect_str_empty(audit_verify());
}

/* ---- a database that another process has locked ---- */

static int talk[2];
static int told[2];
static pid_t other;

static void say(int fd)
{
	cr_assert_eq(write(fd, "x", 1), 1);
}

static void hear(int fd)
{
	char byte;

	cr_assert_eq(read(fd, &byte, 1), 1);
}

/* It locks when it is told to, and lets go when it is told again. */
static _Noreturn void lock_when_told(const char *how)
{
	sqlite3 *db = NULL;
	char byte;

	/* So that it ends with the test, whatever becomes of that. */
	(void)close(talk[1]);
	if (read(talk[0], &byte, 1) != 1 || sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, how, NULL, NULL, NULL) != SQLITE_OK || write(told[1], "x", 1) != 1 ||
	    read(talk[0], &byte, 1) != 1)
		_exit(1);
	_exit(0);
}

static void start_other(const char *how)
{
	cr_assert_eq(pipe2(talk, O_CLOEXEC) | pipe2(told, O_CLOEXEC), 0);
	other = fork();
	cr_assert_geq(other, 0);
	if (other == 0)
		lock_when_told(how);
}

static void lock(void)
{
	say(talk[1]);
	hear(told[0]);
}

static void unlock(void)
{
	int status;

	say(talk[1]);
	cr_assert_eq(waitpid(other, &status, 0), other);
	cr_assert_eq(status, 0);
}

Test(audit_broken, log_that_another_process_has_for_itself)
{
	time_t before;

	start_other("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
	audit_fill(3);
	lock();
	before = time(NULL);
	expect_refused(WRIT_E_SYSTEM, "database is locked");
	cr_expect_lt(time(NULL) - before, 9, "it was waited for once");
	unlock();
	expect_goes_on();
}

/* One that has no write-ahead log gets one again, which takes it for itself. */
Test(audit_broken, log_that_another_process_reads_for_long)
{
	start_other("BEGIN; SELECT count(*) FROM records");
	audit_fill(3);
	audit_change("PRAGMA journal_mode = DELETE");
	lock();
	expect_refused(WRIT_E_SYSTEM, "database is locked");
	unlock();
	expect_goes_on();
}

Test(audit_broken, calls_while_another_process_writes_for_long)
{
	const struct writ_audit_options options = {.required = 1, .block_ms = 100};
	struct writ_audit *audit;
	struct writ_error error;

	start_other("BEGIN EXCLUSIVE");
	audit = audit_open(&options);
	lock();
	cr_expect_neq(audit_record(audit, "locked", WRIT_ALLOW), 0);
	cr_expect_eq(writ_audit_flush(audit, &error), -WRIT_E_SYSTEM);
	cr_expect(strstr(error.text, path) && strstr(error.text, "database is locked"), "%s",
		  error.text);
	unlock();
	cr_expect_eq(audit_record(audit, "free", WRIT_ALLOW), 0);
	writ_audit_close(audit);
	cr_expect_str_eq(audit_text("SELECT group_concat(tool || ' ' || verdict || ' ' || reason) "
				    "FROM records WHERE kind = 'decision'"),
			 "locked deny not_recorded,free allow by_rule");
	cr_expect_eq(audit_number("SELECT sum(json_extract(detail, '$.refused')) FROM records "
				  "WHERE kind = 'gap'"),
		     1);
}

/* ---- damage ---- */

/* A process writes n records, all of which are in the database, and is killed. */
static void write_and_be_killed(int n)
{
	int status;
	pid_t child;

	cr_assert_eq(pipe2(told, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		struct writ_audit *audit = audit_open(NULL);

		for (int i = 0; i < n; i++) {
			cr_assert_eq(audit_record(audit, "t", WRIT_ALLOW), 0);
			if (i % 10 == 9)
				cr_assert_eq(writ_audit_flush(audit, NULL), 0);
		}
		(void)!write(told[1], "x", 1);
		(void)pause();
		_exit(0);
	}
	hear(told[0]);
	cr_assert_eq(kill(child, SIGKILL), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
}

static void change_file(const char *suffix, off_t at, size_t size)
{
	char file[128];
	char junk[65536];
	int fd;

	memset(junk, 0xa5, sizeof(junk));
	(void)snprintf(file, sizeof(file), "%s%s", path, suffix);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0, "%s", file);
	cr_assert_leq(size, sizeof(junk));
	cr_assert_eq(pwrite(fd, junk, size, at), (ssize_t)size);
	(void)close(fd);
}

static off_t size_of(const char *suffix)
{
	char file[128];
	struct stat st;

	(void)snprintf(file, sizeof(file), "%s%s", path, suffix);
	cr_assert_eq(stat(file, &st), 0, "%s", file);
	return st.st_size;
}

static void cut_wal(off_t size)
{
	char file[128];

	(void)snprintf(file, sizeof(file), "%s-wal", path);
	cr_assert_eq(truncate(file, size), 0);
}

static void no_damage(void)
{
}

static void damage_wal_header(void)
{
	change_file("-wal", 0, 32);
}

static void damage_wal_middle(void)
{
	change_file("-wal", size_of("-wal") / 2, 4096);
}

static void halve_wal(void)
{
	cut_wal(size_of("-wal") / 2);
}

static void empty_wal(void)
{
	cut_wal(0);
}

static void remove_wal(void)
{
	cr_assert_eq(shell("rm %s-wal", path), 0);
}

static void damage_shm(void)
{
	change_file("-shm", 0, (size_t)size_of("-shm"));
}

static void remove_shm(void)
{
	cr_assert_eq(shell("rm %s-shm", path), 0);
}

/* What is not in the log any more has to be in its gaps, to the number. */
static void expect_accounted(const char *what, int64_t n, bool all)
{
	struct writ_audit_verdict verdict;
	int64_t there;

	writ_audit_close(audit_open(NULL));
	there = audit_number("SELECT count(*) FROM records WHERE tool = 't'");
	cr_expect_str_empty(audit_verify_with(NULL, &verdict), "%s", what);
	cr_expect_eq(there + (int64_t)verdict.lost, n, "%s: %d and %d lost", what, (int)there,
		     (int)verdict.lost);
	cr_expect_eq(there == n, all, "%s: %d", what, (int)there);
	cr_expect_eq(verdict.unsaid, 0u, "%s", what);
}

static const struct {
	const char *what;
	void (*damage)(void);
	bool all; /* nothing is lost by it */
} damages[] = {
	{"the control", no_damage, true},
	{"the header of -wal", damage_wal_header, false},
	{"the middle of -wal", damage_wal_middle, false},
	{"half of -wal", halve_wal, false},
	{"an empty -wal", empty_wal, false},
	{"no -wal", remove_wal, false},
	{"-shm", damage_shm, true},
	{"no -shm", remove_shm, true},
};

/* before: records that are in the database itself. */
static void try_damages(int before)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		cr_assert_eq(shell("rm -f %s*", path), 0);
		if (before)
			audit_fill(before);
		write_and_be_killed(100);
		damages[i].damage();
		expect_accounted(damages[i].what, before + 100, damages[i].all);
	}
}

Test(audit_broken, damage_beside_the_database_loses_nothing_unsaid)
{
	try_damages(20);
}

/* All of it is in -wal: without that the log begins anew, and says that it is not the first. */
Test(audit_broken, damage_beside_an_empty_database_loses_nothing_unsaid)
{
	try_damages(0);
}

/* Every page of the database in turn: the writer fails or goes on, and verify sees it. */
Test(audit_broken, damaged_page_is_an_error_with_the_name_and_no_crash)
{
	int failed = 0;
	off_t end;

	audit_fill(100);
	cr_assert_eq(shell("cp %s %s.good", path, path), 0);
	end = size_of("");
	cr_assert_gt(end, 8 * 4096);
	for (off_t at = 4096; at < end; at += 4096) {
		struct writ_audit *audit = NULL;
		struct writ_error error = {.code = 0};
		int rc;

		cr_assert_eq(shell("cp %s.good %s; rm -f %s-wal %s-shm", path, path, path, path),
			     0);
		change_file("", at, 4096);
		rc = writ_audit_open(path, NULL, &audit, &error);
		if (!rc) {
			cr_expect_eq(audit_record(audit, "p", WRIT_ALLOW), 0);
			rc = writ_audit_flush(audit, &error);
			writ_audit_close(audit);
		}
		failed += rc != 0;
		if (rc)
			cr_expect(error.code == WRIT_E_FORMAT &&
					  strstr(error.text, path) == error.text,
				  "page %d: %d %s", (int)(at / 4096), error.code, error.text);
		cr_expect_str_not_empty(audit_verify(), "page %d", (int)(at / 4096));
	}
	cr_expect_gt(failed, 0);
	cr_assert_eq(shell("cp %s.good %s; rm -f %s-wal %s-shm", path, path, path, path), 0);
	expect_goes_on();
}
