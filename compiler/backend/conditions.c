/*
 * How the program is made.
 *
 * Tests are emitted back to front, so that where a test goes on from is known when it is emitted:
 * the entry of what follows is always the test emitted last. At the end the order is turned around,
 * and with it the indices, and every jump goes forward. The first test that decides an "and" or
 * "or" leaves it at once, as in any language with short-circuit evaluation.
 */
#include "backend/conditions.h"

#include <assert.h>

struct assembly {
	struct arena *arena;
	struct condition_program *out;
};

struct exits {
	uint32_t yes;
	uint32_t no;
};

static uint32_t emit_test(struct assembly *assembly, const struct ir_where *test, bool negated,
			  struct exits exits)
{
	vec_add(assembly->arena, &assembly->out->tests,
		((struct condition_test){test, negated, exits.yes, exits.no}));
	return (uint32_t)assembly->out->tests.n - 1;
}

/* Returns the entry. Depth is bounded: the parser limits how deep a condition nests. */
static uint32_t emit(struct assembly *assembly, const struct ir_where *where, bool negated,
		     struct exits exits)
{
	bool all = where->kind == (negated ? IR_WHERE_OR : IR_WHERE_AND);
	uint32_t entry = 0;

	if (where->kind == IR_WHERE_TEST)
		return emit_test(assembly, where, negated, exits);
	if (where->kind == IR_WHERE_NOT)
		return emit(assembly, where->kids.items[0], !negated, exits);
	for (size_t i = where->kids.n; i > 0; i--) {
		entry = emit(assembly, where->kids.items[i - 1], negated, exits);
		*(all ? &exits.yes : &exits.no) = entry;
	}
	return entry;
}

static uint32_t turned(uint32_t target, size_t n)
{
	return target < n ? (uint32_t)n - 1 - target : target;
}

void condition_build(struct arena *arena, const struct ir_where *where,
		     struct condition_program *out)
{
	struct assembly assembly = {arena, out};
	struct condition_test *tests;
	size_t n;

	*out = (struct condition_program){0};
	(void)emit(&assembly, where, false, (struct exits){WRIT_TEST_MATCH, WRIT_TEST_FAIL});
	n = out->tests.n;
	assert(n > 0 && n < WRIT_TEST_FAIL);
	tests = arena_alloc(arena, n * sizeof(*tests));
	for (size_t i = 0; i < n; i++) {
		tests[i] = out->tests.items[n - 1 - i];
		tests[i].yes = turned(tests[i].yes, n);
		tests[i].no = turned(tests[i].no, n);
	}
	out->tests.items = tests;
	out->tests.cap = n;
}
