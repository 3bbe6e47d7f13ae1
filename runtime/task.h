/*
 * clone(2) and clone3(2) without libc: a child that runs a function in our memory, on a stack of
 * its own.
 */
#ifndef WRIT_RUNTIME_TASK_H
#define WRIT_RUNTIME_TASK_H

#include <stddef.h>

/*
 * For what a child runs in our memory and ends in: before a call that does not return,
 * AddressSanitizer looks up the stack by a lock of the thread that we are, and that may be held.
 */
#define TASK_CODE __attribute__((no_sanitize("address")))

struct task_request {
	unsigned int flags; /* as for clone(2); CLONE_VM is among them */
	int cgroup;         /* a descriptor of the one of version 2 to be born in, or -1 */
	char *stack;        /* the child's, aligned to 16; its lowest byte */
	size_t stack_bytes;
	int *pidfd; /* with CLONE_PIDFD */
	void *tls;  /* with CLONE_SETTLS: its thread pointer */
};

/*
 * Runs run(arg) in the child, which must not return, and tells its parent with SIGCHLD of its end.
 * The child's number, or a negative errno.
 */
int task_clone(const struct task_request *request, int (*run)(void *arg), void *arg);

#endif
