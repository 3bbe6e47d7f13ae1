/*
 * The conditions back end: a where clause in, the test program that the runtime runs out.
 *
 * "not" is pushed down to the tests (De Morgan), which keeps Kleene's third value where it was:
 * unknown negated is unknown. What is left is "and" and "or" of tests, perhaps negated, in which
 * unknown may be read as false or as true once for all, since neither connective ever turns a test
 * around: false for allow and ask rules, true for deny rules.
 */
#ifndef WRIT_BACKEND_CONDITIONS_H
#define WRIT_BACKEND_CONDITIONS_H

#include "ir/ir.h"

struct condition_test {
	const struct ir_where *test; /* of kind TEST */
	bool negated;
	uint32_t yes; /* as in struct writ_fmt_test */
	uint32_t no;
};

struct condition_program {
	VEC(struct condition_test) tests; /* in source order; every jump goes forward */
};

void condition_build(struct arena *arena, const struct ir_where *where,
		     struct condition_program *out);

#endif
