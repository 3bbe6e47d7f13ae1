/*
 * The cases of one comparison: which truth values the tests of two lists of rules can have
 * together.
 *
 * Tests on one argument that read it as one type are a slot: they are unknown together, and what
 * is known about one may decide another. A slot's value is a row of its table, or the number of
 * rows: unknown.
 */
#ifndef WRIT_IR_IR_DIFF_WHERE_H
#define WRIT_IR_IR_DIFF_WHERE_H

#include "ir/ir_diff_impl.h"

enum diff_family {
	FAMILY_PRESENT, /* rows: given, missing; unknown: given twice */
	FAMILY_STRING,
	FAMILY_PATH,
	FAMILY_HOST,
	FAMILY_ENDPOINT,
	/* What is of one type is unknown to tests of another, so those are never related. */
	FAMILY_URL,
	FAMILY_URL_IN,
	FAMILY_HOST_IN,
	FAMILY_INT, /* also bool */
};

struct diff_atom { /* one operand of a test */
	enum writ_test_op op;
	struct str text;
	int64_t number;
	struct diff_host host;
};

struct diff_test {
	const struct ir_where *where;
	int side;
	uint32_t slot;
	struct ir_indices atoms; /* of its slot: true when one of them is */
};

struct diff_slot {
	struct str arg;
	enum diff_family family;
	struct ir_indices tests;
	VEC(struct diff_atom) atoms;
	struct map atom_ids;
	struct diff_table table;
	uint32_t present; /* the slot that says whether the argument is given, or IR_NONE */
	uint32_t value;
};

struct diff_cases {
	struct diff *diff;
	struct arena *arena;
	VEC(struct diff_test) tests;
	struct map test_ids;
	VEC(struct diff_slot) slots;
	enum ir_truth *truth; /* by test, in the case at hand */
};

/* The index of a test, the same for equal ones. */
uint32_t diff_cases_test(struct diff_cases *cases, int side, const struct ir_where *where);

/* When all tests are known. -1: there would be too many cases. */
int diff_cases_build(struct diff_cases *cases);

/* The next case, its truth values filled in; false after the last one. first: begin. */
bool diff_cases_next(struct diff_cases *cases, bool first);

#endif
