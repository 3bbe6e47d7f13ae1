/*
 * Reading a bundle back, for tools that show or compare it.
 *
 * Verified bytes in, sections out. What is a good bundle is for one place to say, the runtime's
 * writ_verify(); whoever has bytes from elsewhere calls it first, and then every reference between
 * records can be followed without a check.
 */
#ifndef WRIT_LINK_BUNDLE_READ_H
#define WRIT_LINK_BUNDLE_READ_H

#include "base/str.h"
#include "link/bundle.h"
#include "runtime/writ_format.h"

struct bundle_section {
	const void *records;
	uint32_t n;
};

struct bundle_image {
	struct bytes bytes;
	const struct writ_fmt_header *header;
	struct bundle_section sections[WRIT_KNOWN_SECTIONS + 1]; /* by id */
};

/* Reads a file of at most WRIT_MAX_BUNDLE bytes. 0, or a negative errno (-EISDIR, -EFBIG, …). */
__attribute__((warn_unused_result)) int bundle_load(struct arena *arena, const char *path,
						    struct bytes *out);

/* Finds the sections of bytes that writ_verify() has accepted. The image points into the bytes. */
void bundle_read(struct bytes bytes, struct bundle_image *out);

/* The text that a record names. */
struct str bundle_str(const struct bundle_image *image, struct writ_fmt_str str);

/* A rule of a sandbox's list of system calls. */
const struct writ_fmt_call *bundle_call(const struct bundle_image *image,
					const struct writ_fmt_sandbox *sandbox, uint32_t index);

/* The cell of a row and a column of the decision table: 0, a rule or a chain (writ_format.h). */
uint16_t bundle_cell(const struct bundle_image *image, uint32_t row, uint32_t column);

/* Typed access: BUNDLE_AT(image, RULES, rule, i) declares nothing and is a const pointer to record
 * i. */
#define BUNDLE_AT(image, section, type, index)                                                     \
	(&((const struct writ_fmt_##type *)(image)->sections[WRIT_SECTION_##section].records)[(    \
		index)])
#define BUNDLE_N(image, section) ((image)->sections[WRIT_SECTION_##section].n)

#endif
