/*
 * What a command used, collected while it runs: each file, endpoint and system call once, with how
 * often and by what.
 */
#ifndef WRIT_RUNTIME_LEARN_RECORD_H
#define WRIT_RUNTIME_LEARN_RECORD_H

#include <stdio.h>

#include "runtime/learn/observe.h"

#define RECORD_MAX_ITEMS (1u << 20)
#define RECORD_PROGRAMS  3

/* Who did it: the first few programs. */
struct seen_by {
	char names[RECORD_PROGRAMS][TRACEE_PROGRAM];
	unsigned int n;
};

struct seen_path {
	char *path;
	unsigned int uses; /* enum use */
	uint64_t count;
	struct seen_by by, executed_by;
	size_t next; /* in its bucket: one more than the place in paths, or 0 */
};

struct seen_net {
	struct net_use use;
	int error; /* 0, or an errno */
	uint64_t count;
	struct seen_by by;
};

struct seen_call {
	char item[CALLS_MAX_ITEM]; /* as a policy has it */
	const struct call *call;
	int error;
	uint64_t count;
	struct seen_by by;
};

#define RECORD_BUCKETS 4096u

struct record {
	struct seen_path *paths;
	size_t n_paths;
	size_t buckets[RECORD_BUCKETS];
	struct seen_net *net;
	size_t n_net;
	struct seen_call *calls; /* what @default does not allow */
	size_t n_calls;
	bool is_used[1024]; /* by number: calls that were made */
	bool full;          /* something was left out */
};

void record_path(struct record *record, const struct tracee *tracee, const char *path,
		 unsigned int uses);
bool record_has(const struct record *record, const char *path);
void record_net(struct record *record, const struct tracee *tracee, const struct net_use *use,
		int error);

/*
 * A call with the arguments that it has. Of one that @default allows nothing but that it was made,
 * unless it was refused.
 */
void record_call(struct record *record, const struct tracee *tracee, int error);

/* Sorts the paths; nothing can be recorded after it. */
void record_sort(struct record *record);

void seen_by_add(struct seen_by *by, const char *program);

/* "a, b and others" */
void seen_by_print(FILE *out, const struct seen_by *by);

#endif
