/*
 * A launch that runs: what writ_spawn hands to writ_wait.
 */
#ifndef WRIT_RUNTIME_PROCESS_H
#define WRIT_RUNTIME_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

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
	struct relay relay; /* standard output and error, when they are limited */
	const char *cgroup; /* to be removed, or NULL */
};

/* Frees it and closes what it holds; the process must have been reaped. */
void process_free(struct writ_process *process);

/* CLOCK_MONOTONIC in microseconds. */
uint64_t process_now_us(void);

#endif
