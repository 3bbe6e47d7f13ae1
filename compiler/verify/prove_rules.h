/*
 * Are the rules in the bundle the policy's, conditions included?
 */
#ifndef WRIT_VERIFY_PROVE_RULES_H
#define WRIT_VERIFY_PROVE_RULES_H

#include "verify/view.h"

/*
 * An empty string when the bundle has the policy's rules in the policy's order, each with its
 * verdict, pattern, role, sandbox and rate, and with tests that come out as its condition does
 * whatever each test does, unknown included. Else what is wrong. Where a rule is written is not
 * looked at. prove_names() has found nothing. *n_tests is how many tests were looked at.
 */
struct str prove_rules(struct arena *arena, const struct ir_policy *policy, const struct view *view,
		       size_t *n_tests);

#endif
