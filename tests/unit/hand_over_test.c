/*
 * What writ can't do by itself goes to writ-audit, each for its own reason: an option, keys that
 * somebody wants asked, or what the policy demands. The policies here give no other reason.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/bundle_maker.h"
#include "support/shell.h"

static char directory[] = "/tmp/writ-hand-XXXXXX";

static const char plain[] = "tool t { sandbox s; }\n"
			    "sandbox s { filesystem { read \"/usr\", \"/lib\", \"/lib64\"; execute "
			    "\"/usr/bin/true\"; } }\n"
			    "role dev { allow t; }\nuser \"ann\" : dev;\n";

static void put(const char *name, const char *prefix)
{
	char text[1024], path[64];

	snprintf(text, sizeof(text), "%s%s", prefix, plain);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	bundle_write(path, text);
}

static void setup(void)
{
	cr_assert_not_null(mkdtemp(directory));
	put("p.wrt", "");
	put("required.wrt", "audit { required; }\n");
}

static void teardown(void)
{
	shell("rm -rf %s", directory);
}

TestSuite(hand_over, .init = setup, .fini = teardown, .timeout = 60);

static void expect(int status, const char *line, const char *says)
{
	shell_expect(directory, line, status, says);
}

static void expect_log(const char *query, const char *says)
{
	cr_assert_eq(shell("cd %s && python3 -c 'import sqlite3\n"
			   "for r in sqlite3.connect(\"a.db\").execute(\"%s\"): print(*r)'",
			   directory, query),
		     0, "%s", shell_output);
	cr_expect_str_eq(shell_output, says);
}

Test(hand_over, a_log_alone_is_a_reason)
{
	expect(0, "$R decide -p p.wrt --role dev --tool t --audit a.db", "allow");
	expect(1, "$R decide -p p.wrt --role dev --tool no --audit a.db", "deny");
	expect_log("select tool, verdict from records", "t allow\nno deny\n");
}

Test(hand_over, keys_alone_are_a_reason)
{
	expect(0, "$W keygen k", "");
	expect(3, "$R decide -p p.wrt --role dev --tool t --key k.pub", "not signed");
	expect(3, "WRIT_KEY=k.pub $R decide -p p.wrt --role dev --tool t", "not signed");
	expect(3, "WRIT_KEY=k.pub $R run -p p.wrt --sandbox s -- /usr/bin/true", "not signed");
	expect(0, "$R decide -p p.wrt --role dev --tool t", "allow");
}

Test(hand_over, other_options_are_each_a_reason)
{
	expect(3, "$R decide -p p.wrt --user ann --tool t --users none.db", "none.db");
	expect(1, "$R decide -p p.wrt --user ann --activate ops --tool t", "deny");
	expect(3, "$R decide -p p.wrt --role dev --tool t --args-json [", "--args-json");
	expect(3, "$R decide -p p.wrt --role dev --tool t --policy other", "'other'");
	expect(1, "$R decide -p p.wrt --role dev --tool no --public", "deny\ndenied by policy");
}

/* Rates are kept where they are by default: in a directory of the user's, or root's in /run. */
Test(hand_over, what_a_policy_demands_is_a_reason)
{
	put("rate.wrt", "role once { allow t rate 1/day burst 1; }\n");
	if (geteuid() != 0) {
		expect(0, "XDG_RUNTIME_DIR=$PWD $R decide -p rate.wrt --role once --tool t",
		       "allow");
		return;
	}
	if (shell("unshare -m mount -t tmpfs none /run"))
		cr_skip_test("no mount namespace can be made here");
	expect(0,
	       "unshare -m sh -c 'mount -t tmpfs none /run && $R decide -p rate.wrt --role once "
	       "--tool t'",
	       "allow");
}

/* A launch without a decision is one that has to be recorded, too. */
Test(hand_over, what_must_be_recorded_is_not_run_without_a_log)
{
	expect(4, "$R run -p required.wrt --sandbox s -- /usr/bin/true", "no log is given");
	expect(0, "$R run -p required.wrt --sandbox s --audit a.db -- /usr/bin/true", "");
	expect_log(
		"select kind, policy is not null, length(policy_hash) from records where kind in "
		"(\\\"launch\\\", \\\"end\\\")",
		"launch 1 64\nend 1 64\n");
}

/* The policy allowed it, and so says the log: then that nothing came of it is there as well. */
Test(hand_over, what_is_allowed_and_has_no_sandbox_ends)
{
	put("bare.wrt", "tool bare { class read; }\nrole all { allow bare; }\n");
	expect(126, "$R run -p bare.wrt --role all --tool bare --audit a.db -- /usr/bin/true",
	       "has no sandbox");
	expect(126, "$R run -p bare.wrt --role all --tool no --audit a.db -- /usr/bin/true",
	       "denied");
	expect(3, "$R run -p bare.wrt --sandbox no --audit a.db -- /usr/bin/true", "no sandbox");
	expect_log(
		"select kind, tool, verdict, error from records where kind in (\\\"decision\\\", "
		"\\\"end\\\")",
		"decision bare allow None\nend bare None denied: tool 'bare' has no sandbox to run "
		"a command in\ndecision no deny None\n");
}

/* Its arguments may be secret, and nothing has declared them. */
Test(hand_over, of_a_command_only_the_name_is_recorded)
{
	expect(0, "$R run -p p.wrt --role dev --tool t --audit a.db -- /usr/bin/true hunter2", "");
	expect_log("select detail from records where kind = \\\"launch\\\"", "/usr/bin/true\n");
	expect(1, "grep -c hunter2 a.db a.db-wal 2>/dev/null | grep -v ':0'", "");
}
