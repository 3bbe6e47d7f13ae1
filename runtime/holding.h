/*
 * The roles that somebody holds: those given, and all that they inherit.
 */
#ifndef WRIT_RUNTIME_HOLDING_H
#define WRIT_RUNTIME_HOLDING_H

#include <stdbool.h>

#include "runtime/image.h"

struct holding {
	const struct image *image;
	uint32_t *via;   /* by role: which role inherits it; itself: given; WRIT_NONE: not held */
	uint32_t *queue; /* those held, nearest first */
	uint32_t n;
};

/* None are held yet. False: no memory. */
WRIT_MUST_CHECK bool holding_init(struct holding *holding, const struct image *image);
void holding_fini(struct holding *holding);

/* Gives a role of the image's, which may have been given already. */
void holding_give(struct holding *holding, uint32_t role);

/* Adds what those given inherit; afterwards no more are given. */
void holding_inherit(struct holding *holding);

static inline bool holding_has(const struct holding *holding, uint32_t role)
{
	return holding->via[role] != WRIT_NONE;
}

/* Of a role that is held: the one given that brings it, perhaps itself. */
uint32_t holding_giver(const struct holding *holding, uint32_t role);

/*
 * " (admin <- lead <- developer)": how the last comes to be held, by the shortest way; "" for a
 * role that was given or is not held. text has size bytes, five at least, where it is cut off with
 * "...)". The last call, as it ends holding_inherit's use of the queue.
 */
void holding_path(struct holding *holding, uint32_t role, char *text, size_t size);

#endif
