#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/sha256.h"
#include "runtime/sha256_blocks.h"

static const char *hex(const void *bytes, size_t size)
{
	static char text[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];
	struct sha256 hash;

	sha256_init(&hash);
	sha256_update(&hash, bytes, size);
	sha256_final(&hash, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

/* FIPS 180-4 and NIST's example values. */
Test(sha256, known_answers)
{
	cr_expect_str_eq(hex("", 0),
			 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	cr_expect_str_eq(hex("abc", 3),
			 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	cr_expect_str_eq(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
			 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

Test(sha256, a_million_bytes)
{
	static char bytes[1000000];

	memset(bytes, 'a', sizeof(bytes));
	cr_expect_str_eq(hex(bytes, sizeof(bytes)),
			 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Lengths around the block and padding boundaries, in all cuts. */
Test(sha256, does_not_depend_on_how_bytes_are_cut)
{
	uint8_t bytes[140];
	uint8_t whole[SHA256_SIZE];
	uint8_t cut[SHA256_SIZE];
	struct sha256 hash;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		sha256_init(&hash);
		sha256_update(&hash, bytes, size);
		sha256_final(&hash, whole);
		for (size_t at = 0; at <= size; at++) {
			sha256_init(&hash);
			sha256_update(&hash, bytes, at);
			sha256_update(&hash, bytes + at, size - at);
			sha256_final(&hash, cut);
			cr_assert(memcmp(whole, cut, sizeof(cut)) == 0, "size %zu cut at %zu", size,
				  at);
		}
	}
}

/* The digest by one way only, in two portions, so that a block is also filled from its buffer. */
static void digest_by(void (*blocks)(uint32_t state[8], const uint8_t *bytes, size_t n),
		      const uint8_t *bytes, size_t size, uint8_t digest[SHA256_SIZE])
{
	struct sha256 hash;

	sha256_init(&hash);
	hash.blocks = blocks;
	sha256_update(&hash, bytes, size / 3);
	sha256_update(&hash, bytes + size / 3, size - size / 3);
	sha256_final(&hash, digest);
}

static void expect_both_agree(const uint8_t *bytes, size_t size)
{
	uint8_t portable[SHA256_SIZE];
	uint8_t native[SHA256_SIZE];

	digest_by(sha256_blocks_portable, bytes, size, portable);
	digest_by(sha256_blocks_native, bytes, size, native);
	cr_assert(memcmp(portable, native, sizeof(native)) == 0, "%zu bytes", size);
}

Test(sha256, the_processors_instructions_agree_with_the_portable_way)
{
	enum { SHORT = 300, LONG = 3000, ROUNDS = 500 }; /* below what update asks about itself */
	static uint8_t bytes[LONG];
	uint32_t random = 12345;

	if (!sha256_native())
		cr_skip_test("this processor has no instructions for SHA-256");
	for (size_t size = 0; size <= SHORT; size++) {
		memset(bytes, (int)size, size);
		expect_both_agree(bytes, size);
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < LONG; i++) {
			random = random * 1664525u + 1013904223u;
			bytes[i] = (uint8_t)(random >> 24);
		}
		expect_both_agree(bytes, random % LONG);
	}
}

/* One long portion takes the native way where there is one, many short ones never. */
Test(sha256, a_long_portion_gives_what_short_ones_give)
{
	static uint8_t bytes[100003];
	uint8_t whole[SHA256_SIZE];
	uint8_t cut[SHA256_SIZE];
	struct sha256 hash;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * i >> 3);
	sha256_init(&hash);
	sha256_update(&hash, bytes, sizeof(bytes));
	cr_expect_eq(hash.blocks == sha256_blocks_native, sha256_native());
	sha256_final(&hash, whole);
	sha256_init(&hash);
	for (size_t at = 0; at < sizeof(bytes); at += 1001)
		sha256_update(&hash, bytes + at,
			      sizeof(bytes) - at < 1001 ? sizeof(bytes) - at : 1001);
	cr_expect(hash.blocks == sha256_blocks_portable);
	sha256_final(&hash, cut);
	cr_expect(memcmp(whole, cut, sizeof(cut)) == 0);
}
