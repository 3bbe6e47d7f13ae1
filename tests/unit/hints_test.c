/*
 * Hints: what other notations have, and the help that each gets.
 */
#include <stdio.h>

#include <criterion/criterion.h>

#include "support/policy.h"

/* A fault, and the one line of help it gets, or none. */
static const struct {
	const char *text;
	const char *help;
} hinted[] = {
	{"sandbox s { filesystem { read /usr; } }", "write paths as strings: \"/usr\""},
	{"sandbox s { filesystem { write \"/a\", ./b; } }", "write paths as strings: \"./b\""},
	{"sandbox s { filesystem { execute usr/bin; } }", "write paths as strings: \"usr/bin\""},
	{"sandbox s { filesystem { scratch /tmp 1MiB; } }", "write paths as strings: \"/tmp\""},
	{"sandbox s { filesystem { read = ; } }", NULL},
	{"sandbox s { network { connect 443; } }", "write a TCP port as \"*:443\""},
	{"sandbox s { network { bind 8000-8010; } }", "write a TCP port as \"*:8000-8010\""},
	{"sandbox s { network { connect *:80; } }", "write endpoints as strings: \"*:80\""},
	{"sandbox s { network { connect localhost:80; } }",
	 "write endpoints as strings: \"localhost:80\""},
	{"sandbox s { network { connect 1.2.3.4; } }",
	 "write endpoints as strings: \"1.2.3.4:443\""},
	{"sandbox s { network { connect -; } }", "write endpoints as strings: \"-:443\""},
	{"user bob : r;", "write user names as strings: \"bob\""},
	{"user bob.x: r;", "write user names as strings: \"bob.x\""},
	{"user : r;", NULL},
	{"user \"bob\" / r;", NULL},
	{"import lib/base.writ;", "write paths as strings: \"lib/base.writ\""},
	{"user \"a\" : \"admin\";", "a name stands without quotes: admin"},
	{"role \"my role\" { }", "a name stands without quotes, and has no spaces"},
	{"role r { allow \"x\"; }", "a name stands without quotes: x"},
	{"sandbox s { env { HOME = \"x\"; } }",
	 "write 'set HOME = \"value\";', or 'pass HOME;' for the caller's value"},
	{"sandbox s { env { PATH, LANG; } }",
	 "write 'set PATH = \"value\";', or 'pass PATH;' for the caller's value"},
	{"sandbox s { env { pas HOME; } }", "did you mean 'pass'?"},
	{"role not { }", "'not' can't be a name"},
	{"sandbox s { env { set A = x; } }", "write values as strings: \"x\""},
	{"sandbox s { limits { wall = 10s; } }", "a limit's value follows its name: 'wall 60s;'"},
	{"param p : int = = ;", NULL},
	{"role a : b { }", "write 'role a extends b'"},
	{"sandbox a (b) { }", "write 'sandbox a extends b'"},
	{"sandbox a of b { }", "write 'sandbox a extends b'"},
	{"role a inherits b { }", "did you mean 'extends'?"},
	{"role : b { }", NULL},
	{"user \"a\" : r\nrole b : c { }", NULL}, /* the missing ';' */
	{"role my role { }", "a name has no spaces: my_role"},
	{"tool my tool { }", "a name has no spaces: my_tool"},
	{"policy my policy;", "a name has no spaces: my_policy"},
	{"role ci-bot { }", "a name is letters, digits and '_', and does not begin with a digit"},
	{"sandbox s { filesystem { exec \"/x\"; } }", "did you mean 'execute'?"},
	{"sandbox s { filesystem { run \"/x\"; } }", "did you mean 'execute'?"},
	{"sandbox s { filesystem { readonly \"/x\"; } }", "did you mean 'read'?"},
	{"sandbox s { fs { } }", "did you mean 'filesystem'?"},
	{"sandbox s { net { } }", "did you mean 'network'?"},
	{"sandbox s { environment { } }", "did you mean 'env'?"},
	{"role r { permit x; }", "did you mean 'allow'?"},
	{"sandbox s { filesystem { permit \"/x\"; } }", NULL},
	{"sandbox s { network { deny 10.0.0.0/8; } }", "write values as strings: \"10.0.0.0/8\""},
	{"role r { allow t where a = 1; }", "a comparison is written '=='"},
	{"sandbox s { syscalls { allow a(b = 1); } }", "a comparison is written '=='"},
	{"test \"t\" { allow r t(a == 1); }", "a value is given with '='"},
	{"role r { allow t where a == 1 && b == 2; }", "write 'and'"},
	{"role r { allow t where a == 1 || b == 2; }", "write 'or'"},
	{"role r { allow t where !a present; }", "write 'not'"},
	{"role r { allow t where a in [1]; }", "lists stand in {braces}"},
	{"role r { allow t when a == 1; }", "did you mean 'where'?"},
	{"role r { allow t where a like \"x*\"; }", "did you mean 'matches'?"},
	{"role r { allow t where a within \"/x\"; }", "did you mean 'under'?"},
	{"role r { allow t where a exists; }", "did you mean 'present'?"},
	{"role r { allow t where a under /x; }", "write values as strings: \"/x\""},
	{"role r { allow t where a under work; }",
	 "a parameter's value is written \"${work}\"; a set stands behind 'in'"},
	{"role r { allow t where a in \"x:443\"; }", "lists stand in {braces}"},
	{"sandbox s { network { allow \"x:443\"; } }", "did you mean 'connect'?"},
	{"role r { allow t where a mathces \"x\"; }", "did you mean 'matches'?"},
	{"role r { allow t rat 1/day; }", "did you mean 'rate'?"},
	{"role r { allow t rate 1/hours; }", "did you mean 'hour'?"},
	{"set s : hsots { \"a:1\" };", "did you mean 'hosts'?"},
	{"test \"t\" { sandbox s { allow reed \"/x\"; } }", "did you mean 'read'?"},
	{"test \"t\" { sandbox s { deny read /x; } }", "write values as strings: \"/x\""},
	{"conflict sesion a, b;", NULL}, /* as good a role's name as any */
};

