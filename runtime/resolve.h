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

#define RESOLVER_LINKS      8
#define RESOLVER_LINK_BYTES 64

/* A symbolic link outside of every writable tree, and the path that it stands for. */
struct resolved_link {
	char path[RESOLVER_LINK_BYTES];
	char to[RESOLVER_LINK_BYTES];
	size_t path_len;
	size_t to_len;
};

/* What resolving the paths of one sandbox goes by, and what it has learned from earlier ones. */
struct resolver {
	struct sandbox_root *writable; /* directories that some sandbox of the policy may write */
	size_t n_writable;
	struct resolved_link links[RESOLVER_LINKS];
	size_t n_links;
	char found[WRIT_MAX_TEXT + 1]; /* the last path that was opened, without links */
};

/* Finds the writable directories; they are in the sandbox's pool. 0, or a negative error code. */
WRIT_MUST_CHECK int resolver_init(struct resolver *resolver, struct writ_sandbox *sandbox,
				  const struct sandbox_source *source);

/*
 * An O_PATH descriptor of an absolute, normalised path; or -1 with errno: ELOOP when a symbolic
 * link lies in a writable tree, or when there are too many of them.
 */
int resolve_open(const char *path, struct resolver *resolver);

#endif
