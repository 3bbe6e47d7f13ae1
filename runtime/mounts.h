/*
 * Mounting what a launch sees, in a mount namespace of its own (mount_namespaces(7)).
 */
#ifndef WRIT_RUNTIME_MOUNTS_H
#define WRIT_RUNTIME_MOUNTS_H

#include "runtime/namespaces.h"

struct mounts {
	int *roots;     /* gets a descriptor of each place's mount */
	bool in_userns; /* in a user namespace of the launch's own */
	bool has_proc;  /* a procfs of the PID namespace on /proc */
};

/* For the keeper. 0, or a negative errno and what it was about. */
int mounts_make(const struct namespaces *namespaces, const struct mounts *where,
		const char *volatile *what);

#endif
