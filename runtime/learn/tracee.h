/*
 * A traced task: what is known of it, and what can be read from it.
 */
#ifndef WRIT_RUNTIME_LEARN_TRACEE_H
#define WRIT_RUNTIME_LEARN_TRACEE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TRACEE_ARGS    6
#define TRACEE_WANTS   2
#define TRACEE_PROGRAM 32

/* What a system call that has begun is about to do to a path. */
struct want {
	unsigned int uses; /* enum use */
	char path[PATH_MAX];
};

struct tracee {
	pid_t tid;
	pid_t process; /* the id of its thread group */
	struct tracee *next;
	char program[TRACEE_PROGRAM]; /* the name of the file it executes */
	bool inside; /* it, or what it comes from, was executed by the one that was begun with */
	bool in_call;
	uint64_t number, args[TRACEE_ARGS]; /* of the call it is in */
	uint64_t memory_kib;                /* of a process, when it was last looked at */
	bool is_relative; /* the call names something from the working directory on */
	unsigned int n_wants;
	struct want wants[TRACEE_WANTS];
};

/* The task of this id; a new one, when it is not known, inherits from the one it comes from. */
struct tracee *tracee_get(pid_t tid);
struct tracee *tracee_find(pid_t tid); /* or NULL */
void tracee_forget(pid_t tid);

/* How many there are. */
size_t tracee_count(void);

/* Calls visit for each. */
void tracee_each(void (*visit)(const struct tracee *tracee, void *context), void *context);

/* Reads size bytes at address, or fewer where memory ends: how many. */
size_t tracee_read(const struct tracee *tracee, uint64_t address, void *buffer, size_t size);

/* A string of the task's, NUL-terminated. False when it has none there, or a longer one. */
bool tracee_string(const struct tracee *tracee, uint64_t address, char *buffer, size_t size);

/* What a link of /proc/TID says: "cwd", "exe", "fd/3". False when it can't be read. */
bool tracee_link(const struct tracee *tracee, const char *name, char *buffer, size_t size);

/*
 * The file a path is for this task, links resolved: all (follow), or all but the last component.
 * What does not exist is named by its directory. False when not even that is there.
 */
bool tracee_resolve(const struct tracee *tracee, int directory, const char *path, bool follow,
		    char *resolved);

/* Of /proc/TID/status, the number behind a name ("VmData:"); 0 when there is none. */
uint64_t tracee_status(const struct tracee *tracee, const char *name);

#endif
