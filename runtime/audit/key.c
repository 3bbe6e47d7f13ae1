/*
 * The file of a log's key: 64 hexadecimal digits and a newline. It is made under another name and
 * then linked, so that a file that is there is whole, and of two who make it at once one wins.
 */
#include "runtime/audit/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/audit/fail.h"
#include "runtime/writ_info.h"

#define N_DIGITS ((size_t)2 * KEY_SIZE)

/* The name of what keys are derived for (crypto_kdf_CONTEXTBYTES bytes). */
static const char context[] = "writ-log";

enum use { USE_HEAD = 1, USE_SIGNER, USE_MASK, USE_VALUE };

int key_path(const char *log, const char *file, char path[KEY_MAX_PATH], struct writ_error *error)
{
	int n = snprintf(path, KEY_MAX_PATH, "%s%s", file ? file : log, file ? "" : "-key");

	return n > 0 && n < KEY_MAX_PATH
		       ? 0
		       : fail_set(error, WRIT_E_INVALID, "the path of the key is too long");
}

static void derive(const unsigned char key[KEY_SIZE], struct audit_key *out)
{
	unsigned char seed[crypto_sign_SEEDBYTES];

	_Static_assert(sizeof(context) == crypto_kdf_CONTEXTBYTES + 1, "as libsodium wants it");
	_Static_assert(KEY_SIZE == crypto_kdf_KEYBYTES, "likewise");
	_Static_assert(KEY_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "likewise");
	_Static_assert(KEY_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "likewise");
	(void)crypto_kdf_derive_from_key(out->head, KEY_SIZE, USE_HEAD, context, key);
	(void)crypto_kdf_derive_from_key(out->mask, KEY_SIZE, USE_MASK, context, key);
	(void)crypto_kdf_derive_from_key(out->value, KEY_SIZE, USE_VALUE, context, key);
	(void)crypto_kdf_derive_from_key(seed, sizeof(seed), USE_SIGNER, context, key);
	(void)crypto_sign_seed_keypair(out->signer, out->signing, seed);
	sodium_memzero(seed, sizeof(seed));
}

/* Who may read it can make records that nobody tells from true ones. */
static int check_owner(int fd, const char *path, struct writ_error *error)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return fail_set(error, WRIT_E_OPEN, "%.300s is not a regular file", path);
	if (st.st_mode & 077)
		return fail_set(error, WRIT_E_OPEN,
				"%.300s may be read by others than its owner: chmod 600 it, and "
				"trust no record older than that",
				path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return fail_set(error, WRIT_E_OPEN, "%.300s belongs to another user", path);
	return 0;
}

static int read_key(int fd, const char *path, struct audit_key *out, struct writ_error *error)
{
	unsigned char key[KEY_SIZE];
	char text[N_DIGITS + 2];
	ssize_t n = read(fd, text, sizeof(text));
	size_t len = 0;

	if (n != (ssize_t)N_DIGITS + 1 || text[N_DIGITS] != '\n' ||
	    sodium_hex2bin(key, sizeof(key), text, N_DIGITS, NULL, &len, NULL) || len != KEY_SIZE)
		return fail_set(error, WRIT_E_FORMAT, "%.300s is no key of an audit log", path);
	derive(key, out);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(text, sizeof(text));
	return 0;
}

/* Who may put another key there has made the next records, too. */
static int check_place(const char *path, struct writ_error *error)
{
	struct writ_error reason;
	int rc = writ_place_check(path, &reason);

	return rc ? fail_set(error, (enum writ_error_code)reason.code, "the key %.200s: %s", path,
			     reason.text)
		  : 0;
}

int key_read(const char *path, struct audit_key *out, struct writ_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return fail_set(error, errno == ENOENT ? WRIT_E_NOT_FOUND : WRIT_E_OPEN,
				"the key %.300s can't be read: %s", path, strerror(errno));
	rc = sodium_init() < 0 ? fail_set(error, WRIT_E_SYSTEM, "libsodium can't be used")
			       : check_owner(fd, path, error);
	if (!rc)
		rc = check_place(path, error);
	if (!rc)
		rc = read_key(fd, path, out, error);
	(void)close(fd);
	return rc;
}

static int write_key(int fd)
{
	unsigned char key[KEY_SIZE];
	char text[N_DIGITS + 1];
	int rc;

	randombytes_buf(key, sizeof(key));
	(void)sodium_bin2hex(text, sizeof(text), key, sizeof(key));
	text[N_DIGITS] = '\n';
	rc = write(fd, text, sizeof(text)) == (ssize_t)sizeof(text) ? fsync(fd) : -1;
	sodium_memzero(key, sizeof(key));
	sodium_memzero(text, sizeof(text));
	return rc;
}

int key_make(const char *path, struct writ_error *error)
{
	char temporary[KEY_MAX_PATH + 16];
	int fd;
	int rc;

	if (sodium_init() < 0)
		return fail_set(error, WRIT_E_SYSTEM, "libsodium can't be used");
	rc = check_place(path, error);
	if (rc)
		return rc;
	(void)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, "the key %.300s can't be made", path);
	rc = write_key(fd);
	if (!rc && link(temporary, path) && errno != EEXIST)
		rc = -1;
	if (rc)
		rc = fail_errno(error, errno, "the key %.300s can't be made", path);
	(void)unlink(temporary);
	(void)close(fd);
	return rc;
}

void key_forget(struct audit_key *key)
{
	sodium_memzero(key, sizeof(*key));
}
