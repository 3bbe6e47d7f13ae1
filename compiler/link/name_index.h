/*
 * The hash tables by which the runtime finds roles, users and tools (writ_format.h, struct
 * writ_fmt_slot).
 */
#ifndef WRIT_LINK_NAME_INDEX_H
#define WRIT_LINK_NAME_INDEX_H

#include "base/vec.h"
#include "base/str.h"
#include "runtime/writ_format.h"

/* Slots that a table may grow to beyond what its load needs: 2^this times as many. */
#define NAME_INDEX_MAX_DOUBLINGS 6u

struct name_index {
	struct writ_fmt_slot *slots;
	size_t n;
};

/* writ_name_hash() of the format. */
uint32_t name_hash(struct str name);

/*
 * A table of n distinct names, the id of each being its index. 0, or -1 when no allowed size makes
 * lookups short: names that were made to collide.
 */
__attribute__((warn_unused_result)) int name_index_build(struct arena *arena,
							 const struct str *names, size_t n,
							 struct name_index *out);

#endif
