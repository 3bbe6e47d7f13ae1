/*
 * Ways round a policy by names, roles and inheritance, and policies that may not be.
 */
#include <criterion/criterion.h>

#include "support/bypass.h"
#include "support/policy.h"
#include "support/shell.h"

#define NAMES                                                                                      \
	"role dev { allow read_file; allow git_*; allow *_get; allow a.b; allow x*y; }\n"          \
	"user \"bob\" : dev;\n"
#define ROLES                                                                                      \
	"role base { allow see; deny drop; } role left extends base { allow cut; }\n"              \
	"role right extends base { allow paste; deny cut; }\n"                                     \
	"role both extends left, right { allow *; }\n"                                             \
	"role all { allow *; } role but extends all { deny drop; }\n"                              \
	"role plain { allow cut; } role none { }\n"                                                \
	"user \"ann\" : left; user \"max\" : left, right; user \"Ann\" : plain;\n"                 \
	"user \"zoe\" : none; user \"plain\" : none; user \"kim\" : all, but;\n"
static const struct bypass rows[] = {
	/* Names of tools. */
	{"another case", NAMES, {DEV, .tool = "READ_FILE"}, {DEV, .tool = "read_file"}, NULL},
	{"one letter in another case",
	 NAMES,
	 {DEV, .tool = "Git_log"},
	 {DEV, .tool = "git_log"},
	 NULL},
	{"a space before", NAMES, {DEV, .tool = " read_file"}, {DEV, .tool = "read_file"}, NULL},
	{"a space behind", NAMES, {DEV, .tool = "read_file "}, {DEV, .tool = "read_file"}, NULL},
	{"a tab behind", NAMES, {DEV, .tool = "read_file\t"}, {DEV, .tool = "read_file"}, NULL},
	{"a newline behind", NAMES, {DEV, .tool = "read_file\n"}, {DEV, .tool = "read_file"}, NULL},
	{"a no-break space behind",
	 NAMES,
	 {DEV, .tool = "read_file\xc2\xa0"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"a zero-width space within",
	 NAMES,
	 {DEV, .tool = "read\xe2\x80\x8b_file"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"a byte order mark before",
	 NAMES,
	 {DEV, .tool = "\xef\xbb\xbfread_file"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"a Cyrillic look-alike",
	 NAMES,
	 {DEV, .tool = "r\xd0\xb5"
		       "ad_file"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"a full-width letter",
	 NAMES,
	 {DEV, .tool = "\xef\xbd\x92"
		       "ead_file"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"a NUL and more",
	 NAMES,
	 {DEV, .tool = "read_file\0x", .tool_len = 11},
	 {DEV, .tool = "read_file\0x", .tool_len = 9},
	 NULL},
	{"a NUL behind",
	 NAMES,
	 {DEV, .tool = "read_file", .tool_len = 10},
	 {DEV, .tool = "read_file", .tool_len = 9},
	 NULL},
	{"a NUL in a name that a wildcard takes",
	 NAMES,
	 {DEV, .tool = "git_\0x", .tool_len = 6},
	 {DEV, .tool = "git__x", .tool_len = 6},
	 NULL},
	{"a space in a name that a wildcard takes",
	 NAMES,
	 {DEV, .tool = "git_ x"},
	 {DEV, .tool = "git_-x"},
	 NULL},
	{"a slash in a name that a wildcard takes",
	 NAMES,
	 {DEV, .tool = "git_/../rm"},
	 {DEV, .tool = "git_..rm"},
	 NULL},
	{"bytes that are not UTF-8 in such a name",
	 NAMES,
	 {DEV, .tool = "git_\xff"},
	 {DEV, .tool = "git_f"},
	 NULL},
	{"a name that only begins as it should",
	 NAMES,
	 {DEV, .tool = "read_file2"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"a name that only ends as it should",
	 NAMES,
	 {DEV, .tool = "fs.read_file"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"a part of the name", NAMES, {DEV, .tool = "read_fil"}, {DEV, .tool = "read_file"}, NULL},
	{"no name", NAMES, {DEV, .tool = ""}, {DEV, .tool = "read_file"}, NULL},
	{"no tool", NAMES, {DEV, .tool = NULL}, {DEV, .tool = "read_file"}, NULL},
	{"a dot is a dot", NAMES, {DEV, .tool = "a-b"}, {DEV, .tool = "a.b"}, NULL},
	{"a dot is not any byte", NAMES, {DEV, .tool = "aXb"}, {DEV, .tool = "a.b"}, NULL},
	{"a wildcard's fixed part is needed",
	 NAMES,
	 {DEV, .tool = "git"},
	 {DEV, .tool = "git_"},
	 NULL},
	{"a wildcard at the front ends in its text",
	 NAMES,
	 {DEV, .tool = "x_getter"},
	 {DEV, .tool = "x_get"},
	 NULL},
	{"both ends of a wildcard hold", NAMES, {DEV, .tool = "x_z"}, {DEV, .tool = "x_y"}, NULL},
	{"both ends do not overlap",
	 "role dev { allow ab*ba; }",
	 {DEV, .tool = "aba"},
	 {DEV, .tool = "abba"},
	 NULL},
	{"an asterisk is no name", NAMES, {DEV, .tool = "*"}, {DEV, .tool = "git_x"}, NULL},
	{"an asterisk is no name under *",
	 "role dev { allow *; }",
	 {DEV, .tool = "*"},
	 {DEV, .tool = "x"},
	 NULL},
	{"an asterisk in a name is no wildcard",
	 NAMES,
	 {DEV, .tool = "read_f*"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"a name too long under *",
	 "role dev { allow *; }",
	 {DEV,
	  .tool = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaa"},
	 {DEV, .tool = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		       "aaaaaaaaa"},
	 NULL},
	/* Who asks. */
	{"a role in another case",
	 NAMES,
	 {.role = "Dev", .tool = "read_file"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"a role with a space behind",
	 NAMES,
	 {.role = "dev ", .tool = "read_file"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"a role with a NUL behind",
	 NAMES,
	 {.role = "dev\0x", .role_len = 5, .tool = "read_file"},
	 {.role = "dev\0x", .role_len = 3, .tool = "read_file"},
	 NULL},
	{"an unknown role",
	 NAMES,
	 {.role = "root", .tool = "read_file"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"an empty role",
	 NAMES,
	 {.role = "", .tool = "read_file"},
	 {DEV, .tool = "read_file"},
	 NULL},
	{"nobody", NAMES, {.tool = "read_file"}, {DEV, .tool = "read_file"}, NULL},
	{"a role and a user",
	 NAMES,
	 {DEV, .user = "bob", .tool = "read_file"},
	 {.user = "bob", .tool = "read_file"},
	 NULL},
	{"a role as a user",
	 NAMES,
	 {.user = "dev", .tool = "read_file"},
	 {.user = "bob", .tool = "read_file"},
	 NULL},
	{"a user as a role",
	 NAMES,
	 {.role = "bob", .tool = "read_file"},
	 {.user = "bob", .tool = "read_file"},
	 NULL},
	{"a user named as a role that may",
	 ROLES,
	 {.user = "plain", .tool = "cut"},
	 {.role = "plain", .tool = "cut"},
	 NULL},
	{"a user in another case",
	 ROLES,
	 {.user = "ann", .tool = "paste"},
	 {.user = "max", .tool = "paste"},
	 NULL},
	{"two users who differ by case",
	 ROLES,
	 {.user = "Ann", .tool = "see"},
	 {.user = "ann", .tool = "see"},
	 NULL},
	{"an empty user", ROLES, {.user = "", .tool = "see"}, {.user = "ann", .tool = "see"}, NULL},
	{"a user with a NUL behind",
	 ROLES,
	 {.user = "ann\0", .user_len = 4, .tool = "see"},
	 {.user = "ann\0", .user_len = 3, .tool = "see"},
	 NULL},
	{"a user of a role without rules",
	 ROLES,
	 {.user = "zoe", .tool = "see"},
	 {.user = "ann", .tool = "see"},
	 NULL},
	/* Inheritance. */
	{"a child's rule is not its parent's",
	 ROLES,
	 {.role = "base", .tool = "cut"},
	 {.role = "left", .tool = "cut"},
	 NULL},
	{"nor its sibling's",
	 ROLES,
	 {.role = "right", .tool = "cut"},
	 {.role = "left", .tool = "cut"},
	 NULL},
	{"an inherited deny beats the child's allow *",
	 ROLES,
	 {.role = "both", .tool = "drop"},
	 {.role = "both", .tool = "other"},
	 NULL},
	{"a deny of one side of a diamond beats the other's allow",
	 ROLES,
	 {.role = "both", .tool = "cut"},
	 {.role = "both", .tool = "paste"},
	 NULL},
	{"a deny of one role beats another's allow",
	 ROLES,
	 {.user = "max", .tool = "cut"},
	 {.user = "ann", .tool = "cut"},
	 NULL},
	{"a child's deny beats the inherited allow *",
	 ROLES,
	 {.role = "but", .tool = "drop"},
	 {.role = "all", .tool = "drop"},
	 NULL},
	{"a deny of a role that is held twice over",
	 ROLES,
	 {.user = "kim", .tool = "drop"},
	 {.role = "all", .tool = "drop"},
	 NULL},
	{"a specific allow does not beat a wide deny",
	 "role dev { deny git_*; allow git_log; }",
	 {DEV, .tool = "git_log"},
	 {DEV, .tool = "git_log"},
	 "role dev { allow git_*; allow git_log; }"},
	{"order of rules does not matter",
	 "role dev { allow x; deny x; }",
	 {DEV, .tool = "x"},
	 {DEV, .tool = "x"},
	 "role dev { allow x; deny y; }"},
	{"ask is no allow",
	 "role dev { allow x; ask x; }",
	 {DEV, .tool = "x"},
	 {DEV, .tool = "x"},
	 "role dev { allow x; }"},
	{"a deny of a name beats allow *",
	 "role dev { allow *; deny fs.delete; }",
	 {DEV, .tool = "fs.delete"},
	 {DEV, .tool = "fs.deletf"},
	 NULL},
	{"a role without rules may nothing",
	 "role dev { }",
	 {DEV, .tool = "x"},
	 {DEV, .tool = "x"},
	 "role dev { allow x; }"},
	{"a tool that is declared only",
	 "tool x { class read; } role dev { allow y; }",
	 {DEV, .tool = "x"},
	 {DEV, .tool = "y"},
	 NULL},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

Test(bypass, names_and_roles_are_who_they_are)
{
	cr_expect_gt(N_ROWS, 50u);
	bypass_expect(rows, N_ROWS);
}

/* What a policy may not say at all, and what it may. */
static const struct {
	enum diag_code code;
	const char *refused;
	const char *accepted;
} policies[] = {
	{DIAG_E0310, "role a extends b { } role b extends c { } role c extends a { }",
	 "role a extends b { } role b extends c { } role c { }"},
	{DIAG_E0310, "role a extends a { }", "role a { }"},
	{DIAG_E0104, "role a extends A { }", "role a extends b { } role b { }"},
	{DIAG_E0104, "role a { } user \"u\" : a, b;", "role a { } user \"u\" : a;"},
	{DIAG_E0101, "role a { deny x; } role a { allow x; }",
	 "role a { deny x; } role b { allow x; }"},
	{DIAG_E0102, "role a { allow x where p under \"${w}\"; }",
	 "param w : path; role a { allow x where p under \"${w}\"; }"},
	{DIAG_E0312, "role a { } role b { } conflict a, b; user \"u\" : a, b;",
	 "role a { } role b { } conflict a, b; user \"u\" : a; user \"v\" : b;"},
	{DIAG_E0312, "role a { } role b { } role c extends b { } conflict a, b; user \"u\" : a, c;",
	 "role a { } role b { } role c { } conflict a, b; user \"u\" : a, c;"},
	{DIAG_E0313, "role a { } role b { } conflict a, b; role c extends a, b { }",
	 "role a { } role b { } conflict session a, b; role c extends a { }"},
	{DIAG_E0118, "role a { } conflict a;", "role a { } role b { } conflict a, b;"},
	{DIAG_E0215, "role a { } user \"\" : a;", "role a { } user \"u\" : a;"},
	{DIAG_E0215, "role a { } user \"u\\n\" : a;", "role a { } user \"u\" : a;"},
	{DIAG_E0116, "tool x { arg p : path; } role a { allow x where q == \"/\"; }",
	 "tool x { arg p : path; } role a { allow x where p == \"/\"; }"},
	{DIAG_E0218, "tool x { arg p : path; } role a { allow x where p < 3; }",
	 "tool x { arg p : int; } role a { allow x where p < 3; }"},
	{DIAG_E0204, "role a { allow x where p under \"srv\"; }",
	 "role a { allow x where p under \"/srv\"; }"},
	{DIAG_E0224, "role a { allow x rate 0/minute; }", "role a { allow x rate 1/minute; }"},
	{DIAG_E0223, "role a { deny x rate 1/minute; }", "role a { allow x rate 1/minute; }"},
};

Test(bypass, policies_are_refused_and_their_controls_accepted)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		const struct compilation *compilation = policy_check(policies[i].refused);

		cr_expect_null(compilation->ir, "%s", policies[i].refused);
		cr_expect_gt(policy_count(compilation, policies[i].code), 0u, "%s: %s",
			     policies[i].refused, policy_report(compilation));
		compilation = policy_check(policies[i].accepted);
		cr_expect_not_null(compilation->ir, "%s: %s", policies[i].accepted,
				   policy_report(compilation));
	}
}

/* As who asks, only the command line counts; an argument of the call is an argument. */
Test(bypass, role_is_not_the_callers_to_say)
{
	cr_expect_eq(
		shell("ROLE=developer WRIT_ROLE=developer USER=alice WRIT_USER=alice "
		      "$R decide -p generated/dev-agent.wrt --param workspace=/w --role guest "
		      "--tool git_log --arg role=developer --arg user=alice --arg _role=admin"),
		1);
	shell_expect_output("deny\n");
	cr_expect_eq(shell("$R decide -p generated/dev-agent.wrt --param workspace=/w "
			   "--role developer --tool git_log"),
		     0);
	shell_expect_output("allow\n");
}
