/*
 * The Landlock back end: the grants of a sandbox in; access bits per path, and what to ask of each
 * generation of kernels, out.
 */
#ifndef WRIT_BACKEND_LANDLOCK_H
#define WRIT_BACKEND_LANDLOCK_H

#include "base/vec.h"
#include "ir/ir.h"

/* A grant of the ruleset: one of the policy's paths, or an ELF interpreter (then path is NULL). */
struct landlock_path {
	const struct ir_path *path;
	struct str loader;
	uint32_t rights; /* WRIT_PATH_* */
	uint64_t access; /* LANDLOCK_ACCESS_FS_* */
};

struct landlock_plan {
	VEC(struct landlock_path) paths;
	VEC(struct writ_fmt_landlock) variants; /* ascending by abi, the first for ABI 1 */
};

/* archs: which filters are made, for their ELF interpreters and their calls. */
void landlock_lower(struct arena *arena, const struct ir_sandbox *sandbox,
		    const bool archs[ARCH__COUNT], struct landlock_plan *out);

#endif
