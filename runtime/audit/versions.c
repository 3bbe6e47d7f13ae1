/*
 * One small file a policy, named by the hash of the policy's name, in the directory "versions" of
 * the state directory:
 *
 *	writ-version VERSION CONTENT KEY NAME
 *
 * The highest version that was loaded, the SHA-256 of what it said, in hexadecimal, the id of the
 * key that had signed it, and the policy's name, for people. It is replaced in one step, under a
 * lock on the directory, and is on disk before the policy is used. A file that can't be read as one
 * refuses the policy: damage must not be a way back to an old version. Whoever may write the
 * directory may go back, so it must be nobody but its owner.
 */
#include "runtime/audit/versions.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/audit/fail.h"
#include "runtime/writ_info.h"

#define MAX_PATH    ((size_t)4096)
#define MAX_LINE    ((size_t)1024)
#define NAME_BYTES  16u /* of the hash of a policy's name */
#define FILE_WORD   "writ-version"
#define MARKS       "versions"
#define CONTENT_HEX (2 * SIGN_CONTENT_SIZE + 1)

/* What is kept of a policy in memory. */
struct remembered {
	struct remembered *next;
	struct version_mark mark;
	char name[WRIT_MAX_NAME + 1];
};

struct versions {
	int dir; /* -1: in memory */
	char path[MAX_PATH];
	struct remembered *first; /* in memory */
};

/* ---- the directory ---- */

static int default_state(char *path, size_t size, struct writ_error *error)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (geteuid() == 0)
		n = snprintf(path, size, "/var/lib/writ");
	else if (state && *state == '/')
		n = snprintf(path, size, "%s/writ", state);
	else if (home && *home == '/')
		n = snprintf(path, size, "%s/.local/state/writ", home);
	else
		return fail_set(error, WRIT_E_OPEN,
				"there is no place to keep the versions of policies: neither "
				"XDG_STATE_HOME nor HOME is set (a state directory can be named)");
	return n >= 0 && (size_t)n < size ? 0
					  : fail_set(error, WRIT_E_OPEN,
						     "the name of the state directory is too long");
}

/* The directory and those above it that are missing, for their owner only. */
static int make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int rc;

		*slash = '\0';
		rc = mkdir(path, 0700);
		*slash = '/';
		if (rc && errno != EEXIST)
			return -1;
	}
	return mkdir(path, 0700) && errno != EEXIST ? -1 : 0;
}

static int check_owner(int fd, const char *path, struct writ_error *error)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail_errno(error, errno, "can't examine '%.300s'", path);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return fail_set(error, WRIT_E_UNTRUSTED,
				"the state directory '%.300s' may be written by others, who could "
				"so bring old policies back",
				path);
	return 0;
}

static int fail_open(struct writ_error *error, const char *path)
{
	return fail_set(error, WRIT_E_OPEN, "can't use the state directory '%.300s': %s", path,
			strerror(errno));
}

