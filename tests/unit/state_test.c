/*
 * The state directory: who may own it, what may lie in it, and that all who open it share it.
 */
#include <criterion/criterion.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/monitor/siphash.h"
#include "runtime/monitor/state.h"
#include "runtime/writ_monitor.h"

static const struct state_part part = {.name = "part", .version = 7, .size = 4096};

#define BOOT_AT 24 /* in a file: the id of the boot that it is of, which is in its name, too */

static char top[64];
static char directory[80];

static void make_top(void)
{
	strcpy(top, "/tmp/writ-state-XXXXXX");
	cr_assert(mkdtemp(top) != NULL);
	snprintf(directory, sizeof(directory), "%s/state", top);
}

static void remove_top(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", top);
	cr_assert_eq(system(command), 0);
}

TestSuite(state, .init = make_top, .fini = remove_top);

static int map(const struct state_part *of, struct state_map *out, struct writ_error *error)
{
	struct state *state;
	int rc = state_open(directory, &state, error);

	if (rc)
		return rc;
	rc = state_map(state, of, out, error);
	state_close(state);
	return rc;
}

/* The only file in the directory. */
static void find_file(char *path, size_t size)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;

	cr_assert(stream != NULL);
	*path = '\0';
	while ((entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		cr_assert(!*path, "a second file: %s", entry->d_name);
		snprintf(path, size, "%s/%s", directory, entry->d_name);
	}
	closedir(stream);
	cr_assert(*path);
}

static void expect_refused(const char *what)
{
	struct writ_error error;
	struct state_map got;

	cr_expect_eq(map(&part, &got, &error), -WRIT_E_OPEN, "%s", what);
	cr_expect(strstr(error.text, what) != NULL, "'%s' is not in: %s", what, error.text);
	cr_expect(strstr(error.text, directory) != NULL, "no path: %s", error.text);
}

Test(state, is_made_and_shared)
{
	struct state_map first, second;
	struct writ_error error;
	struct stat status;
	char path[400];

	cr_assert_eq(map(&part, &first, &error), 0, "%s", error.text);
	cr_assert_eq(stat(directory, &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0700);
	find_file(path, sizeof(path));
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0600);
	cr_expect_geq(status.st_blocks * 512, status.st_size, "no page of it can be missing later");
	for (size_t i = 0; i < part.size; i++)
		cr_assert_eq(((char *)first.at)[i], 0);
	strcpy(first.at, "seen");
	cr_assert_eq(map(&part, &second, &error), 0, "%s", error.text);
	cr_expect_str_eq(second.at, "seen");
	cr_expect_eq(memcmp(first.key, second.key, STATE_KEY_SIZE), 0);
	cr_expect_eq((uintptr_t)first.at % 64, 0);
	state_unmap(&first);
	state_unmap(&second);
}

Test(state, private_is_nobody_elses_but_a_childs)
{
	struct state *state;
	struct state_map first, second;
	struct writ_error error;
	int status;

	cr_assert_eq(state_open(WRIT_STATE_PRIVATE, &state, &error), 0, "%s", error.text);
	cr_assert_eq(state_map(state, &part, &first, &error), 0, "%s", error.text);
	cr_assert_eq(state_map(state, &part, &second, &error), 0, "%s", error.text);
	cr_expect_neq(memcmp(first.key, second.key, STATE_KEY_SIZE), 0);
	if (fork() == 0) {
		strcpy(first.at, "child");
		_exit(0);
	}
	cr_assert(wait(&status) > 0);
	cr_expect_str_eq(first.at, "child");
	cr_expect_str_eq(second.at, "");
	state_unmap(&first);
	state_unmap(&second);
	state_close(state);
}

Test(state, a_directory_that_others_may_write_is_refused)
{
	cr_assert_eq(mkdir(directory, 0700), 0);
	cr_assert_eq(chmod(directory, 0720), 0);
	expect_refused("writable by nobody else");
	cr_assert_eq(chmod(directory, 0702), 0);
	expect_refused("writable by nobody else");
	cr_assert_eq(chmod(directory, 0755), 0);
	struct state_map got;
	cr_expect_eq(map(&part, &got, NULL), 0);
}

Test(state, a_directory_of_somebody_elses_is_refused)
{
	if (geteuid() != 0)
		cr_skip("only root can give a directory away");
	cr_assert_eq(mkdir(directory, 0700), 0);
	cr_assert_eq(chown(directory, 12345, 12345), 0);
	expect_refused("this user's own");
}

Test(state, a_link_is_not_followed)
{
	char real[100];

	snprintf(real, sizeof(real), "%s/real", top);
	cr_assert_eq(mkdir(real, 0700), 0);
	cr_assert_eq(symlink(real, directory), 0);
	expect_refused("can't be opened as a directory");
}

Test(state, no_directory)
{
	struct writ_error error;
	struct state *state;
	char longer[5000];

	cr_expect_eq(state_open("", &state, &error), -WRIT_E_OPEN);
	cr_expect(strstr(error.text, "name is empty") != NULL, "%s", error.text);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	cr_expect_eq(state_open(longer, &state, &error), -WRIT_E_OPEN);
	cr_expect(strstr(error.text, "name is too long") != NULL, "%s", error.text);
	cr_expect_eq(state_open("/proc/no/such", &state, &error), -WRIT_E_OPEN);
	cr_expect(strstr(error.text, "can't be made") != NULL, "%s", error.text);
}

