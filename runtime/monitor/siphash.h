/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): 64 bits of bytes under a key of 128. Whoever chooses
 * the bytes but does not know the key can't make two of them collide.
 */
#ifndef WRIT_RUNTIME_MONITOR_SIPHASH_H
#define WRIT_RUNTIME_MONITOR_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16u

struct siphash {
	uint64_t v[4];
	uint64_t word; /* the bytes that do not make a whole one yet */
	uint64_t n_bytes;
};

void siphash_init(struct siphash *hash, const uint8_t key[SIPHASH_KEY_SIZE]);
void siphash_update(struct siphash *hash, const void *bytes, size_t size);
uint64_t siphash_final(struct siphash *hash);

/* The length, then the bytes: of several texts in a row each keeps its borders. NULL is "". */
void siphash_text(struct siphash *hash, const char *text);

#endif
