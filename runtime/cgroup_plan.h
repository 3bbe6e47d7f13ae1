/*
 * Choosing which limits of a sandbox a cgroup keeps, for all processes of a launch together.
 *
 * Making a cgroup costs a launch a tenth of a millisecond or two, so none is made that no limit
 * asks for: memory and cpu do wherever one can be had, and processes where nothing else counts
 * them (root) or one is made anyway. Where none can be had, memory and cpu are resource limits of
 * each process by itself; writ_sandbox_limit() says which it is.
 */
#ifndef WRIT_RUNTIME_CGROUP_PLAN_H
#define WRIT_RUNTIME_CGROUP_PLAN_H

#include "runtime/sandbox.h"

/* Fills sandbox->cgroups. Errors: NOMEM. */
WRIT_MUST_CHECK int cgroup_plan(struct writ_sandbox *sandbox, const struct sandbox_source *source);

#endif
