/*
 * Memory of one opened object (a policy, a sandbox, a launch): allocated piece by piece while it is
 * made, sealed read-only when it is complete (but for a launch), freed together. Pages come from
 * mmap, so that sealing one object never touches another's. What is brief and never sealed, a
 * launch, has small blocks that are no pages of their own: to give some back to the kernel makes
 * every processor forget them that has run one of our threads or children.
 */
#ifndef WRIT_RUNTIME_POOL_H
#define WRIT_RUNTIME_POOL_H

#include <stdbool.h>
#include <stddef.h>

#define POOL_MAX_BYTES                                                                             \
	((size_t)1 << 30) /* of one pool: what a hostile bundle can make us allocate */

struct pool_block;

struct pool {
	struct pool_block *head;
	size_t total;
	bool is_brief; /* set when it is made; such a pool is not sealed */
};

/* Zeroed memory for any type, or NULL. */
void *pool_alloc(struct pool *pool, size_t size);

/*
 * n items of size bytes; NULL also when that overflows. Never NULL for n == 0 while there is
 * memory.
 */
void *pool_array(struct pool *pool, size_t n, size_t size);

/* A NUL-terminated copy, or NULL. */
char *pool_strndup(struct pool *pool, const char *ptr, size_t len);

/*
 * Makes everything allocated so far read-only. 0, or -1 with errno. Nothing may be allocated
 * afterwards.
 */
int pool_seal(struct pool *pool);

/* Frees everything. The pool itself may live in its own memory: it is copied first. */
void pool_free(const struct pool *pool);

#endif
