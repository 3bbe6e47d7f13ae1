/*
 * What the host lets the user who runs the attacks do, as far as the end of an attack depends on
 * it.
 */
#ifndef TESTS_LIVE_HOST_H
#define TESTS_LIVE_HOST_H

#include <stdbool.h>

#define HOST_SANDBOXES 64
#define HOST_NAME      32

struct host {
	bool has_memory_cgroup; /* memory is limited for a launch as a whole */
	bool has_cpu_cgroup;    /* and processor time */
	bool has_pid_ns;        /* a PID namespace can be had, in a user namespace if need be */
	bool has_mount_ns;      /* a mount namespace */
	bool has_own_proc;      /* and a /proc of its own */
	bool serves_in_turn;    /* calls that wait for a broker: in turn, and not interrupted */
	int landlock_abi;       /* 0: none */
	char refused[HOST_SANDBOXES][HOST_NAME]; /* sandboxes that it can't enforce */
	unsigned n_refused;
};

/*
 * doctor is the command that asks writ; the namespaces are tried, not asked for. 0; or -1: nobody
 * answered, and what the host has is not known.
 */
int host_probe(struct host *host, const char *doctor);

bool host_refuses(const struct host *host, const char *sandbox);

#endif
