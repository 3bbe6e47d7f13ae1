/*
 * Landlock: which files may be touched and which TCP ports used (landlock(7)).
 */
#ifndef WRIT_RUNTIME_LANDLOCK_H
#define WRIT_RUNTIME_LANDLOCK_H

#include "runtime/sandbox.h"

/* Opens the granted paths and builds the ruleset. Errors: HOST, NOMEM, SYSTEM. */
WRIT_MUST_CHECK int landlock_prepare(struct writ_sandbox *sandbox,
				     const struct sandbox_source *source);

/*
 * Makes the ruleset that the recipe describes, with the roots of what has been mounted since. A
 * descriptor, or a negative errno. Safe between clone and execve.
 */
int landlock_build(const struct writ_sandbox *sandbox, const int *roots);

/* Confines the calling thread. 0 or a negative errno. Safe between clone and execve. */
int landlock_enter(int ruleset);

/*
 * Takes LANDLOCK_NET_* rights from the calling thread, on all ports. 0 or a negative errno. Safe
 * between clone and execve.
 */
int landlock_refuse_net(uint64_t rights);

#endif
