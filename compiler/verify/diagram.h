/*
 * Functions of what a filter can read, as decision diagrams.
 *
 * struct seccomp_data is eight 64-bit registers: architecture and number, instruction pointer, six
 * arguments. A diagram tests their bits one by one, always in the same order: the registers in
 * turn, each from its highest bit. Equal functions are one node, so equality is identity of
 * indices, for all 2^512 inputs at once.
 */
#ifndef WRIT_VERIFY_DIAGRAM_H
#define WRIT_VERIFY_DIAGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"

#define DIAGRAM_REGISTERS 8u

/* The constants 0 and 1, as which truths are written. */
#define DIAGRAM_FALSE 0u
#define DIAGRAM_TRUE  1u

struct diagram_node {
	uint32_t bit; /* that is tested; of a leaf DIAGRAM_LEAF */
	uint32_t low, high;
};

struct diagram_known {
	uint32_t cond, yes, no, result;
};

struct diagram {
	struct arena *arena;
	VEC(struct diagram_node) nodes;
	uint32_t *slots; /* node + 1, or 0; a power of two of them */
	size_t n_slots;
	struct diagram_known *known; /* results of diagram_if; forgotten ones are found again */
	size_t n_known;
	uint32_t work, limit; /* steps taken; at the limit results mean nothing any more */
};

/* How bits of a register compare with a value: what is true below it, at it and above it. */
struct diagram_test {
	uint32_t reg, shift, bits; /* which bits */
	uint64_t mask, value;      /* shifted down by shift */
	bool below, equal, above;
};

void diagram_init(struct diagram *diagram, struct arena *arena, uint32_t limit);

/* Takes steps; false when the limit is reached. */
bool diagram_work(struct diagram *diagram, uint32_t steps);

uint32_t diagram_leaf(struct diagram *diagram, uint32_t value);

/* Where a bit is 0, low, else high; both look at later bits only. */
uint32_t diagram_branch(struct diagram *diagram, uint32_t bit, uint32_t low, uint32_t high);

/* The place of a register's bit, of which 0 is the lowest, in the order of bits. */
uint32_t diagram_bit(uint32_t reg, uint32_t bit);

/* Where the register's bits under the mask compare with the value as the test says. */
uint32_t diagram_compare(struct diagram *diagram, const struct diagram_test *test);

/* Where cond is true, yes, else no. */
uint32_t diagram_if(struct diagram *diagram, uint32_t cond, uint32_t yes, uint32_t no);

/* The value of a function. */
uint32_t diagram_value(const struct diagram *diagram, uint32_t root,
		       const uint64_t registers[DIAGRAM_REGISTERS]);

/* Of two functions that are not equal, an input for which their values differ. */
void diagram_difference(const struct diagram *diagram, uint32_t a, uint32_t b,
			uint64_t registers[DIAGRAM_REGISTERS]);

#endif
