/*
 * A launch that runs: what writ_spawn hands to writ_wait.
 */
#ifndef WRIT_RUNTIME_PROCESS_H
#define WRIT_RUNTIME_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/cgroup.h"
#include "runtime/keeper.h"
#include "runtime/net_plan.h"
#include "runtime/pool.h"
#include "runtime/relay.h"
#include "runtime/writ.h"

struct writ_process {
	struct pool pool; /* what this is in, and what it was launched with */
	pid_t pid;        /* also its group and session */
	int pidfd;
	atomic_bool killed; /* by writ_kill */
	uint64_t started_us;
	bool has_wall;
	uint64_t deadline_us;
	uint64_t cpu_limit_us;       /* of the command or, in a cgroup, of all; 0: none */
	uint64_t callers_peak_bytes; /* of resident memory, when the command was executed */
	bool has_file_size;
	bool in_cgroup_v1_memory;   /* where the kernel ends one process, not all */
	struct relay relay;         /* standard output and error, when they are limited */
	char *stack;                /* of a child that was parked; NULL: there was none */
	struct keeper keeper;       /* the parent of pid, where there is one; then pidfd is its */
	struct net_servers servers; /* of this launch, in place of the sandbox's; none: n is 0 */
	struct cgroup cgroup;       /* to be removed; empty: none was made */
};

/* Frees it and closes what it holds; the process must have been reaped. */
void process_free(struct writ_process *process);

/* CLOCK_MONOTONIC in microseconds. */
uint64_t process_now_us(void);

#endif
