/*
 * A string with its length beside it. Not owned: it points into the arena or into static storage,
 * and need not be NUL-terminated (arena copies are).
 */
#ifndef WRIT_BASE_STR_H
#define WRIT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct str {
	const char *ptr;
	size_t len;
};

/* For printf: printf("%.*s", STR_ARG(name)). */
#define STR_ARG(s) (int)(s).len, (s).ptr

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

struct str str_from(const char *cstr);
struct str str_copy(struct arena *arena, const char *ptr, size_t len);
bool str_eq(struct str a, struct str b);
bool str_eq_cstr(struct str a, const char *b);

/* Bytewise order, shorter first on a common prefix: <0, 0 or >0. */
int str_cmp(struct str a, struct str b);

/*
 * Of n items of item_size bytes, sorted by a struct str name_at bytes into each: the index of the
 * first whose name is not less than key, or n.
 */
size_t str_lower_bound(const void *items, size_t n, size_t item_size, size_t name_at,
		       struct str key);

/* The same in a vector, by a member of its items. */
#define STR_LOWER_BOUND(vec, member, key)                                                          \
	str_lower_bound((vec)->items, (vec)->n, sizeof(*(vec)->items),                             \
			offsetof(__typeof__(*(vec)->items), member), key)

__attribute__((format(printf, 2, 3))) struct str str_printf(struct arena *arena, const char *format,
							    ...);

/*
 * Damerau-Levenshtein distance of two names, or limit + 1 when it is more than limit. Names over 64
 * bytes count as too far. For "did you mean".
 */
unsigned str_distance(struct str a, struct str b, unsigned limit);

/* Keeps the candidate nearest to a misspelt name. */
struct str_nearest {
	struct str wanted;
	struct str best; /* .ptr NULL: nothing is near */
	unsigned distance;
};

struct str_nearest str_nearest(struct str wanted);
void str_nearest_offer(struct str_nearest *nearest, struct str candidate);

#endif
