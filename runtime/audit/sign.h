/*
 * Signatures of bundles, on bytes of ours that need not be copied.
 */
#ifndef WRIT_AUDIT_SIGN_H
#define WRIT_AUDIT_SIGN_H

#include "runtime/writ_format.h"
#include "runtime/writ_sign.h"

/*
 * A bundle in memory with room before it, where what is signed begins; sign_alloc, sign_free.
 * bytes belong to whom they were made for, who may change them.
 */
struct signed_bytes {
	unsigned char *whole;
	unsigned char *bytes;
	size_t size;
};

WRIT_MUST_CHECK int sign_alloc(size_t size, struct signed_bytes *out, struct writ_error *error);
void sign_free(struct signed_bytes *bundle);

/* As writ_keys_check; the bytes are as before afterwards. */
WRIT_MUST_CHECK int sign_check(const struct writ_keys *keys, struct signed_bytes *bundle,
			       size_t *signer, struct writ_error *error);

#define SIGN_CONTENT_SIZE 32

/* The SHA-256 of what a signed bundle says, whoever has signed it. */
void sign_content(const struct signed_bytes *bundle, unsigned char content[SIGN_CONTENT_SIZE]);

#endif
