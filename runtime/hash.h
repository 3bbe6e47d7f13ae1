/*
 * writ_name_hash() of docs/format.md: the hash by which names are found in a bundle's index tables.
 *
 * It is fast on short names and mixes well enough for tables at half load; it does not have to
 * resist an attacker, because a table is built once, by the compiler, and a bundle whose probes
 * grow long is refused.
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

/*
 * The last 1 to 7 bytes of a name of len bytes, as one zero-filled little-endian word, without a
 * loop.
 */
static inline uint64_t hash_tail(const char *name, size_t len)
{
	size_t n = len & 7;
	const char *p = name + (len - n);

	if (len >= 8)
		return hash_load64(name + len - 8) >> (8 * (8 - n));
	if (n >= 4)
		return hash_load32(p) | hash_load32(p + n - 4) << (8 * (n - 4));
	return (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << (8 * (n / 2)) |
	       (uint64_t)(unsigned char)p[n - 1] << (8 * (n - 1));
}

static inline uint64_t hash_mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * WRIT_HASH_MUL;
	return h ^ h >> 32;
}

static inline uint32_t hash_name(const char *name, size_t len)
{
	uint64_t h = len * WRIT_HASH_SEED;
	size_t i = 0;

	for (; i + 8 <= len; i += 8)
		h = hash_mix(h, hash_load64(name + i));
	if (i < len)
		h = hash_mix(h, hash_tail(name, len));
	return (uint32_t)(h ^ h >> 29);
}

#endif
