/*
 * writ pending, approve and reject from outside: what each verb does, and all that it refuses.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/monitor/request.h"
#include "support/bundle_maker.h"
#include "support/requests_maker.h"

static char root[] = "/tmp/writ-approve-XXXXXX";
static char state_path[64];
static struct requests *requests;
static struct request_call call;
static const struct writ_arg args[] = {{.name = "target", .text = "prod\033[2K"},
				       {.name = "token", .text = "hunter2"}};

static void setup(void)
{
	cr_assert(mkdtemp(root) != NULL);
	snprintf(state_path, sizeof(state_path), "%s/state", root);
	requests = requests_of(state_path);
	call = (struct request_call){
		.policy = bundle_open(
			"tool deploy { arg target : string; arg token : string secret; }"
			"role ops { ask deploy; } user \"ann\" : ops;",
			NULL),
		.kind = WRIT_USER,
		.subject = "ann",
		.tool = "deploy",
		.args = args,
		.n_args = 2,
	};
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	cr_assert_eq(system(command), 0);
}

TestSuite(approve, .init = setup, .fini = teardown, .timeout = 60);

static char output[16384];

/* Runs writ with arguments; its status, and what it prints in output. */
static int writ(const char *arguments)
{
	char command[1024];
	FILE *pipe;
	size_t n;

	snprintf(command, sizeof(command), BUILD_DIR "/writ %s 2>&1", arguments);
	pipe = popen(command, "r");
	cr_assert(pipe != NULL);
	n = fread(output, 1, sizeof(output) - 1, pipe);
	output[n] = '\0';
	return pclose(pipe) >> 8;
}

/* The same with the test's state directory. */
static int writ_here(const char *verb, const char *ids)
{
	char arguments[512];

	snprintf(arguments, sizeof(arguments), "%s --state %s %s", verb, state_path, ids);
	return writ(arguments);
}

static void ask(char id[WRIT_REQUEST_ID_SIZE])
{
	struct writ_error error;

	cr_assert_eq(request_make(requests, &call, id, &error), 0, "%s", error.text);
}

static void expect_output(const char *part)
{
	cr_expect(strstr(output, part) != NULL, "'%s' is not in: %s", part, output);
}

Test(approve, lists_and_approves)
{
	char id[WRIT_REQUEST_ID_SIZE];

	cr_expect_eq(writ_here("pending", ""), 0);
	cr_expect_str_eq(output, "");
	ask(id);
	cr_expect_eq(writ_here("pending", ""), 0);
	expect_output(id);
	expect_output("user ann: deploy target=\"prod\\x1b[2K\" token=(secret)\n");
	expect_output("policy test, asked 0 s ago, expires in ");
	cr_expect(strstr(output, "hunter2") == NULL);
	cr_expect_eq(writ_here("approve", id), 0);
	cr_expect_str_eq(output, "");
	cr_expect_eq(request_use(requests, id, &call), REQUEST_GOOD);
	cr_expect_eq(writ_here("approve", id), 1);
	expect_output("the request has been answered already");
	cr_expect_eq(writ_here("pending", ""), 0);
	cr_expect_str_eq(output, "");
}

Test(approve, rejects)
{
	char id[WRIT_REQUEST_ID_SIZE];

	ask(id);
	cr_expect_eq(writ_here("reject", id), 0);
	cr_expect_eq(request_use(requests, id, &call), REQUEST_REJECTED);
	cr_expect_eq(writ_here("approve", id), 1);
}

Test(approve, json_is_an_object_a_line)
{
	char id[WRIT_REQUEST_ID_SIZE];
	char want[200];

	ask(id);
	cr_expect_eq(writ_here("pending --format json", ""), 0);
	snprintf(want, sizeof(want),
		 "{\"id\":\"%s\",\"policy\":\"test\",\"subject\":\"user ann\",\"tool\":\"deploy\","
		 "\"args\":\"target=\\\"prod\\\\x1b[2K\\\" token=(secret)\",\"age_ms\":",
		 id);
	expect_output(want);
	cr_expect_eq(output[strlen(output) - 1], '\n');
}

