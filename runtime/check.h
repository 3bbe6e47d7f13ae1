/*
 * Deciding for several subjects at once, as for one that has all their rules.
 */
#ifndef WRIT_RUNTIME_CHECK_H
#define WRIT_RUNTIME_CHECK_H

#include "runtime/conditions.h"

/*
 * The decision on a call by the rows of a session's roles together. Not the strictest of each row's
 * own: of a list one row may stop one element, and have no rule for the next. Rows are the
 * policy's; a column that is no tool's is none that a rule matches.
 */
enum writ_verdict check_together(const struct writ_policy *policy,
				 const struct condition_subject *subject,
				 const struct writ_arg *args, size_t n_args,
				 struct writ_decision *decision);

#endif
