/*
 * Where a policy's bundle lies: a sandbox that may write there could replace it, and decide what
 * the next launch may do.
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

struct origin_place {
	dev_t device;
	ino_t inode;
};

/* The file, every directory above it, and the same of symbolic links that led to it. */
struct origin {
	const char *path; /* absolute; NULL: of no file */
	bool is_link;
	const struct origin_place *places;
	size_t n;
};

/* Errors: NOMEM. What can't be examined is left out: nobody can write through it by that name. */
WRIT_MUST_CHECK int origin_find(struct origin *origin, struct pool *pool, const char *path,
				struct writ_error *error);

/* To be asked of everything that a sandbox may write; warns. Errors: NOMEM. */
WRIT_MUST_CHECK int origin_check(struct writ_sandbox *sandbox, const struct sandbox_source *source,
				 const struct stat *written);

#endif
