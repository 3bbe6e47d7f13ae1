/*
 * Finding a role, user or tool by name in one of a bundle's index tables.
 *
 * A lookup is a hash, a walk along at most WRIT_MAX_PROBES slots and usually one comparison of
 * bytes. It trusts what verification has established: a power of two of slots, ids in range, an
 * empty slot near every start.
 */
#ifndef WRIT_RUNTIME_INDEX_H
#define WRIT_RUNTIME_INDEX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "runtime/hash.h"
#include "runtime/image.h"

/*
 * Roles, users and columns begin with their name and have one size, so one lookup serves them all.
 */
#define INDEX_RECORD_SIZE 16u
_Static_assert(sizeof(struct writ_fmt_role) == INDEX_RECORD_SIZE, "one stride");
_Static_assert(sizeof(struct writ_fmt_user) == INDEX_RECORD_SIZE, "one stride");
_Static_assert(sizeof(struct writ_fmt_column) == INDEX_RECORD_SIZE, "one stride");
_Static_assert(offsetof(struct writ_fmt_role, name) == 0, "name first");
_Static_assert(offsetof(struct writ_fmt_user, name) == 0, "name first");
_Static_assert(offsetof(struct writ_fmt_column, name) == 0, "name first");

struct index {
	const struct writ_fmt_slot *slots;
	uint32_t mask; /* slots - 1 */
	const unsigned char *records;
	const char *strings;
};

/* One of a bundle's indexes, over records that verify_rbac has checked or is about to. */
static inline struct index index_of(const struct image *image, enum writ_section_id slots,
				    enum writ_section_id records)
{
	return (struct index){
		.slots = image->sections[slots].records,
		.mask = image_count(image, slots) - 1,
		.records = image->sections[records].records,
		.strings = image->sections[WRIT_SECTION_STRINGS].records,
	};
}

static inline struct writ_fmt_str index_name(const struct index *index, uint32_t id)
{
	struct writ_fmt_str name;

	memcpy(&name, index->records + (size_t)id * INDEX_RECORD_SIZE, sizeof(name));
	return name;
}

/* Are bytes, as many as the name has, the name? words are the name's. */
static inline bool index_same(const char *bytes, const char *name, size_t len,
			      struct hash_words words)
{
	struct hash_words own = hash_words(bytes, len);
	uint64_t difference = (own.first ^ words.first) | (own.between ^ words.between) |
			      (own.last ^ words.last);

	return difference == 0 && (len <= HASH_WORDS_BYTES || memcmp(bytes, name, len) == 0);
}

/* The id of a name, or WRIT_NONE. */
static inline uint32_t index_find(const struct index *index, const char *name, size_t len)
{
	const struct hash_words words = hash_words(name, len);
	uint32_t hash = hash_of_words(words, name, len);
	uint32_t at = hash & index->mask;

	for (;; at = (at + 1) & index->mask) {
		const struct writ_fmt_slot *slot = &index->slots[at];
		struct writ_fmt_str str;

		if (slot->id == WRIT_NONE)
			return WRIT_NONE;
		if (slot->hash != hash)
			continue;
		str = index_name(index, slot->id);
		if (str.len == len && index_same(index->strings + str.offset, name, len, words))
			return slot->id;
	}
}

#endif
