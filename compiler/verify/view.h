/*
 * The sections of a bundle as the provers look at them: arrays of the format's records, and nothing
 * that the compiler or the runtime makes of them.
 *
 * A prover trusts none of it: it compares a section's length with what the IR calls for before it
 * reads record i, and asks view_has() before it follows a range.
 */
#ifndef WRIT_VERIFY_VIEW_H
#define WRIT_VERIFY_VIEW_H

#include "ir/ir.h"

struct view_section {
	const void *records;
	uint32_t n;
};

struct view {
	struct view_section sections[WRIT_KNOWN_SECTIONS + 1]; /* by id */
};

#define VIEW_N(view, section) ((view)->sections[WRIT_SECTION_##section].n)

/* Record i of a section whose records are structs; i is below VIEW_N. */
#define VIEW_AT(view, section, type, index)                                                        \
	(&((const struct writ_fmt_##type *)(view)->sections[WRIT_SECTION_##section].records)[(     \
		index)])

/* The records of a section of plain numbers. */
#define VIEW_ALL(view, section, type)                                                              \
	((const type *)(view)->sections[WRIT_SECTION_##section].records)

/* Does the section have all records of the run? */
bool view_has(const struct view *view, enum writ_section_id section, struct writ_fmt_range range);

/* The text in STRINGS, or an empty one when it is not in there. */
struct str view_str(const struct view *view, struct writ_fmt_str str);

/* Is the run of PARTS this text, part for part? */
bool view_text_is(const struct view *view, struct writ_fmt_range range, const struct ir_text *text);

/* Is the record this endpoint? */
bool view_endpoint_is(const struct view *view, const struct writ_fmt_endpoint *record,
		      const struct ir_endpoint *endpoint);

#endif
