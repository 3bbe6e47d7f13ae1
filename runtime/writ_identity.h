/*
 * libwrit-audit: users and their roles from an identity store ("writ users"), for sessions.
 *
 *	struct writ_identity_store *store;
 *
 *	if (writ_identity_open("users.db", &store, &error))
 *		die(error.text);
 *	subject.user = "bob";
 *	subject.identity = writ_identity_source(store);
 *	writ_session_open(monitor, &subject, &session, &error);
 *
 * With a store, users are the store's alone: those of the policy are not asked. The policy says
 * what a role may do, and which roles exclude each other; a user of the store who has a role that
 * the policy lacks, or roles in conflict, gets no session.
 *
 * A change of the store by "writ users" is seen by the next check of every open session, in every
 * process; a role that expires, and a store that is removed or replaced, within two seconds. What
 * is written to the database by other means is seen when a session is opened.
 */
#ifndef WRIT_IDENTITY_H
#define WRIT_IDENTITY_H

#include "writ_monitor.h"

#ifdef __cplusplus
extern "C" {
#endif

struct writ_identity_store;

/*
 * Opens a store to read, and maps the generation file beside it, which has to be writable. Starts a
 * thread, which ends with writ_identity_close; not to be used in a child that this process forks.
 * The caller owns *out. Any thread may use it. Errors: OPEN (it, or its generation file, can't be
 * opened), FORMAT (not an identity store, a damaged one, or one that everybody can write),
 * UNSUPPORTED (of another version), NOMEM, SYSTEM.
 */
WRIT_API WRIT_MUST_CHECK int writ_identity_open(const char *path, struct writ_identity_store **out,
						struct writ_error *error);

/* For writ_subject: valid until writ_identity_close. */
WRIT_API const struct writ_identity *writ_identity_source(const struct writ_identity_store *store);

/* All sessions that use it must be closed. NULL is allowed. */
WRIT_API void writ_identity_close(struct writ_identity_store *store);

#ifdef __cplusplus
}
#endif

#endif
