/*
 * What a command and its children took of what limits are for.
 */
#ifndef WRIT_RUNTIME_LEARN_USAGE_H
#define WRIT_RUNTIME_LEARN_USAGE_H

#include <stdint.h>

#include "runtime/learn/tracee.h"

struct usage {
	uint64_t wall_ms;
	uint64_t cpu_ms;
	uint64_t memory_kib;   /* data of all processes at once */
	uint64_t tasks;        /* processes and threads at once */
	uint64_t descriptors;  /* one more than the highest */
	uint64_t file_bytes;   /* the largest file that was written */
	uint64_t output_bytes; /* to descriptors 1 and 2 */
	uint64_t started_ms;
};

void usage_begin(struct usage *usage);
void usage_end(struct usage *usage);

/* A call has returned result, or a task is about to end or to execute another file. */
void usage_call(struct usage *usage, const struct tracee *tracee, int64_t result);
void usage_task(struct usage *usage, struct tracee *tracee);

#endif
