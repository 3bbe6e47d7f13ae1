/*
 * The hash map: open addressing with linear probing, at most half full, never shrinking.
 *
 * Keys are borrowed byte strings; a slot is empty when its key's pointer is NULL, so a key's
 * pointer must not be. Lookups of the same keys give the same answers in every run: nothing is
 * seeded, and no order of slots is ever shown.
 */
#include "base/map.h"

#include <assert.h>

#define MAP_FIRST_CAP 16

/* FNV-1a with a last mix, since the low bits choose the slot. */
static uint64_t map_hash(struct str key)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ (unsigned char)key.ptr[i]) * 0x100000001b3u;
	return hash ^ (hash >> 32);
}

/* The slot that holds key, or the empty one where it would go. */
static struct map_slot *map_find(struct map_slot *slots, size_t cap, struct str key)
{
	size_t i = map_hash(key) & (cap - 1);

	while (slots[i].key.ptr && !str_eq(slots[i].key, key))
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static void map_widen(struct arena *arena, struct map *map)
{
	size_t cap = map->cap ? map->cap * 2 : MAP_FIRST_CAP;
	struct map_slot *slots = arena_alloc(arena, cap * sizeof(*slots));

	for (size_t i = 0; i < map->cap; i++) {
		if (map->slots[i].key.ptr)
			*map_find(slots, cap, map->slots[i].key) = map->slots[i];
	}
	map->slots = slots;
	map->cap = cap;
}

bool map_get(const struct map *map, struct str key, uint32_t *value)
{
	const struct map_slot *slot;

	if (!map->cap)
		return false;
	slot = map_find(map->slots, map->cap, key);
	if (!slot->key.ptr)
		return false;
	if (value)
		*value = slot->value;
	return true;
}

bool map_put(struct arena *arena, struct map *map, struct str key, uint32_t value)
{
	struct map_slot *slot;

	assert(key.ptr);
	if ((map->n + 1) * 2 > map->cap)
		map_widen(arena, map);
	slot = map_find(map->slots, map->cap, key);
	if (slot->key.ptr)
		return false;
	*slot = (struct map_slot){key, value};
	map->n++;
	return true;
}
