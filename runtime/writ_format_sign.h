/*
 * Signatures of bundles and files of keys, byte for byte: a part of writ_format.h.
 */
#ifndef WRIT_FORMAT_SIGN_H
#define WRIT_FORMAT_SIGN_H

#include <stdint.h>

/*
 * A signed bundle ends with this section, one record, without WRIT_SECTION_REQUIRED: who has no key
 * skips it. The signature is Ed25519 (RFC 8032) of WRIT_SIGN_CONTEXT with its NUL, and then every
 * byte of the file before the signature itself, those of the digest taken as zero: the digest
 * covers the signature. It stands at a fixed distance from the end, so that it is checked before
 * anything else is read.
 */
#define WRIT_SECTION_SIGNATURE 1000u
#define WRIT_SIGN_CONTEXT      "writ bundle signature 1"
#define WRIT_SIGN_MAGIC        "WRTSIGN\n"
#define WRIT_SIGN_ED25519      1u

struct writ_fmt_signature {
	uint8_t magic[8];
	uint32_t algorithm; /* WRIT_SIGN_ED25519 */
	uint32_t reserved;  /* zero */
	uint8_t key[8];     /* the first bytes of the SHA-256 of the public key: which one it is */
	uint8_t signature[64];
};
_Static_assert(sizeof(struct writ_fmt_signature) == 88, "on disk");

/* Files of keys: the first word of a line, then the key's id in hexadecimal, then base64. */
#define WRIT_PUBLIC_KEY_WORD "writ-public-key"
#define WRIT_SECRET_KEY_WORD "writ-secret-key"

#endif
