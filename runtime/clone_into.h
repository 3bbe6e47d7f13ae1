/*
 * clone3(2), for a child that is born in a cgroup of version 2.
 */
#ifndef WRIT_RUNTIME_CLONE_INTO_H
#define WRIT_RUNTIME_CLONE_INTO_H

#include <stddef.h>
#include <sys/types.h>

struct clone_request {
	unsigned int flags; /* as for clone(2), with CLONE_VM and CLONE_VFORK */
	int cgroup;         /* a descriptor of its directory */
	char *stack;        /* the child's, aligned to 16; its lowest byte */
	size_t stack_bytes;
	int *pidfd;
};

/* Runs run(arg) in the child, which must not return. Its process id, or -1 with errno. */
pid_t clone_into(const struct clone_request *request, int (*run)(void *arg), void *arg);

#endif
