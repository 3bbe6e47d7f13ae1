/*
 * Why a call was decided so, for who has the roles of the subject at hand.
 */
#ifndef WRIT_RUNTIME_EXPLAIN_H
#define WRIT_RUNTIME_EXPLAIN_H

#include "runtime/writ.h"

/* A decision and what it was about; all borrowed. */
struct explained {
	const struct writ_policy *policy;
	const struct writ_request *request;
	const struct writ_decision *decision;
	const uint32_t *roles; /* that the subject has, or has active */
	size_t n_roles;
};

/* As writ_explain, of which this is the whole. */
void explain_decision(const struct explained *explained, char *text, size_t size);

#endif
