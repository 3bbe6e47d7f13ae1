/*
 * Limits, each tried in a launch of its own.
 */
#ifndef WRIT_PROVE_LIMITS_H
#define WRIT_PROVE_LIMITS_H

#include "runtime/prove/prove.h"

WRIT_MUST_CHECK int limits_try(const struct prove_target *target, struct prove_report *report,
			       struct writ_error *error);

#endif
