/*
 * Fuzzes what is read before anything is trusted: files of keys, and bundles that may be signed.
 * The first byte says which. The laws: no crash and no sanitizer report; a key that is read is
 * written the same again; whatever bundle is accepted can be signed, means itself then, is trusted
 * by that key alone, and not with any byte changed; what was not signed with the key is not
 * trusted.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "link/sign.h"
#include "runtime/sha256.h"
#include "runtime/writ_format.h"
#include "runtime/writ_sign.h"

#define DIGEST_AT offsetof(struct writ_fmt_header, digest)

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Keys of a file of these bytes, or NULL. */
static struct writ_keys *read_keys(const void *bytes, size_t size)
{
	struct writ_keys *keys = NULL;
	struct writ_error error;
	char path[64];
	int fd = memfd_create("keys", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!writ_keys_open(&(struct writ_key_sources){.list = path}, &keys, &error))
		must(writ_keys_count(keys) > 0 && writ_keys_count(keys) <= WRIT_MAX_KEYS);
	close(fd);
	return keys;
}

static void try_keys(const uint8_t *data, size_t size)
{
	struct secret_key key, again;
	struct arena arena;
	struct str text;

	writ_keys_close(read_keys(data, size));
	if (secret_key_parse((struct str){(const char *)data, size}, &key))
		return;
	arena_init(&arena);
	text = secret_key_text(&arena, &key);
	must(!secret_key_parse(text, &again) && memcmp(&key, &again, sizeof(key)) == 0);
	arena_fini(&arena);
}

/* The same key each time, and its public half. */
static struct writ_keys *own_key(struct secret_key *key)
{
	static struct secret_key own;
	static struct writ_keys *keys;
	struct arena arena;
	struct str text;

	if (!keys) {
		arena_init(&arena);
		must(!secret_key_make(&own));
		text = public_key_text(&arena, &own);
		keys = read_keys(text.ptr, text.len);
		must(keys != NULL);
		arena_fini(&arena);
	}
	*key = own;
	return keys;
}

/* Else the fuzzer would not get past it. */
static void set_digest(struct bytes bundle)
{
	uint8_t digest[SHA256_SIZE] = {0};
	struct sha256 hash;

	if (bundle.len < sizeof(struct writ_fmt_header))
		return;
	memcpy(bundle.ptr + DIGEST_AT, digest, sizeof(digest));
	sha256_init(&hash);
	sha256_update(&hash, bundle.ptr, bundle.len);
	sha256_final(&hash, digest);
	memcpy(bundle.ptr + DIGEST_AT, digest, sizeof(digest));
}

static void try_signing(struct arena *arena, struct bytes bundle, size_t change)
{
	struct secret_key key;
	struct writ_keys *keys = own_key(&key);
	struct bytes once, twice;

	must(writ_keys_check(keys, bundle.ptr, bundle.len, NULL, NULL) != 0);
	if (writ_verify(bundle.ptr, bundle.len, NULL) || bundle_sign(arena, bundle, &key, &once))
		return;
	must(!writ_verify(once.ptr, once.len, NULL));
	must(!writ_keys_check(keys, once.ptr, once.len, NULL, NULL));
	must(bundle_signer(arena, once).len == KEY_ID_LEN);
	must(!bundle_sign(arena, once, &key, &twice) && once.len == twice.len &&
	     memcmp(once.ptr, twice.ptr, once.len) == 0);
	change %= once.len;
	once.ptr[change] ^= 1;
	if (change < DIGEST_AT || change >= DIGEST_AT + WRIT_DIGEST_SIZE)
		must(writ_keys_check(keys, once.ptr, once.len, NULL, NULL) != 0);
	must(writ_verify(once.ptr, once.len, NULL) != 0);
}

static void try_bundle(const uint8_t *data, size_t size, size_t change)
{
	struct bytes bundle;
	struct arena arena;

	arena_init(&arena);
	bundle = (struct bytes){arena_alloc(&arena, size ? size : 1), size};
	memcpy(bundle.ptr, data, size);
	set_digest(bundle);
	try_signing(&arena, bundle, change);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;
	if (data[0] == 'k')
		try_keys(data + 1, size - 1);
	else
		try_bundle(data + 3, size - 3, (size_t)data[1] << 8 | data[2]);
	return 0;
}
