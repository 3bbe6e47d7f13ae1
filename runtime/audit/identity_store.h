/*
 * The identity store: users, and the roles that they are granted, in a SQLite database.
 *
 * Everything is said in bound parameters; no SQL is put together from what comes in. A change is
 * within identity_begin and identity_commit, or it is abandoned whole. Names are checked by whoever
 * calls (identity_name.h), and when they are read.
 */
#ifndef WRIT_AUDIT_IDENTITY_STORE_H
#define WRIT_AUDIT_IDENTITY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/audit/db.h"

#define IDENTITY_MAX_USERS 10000000
#define IDENTITY_MAX_ROLES 1024 /* of one user */

struct identity_store;

struct identity_user {
	int64_t id;
	const char *name;
	bool disabled;
	int64_t created_s; /* since 1970, UTC */
	const char *created_by;
};

struct identity_grant {
	const char *role;
	int64_t granted_s;
	const char *granted_by;
	int64_t expires_s; /* from then on it counts no more; 0: never */
};

/* Errors: those of db_open and generation_open. DB_READ needs no generation file. */
WRIT_MUST_CHECK int identity_open(const char *path, enum db_mode mode, struct identity_store **out,
				  struct writ_error *error);
void identity_close(struct identity_store *store);

/* One change at a time; others wait, up to SQLite's busy timeout (SYSTEM). */
WRIT_MUST_CHECK int identity_begin(struct identity_store *store, struct writ_error *error);
WRIT_MUST_CHECK int identity_commit(struct identity_store *store, struct writ_error *error);
void identity_abandon(struct identity_store *store);

/* UNKNOWN: there is no user of this name. *out is valid until the next call, without texts. */
WRIT_MUST_CHECK int identity_find(struct identity_store *store, const char *name,
				  struct identity_user *out, struct writ_error *error);

/* INVALID: there is a user of this name, or there are IDENTITY_MAX_USERS. */
WRIT_MUST_CHECK int identity_add(struct identity_store *store, const struct identity_user *user,
				 int64_t *id, struct writ_error *error);
/* The greatest id that a user has; 0: there is none. Those added from here on have greater ones. */
WRIT_MUST_CHECK int identity_last(struct identity_store *store, int64_t *id,
				  struct writ_error *error);
WRIT_MUST_CHECK int identity_remove(struct identity_store *store, int64_t user,
				    struct writ_error *error);
WRIT_MUST_CHECK int identity_remove_all(struct identity_store *store, struct writ_error *error);
WRIT_MUST_CHECK int identity_disable(struct identity_store *store, int64_t user, bool disabled,
				     struct writ_error *error);

/* A role that the user has is granted anew. INVALID: the user has IDENTITY_MAX_ROLES others. */
WRIT_MUST_CHECK int identity_grant(struct identity_store *store, int64_t user,
				   const struct identity_grant *grant, struct writ_error *error);
/* UNKNOWN: the user does not have the role. */
WRIT_MUST_CHECK int identity_revoke(struct identity_store *store, int64_t user, const char *role,
				    struct writ_error *error);

/*
 * Calls row for each grant of each user, or with NULL once for a user who has none: by the bytes of
 * the user's name, then the role's. user NULL: of all. Not 0 from row ends it, and is the result.
 */
struct identity_visit {
	int (*row)(void *context, const struct identity_user *user,
		   const struct identity_grant *grant);
	void *context;
};
WRIT_MUST_CHECK int identity_visit(struct identity_store *store, const char *user,
				   const struct identity_visit *visit, struct writ_error *error);

#endif
