/*
 * Is a sandbox's plan what its rules call for?
 */
#ifndef WRIT_VERIFY_PROVE_PLAN_H
#define WRIT_VERIFY_PROVE_PLAN_H

#include "verify/view.h"

/*
 * An empty string when the sandbox's plan has every bit that the policy's rules, grants and denied
 * patterns call for, and no other. Else what is wrong. prove_names() has found nothing.
 */
struct str prove_plan(struct arena *arena, const struct ir_policy *policy, const struct view *view,
		      uint32_t sandbox);

#endif
