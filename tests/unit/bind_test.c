#include <criterion/criterion.h>

#include <string.h>

#include "runtime/policy.h"
#include "support/bundle_maker.h"

#define SANDBOX(paths) "sandbox s { filesystem { read " paths "; } }\n"

static const char with_params[] = "param workspace : path;\n"
				  "param tag : int = 1;\n"
				  "param port : port = 443;\n" SANDBOX("\"${workspace}/${tag}\"");

/* The compiler lets no string into a path; a bundle may come from another. */
static int open_strings(const char *params, struct writ_policy **policy, struct writ_error *error)
{
	struct test_bundle bundle = bundle_make(with_params);
	uint32_t count;
	struct writ_fmt_param *param = bundle_section(&bundle, WRIT_SECTION_PARAMS, sizeof(*param),
						      &count);

	for (uint32_t i = 0; i < count; i++) {
		if (param[i].type == WRIT_PARAM_INT)
			param[i].type = WRIT_PARAM_STRING;
	}
	bundle_seal(&bundle);
	return bundle_open_with(&bundle, params, policy, error);
}

/* Is path granted, after expansion? Interpreters of ELF files are granted beside it. */
static bool grants(const struct writ_policy *policy, const char *path)
{
	for (uint32_t i = 0; i < image_count(&policy->image, WRIT_SECTION_PATHS); i++) {
		if (strcmp(policy->paths[i], path) == 0)
			return true;
	}
	return false;
}

Test(bind, a_text_is_put_together_and_normalised)
{
	struct writ_policy *policy = bundle_open(with_params, "workspace=/srv//w/./");

	cr_expect(grants(policy, "/srv/w/1"));
	writ_close(policy);
	cr_assert_eq(open_strings("workspace=/srv/a/../w tag=x.y", &policy, NULL), 0);
	cr_expect(grants(policy, "/srv/w/x.y"));
	writ_close(policy);
}

Test(bind, home_is_the_callers)
{
	struct writ_policy *policy = bundle_open(SANDBOX("\"~/.config\""), NULL);

	cr_expect(grants(policy, "/home/test/.config"));
	writ_close(policy);
	policy = bundle_open("param w : path;\n" SANDBOX("\"${w}/x\""), "w=~/y");
	cr_expect(grants(policy, "/home/test/y/x"));
	writ_close(policy);
}

static void expect_param_error(const char *params, const char *says)
{
	struct writ_error error = {.code = 0};
	struct writ_policy *policy;

	cr_expect_eq(open_strings(params, &policy, &error), -WRIT_E_PARAM, "%s", params);
	cr_expect_eq(error.code, WRIT_E_PARAM);
	cr_expect_not_null(strstr(error.text, says), "%s: %s", params, error.text);
}

Test(bind, unusable_parameters_are_errors)
{
	expect_param_error("", "'workspace' is not bound");
	expect_param_error("workspace=", "can't be ''");
	expect_param_error("workspace=relative", "absolute path");
	expect_param_error("workspace=/..", "absolute path");
	expect_param_error("workspace=/w nosuch=1", "no parameter 'nosuch'");
	expect_param_error("workspace=/w workspace=/v", "bound twice");
	expect_param_error("workspace=/w port=0", "a port");
	expect_param_error("workspace=/w port=99999", "a port");
}

/* A value must not lead out of the directory that the author wrote. */
Test(bind, a_string_in_a_path_is_one_component)
{
	expect_param_error("workspace=/w tag=../etc", "one component");
	expect_param_error("workspace=/w tag=a/b", "one component");
	expect_param_error("workspace=/w tag=..", "one component");
	expect_param_error("workspace=/w tag=", "one component");
}

Test(bind, a_value_and_a_path_have_a_longest_length)
{
	static char params[WRIT_MAX_TEXT + 64] = "workspace=/";
	struct writ_policy *policy;
	struct writ_error error = {.code = 0};

	memset(params + 11, 'a', WRIT_MAX_TEXT - 1);
	cr_expect_eq(open_strings(params, &policy, &error), -WRIT_E_PARAM);
	cr_expect_not_null(strstr(error.text, "longer than"), "%s", error.text);
	memset(params + 11, 'a', WRIT_MAX_TEXT + 1);
	cr_expect_eq(open_strings(params, &policy, &error), -WRIT_E_PARAM);
}

Test(bind, values_of_the_environment_are_expanded)
{
	struct writ_policy *policy = bundle_open("param w : path;\n"
						 "sandbox s { env { set A = \"<${w}>\"; } }\n",
						 "w=/x/");

	cr_assert_eq(image_count(&policy->image, WRIT_SECTION_ENV), 1u);
	cr_expect_str_eq(policy->env_values[0], "</x>");
	writ_close(policy);
}

Test(bind, stand_ins_bind_every_type_and_grant_nothing)
{
	static const struct writ_options options = {.stand_ins = 1};
	struct test_bundle bundle = bundle_make(
		"param a : path; param b : int; param c : port; param d : host; param e : string;\n"
		"param f : size; param g : duration;\n" SANDBOX("\"${a}/${b}\""));
	struct writ_policy *policy = NULL;
	struct writ_error error = {.text = ""};

	cr_assert_eq(bundle_try(&bundle, &error), -WRIT_E_PARAM);
	cr_assert_eq(writ_open_memory(bundle.bytes, bundle.size, &options, &policy, &error), 0,
		     "%s", error.text);
	cr_expect(grants(policy, "/unbound-parameter/1"));
	writ_close(policy);
}
