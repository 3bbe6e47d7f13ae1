/*
 * A bump allocator over blocks. A block begins with its header, which is the only thing written
 * after an allocation; the newest block is the one that is filled. See pool.h for where they come
 * from.
 */
#include "runtime/pool.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK_BYTES ((size_t)32 << 10)
#define BRIEF_BYTES ((size_t)4 << 10)

struct pool_block {
	struct pool_block *next;
	size_t size;
	size_t used;
};

#define ALIGN       alignof(max_align_t)
#define HEADER_SIZE ((sizeof(struct pool_block) + ALIGN - 1) & ~(ALIGN - 1))

/*
 * What one object at a time has for a block, whoever comes first; the others' are of the heap. A
 * process's first malloc is dear, and most have one launch at a time.
 */
static union {
	struct pool_block block;
	max_align_t alignment;
	unsigned char bytes[BRIEF_BYTES];
} spare;
static atomic_flag spare_is_taken = ATOMIC_FLAG_INIT;

static struct pool_block *get_brief(size_t size)
{
	if (size > sizeof(spare) || atomic_flag_test_and_set(&spare_is_taken))
		return calloc(1, size);
	return &spare.block;
}

static void put_brief(struct pool_block *block)
{
	if (block != &spare.block) {
		free(block);
		return;
	}
	/* Of what nobody has touched no page is needed. */
	memset(&spare, 0, block->used);
	atomic_flag_clear(&spare_is_taken);
}

static struct pool_block *get_pages(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

static struct pool_block *add_block(struct pool *pool, size_t payload)
{
	size_t least = pool->is_brief ? BRIEF_BYTES : BLOCK_BYTES;
	size_t size = HEADER_SIZE + payload;
	struct pool_block *block;

	if (size < least)
		size = least;
	if (size > POOL_MAX_BYTES - pool->total)
		return NULL;
	block = pool->is_brief ? get_brief(size) : get_pages(size);
	if (!block)
		return NULL;
	block->next = pool->head;
	block->size = size;
	block->used = HEADER_SIZE;
	pool->head = block;
	pool->total += size;
	return block;
}

void *pool_alloc(struct pool *pool, size_t size)
{
	struct pool_block *block = pool->head;
	void *ptr;

	if (size > POOL_MAX_BYTES)
		return NULL;
	size = (size + ALIGN - 1) & ~(ALIGN - 1);
	if (!block || size > block->size - block->used)
		block = add_block(pool, size);
	if (!block)
		return NULL;
	ptr = (char *)block + block->used;
	block->used += size;
	return ptr;
}

void *pool_array(struct pool *pool, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return pool_alloc(pool, bytes);
}

char *pool_strndup(struct pool *pool, const char *ptr, size_t len)
{
	char *copy = len < POOL_MAX_BYTES ? pool_alloc(pool, len + 1) : NULL;

	if (copy && len)
		memcpy(copy, ptr, len);
	return copy;
}

int pool_seal(struct pool *pool)
{
	struct pool_block *next;

	assert(!pool->is_brief);
	for (struct pool_block *block = pool->head; block; block = next) {
		next = block->next;
		if (mprotect(block, block->size, PROT_READ))
			return -1;
	}
	return 0;
}

void pool_free(const struct pool *pool)
{
	bool is_brief = pool->is_brief;
	struct pool_block *next;

	for (struct pool_block *block = pool->head; block; block = next) {
		next = block->next;
		if (is_brief)
			put_brief(block);
		else
			(void)munmap(block, block->size);
	}
}
