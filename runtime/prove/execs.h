/*
 * Which programs can be executed.
 */
#ifndef WRIT_PROVE_EXECS_H
#define WRIT_PROVE_EXECS_H

#include "runtime/prove/prove.h"

WRIT_MUST_CHECK int execs_try(const struct prove_target *target, struct prove_report *report,
			      struct writ_error *error);

#endif
