/*
 * Which records make an alert: counted within a window, each subject apart, and not more often than
 * is wanted; nothing is withheld without being told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "runtime/audit/alert_engine.h"

#define S INT64_C(1000000)

static char told[8192];
static struct alert_rules *rules;
static struct alert_engine *engine;
static int64_t seq;

static void note(void *context, const struct alert *alert)
{
	size_t len = strlen(told);

	(void)context;
	snprintf(told + len, sizeof(told) - len, "%s:%s:%d:%d ", alert->rule->name, alert->subject,
		 (int)alert->seq, (int)alert->withheld);
}

static void complain(void *context, int line, int column, bool is_error, const char *text)
{
	(void)context;
	cr_expect(!is_error, "%d:%d: %s", line, column, text);
}

static void use(const char *text)
{
	struct alert_findings findings = {.tell = complain};

	rules = malloc(sizeof(*rules));
	alert_rules_read(text, strlen(text), rules, &findings);
	engine = alert_engine_new(rules, note, NULL);
	cr_assert_not_null(engine);
}

static void fini(void)
{
	alert_engine_free(engine);
	free(rules);
}

TestSuite(alert_engine, .fini = fini);

static void feed(int64_t wall_us, const char *kind, const char *user, const char *verdict)
{
	struct record record = {.values = {{.type = RECORD_NULL}}};

	record_set_number(&record, RECORD_SEQ, ++seq);
	record_set_number(&record, RECORD_WALL, wall_us);
	record_set_text(&record, RECORD_KIND, kind);
	record_set_text(&record, RECORD_USER, user);
	record_set_text(&record, RECORD_VERDICT, verdict);
	alert_engine_feed(engine, &record);
}

Test(alert_engine, denials_are_counted_within_the_window)
{
	use("to h syslog\nalert d denials 3 in 10s to h every 1s\n");
	feed(0, "decision", "a", "deny");
	feed(1 * S, "decision", "a", "allow");
	feed(4 * S, "decision", "b", "deny");
	feed(11 * S, "decision", "a", "deny"); /* three in 11 s */
	cr_expect_str_eq(told, "");
	feed(14 * S, "decision", "a", "deny"); /* three in 10 s */
	cr_expect_str_eq(told, "d::5:0 ");
	feed(15 * S, "decision", "a", "deny"); /* counted from anew */
	feed(16 * S, "decision", "a", "deny");
	cr_expect_str_eq(told, "d::5:0 ");
	feed(17 * S, "decision", "a", "deny");
	cr_expect_str_eq(told, "d::5:0 d::8:0 ");
}

Test(alert_engine, subjects_are_counted_apart)
{
	use("to h syslog\nalert d denials 2 in 1m by user to h every 1s\n");
	feed(0, "decision", "a", "deny");
	feed(1, "decision", "b", "deny");
	feed(2, "decision", NULL, "deny");
	cr_expect_str_eq(told, "");
	feed(2 * S, "decision", "b", "deny");
	feed(4 * S, "decision", NULL, "deny");
	feed(6 * S, "decision", "a", "deny");
	cr_expect_str_eq(told, "d:b:4:0 d::5:0 d:a:6:0 ");
}

Test(alert_engine, who_has_been_quiet_longest_is_forgotten)
{
	char user[16];

	use("to h syslog\nalert d denials 2 in 1h by user to h every 1ms\n");
	for (int i = 0; i <= ALERT_MAX_SUBJECTS; i++) {
		snprintf(user, sizeof(user), "u%d", i);
		feed(i * S, "decision", user, "deny");
	}
	feed(1000 * S, "decision", "u0", "deny");
	cr_expect_str_eq(told, "");
	feed(1001 * S, "decision", "u256", "deny");
	cr_expect_str_eq(told, "d:u256:259:0 ");
}

Test(alert_engine, what_is_withheld_is_counted_and_told)
{
	use("to h syslog\nalert g gaps to h every 10s\n");
	for (int i = 0; i < 5; i++)
		feed(i * S, "gap", NULL, NULL);
	cr_expect_str_eq(told, "g::1:0 ");
	feed(10 * S, "gap", NULL, NULL);
	cr_expect_str_eq(told, "g::1:0 g::6:4 ");
	feed(11 * S, "gap", NULL, NULL);
	alert_engine_tick(engine, 19 * S);
	cr_expect_str_eq(told, "g::1:0 g::6:4 ");
	alert_engine_tick(engine, 20 * S);
	cr_expect_str_eq(told, "g::1:0 g::6:4 g::0:1 ");
	alert_engine_tick(engine, 40 * S);
	cr_expect_str_eq(told, "g::1:0 g::6:4 g::0:1 ");
}

Test(alert_engine, a_clock_that_is_set_back_silences_nothing)
{
	use("to h syslog\nalert g gaps to h every 1h\nalert d denials 2 in 10s to h every 1h\n");
	feed(INT64_C(100000) * S, "gap", NULL, NULL);
	feed(5 * S, "gap", NULL, NULL);
	feed(INT64_C(200000) * S, "decision", "a", "deny");
	feed(6 * S, "decision", "a", "deny");
	cr_expect_str_eq(told, "g::1:0 g::2:0 d::4:0 ");
}

Test(alert_engine, each_kind_takes_its_records_and_no_others)
{
	struct record end = {.values = {{.type = RECORD_NULL}}};
	struct record reload = end;

	use("to h syslog\nalert e escapes to h every 1ms\nalert g gaps to h every 1ms\n"
	    "alert r reload-failures to h every 1ms\nalert t limit duration 50% of 10s to h every "
	    "1ms\nalert m limit memory 50% of 2K to h every 1ms\n");
	feed(1 * S, "decision", "a", "deny");
	feed(2 * S, "network", "a", "allow");
	feed(3 * S, "reload", NULL, NULL);
	record_set_text(&end, RECORD_KIND, "end");
	record_set_number(&end, RECORD_SIGNAL, 9);
	record_set_number(&end, RECORD_DURATION, 5 * S);
	record_set_number(&end, RECORD_PEAK, 1024);
	alert_engine_feed(engine, &end);
	cr_expect_str_eq(told, "");
	feed(4 * S, "file", "a", NULL);
	feed(5 * S, "network", "a", "deny");
	feed(6 * S, "gap", NULL, NULL);
	record_set_text(&reload, RECORD_KIND, "reload");
	record_set_text(&reload, RECORD_ERROR, "not signed");
	alert_engine_feed(engine, &reload);
	record_set_number(&end, RECORD_WALL, 7 * S);
	record_set_number(&end, RECORD_SIGNAL, 31);
	record_set_number(&end, RECORD_DURATION, 5 * S + 1);
	record_set_number(&end, RECORD_PEAK, 1025);
	alert_engine_feed(engine, &end);
	cr_expect_str_eq(told, "e::4:0 e::5:0 g::6:0 r::0:0 e::0:0 t::0:0 m::0:0 ");
}

Test(alert_engine, a_log_that_was_cut_off_is_a_gap)
{
	use("to h syslog\nalert g gaps to h\nalert e escapes to h\n");
	alert_engine_lost(engine, 1 * S, 42);
	cr_expect_str_eq(told, "g::42:0 ");
}
