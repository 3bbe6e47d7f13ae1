/*
 * The audit log from record() to the database: what is recorded, by how many, and what is told when
 * it can't be.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/audit.h"
#include "support/bundle_maker.h"

static const char *path;

static void setup(void)
{
	path = audit_setup();
}

TestSuite(audit_log, .init = setup, .fini = audit_teardown, .timeout = 60);

static void flush(struct writ_audit *audit)
{
	struct writ_error error;

	cr_assert_eq(writ_audit_flush(audit, &error), 0, "%s", error.text);
}

Test(audit_log, decision_is_a_row_when_flush_returns)
{
	struct writ_audit *audit = audit_open(NULL);

	cr_assert_eq(audit_record(audit, "git_push", WRIT_DENY), 0);
	flush(audit);
	cr_expect_str_eq(audit_text("SELECT kind || ' ' || user || ' ' || tool || ' ' || verdict "
				    "|| ' ' || session FROM records WHERE kind = 'decision'"),
			 "decision bob git_push deny 0000000000000007");
	writ_audit_close(audit);
}

Test(audit_log, opening_and_closing_are_records_unless_once)
{
	const struct writ_audit_options once = {.once = 1};

	writ_audit_close(audit_open(NULL));
	cr_expect_str_eq(audit_text("SELECT group_concat(kind) FROM records"),
			 "open,close,checkpoint");
	writ_audit_close(audit_open(&once));
	cr_expect_eq(audit_number("SELECT count(*) FROM records"), 3);
	cr_expect_eq(audit_number("SELECT count(*) FROM writers"), 0);
}

Test(audit_log, numbers_have_no_gaps_across_openings)
{
	audit_fill(10);
	audit_fill(300);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE kind = 'decision'"), 310);
	cr_expect_eq(audit_number("SELECT max(seq) - count(*) FROM records"), 0);
}

/* Texts that are six times as long when they are JSON: of sixteen records, more than has room. */
Test(audit_log, records_with_the_longest_texts_are_each_their_own)
{
	enum { N = 100, N_ARGS = 8, SIZE = WRIT_AUDIT_MAX_ARGS / N_ARGS };
	const struct writ_audit_options large = {.ring_bytes = WRIT_AUDIT_MAX_RING};
	struct writ_audit *audit = audit_open(&large);
	struct writ_sink sink = writ_audit_sink(audit);
	struct writ_arg args[N_ARGS];
	char text[SIZE + 1];

	for (int i = 0; i < N; i++) {
		const struct writ_event event = {.kind = WRIT_EVENT_DECISION,
						 .rule = WRIT_NO_ID,
						 .tool = "t",
						 .args = args,
						 .n_args = N_ARGS};

		memset(text, '\x01', SIZE);
		snprintf(text + SIZE - 8, 9, "~end %03u", (unsigned int)i % 1000u);
		for (int k = 0; k < N_ARGS; k++)
			args[k] = (struct writ_arg){.name = "a", .text = text, .text_len = SIZE};
		cr_assert_eq(sink.record(sink.context, &event), 0);
	}
	writ_audit_close(audit);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE kind = 'decision' AND "
				  "length(args) > 40000 AND args GLOB printf('*~end %03d\"}', "
				  "seq - 2)"),
		     N);
	cr_expect_str_empty(audit_verify());
}

static int64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* To some microseconds, also between two ticks of the clock. */
Test(audit_log, a_record_says_when_it_was_made)
{
	struct writ_audit *audit = audit_open(NULL);
	int64_t before[20];
	int64_t after[20];
	char sql[96];

	for (int i = 0; i < 20; i++) {
		(void)usleep(700);
		before[i] = now_us();
		cr_assert_eq(audit_record(audit, "t", WRIT_ALLOW), 0);
		after[i] = now_us();
	}
	writ_audit_close(audit);
	for (int i = 0; i < 20; i++) {
		int64_t at;

		(void)snprintf(sql, sizeof(sql),
			       "SELECT wall_us FROM records WHERE tool = 't' LIMIT 1 OFFSET %d", i);
		at = audit_number(sql);
		cr_expect_geq(at, before[i] - 10, "%d: %d us early", i, (int)(before[i] - at));
		cr_expect_leq(at, after[i] + 10, "%d: %d us late", i, (int)(at - after[i]));
	}
}

