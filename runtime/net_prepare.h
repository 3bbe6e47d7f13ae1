/*
 * From a sandbox's network section to its plan.
 */
#ifndef WRIT_RUNTIME_NET_PREPARE_H
#define WRIT_RUNTIME_NET_PREPARE_H

#include "runtime/sandbox.h"

/* Fills sandbox->net. Errors: HOST, NOMEM. */
WRIT_MUST_CHECK int net_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source);

/* Can names be looked up, if that is to be? Once it has its ruleset. Errors: HOST. */
WRIT_MUST_CHECK int net_check_space(const struct writ_sandbox *sandbox, struct writ_error *error);

/* Its unix sockets are seen also where a mount covers what is around them. Errors: NOMEM. */
WRIT_MUST_CHECK int net_show_sockets(struct writ_sandbox *sandbox, struct writ_error *error);

#endif
