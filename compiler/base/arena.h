/*
 * One arena a compilation.
 *
 * Everything the compiler builds (source text, AST, IR, diagnostics, section bytes) is allocated
 * from one arena and freed together; nothing is freed on its own. Allocation can't fail from a
 * caller's point of view: when memory runs out the process says so and exits with status 70.
 * Memory is zeroed and aligned for any type.
 */
#ifndef WRIT_BASE_ARENA_H
#define WRIT_BASE_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_block *head;
	size_t used_bytes; /* in all blocks, for statistics */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);

/* Zeroed memory of size bytes; never NULL, also for size 0. */
void *arena_alloc(struct arena *arena, size_t size);

/* Grows ptr from old_size to new_size bytes by copying (the old block stays in the arena). */
void *arena_grow(struct arena *arena, const void *ptr, size_t old_size, size_t new_size);

/* A NUL-terminated copy of len bytes. */
char *arena_strndup(struct arena *arena, const char *ptr, size_t len);

/* Says that memory ran out and exits with status 70: for allocations of libraries we call. */
_Noreturn void arena_die(void);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
