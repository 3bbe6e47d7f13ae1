/*
 * Metrics: what passes is counted, told in Prometheus' format.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/writ_metrics.h"
#include "support/bundle_maker.h"

static struct writ_metrics *metrics_with(const struct writ_metrics_options *options)
{
	struct writ_metrics *metrics = NULL;
	struct writ_error error;

	cr_assert_eq(writ_metrics_open(options, &metrics, &error), 0);
	return metrics;
}

static char *text_of(struct writ_metrics *metrics)
{
	struct writ_error error;
	char *text = NULL;
	size_t len;

	cr_assert_eq(writ_metrics_text(metrics, &text, &len, &error), 0, "%s", error.text);
	cr_assert_eq(strlen(text), len);
	return text;
}

/* A line of the text, whole. */
static bool has_line(const char *text, const char *line)
{
	const char *at = text;
	size_t len = strlen(line);

	while ((at = strstr(at, line))) {
		if ((at == text || at[-1] == '\n') && at[len] == '\n')
			return true;
		at++;
	}
	return false;
}

static void expect_line(struct writ_metrics *metrics, const char *line)
{
	char *text = text_of(metrics);

	cr_expect(has_line(text, line), "%s is not in\n%s", line, text);
	free(text);
}

static void send_event(struct writ_metrics *metrics, struct writ_event event)
{
	struct writ_sink sink = writ_metrics_sink(metrics);

	(void)sink.record(sink.context, &event);
}
#define SEND(metrics, ...) send_event(metrics, (struct writ_event){__VA_ARGS__})

Test(metrics, events_are_counted_by_what_they_are)
{
	struct writ_metrics *metrics = metrics_with(NULL);

	SEND(metrics, .kind = WRIT_EVENT_DECISION, .verdict = WRIT_ALLOW, .generation = 3);
	SEND(metrics, .kind = WRIT_EVENT_DECISION, .verdict = WRIT_DENY, .reason = WRIT_NO_RULE);
	SEND(metrics, .kind = WRIT_EVENT_DECISION, .verdict = WRIT_DENY,
	     .reason = (enum writ_reason)99);
	SEND(metrics, .kind = WRIT_EVENT_NETWORK, .verdict = WRIT_DENY);
	SEND(metrics, .kind = WRIT_EVENT_NETWORK, .verdict = WRIT_ALLOW);
	SEND(metrics, .kind = WRIT_EVENT_FILE);
	SEND(metrics, .kind = WRIT_EVENT_LAUNCH);
	SEND(metrics, .kind = WRIT_EVENT_END, .signal = 31, .duration_us = 1500000);
	SEND(metrics, .kind = WRIT_EVENT_RELOAD, .error = "no");
	SEND(metrics, .kind = (enum writ_event_kind)77);
	expect_line(metrics, "writ_decisions_total{verdict=\"allow\"} 1");
	expect_line(metrics, "writ_decisions_total{verdict=\"deny\"} 2");
	expect_line(metrics, "writ_denials_total{reason=\"no_rule\"} 1");
	expect_line(metrics, "writ_escape_attempts_total{kind=\"network\"} 1");
	expect_line(metrics, "writ_escape_attempts_total{kind=\"file\"} 1");
	expect_line(metrics, "writ_escape_attempts_total{kind=\"syscall\"} 1");
	expect_line(metrics, "writ_launches_total 1");
	expect_line(metrics, "writ_launch_duration_seconds_sum 1.500000000");
	expect_line(metrics, "writ_launch_duration_seconds_count 1");
	expect_line(metrics, "writ_reloads_total{result=\"failed\"} 1");
	expect_line(metrics, "writ_policy_generation 3");
	writ_metrics_close(metrics);
}

static int refuse(void *context, const struct writ_event *event)
{
	(void)event;
	++*(int *)context;
	return -1;
}

Test(metrics, what_the_log_refuses_is_counted_as_the_denial_that_it_becomes)
{
	int n = 0;
	const struct writ_sink log = {refuse, &n};
	struct writ_metrics *metrics = metrics_with(&(struct writ_metrics_options){.sink = &log});

	SEND(metrics, .kind = WRIT_EVENT_DECISION, .verdict = WRIT_ALLOW);
	cr_expect_eq(n, 1);
	expect_line(metrics, "writ_decisions_total{verdict=\"allow\"} 0");
	expect_line(metrics, "writ_denials_total{reason=\"not_recorded\"} 1");
	writ_metrics_close(metrics);
}

