/*
 * Growable arrays on an arena: VEC(type) is a struct of items, n and cap.
 *
 *	VEC(struct ir_role) roles = {0};
 *	struct ir_role *role = vec_push(arena, &roles);
 *
 * vec_push returns a pointer to the new, zeroed last item. Growing moves the items: keep indices,
 *not pointers, across a push.
 */
#ifndef WRIT_BASE_VEC_H
#define WRIT_BASE_VEC_H

#include <stddef.h>

#include "base/arena.h"

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t n;                                                                          \
		size_t cap;                                                                        \
	}

/* A named vector, where one is passed around: VEC_TYPE(ast_names, struct ast_name); */
#define VEC_TYPE(name, type)                                                                       \
	struct name {                                                                              \
		type *items;                                                                       \
		size_t n;                                                                          \
		size_t cap;                                                                        \
	}

/* Makes room for one more item of item_size bytes and returns the (perhaps moved) items. */
void *vec_reserve_one(struct arena *arena, void *items, size_t n, size_t *cap, size_t item_size);

#define vec_push(arena, vec)                                                                       \
	((vec)->items = vec_reserve_one((arena), (vec)->items, (vec)->n, &(vec)->cap,              \
					sizeof(__typeof__(*(vec)->items))),                        \
	 &(vec)->items[(vec)->n++])

#define vec_add(arena, vec, value) (*vec_push((arena), (vec)) = (value))

#endif
