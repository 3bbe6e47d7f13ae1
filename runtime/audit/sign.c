/*
 * The signature of a bundle.
 *
 * In: bytes that nobody has looked at, and keys. Out: which of the keys has signed them, or why
 * none has. The signature stands at the end and covers every byte before it (writ_format.h), so
 * nothing that an attacker has written is followed to find it, and nothing is parsed before it
 * holds. The digest in the header is taken as zero, since it covers the signature; it is compared
 * later, by writ_open.
 */
#include "runtime/audit/sign.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/fail.h"
#include "runtime/audit/keys.h"

#define CONTEXT_SIZE sizeof(WRIT_SIGN_CONTEXT)
#define DIGEST_AT    offsetof(struct writ_fmt_header, digest)
#define SMALLEST     (sizeof(struct writ_fmt_header) + sizeof(struct writ_fmt_signature))

_Static_assert(crypto_sign_BYTES == sizeof(((struct writ_fmt_signature *)0)->signature), "Ed25519");
_Static_assert(crypto_hash_sha256_BYTES == SIGN_CONTENT_SIZE, "SHA-256");

int sign_alloc(size_t size, struct signed_bytes *out, struct writ_error *error)
{
	unsigned char *whole;

	if (size > WRIT_MAX_BUNDLE)
		return fail_set(error, WRIT_E_FORMAT,
				"not a Writ bundle: it is larger than a bundle can be");
	whole = malloc(CONTEXT_SIZE + size);
	if (!whole)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	memcpy(whole, WRIT_SIGN_CONTEXT, CONTEXT_SIZE);
	*out = (struct signed_bytes){whole, whole + CONTEXT_SIZE, size};
	return 0;
}

void sign_free(struct signed_bytes *bundle)
{
	free(bundle->whole);
	*bundle = (struct signed_bytes){NULL, NULL, 0};
}

static const struct public_key *find_key(const struct writ_keys *keys, const char *id)
{
	for (size_t i = 0; i < keys->n; i++) {
		if (strcmp(keys->keys[i].id, id) == 0)
			return &keys->keys[i];
	}
	return NULL;
}

static int wrong_key(const struct writ_keys *keys, const char *id, struct writ_error *error)
{
	if (keys->n == 1)
		return fail_set(error, WRIT_E_UNTRUSTED,
				"the bundle is signed with key %s; the one that is trusted is %s",
				id, keys->keys[0].id);
	return fail_set(error, WRIT_E_UNTRUSTED,
			"the bundle is signed with key %s, which is none of the %zu that are "
			"trusted",
			id, keys->n);
}

/* Is there a signature, of a kind that we know, by a key that is trusted? */
static int find_signer(const struct writ_keys *keys, const struct signed_bytes *bundle,
		       const struct public_key **out, struct writ_error *error)
{
	struct writ_fmt_signature record;
	char id[WRIT_KEY_ID_SIZE];

	if (bundle->size < SMALLEST || memcmp(bundle->bytes, WRIT_MAGIC, WRIT_MAGIC_SIZE) != 0)
		return fail_set(error, WRIT_E_FORMAT, "not a Writ bundle, or a damaged one: it %s",
				bundle->size < SMALLEST ? "is too short to be signed"
							: "does not begin as one (writc compile "
							  "makes one of a policy)");
	memcpy(&record, bundle->bytes + bundle->size - sizeof(record), sizeof(record));
	if (memcmp(record.magic, WRIT_SIGN_MAGIC, sizeof(record.magic)) != 0)
		return fail_set(error, WRIT_E_UNTRUSTED,
				"the bundle is not signed, or was cut off or added to; only signed "
				"ones are trusted here");
	if (record.algorithm != WRIT_SIGN_ED25519 || record.reserved)
		return fail_set(error, WRIT_E_UNTRUSTED,
				"the bundle is signed in a way that this version does not know "
				"(%u)",
				record.algorithm);
	(void)sodium_bin2hex(id, sizeof(id), record.key, sizeof(record.key));
	*out = find_key(keys, id);
	return *out ? 0 : wrong_key(keys, id, error);
}

static bool signature_holds(const struct signed_bytes *bundle, const struct public_key *key)
{
	size_t size = bundle->size - crypto_sign_BYTES;
	unsigned char digest[WRIT_DIGEST_SIZE];
	bool holds;

	memcpy(digest, bundle->bytes + DIGEST_AT, sizeof(digest));
	memset(bundle->bytes + DIGEST_AT, 0, sizeof(digest));
	holds = !crypto_sign_verify_detached(bundle->bytes + size, bundle->whole,
					     CONTEXT_SIZE + size, key->bytes);
	memcpy(bundle->bytes + DIGEST_AT, digest, sizeof(digest));
	return holds;
}

int sign_check(const struct writ_keys *keys, struct signed_bytes *bundle, size_t *signer,
	       struct writ_error *error)
{
	const struct public_key *key = NULL;
	int rc = find_signer(keys, bundle, &key, error);

	if (rc)
		return rc;
	assert(key);
	if (!signature_holds(bundle, key))
		return fail_set(error, WRIT_E_UNTRUSTED,
				"the signature does not hold: the bundle is not what key %s has "
				"signed",
				key->id);
	if (signer)
		*signer = (size_t)(key - keys->keys);
	return 0;
}

void sign_content(const struct signed_bytes *bundle, unsigned char content[SIGN_CONTENT_SIZE])
{
	static const unsigned char zero[WRIT_DIGEST_SIZE];
	const size_t after = DIGEST_AT + sizeof(zero);
	crypto_hash_sha256_state state;

	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(&state, bundle->bytes, DIGEST_AT);
	(void)crypto_hash_sha256_update(&state, zero, sizeof(zero));
	(void)crypto_hash_sha256_update(&state, bundle->bytes + after,
					bundle->size - sizeof(struct writ_fmt_signature) - after);
	(void)crypto_hash_sha256_final(&state, content);
}

int writ_keys_check(const struct writ_keys *keys, const void *bytes, size_t size, size_t *signer,
		    struct writ_error *error)
{
	struct signed_bytes bundle = {.whole = NULL};
	int rc;

	if (!keys || !bytes)
		return fail_set(error, WRIT_E_INVALID,
				"writ_keys_check: keys and bytes must be given");
	rc = sign_alloc(size, &bundle, error);
	if (rc)
		return rc;
	assert(bundle.bytes);
	memcpy(bundle.bytes, bytes, size);
	rc = sign_check(keys, &bundle, signer, error);
	sign_free(&bundle);
	return rc;
}
