/*
 * Sessions: opened for a role or a user, with the roles of the user's that are active.
 *
 * In: a subject. Out: the rows of the decision table that speak for it, and the reason to refuse
 * everything when there are none to be had. Both are of one version of the policy and one state of
 * the identity source; session_refresh() makes them anew when either has changed, and a check that
 * sees neither change has nothing to do. Roles are only ever lost that way: what a user is given
 * later has to be activated, or belongs to a new session.
 */
#include "runtime/monitor/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "runtime/error.h"
#include "runtime/policy.h"

#define MAX_DETAIL 1024

static const uint64_t never_changes;

/* ---- events ---- */

static int record(const struct writ_session *session, const char *detail, const char *failure)
{
	const struct version *version = atomic_load(&session->version);
	const struct writ_event event = {
		.kind = WRIT_EVENT_SESSION,
		.verdict = failure ? WRIT_DENY : WRIT_ALLOW,
		.rule = WRIT_NO_ID,
		.generation = version->generation,
		.session = session->number,
		.policy = version->policy,
		.user = session->is_user ? session->name : NULL,
		.role = session->is_user ? NULL : session->name,
		.detail = detail,
		.error = failure,
	};

	return monitor_record(session->monitor, &event);
}

/* Of what has happened already, which no record could prevent. */
static void tell(const struct writ_session *session, const char *detail, const char *failure)
{
	int unrecorded = record(session, detail, failure);

	(void)unrecorded;
}

/* "VERB: ROLE, ROLE", of the active ones; cut off. */
static void list_roles(const struct writ_session *session, const char *verb, char *text)
{
	const char *separator = ": ";
	size_t at = (size_t)snprintf(text, MAX_DETAIL, "%s", verb);

	for (size_t i = 0; session->is_user && i < session->roles.n && at < MAX_DETAIL; i++) {
		const struct role *role = &session->roles.items[i];

		if (!role->is_active)
			continue;
		at += (size_t)snprintf(text + at, MAX_DETAIL - at, "%s%s", separator, role->name);
		separator = ", ";
	}
}

/* ---- what the session may do, of a version ---- */

/* The user's own row combines all of its roles, as the compiler did it. */
static bool has_own_row(const struct writ_session *session)
{
	return session->is_user && !session->identity && roles_all_active(&session->roles);
}

/* Takes the rows of the active roles, if these may be. Else none: the session may do nothing. */
static int take_rows(struct writ_session *session, struct writ_error *error)
{
	const struct version *version = atomic_load(&session->version);
	int rc = roles_check(&session->roles, version->policy, error);

	if (rc)
		return rc;
	if (has_own_row(session)) {
		session->rows[0] = writ_subject_open(version->policy, WRIT_USER, session->name, 0);
		session->n_rows = 1;
	} else {
		session->n_rows = roles_rows(&session->roles, version->policy, session->rows);
	}
	if (version->rates)
		session->rate_subject =
			rates_subject(version->rates, writ_policy_name(version->policy),
				      session->is_user ? WRIT_USER : WRIT_ROLE, session->name);
	session->refusal = WRIT_BY_RULE;
	return 0;
}

static void refuse(struct writ_session *session, enum writ_reason reason)
{
	session->n_rows = 0;
	session->refusal = reason;
}

/* A role's session has that one role, which is active. */
static int look_up_role(const struct writ_session *session, const struct version *version,
			struct roles *out, struct writ_error *error)
{
	if (writ_subject_open(version->policy, WRIT_ROLE, session->name, 0) == WRIT_NO_ID)
		return error_set(error, WRIT_E_UNKNOWN, "role '%.255s' is not known to the policy",
				 session->name);
	out->items = calloc(1, sizeof(*out->items));
	if (!out->items)
		return error_nomem(error);
	out->n = 1;
	out->items[0].is_active = true;
	out->items[0].name = strdup(session->name);
	if (out->items[0].name)
		return 0;
	roles_fini(out);
	return error_nomem(error);
}

