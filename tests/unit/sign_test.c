/*
 * Signatures: what is signed is what was compiled; every other byte, key and file is refused, and
 * told from each other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "runtime/writ_sign.h"
#include "support/shell.h"
#include "support/signed.h"

static const char text[] = "tool a { class read; }\nrole r { allow a; }\n";

TestSuite(sign, .init = signed_begin, .fini = signed_end);

/* Keys of these files; the test fails when they can't be used. */
static struct writ_keys *open_keys(const char *list)
{
	struct writ_key_sources sources = {.list = list};
	struct writ_keys *keys = NULL;
	struct writ_error error;

	cr_assert_eq(writ_keys_open(&sources, &keys, &error), 0, "%s", error.text);
	return keys;
}

/* Exactly one source, which must be refused with this code and these words. */
static void expect_no_keys(struct writ_key_sources sources, int code, const char *words)
{
	struct writ_keys *keys = NULL;
	struct writ_error error = {.text = ""};
	int rc = writ_keys_open(&sources, &keys, &error);

	cr_expect_eq(rc, -code, "%s: %d, not %d: %s", words, -rc, code, error.text);
	cr_expect_eq(error.code, code);
	cr_expect_null(keys);
	cr_expect_not_null(strstr(error.text, words), "'%s' is not in: %s", words, error.text);
}

static void expect_no_key_in(const char *content, const char *words)
{
	const char *file = signed_put("bad.pub", content, strlen(content));

	expect_no_keys((struct writ_key_sources){.files = &file, .n_files = 1}, WRIT_E_UNTRUSTED,
		       words);
}

static void expect_refused(const struct writ_keys *keys, const struct test_bundle *bundle, int code,
			   const char *words)
{
	struct writ_error error = {.text = ""};
	int rc = writ_keys_check(keys, bundle->bytes, bundle->size, NULL, &error);

	cr_expect_eq(rc, -code, "%s: %d, not %d: %s", words, -rc, code, error.text);
	cr_expect_not_null(strstr(error.text, words), "'%s' is not in: %s", words, error.text);
}

static struct writ_fmt_signature *record_of(const struct test_bundle *bundle)
{
	return (void *)(bundle->bytes + bundle->size - sizeof(struct writ_fmt_signature));
}

Test(sign, a_signed_bundle_is_its_signers)
{
	struct test_bundle plain = signed_bundle(1, text), bundle = signed_with(1, &plain);
	struct writ_keys *keys;
	char list[512];
	size_t signer = 9;

	snprintf(list, sizeof(list), "%s:%s", signed_public(2, "2.pub"), signed_public(1, "1.pub"));
	keys = open_keys(list);
	cr_expect_eq(writ_keys_count(keys), 2);
	cr_expect_eq(writ_keys_check(keys, bundle.bytes, bundle.size, &signer, NULL), 0);
	cr_expect_eq(signer, 1, "the second key of the list");
	cr_expect_str_eq(writ_keys_id(keys, signer), signed_key(1).id);
	cr_expect_null(writ_keys_id(keys, 2));
	writ_keys_close(keys);
}

Test(sign, the_runtime_takes_it_as_what_was_signed)
{
	struct test_bundle plain = signed_bundle(1, text), bundle = signed_with(1, &plain);
	struct writ_error error;

	cr_expect_eq(bundle.size % 8, 0);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), 0, "%s", error.text);
	cr_expect_eq(bundle_try(&bundle, &error), 0, "%s", error.text);
}

Test(sign, signing_is_deterministic_and_replaces_a_signature)
{
	struct test_bundle plain = signed_bundle(1, text), once = signed_with(1, &plain);
	struct test_bundle again = signed_with(1, &plain), other = signed_with(2, &once);
	struct test_bundle back = signed_with(1, &other);

	cr_assert_eq(once.size, again.size);
	cr_expect_arr_eq(once.bytes, again.bytes, once.size);
	cr_assert_eq(once.size, other.size);
	cr_expect_arr_neq(once.bytes, other.bytes, once.size);
	cr_assert_eq(once.size, back.size);
	cr_expect_arr_eq(once.bytes, back.bytes, once.size, "as if it had been signed once");
}

