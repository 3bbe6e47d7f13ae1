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

/* The value of a name in an environment, or NULL. */
const char *env_get(const char *const *envp, const char *name);

#endif
