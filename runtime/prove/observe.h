/*
 * A launch that stands still, seen from outside.
 */
#ifndef WRIT_PROVE_OBSERVE_H
#define WRIT_PROVE_OBSERVE_H

#include "runtime/prove/prove.h"

WRIT_MUST_CHECK int observe_launch(const struct prove_target *target, struct prove_report *report,
				   struct writ_error *error);

/* A process's parent, or -1. */
pid_t observe_parent(pid_t pid);

/*
 * The prober's process id: what was launched, or a child of that (a keeper). Waits until it is
 * there; -1: it does not come.
 */
pid_t observe_find_prober(pid_t launched);

#endif
