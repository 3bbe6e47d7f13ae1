/*
 * Opening a granted path without being led astray by a tool.
 *
 * Grants may nest: one sandbox writes "/srv", another reads "/srv/docs". A tool in the first could
 * put a symbolic link to "/" where "/srv/docs" was, and a later launch of the second would be
 * granted that. So no symbolic link is followed in a tree that some sandbox of the policy may
 * write; those elsewhere (/lib, /usr/bin/python3) are the administrator's, and are followed.
 */
#ifndef WRIT_RUNTIME_RESOLVE_H
#define WRIT_RUNTIME_RESOLVE_H

#include <stddef.h>

#include "runtime/sandbox.h"

/* The directories that some sandbox of the policy may write below. */
struct writable_roots {
	struct sandbox_root *items;
	size_t n;
};

/* Finds them. The items are in the sandbox's pool. 0, or a negative error code. */
WRIT_MUST_CHECK int resolve_find_writable(struct writ_sandbox *sandbox,
					  const struct sandbox_source *source,
					  struct writable_roots *out);

/*
 * An O_PATH descriptor of an absolute, normalised path; or -1 with errno: ELOOP when a symbolic
 * link lies in a writable tree, or when there are too many of them.
 */
int resolve_open(const char *path, const struct writable_roots *writable);

#endif
