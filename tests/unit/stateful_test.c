/*
 * writ decide and run with a monitor behind them: what takes one is handed over to writ-audit.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/bundle_maker.h"
#include "support/shell.h"

static char directory[] = "/tmp/writ-stateful-XXXXXX";

static const char policy[] =
	"tool t { sandbox s; arg path : path; arg token : string secret; }\n"
	"sandbox s { filesystem { read \"/usr\", \"/lib\", \"/lib64\"; execute \"/usr/bin/true\"; "
	"} }\n"
	"role dev { allow t; ask q using s; allow once rate 1/day burst 1; deny no; }\n"
	"role ops { allow admin_*; }\nconflict session dev, ops;\n"
	"user \"ann\" : dev;\nuser \"cyd\" : dev, ops;\n";

static void setup(void)
{
	char path[64];

	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/p.wrt", directory);
	bundle_write(path, policy);
}

static void teardown(void)
{
	shell("rm -rf %s", directory);
}

TestSuite(stateful, .init = setup, .fini = teardown, .timeout = 60);

/* The exit status of writ VERB, with the state of this test. */
static int writ(const char *verb, const char *args)
{
	return shell("cd %s && $R %s -p p.wrt --state %s/state %s", directory, verb, directory,
		     args);
}

static void expect(const char *verb, const char *args, int status, const char *says)
{
	cr_expect_eq(writ(verb, args), status, "%s: %s", args, shell_output);
	cr_expect(strstr(shell_output, says), "%s: no '%s' in:\n%s", args, says, shell_output);
}

/* What a query of the log's database prints. */
static void expect_log(const char *query, const char *says)
{
	cr_assert_eq(shell("cd %s && python3 -c 'import sqlite3\n"
			   "for r in sqlite3.connect(\"a.db\").execute(\"%s\"): print(*r)'",
			   directory, query),
		     0, "%s", shell_output);
	cr_expect_str_eq(shell_output, says);
}

Test(stateful, rates_last_from_one_process_to_the_next)
{
	expect("decide", "--user ann --tool once", 0, "allow\n");
	expect("decide", "--user ann --tool once", 1, "deny\nthe rate is used up");
	expect("decide", "--user ann --tool once --public", 1, "deny\ntoo many calls");
	expect("decide", "--role dev --tool once", 0, "allow\n");
}

/* As for writ pending and approve, and a log or a store: what an option names is no use. */
Test(stateful, a_state_directory_that_is_no_use_is_a_bad_input)
{
	expect("decide", "--user ann --tool once --state /dev/null", 2, "--state is given twice");
	cr_assert_eq(shell("cd %s && mkdir s && ln -s s link && mkdir -m 770 w && mkdir old && "
			   "mkdir all && chmod 777 all && mkdir -m 700 all/s",
			   directory),
		     0);
	for (const char *const *state =
		     (const char *const[]){"/dev/null", "link", "w", "none/x", "all/s", NULL};
	     *state; state++) {
		cr_expect_eq(shell("cd %s && $R decide -p p.wrt --user ann --tool once --state %s",
				   directory, *state),
			     3, "%s: %s", *state, shell_output);
		cr_expect_eq(
			shell("cd %s && $R run -p p.wrt --user ann --tool t --state %s -- true",
			      directory, *state),
			3, "%s: %s", *state, shell_output);
	}
	cr_expect_eq(shell("cd %s && $R decide -p p.wrt --user ann --tool once --state old && "
			   "for f in old/rates.*; do : >$f; done; "
			   "$R decide -p p.wrt --user ann --tool once --state old",
			   directory),
		     3, "%s", shell_output);
	shell_expect_output("it is damaged");
}

Test(stateful, roles_in_conflict_are_denied_until_some_are_chosen)
{
	expect("decide", "--user cyd --tool t", 1, "deny\nroles 'dev' and 'ops' are in conflict\n");
	expect("decide", "--user cyd --tool t --activate dev", 0, "allow\n");
	expect("decide", "--user cyd --tool t --activate ops", 1, "deny\n");
	expect("decide", "--user cyd --tool t --activate dev,ops", 1, "deny\n");
	expect("decide", "--user cyd --tool t --activate root", 1, "deny\n");
	expect("decide", "--user cyd --tool t --activate dev,", 2, "--activate takes");
	expect("decide", "--role dev --tool t --activate dev", 2, "stand beside --user");
}

Test(stateful, a_question_is_answered_for_one_call)
{
	char id[64] = "";

	expect("decide", "--user ann --tool q --arg a=b", 1, "ask\nrule ");
	cr_assert_eq(sscanf(strstr(shell_output, "\nrequest "), "\nrequest %63s", id), 1);
	cr_expect_eq(strlen(id), 32u);
	expect("decide", "--user ann --tool q --arg a=b --wait 10ms", 1, id);
	cr_expect_eq(shell("cd %s && $R decide -p p.wrt --state %s/state --user ann --tool q "
			   "--arg a=b --approval %s",
			   directory, directory, id),
		     1);
	cr_expect(strstr(shell_output, "deny\nthe approval is not good"), "%s", shell_output);
	expect("decide", "--user ann --tool q --wait forever", 2, "--wait takes a duration");
	expect("run", "--user ann --tool q -- /usr/bin/true", 126, "not approved: ");
	expect("run", "--user ann --tool q --approve -- /usr/bin/true", 0, "");
}

