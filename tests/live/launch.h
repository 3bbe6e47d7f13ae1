/*
 * Runs one command the way a careless caller would: with a secret in the environment, descriptors
 * left open, an empty umask, signals blocked and ignored. What the sandbox is for is to undo all
 * that.
 *
 * The command runs under a process of its own that adopts orphans (PR_SET_CHILD_SUBREAPER), so that
 * whatever outlives the command is found, counted and ended.
 */
#ifndef TESTS_LIVE_LAUNCH_H
#define TESTS_LIVE_LAUNCH_H

#include <stdbool.h>

#include "world.h"

enum launch_flag {
	CWD_OUT = 1,   /* start in out/, not in box/ */
	STDIN_OUT = 2, /* standard input is the directory out/ */
	TTY = 4,       /* standard input is the controlling terminal */
};

#define RUNS_ON (-1) /* a status: still running at the deadline */

struct launch {
	char **argv;
	unsigned flags;
	int deadline_ms;
	int settle_ms; /* how long orphans may take to vanish */
};

#define LAUNCH_OUTPUT 4096

struct outcome {
	int status; /* as a shell tells it: exit status, or 128 + signal; or RUNS_ON */
	int left;   /* processes that outlived the command and its settling time */
	char output[LAUNCH_OUTPUT]; /* the beginning of standard output and standard error */
};

/* 0, or -1 when the command could not be tried at all. */
int launch(const struct world *world, const struct launch *launch, struct outcome *out);

#endif
