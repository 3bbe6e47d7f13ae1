/*
 * From a rule's tests back to the condition they were made of.
 */
#ifndef WRIT_LINK_BUNDLE_WHERE_H
#define WRIT_LINK_BUNDLE_WHERE_H

#include "base/arena.h"
#include "ir/ir.h"
#include "link/bundle_read.h"

/* All of PARTS; texts are slices of it, as they may share and overlap. */
struct ir_part *bundle_parts(struct arena *arena, const struct bundle_image *image);

struct ir_text bundle_text(struct ir_part *parts, struct writ_fmt_range range);

struct ir_endpoint bundle_endpoint(const struct bundle_image *image, struct ir_part *parts,
				   uint32_t index);

/* Where conditions are read from. policy: its parameters are there already. */
struct bundle_conditions {
	struct arena *arena;
	const struct bundle_image *image;
	const struct ir_policy *policy;
	struct ir_part *parts;
	bool broken; /* set for tests that no condition is written as */
};

/* The condition of a run of tests; NULL for none, and for broken ones. */
const struct ir_where *bundle_where(struct bundle_conditions *in, struct writ_fmt_range tests);

#endif
