/*
 * Stores of users whose files can't be used, or are damaged: nobody gets a role from them, what is
 * refused says which file and why, and nothing is changed. Each has its control: the same store,
 * repaired, is used again.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/writ_identity.h"
#include "support/monitor_maker.h"
#include "support/shell.h"
#include "support/small_disk.h"

#define NOBODY 65534

static char root[] = "/tmp/writ-identity-broken-XXXXXX";
static char path[64];

static void setup(void)
{
	cr_assert_not_null(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/u.db", root);
}

static void teardown(void)
{
	if (getuid() == 0)
		(void)seteuid(0);
	(void)umount2(root, MNT_DETACH);
	(void)chmod(root, 0700);
	(void)shell("rm -rf %s", root);
}

TestSuite(identity_broken, .init = setup, .fini = teardown, .timeout = 60);

static void make_store(void)
{
	cr_assert_eq(shell("$R users add %s bob dev", path), 0, "%s", shell_output);
}

static void change(const char *sql)
{
	sqlite3 *db = NULL;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sql);
	(void)sqlite3_close(db);
}

/* What a session of bob's may do: "" and the verdict, or why there is none. */
static const char *try_session(enum writ_verdict *verdict)
{
	static char text[512];
	struct test_monitor *test = monitor_make("role dev { allow build; }\n");
	struct writ_identity_store *store = NULL;
	struct writ_session *session = NULL;
	struct writ_subject subject = {.user = "bob"};
	struct writ_error error = {.text = ""};
	int rc = writ_identity_open(path, &store, &error);

	if (!rc) {
		subject.identity = writ_identity_source(store);
		rc = writ_session_open(test->monitor, &subject, &session, &error);
	}
	*verdict = rc ? WRIT_DENY : monitor_check(session, "build", NULL);
	(void)snprintf(text, sizeof(text), "%s", rc ? error.text : "");
	writ_session_close(session);
	writ_identity_close(store);
	monitor_free(test);
	return text;
}

static void expect_no_session(const char *words)
{
	enum writ_verdict verdict;
	const char *said = try_session(&verdict);

	cr_expect_eq(verdict, WRIT_DENY, "%s", words);
	cr_expect_eq(strncmp(said, path, strlen(path)), 0, "no name in: %s", said);
	cr_expect(strstr(said, words), "no '%s' in: %s", words, said);
}

static void expect_session(void)
{
	enum writ_verdict verdict;
	const char *said = try_session(&verdict);

	cr_expect_str_empty(said);
	cr_expect_eq(verdict, WRIT_ALLOW);
}

/* Changing it fails, with its name, and leaves its bytes as they were. */
static void expect_no_change(const char *words)
{
	char aside[] = "/tmp/writ-aside-XXXXXX";
	int fd = mkstemp(aside);

	cr_assert_geq(fd, 0);
	cr_assert_eq(shell("cat %s > %s", path, aside), 0, "%s", shell_output);
	cr_expect_eq(shell("$R users add %s eve dev", path), 3, "%s: %s", words, shell_output);
	cr_expect(strstr(shell_output, path), "no name in: %s", shell_output);
	cr_expect(strstr(shell_output, words), "no '%s' in: %s", words, shell_output);
	cr_expect_eq(shell("cmp %s %s", path, aside), 0, "%s: %s", words, shell_output);
	(void)close(fd);
	(void)unlink(aside);
}

static void expect_good(void)
{
	expect_session();
	cr_expect_eq(shell("$R users add %s cyd dev", path), 0, "%s", shell_output);
	cr_expect_eq(shell("$R users remove %s cyd", path), 0, "%s", shell_output);
}

Test(identity_broken, stores_of_others)
{
	make_store();
	change("PRAGMA user_version = 99");
	expect_no_change("it has version 99, of a newer Writ");
	expect_no_session("it has version 99, of a newer Writ");
	change("PRAGMA user_version = -1");
	expect_no_change("it has version -1");
	expect_no_session("it has version -1");
	change("PRAGMA user_version = 1; PRAGMA application_id = 7");
	expect_no_change("it is a database, but not an identity store");
	expect_no_session("it is a database, but not an identity store");
}

/* ---- what may not be written ---- */

static void become_nobody(void)
{
	if (geteuid() != 0)
		return;
	cr_assert_eq(chown(root, NOBODY, NOBODY), 0);
	cr_assert_eq(shell("chown %d %s*", NOBODY, path), 0, "%s", shell_output);
	cr_assert_eq(seteuid(NOBODY), 0);
}

/* As a user a shell would get its root back, and so ask as root. */
static void expect_not_opened(const char *words)
{
	struct writ_identity_store *store = NULL;
	struct writ_error error = {.text = ""};

	cr_expect_neq(writ_identity_open(path, &store, &error), 0, "%s", words);
	cr_expect_eq(strncmp(error.text, path, strlen(path)), 0, "no name in: %s", error.text);
	cr_expect(strstr(error.text, words), "no '%s' in: %s", words, error.text);
	writ_identity_close(store);
}

