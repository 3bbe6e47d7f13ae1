#include <criterion/criterion.h>

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"

static struct arena arena;

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	arena_fini(&arena);
}

TestSuite(arena, .init = setup, .fini = teardown);

static int is_zero(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i])
			return 0;
	}
	return 1;
}

Test(arena, memory_is_zeroed_and_never_shared)
{
	unsigned char *blocks[2000];
	size_t size = 0;

	for (size_t i = 0; i < 2000; i++) {
		size = i * 37 % 5000 + 1;
		blocks[i] = arena_alloc(&arena, size);
		cr_assert(is_zero(blocks[i], size), "block %zu", i);
		memset(blocks[i], (int)(i % 255) + 1, size);
	}
	for (size_t i = 0; i < 2000; i++) {
		size = i * 37 % 5000 + 1;
		cr_assert_eq(blocks[i][0], i % 255 + 1);
		cr_assert_eq(blocks[i][size - 1], i % 255 + 1);
	}
}

Test(arena, memory_is_aligned_for_any_type)
{
	for (size_t size = 0; size < 100; size++)
		cr_assert_eq((uintptr_t)arena_alloc(&arena, size) % _Alignof(max_align_t), 0);
}

Test(arena, size_zero_is_not_null)
{
	cr_assert_not_null(arena_alloc(&arena, 0));
}

Test(arena, a_large_request_leaves_the_current_block_usable)
{
	char *first = arena_alloc(&arena, 16);
	char *large = arena_alloc(&arena, 10 << 20);
	char *second = arena_alloc(&arena, 16);

	memset(large, 'x', 10 << 20);
	memset(first, 'a', 16);
	memset(second, 'b', 16);
	cr_assert_eq(first[15], 'a');
	cr_assert_eq(large[0], 'x');
	cr_assert_eq(large[(10 << 20) - 1], 'x');
}

Test(arena, growing_copies_and_zeroes_the_rest)
{
	char *old = arena_strndup(&arena, "abc", 3);
	char *grown = arena_grow(&arena, old, 3, 64);

	cr_assert_eq(memcmp(grown, "abc", 3), 0);
	cr_assert(is_zero((unsigned char *)grown + 3, 61));
	cr_assert_not_null(arena_grow(&arena, NULL, 0, 8));
}

Test(arena, strndup_terminates_its_copy)
{
	cr_assert_str_eq(arena_strndup(&arena, "policy", 3), "pol");
	cr_assert_str_eq(arena_strndup(&arena, "", 0), "");
}

Test(arena, vec_push_keeps_order_and_zeroes_items)
{
	VEC(struct {
		int a;
		int b;
	})
	items = {0};

	for (int i = 0; i < 1000; i++)
		vec_push(&arena, &items)->a = i;
	cr_assert_eq(items.n, 1000);
	for (int i = 0; i < 1000; i++) {
		cr_assert_eq(items.items[i].a, i);
		cr_assert_eq(items.items[i].b, 0);
	}
}

Test(arena, an_impossible_size_ends_the_process_with_70, .exit_code = 70)
{
	arena_alloc(&arena, SIZE_MAX - 8);
}