Test(sign, every_bit_is_covered)
{
	struct test_bundle plain = signed_bundle(1, text), bundle = signed_with(1, &plain);
	struct writ_keys *keys = open_keys(signed_public(1, "1.pub"));
	const size_t digest = offsetof(struct writ_fmt_header, digest);

	for (size_t bit = 0; bit < bundle.size * 8; bit++) {
		bool in_digest = bit / 8 >= digest && bit / 8 < digest + WRIT_DIGEST_SIZE;
		int rc;

		bundle.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		rc = writ_keys_check(keys, bundle.bytes, bundle.size, NULL, NULL);
		/* The digest covers the signature, and is looked at by whoever opens it. */
		if (in_digest)
			rc = writ_verify(bundle.bytes, bundle.size, NULL);
		cr_assert_neq(rc, 0, "bit %zu", bit);
		bundle.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	cr_expect_eq(writ_keys_check(keys, bundle.bytes, bundle.size, NULL, NULL), 0);
	writ_keys_close(keys);
}

Test(sign, no_part_of_it_is_signed)
{
	struct test_bundle plain = signed_bundle(1, text), bundle = signed_with(1, &plain);
	struct writ_keys *keys = open_keys(signed_public(1, "1.pub"));

	for (size_t size = 0; size < bundle.size; size++)
		cr_assert_neq(writ_keys_check(keys, bundle.bytes, size, NULL, NULL), 0, "%zu",
			      size);
	writ_keys_close(keys);
}

Test(sign, nothing_may_stand_behind_it)
{
	struct test_bundle plain = signed_bundle(1, text), one = signed_with(1, &plain);
	struct test_bundle two = {malloc(2 * one.size), one.size + 8};
	struct writ_keys *keys = open_keys(signed_public(1, "1.pub"));

	memcpy(two.bytes, one.bytes, one.size);
	memset(two.bytes + one.size, 0, 8);
	expect_refused(keys, &two, WRIT_E_UNTRUSTED, "not signed, or was cut off or added to");
	/* Another signed bundle behind it: its signature is found, and is not of both. */
	memcpy(two.bytes + one.size, one.bytes, one.size);
	two.size = 2 * one.size;
	expect_refused(keys, &two, WRIT_E_UNTRUSTED, "does not hold");
	writ_keys_close(keys);
}

Test(sign, a_signature_that_was_taken_off_is_missed)
{
	struct test_bundle plain = signed_bundle(1, text);
	struct writ_keys *keys = open_keys(signed_public(1, "1.pub"));

	expect_refused(keys, &plain, WRIT_E_UNTRUSTED, "the bundle is not signed");
	expect_refused(keys, &(struct test_bundle){plain.bytes, 100}, WRIT_E_FORMAT, "too short");
	memset(plain.bytes, 'x', 8);
	expect_refused(keys, &plain, WRIT_E_FORMAT, "does not begin as one");
	writ_keys_close(keys);
}

Test(sign, a_signature_of_another_bundle_does_not_hold)
{
	struct test_bundle first = signed_bundle(1, text), second = signed_bundle(2, text);
	struct test_bundle one = signed_with(1, &first), two = signed_with(1, &second);
	struct writ_keys *keys = open_keys(signed_public(1, "1.pub"));

	*record_of(&two) = *record_of(&one);
	bundle_seal(&two);
	cr_expect_eq(bundle_try(&two, NULL), 0, "without a key it is a bundle");
	expect_refused(keys, &two, WRIT_E_UNTRUSTED, "is not what key");
	writ_keys_close(keys);
}

Test(sign, another_key_is_named)
{
	struct test_bundle plain = signed_bundle(1, text), bundle = signed_with(2, &plain);
	struct writ_keys *keys = open_keys(signed_public(1, "1.pub"));
	char list[512];

	expect_refused(keys, &bundle, WRIT_E_UNTRUSTED, signed_key(2).id);
	expect_refused(keys, &bundle, WRIT_E_UNTRUSTED, signed_key(1).id);
	/* To say that the trusted key has signed it does not make it so. */
	memcpy(record_of(&bundle)->key,
	       record_of(&(struct test_bundle){signed_with(1, &plain).bytes, bundle.size})->key, 8);
	bundle_seal(&bundle);
	expect_refused(keys, &bundle, WRIT_E_UNTRUSTED, "does not hold");
	writ_keys_close(keys);
	snprintf(list, sizeof(list), "%s:%s", signed_public(3, "3.pub"), signed_public(4, "4.pub"));
	keys = open_keys(list);
	expect_refused(keys, &(struct test_bundle){signed_with(2, &plain).bytes, bundle.size},
		       WRIT_E_UNTRUSTED, "none of the 2 that are trusted");
	writ_keys_close(keys);
}

Test(sign, another_way_of_signing_is_refused)
{
	struct test_bundle plain = signed_bundle(1, text), bundle = signed_with(1, &plain);
	struct writ_keys *keys = open_keys(signed_public(1, "1.pub"));

	record_of(&bundle)->algorithm = 2;
	expect_refused(keys, &bundle, WRIT_E_UNTRUSTED, "does not know (2)");
	record_of(&bundle)->algorithm = WRIT_SIGN_ED25519;
	record_of(&bundle)->reserved = 1;
	expect_refused(keys, &bundle, WRIT_E_UNTRUSTED, "does not know (1)");
	writ_keys_close(keys);
}

Test(sign, what_is_larger_than_any_bundle_is_not_looked_at)
{
	struct test_bundle plain = signed_bundle(1, text);
	struct writ_keys *keys = open_keys(signed_public(1, "1.pub"));

	plain.size = (size_t)WRIT_MAX_BUNDLE + 1;
	expect_refused(keys, &plain, WRIT_E_FORMAT, "larger than a bundle can be");
	writ_keys_close(keys);
}

/* What a signature is of is said with it, so that one made for something else is none. */
Test(sign, a_signature_of_the_bare_bytes_does_not_hold)
{
	struct test_bundle plain = signed_bundle(1, text), bundle = signed_with(1, &plain);
	struct writ_keys *keys = open_keys(signed_public(1, "1.pub"));
	struct secret_key key = signed_key(1);
	size_t n = bundle.size - crypto_sign_BYTES;

	memset(bundle.bytes + offsetof(struct writ_fmt_header, digest), 0, WRIT_DIGEST_SIZE);
	crypto_sign_detached(bundle.bytes + n, NULL, bundle.bytes, n, key.bytes);
	bundle_seal(&bundle);
	expect_refused(keys, &bundle, WRIT_E_UNTRUSTED, "does not hold");
	writ_keys_close(keys);
}

Test(sign, files_of_keys_are_read_as_they_are_meant)
{
	static const char mixed[] = "# ours\r\n\n  \nwrit-public-key %s %s ops@example.org\r\n%s%s";
	char content[1024], line[256] = "", base64[64];
	struct secret_key one = signed_key(1);
	struct arena arena;
	struct str two;
	struct writ_keys *keys;

	arena_init(&arena);
	two = public_key_text(&arena, &(struct secret_key[]){signed_key(2)}[0]);
	snprintf(line, sizeof(line), "%.*s", STR_ARG(two));
	arena_fini(&arena);
	sodium_bin2base64(base64, sizeof(base64), one.bytes + 32, 32,
			  sodium_base64_VARIANT_ORIGINAL);
	snprintf(content, sizeof(content), mixed, one.id, base64, line, line);
	keys = open_keys(signed_put("both.pub", content, strlen(content)));
	cr_expect_eq(writ_keys_count(keys), 2, "the same key twice is one");
	cr_expect_str_eq(writ_keys_id(keys, 0), one.id);
	writ_keys_close(keys);
}

Test(sign, keys_that_are_none_are_told_why)
{
	static const char good[] = "writ-public-key 0123456789abcdef ";

	expect_no_key_in("", "bad.pub: there is no key in it");
	expect_no_key_in("# nothing\n\n", "there is no key in it");
	expect_no_key_in("\n-----BEGIN PUBLIC KEY-----\n", "bad.pub:2: it is no public key");
	expect_no_key_in("ssh-ed25519 AAAA me\n", "it is no public key");
	expect_no_key_in("writ-secret-key 0123456789abcdef "
			 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
			 "it is a secret key");
	expect_no_key_in("writ-public-key\n", "its key has a wrong length");
	expect_no_key_in("writ-public-key 0123456789abcdef !!!!\n", "no base64");
	expect_no_key_in("writ-public-key 0123456789abcdef AAAAAAAAAAAAAAAAAAAAAAA\n", "no base64");
	expect_no_key_in("writ-public-key 0123456789abcdef AAAA\n", "wrong length");
	expect_no_key_in("writ-public-key 0123456789abcdef "
			 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
			 "wrong length");
	expect_no_key_in("writ-public-key 0123456789abcdef "
			 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
			 "its id is not that of its key");
	cr_expect_eq(strlen(good), 33);
}

Test(sign, files_that_are_no_files_of_keys)
{
	static char large[20000];
	const char *none = signed_path("none.pub");
	const char *directory = signed_path("");
	const char *file;

	expect_no_keys((struct writ_key_sources){.files = &none, .n_files = 1}, WRIT_E_OPEN,
		       "No such file");
	expect_no_keys((struct writ_key_sources){.files = &directory, .n_files = 1}, WRIT_E_OPEN,
		       "not a regular file");
	memset(large, '\n', sizeof(large));
	file = signed_put("large.pub", large, sizeof(large));
	expect_no_keys((struct writ_key_sources){.files = &file, .n_files = 1}, WRIT_E_UNTRUSTED,
		       "no file of keys");
	file = signed_put("nul.pub", "# a\0b\n", 6);
	expect_no_keys((struct writ_key_sources){.files = &file, .n_files = 1}, WRIT_E_UNTRUSTED,
		       "no file of keys");
	expect_no_keys((struct writ_key_sources){.list = "::"}, WRIT_E_UNTRUSTED, "names none");
}

Test(sign, the_first_source_that_is_given_is_used)
{
	const char *file = signed_public(1, "1.pub");
	struct writ_key_sources sources = {.files = &file,
					   .n_files = 1,
					   .list = signed_public(2, "2.pub"),
					   .directory = "/nowhere"};
	struct writ_keys *keys = NULL;

	cr_assert_eq(writ_keys_open(&sources, &keys, NULL), 0);
	cr_expect_eq(writ_keys_count(keys), 1);
	cr_expect_str_eq(writ_keys_id(keys, 0), signed_key(1).id);
	writ_keys_close(keys);
	sources.n_files = 0;
	cr_assert_eq(writ_keys_open(&sources, &keys, NULL), 0);
	cr_expect_str_eq(writ_keys_id(keys, 0), signed_key(2).id);
	writ_keys_close(keys);
	sources.list = "";
	cr_assert_eq(writ_keys_open(&sources, &keys, NULL), 0);
	cr_expect_eq(writ_keys_count(keys), 0, "a directory that is not there has no keys");
	writ_keys_close(keys);
}

Test(sign, too_many_keys)
{
	char content[80 * (WRIT_MAX_KEYS + 1)] = "";
	struct arena arena;

	arena_init(&arena);
	for (unsigned i = 0; i <= WRIT_MAX_KEYS; i++) {
		struct secret_key key = signed_key(i);
		struct str line = public_key_text(&arena, &key);

		strncat(content, line.ptr, line.len);
	}
	arena_fini(&arena);
	expect_no_key_in(content, "more than 64 keys");
}

/* ---- the directory that counts for everybody ---- */

static void expect_directory_refused(const char *words)
{
	expect_no_keys((struct writ_key_sources){.directory = signed_path("keys")},
		       WRIT_E_UNTRUSTED, words);
}

static bool make_directory(void)
{
	if (geteuid() != 0) {
		cr_log_warn("skip: only root has files that are root's");
		return false;
	}
	cr_assert_eq(mkdir(signed_path("keys"), 0755), 0);
	signed_public(1, "keys/1.pub");
	signed_public(2, "keys/2.pub");
	signed_put("keys/README", "no key", 6);
	cr_assert_eq(chmod(signed_path(""), 0755), 0);
	return true;
}

Test(sign, a_directory_of_roots_keys_is_trusted)
{
	struct writ_key_sources sources = {.directory = signed_path("keys")};
	struct writ_keys *keys = NULL;
	struct writ_error error;

	if (!make_directory())
		return;
	cr_assert_eq(writ_keys_open(&sources, &keys, &error), 0, "%s", error.text);
	cr_expect_eq(writ_keys_count(keys), 2);
	writ_keys_close(keys);
}

Test(sign, a_directory_that_others_may_write_is_not)
{
	if (!make_directory())
		return;
	cr_assert_eq(chmod(signed_path("keys"), 01777), 0);
	expect_directory_refused("others than root may write it");
	cr_assert_eq(chmod(signed_path("keys"), 0757), 0);
	expect_directory_refused("others than root may write it");
	cr_assert_eq(chmod(signed_path("keys"), 0755), 0);
	cr_assert_eq(chmod(signed_path(""), 0775), 0);
	expect_directory_refused("others than root may write it");
	cr_assert_eq(chmod(signed_path(""), 0755), 0);
	cr_assert_eq(chmod(signed_path("keys/1.pub"), 0664), 0);
	expect_directory_refused("1.pub' holds keys that are trusted by all, and others");
	cr_assert_eq(chmod(signed_path("keys/1.pub"), 0644), 0);
	cr_assert_eq(chown(signed_path("keys/1.pub"), 1000, 1000), 0);
	expect_directory_refused("not root's");
	cr_assert_eq(chown(signed_path("keys"), 1000, 1000), 0);
	expect_directory_refused("not root's");
}

Test(sign, a_directory_without_keys_trusts_nothing)
{
	if (!make_directory())
		return;
	cr_assert_eq(unlink(signed_path("keys/1.pub")), 0);
	cr_assert_eq(unlink(signed_path("keys/2.pub")), 0);
	expect_directory_refused("has none (*.pub)");
	cr_assert_eq(symlink("../2.pub", signed_path("keys/2.pub")), 0);
	signed_public(2, "2.pub");
	expect_no_keys((struct writ_key_sources){.directory = signed_path("keys")}, WRIT_E_OPEN,
		       "2.pub");
}

/* Whoever may change where the link leads would choose the keys. */
Test(sign, a_directory_behind_a_link_is_not_trusted)
{
	if (!make_directory())
		return;
	cr_assert_eq(rename(signed_path("keys"), signed_path("real")), 0);
	cr_assert_eq(symlink("real", signed_path("keys")), 0);
	expect_no_keys((struct writ_key_sources){.directory = signed_path("keys")}, WRIT_E_OPEN,
		       "can't read the key file");
	expect_no_keys((struct writ_key_sources){.directory = signed_path("keys/.")}, WRIT_E_OPEN,
		       "can't read the key file");
}

/* ---- others agree ---- */

/* The public key as openssl takes it: a prefix that says Ed25519 (RFC 8410), and its bytes. */
static void put_der(unsigned number)
{
	unsigned char der[44] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
				 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
	struct secret_key key = signed_key(number);

	memcpy(der + 12, key.bytes + 32, 32);
	signed_put("key.der", der, sizeof(der));
}

Test(sign, openssl_agrees)
{
	struct test_bundle plain = signed_bundle(1, text), bundle = signed_with(1, &plain);
	size_t context = sizeof(WRIT_SIGN_CONTEXT), n = bundle.size - 64;
	uint8_t *message = malloc(context + n);
	const char *verify = "openssl pkeyutl -verify -pubin -keyform DER -inkey $D/key.der "
			     "-rawin -in $D/message -sigfile $D/signature";

	if (shell("openssl version")) {
		cr_log_warn("skip: there is no openssl");
		return;
	}
	put_der(1);
	memcpy(message, WRIT_SIGN_CONTEXT, context);
	memcpy(message + context, bundle.bytes, n);
	memset(message + context + offsetof(struct writ_fmt_header, digest), 0, WRIT_DIGEST_SIZE);
	signed_put("message", message, context + n);
	signed_put("signature", bundle.bytes + n, 64);
	cr_expect_eq(shell("%s", verify), 0, "%s", shell_output);
	put_der(2);
	cr_expect_neq(shell("%s", verify), 0, "of another key");
}
