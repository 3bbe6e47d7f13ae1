/*
 * Where a policy's bundle lies, and what a monitor goes by: a sandbox that may write there could
 * replace it, and decide what the next launch may do, or approve its own call.
 */
#ifndef WRIT_RUNTIME_ORIGIN_H
#define WRIT_RUNTIME_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "runtime/pool.h"
#include "runtime/writ.h"

struct sandbox_source;
struct writ_sandbox;

/* The bundle, the state directory, and what else is kept. */
#define ORIGIN_PLACES ((size_t)2 + WRIT_MAX_KEPT)

struct origin_place {
	dev_t device;
	ino_t inode;
};

/* The file, every directory above it, and the same of symbolic links that led to it. */
struct origin {
	bool is_known; /* it is looked for when there is something to compare it with */
	bool is_link;
	const struct origin_place *places;
	size_t n;
};

/*
 * *out: the absolute form of what a bundle is read from, in the pool; NULL where the working
 * directory has no name. Errors: NOMEM.
 */
WRIT_MUST_CHECK int origin_name(const char **out, struct pool *pool, const char *path,
				struct writ_error *error);

/*
 * To be asked of everything that a sandbox may write; warns. origins, ORIGIN_PLACES of them, are
 * the caller's, zeroed before the first. What can't be examined is left out: nobody can write
 * through it by that name. Errors: NOMEM.
 */
WRIT_MUST_CHECK int origin_check(struct writ_sandbox *sandbox, const struct sandbox_source *source,
				 struct origin *origins, const struct stat *written);

#endif
