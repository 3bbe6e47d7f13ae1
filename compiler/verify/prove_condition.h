/*
 * Does a run of tests with jumps mean what a condition means?
 */
#ifndef WRIT_VERIFY_PROVE_CONDITION_H
#define WRIT_VERIFY_PROVE_CONDITION_H

#include "verify/view.h"

/*
 * An empty string when the tests match exactly when the condition does, in a rule of any verdict,
 * for every outcome of every test: true, false or unknown. Else what is wrong.
 */
struct str prove_condition(struct arena *arena, const struct ir_where *where,
			   const struct view *view, struct writ_fmt_range tests);

#endif
