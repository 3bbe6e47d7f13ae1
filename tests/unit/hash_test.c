#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "link/name_index.h"
#include "runtime/hash.h"

/* The format's definition, word by word, as writ_format.h has it. */
static uint32_t by_the_book(const char *name, size_t len)
{
	uint64_t h = len * WRIT_HASH_SEED;

	for (size_t i = 0; i < len; i += 8) {
		uint64_t w = 0;

		for (size_t j = 0; j < 8 && i + j < len; j++)
			w |= (uint64_t)(unsigned char)name[i + j] << (8 * j);
		h = (h ^ w) * WRIT_HASH_MUL;
		h ^= h >> 32;
	}
	return (uint32_t)(h ^ h >> 29);
}

Test(hash, is_the_formats_on_both_sides)
{
	char name[64];

	srand(1);
	for (int round = 0; round < 2000; round++) {
		size_t len = (size_t)round % (sizeof(name) + 1);

		for (size_t i = 0; i < len; i++)
			name[i] = (char)(rand() >> 7);
		cr_assert_eq(hash_name(name, len), by_the_book(name, len), "length %zu", len);
		cr_assert_eq(name_hash((struct str){name, len}), by_the_book(name, len),
			     "length %zu", len);
	}
}

/* The tail is read without a loop: it must not look outside of the name. */
Test(hash, reads_nothing_but_the_name)
{
	for (size_t len = 1; len < 40; len++) {
		char *name = malloc(len);

		memset(name, 'x', len);
		cr_assert_eq(hash_name(name, len), by_the_book(name, len));
		free(name);
	}
}
