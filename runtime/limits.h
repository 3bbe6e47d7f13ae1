/*
 * Limits that the kernel keeps for a process: resource limits and the set of processors.
 */
#ifndef WRIT_RUNTIME_LIMITS_H
#define WRIT_RUNTIME_LIMITS_H

#include <sys/resource.h>

#include "runtime/sandbox.h"

#define LIMITS_MAX_ROWS  10u
#define LIMITS_CPU_WORDS 16u /* 1024 processors */

struct limits_row {
	int resource;
	struct rlimit value;
};

/* What a launch applies: computed in the parent, applied in the child. */
struct limits_plan {
	struct limits_row rows[LIMITS_MAX_ROWS];
	size_t n;
	unsigned long cpus[LIMITS_CPU_WORDS];
	size_t cpu_bytes; /* 0: all processors stay allowed */
};

/* n_tasks: RLIMIT_NPROC, or 0 to leave it alone. 0, or a negative errno. */
int limits_plan(const struct writ_sandbox *sandbox, uint64_t n_tasks, struct limits_plan *plan);

/* Applies a plan to the calling process. 0 or a negative errno. Safe between clone and execve. */
int limits_apply(const struct limits_plan *plan);

#endif
