/*
 * Roles of a policy held by somebody it does not know: those it lacks, and those in conflict.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/writ_info.h"
#include "support/bundle_maker.h"

static const char text[] = "role base { allow a; }\n"
			   "role dev extends base { allow b; }\n"
			   "role lead extends dev { allow c; }\n"
			   "role aud { allow d; }\n"
			   "role qa { allow e; }\n"
			   "conflict dev, aud;\n";

/* Named in a session conflict, it takes a monitor to be used; here it is examined. */
static struct writ_policy *examined(const char *source)
{
	struct test_bundle bundle = bundle_make(source);
	struct writ_policy *policy = NULL;
	struct writ_error error;

	cr_assert_eq(bundle_examine(&bundle, NULL, &policy, &error), 0, "%s", error.text);
	return policy;
}

static int check(const struct writ_policy *policy, const char *roles, int active,
		 struct writ_error *error)
{
	char words[256];
	const char *list[16];
	size_t n = 0;

	snprintf(words, sizeof(words), "%s", roles);
	for (char *save, *word = strtok_r(words, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		list[n++] = word;
	return writ_roles_check(policy, list, n, active, error);
}

static void expect_refused(const struct writ_policy *policy, const char *roles, int active,
			   const char *says)
{
	struct writ_error error = {.text = ""};

	cr_expect_lt(check(policy, roles, active, &error), 0, "%s", roles);
	cr_expect_str_eq(error.text, says, "%s", roles);
}

Test(roles, are_listed_by_name)
{
	struct writ_policy *policy = bundle_open(text, NULL);

	cr_expect_str_eq(writ_role_name(policy, 0), "aud");
	cr_expect_str_eq(writ_role_name(policy, 4), "qa");
	cr_expect_null(writ_role_name(policy, 5));
	cr_expect_null(writ_role_name(policy, UINT32_MAX));
	writ_close(policy);
}

Test(roles, that_exclude_nothing_may_be_held)
{
	struct writ_policy *policy = bundle_open(text, NULL);

	cr_expect_eq(check(policy, "", 0, NULL), 0);
	cr_expect_eq(check(policy, "base dev lead qa", 0, NULL), 0);
	cr_expect_eq(check(policy, "aud base qa", 1, NULL), 0);
	cr_expect_eq(check(policy, "dev dev", 0, NULL), 0, "a role is not in conflict with itself");
	writ_close(policy);
}

Test(roles, in_conflict_are_refused_with_how_they_are_held)
{
	struct writ_policy *policy = bundle_open(text, NULL);

	expect_refused(policy, "dev aud", 0, "roles 'aud' and 'dev' are in conflict");
	expect_refused(policy, "aud lead", 0,
		       "roles 'aud' and 'dev' (inherited by 'lead') are in conflict");
	cr_expect_eq(check(policy, "aud lead", 0, NULL), -WRIT_E_INVALID);
	writ_close(policy);
}

/* Named is the role that was given, however far it is from there. */
Test(roles, in_conflict_are_told_with_the_role_that_brings_them)
{
	struct writ_policy *policy = examined("role dev { allow a; } role lead extends dev { }\n"
					      "role head extends lead { }\n"
					      "role aud { allow b; }\nconflict dev, aud;");

	expect_refused(policy, "head aud", 0,
		       "roles 'aud' and 'dev' (inherited by 'head') are in conflict");
	writ_close(policy);
}

Test(roles, that_the_policy_lacks_are_refused)
{
	struct writ_policy *policy = bundle_open(text, NULL);
	const char *const odd[] = {""};

	expect_refused(policy, "dev Aud", 0, "the policy has no role 'Aud'");
	cr_expect_eq(check(policy, "nobody", 0, NULL), -WRIT_E_UNKNOWN);
	cr_expect_eq(writ_roles_check(policy, odd, 1, 0, NULL), -WRIT_E_UNKNOWN);
	writ_close(policy);
}

Test(roles, of_a_session_conflict_are_held_but_not_active_together)
{
	struct writ_policy *policy = examined("role dev { allow a; } role lead extends dev { }\n"
					      "role aud { allow b; }\n"
					      "conflict session dev, aud;");

	cr_expect_eq(check(policy, "lead aud", 0, NULL), 0);
	expect_refused(policy, "lead aud", 1,
		       "roles 'aud' and 'dev' (inherited by 'lead') are in conflict");
	writ_close(policy);
}
