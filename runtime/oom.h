/*
 * A caller that the kernel is to spare when memory runs out (a negative oom_score_adj, proc(5)):
 * its tools are not.
 */
#ifndef WRIT_RUNTIME_OOM_H
#define WRIT_RUNTIME_OOM_H

#include "runtime/sandbox.h"

/* Is the caller one? Then sandbox->oom_proc leads to /proc, else it is -1. Errors: SYSTEM. */
WRIT_MUST_CHECK int oom_prepare(struct writ_sandbox *sandbox, struct writ_error *error);

/*
 * Makes the calling process, or another one, like any other. 0 or a negative errno. Neither may
 * share its memory, but with who waits for it in vfork: the kernel sets it for all who do. The
 * former is safe between clone and execve.
 */
int oom_reset(int proc);
int oom_reset_other(int proc, pid_t pid);

#endif
