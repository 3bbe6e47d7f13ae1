/*
 * The RBAC back end: roles, rules and wildcards in, a flat table of deciding rules out.
 *
 * A row is a role, or the set of roles of a user who has several; a column is a tool known by name,
 * or a class of names that the same wildcards match. A cell holds the number of the deciding rule
 * plus one, or 0 where none matches, so that a check is two lookups and one load. Where the
 * strictest rule has a condition the cell names a chain instead: the rules to try, strictest first,
 * up to the first that has none. Cells with equal lists share a chain.
 */
#ifndef WRIT_BACKEND_RBAC_H
#define WRIT_BACKEND_RBAC_H

#include "backend/rbac_blocks.h"
#include "ir/automaton.h"

struct rbac_column {
	struct str name; /* .ptr NULL: a class of names */
	uint32_t sandbox;
	enum writ_tool_class class;
};

struct rbac_chain {
	uint32_t first; /* in chain_rules */
	uint32_t count;
};

struct rbac_plan {
	VEC(struct rbac_column) columns; /* named ones sorted by name, then the classes */
	uint32_t n_named;
	uint32_t n_rows;
	uint32_t *user_rows; /* by user; role i has row i */
	uint16_t *cells;     /* n_rows rows of columns.n; above the number of rules: a chain */
	struct rbac_blocks blocks; /* the same cells, as a bundle has them */
	VEC(struct rbac_chain) chains;
	VEC(uint16_t) chain_rules;
	struct automaton automaton;
	uint32_t *accepts; /* the column of each state, or WRIT_NONE */
	struct {           /* where the first limit on chains was met */
		uint32_t row;
		uint32_t column;
	} limit;
};

enum rbac_result {
	RBAC_OK,
	RBAC_TOO_MANY_STATES,
	RBAC_TOO_MANY_CELLS,  /* more than WRIT_MAX_CELLS */
	RBAC_TOO_MANY_BLOCKS, /* WRIT_MAX_BLOCKS are not enough, of whatever size */
	RBAC_TOO_MANY_CHAINS, /* with the rules more than a cell can number */
	RBAC_CHAIN_TOO_LONG,
	RBAC_CHAINS_TOO_LARGE, /* more than WRIT_MAX_CHAIN_WORK */
};

enum rbac_result rbac_build(struct arena *arena, const struct ir_policy *policy,
			    struct rbac_plan *out);

#endif
