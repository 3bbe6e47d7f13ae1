/*
 * Conditions of rules, evaluated on the arguments of a call.
 */
#ifndef WRIT_RUNTIME_CONDITIONS_H
#define WRIT_RUNTIME_CONDITIONS_H

#include "runtime/hostname.h"
#include "runtime/policy.h"

#define CONDITION_NO_ARG UINT32_MAX

/*
 * A call being decided. value is what the last test read its argument as; a path or a peer is kept
 * with the argument's number, so that tests of one argument in a row read it once.
 */
struct condition_call {
	const struct writ_policy *policy;
	const struct writ_arg *args;
	uint32_t n_args;
	uint32_t path_arg; /* whose path and path_ok are, or CONDITION_NO_ARG */
	uint32_t peer_arg; /* whose peer and peer_ok are */
	bool path_ok;
	bool peer_ok;
	struct slice text;
	int64_t number;
	struct slice path;
	struct url peer;
	size_t name_lens[WRIT_MAX_CALL_ARGS];
	char normal[WRIT_MAX_TEXT + 1]; /* of a path that was not normal as given */
};

/* args: at most WRIT_MAX_CALL_ARGS, borrowed. */
void condition_begin(struct condition_call *call, const struct writ_policy *policy,
		     const struct writ_arg *args, size_t n_args);

/* Does the condition of a rule, which has one, hold for the call? */
bool condition_holds(struct condition_call *call, uint32_t rule);

#endif