/* The last diagnostic's line of help, or "". */
static struct str last_help(const struct compilation *compilation)
{
	const struct diag *diag = &compilation->diags.items.items[compilation->diags.items.n - 1];

	for (size_t i = 0; i < diag->notes.n; i++) {
		if (diag->notes.items[i].is_help)
			return diag->notes.items[i].text;
	}
	return STR("");
}

Test(hints, what_is_usual_elsewhere_is_put_right)
{
	for (size_t i = 0; i < sizeof(hinted) / sizeof(hinted[0]); i++) {
		const char *wanted = hinted[i].help ? hinted[i].help : "";
		const struct compilation *compilation = policy_check(hinted[i].text);

		cr_assert_geq(compilation->diags.errors, 1, "%s", hinted[i].text);
		cr_expect(str_eq_cstr(last_help(compilation), wanted), "%s gives\n%s",
			  hinted[i].text, policy_report(compilation));
	}
}

Test(hints, the_statement_after_a_fault_is_its_own)
{
	const struct compilation *compilation =
		policy_check("tool t {\n\tclass read\nrole a : b { }\n");

	cr_expect_eq(compilation->diags.errors, 2, "%s", policy_report(compilation));
	cr_expect(str_eq_cstr(last_help(compilation), "write 'role a extends b'"), "%s",
		  policy_report(compilation));
}

Test(hints, a_path_without_quotes_is_one_error)
{
	const struct compilation *compilation =
		policy_check("sandbox s { filesystem { read ~/a, ${w}/b${x}; write ~; } }");

	cr_expect_eq(compilation->diags.errors, 3, "%s", policy_report(compilation));
	cr_expect_eq(policy_count(compilation, DIAG_E0006), 3, "%s", policy_report(compilation));
}

Test(hints, a_long_word_is_not_shown_again)
{
	char text[256];

	snprintf(text, sizeof(text), "user %0100d : r;", 0);
	cr_expect(str_eq_cstr(last_help(policy_check(text)), ""));
	snprintf(text, sizeof(text), "user %010d : r;", 0);
	cr_expect(str_eq_cstr(last_help(policy_check(text)),
			      "write user names as strings: \"0000000000\""));
}
