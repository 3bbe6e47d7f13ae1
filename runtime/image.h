/*
 * The bytes of a bundle in private memory, and the one way to get at its records.
 *
 * image_map() copies and checks the frame: header, digest, table of sections, gaps. Then every
 * section is an array with a count, and image_NAME(image, i) is its record i. An index must be
 * known to be in range: while a bundle is being verified that is what image_has() is for;
 * afterwards verification has established it, and the accessor's assertion only guards against bugs
 * of our own.
 */
#ifndef WRIT_RUNTIME_IMAGE_H
#define WRIT_RUNTIME_IMAGE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/writ.h"
#include "runtime/writ_format.h"

struct image_section {
	const void *records;
	uint32_t count;
};

struct image {
	uint8_t *bytes; /* mapped; read-only once sealed */
	size_t size;
	struct image_section sections[WRIT_KNOWN_SECTIONS + 1]; /* by enum writ_section_id */
};

#define SECTION(id, name, type)                                                                    \
	static inline const type *image_##name(const struct image *image, uint32_t index)          \
	{                                                                                          \
		const struct image_section *section = &image->sections[id];                        \
                                                                                                   \
		assert(index < section->count);                                                    \
		return (const type *)section->records + index;                                     \
	}
WRIT_SECTIONS(SECTION)
#undef SECTION

static inline uint32_t image_count(const struct image *image, enum writ_section_id id)
{
	return image->sections[id].count;
}

/* Does a run of records lie inside a section? Can't overflow. */
static inline bool image_has(const struct image *image, enum writ_section_id id, uint32_t first,
			     uint32_t count)
{
	uint32_t total = image->sections[id].count;

	return first <= total && count <= total - first;
}

/* The bytes of a string that verification has accepted and that is not empty; a NUL follows. */
static inline const char *image_str(const struct image *image, struct writ_fmt_str str)
{
	assert(image_has(image, WRIT_SECTION_STRINGS, str.offset, str.len));
	return (const char *)image->sections[WRIT_SECTION_STRINGS].records + str.offset;
}

/* A string that verification has accepted, NUL-terminated. */
static inline const char *image_text(const struct image *image, struct writ_fmt_str str)
{
	return str.len ? image_str(image, str) : "";
}

/* A system call rule, by the index in CALL_LISTS of a list that verification has accepted. */
static inline const struct writ_fmt_call *image_listed_call(const struct image *image,
							    uint32_t index)
{
	return image_CALLS(image, *image_CALL_LISTS(image, index));
}

/*
 * Does a list of system call rules that verification has accepted have one by which a supervisor
 * decides? Of all sandboxes together these are most indices that there are, each in its range.
 */
static inline bool image_list_notifies(const struct image *image, struct writ_fmt_range list)
{
	const struct writ_fmt_call *calls = image->sections[WRIT_SECTION_CALLS].records;
	const uint16_t *indices = image->sections[WRIT_SECTION_CALL_LISTS].records;

	for (uint32_t i = 0; i < list.count; i++) {
		if (calls[indices[list.first + i]].verdict == WRIT_CALL_NOTIFY)
			return true;
	}
	return false;
}

/* How many blocks a row of the decision table has. Its block_bits have been verified. */
static inline uint32_t image_blocks(const struct image *image)
{
	uint32_t bits = image_POLICY(image, 0)->block_bits;

	return (uint32_t)((image_count(image, WRIT_SECTION_COLUMNS) + (UINT64_C(1) << bits) - 1) >>
			  bits);
}

/* Reads a whole regular file. Errors: OPEN, FORMAT (too small or too large), NOMEM. */
WRIT_MUST_CHECK int image_read(struct image *image, const char *path, struct writ_error *error);

/* Copies bytes. Errors: FORMAT, NOMEM. */
WRIT_MUST_CHECK int image_copy(struct image *image, const void *bytes, size_t size,
			       struct writ_error *error);

/* Checks the frame and finds the sections. Errors: FORMAT, DIGEST, UNSUPPORTED. */
WRIT_MUST_CHECK int image_map(struct image *image, struct writ_error *error);

WRIT_MUST_CHECK int image_seal(struct image *image, struct writ_error *error);

/* Frees; also what a failed image_read left. */
void image_fini(struct image *image);

#endif
