/*
 * Is a sandbox's Landlock what its grants mean, on every kernel?
 */
#ifndef WRIT_VERIFY_PROVE_LANDLOCK_H
#define WRIT_VERIFY_PROVE_LANDLOCK_H

#include "verify/view.h"

/*
 * An empty string when the sandbox's paths, ports and variants give a process, at every Landlock
 * ABI, exactly the rights that the policy grants, and say of every ABI what it can't keep. Else
 * what is wrong. prove_names() has found nothing. *n_variants is how many variants there are.
 */
struct str prove_landlock(struct arena *arena, const struct ir_policy *policy,
			  const struct view *view, uint32_t sandbox, size_t *n_variants);

#endif
