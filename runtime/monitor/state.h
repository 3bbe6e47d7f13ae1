/*
 * What a monitor remembers between calls and processes: memory that all who name the same directory
 * share, or that is the process's own.
 */
#ifndef WRIT_RUNTIME_MONITOR_STATE_H
#define WRIT_RUNTIME_MONITOR_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/writ.h"

#define STATE_KEY_SIZE 16u

struct state; /* an open directory, or none: private memory */

/* A part of the state: a file of the directory, or memory of the same size. */
struct state_part {
	const char *name;
	uint32_t version; /* of what is in it; another one is refused */
	size_t size;      /* a multiple of 64 */
};

/* A part that is mapped. It begins as zeros and at a multiple of 64. */
struct state_map {
	void *at;
	const uint8_t *key; /* STATE_KEY_SIZE random bytes, the same for all who share the part */
	void *memory;
	size_t size; /* of memory */
};

/*
 * directory is as writ_monitor_options.state. The caller owns *out and gives it back to
 * state_close; what is mapped stays so. Errors: SYSTEM, NOMEM.
 */
WRIT_MUST_CHECK int state_open(const char *directory, struct state **out, struct writ_error *error);
void state_close(struct state *state);

/* Maps a part, which is made when it is missing. Errors: SYSTEM. */
WRIT_MUST_CHECK int state_map(const struct state *state, const struct state_part *part,
			      struct state_map *out, struct writ_error *error);
void state_unmap(struct state_map *map);

/* size random bytes, at most 256. 0, or a negative code. */
WRIT_MUST_CHECK int state_random(void *bytes, size_t size, struct writ_error *error);

#endif