Test(metrics, buckets_add_up_and_hold_their_bound)
{
	struct writ_metrics *metrics = metrics_with(NULL);

	writ_metrics_observe(metrics, WRIT_METRIC_CHECK, 0);
	writ_metrics_observe(metrics, WRIT_METRIC_CHECK, 128);
	writ_metrics_observe(metrics, WRIT_METRIC_CHECK, 129);
	writ_metrics_observe(metrics, WRIT_METRIC_CHECK, UINT64_C(5000000000000));
	writ_metrics_observe(metrics, WRIT_METRIC_SANDBOX, 1000000);
	expect_line(metrics, "writ_rbac_check_duration_seconds_bucket{le=\"0.000000064\"} 1");
	expect_line(metrics, "writ_rbac_check_duration_seconds_bucket{le=\"0.000000128\"} 2");
	expect_line(metrics, "writ_rbac_check_duration_seconds_bucket{le=\"0.000000256\"} 3");
	expect_line(metrics, "writ_rbac_check_duration_seconds_bucket{le=\"+Inf\"} 4");
	expect_line(metrics, "writ_rbac_check_duration_seconds_sum 5000.000000257");
	expect_line(metrics, "writ_sandbox_create_duration_seconds_count 1");
	writ_metrics_close(metrics);
}

/* Each line is a comment or a sample, and of each metric help and type come first, once. */
Test(metrics, the_text_is_of_the_format)
{
	struct writ_metrics *metrics = metrics_with(NULL);
	char *text = text_of(metrics);
	char family[128] = "";

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long long number;
		char name[128], type[16];
		size_t len = strcspn(line, "{ ");

		if (strncmp(line, "# HELP ", 7) == 0) {
			cr_assert_eq(sscanf(line + 7, "%127s", family), 1);
			continue;
		}
		if (strncmp(line, "# TYPE ", 7) == 0) {
			cr_assert_eq(sscanf(line + 7, "%127s %15s", name, type), 2);
			cr_assert_str_eq(name, family);
			continue;
		}
		cr_assert_eq(strncmp(line, family, strlen(family)), 0, "%s", line);
		cr_assert_eq(strspn(line, "abcdefghijklmnopqrstuvwxyz_"), len, "%s", line);
		cr_assert_eq(sscanf(strrchr(line, ' '), " %llu", &number), 1, "%s", line);
	}
	free(text);
	writ_metrics_close(metrics);
}

static void *count_many(void *context)
{
	for (int i = 0; i < 20000; i++) {
		SEND(context, .kind = WRIT_EVENT_DECISION, .verdict = WRIT_ALLOW);
		writ_metrics_observe(context, WRIT_METRIC_CHECK, (uint64_t)i);
	}
	return NULL;
}

Test(metrics, nothing_is_lost_when_many_threads_count_while_others_read)
{
	struct writ_metrics *metrics = metrics_with(NULL);
	pthread_t threads[8];

	for (int i = 0; i < 8; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, count_many, metrics), 0);
	for (int i = 0; i < 20; i++)
		free(text_of(metrics));
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	expect_line(metrics, "writ_decisions_total{verdict=\"allow\"} 160000");
	expect_line(metrics, "writ_rbac_check_duration_seconds_count 160000");
	writ_metrics_close(metrics);
}

/* ---- with a monitor and a log ---- */

struct fixture {
	char directory[32];
	char log[64];
	char file[64];
	struct writ_audit *audit;
	struct writ_metrics *metrics;
};

