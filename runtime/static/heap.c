/*
 * malloc(3) and its family for the static writ, in place of its libc's, which are a twentieth of
 * the program: it allocates a few dozen times, from one thread, and ends.
 *
 * What is asked for is cut off an arena, one piece behind the other; what is larger has a mapping
 * of its own. Only the last piece, and a mapping, are given back.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT   16u
#define ARENA_BYTES 32768u
#define LARGE_BYTES 8192u

/* In front of what is handed out. */
union piece {
	size_t size; /* without this */
	char aligned[ALIGNMENT];
};

static _Alignas(ALIGNMENT) char arena[ARENA_BYTES];
static size_t used;

static void *map(size_t size)
{
	union piece *piece = mmap(NULL, size + sizeof(*piece), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (piece == MAP_FAILED)
		return NULL;
	piece->size = size;
	return piece + 1;
}

static bool is_in_arena(const union piece *piece)
{
	return (uintptr_t)piece - (uintptr_t)arena < ARENA_BYTES;
}

void *malloc(size_t size)
{
	union piece *piece;

	if (size > PTRDIFF_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (size > LARGE_BYTES || size + sizeof(*piece) > ARENA_BYTES - used)
		return map(size);
	piece = (union piece *)(void *)(arena + used);
	used += sizeof(*piece) + size;
	piece->size = size;
	return piece + 1;
}

void free(void *memory)
{
	union piece *piece = memory;
	size_t size;

	if (!memory)
		return;
	piece--;
	size = sizeof(*piece) + piece->size;
	if (!is_in_arena(piece))
		(void)munmap(piece, size);
	else if ((char *)piece + size == arena + used)
		used -= size;
}

/* A piece of the arena may have been somebody else's. */
void *calloc(size_t n, size_t size)
{
	size_t all;
	void *memory;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	memory = malloc(all);
	return memory ? memset(memory, 0, all) : NULL;
}

void *realloc(void *memory, size_t size)
{
	const union piece *piece = memory;
	void *larger;

	if (memory && piece[-1].size >= size)
		return memory;
	larger = malloc(size);
	if (larger && memory) {
		memcpy(larger, memory, piece[-1].size);
		free(memory);
	}
	return larger;
}
