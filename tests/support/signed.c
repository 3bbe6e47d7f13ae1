/*
 * See signed.h. Memory is the test process's and goes with it.
 */
#include "support/signed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "support/shell.h"

static char dir[] = "/tmp/writ-signed-XXXXXX";

void signed_begin(void)
{
	cr_assert_not_null(mkdtemp(dir));
	setenv("D", dir, 1);
}

void signed_end(void)
{
	shell("rm -rf \"$D\"");
}

const char *signed_path(const char *name)
{
	char *path;

	cr_assert_geq(asprintf(&path, "%s/%s", dir, name), 0);
	return path;
}

const char *signed_put(const char *name, const void *bytes, size_t size)
{
	const char *path = signed_path(name);
	FILE *out = fopen(path, "w");

	cr_assert(out && fwrite(bytes, 1, size, out) == size && fclose(out) == 0, "%s", path);
	return path;
}

struct secret_key signed_key(unsigned number)
{
	unsigned char seed[crypto_sign_SEEDBYTES] = {(unsigned char)number, 'w'};
	unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	unsigned char hash[crypto_hash_sha256_BYTES];
	char base64[64], id[2 * 8 + 1], text[256];
	struct secret_key key;
	const char *wrong;
	int n;

	cr_assert_geq(sodium_init(), 0);
	crypto_sign_seed_keypair(public, secret, seed);
	crypto_hash_sha256(hash, public, sizeof(public));
	sodium_bin2hex(id, sizeof(id), hash, 8);
	sodium_bin2base64(base64, sizeof(base64), seed, sizeof(seed),
			  sodium_base64_VARIANT_ORIGINAL);
	n = snprintf(text, sizeof(text), "writ-secret-key %s %s\n", id, base64);
	wrong = secret_key_parse((struct str){text, (size_t)n}, &key);
	cr_assert_null(wrong, "%s", wrong);
	return key;
}

const char *signed_public(unsigned number, const char *name)
{
	struct secret_key key = signed_key(number);
	const char *path;
	struct arena arena;
	struct str text;

	arena_init(&arena);
	text = public_key_text(&arena, &key);
	path = signed_put(name, text.ptr, text.len);
	arena_fini(&arena);
	return path;
}

struct test_bundle signed_bundle(uint64_t version, const char *text)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_fmt_policy *policy = bundle_section(&bundle, WRIT_SECTION_POLICY,
							sizeof(*policy), NULL);

	policy->version = version;
	bundle_seal(&bundle);
	return bundle;
}

struct test_bundle signed_with(unsigned number, const struct test_bundle *bundle)
{
	struct secret_key key = signed_key(number);
	struct test_bundle copy;
	struct bytes bytes = {bundle->bytes, bundle->size};
	struct arena arena;

	arena_init(&arena);
	cr_assert_eq(bundle_sign(&arena, bytes, &key, &bytes), 0);
	copy = (struct test_bundle){malloc(bytes.len), bytes.len};
	memcpy(copy.bytes, bytes.ptr, bytes.len);
	arena_fini(&arena);
	return copy;
}