/* What a launch and a human did: of each kind that is counted, and that is not. */
static void run_events(const struct writ_sink *sink)
{
	static const struct writ_arg created = {.name = "create_us",
						.type = WRIT_ARG_INTEGER,
						.number = 1500};
	const struct writ_event events[] = {
		{.kind = WRIT_EVENT_LAUNCH, .verdict = WRIT_ALLOW},
		{.kind = WRIT_EVENT_NETWORK, .verdict = WRIT_DENY},
		{.kind = WRIT_EVENT_NETWORK, .verdict = WRIT_DENY},
		{.kind = WRIT_EVENT_NETWORK, .verdict = WRIT_ALLOW},
		{.kind = WRIT_EVENT_FILE, .verdict = WRIT_DENY},
		{.kind = WRIT_EVENT_END,
		 .signal = 31,
		 .duration_us = 2000,
		 .args = &created,
		 .n_args = 1},
		{.kind = WRIT_EVENT_APPROVAL, .verdict = WRIT_ALLOW},
		{.kind = WRIT_EVENT_APPROVAL, .verdict = WRIT_DENY},
		{.kind = WRIT_EVENT_APPROVAL, .verdict = WRIT_DENY},
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		cr_assert_eq(sink->record(sink->context, &events[i]), 0);
}

/* Ends of launches whose log says nothing of how long anything took. */
static void record_other_ends(struct writ_audit *audit)
{
	static const struct writ_arg args[] = {
		{.name = "create_us", .text = "[masked]"},
		{.name = "x", .type = WRIT_ARG_INTEGER, .number = 1},
	};
	struct writ_sink sink = writ_audit_sink(audit);

	for (size_t i = 0; i < 2; i++) {
		const struct writ_event end = {.kind = WRIT_EVENT_END,
					       .args = &args[i],
					       .n_args = 1};

		cr_assert_eq(sink.record(sink.context, &end), 0);
	}
	cr_assert_eq(writ_audit_flush(audit, NULL), 0);
}

/* In a log that somebody has changed. */
static void put_nonsense(const char *log)
{
	sqlite3 *db = NULL;

	cr_assert_eq(sqlite3_open(log, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, "UPDATE records SET args = '{' WHERE args LIKE '%\"x\"%'",
				  NULL, NULL, NULL),
		     SQLITE_OK);
	cr_assert_eq(sqlite3_changes(db), 1);
	(void)sqlite3_close(db);
}

/* A user's call that is allowed, and one that is denied, from the monitor to the log. */
static void run_calls(struct fixture *fixture)
{
	struct writ_sink log = writ_audit_sink(fixture->audit);
	struct writ_sink sink;
	struct writ_monitor *monitor;
	struct writ_session *session;
	struct writ_error error;
	char path[64];

	cr_assert_eq(writ_metrics_open(&(struct writ_metrics_options){.sink = &log,
								      .audit = fixture->audit},
				       &fixture->metrics, &error),
		     0);
	sink = writ_metrics_sink(fixture->metrics);
	snprintf(path, sizeof(path), "%s/p.wrt", fixture->directory);
	bundle_write(path, "role r { allow good; }\nuser \"u\" : r;\n");
	cr_assert_eq(writ_monitor_open(path,
				       &(struct writ_monitor_options){.state = WRIT_STATE_PRIVATE,
								      .sink = &sink},
				       &monitor, &error),
		     0, "%s", error.text);
	cr_assert_eq(writ_session_open(monitor, &(struct writ_subject){.user = "u"}, &session,
				       &error),
		     0, "%s", error.text);
	cr_expect_eq(writ_metrics_check(fixture->metrics, session,
					&(struct writ_call){.tool = "good"}, NULL),
		     WRIT_ALLOW);
	cr_expect_eq(writ_metrics_check(fixture->metrics, session,
					&(struct writ_call){.tool = "bad"}, NULL),
		     WRIT_DENY);
	run_events(&sink);
	writ_metrics_observe(fixture->metrics, WRIT_METRIC_SANDBOX, 1500000);
	writ_session_close(session);
	writ_monitor_close(monitor);
	unlink(path);
}

static void set_up(struct fixture *fixture)
{
	struct writ_error error;

	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/writ-metrics-XXXXXX");
	cr_assert(mkdtemp(fixture->directory));
	snprintf(fixture->log, sizeof(fixture->log), "%s/audit.db", fixture->directory);
	snprintf(fixture->file, sizeof(fixture->file), "%s/m.prom", fixture->directory);
	cr_assert_eq(writ_audit_open(fixture->log, NULL, &fixture->audit, &error), 0, "%s",
		     error.text);
	run_calls(fixture);
	cr_assert_eq(writ_audit_flush(fixture->audit, &error), 0, "%s", error.text);
}

static void tear_down(struct fixture *fixture)
{
	char command[80];

	writ_metrics_close(fixture->metrics);
	writ_audit_close(fixture->audit);
	snprintf(command, sizeof(command), "rm -r %s", fixture->directory);
	cr_expect_eq(system(command), 0);
}

Test(metrics, a_log_and_who_writes_it_tell_the_same)
{
	static const char *const lines[] = {
		"writ_decisions_total{verdict=\"allow\"} 1",
		"writ_decisions_total{verdict=\"deny\"} 1",
		"writ_denials_total{reason=\"no_rule\"} 1",
		"writ_policy_generation 1",
		"writ_reloads_total{result=\"done\"} 1",
		"writ_launches_total 1",
		"writ_escape_attempts_total{kind=\"network\"} 2",
		"writ_escape_attempts_total{kind=\"file\"} 1",
		"writ_escape_attempts_total{kind=\"syscall\"} 1",
		"writ_approvals_total{verdict=\"allow\"} 1",
		"writ_approvals_total{verdict=\"deny\"} 2",
		"writ_launch_duration_seconds_count 1",
		"writ_launch_duration_seconds_sum 0.002000000",
		"writ_sandbox_create_duration_seconds_count 1",
		"writ_sandbox_create_duration_seconds_sum 0.001500000",
	};
	struct fixture fixture;
	struct writ_error error;
	char *text = NULL;
	size_t len;

	set_up(&fixture);
	record_other_ends(fixture.audit);
	put_nonsense(fixture.log);
	cr_assert_eq(writ_metrics_of_log(fixture.log, &text, &len, &error), 0, "%s", error.text);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		expect_line(fixture.metrics, lines[i]);
		cr_expect(has_line(text, lines[i]), "%s is not in\n%s", lines[i], text);
	}
	expect_line(fixture.metrics, "writ_rbac_check_duration_seconds_count 2");
	expect_line(fixture.metrics, "writ_audit_queue_records 0");
	expect_line(fixture.metrics, "writ_audit_failing 0");
	free(text);
	tear_down(&fixture);
}