/* The directory of marks within the state directory, which was opened and must be ours. */
static int open_marks(struct versions *versions, int state, struct writ_error *error)
{
	if (mkdirat(state, MARKS, 0700) && errno != EEXIST)
		return fail_open(error, versions->path);
	versions->dir = openat(state, MARKS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (versions->dir < 0)
		return fail_open(error, versions->path);
	return check_owner(versions->dir, versions->path, error);
}

static int open_directory(struct versions *versions, const char *state, struct writ_error *error)
{
	struct writ_error reason;
	int n, fd, rc;

	n = snprintf(versions->path, sizeof(versions->path), "%s/" MARKS, state);
	if (n < 0 || (size_t)n >= sizeof(versions->path))
		return fail_set(error, WRIT_E_OPEN, "the name of the state directory is too long");
	versions->path[strlen(state)] = '\0';
	if (writ_place_check(versions->path, &reason))
		return fail_set(error, WRIT_E_UNTRUSTED,
				"can't use the state directory '%.150s': %.300s", versions->path,
				reason.text);
	if (make_directories(versions->path))
		return fail_open(error, versions->path);
	fd = open(versions->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_open(error, versions->path);
	rc = check_owner(fd, versions->path, error);
	versions->path[strlen(state)] = '/';
	if (!rc)
		rc = open_marks(versions, fd, error);
	(void)close(fd);
	return rc;
}

int versions_open(const char *state, struct versions **out, struct writ_error *error)
{
	struct versions *versions = calloc(1, sizeof(*versions));
	char path[MAX_PATH];
	int rc = 0;

	if (!versions)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	versions->dir = -1;
	if (!state) {
		rc = default_state(path, sizeof(path), error);
		state = path;
	}
	if (!rc && strcmp(state, WRIT_STATE_PRIVATE) != 0)
		rc = open_directory(versions, state, error);
	if (rc) {
		versions_close(versions);
		return rc;
	}
	*out = versions;
	return 0;
}

void versions_close(struct versions *versions)
{
	struct remembered *at, *next;

	if (!versions)
		return;
	for (at = versions->first; at; at = next) {
		next = at->next;
		free(at);
	}
	if (versions->dir >= 0)
		(void)close(versions->dir);
	free(versions);
}

/* ---- a file ---- */

static void file_name(const char *policy, char name[2 * NAME_BYTES + 1])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, (const unsigned char *)policy, strlen(policy));
	(void)sodium_bin2hex(name, 2 * NAME_BYTES + 1, hash, NAME_BYTES);
}

/* Decimal digits, at most UINT64_MAX, and nothing else. */
static bool parse_version(const char *text, uint64_t *out)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	}
	*out = value;
	return true;
}

static bool parse_mark(char *line, struct version_mark *mark)
{
	const char *word = strsep(&line, " "), *version = strsep(&line, " ");
	const char *content = strsep(&line, " "), *key = strsep(&line, " ");
	size_t len;

	if (!key || strcmp(word, FILE_WORD) != 0 || !parse_version(version, &mark->version))
		return false;
	if (strlen(content) != CONTENT_HEX - 1 || strlen(key) != WRIT_KEY_ID_SIZE - 1)
		return false;
	if (sodium_hex2bin(mark->content, sizeof(mark->content), content, strlen(content), NULL,
			   &len, NULL) ||
	    len != sizeof(mark->content))
		return false;
	memcpy(mark->key, key, WRIT_KEY_ID_SIZE);
	mark->is_set = true;
	return true;
}

static int damaged(const struct versions *versions, const char *name, struct writ_error *error)
{
	return fail_set(error, WRIT_E_UNTRUSTED,
			"what is kept of the policy's version, in %.300s/%s, is damaged: nothing "
			"says that this one is not older (a rollback that is allowed replaces it)",
			versions->path, name);
}

