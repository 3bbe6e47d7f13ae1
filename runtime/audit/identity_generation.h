/*
 * The generation of an identity store: a number in a small file beside it, "STORE-generation",
 * mapped by all who have the store open. It changes with each change of the store, so that whoever
 * remembers the number it had when it read sees, without a system call, that it has to read again.
 *
 * A writer holds the file's lock, makes the number odd, commits, and makes it even. Odd means: the
 * store changes just now, or its writer died on the way. Who reads then waits for the lock, and
 * makes the number even if nobody did. So there is no moment at which a change is in force and the
 * number is what it was before, not even if the writer is killed.
 */
#ifndef WRIT_AUDIT_IDENTITY_GENERATION_H
#define WRIT_AUDIT_IDENTITY_GENERATION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/writ.h"

struct generation {
	uint64_t *number; /* in shared memory: atomic accesses only */
	void *page;
	int fd;
	dev_t device;
	ino_t inode;
};

/*
 * Opens the file beside the store of this path, and makes it when make is true and there is none.
 * What is not a regular file of the store's owner, of its size and form, or could be written by
 * everybody, is refused. Errors: OPEN, FORMAT, SYSTEM.
 */
WRIT_MUST_CHECK int generation_open(const char *store, bool make, struct generation *out,
				    struct writ_error *error);
void generation_close(struct generation *generation);

/* Around the commit of a change. begin fails when another's change does not end: SYSTEM. */
WRIT_MUST_CHECK int generation_begin(struct generation *generation, struct writ_error *error);
void generation_end(struct generation *generation);

/* For who is about to read: waits for a change that is under way. Errors: as begin. */
WRIT_MUST_CHECK int generation_settle(struct generation *generation, struct writ_error *error);

/* Has everybody read again. */
void generation_bump(struct generation *generation);

/* Is it the one that stands beside the store? */
bool generation_is_at(const struct generation *generation, const char *store);

#endif
