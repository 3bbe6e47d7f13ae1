/*
 * FIFOs that are opened and have nobody at their other end: the call waits, the broker does not.
 *
 * A fixed table a launch. All raw: for the keeper.
 */
#ifndef WRIT_RUNTIME_BROKER_FIFO_H
#define WRIT_RUNTIME_BROKER_FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define BROKER_MAX_FIFOS 64u

struct broker;

struct broker_fifo {
	uint64_t id;        /* of the call */
	int fd;             /* to be read: of the FIFO, open; to be written: O_PATH */
	unsigned int flags; /* that the tool opens it with */
};

struct broker_fifos {
	size_t n;
	struct broker_fifo items[BROKER_MAX_FIFOS];
};

/* Would an open with these flags wait, if nobody had such a file's other end? */
bool broker_fifo_waits(uint32_t mode, unsigned int flags);

/*
 * The call being answered has opened a FIFO for reading, or can't yet for writing; fd stays the
 * caller's. How it is answered: BROKER_LATER, or -ENFILE when as many as may wait do already.
 */
long broker_fifo_wait(struct broker *broker, int fd, unsigned int flags);

/* Looks at one that waits: BROKER_LATER; or how its call, the one being answered now, is. */
long broker_fifo_try(struct broker *broker, size_t index);

/* Forgets it; the last takes its place. */
void broker_fifo_drop(struct broker_fifos *fifos, size_t index);

/* How long to wait before looking again; NULL: nobody waits. */
const struct timespec *broker_fifo_pause(const struct broker_fifos *fifos);

#endif