Test(approve, one_of_several_is_unknown)
{
	char ids[100];
	char id[WRIT_REQUEST_ID_SIZE];

	ask(id);
	snprintf(ids, sizeof(ids), "0123 %s", id);
	cr_expect_eq(writ_here("approve", ids), 1);
	expect_output("writ: 0123: there is no such request");
	cr_expect_eq(request_use(requests, id, &call), REQUEST_GOOD, "the other was answered");
}

Test(approve, wrong_command_lines)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{"pending x", "unexpected argument 'x'"},
		{"pending --format xml", "text or json"},
		{"pending --format", "takes a value"},
		{"pending --state=", "takes a value"},
		{"pending --state a --state b", "given twice"},
		{"pending --nonsense", "unknown option '--nonsense'"},
		{"approve", "an ID is missing"},
		{"reject --state /tmp", "an ID is missing"},
		{"approve --format json x", "unknown option '--format'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(writ(cases[i].line), 2, "%s", cases[i].line);
		expect_output(cases[i].says);
	}
	cr_expect_eq(writ("approve --help"), 0);
	expect_output("usage: writ approve");
	cr_expect_eq(writ("help pending"), 0);
	expect_output("usage: writ pending");
}

Test(approve, a_state_that_can_not_be_used)
{
	char command[128];

	snprintf(command, sizeof(command), "chmod 0777 %s", state_path);
	cr_assert_eq(system(command), 0);
	cr_expect_eq(writ_here("pending", ""), 3);
	expect_output("writable by nobody else");
	cr_expect_eq(writ_here("approve", "0123"), 3);
	cr_expect_eq(writ("pending --state /proc/x/y"), 3);
}

/* It is a name that was mistyped: an empty list would say that nobody asks. */
Test(approve, a_state_that_is_not_there_is_not_made)
{
	snprintf(state_path, sizeof(state_path), "%s/stade", root);
	cr_expect_eq(writ_here("pending", ""), 3);
	expect_output("stade: No such file or directory");
	cr_expect_eq(writ_here("approve", "0123"), 3);
	cr_expect_neq(access(state_path, F_OK), 0);
}

/* What a query of the test's log prints. */
static void expect_log(const char *query, const char *says)
{
	char command[512];
	FILE *pipe;
	size_t n;

	snprintf(command, sizeof(command),
		 "python3 -c 'import sqlite3\nfor row in sqlite3.connect(\"%s/log.db\")"
		 ".execute(\"%s\"): print(*row)' 2>&1",
		 root, query);
	pipe = popen(command, "r");
	cr_assert(pipe != NULL);
	n = fread(output, 1, sizeof(output) - 1, pipe);
	output[n] = '\0';
	pclose(pipe);
	expect_output(says);
}

Test(approve, an_answer_is_recorded)
{
	char first[WRIT_REQUEST_ID_SIZE];
	char second[WRIT_REQUEST_ID_SIZE];
	char arguments[256];
	char line[256];

	ask(first);
	snprintf(arguments, sizeof(arguments), "--audit %s/log.db %s", root, first);
	cr_expect_eq(writ_here("approve", arguments), 0, "%s", output);
	cr_expect_eq(request_use(requests, first, &call), REQUEST_GOOD);
	cr_expect_eq(writ_here("approve", arguments), 1);
	ask(second);
	snprintf(arguments, sizeof(arguments), "--audit=%s/log.db %s", root, second);
	cr_expect_eq(writ_here("reject", arguments), 0, "%s", output);
	snprintf(line, sizeof(line),
		 "ann deploy approved: request %s, by uid %u\n"
		 "ann deploy rejected: request %s, by uid %u\n",
		 first, getuid(), second, getuid());
	expect_log("select user, tool, detail from records where tool is not null", line);
}

Test(approve, what_can_not_be_recorded_is_not_answered)
{
	char id[WRIT_REQUEST_ID_SIZE];
	char arguments[256];

	ask(id);
	snprintf(arguments, sizeof(arguments), "--audit %s/missing/log.db %s", root, id);
	cr_expect_eq(writ_here("approve", arguments), 3, "%s", output);
	cr_expect_eq(request_use(requests, id, &call), REQUEST_UNANSWERED);
	cr_expect_eq(writ_here("pending", "--audit x"), 2);
}