/* Puts bytes into the file at an offset. */
static void patch(const char *path, long offset, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY);

	cr_assert(fd >= 0);
	cr_assert_eq(pwrite(fd, bytes, size, offset), (ssize_t)size);
	close(fd);
}

Test(state, a_damaged_file_is_refused_until_it_is_removed)
{
	struct state_map got;
	char path[400];

	cr_assert_eq(map(&part, &got, NULL), 0);
	find_file(path, sizeof(path));
	patch(path, 0, "X", 1);
	expect_refused("damaged; remove it");
	patch(path, 0, "\x7f", 1);
	cr_expect_eq(map(&part, &got, NULL), 0, "the control");
	patch(path, BOOT_AT, "X", 1);
	expect_refused("damaged");
	patch(path, BOOT_AT, strrchr(path, '.') + 1, 1);
	cr_expect_eq(map(&part, &got, NULL), 0, "the control");
	cr_assert_eq(truncate(path, 1000), 0);
	expect_refused("damaged");
	cr_assert_eq(truncate(path, 3), 0);
	expect_refused("damaged");
	cr_assert_eq(truncate(path, 0), 0);
	expect_refused("damaged");
	cr_assert_eq(unlink(path), 0);
	cr_expect_eq(map(&part, &got, NULL), 0);
}

Test(state, another_version_is_refused)
{
	struct state_part other = part;
	struct writ_error error;
	struct state_map got;

	cr_assert_eq(map(&part, &got, NULL), 0);
	other.version++;
	cr_expect_eq(map(&other, &got, &error), -WRIT_E_OPEN);
	cr_expect(strstr(error.text, "another version") != NULL, "%s", error.text);
	other = part;
	other.size *= 2;
	cr_expect_eq(map(&other, &got, &error), -WRIT_E_OPEN);
}

Test(state, what_is_no_file_of_ones_own_is_refused)
{
	struct state_map got;
	char path[400], aside[500];

	cr_assert_eq(map(&part, &got, NULL), 0);
	find_file(path, sizeof(path));
	cr_assert_eq(chmod(path, 0640), 0);
	expect_refused("not this user's alone");
	cr_assert_eq(chmod(path, 0600), 0);
	snprintf(aside, sizeof(aside), "%s/aside", top);
	cr_assert_eq(rename(path, aside), 0);
	cr_assert_eq(symlink(aside, path), 0);
	expect_refused("can't be opened");
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(rename(aside, path), 0);
	if (geteuid() == 0) { /* who else can give a file away? */
		cr_assert_eq(chown(path, 12345, 12345), 0);
		expect_refused("not this user's alone");
	}
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);
	expect_refused("not a file");
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkdir(path, 0700), 0);
	expect_refused("can't be opened");
}

Test(state, files_of_another_boot_are_removed_and_others_stay)
{
	static const char *const names[] = {
		"part.00000000-0000-0000-0000-000000000000",
		"part.00000000-0000-0000-0000-000000000000.0123456789abcdef",
		"partly.00000000-0000-0000-0000-000000000000", "high-water"};
	struct state_map got;
	char path[400];

	cr_assert_eq(mkdir(directory, 0700), 0);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	cr_assert_eq(map(&part, &got, NULL), 0);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		cr_expect_eq(access(path, F_OK) == 0, i >= 2, "%s", names[i]);
	}
}

/* However many begin at once, all of them share one file. */
Test(state, many_make_it_at_once)
{
	enum { PROCESSES = 12 };
	char path[400];
	struct state_map got;
	int gate[2];

	cr_assert_eq(pipe(gate), 0);
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			char byte;

			close(gate[1]);
			(void)!read(gate[0], &byte, 1);
			if (map(&part, &got, NULL))
				_exit(1);
			__atomic_fetch_add((uint64_t *)got.at, 1, __ATOMIC_SEQ_CST);
			_exit(0);
		}
	}
	close(gate[1]);
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		cr_assert(wait(&status) > 0);
		cr_expect_eq(status, 0);
	}
	cr_assert_eq(map(&part, &got, NULL), 0);
	cr_expect_eq(*(uint64_t *)got.at, PROCESSES);
	find_file(path, sizeof(path));
}

/* The reference implementation's vectors: bytes 0, 1, 2... under the key 0, 1, ... 15. */
Test(state, siphash_known_answers)
{
	static const struct {
		size_t len;
		uint64_t want;
	} cases[] = {
		{0, 0x726fdb47dd0e0e31u}, {1, 0x74f839c593dc67fdu},  {7, 0xab0200f58b01d137u},
		{8, 0x93f5f5799a932462u}, {15, 0xa129ca6149be45e5u}, {63, 0x958a324ceb064572u},
	};
	uint8_t key[16], bytes[64];

	for (uint8_t i = 0; i < 64; i++)
		bytes[i] = i;
	memcpy(key, bytes, sizeof(key));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct siphash hash;

		siphash_init(&hash, key);
		siphash_update(&hash, bytes, cases[i].len / 2);
		siphash_update(&hash, bytes + cases[i].len / 2, cases[i].len - cases[i].len / 2);
		cr_expect_eq(siphash_final(&hash), cases[i].want, "%zu bytes", cases[i].len);
	}
}
