/*
 * Building an index: twice as many slots as names, then names in order, each to the first free slot
 * from its hash on; and again with twice the slots until an empty slot is near everywhere. The
 * order of names is the caller's canonical one, so the table is the same every time.
 */
#include "link/name_index.h"

#include <string.h>

/* n bytes of a name from at on, little-endian. */
static uint64_t word(struct str name, size_t at, size_t n)
{
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)(uint8_t)name.ptr[at + i] << 8 * i;
	return w;
}

static uint64_t mix(uint64_t x, uint64_t y)
{
	__extension__ const unsigned __int128 product = (unsigned __int128)x * y;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint32_t name_hash(struct str name)
{
	size_t n = name.len < 4 ? name.len > 0 : name.len < 8 ? 4 : 8;
	uint64_t first = word(name, 0, n), between = 0, last = word(name, name.len - n, n), h;

	if (n == 1)
		between = word(name, name.len / 2, 1);
	if (n == 8)
		between = word(name, name.len < 16 ? name.len - 8 : 8, 8);
	for (size_t i = 16; i + 8 < name.len; i += 8)
		between = mix(between ^ word(name, i, 8), WRIT_HASH_MUL);
	h = mix(first ^ WRIT_HASH_SEED, last ^ name.len * WRIT_HASH_MUL);
	h = mix(h ^ between, WRIT_HASH_MUL);
	return (uint32_t)(h ^ h >> 32);
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
