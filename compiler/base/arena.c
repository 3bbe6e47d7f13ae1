/*
 * The arena: a list of zeroed blocks, the newest first.
 *
 * Requests come in, pointers into the newest block go out; a request too big for a block gets one
 * of its own, put behind the newest so that the rest of that one stays usable. Blocks double in
 * size: many arenas live for one short step. Invariant: every byte that was not handed out is zero,
 * because blocks come from calloc and are never reused.
 *
 * Under AddressSanitizer every request gets its own block, so that an overrun of one object is seen
 * instead of landing in its neighbour.
 */
#include "base/arena.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

#define ARENA_FIRST_BYTES ((size_t)2 << 10)
#define ARENA_BLOCK_BYTES ((size_t)64 << 10)
#define ARENA_EXIT_OOM    70 /* EX_SOFTWARE of sysexits.h */
#define VEC_FIRST_CAP     4

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ONE_BLOCK_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ONE_BLOCK_EACH 1
#endif
#endif
#ifndef ARENA_ONE_BLOCK_EACH
#define ARENA_ONE_BLOCK_EACH 0
#endif

struct arena_block {
	struct arena_block *next;
	size_t cap;
	size_t used;
	max_align_t data[];
};

_Noreturn void arena_die(void)
{
	fputs("writc: out of memory\n", stderr);
	exit(ARENA_EXIT_OOM);
}

static struct arena_block *block_new(size_t cap)
{
	struct arena_block *block = NULL;
	size_t bytes;

	if (!__builtin_add_overflow(cap, sizeof(*block), &bytes))
		block = calloc(1, bytes);
	if (!block)
		arena_die();
	block->cap = cap;
	return block;
}

static size_t round_up(size_t size)
{
	const size_t align = _Alignof(max_align_t);
	size_t sum;

	if (__builtin_add_overflow(size, align - 1, &sum))
		arena_die();
	return sum & ~(align - 1);
}

static size_t next_cap(const struct arena_block *head)
{
	if (!head)
		return ARENA_FIRST_BYTES;
	return head->cap < ARENA_BLOCK_BYTES / 2 ? 2 * head->cap : ARENA_BLOCK_BYTES;
}

/* A block with room for size bytes. */
static struct arena_block *arena_room(struct arena *arena, size_t size)
{
	struct arena_block *head = arena->head;
	size_t cap = next_cap(head);
	bool alone = ARENA_ONE_BLOCK_EACH || size > cap / 4;
	struct arena_block *block;

	if (head && head->cap - head->used >= size && !ARENA_ONE_BLOCK_EACH)
		return head;
	block = block_new(alone ? size : cap);
	if (head && alone) {
		block->next = head->next;
		head->next = block;
	} else {
		block->next = head;
		arena->head = block;
	}
	return block;
}

void arena_init(struct arena *arena)
{
	*arena = (struct arena){0};
}

void arena_fini(struct arena *arena)
{
	struct arena_block *next;

	for (struct arena_block *block = arena->head; block; block = next) {
		next = block->next;
		free(block);
	}
	*arena = (struct arena){0};
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t bytes = ARENA_ONE_BLOCK_EACH ? size : round_up(size ? size : 1);
	struct arena_block *block = arena_room(arena, bytes);
	char *ptr = (char *)block->data + block->used;

	block->used += bytes;
	arena->used_bytes += bytes;
	return ptr;
}

void *arena_grow(struct arena *arena, const void *ptr, size_t old_size, size_t new_size)
{
	void *copy = arena_alloc(arena, new_size);

	if (old_size)
		memcpy(copy, ptr, old_size < new_size ? old_size : new_size);
	return copy;
}

char *arena_strndup(struct arena *arena, const char *ptr, size_t len)
{
	size_t bytes;
	char *copy;

	if (__builtin_add_overflow(len, (size_t)1, &bytes))
		arena_die();
	copy = arena_alloc(arena, bytes);
	if (len)
		memcpy(copy, ptr, len);
	return copy;
}

void *vec_reserve_one(struct arena *arena, void *items, size_t n, size_t *cap, size_t item_size)
{
	size_t new_cap = *cap ? *cap * 2 : VEC_FIRST_CAP;
	size_t bytes;

	if (n < *cap)
		return items;
	if (new_cap <= n || __builtin_mul_overflow(new_cap, item_size, &bytes))
		arena_die();
	*cap = new_cap;
	return arena_grow(arena, items, n * item_size, bytes);
}
