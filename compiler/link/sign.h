/*
 * Signing bundles: keys as files hold them, and the section that a signed bundle ends with
 * (runtime/writ_format.h). Checking a signature is libwrit-audit's.
 */
#ifndef WRIT_LINK_SIGN_H
#define WRIT_LINK_SIGN_H

#include "base/str.h"
#include "link/bundle.h"

#define KEY_ID_LEN 16u /* hexadecimal digits */

struct secret_key {
	char id[KEY_ID_LEN + 1];
	uint8_t bytes[64]; /* as libsodium has them: seed and public key */
};

/* A new key, of random bytes. 0, or -1 when the cryptography can't be had. */
__attribute__((warn_unused_result)) int secret_key_make(struct secret_key *out);

/* What stands in files: the secret and the public half, ended by a newline. */
struct str secret_key_text(struct arena *arena, const struct secret_key *key);
struct str public_key_text(struct arena *arena, const struct secret_key *key);

/* Reads what secret_key_text writes. NULL, or what is wrong with it. */
__attribute__((warn_unused_result)) const char *secret_key_parse(struct str text,
								 struct secret_key *out);

/*
 * Signs a bundle that the runtime accepts; a signature that it has is replaced. The same bundle and
 * key give the same bytes. -1 when it would be larger than a bundle can be.
 */
__attribute__((warn_unused_result)) int bundle_sign(struct arena *arena, struct bytes bundle,
						    const struct secret_key *key,
						    struct bytes *out);

/* The id of the key that a bundle says it is signed with, which proves nothing; or empty. */
struct str bundle_signer(struct arena *arena, struct bytes bundle);

#endif
