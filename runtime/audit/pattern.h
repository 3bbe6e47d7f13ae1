/*
 * Extended regular expressions as a program: steps that take a byte, and ways between them.
 *
 * Step n is followed by step n + 1, but for splits and jumps. All patterns are in one program; each
 * begins at one of starts and ends at a step FOUND.
 */
#ifndef WRIT_AUDIT_PATTERN_H
#define WRIT_AUDIT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/writ.h"

#define PATTERN_MAX_STEPS 65000u /* of all patterns together, with repetitions written out */
#define PATTERN_MAX_DEPTH 64u    /* groups within one another */
#define PATTERN_MAX_TIMES 32767u /* in "{n}": glibc's RE_DUP_MAX */

enum step_kind {
	STEP_BYTE,  /* takes a byte of its set */
	STEP_SPLIT, /* goes on at to and at other */
	STEP_JUMP,  /* goes on at other */
	STEP_START, /* goes on where the text begins: "^" */
	STEP_END,   /* goes on where the text ends: "$" */
	STEP_FOUND, /* the pattern ends */
};

struct step {
	uint8_t kind;
	bool hidden; /* of BYTE: what it takes is to be masked; else it is only context */
	uint16_t set;
	uint16_t to;
	uint16_t other;
};

struct byte_set {
	uint64_t bits[4];
};

static inline bool byte_set_has(const struct byte_set *set, unsigned byte)
{
	return set->bits[byte / 64] >> (byte % 64) & 1;
}

struct program {
	struct step *steps;
	size_t n_steps;
	struct byte_set *sets; /* each different */
	size_t n_sets;
	uint16_t *starts; /* one a pattern */
	size_t n_starts;
	/* Bytes that every set has or lacks together are one class. */
	uint8_t class_of[256];
	uint8_t example[256]; /* by class: one of its bytes */
	size_t n_classes;
};

/* What is looked for: what is to be hidden, where it stands between "before" and "after". */
struct pattern {
	const char *before; /* NULL: anything, as of after */
	const char *hidden;
	const char *after;
	bool fold; /* upper case and lower case are the same */
};

/* An empty one; program_fini gives back what the following took. */
void program_init(struct program *program);
void program_fini(struct program *program);

/*
 * Adds a pattern. Errors: UNSUPPORTED (back-references, word boundaries, collating elements of more
 * than a byte; too large), INVALID (not an extended regular expression), NOMEM.
 */
WRIT_MUST_CHECK int program_add(struct program *program, const struct pattern *pattern,
				struct writ_error *error);

/* After the last: finds the classes of bytes. */
void program_finish(struct program *program);

#endif
