/*
 * A host that refuses calls: a filter around the test's process, all of its threads and whatever it
 * starts from then on.
 */
#ifndef WRIT_TESTS_SUPPORT_REFUSALS_H
#define WRIT_TESTS_SUPPORT_REFUSALS_H

#include <stddef.h>

/* Of clone(2) and unshare(2): all that make a namespace. */
#define REFUSALS_NAMESPACES 0x7e020000u

struct refusal {
	long call;
	int error;
	unsigned flags; /* only where its first argument has one of these; 0: always */
};

void refuse_calls(const struct refusal *refusals, size_t n);

/* Mounting, so that only who mounts something finds it out: of this thread and what it starts. */
void refuse_mounts_unseen(void);

#endif
