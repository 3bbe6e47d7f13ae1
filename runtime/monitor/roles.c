/*
 * Roles of a user.
 *
 * In: names, from the policy's own list of users or from an identity source, which nobody has
 * checked. Out: which rows of the decision table speak for the user. A role that the policy lacks
 * is not passed over: one that denies may have had that name.
 */
#include "runtime/monitor/roles.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/error.h"
#include "runtime/policy.h"

/* ---- looking up ---- */

/* What roles are added to while they are looked up. */
struct adding {
	struct roles roles;
	size_t capacity;
	struct writ_error *error;
	int rc;
};

struct role *roles_find(const struct roles *roles, const char *name)
{
	for (size_t i = 0; i < roles->n; i++) {
		if (strcmp(roles->items[i].name, name) == 0)
			return &roles->items[i];
	}
	return NULL;
}

static int make_room(struct adding *adding)
{
	size_t capacity = adding->capacity ? 2 * adding->capacity : 8;
	struct role *items;

	if (adding->roles.n < adding->capacity)
		return 0;
	items = realloc(adding->roles.items, capacity * sizeof(*items));
	if (!items)
		return error_nomem(adding->error);
	adding->roles.items = items;
	adding->capacity = capacity;
	return 0;
}

static int check_role(const struct adding *adding, const char *name)
{
	if (!name || !*name || strnlen(name, WRIT_MAX_NAME + 1) > WRIT_MAX_NAME)
		return error_set(adding->error, WRIT_E_INVALID,
				 "the name of a role is 1 to %u bytes", WRIT_MAX_NAME);
	if (adding->roles.n == ROLES_MAX)
		return error_set(adding->error, WRIT_E_INVALID, "the user has more than %u roles",
				 ROLES_MAX);
	if (roles_find(&adding->roles, name))
		return error_set(adding->error, WRIT_E_INVALID, "role '%s' is given twice", name);
	return 0;
}

/* A writ_identity's add: not 0 ends the look-up. */
static int add_role(void *context, const char *name)
{
	struct adding *adding = context;
	char *copy;

	if (adding->rc)
		return adding->rc;
	adding->rc = check_role(adding, name);
	if (!adding->rc)
		adding->rc = make_room(adding);
	if (adding->rc)
		return adding->rc;
	copy = strdup(name);
	if (!copy)
		return adding->rc = error_nomem(adding->error);
	adding->roles.items[adding->roles.n++] = (struct role){copy, false};
	return 0;
}

static int look_up_own(const struct writ_policy *policy, const char *user, struct adding *adding)
{
	const struct image *image = &policy->image;
	uint32_t id = index_find(&policy->users, user, strlen(user));
	struct writ_fmt_range roles;
	int rc = 0;

	if (id == WRIT_NONE)
		return error_set(adding->error, WRIT_E_UNKNOWN,
				 "user '%.255s' is not known to the policy", user);
	roles = image_USER_INFO(image, id)->roles;
	for (uint32_t i = 0; !rc && i < roles.count; i++) {
		uint32_t role = *image_INDICES(image, roles.first + i);

		rc = add_role(adding, image_text(image, image_ROLES(image, role)->name));
	}
	return rc;
}

int roles_look_up(const struct writ_policy *policy, const struct writ_identity *identity,
		  const char *user, struct roles *out, struct writ_error *error)
{
	struct writ_error own;
	struct adding adding = {.error = error ? error : &own};
	int rc;

	error_fill(adding.error, WRIT_E_SYSTEM, 0, "user '%.255s' can't be looked up", user);
	if (!identity)
		rc = look_up_own(policy, user, &adding);
	else
		rc = identity->look_up(identity->context, user, add_role, &adding, adding.error);
	/* A source that has not heard of what could not be added. */
	if (adding.rc)
		rc = adding.rc;
	if (rc) {
		roles_fini(&adding.roles);
		return rc < 0 ? rc : -WRIT_E_SYSTEM;
	}
	*out = adding.roles;
	return 0;
}

void roles_fini(struct roles *roles)
{
	for (size_t i = 0; i < roles->n; i++)
		free(roles->items[i].name);
	free(roles->items);
	*roles = (struct roles){NULL, 0};
}

bool roles_all_active(const struct roles *roles)
{
	for (size_t i = 0; i < roles->n; i++) {
		if (!roles->items[i].is_active)
			return false;
	}
	return true;
}

/* ---- what a policy makes of them ---- */

static uint32_t id_of(const struct writ_policy *policy, const struct role *role)
{
	return index_find(&policy->roles, role->name, strlen(role->name));
}

int roles_check(const struct roles *roles, const struct writ_policy *policy,
		struct writ_error *error)
{
	const char **names = calloc(roles->n + 1, sizeof(*names));
	size_t n_active = 0;
	int rc;

	if (!names)
		return error_nomem(error);
	for (size_t i = 0; i < roles->n; i++)
		names[i] = roles->items[i].name;
	rc = writ_roles_check(policy, names, roles->n, 0, error);
	for (size_t i = 0; i < roles->n; i++) {
		if (roles->items[i].is_active)
			names[n_active++] = roles->items[i].name;
	}
	if (!rc)
		rc = writ_roles_check(policy, names, n_active, 1, error);
	free(names);
	return rc;
}

size_t roles_ids(const struct roles *roles, const struct writ_policy *policy, uint32_t *ids)
{
	size_t n = 0;

	for (size_t i = 0; i < roles->n; i++) {
		uint32_t id = roles->items[i].is_active ? id_of(policy, &roles->items[i])
							: WRIT_NONE;

		if (id != WRIT_NONE)
			ids[n++] = id;
	}
	return n;
}

size_t roles_rows(const struct roles *roles, const struct writ_policy *policy, uint32_t *rows)
{
	size_t n = roles_ids(roles, policy, rows);

	for (size_t i = 0; i < n; i++)
		rows[i] = image_ROLES(&policy->image, rows[i])->row;
	return n;
}
