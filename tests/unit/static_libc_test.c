/*
 * The heap and strtoul of the static writ, under other names.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define malloc  heap_malloc
#define calloc  heap_calloc
#define realloc heap_realloc
#define free    heap_free
#define strtoul static_strtoul
void *heap_malloc(size_t size);
void *heap_calloc(size_t n, size_t size);
void *heap_realloc(void *memory, size_t size);
void heap_free(void *memory);
unsigned long static_strtoul(const char *restrict text, char **restrict end, int base);
#include "runtime/static/heap.c"
#include "runtime/static/strtoul.c"
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef strtoul

static void fill(void *memory, int with, size_t size)
{
	cr_assert_not_null(memory);
	cr_assert_eq((uintptr_t)memory % 16, 0);
	memset(memory, with, size);
}

static void holds(const void *memory, int what, size_t size)
{
	const char *bytes = memory;

	for (size_t i = 0; i < size; i++)
		cr_assert_eq(bytes[i], (char)what, "byte %zu", i);
}

Test(static_libc, pieces_do_not_overlap)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 4096, 8192, 8193, 100000};
	char *pieces[sizeof(sizes) / sizeof(sizes[0])];

	/* More than the arena holds. */
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			pieces[i] = heap_malloc(sizes[i]);
			fill(pieces[i], (int)i + 1, sizes[i]);
		}
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			holds(pieces[i], (int)i + 1, sizes[i]);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i += 2)
			heap_free(pieces[i]);
	}
}

Test(static_libc, what_is_given_back_is_given_out_cleared)
{
	char *first = heap_malloc(100), *again;

	fill(first, 'x', 100);
	heap_free(first);
	again = heap_calloc(10, 10);
	cr_expect_eq(again, first);
	holds(again, 0, 100);
	heap_free(NULL);
}

Test(static_libc, what_grows_keeps_what_it_holds)
{
	char *memory = heap_realloc(NULL, 10);

	fill(memory, 'a', 10);
	for (size_t size = 10; size < 200000; size *= 3) {
		memory = heap_realloc(memory, size * 3);
		cr_assert_not_null(memory);
		holds(memory, 'a', size);
		memset(memory, 'a', size * 3);
	}
}

Test(static_libc, more_than_there_is_is_refused)
{
	volatile size_t most = SIZE_MAX;

	errno = 0;
	cr_expect_null(heap_malloc(most));
	cr_expect_eq(errno, ENOMEM);
	cr_expect_null(heap_malloc(most - 20));
	cr_expect_null(heap_malloc(PTRDIFF_MAX));
	errno = 0;
	cr_expect_null(heap_calloc(most / 2, 3));
	cr_expect_eq(errno, ENOMEM);
}

/* As libc reads it: value, where it ends, and errno. */
Test(static_libc, numbers_are_read_as_libc_reads_them)
{
	static const char *const texts[] = {"",
					    "x",
					    "0",
					    "7",
					    "  42 b",
					    "+5",
					    "-1",
					    "-",
					    "+-3",
					    "00012",
					    "18446744073709551615",
					    "18446744073709551616",
					    "-18446744073709551616",
					    "99999999999999999999999",
					    "12\n",
					    "\t\v9z"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *ours_end, *theirs_end;
		unsigned long ours, theirs;
		int ours_errno;

		errno = 0;
		ours = static_strtoul(texts[i], &ours_end, 10);
		ours_errno = errno;
		errno = 0;
		theirs = strtoul(texts[i], &theirs_end, 10);
		cr_expect_eq(ours, theirs, "'%s': %lu, not %lu", texts[i], ours, theirs);
		cr_expect_eq(ours_end, theirs_end, "'%s'", texts[i]);
		cr_expect_eq(ours_errno, errno, "'%s'", texts[i]);
		cr_expect_eq(static_strtoul(texts[i], NULL, 10), theirs);
	}
}
