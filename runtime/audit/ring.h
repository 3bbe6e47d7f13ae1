/*
 * A bounded ring in memory, which any thread fills without a lock and one thread empties.
 */
#ifndef WRIT_AUDIT_RING_H
#define WRIT_AUDIT_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/writ.h"

/* Positions only grow; the place of one in memory is its remainder by size. */
struct ring {
	_Alignas(64) _Atomic uint64_t head; /* where the next entry begins */
	_Atomic uint64_t tail_seen;         /* tail, as those who fill have last read it */
	unsigned char *bytes; /* size bytes, mapped twice in a row, so that an entry never wraps */
	uint64_t size;        /* a power of two */
	_Alignas(64) _Atomic uint64_t tail; /* what lies before is free */
};

/* Entries begin with this; state is 0 until what follows is complete. */
struct ring_entry {
	_Atomic uint32_t state;
	uint32_t size; /* with this, a multiple of 8 */
};

enum ring_state { RING_EMPTY = 0, RING_READY, RING_WITHDRAWN };

/* size is rounded up. Its memory is no part of core dumps, nor there in a child of a fork. */
WRIT_MUST_CHECK int ring_open(struct ring *ring, size_t size, struct writ_error *error);
void ring_close(struct ring *ring);

/* Gets its memory, or of a large one the first part, before somebody who records waits for it. */
void ring_warm(const struct ring *ring);

/*
 * Room for an entry of size bytes in all, a multiple of 8, that ends at a position; NULL: the ring
 * is full.
 */
struct ring_entry *ring_reserve(struct ring *ring, uint32_t size, uint64_t *end);

/* What was written to the entry can be read from here on. */
void ring_commit(struct ring_entry *entry);

/* The entry at a position, which is tail or behind another entry; NULL: none is complete there. */
struct ring_entry *ring_peek(const struct ring *ring, uint64_t position);

/* Frees, and wipes, what lies before a position. */
void ring_release(struct ring *ring, uint64_t position);

uint64_t ring_used(const struct ring *ring);

#endif
