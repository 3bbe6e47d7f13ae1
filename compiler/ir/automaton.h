/*
 * All wildcards of a policy as one deterministic automaton.
 *
 * In: distinct patterns of tool names. Out: a table that a name is run through byte by byte, and
 * for each state which patterns match a name that ends there. State 0 is the sink, where a name is
 * once no pattern can match any more, and where every byte leads that no tool name may hold.
 */
#ifndef WRIT_IR_AUTOMATON_H
#define WRIT_IR_AUTOMATON_H

#include "ir/ir.h"

/*
 * Pattern positions in all states together: bounds the work and the memory, before the states do.
 */
#define AUTOMATON_MAX_POSITIONS (16u << 20)

struct automaton {
	uint8_t char_classes[256];
	uint32_t n_classes;
	uint32_t n_states;
	uint32_t start;
	uint16_t *next;            /* n_states rows of n_classes */
	struct ir_indices *accept; /* for each state the patterns that match, ascending */
};

/* 0, or -1 when it would have more than WRIT_MAX_STATES states or too many positions. */
__attribute__((warn_unused_result)) int automaton_build(struct arena *arena,
							const struct str *patterns, size_t n,
							struct automaton *out);

/* The state in which a name ends. */
uint32_t automaton_run(const struct automaton *automaton, struct str name);

#endif
