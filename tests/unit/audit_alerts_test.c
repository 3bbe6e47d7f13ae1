/*
 * Alerts on their way: to a webhook that works, fails, redirects, hangs or is not who it says; to
 * commands; and what becomes of what can't be delivered.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "support/golden.h"
#include "support/log_maker.h"
#include "support/shell.h"

#define ALERTS "$(dirname $R)/writ-audit audit alerts "

static char root[] = "/tmp/writ-alerts-XXXXXX";
static char log_file[64];
static char port[16];

static void setup(void)
{
	cr_assert_not_null(mkdtemp(root));
	snprintf(log_file, sizeof(log_file), "%s/a.db", root);
}

static void teardown(void)
{
	shell("[ ! -f %s/pid ] || kill $(cat %s/pid); rm -rf %s", root, root, root);
}

TestSuite(audit_alerts, .init = setup, .fini = teardown, .timeout = 60);

static void start_server(const char *arguments)
{
	char file[64];

	shell("python3 tests/support/hook_server.py %s %s >/dev/null 2>&1 & echo $! > %s/pid", root,
	      arguments, root);
	cr_assert_eq(
		shell("for i in $(seq 100); do [ -f %s/port ] && exit; sleep 0.1; done; exit 1",
		      root),
		0);
	snprintf(file, sizeof(file), "%s/port", root);
	snprintf(port, sizeof(port), "%s", golden_read(file));
}

static void write_rules(const char *text)
{
	char file[64];
	FILE *out;

	snprintf(file, sizeof(file), "%s/rules", root);
	out = fopen(file, "w");
	cr_assert_not_null(out);
	fputs(text, out);
	fclose(out);
}

/* "to ops webhook http://127.0.0.1:PORT/PATH REST", and every denial goes there. */
static void hook_rules(const char *path, const char *rest)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "to ops webhook http://127.0.0.1:%s/%s %s\n"
		 "alert d denials 1 in 1m to ops every 1ms\n",
		 port, path, rest);
	write_rules(text);
}

static void deny(const char *tool, int n)
{
	struct log_maker *maker = log_maker_open(log_file);

	for (int i = 0; i < n; i++)
		log_maker_decision(maker, "bob", tool, "deny");
	log_maker_close(maker);
}

static int run_once(void)
{
	return shell(ALERTS "run --once %s %s/rules", log_file, root);
}

static int n_requests(const char *path)
{
	shell("grep -c '^/%s ' %s/requests 2>/dev/null", path, root);
	return atoi(shell_output);
}

Test(audit_alerts, webhook_gets_what_slack_takes)
{
	json_t *body;
	const char *text;

	start_server("");
	hook_rules("ok", "");
	deny("<!channel> & \"x\"\n", 1);
	cr_expect_eq(run_once(), 0, "%s", shell_output);
	shell_expect_output(
		" delivered to ops: alert d: calls were denied; record 1, user bob, tool ");
	cr_expect_eq(shell("cut -d' ' -f2- %s/requests", root), 0);
	body = json_loads(shell_output, 0, NULL);
	cr_assert_not_null(body, "%s", shell_output);
	text = json_string_value(json_object_get(body, "text"));
	cr_assert_not_null(text);
	cr_expect(strstr(text, "tool &lt;!channel&gt; &amp; \"x\"&lt;U+000A&gt;, reason no_rule"),
		  "%s", text);
	json_decref(body);
}

Test(audit_alerts, what_fails_for_now_is_tried_again)
{
	start_server("");
	hook_rules("flaky", "retries 2");
	deny("x", 1);
	cr_expect_eq(run_once(), 0, "%s", shell_output);
	cr_expect_eq(n_requests("flaky"), 3);
}

Test(audit_alerts, what_fails_for_good_is_told)
{
	start_server("");
	deny("x", 1);
	hook_rules("500", "retries 1");
	cr_expect_eq(run_once(), 1);
	shell_expect_output("writ-alert: the webhook answers 500\n");
	shell_expect_output(" failed to ops: alert d: ");
	cr_expect_eq(n_requests("500"), 2);
	hook_rules("404", "retries 1");
	cr_expect_eq(run_once(), 1);
	cr_expect_eq(n_requests("404"), 1, "what is wrong stays wrong");
}

/* By writ-alert itself, in the time that the file gives it. */
Test(audit_alerts, webhook_that_hangs_or_does_not_end_has_failed)
{
	start_server("");
	deny("x", 1);
	hook_rules("hang", "timeout 1s retries 0");
	cr_expect_eq(run_once(), 1);
	shell_expect_output("the webhook can't be reached: Timeout was reached");
	shell_expect_output(" failed to ops: alert d: ");
	hook_rules("big", "retries 0");
	cr_expect_eq(run_once(), 1);
	cr_expect_eq(n_requests("big"), 1);
}

