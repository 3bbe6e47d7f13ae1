/*
 * Is what a bundle only keeps, neither decided by the table nor told to the kernel, the policy's?
 */
#ifndef WRIT_VERIFY_PROVE_KEPT_H
#define WRIT_VERIFY_PROVE_KEPT_H

#include "verify/view.h"

/*
 * An empty string when limits, environments, best effort, places, endpoints, conflicts and patterns
 * to redact are the policy's, record for record and part for part. Else what is wrong.
 * prove_names() has found nothing.
 */
struct str prove_kept(struct arena *arena, const struct ir_policy *policy, const struct view *view);

#endif