/* The roles of now, with room for as many rows. */
static int look_up(struct writ_session *session, struct roles *out, struct writ_error *error)
{
	const struct version *version = atomic_load(&session->version);
	uint32_t *rows;
	int rc;

	if (!*session->name)
		return error_set(error, WRIT_E_UNKNOWN, "the subject has no name");
	if (session->is_user)
		rc = roles_look_up(version->policy, session->identity, session->name, out, error);
	else
		rc = look_up_role(session, version, out, error);
	if (rc)
		return rc;
	rows = realloc(session->rows, (out->n + 1) * sizeof(*rows));
	if (!rows) {
		roles_fini(out);
		return error_nomem(error);
	}
	session->rows = rows;
	return 0;
}

/* What changes from now on is seen by a later check. */
static uint64_t roles_generation(const struct writ_session *session)
{
	return __atomic_load_n(session->roles_generation, __ATOMIC_ACQUIRE);
}

/* ---- changes under an open session ---- */

/* Publishes the current version: it is, if it still is the current one afterwards. */
static void use_current(struct writ_session *session)
{
	struct version *version;

	do {
		version = atomic_load(&session->monitor->current);
		atomic_store(&session->version, version);
	} while (version != atomic_load(&session->monitor->current));
}

/* Active is what was so and is still the user's; what is lost is told. */
static void keep_active(struct writ_session *session, struct roles *now)
{
	char detail[MAX_DETAIL];

	for (size_t i = 0; i < session->roles.n; i++) {
		const struct role *old = &session->roles.items[i];
		struct role *role = roles_find(now, old->name);

		if (role)
			role->is_active = old->is_active;
		if (role || !old->is_active)
			continue;
		(void)snprintf(detail, sizeof(detail), "lost role: %s", old->name);
		tell(session, detail, NULL);
	}
}

/* Who is not known any more has nothing left, and has nothing when the name comes back. */
static void lose_all(struct writ_session *session)
{
	struct roles none = {NULL, 0};

	keep_active(session, &none);
	roles_fini(&session->roles);
}

/* Not 0: the roles of now can't be had, and all is refused until they can. */
static int refresh(struct writ_session *session, struct writ_error *error)
{
	uint64_t generation = roles_generation(session);
	struct roles now = {NULL, 0};
	int rc;

	use_current(session);
	refuse(session, WRIT_STALE);
	/* A failure is no state to stay in: the next check asks again. */
	session->roles_seen = generation - 1;
	rc = look_up(session, &now, error);
	if (rc == -WRIT_E_UNKNOWN) {
		session->roles_seen = generation;
		lose_all(session);
		refuse(session, WRIT_UNKNOWN_SUBJECT);
	}
	if (rc)
		return rc;
	if (session->is_user)
		keep_active(session, &now);
	roles_fini(&session->roles);
	session->roles = now;
	if (take_rows(session, error) != -WRIT_E_NOMEM)
		session->roles_seen = generation;
	return 0;
}

void session_refresh(struct writ_session *session)
{
	struct writ_error error;
	int rc = refresh(session, &error);

	(void)rc;
}

/* ---- opening and closing ---- */

/* Activates those that the subject names; none named: all. */
static int activate(const struct writ_subject *subject, struct roles *roles,
		    struct writ_error *error)
{
	for (size_t i = 0; i < subject->n_roles; i++) {
		struct role *role = subject->roles[i] ? roles_find(roles, subject->roles[i]) : NULL;

		if (!role)
			return error_set(error, WRIT_E_UNKNOWN,
					 "user '%.200s' does not have role '%.200s'", subject->user,
					 subject->roles[i] ? subject->roles[i] : "");
		role->is_active = true;
	}
	for (size_t i = 0; !subject->n_roles && i < roles->n; i++)
		roles->items[i].is_active = true;
	return 0;
}

static int begin(struct writ_session *session, const struct writ_subject *subject,
		 struct writ_error *error)
{
	char detail[MAX_DETAIL];
	int rc;

