/*
 * A session: who asks, with which roles, by which version of the policy.
 */
#ifndef WRIT_RUNTIME_SESSION_H
#define WRIT_RUNTIME_SESSION_H

#include "runtime/monitor/monitor.h"
#include "runtime/monitor/roles.h"
#include "runtime/writ_format.h"

struct writ_session {
	/* What a check touches, together. */
	_Atomic(struct version *) version; /* published: see monitor.h */
	struct writ_monitor *monitor;
	const uint64_t *roles_generation; /* of the identity source, or one that never changes */
	uint64_t roles_seen;              /* of it, when the roles were last looked up */
	uint32_t *rows;           /* of the version's decision table; a call is decided by */
	size_t n_rows;            /* all together */
	enum writ_reason refusal; /* of all calls: not BY_RULE */
	uint64_t rate_subject;    /* where the version has rates */
	uint64_t number;

	bool is_user;
	char *name;
	const struct writ_identity *identity; /* &source, or NULL: the policy's */
	struct writ_identity source;
	struct roles roles;           /* the user's, or none of a role's session */
	char tool[WRIT_MAX_NAME + 1]; /* of the last call that no rule decided, to tell why */
	enum request_fault fault;     /* of the last call that was not approved */
	char not_asked[96];        /* why the last call without state wasn't asked about; or "" */
	bool too_many;             /* that is as too many wait: it may be later */
	struct writ_session *next; /* among the monitor's */
	struct writ_session *prev;
};

/*
 * Makes the session use the current version and the roles that the user has now. Slow, and called
 * when either has changed only.
 */
void session_refresh(struct writ_session *session);

#endif
