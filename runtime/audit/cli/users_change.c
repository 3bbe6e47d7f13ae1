/*
 * writ users add, remove, disable, enable, grant, revoke: one change each, whole or not at all.
 *
 * Names come from the command line and are refused before the store is opened. With -p BUNDLE what
 * the change leads to is held against the policy before it is committed, so what another process
 * granted meanwhile counts too.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/audit/cli/users.h"
#include "runtime/audit/fail.h"
#include "runtime/audit/identity_name.h"
#include "runtime/cli/cli.h"

int users_fail(int rc, const struct writ_error *error)
{
	int status = EXIT_BAD_INPUT;

	if (rc == -WRIT_E_UNKNOWN || rc == -WRIT_E_INVALID)
		status = EXIT_DENIED;
	else if (rc == -WRIT_E_NOMEM)
		status = EXIT_RUN_FAILED;
	return cli_fail(status, "users: %s", error->text);
}

const char *users_by(const struct users_options *options)
{
	static char text[32];

	if (options->by)
		return options->by;
	(void)snprintf(text, sizeof(text), "uid %lu", (unsigned long)getuid());
	return text;
}

static int apply(struct identity_store *store, const struct writ_policy *policy,
		 const struct users_change *change, struct writ_error *error)
{
	int rc = identity_begin(store, error);

	if (rc)
		return rc;
	rc = change->apply(store, change->context, error);
	if (!rc && policy)
		rc = users_check(store, change->user, policy, NULL, error);
	if (rc) {
		identity_abandon(store);
		return rc;
	}
	return identity_commit(store, error);
}

int users_change(const struct users_options *options, const struct users_change *change)
{
	struct identity_store *store = NULL;
	struct writ_policy *policy;
	struct writ_error error;
	int rc = users_policy(options, &policy);

	if (rc)
		return rc;
	rc = identity_open(options->operands[0], change->mode, &store, &error);
	if (!rc)
		rc = apply(store, policy, change, &error);
	identity_close(store);
	writ_close(policy);
	return rc ? users_fail(rc, &error) : EXIT_ALLOWED;
}

/* What the operands and options of these verbs say. */
struct request {
	const char *user;
	const char *const *roles;
	size_t n_roles;
	const char *by;
	int64_t now_s;
	int64_t expires_s;
};

static int check_names(const struct request *request)
{
	const char *bad = identity_bad_user(request->user, strlen(request->user));

	if (bad)
		return cli_fail(EXIT_USAGE, "users: '%.300s' can't be a user's name: it %s",
				request->user, bad);
	for (size_t i = 0; i < request->n_roles; i++) {
		const char *role = request->roles[i];

		bad = identity_bad_role(role, strlen(role));
		if (bad)
			return cli_fail(EXIT_USAGE, "users: '%.300s' can't be a role's name: it %s",
					role, bad);
	}
	bad = identity_bad_user(request->by, strlen(request->by));
	return bad ? cli_fail(EXIT_USAGE, "users: --by takes a name; that one %s", bad) : 0;
}

static int read_request(const struct users_options *options, struct request *request)
{
	*request = (struct request){
		.user = options->operands[1],
		.roles = (const char *const *)(options->operands + 2),
		.n_roles = options->n_operands - 2,
		.by = users_by(options),
		.now_s = time(NULL),
	};
	if (options->expires &&
	    !users_read_end(options->expires, request->now_s, &request->expires_s))
		return cli_fail(EXIT_USAGE,
				"users: --expires takes a time to come, 2026-12-31T23:59:59Z, or "
				"how long, 8h or 30d, not '%.100s'",
				options->expires);
	return check_names(request);
}

static int grant_roles(struct identity_store *store, int64_t user, const struct request *request,
		       struct writ_error *error)
{
	int rc = 0;

	for (size_t i = 0; i < request->n_roles && !rc; i++) {
		const struct identity_grant grant = {
			.role = request->roles[i],
			.granted_s = request->now_s,
			.granted_by = request->by,
			.expires_s = request->expires_s,
		};

		rc = identity_grant(store, user, &grant, error);
	}
	return rc;
}

static int apply_add(struct identity_store *store, void *context, struct writ_error *error)
{
	const struct request *request = context;
	const struct identity_user user = {
		.name = request->user,
		.created_s = request->now_s,
		.created_by = request->by,
	};
	int64_t id;
	int rc = identity_add(store, &user, &id, error);

	return rc ? rc : grant_roles(store, id, request, error);
}

static int apply_grant(struct identity_store *store, void *context, struct writ_error *error)
{
	const struct request *request = context;
	struct identity_user user;
	int rc = identity_find(store, request->user, &user, error);

	return rc ? rc : grant_roles(store, user.id, request, error);
}

static int apply_revoke(struct identity_store *store, void *context, struct writ_error *error)
{
	const struct request *request = context;
	struct identity_user user;
	int rc = identity_find(store, request->user, &user, error);

	for (size_t i = 0; i < request->n_roles && !rc; i++)
		rc = identity_revoke(store, user.id, request->roles[i], error);
	return rc;
}

static int apply_remove(struct identity_store *store, void *context, struct writ_error *error)
{
	const struct request *request = context;
	struct identity_user user;
	int rc = identity_find(store, request->user, &user, error);

	return rc ? rc : identity_remove(store, user.id, error);
}

static int set_disabled(struct identity_store *store, const struct request *request, bool disabled,
			struct writ_error *error)
{
	struct identity_user user;
	int rc = identity_find(store, request->user, &user, error);

	return rc ? rc : identity_disable(store, user.id, disabled, error);
}

static int apply_disable(struct identity_store *store, void *context, struct writ_error *error)
{
	return set_disabled(store, context, true, error);
}

static int apply_enable(struct identity_store *store, void *context, struct writ_error *error)
{
	return set_disabled(store, context, false, error);
}

static int run(const struct users_options *options, enum db_mode mode,
	       int (*apply_it)(struct identity_store *store, void *context,
			       struct writ_error *error))
{
	struct request request;
	const struct users_change change = {mode, apply_it, &request, options->operands[1]};
	int rc = read_request(options, &request);

	return rc ? rc : users_change(options, &change);
}

int users_verb_add(const struct users_options *options)
{
	return run(options, DB_CREATE, apply_add);
}

int users_verb_grant(const struct users_options *options)
{
	return run(options, DB_WRITE, apply_grant);
}

int users_verb_revoke(const struct users_options *options)
{
	return run(options, DB_WRITE, apply_revoke);
}

int users_verb_remove(const struct users_options *options)
{
	return run(options, DB_WRITE, apply_remove);
}

int users_verb_disable(const struct users_options *options)
{
	return run(options, DB_WRITE, apply_disable);
}

int users_verb_enable(const struct users_options *options)
{
	return run(options, DB_WRITE, apply_enable);
}
