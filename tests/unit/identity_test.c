/*
 * The identity store: what is put in comes out, what changes is seen by who has it open, and what
 * is not right is refused with the reason.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/audit/identity_generation.h"
#include "runtime/audit/identity_name.h"
#include "runtime/audit/identity_store.h"
#include "runtime/writ_identity.h"

static char directory[] = "/tmp/writ-identity-XXXXXX";
static char path[128];
static char generation_path[160];
static struct writ_error error;

static void setup(void)
{
	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/users.db", directory);
	snprintf(generation_path, sizeof(generation_path), "%s-generation", path);
}

static void teardown(void)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	cr_expect_eq(system(command), 0);
}

TestSuite(identity, .init = setup, .fini = teardown, .timeout = 60);

#define OK(call) cr_assert_eq((call), 0, "%s", error.text)

static struct identity_store *opened(enum db_mode mode)
{
	struct identity_store *store = NULL;

	OK(identity_open(path, mode, &store, &error));
	return store;
}

/* "user role role": a user who is added with roles that do not expire. */
static void add(struct identity_store *store, const char *words)
{
	char text[256];
	char *save;
	struct identity_user user = {.created_s = 1, .created_by = "test"};
	int64_t id;

	snprintf(text, sizeof(text), "%s", words);
	user.name = strtok_r(text, " ", &save);
	OK(identity_begin(store, &error));
	OK(identity_add(store, &user, &id, &error));
	for (char *role = strtok_r(NULL, " ", &save); role; role = strtok_r(NULL, " ", &save))
		OK(identity_grant(store, id, &(struct identity_grant){role, 1, "test", 0}, &error));
	OK(identity_commit(store, &error));
}

static void made(const char *words)
{
	struct identity_store *store = opened(DB_CREATE);

	add(store, words);
	identity_close(store);
}

static void grant(struct identity_store *store, const char *name, const char *role,
		  int64_t expires_s)
{
	struct identity_user user;

	OK(identity_begin(store, &error));
	OK(identity_find(store, name, &user, &error));
	OK(identity_grant(store, user.id, &(struct identity_grant){role, 1, "test", expires_s},
			  &error));
	OK(identity_commit(store, &error));
}

static void take_away(struct identity_store *store, const char *name, const char *role)
{
	struct identity_user user;

	OK(identity_begin(store, &error));
	OK(identity_find(store, name, &user, &error));
	OK(identity_revoke(store, user.id, role, &error));
	OK(identity_commit(store, &error));
}

static int join(void *context, const char *role)
{
	strcat(strcat(context, role), " ");
	return 0;
}

/* The roles that a session would get, each followed by a space; or what is wrong. */
static const char *roles_of(const struct writ_identity_store *store, const char *user)
{
	static char roles[1024];
	const struct writ_identity *source = writ_identity_source(store);

	roles[0] = '\0';
	return source->look_up(source->context, user, join, roles, &error) ? error.text : roles;
}

static struct writ_identity_store *source(void)
{
	struct writ_identity_store *store = NULL;

	OK(writ_identity_open(path, &store, &error));
	return store;
}

static uint64_t generation_of(const struct writ_identity_store *store)
{
	return __atomic_load_n(writ_identity_source(store)->generation, __ATOMIC_ACQUIRE);
}

/* Waits for the thread that watches; it looks every second. */
static void wait_for_change(const struct writ_identity_store *store, uint64_t from)
{
	const struct timespec pause = {0, 10000000};

	for (int i = 0; i < 3000 && generation_of(store) == from; i++)
		nanosleep(&pause, NULL);
	cr_expect_neq(generation_of(store), from);
}

static void expect_refused(const char *says)
{
	struct writ_identity_store *store = NULL;

	cr_expect_lt(writ_identity_open(path, &store, &error), 0);
	cr_expect_not_null(strstr(error.text, says), "no '%s' in: %s", says, error.text);
	cr_expect_null(store);
}

Test(identity, roles_are_those_granted)
{
	struct writ_identity_store *store;

	made("bob dev qa");
	made("Bob");
	store = source();
	cr_expect_str_eq(roles_of(store, "bob"), "dev qa ");
	cr_expect_str_eq(roles_of(store, "Bob"), "", "names differ by case");
	cr_expect_str_eq(roles_of(store, "bo"), "the identity store has no such user");
	cr_expect_str_eq(roles_of(store, "' OR 1=1 --"), "the identity store has no such user");
	cr_expect_str_eq(roles_of(store, "%"), "the identity store has no such user");
	writ_identity_close(store);
}

