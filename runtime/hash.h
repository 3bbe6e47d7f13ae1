/*
 * writ_name_hash() of docs/format.md: the hash by which names are found in a bundle's index tables.
 *
 * It is fast on short names: up to 24 bytes are three loads, which overlap, and two
 * multiplications, without a loop or a branch on the exact length. It does not have to resist an
 * attacker, because a table is built once, by the compiler, and a bundle whose probes grow long is
 * refused: no name that is asked for makes a lookup longer than WRIT_MAX_PROBES.
 */
#ifndef WRIT_RUNTIME_HASH_H
#define WRIT_RUNTIME_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "runtime/writ_format.h"

static inline uint64_t hash_load64(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static inline uint64_t hash_load32(const char *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* The halves of the 128-bit product, XORed: every bit of both factors reaches every bit. */
static inline uint64_t hash_mix(uint64_t x, uint64_t y)
{
	__extension__ const unsigned __int128 product = (unsigned __int128)x * y;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * What is read of a name at once: its beginning, its end, and what lies between. Up to
 * HASH_WORDS_BYTES that is all of it, and two names of one length are the same if their words are.
 */
#define HASH_WORDS_BYTES 24u

struct hash_words {
	uint64_t first;
	uint64_t between;
	uint64_t last;
};

static inline struct hash_words hash_words(const char *name, size_t len)
{
	if (len >= 8)
		return (struct hash_words){
			.first = hash_load64(name),
			.between = hash_load64(name + (len < 16 ? len - 8 : 8)),
			.last = hash_load64(name + len - 8),
		};
	if (len >= 4)
		return (struct hash_words){
			.first = hash_load32(name),
			.last = hash_load32(name + len - 4),
		};
	if (len == 0)
		return (struct hash_words){0, 0, 0};
	return (struct hash_words){
		.first = (unsigned char)name[0],
		.between = (unsigned char)name[len / 2],
		.last = (unsigned char)name[len - 1],
	};
}

/* The hash of a name, of which the words have been read. */
static inline uint32_t hash_of_words(struct hash_words words, const char *name, size_t len)
{
	uint64_t h = hash_mix(words.first ^ WRIT_HASH_SEED, words.last ^ len * WRIT_HASH_MUL);

	for (size_t i = 16; i + 8 < len; i += 8)
		words.between = hash_mix(words.between ^ hash_load64(name + i), WRIT_HASH_MUL);
	h = hash_mix(h ^ words.between, WRIT_HASH_MUL);
	return (uint32_t)(h ^ h >> 32);
}

static inline uint32_t hash_name(const char *name, size_t len)
{
	return hash_of_words(hash_words(name, len), name, len);
}

#endif
