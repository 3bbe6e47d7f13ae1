/*
 * Does the decision table decide as the rules say?
 */
#ifndef WRIT_VERIFY_PROVE_RBAC_H
#define WRIT_VERIFY_PROVE_RBAC_H

#include "verify/view.h"

/* How much was proven, for people. */
struct prove_rbac_count {
	size_t rows, columns; /* subjects with different rules; names and classes of names */
	size_t states;        /* of the automaton */
};

/*
 * An empty string when the decision on every role and every user, for every tool, known by name or
 * not, and for every outcome of conditions, is that of the policy's rules. Else what is not, with
 * the subject and the tool. prove_names() has found nothing.
 */
struct str prove_rbac(struct arena *arena, const struct ir_policy *policy, const struct view *view,
		      struct prove_rbac_count *count);

#endif
