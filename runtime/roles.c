/*
 * The roles of a policy by name, and which of them nobody may have together.
 *
 * In: a verified policy and the names of roles that somebody holds, from wherever. Out: whether the
 * policy has them all, and whether its conflicts let one user hold them, or have them active in one
 * session, with all that they inherit. What the compiler checks of a policy's own users is checked
 * here of others (compiler/sema/conflicts.c). Nothing of this is on the path of a decision.
 */
#include <stdio.h>
#include <string.h>

#include "runtime/error.h"
#include "runtime/holding.h"
#include "runtime/policy.h"
#include "runtime/writ_info.h"

static const char *name_of(const struct holding *in, uint32_t role)
{
	return image_text(in->image, image_ROLES(in->image, role)->name);
}

/* " (inherited by 'x')", or nothing for a role that was given. */
static const char *way(const struct holding *in, uint32_t role, char *text, size_t size)
{
	uint32_t giver = holding_giver(in, role);

	text[0] = '\0';
	if (giver != role)
		(void)snprintf(text, size, " (inherited by '%s')", name_of(in, giver));
	return text;
}

static int refuse_pair(const struct holding *in, uint32_t first, uint32_t second,
		       struct writ_error *error)
{
	char ways[2][WRIT_MAX_NAME + 32];

	return error_set(error, WRIT_E_INVALID, "roles '%s'%s and '%s'%s are in conflict",
			 name_of(in, first), way(in, first, ways[0], sizeof(ways[0])),
			 name_of(in, second), way(in, second, ways[1], sizeof(ways[1])));
}

static int check_conflict(const struct holding *in, const struct writ_fmt_conflict *conflict,
			  struct writ_error *error)
{
	uint32_t first = WRIT_NONE;

	for (uint32_t i = 0; i < conflict->roles.count; i++) {
		uint32_t role = *image_INDICES(in->image, conflict->roles.first + i);

		if (!holding_has(in, role))
			continue;
		if (first != WRIT_NONE)
			return refuse_pair(in, first, role, error);
		first = role;
	}
	return 0;
}

static int check_conflicts(const struct holding *in, int active, struct writ_error *error)
{
	uint32_t n = image_count(in->image, WRIT_SECTION_CONFLICTS);
	int rc = 0;

	for (uint32_t i = 0; i < n && !rc; i++) {
		const struct writ_fmt_conflict *conflict = image_CONFLICTS(in->image, i);

		if (active || !conflict->session)
			rc = check_conflict(in, conflict, error);
	}
	return rc;
}

static int give(struct holding *in, const struct writ_policy *policy, const char *const *roles,
		size_t n, struct writ_error *error)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t role = index_find(&policy->roles, roles[i], strlen(roles[i]));

		if (role == WRIT_NONE)
			return error_set(error, WRIT_E_UNKNOWN, "the policy has no role '%.*s'",
					 (int)WRIT_MAX_NAME, roles[i]);
		holding_give(in, role);
	}
	return 0;
}

int writ_roles_check(const struct writ_policy *policy, const char *const *roles, size_t n,
		     int active, struct writ_error *error)
{
	struct holding in;
	int rc;

	if (!holding_init(&in, &policy->image))
		return error_nomem(error);
	rc = give(&in, policy, roles, n, error);
	if (!rc) {
		holding_inherit(&in);
		rc = check_conflicts(&in, active, error);
	}
	holding_fini(&in);
	return rc;
}

const char *writ_role_name(const struct writ_policy *policy, uint32_t index)
{
	if (index >= image_count(&policy->image, WRIT_SECTION_ROLES))
		return NULL;
	return image_text(&policy->image, image_ROLES(&policy->image, index)->name);
}
