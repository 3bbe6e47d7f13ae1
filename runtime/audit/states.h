/*
 * Automata over a program of patterns, made as they are needed: two, one for each direction.
 *
 * A state is a set of steps BYTE, ascending. Forward, those that may take the next byte, of matches
 * that began anywhere before. Backward, those that can have taken the byte last read and go on, by
 * the bytes behind it, to where a pattern ends. So a byte belongs to a match if and only if a step
 * is in both the forward state before it and the backward state at it.
 */
#ifndef WRIT_AUDIT_STATES_H
#define WRIT_AUDIT_STATES_H

#include "runtime/audit/pattern.h"

#define STATES_MAX 4096u /* at one time; then they are forgotten */

/* Of one text: what was looked at, and how much may be. */
struct effort {
	uint64_t done;
	uint64_t most;
};

struct state {
	size_t first; /* of members */
	uint32_t n;
	uint32_t hash;
};

/* What may be reached without a byte, once for all: sets of steps as bits. */
struct reach {
	uint64_t *seen;  /* all steps */
	uint64_t *bytes; /* steps BYTE: forward those seen, backward those that lead to seen ones */
};

struct states {
	const struct program *program;
	struct effort *effort;
	const struct states *forward; /* of a backward one: its other; else NULL */
	uint16_t *next; /* a row of 1 << shift for each id, by class; 0: not made yet */
	unsigned shift;
	struct state states[STATES_MAX];
	bool begins[STATES_MAX]; /* of backward: some match may begin here */
	uint16_t ids[2 * STATES_MAX];
	uint32_t n_states; /* ids are STATES_END + 1 to n_states - 1 */
	uint16_t *members;
	size_t n_members;
	size_t cap_members;
	/* Backward: which steps go on at a step, from before[at] on. */
	uint32_t *before;
	uint16_t *ways;
	/* From where every match begins or ends; first: at the text's own beginning or end. */
	struct reach always;
	struct reach first;
	struct reach now; /* what is being made */
	uint16_t *stack;
	size_t n_words; /* of a set as bits */
};

#define STATES_NONE 0u
#define STATES_END  1u /* backward: behind the last byte of the text */

/* forward: NULL, or those of the other direction, when these are to be backward. */
WRIT_MUST_CHECK int states_init(struct states *states, const struct program *program,
				const struct states *forward, struct effort *effort,
				struct writ_error *error);
void states_fini(struct states *states);

/* Forgets all. */
void states_clear(struct states *states);

/* Is there room for n more? */
static inline bool states_have_room(const struct states *states, uint32_t n)
{
	return states->n_states + n <= STATES_MAX;
}

/*
 * The state of a set of steps, ascending; STATES_NONE: no memory, no room, or too much effort, as
 * of all that make states.
 */
WRIT_MUST_CHECK uint16_t states_of(struct states *states, const uint16_t *members, uint32_t n);

/* Forward: before the first byte of a text, or of what may begin anywhere. */
WRIT_MUST_CHECK uint16_t states_start(struct states *states, bool at_text_start);

WRIT_MUST_CHECK uint16_t states_make(struct states *states, uint16_t id, uint8_t class);

/* Forward: behind a byte, from that before it. Backward: at a byte, from that at the next one. */
static inline uint16_t states_next(struct states *states, uint16_t id, uint8_t class)
{
	uint16_t *next = &states->next[((size_t)id << states->shift) + class];

	if (!*next)
		*next = states_make(states, id, class);
	return *next;
}

static inline const uint16_t *states_members(const struct states *states, uint16_t id)
{
	return states->members + states->states[id].first;
}

#endif
