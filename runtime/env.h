/*
 * The environment of a launch: the names the sandbox lists, and nothing else.
 */
#ifndef WRIT_RUNTIME_ENV_H
#define WRIT_RUNTIME_ENV_H

#include "runtime/sandbox.h"

/* Copies the sandbox's list. Errors: NOMEM. */
WRIT_MUST_CHECK int env_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source);

/*
 * Fills envp, which has room for sandbox->n_env + 1 pointers, with pointers into the sandbox and
 * into the caller's environment; NULL-terminated.
 */
void env_select(const struct writ_sandbox *sandbox, const char *const *from, const char **envp);

/*
 * Leaves only the absolute elements of PATH: an empty or relative one is the directory a tool is
 * in, where it may have put a program of another's name. Without any, the variable goes. The new
 * entry is in the pool. 0, or -1 without memory.
 */
WRIT_MUST_CHECK int env_tidy_path(const char **envp, struct pool *pool);

/* The value of a name in an environment, or NULL. */
const char *env_get(const char *const *envp, const char *name);

#endif
