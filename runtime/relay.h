/*
 * Carrying a launch's output to where the caller wants it, counting.
 *
 * Only when the sandbox limits output: then the tool writes into pipes, and writ_wait moves the
 * bytes. Nothing here ever waits for a reader.
 */
#ifndef WRIT_RUNTIME_RELAY_H
#define WRIT_RUNTIME_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define RELAY_STREAMS 2
#define RELAY_CHUNK   4096 /* PIPE_BUF: what a pipe that polls writable takes */

struct relay_stream {
	int from;          /* our end of the pipe, non-blocking; -1: ended */
	int to;            /* where it goes; -1: discard */
	bool is_own;       /* to is a description of our own, which does not block */
	uint32_t max_send; /* where a write may block: the most that poll promises room for; or 0 */
	uint32_t used;
	uint32_t sent;
	char *chunk; /* RELAY_CHUNK bytes */
};

struct relay {
	bool active;
	bool over; /* the limit has been reached */
	uint64_t limit;
	uint64_t total;
	struct relay_stream streams[RELAY_STREAMS];
	char *chunks; /* theirs, in one allocation */
};

/*
 * Makes the pipes. stdio[1] and stdio[2] are what the caller gave; on return they are the write
 * ends, which the caller closes after the launch. One pipe serves both when they are one file, so
 * that the order of what is written to it is kept. 0 or a negative errno, then nothing is left
 * open.
 */
int relay_open(struct relay *relay, uint64_t limit, int stdio[3]);

/* Closes what is left. */
void relay_close(struct relay *relay);

/* Fills fds (RELAY_STREAMS of them) with what to wait for; fd -1 where there is nothing. */
void relay_poll_set(const struct relay *relay, struct pollfd *fds);

/* Moves what poll says can move. Sets over when more was written than the limit allows. */
void relay_move(struct relay *relay, const struct pollfd *fds);

/* Is there nothing left to move, now that nobody writes any more? */
bool relay_drained(struct relay *relay);

/* Tells on standard error's target that the output was cut. */
void relay_mark(struct relay *relay);

#endif
