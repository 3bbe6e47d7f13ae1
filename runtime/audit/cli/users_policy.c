/*
 * writ users check, and what -p BUNDLE makes of every change: the roles that users of the store
 * have must be roles of the policy, and none of its conflicts may forbid them together.
 *
 * Grants that have expired count no more; those of a user who is disabled do, as enabling gives no
 * role. The policy is examined only: its parameters need no values.
 */
#include <string.h>
#include <time.h>

#include "runtime/audit/cli/users.h"
#include "runtime/audit/fail.h"
#include "runtime/audit/identity_name.h"
#include "runtime/cli/cli.h"

/* The roles of one user after the other. */
struct checker {
	const struct writ_policy *policy;
	const struct users_findings *findings;
	struct writ_error *error;
	int64_t now_s;
	int64_t user; /* whose they are; 0: nobody's yet */
	char name[IDENTITY_MAX_NAME + 1];
	char roles[IDENTITY_MAX_ROLES][IDENTITY_MAX_NAME + 1];
	size_t n;
};

int users_policy(const struct users_options *options, struct writ_policy **policy)
{
	const struct writ_options examine = {.stand_ins = 1, .examine = 1};
	struct writ_error error;
	int rc;

	*policy = NULL;
	if (!options->bundle)
		return 0;
	rc = writ_open(options->bundle, &examine, policy, &error);
	return rc ? cli_fail(writ_exit_status(rc), "%.300s: %s", options->bundle, error.text) : 0;
}

/* What is collected of a user is complete. */
static int finish(struct checker *checker)
{
	const char *roles[IDENTITY_MAX_ROLES];
	struct writ_error error;
	int rc;

	for (size_t i = 0; i < checker->n; i++)
		roles[i] = checker->roles[i];
	rc = writ_roles_check(checker->policy, roles, checker->n, 0, &error);
	if (!rc || error.code == WRIT_E_NOMEM)
		return rc ? fail_set(checker->error, WRIT_E_NOMEM, "%s", error.text) : 0;
	rc = fail_set(checker->error, (enum writ_error_code)error.code, "user '%s': %s",
		      checker->name, error.text);
	if (!checker->findings)
		return rc;
	checker->findings->found(checker->findings->context, checker->error->text);
	return 0;
}

static int collect(void *context, const struct identity_user *user,
		   const struct identity_grant *grant)
{
	struct checker *checker = context;

	if (checker->user != user->id) {
		int rc = checker->user ? finish(checker) : 0;

		if (rc)
			return rc;
		checker->user = user->id;
		checker->n = 0;
		(void)snprintf(checker->name, sizeof(checker->name), "%s", user->name);
	}
	if (!grant || (grant->expires_s && grant->expires_s <= checker->now_s))
		return 0;
	if (checker->n == IDENTITY_MAX_ROLES)
		return fail_set(checker->error, WRIT_E_FORMAT, "user '%s' has more than %d roles",
				user->name, IDENTITY_MAX_ROLES);
	(void)snprintf(checker->roles[checker->n++], sizeof(checker->roles[0]), "%s", grant->role);
	return 0;
}

int users_check(struct identity_store *store, const char *user, const struct writ_policy *policy,
		const struct users_findings *findings, struct writ_error *error)
{
	static struct checker checker;
	const struct identity_visit visit = {collect, &checker};
	int rc;

	checker.policy = policy;
	checker.findings = findings;
	checker.error = error;
	checker.now_s = time(NULL);
	checker.user = 0;
	checker.n = 0;
	rc = identity_visit(store, user, &visit, error);
	return rc || !checker.user ? rc : finish(&checker);
}

static void print_finding(void *context, const char *text)
{
	size_t *n = context;

	(*n)++;
	cli_print_safe(stdout, text);
	(void)putchar('\n');
}

int users_verb_check(const struct users_options *options)
{
	struct identity_store *store = NULL;
	struct writ_policy *policy;
	struct writ_error error;
	size_t n = 0;
	const struct users_findings findings = {print_finding, &n};
	int rc = users_policy(options, &policy);

	if (rc)
		return rc;
	if (!policy)
		return cli_fail(EXIT_USAGE, "users check: -p BUNDLE is missing");
	rc = identity_open(options->operands[0], DB_READ, &store, &error);
	if (!rc)
		rc = users_check(store, NULL, policy, &findings, &error);
	identity_close(store);
	writ_close(policy);
	if (rc)
		return users_fail(rc, &error);
	return n ? EXIT_DENIED : EXIT_ALLOWED;
}
