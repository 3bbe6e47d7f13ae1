/*
 * A policy opened by the runtime's own code, with values for its parameters: what test, explain and
 * their like ask for decisions.
 */
#ifndef WRIT_CLI_BOUND_H
#define WRIT_CLI_BOUND_H

#include "cli/input.h"
#include "runtime/writ.h"

struct bound_param {
	struct str name;
	struct str text; /* as the runtime parses it */
};

struct bound_options {
	const struct bound_param *params;
	size_t n_params;
	struct str home;          /* absolute */
	const bool *may_stand_in; /* by parameter: without a value it gets one that means nothing;
				     NULL: none */
};

struct bound {
	struct writ_policy *policy; /* opened for examining; bound_close frees it */
	struct ir_values values;    /* the same values, for looking at conditions */
	const bool *stands_in;      /* by parameter */
};

/* 0, or what writ_open_memory gives for an unusable value, and then *error is filled. */
__attribute__((warn_unused_result)) int bound_open(struct arena *arena, const struct input *input,
						   const struct bound_options *options,
						   struct bound *out, struct writ_error *error);
void bound_close(struct bound *bound);

/* What "~" means to the runtime where we are; "/" when there is no home directory. */
struct str bound_home(struct arena *arena);

#endif
