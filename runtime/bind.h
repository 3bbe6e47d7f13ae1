/*
 * Parameters get their values and texts are expanded, once, when a bundle is loaded.
 */
#ifndef WRIT_RUNTIME_BIND_H
#define WRIT_RUNTIME_BIND_H

#include "runtime/policy.h"

/* Fills params, paths and env_values of a policy whose image is verified. Errors: PARAM, NOMEM. */
WRIT_MUST_CHECK int bind_policy(struct writ_policy *policy, const struct writ_options *options,
				struct writ_error *error);

#endif
