/*
 * Hash map from byte string to a 32-bit value (an index into some array). Keys are borrowed.
 * Iteration order is not offered: output must never depend on it.
 */
#ifndef WRIT_BASE_MAP_H
#define WRIT_BASE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct map_slot {
	struct str key; /* key.ptr == NULL: empty */
	uint32_t value;
};

struct map {
	struct map_slot *slots;
	size_t cap; /* zero or a power of two */
	size_t n;
};

/* True and *value set when key is present. value may be NULL. */
bool map_get(const struct map *map, struct str key, uint32_t *value);

/* Adds key, or returns false and leaves the map alone when key is there already. */
bool map_put(struct arena *arena, struct map *map, struct str key, uint32_t value);

#endif
