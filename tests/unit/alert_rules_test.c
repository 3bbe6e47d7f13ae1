/*
 * Files of alerts: what they declare, and that every mistake is told where it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "runtime/audit/alert_rules.h"
#include "runtime/audit/record.h"

static char told[4096];

static void note(void *context, int line, int column, bool is_error, const char *text)
{
	size_t len = strlen(told);

	(void)context;
	snprintf(told + len, sizeof(told) - len, "%d:%d: %s: %s\n", line, column,
		 is_error ? "error" : "warning", text);
}

static struct alert_rules *read_text(const char *text, size_t len, struct alert_findings *findings)
{
	struct alert_rules *rules = malloc(sizeof(*rules));

	told[0] = '\0';
	*findings = (struct alert_findings){.tell = note};
	alert_rules_read(text, len, rules, findings);
	return rules;
}

Test(alert_rules, file_is_read_as_it_says)
{
	static const char text[] =
		"# whom\n"
		"to ops webhook https://h.example/x timeout 5s retries 2 ca /c.pem\n"
		"\tto page command /bin/echo \"a \\\"b\\\" c\" #d\n"
		"to host syslog\n\n"
		"alert d denials 20 in 1m by user to ops host every 10m\n"
		"alert e escapes to page\n"
		"alert e2 escapes 3 in 1h by tool to page\n"
		"alert t limit duration 80% of 60s to host\n"
		"alert m limit memory 50% of 1G to host\n"
		"alert g gaps to host every 1s\n"
		"alert r reload-failures to host";
	struct alert_findings findings;
	struct alert_rules *rules = read_text(text, strlen(text), &findings);

	cr_expect_eq(findings.errors + findings.warnings, 0, "%s", told);
	cr_assert_eq(rules->n_targets, 3);
	cr_assert_eq(rules->n_rules, 7);
	cr_expect_str_eq(rules->targets[0].url, "https://h.example/x");
	cr_expect_str_eq(rules->targets[0].ca, "/c.pem");
	cr_expect_eq(rules->targets[0].timeout_us, 5000000);
	cr_expect_eq(rules->targets[0].retries, 2);
	cr_expect_str_eq(rules->targets[1].argv[1], "a \"b\" c");
	cr_expect_null(rules->targets[1].argv[2]);
	cr_expect_eq(rules->rules[0].by, RECORD_USER);
	cr_expect_eq(rules->rules[0].count, 20);
	cr_expect_eq(rules->rules[0].window_us, 60000000);
	cr_expect_eq(rules->rules[0].every_us, 600000000);
	cr_expect_eq(rules->rules[0].n_targets, 2);
	cr_expect_eq(rules->rules[0].targets[1], 2);
	cr_expect_eq(rules->rules[1].count, 1);
	cr_expect_eq(rules->rules[2].by, RECORD_TOOL);
	cr_expect_eq(rules->rules[3].limit, 48000000);
	cr_expect_eq(rules->rules[4].kind, ALERT_MEMORY);
	cr_expect_eq(rules->rules[4].limit, INT64_C(536870912));
	cr_expect_eq(rules->rules[6].kind, ALERT_RELOADS);
	free(rules);
}

#define HOST "to host syslog\n"

static const struct {
	const char *text;
	const char *message;
} mistakes[] = {
	{"", "0:0: error: it declares no alert"},
	{HOST, "0:0: error: it declares no alert"},
	{HOST, "1:1: warning: no alert goes to 'host'"},
	{"frob", "1:1: error: a line begins with to or alert, not 'frob'"},
	{"to", "1:3: error: the target's name is missing"},
	{"to a/b syslog", "1:4: error: 'a/b' is no name"},
	{"to a", "1:5: error: webhook, command or syslog is missing"},
	{"to a mail", "1:6: error: a target is a webhook, command or syslog, not 'mail'"},
	{HOST HOST, "2:4: error: the target 'host' is declared twice"},
	{"to a webhook", "1:13: error: the URL of the webhook is missing"},
	{"to a webhook file:///etc/passwd", "1:14: error: a webhook is https://... or"},
	{"to a webhook https://", "1:14: error: a webhook is https://... or"},
	{"to a webhook https://h\xc3\xa9.example", "1:14: error: a URL has printable ASCII"},
	{"to a webhook http://h.example/", "1:14: warning: who is on the way"},
	{"to a webhook http://localhost.evil/", "1:14: warning: who is on the way"},
	{"to a webhook https://h timeout 2m", "error: a timeout is at most 60s"},
	{"to a webhook https://h timeout 0s", "1:32: error: '0s' is no span of time"},
	{"to a webhook https://h retries 11", "1:32: error: how often it is tried again is"},
	{"to a webhook https://h retries", "1:31: error: how often it is tried again is mis"},
	{"to a webhook https://h once", "1:24: error: a webhook has timeout, retries and ca"},
	{"to a command sh -c x", "1:14: error: a command is a path from the root, not 'sh'"},
	{"to a command /nonexistent", "1:14: warning: /nonexistent can't be executed"},
	{"to a syslog auth", "1:13: error: syslog takes nothing, not 'auth'"},
	{"to a \"syslog", "1:6: error: the quote is not closed"},
	{"to a \"sys\"log", "1:6: error: after a closing quote comes a blank"},
	{HOST "alert", "2:6: error: the alert's name is missing"},
	{HOST "alert x", "2:8: error: what it is about is missing"},
	{HOST "alert x frob to host", "2:9: error: an alert is about denials, escapes"},
	{HOST "alert x denials 0 in 1m to host", "2:17: error: how many is from 1 to 1000"},
	{HOST "alert x denials 1001 in 1m to host", "2:17: error: how many is from 1 to"},
	{HOST "alert x denials 5x in 1m to host", "2:17: error: how many is no number: '5x'"},
	{HOST "alert x denials 5 per 1m to host",
	 "2:19: error: the number is followed by 'in SPAN'"},
	{HOST "alert x denials 5 in 1 to host", "2:22: error: '1' is no span of time"},
	{HOST "alert x denials 5 in 1m by rule to host", "2:28: error: it is counted by user"},
	{HOST "alert x limit disk 80% of 1G to host", "2:15: error: a limit is of duration"},
	{HOST "alert x limit memory 80 of 1G to host", "2:22: error: how much of the limit"},
	{HOST "alert x limit memory 101% of 1G to host", "2:22: error: a percentage is from 1"},
	{HOST "alert x limit memory 80% of 1T to host", "2:29: error: a size (512M) is no num"},
	{"to a webhook https://h ca", "1:26: error: a file of certificates is missing"},
	{"to a webhook https://h timeout", "1:31: error: a span of time (10s, 1m, 2h) is mis"},
	{"to a webhook https://h retries x", "1:32: error: how often it is tried again is no"},
	{"to a webhook http://", "1:14: error: a webhook is https://... or"},
	{"to a command", "1:13: error: the command is missing"},
	{"to \"\" syslog", "1:4: error: '' is no name"},
	{"to a\tsyslog\r", "1:6: error: a target is a webhook, command or syslog, not 'sysl"},
	{"\"to\"a", "1:1: error: after a closing quote comes a blank"},
	{"to a \"syslog\\", "1:6: error: the quote is not closed"},
	{HOST "alert \"a b\" gaps to host", "2:7: error: 'a b' is no name"},
	{HOST "alert x denials", "2:16: error: how many is missing"},
	{HOST "alert x denials 5", "2:18: error: in is missing"},
	{HOST "alert x denials 5 in", "2:21: error: a span of time (10s, 1m, 2h) is missing"},
	{HOST "alert x denials 5 in 1m by", "2:27: error: user, role or tool is missing"},
	{HOST "alert x denials 99999999999999999999 in 1m to host", "error: how many is no num"},
	{HOST "alert x denials \"\" in 1m to host", "2:17: error: how many is from 1 to 1000"},
	{HOST "alert x denials 5 in 99999999999999d to host", "is no span of time"},
	{HOST "alert x escapes 5 to host",
	 "2:19: error: the number is followed by 'in SPAN', not by 'to'"},
	{HOST "alert x limit", "2:14: error: duration or memory is missing"},
	{HOST "alert x limit memory", "2:21: error: how much of the limit is missing"},
	{HOST "alert x limit memory 80% 1G", "2:22: error: after the percentage comes of"},
	{HOST "alert x limit memory 80% of", "2:28: error: a size (512M) is missing"},
	{HOST "alert x limit memory 80% of 0 to host", "2:29: error: a size (512M) is from 1"},
	{HOST "alert x limit memory 80% of 9999999999 to host", "2:29: error: a size (512M) is"},
	{HOST "alert x limit duration 80% of", "2:30: error: a span of time (10s, 1m, 2h)"},
	{HOST "alert x gaps host", "2:14: error: here comes to and whom to tell"},
	{HOST "alert x gaps to", "2:16: error: whom to tell is missing"},
	{HOST "alert x gaps to nobody", "2:17: error: no target 'nobody' is declared above"},
	{HOST "alert x gaps to host every", "2:27: error: a span of time (10s, 1m, 2h) is mi"},
	{HOST "alert x gaps to host every 1m y", "2:31: error: nothing comes behind every"},
	{HOST "alert x gaps to host\nalert x gaps to host", "3:7: error: the alert 'x' is decl"},
};

Test(alert_rules, every_mistake_has_its_place)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct alert_findings findings;
		struct alert_rules *rules = read_text(mistakes[i].text, strlen(mistakes[i].text),
						      &findings);

		cr_expect(strstr(told, mistakes[i].message), "%s:\nwant %s\ngot %s",
			  mistakes[i].text, mistakes[i].message, told);
		cr_expect_gt(findings.errors, 0);
		free(rules);
	}
}

Test(alert_rules, a_file_has_its_limits)
{
	static char big[ALERT_MAX_FILE + 1];
	struct alert_findings findings;
	char many[8192] = HOST "alert";

	memset(big, '\n', sizeof(big));
	free(read_text(big, sizeof(big), &findings));
	cr_expect_str_eq(told, "0:0: error: it is larger than 65536 bytes\n");
	free(read_text("to a\0syslog", 11, &findings));
	cr_expect_str_eq(told, "0:0: error: it has a NUL in it\n");
	for (int i = 0; i < ALERT_MAX_WORDS; i++)
		strcat(many, " x");
	free(read_text(many, strlen(many), &findings));
	cr_expect(strstr(told, "2:67: error: more than 32 words"), "%s", told);
	strcpy(many, HOST);
	for (int i = 0; i <= ALERT_MAX_RULES; i++)
		sprintf(many + strlen(many), "alert r%d gaps to host\n", i);
	free(read_text(many, strlen(many), &findings));
	cr_expect_str_eq(told, "66:7: error: more than 64 alerts\n");
	strcpy(many, HOST "alert r gaps to");
	for (int i = 0; i <= ALERT_MAX_TARGETS; i++)
		strcat(many, " host");
	free(read_text(many, strlen(many), &findings));
	cr_expect_str_eq(told, "2:97: error: more than 16 targets\n");
	(void)sprintf(many, "to %065d syslog\n", 1);
	free(read_text(many, strlen(many), &findings));
	cr_expect(strstr(told, "1:4: error: '0000"), "%s", told);
	many[0] = '\0';
	for (int i = 0; i <= ALERT_MAX_TARGETS; i++)
		sprintf(many + strlen(many), "to t%d syslog\n", i);
	free(read_text(many, strlen(many), &findings));
	cr_expect(strstr(told, "17:4: error: more than 16 targets\n"), "%s", told);
}