/* Not set when there is none. */
static int read_mark(const struct versions *versions, const char *name, struct version_mark *mark,
		     struct writ_error *error)
{
	char line[MAX_LINE];
	ssize_t n;
	int fd = openat(versions->dir, name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	mark->is_set = false;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return fail_errno(error, errno, "can't read %.300s/%s", versions->path, name);
	n = read(fd, line, sizeof(line) - 1);
	(void)close(fd);
	if (n <= 0 || line[n - 1] != '\n' || memchr(line, '\0', (size_t)n))
		return damaged(versions, name, error);
	line[n - 1] = '\0';
	return parse_mark(line, mark) ? 0 : damaged(versions, name, error);
}

/* Printable, as it is for people only. */
static void put_name(char *out, size_t size, const char *policy)
{
	size_t n = 0;

	for (; policy[n] && n < size - 1; n++)
		out[n] = (char)(policy[n] > ' ' && policy[n] < 0x7f ? policy[n] : '?');
	out[n] = '\0';
}

static int write_whole(int fd, const char *text, size_t len)
{
	ssize_t n = write(fd, text, len);

	if (n != (ssize_t)len) {
		errno = n < 0 ? errno : ENOSPC;
		return -1;
	}
	return fsync(fd);
}

static int write_mark(const struct versions *versions, const char *name, const char *policy,
		      const struct version_mark *mark, struct writ_error *error)
{
	char line[MAX_LINE], content[CONTENT_HEX], printable[256];
	const char *temporary = "new";
	int fd, len, rc;

	(void)sodium_bin2hex(content, sizeof(content), mark->content, sizeof(mark->content));
	put_name(printable, sizeof(printable), policy);
	len = snprintf(line, sizeof(line), FILE_WORD " %" PRIu64 " %s %s %s\n", mark->version,
		       content, mark->key, printable);
	/* We hold the lock: one that is there was left by a process that was killed. */
	(void)unlinkat(versions->dir, temporary, 0);
	fd = openat(versions->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	rc = fd < 0 ? -1 : write_whole(fd, line, (size_t)len);
	if (!rc)
		rc = renameat(versions->dir, temporary, versions->dir, name);
	if (!rc)
		rc = fsync(versions->dir);
	if (rc)
		rc = fail_errno(error, errno, "can't keep the policy's version in '%.300s'",
				versions->path);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* ---- admitting ---- */

static bool is_same(const struct version_mark *a, const struct version_mark *b)
{
	return a->version == b->version && memcmp(a->content, b->content, sizeof(a->content)) == 0;
}

/* A policy that states no version has version 0, of which there may be many until one does. */
static int compare(const char *policy, const struct version_mark *kept,
		   const struct version_mark *mark, struct writ_error *error)
{
	if (!kept->is_set || mark->version > kept->version || is_same(kept, mark))
		return 0;
	if (mark->version < kept->version)
		return fail_set(error, WRIT_E_UNTRUSTED,
				"the bundle is policy '%.200s' of version %" PRIu64
				", and version %" PRIu64 " was in force already",
				policy, mark->version, kept->version);
	if (mark->version == 0)
		return 0;
	return fail_set(error, WRIT_E_UNTRUSTED,
			"the bundle is policy '%.200s' of version %" PRIu64
			", and another bundle of that version was in force already: a policy that "
			"changes needs a higher one",
			policy, mark->version);
}

/* Not set when the policy is new. NULL: there is no memory. */
static struct remembered *remember(struct versions *versions, const char *policy)
{
	struct remembered *at = versions->first;

	while (at && strcmp(at->name, policy) != 0)
		at = at->next;
	if (at)
		return at;
	at = calloc(1, sizeof(*at));
	if (!at)
		return NULL;
	(void)snprintf(at->name, sizeof(at->name), "%s", policy);
	at->next = versions->first;
	versions->first = at;
	return at;
}

static int admit_in_memory(struct versions *versions, const char *policy,
			   const struct version_mark *mark, bool forced, struct writ_error *error)
{
	struct remembered *kept = remember(versions, policy);
	int rc = 0;

	if (!kept)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	if (!forced)
		rc = compare(policy, &kept->mark, mark, error);
	if (!rc)
		kept->mark = *mark;
	return rc;
}

static int admit_locked(const struct versions *versions, const char *policy,
			const struct version_mark *mark, bool forced, struct writ_error *error)
{
	char name[2 * NAME_BYTES + 1];
	struct version_mark kept = {.is_set = false};
	int rc;

	file_name(policy, name);
	rc = read_mark(versions, name, &kept, forced ? NULL : error);
	if (!rc && !forced)
		rc = compare(policy, &kept, mark, error);
	if (rc && !forced)
		return rc;
	if (!rc && kept.is_set && is_same(&kept, mark))
		return 0;
	return write_mark(versions, name, policy, mark, error);
}

int versions_admit(struct versions *versions, const char *name, const struct version_mark *mark,
		   bool forced, struct writ_error *error)
{
	int rc;

	if (versions->dir < 0)
		return admit_in_memory(versions, name, mark, forced, error);
	if (flock(versions->dir, LOCK_EX))
		return fail_errno(error, errno, "can't lock '%.300s'", versions->path);
	rc = admit_locked(versions, name, mark, forced, error);
	(void)flock(versions->dir, LOCK_UN);
	return rc;
}
