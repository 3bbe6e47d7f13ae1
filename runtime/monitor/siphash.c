/*
 * SipHash-2-4, as its paper has it: little-endian words, the length in the last one.
 */
#include "runtime/monitor/siphash.h"

#include <string.h>

#define WORD_BYTES 8u

static inline uint64_t rotate(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void add_word(struct siphash *hash, uint64_t word)
{
	hash->v[3] ^= word;
	sip_round(hash->v);
	sip_round(hash->v);
	hash->v[0] ^= word;
}

static uint64_t load(const uint8_t *bytes)
{
	uint64_t word = 0;

	for (unsigned int i = 0; i < WORD_BYTES; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

void siphash_init(struct siphash *hash, const uint8_t key[SIPHASH_KEY_SIZE])
{
	uint64_t k0 = load(key);
	uint64_t k1 = load(key + WORD_BYTES);

	*hash = (struct siphash){.v = {
					 k0 ^ 0x736f6d6570736575u,
					 k1 ^ 0x646f72616e646f6du,
					 k0 ^ 0x6c7967656e657261u,
					 k1 ^ 0x7465646279746573u,
				 }};
}

void siphash_update(struct siphash *hash, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < size; i++) {
		hash->word |= (uint64_t)at[i] << (8 * (hash->n_bytes % WORD_BYTES));
		if (++hash->n_bytes % WORD_BYTES == 0) {
			add_word(hash, hash->word);
			hash->word = 0;
		}
	}
}

void siphash_text(struct siphash *hash, const char *text)
{
	uint64_t len = text ? strlen(text) : 0;

	siphash_update(hash, &len, sizeof(len));
	siphash_update(hash, text, len);
}

uint64_t siphash_final(struct siphash *hash)
{
	add_word(hash, hash->word | hash->n_bytes << 56);
	hash->v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(hash->v);
	return hash->v[0] ^ hash->v[1] ^ hash->v[2] ^ hash->v[3];
}
