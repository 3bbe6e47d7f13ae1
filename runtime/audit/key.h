/*
 * The key of an audit log: 32 random bytes in a file that only its owner may read. What it is used
 * for is derived from it, so that no two uses share one.
 */
#ifndef WRIT_AUDIT_KEY_H
#define WRIT_AUDIT_KEY_H

#include "runtime/writ.h"

#define KEY_SIZE        32
#define KEY_PUBLIC_SIZE 32
#define KEY_SECRET_SIZE 64
#define KEY_MAX_PATH    4096

struct audit_key {
	unsigned char head[KEY_SIZE];          /* of the MAC of the head */
	unsigned char mask[KEY_SIZE];          /* of the hashes that stand for masked values */
	unsigned char value[KEY_SIZE];         /* of the hashes of values that are cut */
	unsigned char signer[KEY_PUBLIC_SIZE]; /* of checkpoints: Ed25519 */
	unsigned char signing[KEY_SECRET_SIZE];
};

/* PATH-key, unless file is not NULL. Error: INVALID (too long). */
WRIT_MUST_CHECK int key_path(const char *log, const char *file, char path[KEY_MAX_PATH],
			     struct writ_error *error);

/*
 * Reads a key. Errors: NOT_FOUND (there is none), OPEN (it can't be read, or others may read it),
 * FORMAT.
 */
WRIT_MUST_CHECK int key_read(const char *path, struct audit_key *out, struct writ_error *error);

/* Makes the file, unless there is one. Errors: SYSTEM. */
WRIT_MUST_CHECK int key_make(const char *path, struct writ_error *error);

void key_forget(struct audit_key *key);

#endif