Test(identity, files_are_their_owners_alone)
{
	struct stat st;

	umask(0);
	made("bob");
	cr_expect(!stat(path, &st) && (st.st_mode & 0777) == 0600);
	cr_expect(!stat(generation_path, &st) && (st.st_mode & 0777) == 0600 && st.st_size == 64);
}

Test(identity, each_change_is_seen_by_who_has_it_open)
{
	struct writ_identity_store *store;
	struct identity_store *other;
	struct identity_user user;
	uint64_t before;

	made("bob dev qa");
	store = source();
	other = opened(DB_WRITE);
	before = generation_of(store);
	cr_expect_eq(before & 1, 0);
	take_away(other, "bob", "dev");
	cr_expect_eq(generation_of(store), before + 2);
	cr_expect_str_eq(roles_of(store, "bob"), "qa ");
	OK(identity_begin(other, &error));
	OK(identity_find(other, "bob", &user, &error));
	OK(identity_disable(other, user.id, true, &error));
	OK(identity_commit(other, &error));
	cr_expect_eq(generation_of(store), before + 4);
	cr_expect_str_eq(roles_of(store, "bob"), "the user is disabled in the identity store");
	identity_close(other);
	writ_identity_close(store);
}

Test(identity, what_is_abandoned_is_not_there)
{
	struct identity_store *store = opened(DB_CREATE);
	struct identity_user user = {.name = "eve", .created_by = "test"};
	int64_t id;

	OK(identity_begin(store, &error));
	OK(identity_add(store, &user, &id, &error));
	identity_abandon(store);
	cr_expect_eq(identity_find(store, "eve", &user, &error), -WRIT_E_UNKNOWN);
	identity_close(store);
}

Test(identity, is_added_once_and_revoked_only_if_held)
{
	struct identity_store *store = opened(DB_CREATE);
	struct identity_user user = {.name = "bob", .created_by = "test"};
	int64_t id;

	add(store, "bob dev");
	cr_expect_eq(identity_add(store, &user, &id, &error), -WRIT_E_INVALID);
	cr_expect_str_eq(error.text, "there is a user 'bob' already");
	OK(identity_find(store, "bob", &user, &error));
	cr_expect_eq(identity_revoke(store, user.id, "qa", &error), -WRIT_E_UNKNOWN);
	OK(identity_remove(store, user.id, &error));
	cr_expect_eq(identity_find(store, "bob", &user, &error), -WRIT_E_UNKNOWN);
	cr_expect_eq(identity_grant(store, id, &(struct identity_grant){"dev", 1, "t", 0}, &error),
		     -WRIT_E_SYSTEM, "no grant without its user");
	identity_close(store);
}

Test(identity, user_has_so_many_roles_at_most)
{
	struct identity_store *store = opened(DB_CREATE);
	struct identity_grant one = {.granted_by = "test"};
	struct identity_user user;
	char role[16];

	add(store, "bob");
	OK(identity_begin(store, &error));
	OK(identity_find(store, "bob", &user, &error));
	one.role = role;
	for (int i = 0; i < IDENTITY_MAX_ROLES; i++) {
		snprintf(role, sizeof(role), "r%d", i);
		OK(identity_grant(store, user.id, &one, &error));
	}
	OK(identity_grant(store, user.id, &one, &error));
	one.role = "more";
	cr_expect_eq(identity_grant(store, user.id, &one, &error), -WRIT_E_INVALID);
	OK(identity_commit(store, &error));
	identity_close(store);
}

Test(identity, role_that_expires_is_told_until_then_and_its_end_is_a_change)
{
	struct writ_identity_store *store;
	struct identity_store *other;
	uint64_t before;

	made("bob dev");
	other = opened(DB_WRITE);
	grant(other, "bob", "old", time(NULL) - 1);
	grant(other, "bob", "soon", time(NULL) + 2);
	identity_close(other);
	store = source();
	before = generation_of(store);
	cr_expect_str_eq(roles_of(store, "bob"), "dev soon ");
	wait_for_change(store, before);
	cr_expect_str_eq(roles_of(store, "bob"), "dev ");
	writ_identity_close(store);
}

Test(identity, store_that_is_removed_or_replaced_is_no_longer_asked)
{
	struct writ_identity_store *store;
	uint64_t before;

	made("bob dev");
	store = source();
	before = generation_of(store);
	cr_assert_eq(unlink(path), 0);
	wait_for_change(store, before);
	cr_expect_str_eq(roles_of(store, "bob"), "the identity store was removed or replaced");
	writ_identity_close(store);
}

