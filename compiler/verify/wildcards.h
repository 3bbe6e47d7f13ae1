/*
 * Which wildcards match a name, worked out from the patterns alone: the provers' own word on it.
 *
 * A set stands for all names after which the patterns can be in the same places; sets are made when
 * they are first asked for, so there are only those that some name leads to.
 */
#ifndef WRIT_VERIFY_WILDCARDS_H
#define WRIT_VERIFY_WILDCARDS_H

#include "base/map.h"
#include "ir/ir.h"

/* The bytes of tool names. */
#define WILDCARD_BYTES   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
#define WILDCARD_N_BYTES (sizeof(WILDCARD_BYTES) - 1)

/* Bounds on the work: a policy that compiles stays below both. */
#define WILDCARD_MAX_SETS   (1u << 16)
#define WILDCARD_MAX_PLACES (16u << 20) /* of all sets together */

struct wildcard_place {
	uint32_t pattern;
	char byte; /* to be read from here; 0 at the end of the pattern */
};

struct wildcard_set {
	struct ir_indices places; /* ascending */
	uint32_t *next;           /* by index in WILDCARD_BYTES; NULL until it is asked for */
	uint32_t matching;        /* index in lists */
};

struct wildcards {
	struct arena *arena;
	VEC(struct str) patterns; /* distinct, of rules and tools */
	struct map ids;           /* pattern to index */
	VEC(struct wildcard_place) places;
	VEC(struct wildcard_set) sets; /* 0: where a name that is empty so far is */
	struct map known_sets;
	VEC(struct ir_indices) lists; /* of patterns that match a name; 0: none does */
	struct map known_lists;
	size_t n_set_places;
	bool exhausted; /* a bound was met: what was answered since is wrong */
	struct ir_indices scratch;
};

void wildcards_init(struct wildcards *wildcards, struct arena *arena,
		    const struct ir_policy *policy);

/* The set behind one byte more, WILDCARD_BYTES[byte]. */
uint32_t wildcards_step(struct wildcards *wildcards, uint32_t set, size_t byte);

/* The set of a name, of bytes that tool names have; else that of a name nothing matches. */
uint32_t wildcards_run(struct wildcards *wildcards, struct str name);

/* The index of the list of patterns that match the names of a set. */
uint32_t wildcards_matching(const struct wildcards *wildcards, uint32_t set);

#endif
