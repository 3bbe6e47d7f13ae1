/*
 * Is everything that has a name in the IR in the bundle under that name, and nothing else?
 */
#ifndef WRIT_VERIFY_PROVE_NAMES_H
#define WRIT_VERIFY_PROVE_NAMES_H

#include "verify/view.h"

/*
 * An empty string when parameters, sandboxes, roles, users, tools and the named columns are the
 * IR's, in its order, and a lookup of a name, as docs/format.md says it is done, finds each role,
 * user and exactly named tool, and for any other name nothing. Else what is wrong.
 */
struct str prove_names(struct arena *arena, const struct ir_policy *policy,
		       const struct view *view);

#endif