Test(metrics, a_file_is_replaced_or_stays_as_it_was)
{
	struct fixture fixture;
	struct writ_error error;
	struct stat st;

	set_up(&fixture);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(writ_metrics_write(fixture.metrics, fixture.file, &error), 0, "%s",
			     error.text);
	cr_assert_eq(stat(fixture.file, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0644);
	cr_expect_gt(st.st_size, 1000);
	cr_expect_eq(writ_metrics_write(fixture.metrics, "/nonexistent/m.prom", &error),
		     -WRIT_E_SYSTEM);
	/* What is no file is not put aside for one: that could be /dev/null. */
	cr_assert_eq(unlink(fixture.file), 0);
	cr_assert_eq(mkfifo(fixture.file, 0600), 0);
	cr_expect_eq(writ_metrics_write(fixture.metrics, fixture.file, &error), -WRIT_E_INVALID);
	cr_expect(strstr(error.text, "is not a regular file"), "%s", error.text);
	cr_assert_eq(lstat(fixture.file, &st), 0);
	cr_expect(S_ISFIFO(st.st_mode));
	tear_down(&fixture);
}

/* ---- the dashboard ---- */

/* Each name of a metric in a query is one that the text has. */
static size_t check_query(const char *query, const char *text)
{
	size_t n = 0;

	for (const char *at = query; (at = strstr(at, "writ_")); n++) {
		size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
		char line[128];

		snprintf(line, sizeof(line), "\n%.*s", (int)len, at);
		cr_expect(strstr(text, line), "no %.*s, of: %s", (int)len, at, query);
		at += len;
	}
	return n;
}

Test(metrics, every_query_of_the_dashboard_names_what_a_scrape_has)
{
	struct fixture fixture;
	json_error_t error;
	json_t *root = json_load_file("docs/examples/grafana.json", 0, &error);
	size_t index, n_queries = 0;
	json_t *panel;
	char *text;

	cr_assert(root, "%s", error.text);
	set_up(&fixture);
	text = text_of(fixture.metrics);
	json_array_foreach(json_object_get(root, "panels"), index, panel)
	{
		size_t i;
		json_t *target;

		json_array_foreach(json_object_get(panel, "targets"), i, target)
		{
			const char *query = json_string_value(json_object_get(target, "expr"));

			cr_assert(query);
			cr_expect_gt(check_query(query, text), 0u, "%s", query);
			n_queries++;
		}
	}
	cr_expect_gt(n_queries, 8u);
	free(text);
	json_decref(root);
	tear_down(&fixture);
}
