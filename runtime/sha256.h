/*
 * SHA-256, FIPS 180-4. Guards a bundle against damage; it is no signature.
 */
#ifndef WRIT_RUNTIME_SHA256_H
#define WRIT_RUNTIME_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE  32u
#define SHA256_BLOCK 64u

struct sha256 {
	uint32_t state[8];
	uint64_t n_bytes;
	void (*blocks)(uint32_t state[8], const uint8_t *blocks, size_t n); /* the way in use */
	uint8_t block[SHA256_BLOCK]; /* the n_bytes % SHA256_BLOCK bytes not yet hashed */
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *bytes, size_t size);
void sha256_final(struct sha256 *hash, uint8_t digest[SHA256_SIZE]);

#endif
