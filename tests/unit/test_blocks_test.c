/*
 * Test blocks of a policy: their names and values are checked.
 */
#include <stdio.h>

#include <criterion/criterion.h>

#include "support/policy.h"

static const char head[] =
	"param p : path; param q : port = 1;\n"
	"tool t { arg path : path; arg n : int; arg b : bool; arg s : string; }\n"
	"role r { allow t; } sandbox box { }\n";

static const char *with(const char *test)
{
	static char whole[2048];

	snprintf(whole, sizeof(whole), "%s%s", head, test);
	return whole;
}

static void expect_says(const char *test, enum diag_code code, const char *said)
{
	const struct compilation *compilation = policy_check(with(test));

	cr_expect_null(compilation->ir, "%s", test);
	cr_expect_str_eq(policy_says(compilation, code), said, "%s", policy_report(compilation));
	cr_expect_eq(compilation->diags.errors, 1, "%s", policy_report(compilation));
}

Test(blocks, leave_nothing_in_the_ir)
{
	const char *without = policy_listing(head);

	cr_expect_str_eq(policy_listing(with("test \"x\" { allow r t; sandbox box { } }")),
			 without);
}

Test(blocks, may_ask_anything_sensible)
{
	policy_ir(with("test \"x\" with p = \"/w\", q = 443 {\n"
		       "  allow r t(path = \"/w/a\", n = 3, b = true, s = \"${p}\");\n"
		       "  deny r t(path = \"../a\", n = \"abc\"); deny r unheard_of(x = 1);\n"
		       "  sandbox box {\n"
		       "    allow read \"/usr\"; deny write \"~/x\"; deny execute \"${p}/x\";\n"
		       "    deny connect \"a.example:443\"; deny connect \"udp://10.0.0.1:53\";\n"
		       "    deny bind \"[::1]:${q}\"; deny unix \"/run/x\";\n"
		       "    deny syscall ptrace; deny syscall socket(domain = AF_PACKET); } }"));
}

Test(blocks, parameters_are_bound_once_and_to_their_type)
{
	expect_says("test \"x\" with z = 1 { }", DIAG_E0102, "5:15 there is no parameter 'z'");
	expect_says("test \"x\" with q = \"1\" { }", DIAG_E0201,
		    "5:19 the value of a port must be one, such as 443");
	expect_says("test \"x\" with q = 0 { }", DIAG_E0202,
		    "5:19 the value of parameter 'q' is not a port: those are 1 to 65535");
	expect_says("test \"x\" with p = \"w\" { }", DIAG_E0204,
		    "5:19 a path must be absolute, or begin with '~/' or a path parameter");
	expect_says("test \"x\" with q = 1, q = 2 { }", DIAG_E0117, "5:22 'q' is given twice");
}

Test(blocks, calls_are_of_known_roles_and_arguments)
{
	expect_says("test \"x\" { allow s t; }", DIAG_E0104, "5:18 there is no role 's'");
	expect_says("test \"x\" { allow r t*; }", DIAG_E0226,
		    "5:20 a test calls one tool; 't*' is a pattern");
	expect_says("test \"x\" { allow r t(pth = \"/\"); }", DIAG_E0116,
		    "5:22 tool 't' has no argument 'pth'");
	expect_says("test \"x\" { allow r t(n = 1, n = 2); }", DIAG_E0117,
		    "5:29 'n' is given twice");
	expect_says("test \"x\" { allow r t(n = true); }", DIAG_E0219,
		    "5:26 the argument is an int; this is not");
	expect_says("test \"x\" { allow r t(s = word); }", DIAG_E0219,
		    "5:26 the argument is a string; this is not");
	expect_says("test \"x\" { allow r u(s = 5s); }", DIAG_E0219,
		    "5:26 the argument is a string; this is not");
}

Test(blocks, sandboxes_are_asked_about_one_thing)
{
	expect_says("test \"x\" { sandbox bx { } }", DIAG_E0103, "5:20 there is no sandbox 'bx'");
	expect_says("test \"x\" { sandbox box { allow read \"usr\"; } }", DIAG_E0204,
		    "5:37 a path must be absolute, or begin with '~/' or a path parameter");
	expect_says("test \"x\" { sandbox box { allow connect \"*:443\"; } }", DIAG_E0226,
		    "5:40 a test asks about one host and one port");
	expect_says("test \"x\" { sandbox box { allow connect \"a.b:1-2\"; } }", DIAG_E0226,
		    "5:40 a test asks about one host and one port");
	expect_says("test \"x\" { sandbox box { allow connect \"10.0.0.0/8:1\"; } }", DIAG_E0226,
		    "5:40 a test asks about one host and one port");
	expect_says("test \"x\" { sandbox box { allow syscall opnat; } }", DIAG_E0105,
		    "5:40 there is no system call 'opnat'");
	expect_says("test \"x\" { sandbox box { allow syscall socket(domain = 1, domain = 2); } }",
		    DIAG_E0117, "5:59 'domain' is given twice");
	expect_says("test \"x\" { sandbox box { allow syscall socket(domain = 1, arg0 = 2); } }",
		    DIAG_E0117, "5:59 'domain' is given twice");
	expect_says("test \"x\" { sandbox box { deny bind \"a.b:80\"; } }", DIAG_E0245,
		    "5:36 'bind' takes an address of this host or '*', not a name");
}
