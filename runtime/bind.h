/*
 * Parameters get their values and texts are expanded, once, when a bundle is loaded.
 */
#ifndef WRIT_RUNTIME_BIND_H
#define WRIT_RUNTIME_BIND_H

#include "runtime/policy.h"

struct binding {
	struct writ_policy *policy;
	const struct writ_options *options;
	struct writ_error *error;
	const char *home; /* found when first used */
	size_t work;      /* bytes and parts of the texts put together so far */
};

struct bind_text {
	char bytes[WRIT_MAX_TEXT + 1];
	size_t len;
};

/* What a text is put together for; values are held to it. */
#define BIND_PATH    1u /* a value may not lead out of the directory its author wrote */
#define BIND_PATTERN 2u /* a value may not hold a wildcard */

/* Puts a text together; text begins empty. Errors: PARAM, NOMEM. */
WRIT_MUST_CHECK int bind_expand(struct binding *binding, struct writ_fmt_range range,
				unsigned int use, struct bind_text *text);

/* Fills operands and peers. Errors: PARAM, NOMEM. runtime/bind_conditions.c */
WRIT_MUST_CHECK int bind_conditions(struct binding *binding);

/*
 * Fills params, paths, env_values and what conditions need of a policy whose image is verified.
 * Errors: PARAM, NOMEM.
 */
WRIT_MUST_CHECK int bind_policy(struct writ_policy *policy, const struct writ_options *options,
				struct writ_error *error);

#endif
