/*
 * writ users: what its verbs share. Each is a function of users_*.c, found in the table of users.c;
 * it returns the exit status.
 */
#ifndef WRIT_AUDIT_CLI_USERS_H
#define WRIT_AUDIT_CLI_USERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "runtime/audit/identity_store.h"

#define USERS_TIME_SIZE 32

struct users_options {
	const char *bundle;
	const char *format;
	const char *expires;
	const char *by;
	const char *role;
	bool replace;
	char **operands; /* the store first */
	size_t n_operands;
};

int users_verb_add(const struct users_options *options);
int users_verb_remove(const struct users_options *options);
int users_verb_disable(const struct users_options *options);
int users_verb_enable(const struct users_options *options);
int users_verb_grant(const struct users_options *options);
int users_verb_revoke(const struct users_options *options);
int users_verb_import(const struct users_options *options);
int users_verb_list(const struct users_options *options);
int users_verb_show(const struct users_options *options);
int users_verb_export(const struct users_options *options);
int users_verb_check(const struct users_options *options);

/* Prints what went wrong, and is the exit status for it. */
int users_fail(int rc, const struct writ_error *error);

/* ---- changes ---- */

/* Who makes a change: --by, or the number of the user who runs it. */
const char *users_by(const struct users_options *options);

/*
 * One change of the store: opened in a mode, changed, held against the policy of --bundle (of that
 * user only, or of all when user is NULL), and committed; or nothing of it. The exit status.
 */
struct users_change {
	enum db_mode mode;
	int (*apply)(struct identity_store *store, void *context, struct writ_error *error);
	void *context;
	const char *user;
};
int users_change(const struct users_options *options, const struct users_change *change);

/* ---- the policy ---- */

/* Opens the bundle to be examined, if one is given: else *policy is NULL. Or an exit status. */
int users_policy(const struct users_options *options, struct writ_policy **policy);

/*
 * Holds the roles of a user, or of all when user is NULL, against a policy. UNKNOWN, INVALID: what
 * is wrong with the first; but with found, that is called for each, and the result is 0.
 */
struct users_findings {
	void (*found)(void *context, const char *text);
	void *context;
};
WRIT_MUST_CHECK int users_check(struct identity_store *store, const char *user,
				const struct writ_policy *policy,
				const struct users_findings *findings, struct writ_error *error);

/* ---- times, as in "2026-12-31T23:59:59Z" ---- */

const char *users_time(int64_t seconds, char text[USERS_TIME_SIZE]);

/* A time, or a date (its beginning), in UTC. */
bool users_read_time(const char *text, int64_t *seconds);

/* The same, or how long from now: "8h", "30d". */
bool users_read_end(const char *text, int64_t now_s, int64_t *seconds);

/* ---- import ---- */

struct users_import {
	struct identity_store *store;
	FILE *file;
	unsigned long line; /* of what is being read, for messages */
	int64_t last;       /* users up to this id were there before */
	int64_t now_s;
	const char *by;
};

/* Adds a user who is not there, or a grant to one who was added just now. */
WRIT_MUST_CHECK int users_import_user(struct users_import *import, struct identity_user *user,
				      struct writ_error *error);
WRIT_MUST_CHECK int users_import_grant(struct users_import *import, int64_t user,
				       struct identity_grant *grant, struct writ_error *error);

/* The formats: they read file to its end. */
WRIT_MUST_CHECK int users_import_json(struct users_import *import, struct writ_error *error);
WRIT_MUST_CHECK int users_import_csv(struct users_import *import, struct writ_error *error);

#endif