Test(identity_broken, store_that_may_not_be_read)
{
	make_store();
	become_nobody();
	cr_assert_eq(chmod(path, 0), 0);
	expect_not_opened("unable to open database file");
	cr_assert_eq(chmod(path, 0600), 0);
	expect_session();
}

Test(identity_broken, store_in_a_directory_that_is_read_only)
{
	make_store();
	become_nobody();
	cr_assert_eq(chmod(root, 0500), 0);
	expect_not_opened(":");
	cr_assert_eq(chmod(root, 0700), 0);
	expect_session();
}

Test(identity_broken, store_on_a_file_system_that_is_read_only)
{
	small_disk_mount(root, "size=1m,mode=0700");
	make_store();
	small_disk_remount(root, MS_RDONLY, "size=1m");
	expect_no_change("Read-only file system");
	expect_no_session(":");
	small_disk_remount(root, 0, "size=1m");
	expect_good();
}

Test(identity_broken, store_on_a_disk_that_is_full)
{
	small_disk_mount(root, "size=1m,mode=0700");
	make_store();
	(void)shell("cat /dev/zero > %s/filler", root);
	cr_assert(strstr(shell_output, "No space left"), "%s", shell_output);
	expect_no_change("No space left on device");
	cr_assert_eq(shell("rm %s/filler", root), 0);
	expect_good();
}

/* ---- a store that another process has locked ---- */

static int talk[2];
static int told[2];

/* It locks, says so, and lets go when it is told to. */
static _Noreturn void lock_store(const char *how)
{
	sqlite3 *db = NULL;
	char byte;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, how, NULL, NULL, NULL) != SQLITE_OK || write(told[1], "x", 1) != 1 ||
	    read(talk[0], &byte, 1) != 1)
		_exit(1);
	_exit(0);
}

static pid_t lock(const char *how)
{
	pid_t other;
	char byte;

	cr_assert_eq(pipe2(talk, O_CLOEXEC) | pipe2(told, O_CLOEXEC), 0);
	other = fork();
	cr_assert_geq(other, 0);
	if (other == 0)
		lock_store(how);
	cr_assert_eq(read(told[0], &byte, 1), 1);
	return other;
}

static void unlock(pid_t other)
{
	int status;

	cr_assert_eq(write(talk[1], "x", 1), 1);
	cr_assert_eq(waitpid(other, &status, 0), other);
	cr_assert_eq(status, 0);
}

Test(identity_broken, store_that_another_process_has_for_itself)
{
	pid_t other;

	make_store();
	other = lock("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
	expect_no_session("database is locked");
	expect_no_change("database is locked");
	unlock(other);
	expect_good();
}

Test(identity_broken, store_that_another_process_writes_is_read_all_the_same)
{
	pid_t other;

	make_store();
	other = lock("BEGIN EXCLUSIVE; DELETE FROM grants");
	expect_session();
	expect_no_change("database is locked");
	unlock(other);
	expect_good();
}

/* ---- damage ---- */

static void damage(const char *suffix, off_t at, size_t size)
{
	char file[96];
	char junk[65536];
	int fd;

	memset(junk, 0xa5, sizeof(junk));
	(void)snprintf(file, sizeof(file), "%s%s", path, suffix);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0, "%s", file);
	cr_assert_eq(pwrite(fd, junk, size, at), (ssize_t)size);
	(void)close(fd);
}

/* Every page in turn: bob has what was granted to him, or nothing and a reason; and so have others.
 */
Test(identity_broken, damaged_page_grants_nothing)
{
	int refused = 0;
	struct stat st;

	make_store();
	cr_assert_eq(shell("cp %s %s.good", path, path), 0);
	cr_assert_eq(stat(path, &st), 0);
	for (off_t at = 0; at < st.st_size; at += 4096) {
		enum writ_verdict verdict;
		const char *said;

		cr_assert_eq(shell("cat %s.good > %s; rm -f %s-wal %s-shm", path, path, path, path),
			     0);
		damage("", at, 4096);
		said = try_session(&verdict);
		cr_expect_eq(verdict == WRIT_ALLOW, *said == '\0', "page %d: %s", (int)(at / 4096),
			     said);
		if (!*said)
			continue;
		refused++;
		cr_expect_eq(strncmp(said, path, strlen(path)), 0, "page %d: %s", (int)(at / 4096),
			     said);
	}
	cr_expect_geq(refused, 2);
	cr_assert_eq(shell("cat %s.good > %s; rm -f %s-wal %s-shm", path, path, path, path), 0);
	expect_good();
}

Test(identity_broken, generation_file_that_is_damaged)
{
	make_store();
	damage("-generation", 0, 8);
	expect_no_session("its generation file is something else");
	cr_assert_eq(shell("truncate -s 3 %s-generation", path), 0);
	expect_no_session("its generation file does not have the size it must have");
	cr_assert_eq(shell("rm %s-generation", path), 0);
	expect_no_session("its generation file");
	cr_assert_eq(shell("$R users add %s dora dev", path), 0, "%s", shell_output);
	expect_good();
}
