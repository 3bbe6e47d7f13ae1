/*
 * How a launch ended and what it used, from what the kernel tells.
 */
#ifndef WRIT_RUNTIME_RESULT_H
#define WRIT_RUNTIME_RESULT_H

#include <signal.h>
#include <sys/resource.h>

#include "runtime/process.h"

/* What waitid(2) says of the command, once it has been reaped. */
struct result_wait {
	siginfo_t info;
	struct rusage usage; /* its own and its waited-for descendants' */
};

/*
 * end: why the launch was killed, or 0. The launch is over, its cgroup is not removed yet.
 */
void result_fill(const struct writ_process *process, const struct result_wait *wait,
		 enum writ_end end, struct writ_result *result);

#endif
