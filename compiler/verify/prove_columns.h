/*
 * Which names lead to which column of the decision table, and is the column theirs?
 */
#ifndef WRIT_VERIFY_PROVE_COLUMNS_H
#define WRIT_VERIFY_PROVE_COLUMNS_H

#include "verify/view.h"
#include "verify/wildcards.h"

/* Pairs of a state and a set that are followed; an automaton that is right has one a set. */
#define COLUMNS_MAX_PAIRS (1u << 20)

/* Names that lead to a column, all matched by the same wildcards. */
struct prove_names_of {
	uint32_t column;
	uint32_t matching; /* index in the wildcards' lists */
	struct str name;   /* of a tool known by name that one, else one of them */
	bool by_name;
};

struct prove_columns {
	struct wildcards wildcards;
	VEC(struct prove_names_of) classes; /* those known by name first, by column */
	size_t n_states;                    /* states of the automaton that some name leads to */
};

/*
 * An empty string when every name, known or not, leads to a column or nowhere as the wildcards that
 * match it demand, and each column has the class and the sandbox of ir_tool_for(). Else what is
 * wrong, with a name. prove_names() has found nothing.
 */
struct str prove_columns(struct arena *arena, const struct ir_policy *policy,
			 const struct view *view, struct prove_columns *out);

#endif
