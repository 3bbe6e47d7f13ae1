/*
 * SHA-256's compression of whole blocks: in C, and by the processor's own instructions where there
 * are some. Both do the same to the eight words of state.
 */
#ifndef WRIT_RUNTIME_SHA256_BLOCKS_H
#define WRIT_RUNTIME_SHA256_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const uint32_t sha256_k[64]; /* the constants of FIPS 180-4, section 4.2.2 */

void sha256_blocks_portable(uint32_t state[8], const uint8_t *blocks, size_t n);

/* Has this processor instructions for it? Asking costs as much as hashing some 2 KB in C. */
bool sha256_native(void);

/* Only where sha256_native() says so. */
void sha256_blocks_native(uint32_t state[8], const uint8_t *blocks, size_t n);

#endif
