/*
 * The strongest test of decisions: for generated policies and calls, what writ_check says about the
 * compiled bundle is what the reference evaluator says about the IR.
 */
#include <criterion/criterion.h>

#include "support/cases.h"
#include "support/differential.h"

#define POLICIES CASES(250)
#define CALLS    2000 /* of each; four parts make two millions without sanitizers */
#define PICKS    4    /* of elements, of a call with lists that may pass */

/* No element gets through that alone would not. */
static void check_elements(const struct differential *pair, uint64_t *random,
			   const struct gen_call *call, enum writ_verdict_id verdict)
{
	for (unsigned i = 0; verdict != WRIT_VERDICT_DENY && i < PICKS; i++) {
		struct gen_call one = gen_one_of_each(random, call);

		cr_assert_geq(differential_decide(pair, &one), verdict);
	}
}

struct part {
	uint64_t seed;
	bool has_lists;    /* as values of arguments */
	unsigned at_least; /* of the decisions, one in so many is of each verdict */
};

static void compare_calls(const struct differential *pair, const struct part *part,
			  uint64_t *random, unsigned counts[3])
{
	struct arena arena;
	struct gen_call call;

	arena_init(&arena);
	for (unsigned i = 0; i < CALLS; i++) {
		enum writ_verdict_id verdict;
		char *difference;

		if (i % 64 == 0) {
			arena_fini(&arena);
			arena_init(&arena);
		}
		gen_call(random, &call);
		if (part->has_lists)
			gen_lists(random, &call);
		difference = differential_compare(pair, &arena, &call, &verdict);
		if (difference)
			cr_assert_fail("%s", difference);
		if (part->has_lists)
			check_elements(pair, random, &call, verdict);
		counts[verdict]++;
	}
	arena_fini(&arena);
}

static void run_part(const struct part *part)
{
	unsigned counts[3] = {0};
	uint64_t random = part->seed;

	for (unsigned i = 0; i < POLICIES; i++) {
		struct differential pair;

		cr_assert(differential_open(&pair, &random), "%s", pair.why);
		compare_calls(&pair, part, &random, counts);
		differential_close(&pair);
	}
	/* A generator that only makes denials would prove little. */
	for (unsigned i = 0; i < 3; i++)
		cr_expect_gt(counts[i], POLICIES * CALLS / part->at_least,
			     "verdict %u came %u times", i, counts[i]);
}

Test(differential, decisions_are_what_the_policy_means_1, .timeout = 120)
{
	run_part(&(struct part){1, false, 50});
}

Test(differential, decisions_are_what_the_policy_means_2, .timeout = 120)
{
	run_part(&(struct part){2, false, 50});
}

Test(differential, decisions_are_what_the_policy_means_3, .timeout = 120)
{
	run_part(&(struct part){3, false, 50});
}

Test(differential, decisions_are_what_the_policy_means_4, .timeout = 120)
{
	run_part(&(struct part){4, false, 50});
}

Test(differential, lists_are_decided_as_their_elements_are, .timeout = 120)
{
	run_part(&(struct part){5, true, 100});
}
