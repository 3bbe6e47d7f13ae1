#include <criterion/criterion.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/name_index.h"
#include "runtime/hash.h"

static uint64_t bytes_at(const char *name, size_t at, size_t n)
{
	uint64_t w = 0;

	for (size_t i = n; i > 0; i--)
		w = w << 8 | (unsigned char)name[at + i - 1];
	return w;
}

/* The product by halves of the factors, as one does it on paper. */
static uint64_t product_folded(uint64_t x, uint64_t y)
{
	uint64_t low = (uint32_t)x * (y & UINT32_MAX), high = (x >> 32) * (y >> 32);
	uint64_t a = (x >> 32) * (y & UINT32_MAX), b = (uint32_t)x * (y >> 32);
	uint64_t carry = ((low >> 32) + (uint32_t)a + (uint32_t)b) >> 32;

	return (low + (a << 32) + (b << 32)) ^ (high + (a >> 32) + (b >> 32) + carry);
}

/* The format's definition, case by case, as writ_format.h has it. */
static uint32_t by_the_book(const char *name, size_t len)
{
	uint64_t a = 0, b = 0, c = 0, h;

	if (len >= 8) {
		a = bytes_at(name, 0, 8);
		b = bytes_at(name, len - 8 < 8 ? len - 8 : 8, 8);
		c = bytes_at(name, len - 8, 8);
		for (size_t i = 16; i < len - 8; i += 8)
			b = product_folded(b ^ bytes_at(name, i, 8), WRIT_HASH_MUL);
	} else if (len >= 4) {
		a = bytes_at(name, 0, 4);
		c = bytes_at(name, len - 4, 4);
	} else if (len > 0) {
		a = bytes_at(name, 0, 1);
		b = bytes_at(name, len / 2, 1);
		c = bytes_at(name, len - 1, 1);
	}
	h = product_folded(a ^ WRIT_HASH_SEED, c ^ len * WRIT_HASH_MUL);
	h = product_folded(h ^ b, WRIT_HASH_MUL);
	return (uint32_t)(h ^ h >> 32);
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

/* The loads overlap: they must not look outside of the name. */
Test(hash, reads_nothing_but_the_name)
{
	for (size_t len = 1; len < 40; len++) {
		char *name = malloc(len);

		memset(name, 'x', len);
		cr_assert_eq(hash_name(name, len), by_the_book(name, len));
		free(name);
	}
}

/* Names that count up, as generated ones do, fill a table at half load without long runs. */
Test(hash, tells_names_apart_that_count_up)
{
	static const char *const stems[] = {
		"", "t", "role", "user", "family7_tool", "a_long_name_of_"};
	static bool taken[1 << 15];

	for (size_t f = 0; f < sizeof(stems) / sizeof(stems[0]); f++) {
		unsigned collisions = 0;

		memset(taken, 0, sizeof(taken));
		for (unsigned i = 0; i < 8192; i++) {
			char name[48];
			int len = snprintf(name, sizeof(name), "%s%u", stems[f], i);
			uint32_t slot = hash_name(name, (size_t)len) % sizeof(taken);

			collisions += taken[slot];
			taken[slot] = true;
		}
		/* Of 8192 balls in 32768 bins, 943 fall on another one on average. */
		cr_expect(collisions > 800 && collisions < 1100, "%s: %u", stems[f], collisions);
	}
}
