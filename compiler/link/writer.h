/*
 * The bundle as it grows: one buffer a section, and the pool of strings.
 *
 * Records are appended section by section in any order; writer_finish lays the sections out, sets
 * the header and signs off with the digest. Nothing in here knows what a record means.
 */
#ifndef WRIT_LINK_WRITER_H
#define WRIT_LINK_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "link/bundle.h"
#include "runtime/writ_format.h"

struct writer_section {
	uint8_t *ptr;
	size_t size;
	size_t cap;
};

struct writer {
	struct arena *arena;
	struct writer_section sections[WRIT_KNOWN_SECTIONS + 1]; /* by id */
	struct map strings;                                      /* text to offset */
	size_t total;
	bool size_only; /* nothing is kept, only counted: to know whether it would be too large */
	bool too_large; /* more than WRIT_MAX_BUNDLE: nothing is added any more */
};

/* The size of a section's records. */
size_t writer_record_size(enum writ_section_id section);

/* Appends n records and returns the index of the first. */
uint32_t writer_add(struct writer *writer, enum writ_section_id section, const void *records,
		    size_t n);

/* How many records a section has so far. */
uint32_t writer_count(const struct writer *writer, enum writ_section_id section);

/* The run of records from first to the section's end; 0, 0 when there are none. */
struct writ_fmt_range writer_range(const struct writer *writer, enum writ_section_id section,
				   uint32_t first);

/* Puts a text into the pool, once. The empty text is 0, 0. */
struct writ_fmt_str writer_str(struct writer *writer, struct str text);

/*
 * 0 with *out in the arena, empty under size_only; or -1 when the bundle is larger than
 * WRIT_MAX_BUNDLE.
 */
__attribute__((warn_unused_result)) int writer_finish(struct writer *writer, struct bytes *out);

#endif
