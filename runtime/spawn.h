/*
 * The parts of a launch, for those that launch in more than one go (runtime/zygote.c). writ_spawn
 * is all of them, one after another.
 */
#ifndef WRIT_RUNTIME_SPAWN_H
#define WRIT_RUNTIME_SPAWN_H

#include "runtime/launch.h"
#include "runtime/process.h"

/* What a launch holds while it is prepared; its memory is the process's. */
struct preparation {
	struct launch launch;
	struct writ_process *process; /* NULL: not even that */
	const char **envp;
	struct writ_net_log *net_log;
	struct writ_file_log *file_log;
	int null;       /* /dev/null, or -1 when nothing needs it */
	int lowered[2]; /* runtime/streams.h; 0: none */
};

/* First: makes the process. launch.sandbox is set, as is the cgroup's door to nothing. */
int spawn_prepare(struct preparation *prep, struct writ_error *error);

/* What depends on the request: command, environment, standard streams, working directory. */
int spawn_prepare_request(struct preparation *prep, const struct writ_launch *request,
			  struct writ_error *error);

/* What does not: limits with their cgroup, a broker, room for mounts. */
int spawn_prepare_walls(struct preparation *prep, struct writ_error *error);

/* From here on its time counts. */
void spawn_start_clock(struct preparation *prep);

/*
 * Makes the child, and returns when it has been executed, or is parked. On failure nothing is left
 * of it.
 */
int spawn_start(struct preparation *prep, struct writ_error *error);

/* What a child that shares our memory begins with as its own maximum of resident memory. */
uint64_t spawn_own_peak(void);

/* The error that launch->error stands for. */
int spawn_tell(const struct launch *launch, struct writ_error *error);

/* Waits for a child that ends. */
void spawn_reap(struct writ_process *process);

/* The descriptors that only the launch needed: the tool has its own now, or there is none. */
void spawn_release(struct preparation *prep);

#endif
