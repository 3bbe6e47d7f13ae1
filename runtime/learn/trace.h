/*
 * Running a command under ptrace(2), with everything that it starts, to its end.
 */
#ifndef WRIT_RUNTIME_LEARN_TRACE_H
#define WRIT_RUNTIME_LEARN_TRACE_H

#include "runtime/learn/observe.h"
#include "runtime/learn/usage.h"

struct trace {
	char **command;
	int output; /* a descriptor for its standard output; -1: ours */
	struct sink sink;
	struct usage usage; /* what it took */
	int status;         /* how it ended, as a shell says it */
	bool foreign;       /* it made system calls of another architecture's */
};

/*
 * 0 when the command was run, and has ended; else the status to exit with, after a message: it was
 * not found or could not be executed or traced.
 */
int trace_run(struct trace *trace);

#endif
