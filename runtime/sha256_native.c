/*
 * SHA-256 by the SHA extensions of x86_64 (Intel 64 and IA-32 Architectures Software Developer's
 * Manual, volume 2: SHA256RNDS2, SHA256MSG1, SHA256MSG2).
 *
 * In: eight words of state and whole blocks. Out: the state after them. The instructions keep the
 * state in two registers, with a, b, e, f in one and c, d, g, h in the other, the first of each on
 * top. Two rounds make the new a, b, e, f; the new c, d, g, h are the old a, b, e, f. The message
 * schedule is four registers of four words. Nothing but SSE2 is used beside the extension, so one
 * question to the processor is enough. Elsewhere there is no native way, and nobody calls it.
 */
#include "runtime/sha256_blocks.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#define LEAF_FEATURES 7u
#define EBX_SHA       (1u << 29)
#define WORDS         4u  /* in a register */
#define GROUPS        16u /* of four rounds, in a block */
#define BLOCK_BYTES   64u

/*
 * One CPUID, as each may be a trip to the hypervisor. That the leaf exists is not asked: a
 * processor without it answers zero (AMD) or with its last leaf, in which this bit is reserved and
 * zero on all that run x86_64.
 */
bool sha256_native(void)
{
	unsigned int eax;
	unsigned int ebx;
	unsigned int ecx;
	unsigned int edx;

	__cpuid_count(LEAF_FEATURES, 0, eax, ebx, ecx, edx);
	return ebx & EBX_SHA;
}

/* Four words of the message, the first at the bottom. */
static inline __m128i load_words(const uint8_t *p)
{
	uint32_t w[WORDS];

	memcpy(w, p, sizeof(w));
	return _mm_set_epi32((int)__builtin_bswap32(w[3]), (int)__builtin_bswap32(w[2]),
			     (int)__builtin_bswap32(w[1]), (int)__builtin_bswap32(w[0]));
}

/* W[t] to W[t + 3] from the sixteen words before them. */
__attribute__((target("sha"))) static inline __m128i schedule(__m128i w0, __m128i w4, __m128i w8,
							      __m128i w12)
{
	/* W[t - 7] to W[t - 4]. */
	__m128i w9 = _mm_or_si128(_mm_srli_si128(w8, 4), _mm_slli_si128(w12, 12));

	return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), w9), w12);
}

struct registers {
	__m128i abef;
	__m128i cdgh;
};

__attribute__((target("sha"))) static inline struct registers four_rounds(struct registers in,
									  __m128i w, size_t t)
{
	const void *k = sha256_k + t;
	__m128i wk = _mm_add_epi32(w, _mm_loadu_si128(k));
	struct registers out;

	out.cdgh = _mm_sha256rnds2_epu32(in.cdgh, in.abef, wk);
	out.abef = _mm_sha256rnds2_epu32(in.abef, out.cdgh, _mm_shuffle_epi32(wk, 0x0e));
	return out;
}

__attribute__((target("sha"))) static struct registers compress(struct registers before,
								const uint8_t *block)
{
	struct registers now = before;
	__m128i w[WORDS];

	for (size_t i = 0; i < WORDS; i++) {
		w[i] = load_words(block + i * sizeof(w[i]));
		now = four_rounds(now, w[i], i * WORDS);
	}
	for (size_t i = WORDS; i < GROUPS; i++) {
		__m128i next = schedule(w[0], w[1], w[2], w[3]);

		w[0] = w[1];
		w[1] = w[2];
		w[2] = w[3];
		w[3] = next;
		now = four_rounds(now, next, i * WORDS);
	}
	now.abef = _mm_add_epi32(now.abef, before.abef);
	now.cdgh = _mm_add_epi32(now.cdgh, before.cdgh);
	return now;
}

__attribute__((target("sha"))) void sha256_blocks_native(uint32_t state[8], const uint8_t *blocks,
							 size_t n)
{
	enum { A, B, C, D, E, F, G, H };
	uint32_t w[WORDS];
	struct registers now = {
		_mm_set_epi32((int)state[A], (int)state[B], (int)state[E], (int)state[F]),
		_mm_set_epi32((int)state[C], (int)state[D], (int)state[G], (int)state[H]),
	};

	for (; n; n--, blocks += BLOCK_BYTES)
		now = compress(now, blocks);
	memcpy(w, &now.abef, sizeof(w));
	state[A] = w[3];
	state[B] = w[2];
	state[E] = w[1];
	state[F] = w[0];
	memcpy(w, &now.cdgh, sizeof(w));
	state[C] = w[3];
	state[D] = w[2];
	state[G] = w[1];
	state[H] = w[0];
}

#else

bool sha256_native(void)
{
	return false;
}

void sha256_blocks_native(uint32_t state[8], const uint8_t *blocks, size_t n)
{
	sha256_blocks_portable(state, blocks, n);
}

#endif
