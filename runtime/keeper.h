/*
 * The keeper: a process of ours that stays with a launch and ends it.
 *
 * It shares the caller's memory, on a stack of its own, and starts the command as its child: so the
 * command can be in namespaces that the caller is not in, orphans have somebody who reaps them, and
 * somebody is left to kill all when the caller dies. In a PID namespace it is process 1, whose end
 * is everybody's. It is not in the launch's cgroup: its memory is the caller's, which would be
 * charged with it and killed with it.
 */
#ifndef WRIT_RUNTIME_KEEPER_H
#define WRIT_RUNTIME_KEEPER_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

struct broker;
struct launch;

/* What the two share; in the caller's memory until the keeper has been reaped. */
struct keeper {
	bool is_active;
	bool is_init;          /* process 1 of a PID namespace */
	bool dies_with_caller; /* of one whose command is parked: as far as known by now */
	int caller;            /* a pidfd of it, where the command is parked; or -1 */
	pid_t pid;             /* as the caller knows it */

	char *memory; /* its stack, the command's until that is executed, a thread pointer */
	int ends[2];  /* a socket pair, the caller's and the keeper's: each closes the other's */
	struct launch *launch; /* the caller's: not touched any more once it has been told */

	pid_t leader; /* the command, as the keeper knows it */
	int signals;
	struct broker *broker; /* for the files that the command names; or NULL */
	/* Written before has_ended is set, read afterwards. */
	siginfo_t end;       /* of the command */
	struct rusage usage; /* of all processes of the launch */
	atomic_bool has_ended;
};

/*
 * Starts a launch that is prepared: returns when the command has been executed, or has failed as
 * launch->error tells. The command's process id, or a negative errno when there is no keeper. All
 * signals are blocked. runtime/keeper_start.c
 */
int keeper_start(struct keeper *keeper, struct launch *launch, int *pidfd);

/* Kills everything, by the keeper's pidfd. Safe in a signal handler. */
void keeper_kill(const struct keeper *keeper, int pidfd);

/* Once it is reaped. */
void keeper_free(struct keeper *keeper);

/*
 * The memory of a process of ours that runs beside its caller: see KEEPER_PARTS. Its thread
 * pointer. Also for a child that waits without a keeper.
 */
int keeper_map(char **memory);
void *keeper_thread(char *memory);
void keeper_unmap(char *memory);

/* What clone runs; arg is the struct keeper. Does not return. runtime/keeper.c */
int keeper_run(void *arg);

/* What the command and the keeper write to their end, one byte each. */
#define KEEPER_TELLS_PID   'p'
#define KEEPER_TELLS_START 's'

/* The command's stack, from the start of the memory behind a guard, as the keeper's is. */
#define KEEPER_PART_BYTES ((size_t)64 << 10)
#define KEEPER_PARTS      4u

#endif
