/*
 * Who writes a log, and how many records each has taken: PATH-writers, memory that is shared by
 * the processes that have the log open, and outlives them.
 */
#ifndef WRIT_AUDIT_WRITERS_H
#define WRIT_AUDIT_WRITERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/writ.h"

/* Written by the process that has the lock on it, read by others once it has died. */
struct writers_slot {
	_Atomic uint64_t id;      /* 0: free; the row of the table writers, in hexadecimal */
	_Atomic uint64_t pid;     /* as its own namespace counts */
	_Atomic uint64_t taken;   /* records that record() answered for */
	_Atomic uint64_t dropped; /* and that were left out, as the ring was full */
	_Atomic uint64_t ending;  /* not 0: all is written, and its row may be gone */
	uint64_t unused[11];      /* a slot has two cache lines of its own */
};
_Static_assert(sizeof(struct writers_slot) == 128, "on disk");

#define WRITERS_MAX 512

struct writers {
	int fd;
	int own; /* a slot; -1: none */
	struct writers_slot *slots;
};

/* Opens the file of a log; to_write: made if it is missing. NOT_FOUND, OPEN, SYSTEM. */
WRIT_MUST_CHECK int writers_open(const char *log, bool to_write, struct writers *writers,
				 struct writ_error *error);
/* Gives the own slot back, too. */
void writers_close(struct writers *writers);

/* Takes a free slot. Error: SYSTEM (there is none). */
WRIT_MUST_CHECK int writers_claim(struct writers *writers, struct writ_error *error);

/*
 * Is the slot one that a process left which has died? Then, in a file opened to write, it is locked
 * until writers_free or writers_leave.
 */
WRIT_MUST_CHECK bool writers_is_dead(const struct writers *writers, int index);
void writers_free(const struct writers *writers, int index);
void writers_leave(const struct writers *writers, int index);

/* Has a slot, of a process that lives or not, this id? */
bool writers_has(const struct writers *writers, uint64_t id);

#endif