/* How often the id of the call's request is in what was printed. */
static int count_ids(void)
{
	char id[64] = "";
	const char *at = strstr(shell_output, "request ");
	int n = 0;

	cr_assert(at && sscanf(at, "request %32[0-9a-f]", id) == 1, "%s", shell_output);
	for (at = shell_output; (at = strstr(at, id)) != NULL; at += strlen(id))
		n++;
	return n;
}

Test(stateful, a_launch_that_has_to_be_approved_names_its_request_once)
{
	expect("run", "--user ann --tool q -- /usr/bin/true", 126, "; request ");
	cr_expect_eq(count_ids(), 1, "%s", shell_output);
	expect("run", "--user ann --tool q --public -- /usr/bin/true", 126,
	       "not approved: a human has to approve this call: request ");
	cr_expect_eq(count_ids(), 1, "%s", shell_output);
}

Test(stateful, arguments_are_read_from_json)
{
	expect("decide", "--user ann --tool t --args-json {\\\"path\\\":\\\"/x\\\"}", 0, "allow");
	expect("decide", "--user ann --tool t --args-json {\\\"a\\\":1,\\\"a\\\":2}", 3,
	       "--args-json: ");
	expect("decide", "--user ann --tool t --arg a=1 --args-json {\\\"a\\\":1}", 1, "deny");
	expect("decide", "--user ann --tool t --args-json @nowhere", 3, "nowhere can't be read");
	cr_expect_eq(shell("cd %s && echo '{\"path\": 3}' | $R decide -p p.wrt --user ann --tool t "
			   "--args-json - --state private",
			   directory),
		     0, "%s", shell_output);
}

Test(stateful, decisions_are_in_the_log_when_writ_ends)
{
	expect("decide", "--user ann --tool t --arg token=hunter2 --audit a.db", 0, "allow");
	expect("decide", "--user ann --tool no --audit a.db", 1, "deny");
	expect("decide", "--user eve --tool t --arg token=hunter2 --audit a.db", 1, "deny");
	expect("decide", "--user ann --tool q --audit a.db", 1, "ask");
	expect_log("select user, tool, verdict, reason from records where kind = \\\"decision\\\"",
		   "ann t allow by_rule\nann no deny by_rule\neve t deny unknown_subject\n"
		   "ann q ask by_rule\n");
	expect_log("select count(*) from records where args like \\\"%%hunter2%%\\\"", "0\n");
}

Test(stateful, a_launch_is_in_the_log)
{
	expect("run", "--user ann --tool t --audit a.db -- /usr/bin/true", 0, "");
	expect("run", "--user ann --tool t --audit a.db -- /usr/bin/false", 126, "");
	expect_log("select kind, sandbox, status from records where kind != \\\"network\\\"",
		   "decision s None\nlaunch s None\nend s 0\n"
		   "decision s None\nlaunch s None\nend s 126\n");
	cr_expect_eq(shell("cd %s && $R audit metrics a.db", directory), 0);
	shell_expect_output("writ_launches_total 2\n");
	/* The second was not executed. */
	shell_expect_output("writ_sandbox_create_duration_seconds_count 1\n");
}

Test(stateful, a_log_that_is_missing_is_named_once)
{
	static const char *const commands[] = {"metrics none.db", "backup none.db b.db",
					       "stats none.db"};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		cr_expect_eq(shell("cd %s && $R audit %s", directory, commands[i]), 3);
		shell_expect_output("writ: none.db: it can't be opened");
	}
}

Test(stateful, without_the_log_nothing_is_decided_or_run)
{
	expect("decide", "--user ann --tool t --audit /proc/nowhere/a.db", 3, "a.db");
	cr_expect_null(strstr(shell_output, "allow"));
	expect("run", "--user ann --tool t --audit /proc/nowhere/a.db -- /usr/bin/touch ran", 3,
	       "a.db");
	expect("run", "--user ann --tool t --audit p.wrt -- /usr/bin/true", 3, "p.wrt");
}

Test(stateful, a_key_demands_a_signature)
{
	cr_assert_eq(shell("cd %s && $W keygen k && $W sign p.wrt --key k.key -o signed.wrt",
			   directory),
		     0, "%s", shell_output);
	expect("decide", "--user ann --tool t --key k.pub", 3, "");
	cr_expect_null(strstr(shell_output, "allow"));
	cr_expect_eq(shell("cd %s && WRIT_KEY=k.pub $R decide -p p.wrt --user ann --tool t "
			   "--state %s/state",
			   directory, directory),
		     3, "%s", shell_output);
	cr_expect_eq(shell("cd %s && WRIT_KEY= $R decide -p p.wrt --user ann --tool t", directory),
		     3, "%s", shell_output);
	cr_expect_eq(shell("cd %s && WRIT_KEY=k.pub $R decide -p signed.wrt --user ann --tool t "
			   "--state %s/state",
			   directory, directory),
		     0, "%s", shell_output);
	expect("run", "--sandbox s --key k.pub -- /usr/bin/true", 3, "");
	expect("decide", "--user ann --tool t --policy other", 3, "where 'other' is to be loaded");
	cr_expect_null(strstr(shell_output, "allow"));
}

Test(stateful, users_are_the_store_s)
{
	cr_assert_eq(shell("cd %s && $R users add u.db dora dev", directory), 0, "%s",
		     shell_output);
	expect("decide", "--user dora --tool t --users u.db", 0, "allow");
	expect("decide", "--user ann --tool t --users u.db", 1, "deny");
	expect("decide", "--user dora --tool t --users nowhere.db", 3, "nowhere.db");
	expect("decide", "--role dev --tool t --users u.db", 2, "stand beside --user");
}