	session->roles_seen = roles_generation(session);
	rc = look_up(session, &session->roles, error);
	if (!rc && session->is_user)
		rc = activate(subject, &session->roles, error);
	if (!rc)
		rc = take_rows(session, error);
	if (rc) {
		tell(session, "not opened", error->text);
		return rc;
	}
	list_roles(session, "opened", detail);
	if (record(session, detail, NULL))
		return error_set(error, WRIT_E_SYSTEM, "the session can't be recorded");
	return 0;
}

static int make(struct writ_monitor *monitor, const struct writ_subject *subject,
		struct writ_session **out, struct writ_error *error)
{
	struct writ_session *session = calloc(1, sizeof(*session));

	if (!session)
		return error_nomem(error);
	session->monitor = monitor;
	session->is_user = subject->user != NULL;
	session->name = strdup(subject->user ? subject->user : subject->role);
	session->roles_generation = &never_changes;
	if (subject->identity && session->is_user) {
		session->source = *subject->identity;
		session->identity = &session->source;
		if (session->source.generation)
			session->roles_generation = session->source.generation;
	}
	if (!session->name) {
		free(session);
		return error_nomem(error);
	}
	/* Of a number that others can't guess nothing depends; that it is another's would. */
	if (getrandom(&session->number, sizeof(session->number), 0) !=
	    (ssize_t)sizeof(session->number)) {
		free(session->name);
		free(session);
		return error_sys(error, WRIT_E_SYSTEM, errno, "getrandom");
	}
	session->number |= 1;
	*out = session;
	return 0;
}

static void free_session(struct writ_session *session)
{
	monitor_leave(session->monitor, session);
	roles_fini(&session->roles);
	free(session->rows);
	free(session->name);
	free(session);
}

int writ_session_open(struct writ_monitor *monitor, const struct writ_subject *subject,
		      struct writ_session **out, struct writ_error *error)
{
	struct writ_session *session;
	struct writ_error own;
	int rc;

	if (!error)
		error = &own;
	if (!out || !subject->role == !subject->user || (subject->role && subject->n_roles))
		return error_set(error, WRIT_E_INVALID,
				 "writ_session_open: one of role and user must be given, roles "
				 "with user only");
	rc = make(monitor, subject, &session, error);
	if (rc)
		return rc;
	monitor_enter(monitor, session);
	rc = begin(session, subject, error);
	if (rc) {
		free_session(session);
		return rc;
	}
	*out = session;
	return 0;
}

void writ_session_close(struct writ_session *session)
{
	if (!session)
		return;
	tell(session, "closed", NULL);
	free_session(session);
}

/* ---- activating and dropping ---- */

static int set_active(struct writ_session *session, const char *name, bool is_active,
		      struct writ_error *error)
{
	struct role *role;
	bool was;
	int rc;

	if (!session->is_user)
		return error_set(error, WRIT_E_INVALID, "the session is a role's, not a user's");
	rc = refresh(session, error);
	if (rc)
		return rc;
	role = name ? roles_find(&session->roles, name) : NULL;
	if (!role)
		return error_set(error, WRIT_E_UNKNOWN, "user '%.200s' does not have role '%.200s'",
				 session->name, name ? name : "");
	was = role->is_active;
	role->is_active = is_active;
	rc = take_rows(session, error);
	if (rc)
		role->is_active = was;
	return rc;
}

int writ_session_activate(struct writ_session *session, const char *role, struct writ_error *error)
{
	char detail[MAX_DETAIL];
	struct writ_error own;
	int rc;

	if (!error)
		error = &own;
	rc = set_active(session, role, true, error);
	if (rc) {
		tell(session, "not activated", error->text);
		return rc;
	}
	list_roles(session, "activated", detail);
	if (record(session, detail, NULL) == 0)
		return 0;
	rc = set_active(session, role, false, error);
	(void)rc;
	return error_set(error, WRIT_E_SYSTEM, "the activation can't be recorded");
}

int writ_session_drop(struct writ_session *session, const char *role, struct writ_error *error)
{
	char detail[MAX_DETAIL];
	int rc = set_active(session, role, false, error);

	if (rc)
		return rc;
	list_roles(session, "dropped a role", detail);
	tell(session, detail, NULL);
	return 0;
}
