/*
 * What this version can't enforce is refused as a whole, by name, and can be examined.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/bundle_maker.h"

#define SANDBOX(section) "tool t { sandbox s; }\nrole r { allow t; }\nsandbox s { " section " }\n"

static const struct {
	const char *source;
	const char *says;
} demands[] = {
	{SANDBOX("network { bind \"udp://127.0.0.1:80\"; }"),
	 "network bind \"udp://\", of sandbox 's'"},
	{SANDBOX("syscalls { allow @default; deny ptrace notify; }"),
	 "syscalls notify, of sandbox 's'"},
};

Test(unsupported, each_demand_is_refused_by_name)
{
	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
		struct test_bundle bundle = bundle_make(demands[i].source);
		struct writ_error error = {.code = 0};
		int rc = bundle_try(&bundle, &error);

		cr_expect_eq(rc, -WRIT_E_UNSUPPORTED, "%s: %s", demands[i].source, error.text);
		cr_expect_eq(writ_exit_status(rc), 4);
		cr_expect(strstr(error.text, demands[i].says), "%s", error.text);
	}
}

static struct writ_policy *examine(const char *source)
{
	static const struct writ_options options = {.home = "/home/x", .examine = 1};
	struct test_bundle bundle = bundle_make(source);
	struct writ_policy *policy = NULL;
	struct writ_error error = {.code = 0};

	cr_assert_eq(writ_open_memory(bundle.bytes, bundle.size, &options, &policy, &error), 0,
		     "%s", error.text);
	return policy;
}

Test(unsupported, each_demand_can_be_examined)
{
	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
		struct writ_policy *policy = examine(demands[i].source);
		const char *said = writ_unsupported(policy, 0);

		cr_assert_not_null(said, "%s", demands[i].source);
		cr_expect_str_eq(said, demands[i].says);
		cr_expect_null(writ_unsupported(policy, 1));
		writ_close(policy);
	}
}

Test(unsupported, all_demands_are_listed)
{
	static const char *const all[] = {"syscalls notify, of sandbox 's'",
					  "network bind \"udp://\", of sandbox 'u'"};
	struct writ_policy *policy = examine(
		"role r { allow t, u rate 3/minute; }\n"
		"sandbox q { filesystem { read \"/usr\"; }\n"
		"  network { connect \"udp://10.0.0.1:53\"; bind \"127.0.0.1:80\"; } }\n"
		"sandbox s { filesystem { deny \"/x\"; scratch \"/tmp\" 1MiB; }\n"
		"  syscalls { allow @default; deny ptrace notify; } }\n"
		"sandbox u { network { connect \"1.0.0.0/8:1\", \"a.org:1\";\n"
		"  bind \"udp://10.0.0.1:53\"; } }\n");
	size_t n = sizeof(all) / sizeof(all[0]);

	for (size_t i = 0; i < n; i++)
		cr_expect_str_eq(writ_unsupported(policy, i), all[i]);
	cr_expect_null(writ_unsupported(policy, n));
	writ_close(policy);
}

Test(unsupported, a_sandbox_that_demands_it_can_not_be_opened)
{
	struct writ_policy *policy = examine(demands[0].source);
	struct writ_sandbox *sandbox = NULL;
	struct writ_error error = {.code = 0};

	cr_expect_eq(writ_sandbox_open(policy, 0, &sandbox, &error), -WRIT_E_UNSUPPORTED);
	cr_expect(strstr(error.text, demands[0].says), "%s", error.text);
	writ_close(policy);
}

static const struct {
	const char *source;
	const char *says;
} monitored[] = {
	{"role r { allow t rate 3/minute; }\n", "rate, of the rule for 't' in role 'r'"},
	{"role a { allow t; }\nrole b { allow t; }\nconflict session a, b;\n",
	 "conflict session, of role 'a'"},
};

Test(unsupported, what_takes_a_monitor_is_refused_without_and_can_be_examined)
{
	for (size_t i = 0; i < sizeof(monitored) / sizeof(monitored[0]); i++) {
		struct test_bundle bundle = bundle_make(monitored[i].source);
		struct writ_error error = {.code = 0};
		struct writ_policy *policy;
		int rc = bundle_try(&bundle, &error);

		cr_expect_eq(rc, -WRIT_E_MONITOR, "%s: %s", monitored[i].source, error.text);
		cr_expect_eq(writ_exit_status(rc), 4);
		cr_expect(strstr(error.text, monitored[i].says), "%s", error.text);
		cr_expect(strstr(error.text, "writ_monitor.h"), "%s", error.text);
		policy = examine(monitored[i].source);
		cr_expect_null(writ_unsupported(policy, 0));
		writ_close(policy);
	}
}

/* Conditions on hosts have endpoints too. */
Test(unsupported, hosts_are_no_such_demand)
{
	struct test_bundle bundle = bundle_make(
		"set h : hosts { \"example.org:443\", \"10.0.0.0/8:80\" };\n"
		"tool t { sandbox s; arg url : url; }\n"
		"sandbox s { network { connect \"*:443\", \"*.example.org:80\"; deny \"a.org\"; } "
		"}\n"
		"role r { allow t where url in h; }\nconflict r, q;\nrole q { allow x; }\n"
		"redact \"x+\";\n");
	struct writ_error error = {.code = 0};

	cr_expect_eq(bundle_try(&bundle, &error), 0, "%s", error.text);
}
