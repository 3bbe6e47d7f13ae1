/*
 * SHA-256 as FIPS 180-4 writes it, with the names of its section 6.2: the schedule is kept as a
 * ring of sixteen words, computed while the rounds use it, which keeps everything in registers and
 * one cache line. Bytes go in in any portions; the digest does not depend on how they are cut. A
 * portion that is long enough to pay for the question goes to the processor's own instructions.
 */
#include "runtime/sha256.h"

#include <string.h>

#include "runtime/sha256_blocks.h"

#define NATIVE_BYTES ((size_t)4 << 10)

const uint32_t sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static inline uint32_t rotr(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static inline uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void store_be32(uint8_t *p, uint32_t x)
{
	p[0] = (uint8_t)(x >> 24);
	p[1] = (uint8_t)(x >> 16);
	p[2] = (uint8_t)(x >> 8);
	p[3] = (uint8_t)x;
}

/* W[t] for t >= 16, in the place of W[t - 16]. */
static inline void schedule(uint32_t w[16], unsigned int t)
{
	uint32_t w15 = w[(t + 1) & 15];
	uint32_t w2 = w[(t + 14) & 15];
	uint32_t s0 = rotr(w15, 7) ^ rotr(w15, 18) ^ w15 >> 3;
	uint32_t s1 = rotr(w2, 17) ^ rotr(w2, 19) ^ w2 >> 10;

	w[t & 15] += s0 + w[(t + 9) & 15] + s1;
}

static void compress(uint32_t state[8], const uint8_t *block)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
	uint32_t w[16];

	for (unsigned int t = 0; t < 16; t++)
		w[t] = load_be32(block + 4 * (size_t)t);
	for (unsigned int t = 0; t < 64; t++) {
		uint32_t t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g));
		uint32_t t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) +
			      ((a & b) ^ (a & c) ^ (b & c));

		if (t >= 16)
			schedule(w, t);
		t1 += sha256_k[t] + w[t & 15];
		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void sha256_blocks_portable(uint32_t state[8], const uint8_t *blocks, size_t n)
{
	for (; n; n--, blocks += SHA256_BLOCK)
		compress(state, blocks);
}

void sha256_init(struct sha256 *hash)
{
	static const uint32_t initial[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(hash->state, initial, sizeof(initial));
	hash->n_bytes = 0;
	hash->blocks = sha256_blocks_portable;
}

void sha256_update(struct sha256 *hash, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	size_t have = (size_t)(hash->n_bytes % SHA256_BLOCK);

	hash->n_bytes += size;
	if (size >= NATIVE_BYTES && sha256_native())
		hash->blocks = sha256_blocks_native;
	if (have) {
		size_t take = size < SHA256_BLOCK - have ? size : SHA256_BLOCK - have;

		memcpy(hash->block + have, p, take);
		p += take;
		size -= take;
		if (have + take < SHA256_BLOCK)
			return;
		hash->blocks(hash->state, hash->block, 1);
	}
	hash->blocks(hash->state, p, size / SHA256_BLOCK);
	if (size % SHA256_BLOCK)
		memcpy(hash->block, p + size / SHA256_BLOCK * SHA256_BLOCK, size % SHA256_BLOCK);
}

void sha256_final(struct sha256 *hash, uint8_t digest[SHA256_SIZE])
{
	static const uint8_t padding[SHA256_BLOCK] = {0x80};
	uint64_t n_bits = hash->n_bytes * 8;
	size_t have = (size_t)(hash->n_bytes % SHA256_BLOCK);
	uint8_t length[8];

	store_be32(length, (uint32_t)(n_bits >> 32));
	store_be32(length + 4, (uint32_t)n_bits);
	sha256_update(hash, padding, have < 56 ? 56 - have : 120 - have);
	sha256_update(hash, length, sizeof(length));
	for (unsigned int i = 0; i < 8; i++)
		store_be32(digest + 4 * (size_t)i, hash->state[i]);
}
