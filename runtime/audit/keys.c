/*
 * Files of public keys.
 *
 * In: lines "writ-public-key ID BASE64"; blank lines and those that begin with "#" are skipped.
 * Out: keys whose ids are what their bytes say, so that a damaged line is told from a good one. A
 * directory counts only as far as nobody but root could have put keys there: it, what is above it,
 * and each file are root's and writable by root alone. What is named is read once, through a
 * descriptor on which everything was checked.
 */
#include "runtime/audit/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/audit/fail.h"
#include "runtime/writ_format.h"

#define MAX_FILE   ((size_t)16384)
#define MAX_PATH   ((size_t)4096)
#define KEY_SUFFIX ".pub"

/* ---- a line ---- */

static void name_key(struct public_key *key)
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, key->bytes, sizeof(key->bytes));
	(void)sodium_bin2hex(key->id, sizeof(key->id), hash, (sizeof(key->id) - 1) / 2);
}

/* Takes the next word off *text. */
static char *next_word(char **text)
{
	char *word = *text + strspn(*text, " \t\r");
	size_t len = strcspn(word, " \t\r");

	*text = word + len;
	if (**text)
		*(*text)++ = '\0';
	return word;
}

/* What is wrong with a line, or NULL. */
static const char *parse_key(char *line, struct public_key *key)
{
	const char *kind = next_word(&line);
	const char *id = next_word(&line);
	const char *text = next_word(&line);
	unsigned char bytes[64];
	size_t len;

	if (strcmp(kind, WRIT_SECRET_KEY_WORD) == 0)
		return "it is a secret key, where the public one belongs (NAME.pub); nobody but "
		       "its owner should have it";
	if (strcmp(kind, WRIT_PUBLIC_KEY_WORD) != 0)
		return "it is no public key as 'writc keygen' makes them";
	if (sodium_base642bin(bytes, sizeof(bytes), text, strlen(text), NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL))
		return "its key is no base64, or was cut off";
	if (len != sizeof(key->bytes))
		return "its key has a wrong length: it must be 32 bytes";
	memcpy(key->bytes, bytes, sizeof(key->bytes));
	name_key(key);
	return strcmp(key->id, id) == 0 ? NULL : "its id is not that of its key: it was changed";
}

static int add_key(struct writ_keys *keys, const struct public_key *key, const char *path,
		   struct writ_error *error)
{
	for (size_t i = 0; i < keys->n; i++) {
		if (memcmp(keys->keys[i].bytes, key->bytes, sizeof(key->bytes)) == 0)
			return 0;
	}
	if (keys->n == WRIT_MAX_KEYS)
		return fail_set(error, WRIT_E_UNTRUSTED, "%.300s: more than %u keys", path,
				WRIT_MAX_KEYS);
	keys->keys[keys->n++] = *key;
	return 0;
}

static bool is_skipped(const char *line)
{
	line += strspn(line, " \t\r");
	return *line == '\0' || *line == '#';
}

static int add_lines(struct writ_keys *keys, char *text, const char *path, struct writ_error *error)
{
	unsigned number = 0, found = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		struct public_key key;
		const char *wrong;
		int rc;

		number++;
		if (is_skipped(line))
			continue;
		wrong = parse_key(line, &key);
		if (wrong)
			return fail_set(error, WRIT_E_UNTRUSTED, "%.300s:%u: %s", path, number,
					wrong);
		rc = add_key(keys, &key, path, error);
		if (rc)
			return rc;
		found++;
	}
	return found ? 0 : fail_set(error, WRIT_E_UNTRUSTED, "%.300s: there is no key in it", path);
}

/* ---- a file ---- */

static int fail_open(struct writ_error *error, const char *path)
{
	return fail_set(error, WRIT_E_OPEN, "can't read the key file '%.300s': %s", path,
			strerror(errno));
}

/* Up to MAX_FILE bytes and a NUL; -1 with errno set. */
static ssize_t read_text(int fd, char *text)
{
	size_t done = 0;
	ssize_t n = 1;

	while (n && done < MAX_FILE) {
		n = read(fd, text + done, MAX_FILE - done);
		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	text[done] = '\0';
	return (ssize_t)done;
}

static int add_open_file(struct writ_keys *keys, int fd, const char *path, struct writ_error *error)
{
	char text[MAX_FILE + 1];
	struct stat st;
	ssize_t len;

	if (fstat(fd, &st))
		return fail_open(error, path);
	if (!S_ISREG(st.st_mode))
		return fail_set(error, WRIT_E_OPEN, "the key file '%.300s' is not a regular file",
				path);
	len = read_text(fd, text);
	if (len < 0)
		return fail_open(error, path);
	if (len == (ssize_t)MAX_FILE || memchr(text, '\0', (size_t)len))
		return fail_set(error, WRIT_E_UNTRUSTED, "%.300s: it is no file of keys", path);
	return add_lines(keys, text, path, error);
}

static int add_file(struct writ_keys *keys, const char *path, struct writ_error *error)
{
	/* O_NONBLOCK: a FIFO must not hang us before fstat sees it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return fail_open(error, path);
	rc = add_open_file(keys, fd, path, error);
	(void)close(fd);
	return rc;
}

/* FILE[:FILE...]; an empty name between two colons is none. */
static int add_list(struct writ_keys *keys, const char *list, struct writ_error *error)
{
	char path[MAX_PATH];
	int rc = 0;

	while (!rc && *list) {
		size_t len = strcspn(list, ":");

		if (len >= sizeof(path))
			return fail_set(error, WRIT_E_OPEN, "the name of a key file is too long");
		memcpy(path, list, len);
		path[len] = '\0';
		if (len)
			rc = add_file(keys, path, error);
		list += len + (list[len] == ':');
	}
	if (!rc && keys->n == 0)
		rc = fail_set(error, WRIT_E_UNTRUSTED, "a list of key files that names none");
	return rc;
}

/* ---- a directory ---- */

/*
 * In a directory with the sticky bit others may make files, but not replace root's: good enough
 * above the keys, not where they are.
 */
static int check_root_owned(int fd, const char *path, bool sticky_will_do, struct writ_error *error)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail_open(error, path);
	if (st.st_uid != 0)
		return fail_set(error, WRIT_E_UNTRUSTED,
				"'%.300s' holds keys that are trusted by all, and is not root's",
				path);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(sticky_will_do && (st.st_mode & S_ISVTX)))
		return fail_set(error, WRIT_E_UNTRUSTED,
				"'%.300s' holds keys that are trusted by all, and others than root "
				"may write it",
				path);
	return 0;
}

