/*
 * A pids cgroup per launch: the only bound on processes that holds for uid 0 (cgroups(7)).
 */
#ifndef WRIT_RUNTIME_CGROUP_H
#define WRIT_RUNTIME_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The directory in which this process may make a cgroup that counts tasks: below its own, or in
 * version 2 the nearest ancestor that hands the pids controller down. Returns the cgroup version,
 * or 0 for none.
 */
int cgroup_find(char *dir, size_t size);

/*
 * Makes a cgroup for at most max_tasks below base. 0, with its path in dir and a descriptor of its
 * cgroup.procs in *procs; or a negative errno.
 */
int cgroup_create(const char *base, uint64_t max_tasks, char *dir, size_t size, int *procs);

/* Can one really be made there? Tries: permission is not all it takes. */
bool cgroup_works(const char *base);

/* Kills every task in a cgroup, by what the cgroup says is in it. */
void cgroup_kill(const char *dir);

/* Removes a cgroup whose tasks have been killed, waiting a moment for them to be gone. */
void cgroup_remove(const char *dir);

#endif
