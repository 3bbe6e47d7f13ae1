/*
 * Choosing how the limit on a launch's processes is enforced.
 *
 * An ordinary user's launch gets a user namespace of its own, in which RLIMIT_NPROC counts only
 * what is in it; where that can't be had, RLIMIT_NPROC bounds the user's processes altogether,
 * those it has now plus the launch's. uid 0 is not bound by RLIMIT_NPROC: there it is a pids cgroup
 * or nothing.
 */
#ifndef WRIT_RUNTIME_PROCESSES_H
#define WRIT_RUNTIME_PROCESSES_H

#include "runtime/sandbox.h"

/* Is the limit one process? Then every filter refuses to make another, and there is nothing to
 * count. */
bool processes_alone(const struct writ_sandbox *sandbox);

/* Errors: HOST, NOMEM. */
WRIT_MUST_CHECK int processes_prepare(struct writ_sandbox *sandbox,
				      const struct sandbox_source *source);

/* RLIMIT_NPROC for a launch now, by a plan; 0: leave it alone. */
uint64_t processes_rlimit(const struct writ_sandbox *sandbox, enum process_plan plan);

#endif
