/*
 * Profiles: how often programs make which system calls. Filters are laid out so that what is
 * frequent is found soon. A profile never changes what a filter means.
 *
 * A profile file has a sample a line: COUNT CALL [ARG]... CALL is a name, or a number of x86_64;
 * arguments are numbers, up to six, and zero where left out; "#" begins a comment. strace and a
 * few lines of awk make one.
 */
#ifndef WRIT_TABLES_PROFILE_H
#define WRIT_TABLES_PROFILE_H

#include "base/diag.h"

#define PROFILE_MAX_SAMPLES 65536u

struct profile_sample {
	struct str call;
	uint64_t count;
	uint64_t args[6];
};

struct profile {
	VEC(struct profile_sample) samples; /* sorted by call, each call's in the file's order */
	uint64_t total;                     /* of all counts; not zero */
};

/* Static storage. */
const struct profile *profile_default(void);

/* The samples of a call: the index of the first, and *n how many. */
size_t profile_find(const struct profile *profile, struct str call, size_t *n);

/*
 * Reads a profile file. 0, with what is wrong with it in diags; or a negative errno when it can't
 * be read.
 */
__attribute__((warn_unused_result)) int profile_load(struct diag_list *diags, struct str path,
						     struct profile *out);

#endif
