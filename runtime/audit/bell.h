/*
 * Waiting for something to have happened, and saying that it has: cheap while nobody waits.
 */
#ifndef WRIT_AUDIT_BELL_H
#define WRIT_AUDIT_BELL_H

#include <stdatomic.h>
#include <stdint.h>

struct bell {
	_Atomic uint32_t rung;    /* times, as a futex counts */
	_Atomic uint32_t waiters; /* who is about to wait, or does */
};

/*
 * Who waits says so first, looks then whether it still has to, and waits for the bell to be rung
 * more often than seen; timeout_ns 0: for as long as that takes.
 */
uint32_t bell_attend(struct bell *bell);
void bell_wait(struct bell *bell, uint32_t seen, uint64_t timeout_ns);
void bell_leave(struct bell *bell);

/* Whatever is rung for must have been stored before, in sequential order (seq_cst). */
void bell_ring(struct bell *bell);

#endif