static void expect_lost(const char *change)
{
	struct writ_identity_store *store;
	uint64_t before;
	char command[512];

	made("bob dev");
	store = source();
	before = generation_of(store);
	(void)snprintf(command, sizeof(command), "f=%s; %s", path, change);
	cr_assert_eq(system(command), 0, "%s", change);
	wait_for_change(store, before);
	cr_expect_str_eq(roles_of(store, "bob"), "the identity store was removed or replaced", "%s",
			 change);
	writ_identity_close(store);
}

/* Each of its two files: another store's changes are announced elsewhere. */
Test(identity, store_of_which_one_file_is_another_is_no_longer_asked)
{
	expect_lost("cp $f $f.new && mv $f.new $f");
}

Test(identity, store_whose_changes_are_announced_elsewhere_is_no_longer_asked)
{
	expect_lost("cp -p $f-generation $f.new && mv $f.new $f-generation");
}

/* A writer that dies between its announcement and its commit, or right behind the commit. */
Test(identity, writer_that_dies_in_a_change_leaves_no_doubt)
{
	struct writ_identity_store *store;
	int status;
	pid_t child;

	made("bob dev");
	child = fork();
	if (child == 0) {
		struct generation generation;

		if (generation_open(path, false, &generation, NULL) ||
		    generation_begin(&generation, NULL))
			_exit(1);
		raise(SIGKILL);
	}
	cr_assert(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	store = source();
	cr_expect_eq(generation_of(store) & 1, 1);
	cr_expect_str_eq(roles_of(store, "bob"), "dev ");
	cr_expect_eq(generation_of(store) & 1, 0, "whoever read has settled it");
	writ_identity_close(store);
}

Test(identity, look_up_waits_for_a_change_under_way)
{
	struct writ_identity_store *store;
	struct generation generation;
	struct timespec pause = {0, 100000000};
	pid_t child;

	made("bob dev");
	store = source();
	OK(generation_open(path, false, &generation, &error));
	OK(generation_begin(&generation, &error));
	child = fork();
	if (child == 0) {
		/* The lock is of the description, which both share until here it is closed. */
		struct generation own;

		_exit(generation_open(path, false, &own, NULL) || generation_settle(&own, NULL));
	}
	nanosleep(&pause, NULL);
	cr_expect_eq(waitpid(child, NULL, WNOHANG), 0, "it waits");
	generation_end(&generation);
	cr_expect_eq(waitpid(child, NULL, 0), child);
	cr_expect_eq(generation_of(store) & 1, 0);
	generation_close(&generation);
	writ_identity_close(store);
}

Test(identity, generation_file_that_is_not_right_is_refused)
{
	made("bob");
	cr_assert_eq(chmod(generation_path, 0666), 0);
	expect_refused("can be written by everybody");
	cr_assert_eq(chmod(generation_path, 0600), 0);
	cr_assert_eq(truncate(generation_path, 63), 0);
	expect_refused("does not have the size it must have");
	cr_assert_eq(truncate(generation_path, 0), 0);
	cr_assert_eq(truncate(generation_path, 64), 0);
	expect_refused("is something else");
	cr_assert_eq(unlink(generation_path), 0);
	expect_refused("can't be opened to read and write: No such file or directory");
	cr_assert_eq(symlink("/etc/passwd", generation_path), 0);
	expect_refused("can't be opened to read and write");
	cr_assert(unlink(generation_path) == 0 && mkfifo(generation_path, 0600) == 0);
	expect_refused("is not a regular file");
	cr_assert(unlink(generation_path) == 0 && mkdir(generation_path, 0700) == 0);
	expect_refused("can't be opened to read and write");
}

Test(identity, generation_file_that_is_missing_is_made_by_the_next_change)
{
	made("bob");
	cr_assert_eq(unlink(generation_path), 0);
	made("eve");
	writ_identity_close(source());
}

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void by_hand(const char *sql)
{
	sqlite3 *db = NULL;
	char *what = NULL;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &what), SQLITE_OK, "%s: %s", sql, what);
	sqlite3_close(db);
}

Test(identity, what_is_no_store_is_refused)
{
	expect_refused("it can't be opened");
	put("");
	expect_refused("it is a database, but not an identity store of Writ's");
	put("this is not a database, whatever it may look like from outside");
	expect_refused("file is not a database");
	cr_assert_eq(unlink(path), 0);
	by_hand("CREATE TABLE t (x); PRAGMA application_id = 7");
	expect_refused("it is a database, but not an identity store of Writ's");
	cr_assert(unlink(path) == 0 && mkdir(path, 0700) == 0);
	expect_refused("it is not a regular file");
}