/* Who delivers and does not end is ended, with all that it has started. */
Test(audit_alerts, who_delivers_and_is_stopped_is_killed)
{
	start_server("");
	deny("x", 1);
	hook_rules("hang", "timeout 1s retries 0");
	shell(ALERTS "run --once %s %s/rules > %s/out 2>&1 & echo $! > %s/pid2", log_file, root,
	      root, root);
	cr_assert_eq(shell("for i in $(seq 50); do p=$(pgrep -P $(cat %s/pid2) -f writ-alert) && "
			   "kill -STOP $p && exit; sleep 0.1; done; cat %s/out; exit 1",
			   root, root),
		     0, "%s", shell_output);
	cr_expect_eq(shell("for i in $(seq 150); do grep -q 'failed, it took too long, to ops' "
			   "%s/out && exit; sleep 0.1; done; cat %s/out; exit 1",
			   root, root),
		     0, "%s", shell_output);
	shell("kill $(cat %s/pid2)", root);
}

Test(audit_alerts, what_a_command_leaves_running_is_killed_with_it)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "to page command /bin/sh -c \"sleep 321 & echo $! >%s/left; ls -l /proc/$$/fd "
		 ">%s/fds\"\nalert d denials 1 in 1m to page\n",
		 root, root);
	write_rules(text);
	deny("x", 1);
	cr_expect_eq(run_once(), 0, "%s", shell_output);
	cr_expect_eq(
		shell("for i in $(seq 50); do grep -q '^State:.[^Z]' /proc/$(cat %s/left)/status "
		      "|| exit 0; sleep 0.1; done; kill $(cat %s/left); exit 1",
		      root, root),
		0, "it runs on");
	cr_expect_eq(shell("grep -c memfd %s/fds", root), 0);
	cr_expect_str_eq(shell_output, "1\n", "the alert is on standard input, and nowhere else");
}

Test(audit_alerts, redirects_are_not_followed)
{
	start_server("");
	hook_rules("redirect", "retries 3");
	deny("x", 1);
	cr_expect_eq(run_once(), 1);
	shell_expect_output("the webhook answers 302, and redirects are not followed");
	cr_expect_eq(n_requests("redirect"), 1);
	cr_expect_eq(n_requests("ok"), 0);
}

