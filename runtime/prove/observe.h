/*
 * A launch that stands still, seen from outside.
 */
#ifndef WRIT_PROVE_OBSERVE_H
#define WRIT_PROVE_OBSERVE_H

#include "runtime/prove/prove.h"

WRIT_MUST_CHECK int observe_launch(const struct prove_target *target, struct prove_report *report,
				   struct writ_error *error);

/* Sleeps until something (a pid of ours) stands in /proc as the prober. Its number, or -1. */
pid_t observe_find_prober(pid_t launched);

#endif
