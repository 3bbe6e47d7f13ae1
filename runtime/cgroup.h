/*
 * A cgroup per launch: what bounds and counts all of its processes together (cgroups(7)).
 *
 * It is one cgroup to its users. In version 2 it is one directory; in version 1 every controller
 * has a hierarchy of its own, and so a directory each. What leads there is looked up once, in
 * cgroup_find.c; making and removing one is in cgroup.c, what it counts in cgroup_usage.c.
 */
#ifndef WRIT_RUNTIME_CGROUP_H
#define WRIT_RUNTIME_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/pool.h"

/* CGROUP_CPU counts processor time: version 1's cpuacct, which version 2 has in every cgroup. */
enum cgroup_controller { CGROUP_PIDS, CGROUP_MEMORY, CGROUP_CPU, CGROUP__COUNT };
#define CGROUP_BIT(controller) (1u << (controller))

/* A directory, its version, and the controllers (bits) that are used in it. */
struct cgroup_dir {
	const char *path;
	int version;
	unsigned int controllers;
};

/* Where a launch's cgroup can be made; or, once it is made, where it is. */
struct cgroup {
	size_t n;
	struct cgroup_dir dirs[CGROUP__COUNT];
};

/* The version in which a controller is used; 0: it is not. */
int cgroup_version(const struct cgroup *cgroup, enum cgroup_controller controller);

/*
 * Where this process may make a cgroup with the wanted controllers: below its own, or in version 2
 * the nearest ancestor that hands them down. Those that can't be had are missing from out. 0, or a
 * negative errno; strings are the pool's.
 */
int cgroup_find(unsigned int wanted, struct pool *pool, struct cgroup *out);

/* What a new one is given; 0: no limit. */
struct cgroup_limits {
	uint64_t max_tasks;
	uint64_t max_bytes;
	bool dies_with_us; /* whoever finds it when we are gone kills what is in it */
};

/* Makes one in the directories that cgroup_find gave. 0 or a negative errno, then nothing is left.
 */
int cgroup_create(const struct cgroup *bases, const struct cgroup_limits *limits, struct pool *pool,
		  struct cgroup *out);

/*
 * The ways in. A process can be born in the only directory of version 2 (clone3(2),
 * CLONE_INTO_CGROUP). Or it enters by writing "0" to each cgroup.procs, which makes the kernel wait
 * until no processor forks: some ten milliseconds, where nobody has just done the same.
 */
struct cgroup_door {
	int only; /* or -1 */
	int procs[CGROUP__COUNT];
};

/* 0 or a negative errno, then none is open. What is not needed is -1. */
int cgroup_open(const struct cgroup *cgroup, struct cgroup_door *door);
void cgroup_close(struct cgroup_door *door);

/* Enters. 0 or a negative errno. Safe between clone and execve. */
int cgroup_enter(const struct cgroup_door *door);

/* Can one really be made and entered? Tries: permission is not all it takes. */
bool cgroup_works(const struct cgroup *bases);

/* Kills every task in a cgroup, by what the cgroup says is in it. */
void cgroup_kill(const struct cgroup *cgroup);

/* Removes a cgroup whose tasks have been killed, waiting a moment for them to be gone. */
void cgroup_remove(const struct cgroup *cgroup);

/*
 * Removes the cgroups that processes of this pid namespace have left behind that were killed before
 * they could, and kills what is in those that were to die with them.
 */
void cgroup_sweep(const struct cgroup *bases);

/* What a cgroup has counted so far. */
struct cgroup_usage {
	bool has_cpu;
	uint64_t cpu_user_us;
	uint64_t cpu_system_us;
	bool has_peak;
	uint64_t peak_bytes;
	bool has_tasks;
	uint64_t peak_tasks; /* 0: not known (an older kernel) */
	uint64_t refused_tasks;
	uint64_t oom_kills; /* tasks killed because the cgroup's own limit on memory was reached */
};

void cgroup_usage(const struct cgroup *cgroup, struct cgroup_usage *out);

/* Processor time so far in microseconds; 0 when it is not counted. */
uint64_t cgroup_cpu_us(const struct cgroup *cgroup);

/* See struct cgroup_usage. */
uint64_t cgroup_oom_kills(const struct cgroup *cgroup);

#endif
