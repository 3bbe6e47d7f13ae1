/*
 * Building an index: twice as many slots as names, then names in order, each to the first free slot
 * from its hash on; and again with twice the slots until an empty slot is near everywhere. The
 * order of names is the caller's canonical one, so the table is the same every time.
 */
#include "link/name_index.h"

#include <string.h>

uint32_t name_hash(struct str name)
{
	uint64_t h = name.len * WRIT_HASH_SEED;

	for (size_t i = 0; i < name.len; i += 8) {
		size_t n = name.len - i < 8 ? name.len - i : 8;
		uint64_t w = 0;

		for (size_t j = 0; j < n; j++)
			w |= (uint64_t)(uint8_t)name.ptr[i + j] << 8 * j;
		h = (h ^ w) * WRIT_HASH_MUL;
		h ^= h >> 32;
	}
	return (uint32_t)(h ^ h >> 29);
}

static void insert(struct name_index *index, uint32_t hash, uint32_t id)
{
	size_t at = hash & (index->n - 1);

	while (index->slots[at].id != WRIT_NONE)
		at = (at + 1) & (index->n - 1);
	index->slots[at] = (struct writ_fmt_slot){hash, id};
}

/* Is there an empty slot within WRIT_MAX_PROBES of every slot? Runs may wrap around. */
static bool probes_are_short(const struct name_index *index)
{
	size_t run = 0;

	for (size_t i = 0; i < 2 * index->n; i++) {
		run = index->slots[i & (index->n - 1)].id == WRIT_NONE ? 0 : run + 1;
		if (run >= WRIT_MAX_PROBES)
			return false;
	}
	return true;
}

int name_index_build(struct arena *arena, const struct str *names, size_t n, struct name_index *out)
{
	size_t n_slots = 1;

	while (n_slots < 2 * n)
		n_slots *= 2;
	for (unsigned doubling = 0; doubling <= NAME_INDEX_MAX_DOUBLINGS; doubling++) {
		*out = (struct name_index){arena_alloc(arena, n_slots * sizeof(*out->slots)),
					   n_slots};
		for (size_t i = 0; i < n_slots; i++)
			out->slots[i].id = WRIT_NONE;
		for (size_t i = 0; i < n; i++)
			insert(out, name_hash(names[i]), (uint32_t)i);
		if (probes_are_short(out))
			return 0;
		n_slots *= 2;
	}
	return -1;
}