Test(audit_log, of_a_policy_has_its_name_hash_and_the_rules_place)
{
	struct writ_policy *policy = bundle_open("role r { allow t; }", NULL);
	struct writ_audit *audit = audit_open(NULL);
	struct writ_sink sink = writ_audit_sink(audit);
	const struct writ_event event = {
		.kind = WRIT_EVENT_DECISION,
		.policy = policy,
		.generation = 1,
		.rule = 0,
		.verdict = WRIT_ALLOW,
		.tool = "t",
	};

	cr_assert_eq(sink.record(sink.context, &event), 0);
	flush(audit);
	cr_expect_str_eq(audit_text("SELECT policy || ' ' || generation || ' ' || reason || ' ' || "
				    "rule FROM records WHERE tool = 't'"),
			 "test 1 by_rule test.writ:2:16");
	cr_expect_eq(audit_number("SELECT length(policy_hash) FROM records WHERE tool = 't'"), 64);
	writ_audit_close(audit);
	writ_close(policy);
}

/* In logs that are kept: a word never changes. */
Test(audit_log, decisions_have_these_words)
{
	struct writ_audit *audit = audit_open(NULL);
	struct writ_sink sink = writ_audit_sink(audit);

	for (int reason = WRIT_BY_RULE; reason <= WRIT_NOT_RECORDED; reason++) {
		const struct writ_event event = {.kind = WRIT_EVENT_DECISION,
						 .verdict = (enum writ_verdict)(reason % 3),
						 .reason = (enum writ_reason)reason,
						 .rule = WRIT_NO_ID,
						 .tool = "t"};

		cr_assert_eq(sink.record(sink.context, &event), 0);
	}
	writ_audit_close(audit);
	cr_expect_str_eq(audit_text("SELECT group_concat(verdict || ' ' || reason) FROM records "
				    "WHERE tool = 't'"),
			 "deny by_rule,ask no_rule,allow no_condition,deny unknown_subject,"
			 "ask bad_tool_name,allow bad_request,deny rate_limited,ask no_state,"
			 "allow stale,deny not_approved,ask not_recorded");
}

/* As under a reload, or with several monitors to a log. */
Test(audit_log, each_record_names_its_own_policy)
{
	struct writ_policy *policies[] = {bundle_open("role r { allow t; }", NULL),
					  bundle_open("role s { allow u; }\nrole r { }", NULL)};
	struct writ_audit *audit = audit_open(NULL);
	struct writ_sink sink = writ_audit_sink(audit);

	for (int i = 0; i < 6; i++) {
		const struct writ_event event = {.kind = WRIT_EVENT_DECISION,
						 .policy = policies[i / 2 % 2],
						 .tool = i / 2 % 2 ? "u" : "t"};

		cr_assert_eq(sink.record(sink.context, &event), 0);
	}
	writ_audit_close(audit);
	cr_expect_eq(audit_number("SELECT count(DISTINCT policy_hash) FROM records"), 2);
	cr_expect_str_eq(audit_text(
				 "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM records "
				 "WHERE tool IS NOT NULL GROUP BY tool, policy_hash)"),
			 "4,2");
	writ_close(policies[0]);
	writ_close(policies[1]);
}

