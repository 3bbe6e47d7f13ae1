/*
 * The child's half of a launch: a table of steps between clone and execve.
 */
#ifndef WRIT_RUNTIME_LAUNCH_H
#define WRIT_RUNTIME_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/limits.h"
#include "runtime/sandbox.h"
#include "runtime/task.h"
#include "runtime/userns.h"

struct writ_process;

/* Of a child that parks. */
enum life {
	LIFE_ENDED, /* it does not use our memory any more: it was executed, or is dead */
	LIFE_STARTING,
	LIFE_PARKED,
};

/*
 * Everything the child needs, prepared by the parent; and what the child tells back. The two share
 * memory and the parent waits until the child has executed or ended, so plain fields do.
 */
struct launch {
	const struct writ_sandbox *sandbox;
	char *const *argv;
	char *const *envp;
	const char *const *candidates; /* paths to try to execute, in order; NULL-terminated */
	const char *cwd;
	bool cwd_is_known; /* it is the directory of this device and number, or refused */
	uint32_t cwd_major, cwd_minor;
	uint64_t cwd_inode;
	int stdio[3];
	struct cgroup_door cgroup;
	bool born_in_cgroup;
	pid_t parent; /* of the child: the caller, or the keeper */
	bool die_with_caller;
	bool privileged; /* may lock itself out of capabilities */
	bool new_userns;
	struct userns_maps maps;
	bool guards_metadata;    /* by a filter, as there are no mounts to do it */
	bool guards_session;     /* likewise, as there is no PID namespace */
	bool has_keeper;         /* that is the parent, and dies with the caller in our stead */
	int tell;                /* a socket, for the keeper's caller to learn our process id by */
	uint32_t lacking;        /* of the plan: runtime/lacking.h */
	unsigned int namespaces; /* CLONE_NEW* but for the user namespace, made for the keeper */
	bool has_proc;           /* a procfs of its own is mounted in them */
	bool has_broker;         /* the keeper is in the sandbox already, and shares descriptors */
	int kept[3];             /* of these, what it needs later */
	volatile int listener;   /* for the calls that the filter hands over */
	int ruleset;             /* the sandbox's, or one that the keeper has made; -1: none */
	int *roots;              /* descriptors of what has been mounted, by place */
	struct limits_plan limits;

	/*
	 * Waits for the request and its standard streams, between the steps that do not depend on
	 * it and those that do; NULL: there is no waiting. 0 or a negative errno. In the caller:
	 * waits until the child does, or has ended. Then, descriptors above 2: where the request
	 * comes from, and a pidfd of who makes it.
	 */
	int (*park)(struct launch *launch);
	void (*await)(struct launch *launch, struct writ_process *process);
	int door;
	int owner;
	volatile int life; /* enum life; a futex, which the kernel sets to ENDED and wakes */

	const char *volatile step; /* what the child was doing */
	volatile int error;        /* the errno with which that failed; 0: it was executed */
	volatile bool executing;   /* it had come to execve */
	volatile bool was_run;     /* the step failed when the command was running; it is ended */
	volatile bool is_callers;  /* the step failed for what the caller chose */
	volatile bool namespaces_refused;
	const char *volatile detail; /* what of a step, or NULL */
};

/*
 * Clones the child: raw, so that a keeper may. One that can't be born in its cgroup enters it. The
 * child's number, or a negative errno.
 */
int launch_clone(struct launch *launch, const struct task_request *request);

#endif
