/*
 * The working directory of a launch.
 */
#ifndef WRIT_RUNTIME_CWD_H
#define WRIT_RUNTIME_CWD_H

#include "runtime/launch.h"
#include "runtime/pool.h"

/* Sets launch->cwd, of the pool; wanted is NULL where the caller has no wish. Errors: NOMEM,
 * SYSTEM. */
int cwd_prepare(struct launch *launch, struct pool *pool, const char *wanted,
		struct writ_error *error);

#endif