Test(audit_log, decisions_of_a_monitor_are_recorded_denied_ones_too)
{
	struct writ_audit *audit = audit_open(NULL);
	struct writ_sink sink = writ_audit_sink(audit);
	const struct writ_monitor_options options = {.sink = &sink, .state = WRIT_STATE_PRIVATE};
	const char *const tools[] = {"t", "u", "v"};
	struct writ_monitor *monitor;
	struct writ_session *session;
	char file[128];

	(void)snprintf(file, sizeof(file), "%s.wrt", path);
	bundle_write(file, "role r { allow t; deny u; }");
	cr_assert_eq(writ_monitor_open(file, &options, &monitor, NULL), 0);
	cr_assert_eq(writ_session_open(monitor, &(struct writ_subject){.role = "r"}, &session,
				       NULL),
		     0);
	for (size_t i = 0; i < 3; i++)
		(void)!writ_session_check(session, &(struct writ_call){.tool = tools[i]}, NULL);
	writ_session_close(session);
	writ_monitor_close(monitor);
	writ_audit_close(audit);
	cr_expect_str_eq(audit_text(
				 "SELECT group_concat(tool || ' ' || verdict || ' ' || reason || "
				 "' ' || ifnull(rule, '-')) FROM records WHERE kind = "
				 "'decision'"),
			 "t allow by_rule test.writ:2:16,u deny by_rule test.writ:2:24,v deny "
			 "no_rule -");
	cr_expect_str_empty(audit_verify());
}

static void *record_many(void *audit)
{
	for (int i = 0; i < 2000; i++)
		cr_assert_eq(audit_record(audit, "t", WRIT_ALLOW), 0);
	return NULL;
}

Test(audit_log, threads_record_at_once_and_nothing_is_lost)
{
	const struct writ_audit_options small = {.ring_bytes = WRIT_AUDIT_MIN_RING};
	struct writ_audit *audit = audit_open(&small);
	struct writ_audit_status status;
	pthread_t threads[8];

	for (int i = 0; i < 8; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, record_many, audit), 0);
	for (int i = 0; i < 8; i++)
		(void)pthread_join(threads[i], NULL);
	flush(audit);
	writ_audit_status(audit, &status);
	cr_expect_eq(status.taken, 16000u);
	cr_expect_eq(status.written, 16000u);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE tool = 't'"), 16000);
	writ_audit_close(audit);
	cr_expect_str_empty(audit_verify());
}

/* They are forked before this process has a thread of a log's, which no lock would survive. */
Test(audit_log, processes_write_one_chain)
{
	struct writ_audit *audit;
	int status;

	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			struct writ_audit *own = audit_open(NULL);

			record_many(own);
			writ_audit_close(own);
			_exit(0);
		}
	}
	audit = audit_open(NULL);
	record_many(audit);
	for (int i = 0; i < 4; i++) {
		cr_assert_gt(wait(&status), 0);
		cr_expect_eq(status, 0);
	}
	writ_audit_close(audit);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE tool = 't'"), 10000);
	cr_expect_str_empty(audit_verify());
}

/* All find no log, and each is ready to make it. */
Test(audit_log, processes_make_one_log)
{
	for (int round = 0; round < 20; round++) {
		int go[2], status;

		cr_assert_eq(pipe(go), 0);
		for (int i = 0; i < 8; i++) {
			if (fork() == 0) {
				struct writ_audit *audit = NULL;
				struct writ_error error;
				char byte;

				(void)close(go[1]);
				(void)read(go[0], &byte, 1);
				_exit(writ_audit_open(path, NULL, &audit, &error) != 0);
			}
		}
		(void)close(go[0]);
		(void)close(go[1]);
		for (int i = 0; i < 8; i++) {
			cr_assert_gt(wait(&status), 0);
			cr_assert_eq(status, 0);
		}
		cr_assert_str_empty(audit_verify());
		audit_teardown();
		setup();
	}
}

Test(audit_log, child_of_a_fork_can_not_record)
{
	struct writ_audit *audit = audit_open(NULL);
	pid_t child;
	int status;

	flush(audit);
	child = fork();
	if (child == 0) {
		int taken = audit_record(audit, "t", WRIT_ALLOW) == 0;

		writ_audit_close(audit);
		_exit(taken);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(status, 0);
	cr_expect_eq(audit_record(audit, "t", WRIT_ALLOW), 0);
	writ_audit_close(audit);
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE tool = 't'"), 1);
}

Test(audit_log, required_record_is_there_when_record_returns)
{
	const struct writ_audit_options options = {.required = 1};
	struct writ_audit *audit = audit_open(&options);

	for (int i = 1; i <= 5; i++) {
		cr_assert_eq(audit_record(audit, "t", WRIT_ALLOW), 0);
		cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE tool = 't'"), i);
	}
	writ_audit_close(audit);
}