/* Every directory from the root on, by descriptors, so that none can be another in between. */
static int open_checked(const char *path, int *out, struct writ_error *error)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	char name[MAX_PATH];
	char *rest = name, *part;
	int fd, rc = 0;

	if (*path != '/' || strlen(path) >= sizeof(name))
		return fail_set(error, WRIT_E_OPEN,
				"the key directory '%.300s' is no absolute path", path);
	memcpy(name, path, strlen(path) + 1);
	fd = open("/", flags);
	while (fd >= 0 && !rc && (part = strsep(&rest, "/"))) {
		int next = fd;

		if (*part) {
			rc = check_root_owned(fd, path, true, error);
			next = rc ? -1 : openat(fd, part, flags);
			(void)close(fd);
		}
		fd = next;
	}
	if (rc)
		return rc;
	if (fd < 0)
		return fail_open(error, path);
	rc = check_root_owned(fd, path, false, error);
	if (rc)
		(void)close(fd);
	else
		*out = fd;
	return rc;
}

static int add_entry(struct writ_keys *keys, int dir, const char *directory, const char *name,
		     struct writ_error *error)
{
	char path[MAX_PATH];
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (fd < 0)
		return fail_open(error, path);
	rc = check_root_owned(fd, path, false, error);
	if (!rc)
		rc = add_open_file(keys, fd, path, error);
	(void)close(fd);
	return rc;
}

static bool is_key_name(const char *name)
{
	size_t len = strlen(name), suffix = strlen(KEY_SUFFIX);

	return len > suffix && strcmp(name + len - suffix, KEY_SUFFIX) == 0;
}

static int add_entries(struct writ_keys *keys, DIR *dir, const char *path, struct writ_error *error)
{
	struct dirent *entry;
	int rc = 0;

	errno = 0;
	while (!rc && (entry = readdir(dir))) {
		if (is_key_name(entry->d_name))
			rc = add_entry(keys, dirfd(dir), path, entry->d_name, error);
		errno = 0;
	}
	if (!rc && errno)
		rc = fail_open(error, path);
	if (!rc && keys->n == 0)
		rc = fail_set(error, WRIT_E_UNTRUSTED,
			      "'%.300s' is there for keys, and has none (*" KEY_SUFFIX ")", path);
	return rc;
}

static int add_directory(struct writ_keys *keys, const char *path, struct writ_error *error)
{
	struct stat st;
	int rc, fd = -1;
	DIR *dir;

	if (lstat(path, &st) && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	rc = open_checked(path, &fd, error);
	if (rc)
		return rc;
	dir = fdopendir(fd);
	if (!dir) {
		(void)close(fd);
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	}
	rc = add_entries(keys, dir, path, error);
	(void)closedir(dir);
	return rc;
}

/* ---- all of them ---- */

static int add_sources(struct writ_keys *keys, const struct writ_key_sources *sources,
		       struct writ_error *error)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sources->n_files; i++)
		rc = add_file(keys, sources->files[i], error);
	if (sources->n_files)
		return rc;
	if (sources->list && *sources->list)
		return add_list(keys, sources->list, error);
	return sources->directory ? add_directory(keys, sources->directory, error) : 0;
}

int writ_keys_open(const struct writ_key_sources *sources, struct writ_keys **out,
		   struct writ_error *error)
{
	struct writ_keys *keys;
	int rc;

	if (!sources || !out)
		return fail_set(error, WRIT_E_INVALID,
				"writ_keys_open: sources and out must be given");
	if (sodium_init() < 0)
		return fail_set(error, WRIT_E_SYSTEM, "libsodium can't be used");
	keys = calloc(1, sizeof(*keys));
	if (!keys)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	rc = add_sources(keys, sources, error);
	if (rc) {
		free(keys);
		return rc;
	}
	*out = keys;
	return 0;
}

void writ_keys_close(struct writ_keys *keys)
{
	free(keys);
}

size_t writ_keys_count(const struct writ_keys *keys)
{
	return keys->n;
}

const char *writ_keys_id(const struct writ_keys *keys, size_t index)
{
	return index < keys->n ? keys->keys[index].id : NULL;
}