Test(audit_alerts, no_message_has_the_url)
{
	write_rules("to ops webhook http://127.0.0.1:1/s3cret retries 0\n"
		    "alert d denials 1 in 1m to ops\n");
	deny("x", 1);
	cr_expect_eq(run_once(), 1);
	shell_expect_output("the webhook can't be reached");
	cr_expect_null(strstr(shell_output, "s3cret"), "%s", shell_output);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

Test(audit_alerts, webhook_that_hangs_delays_nothing_else)
{
	char text[512];
	double before;

	start_server("");
	snprintf(text, sizeof(text),
		 "to bad webhook http://127.0.0.1:%s/hang timeout 5s retries 0\n"
		 "to good webhook http://127.0.0.1:%s/ok\n"
		 "alert d denials 1 in 1m to bad good every 1ms\n",
		 port, port);
	write_rules(text);
	deny("x", 3);
	before = seconds();
	shell(ALERTS "run --once %s %s/rules > %s/out 2>&1 & echo $! > %s/pid2", log_file, root,
	      root, root);
	cr_expect_eq(
		shell("for i in $(seq 45); do [ $(grep -c 'delivered to good' %s/out) = 3 ] && "
		      "exit; sleep 0.1; done; cat %s/out; exit 1",
		      root, root),
		0, "%s", shell_output);
	cr_expect_lt(seconds() - before, 5);
	shell("kill -TERM $(cat %s/pid2); sleep 0.7; cat %s/out", root, root);
	shell_expect_output("not delivered to bad");
}

Test(audit_alerts, certificate_of_nobody_known_is_refused)
{
	char text[512];

	cr_assert_eq(
		shell("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
		      "-addext subjectAltName=DNS:localhost -keyout %s/key.pem -out %s/cert.pem",
		      root, root),
		0);
	snprintf(text, sizeof(text), "%s/cert.pem %s/key.pem", root, root);
	start_server(text);
	deny("x", 1);
	snprintf(text, sizeof(text),
		 "to ops webhook https://localhost:%s/ok retries 3\n"
		 "alert d denials 1 in 1m to ops\n",
		 port);
	write_rules(text);
	cr_expect_eq(run_once(), 1);
	shell_expect_output("writ-alert: the webhook can't be reached: SSL");
	cr_expect_eq(n_requests("ok"), 0);
	/* The control: the same server is fine for who trusts the certificate. */
	snprintf(text, sizeof(text),
		 "to ops webhook https://localhost:%s/ok ca %s/cert.pem\n"
		 "alert d denials 1 in 1m to ops\n",
		 port, root);
	write_rules(text);
	cr_expect_eq(run_once(), 0, "%s", shell_output);
	cr_expect_eq(n_requests("ok"), 1);
	/* And not under another of its names. */
	snprintf(text, sizeof(text),
		 "to ops webhook https://127.0.0.1:%s/ok retries 0 ca %s/cert.pem\n"
		 "alert d denials 1 in 1m to ops\n",
		 port, root);
	write_rules(text);
	cr_expect_eq(run_once(), 1);
}

Test(audit_alerts, command_gets_json_and_no_shell_sees_it)
{
	char text[512];
	json_t *json;

	snprintf(text, sizeof(text),
		 "to page command /bin/dd \"of=%s/$(touch x).json\" status=none\n"
		 "alert d denials 2 in 1m by user to page\n",
		 root);
	write_rules(text);
	deny("x", 2);
	cr_expect_eq(run_once(), 0, "%s", shell_output);
	cr_expect_eq(shell("cat '%s/$(touch x).json'", root), 0);
	json = json_loads(shell_output, 0, NULL);
	cr_assert_not_null(json, "%s", shell_output);
	cr_expect_str_eq(json_string_value(json_object_get(json, "alert")), "d");
	cr_expect_str_eq(json_string_value(json_object_get(json, "subject")), "bob");
	cr_expect_eq(json_integer_value(json_object_get(json, "seq")), 2);
	cr_expect_str_eq(json_string_value(json_object_get(json, "time")),
			 "2026-11-22T13:33:20.123456Z");
	json_decref(json);
}

Test(audit_alerts, queue_that_is_full_says_how_many_were_lost)
{
	write_rules("to slow command /bin/sleep 2\nalert d denials 1 in 1m to slow every 1ms\n");
	deny("x", 40);
	shell("timeout -s TERM 5 $(dirname $R)/writ-audit audit alerts run --once %s %s/rules",
	      log_file, root);
	shell_expect_output("lost, the queue is full, to slow: alert d: ");
	shell_expect_output("delivered to slow");
	shell_expect_output("not delivered to slow");
}

Test(audit_alerts, cursor_goes_on_where_it_was)
{
	write_rules("to t command /bin/true\nalert d denials 1 in 1m to t every 1ms\n");
	deny("x", 3);
	cr_expect_eq(shell(ALERTS "run --once --cursor %s/at %s %s/rules | wc -l", root, log_file,
			   root),
		     0);
	cr_expect_str_eq(shell_output, "3\n");
	cr_expect_eq(shell(ALERTS "run --once --cursor %s/at %s %s/rules | wc -l", root, log_file,
			   root),
		     0);
	cr_expect_str_eq(shell_output, "0\n");
	deny("x", 2);
	cr_expect_eq(shell(ALERTS "run --once --cursor %s/at %s %s/rules | wc -l", root, log_file,
			   root),
		     0);
	cr_expect_str_eq(shell_output, "2\n");
	cr_expect_eq(shell("echo x > %s/at; " ALERTS "run --once --cursor %s/at %s %s/rules", root,
			   root, log_file, root),
		     3);
	shell_expect_output("/at: it is no cursor of writ audit alerts");
}

/* Where others may make links, one that waits under the name of the next cursor. */
Test(audit_alerts, cursor_is_not_written_through_a_link)
{
	write_rules("to t command /bin/true\nalert d denials 1 in 1m to t every 1ms\n");
	deny("x", 1);
	cr_assert_eq(shell("cd %s && echo kept > victim && ln -s victim at.new", root), 0);
	cr_expect_eq(shell(ALERTS "run --once --cursor %s/at %s %s/rules", root, log_file, root),
		     125, "%s", shell_output);
	cr_expect_eq(shell("cat %s/victim", root), 0);
	cr_expect_str_eq(shell_output, "kept\n");
	cr_assert_eq(shell("rm %s/at.new", root), 0);
	cr_expect_eq(shell(ALERTS "run --once --cursor %s/at %s %s/rules", root, log_file, root), 0,
		     "%s", shell_output);
	cr_expect_eq(shell("cat %s/at", root), 0);
	cr_expect_str_eq(shell_output, "1\n");
}

/* Control: the same file is good when nobody else may write it. */
Test(audit_alerts, rules_that_everybody_may_write_are_refused)
{
	write_rules("to t command /bin/true\nalert d denials 1 in 1m to t every 1ms\n");
	deny("x", 1);
	cr_expect_eq(shell("mkdir -m 777 %s/open; chmod 777 %s/open; cp %s/rules %s/open", root,
			   root, root, root),
		     0);
	cr_expect_eq(shell("chmod 666 %s/rules; " ALERTS "run --once %s %s/rules", root, log_file,
			   root),
		     3);
	shell_expect_output("/rules: everybody can write it");
	cr_expect_eq(shell(ALERTS "check %s/rules", root), 3);
	cr_expect_eq(shell(ALERTS "run --once %s %s/open/rules", log_file, root), 3);
	shell_expect_output("everybody may write the directory");
	cr_expect_eq(shell("chmod 644 %s/rules; " ALERTS "run --once %s %s/rules", root, log_file,
			   root),
		     0);
}

Test(audit_alerts, log_that_is_replaced_is_told)
{
	write_rules("to t command /bin/true\nalert g gaps to t\n");
	deny("x", 3);
	shell(ALERTS "run %s %s/rules > %s/out 2>&1 & echo $! > %s/pid", log_file, root, root,
	      root);
	usleep(500000);
	cr_assert_eq(shell("cp %s %s/b && mv %s/b %s", log_file, root, root, log_file), 0);
	cr_expect_eq(shell("for i in $(seq 50); do grep -q 'delivered to t' %s/out && break; sleep "
			   "0.1; done; cat %s/out",
			   root, root),
		     0);
	shell_expect_output("alert g: the log was cut off or replaced; the last record read was 3");
	shell_expect_output("was replaced or cut off; writ audit verify tells more");
}

/* The file is the same one: records are gone from its end that were read before. */
Test(audit_alerts, log_that_is_cut_off_is_told)
{
	write_rules("to t command /bin/true\nalert g gaps to t\n");
	deny("x", 3);
	cr_expect_eq(shell(ALERTS "run --once --cursor %s/at %s %s/rules", root, log_file, root),
		     0);
	cr_assert_eq(shell("python3 -c 'import sqlite3; c = sqlite3.connect(\"%s\"); "
			   "c.execute(\"DELETE FROM records WHERE seq > 1\"); c.commit()'",
			   log_file),
		     0, "%s", shell_output);
	cr_expect_eq(shell(ALERTS "run --once --cursor %s/at %s %s/rules", root, log_file, root),
		     3);
	shell_expect_output("alert g: the log was cut off or replaced; the last record read was 3");
	shell_expect_output(" delivered to t: alert g");
}

Test(audit_alerts, file_is_checked_before_anything_is_told)
{
	deny("x", 1);
	write_rules("to t command true\nalert d frob to t\n");
	cr_expect_eq(run_once(), 3);
	shell_expect_output("/rules:1:14: error: a command is a path from the root");
	cr_expect_eq(shell(ALERTS "check %s/rules", root), 3);
	shell_expect_output("/rules:2:9: error: an alert is about denials");
	write_rules("to t webhook https://h.example/\nalert d gaps to t\n");
	cr_expect_eq(shell("chmod 600 %s/rules; " ALERTS "check %s/rules", root, root), 0);
	cr_expect_str_eq(shell_output, "1 alerts, 1 targets\n");
	cr_expect_eq(shell("chmod 644 %s/rules; " ALERTS "check %s/rules", root, root), 1);
	shell_expect_output("/rules:1:1: warning: others can read the file");
	cr_expect_eq(shell(ALERTS "check %s", root), 3);
	cr_expect_eq(shell(ALERTS "check %s/none", root), 3);
	cr_expect_eq(shell(ALERTS "frob %s/rules", root), 2);
	cr_expect_eq(shell(ALERTS "check --once %s/rules", root), 2);
}

Test(audit_alerts, helper_takes_its_own_input_only)
{
	static const char *const rows[] = {
		"",
		"{}",
		"[]",
		"{\"url\":\"file:///etc/passwd\",\"body\":\"\",\"timeout_ms\":1000}",
		"{\"url\":\"gopher://127.0.0.1/\",\"body\":\"\",\"timeout_ms\":1000,\"retries\":0}",
		"{\"url\":\"http://127.0.0.1/\",\"body\":\"\",\"timeout_ms\":0,\"retries\":0}",
		"{\"url\":\"http://127.0.0.1/\",\"body\":\"\",\"timeout_ms\":9,\"retries\":99}",
		"{\"url\":\"http://127.0.0.1/\",\"body\":7,\"timeout_ms\":9,\"retries\":0}",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(shell("echo '%s' | $(dirname $R)/writ-alert", rows[i]), 2, "%s",
			     rows[i]);
		shell_expect_output("writ-alert: it is for writ audit alerts to execute");
	}
	cr_expect_eq(shell("head -c 70000 /dev/zero | $(dirname $R)/writ-alert"), 2);
}
