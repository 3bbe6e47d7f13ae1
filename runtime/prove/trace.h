/*
 * Tracing a launched prober from outside, where the host permits it.
 */
#ifndef WRIT_PROVE_TRACE_H
#define WRIT_PROVE_TRACE_H

#include <stdint.h>
#include <sys/types.h>

#include "runtime/writ.h"

#define TRACE_EXEC (1 << 4)  /* PTRACE_O_TRACEEXEC: stop when another program has been executed */
#define TRACE_KILL (1 << 20) /* PTRACE_O_EXITKILL: kill it when we end */

/* Attaches and stops it. 0, or -1: it may not be traced. */
WRIT_MUST_CHECK int trace_begin(pid_t pid, long options);

/* Lets it go on, untraced. */
void trace_end(pid_t pid);

/*
 * Writes one word of its memory, lets it go on, and waits until it has executed another program or
 * has ended. 1: it has executed, and stands before the program's first instruction; 0: it has
 * ended.
 */
int trace_until_exec(pid_t pid, uint64_t address, long word);

/*
 * After trace_until_exec: kills what is left. The end of a tracee is its tracer's to wait for
 * before it is its parent's.
 */
void trace_finish(pid_t pid, int is_child);

#endif
