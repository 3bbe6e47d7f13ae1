/*
 * The roles that a user has, which of them are active, and what a policy makes of these.
 *
 * Roles are kept by name, as a policy that takes another's place has other ids.
 */
#ifndef WRIT_RUNTIME_ROLES_H
#define WRIT_RUNTIME_ROLES_H

#include <stdbool.h>

#include "runtime/writ_monitor.h"

#define ROLES_MAX 1024u /* of one user */

struct role {
	char *name;
	bool is_active;
};

struct roles {
	struct role *items;
	size_t n;
};

/*
 * Those of a user: of identity, or the policy's where that is NULL. None of them is active. Errors:
 * UNKNOWN, INVALID (too many, or one that is given twice), NOMEM, or the identity's own.
 */
WRIT_MUST_CHECK int roles_look_up(const struct writ_policy *policy,
				  const struct writ_identity *identity, const char *user,
				  struct roles *out, struct writ_error *error);

void roles_fini(struct roles *roles);

/* The role of a name, or NULL. */
struct role *roles_find(const struct roles *roles, const char *name);

bool roles_all_active(const struct roles *roles);

/* May they be had, and the active ones be so together? Errors: those of writ_roles_check. */
WRIT_MUST_CHECK int roles_check(const struct roles *roles, const struct writ_policy *policy,
				struct writ_error *error);

/* The active ones' ids in a policy that has them all: as many as there are roles at most. */
size_t roles_ids(const struct roles *roles, const struct writ_policy *policy, uint32_t *ids);

/* The same as rows of the policy's decision table. */
size_t roles_rows(const struct roles *roles, const struct writ_policy *policy, uint32_t *rows);

#endif