Test(identity, store_of_another_version_is_refused)
{
	made("bob");
	by_hand("PRAGMA user_version = 99");
	expect_refused("it has version 99, of a newer Writ");
	by_hand("PRAGMA user_version = 0");
	expect_refused("of an older Writ");
}

Test(identity, store_that_everybody_can_write_is_refused)
{
	made("bob");
	cr_assert_eq(chmod(path, 0666), 0);
	expect_refused("everybody can write it");
}

Test(identity, corrupt_store_is_an_error_and_no_user)
{
	struct writ_identity_store *store = NULL;
	static const char junk[8192];
	int fd;

	made("bob dev");
	fd = open(path, O_WRONLY);
	cr_assert(fd >= 0 && pwrite(fd, junk, sizeof(junk), 4096) == (ssize_t)sizeof(junk));
	close(fd);
	if (writ_identity_open(path, &store, &error) == 0)
		cr_expect_str_neq(roles_of(store, "bob"), "dev ");
	writ_identity_close(store);
}

Test(identity, names_put_there_by_hand_are_not_believed)
{
	struct writ_identity_store *store;

	made("bob dev");
	by_hand("INSERT INTO grants VALUES (1, 'a b', 1, 'x', NULL)");
	store = source();
	cr_expect_not_null(strstr(roles_of(store, "bob"), "user 'bob' has a role that is not an"));
	writ_identity_close(store);
	by_hand("DELETE FROM grants WHERE role = 'a b';"
		"INSERT INTO users VALUES (2, char(10), 0, 1, 'x')");
	store = source();
	cr_expect_str_eq(roles_of(store, "bob"), "dev ");
	cr_expect_not_null(strstr(roles_of(store, "\n"), "holds a control character"));
	writ_identity_close(store);
}

Test(identity, store_that_is_locked_waits_and_says_so)
{
	struct identity_store *store, *other;

	made("bob");
	store = opened(DB_WRITE);
	other = opened(DB_WRITE);
	OK(identity_begin(store, &error));
	cr_expect_eq(identity_begin(other, &error), -WRIT_E_SYSTEM);
	cr_expect_not_null(strstr(error.text, "database is locked"), "%s", error.text);
	identity_abandon(store);
	OK(identity_begin(other, &error));
	identity_abandon(other);
	identity_close(store);
	identity_close(other);
}

static const struct {
	const char *name;
	size_t len;
	const char *says; /* NULL: a name */
} names[] = {
	{"bob", 3, NULL},
	{"Ann Lee", 7, NULL},
	{"sv\xc3\xa9n@example.com", 17, NULL},
	{"%s' OR 1=1; --", 14, NULL},
	{"", 0, "is empty"},
	{" bob", 4, "begins with a space"},
	{"bob ", 4, "ends with a space"},
	{"bob\xc2\xa0", 5, "ends with a space"},
	{"\xe2\x80\x8b"
	 "bob",
	 6, "begins with a space"},
	{"bo\nb", 4, "holds a control character"},
	{"bob\0x", 5, "holds a control character"},
	{"bo\x7f"
	 "b",
	 4, "holds a control character"},
	{"bo\xc2\x85", 4, "holds a control character"},
	{"bo\xff", 3, "is not UTF-8"},
	{"\xc0\xaf", 2, "is not UTF-8"},
	{"\xed\xa0\x80", 3, "is not UTF-8"},
	{"\xf4\x90\x80\x80", 4, "is not UTF-8"},
	{"bob\xc3", 4, "is not UTF-8"},
};

Test(identity, names_of_users_are_taken_as_they_are_or_refused)
{
	static char longest[IDENTITY_MAX_NAME + 1];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *bad = identity_bad_user(names[i].name, names[i].len);

		if (names[i].says)
			cr_expect(bad && strcmp(bad, names[i].says) == 0, "%zu: %s", i, bad);
		else
			cr_expect_null(bad, "%s: %s", names[i].name, bad);
	}
	memset(longest, 'x', sizeof(longest));
	cr_expect_null(identity_bad_user(longest, IDENTITY_MAX_NAME));
	cr_expect_str_eq(identity_bad_user(longest, sizeof(longest)), "is longer than 255 bytes");
}

Test(identity, names_of_roles_are_identifiers)
{
	cr_expect_null(identity_bad_role("dev_2", 5));
	cr_expect_not_null(identity_bad_role("", 0));
	cr_expect_not_null(identity_bad_role("2dev", 4));
	cr_expect_not_null(identity_bad_role("dev ", 4));
	cr_expect_not_null(identity_bad_role("dev\0", 4));
	cr_expect_not_null(identity_bad_role("d-v", 3));
	cr_expect_not_null(identity_bad_role("d\xc3\xa9v", 4));
}
