/*
 * Asking the log: filters let through what they say and nothing else, whatever stands in them; and
 * every format holds whatever stands in a record.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "runtime/audit/db.h"
#include "runtime/audit/query.h"
#include "runtime/audit/schema.h"
#include "runtime/audit/stats.h"
#include "support/log_maker.h"
#include "support/shell.h"

static char root[] = "/tmp/writ-query-XXXXXX";
static char db_file[64];

#define AUDIT "$(dirname $R)/writ-audit audit "

static void setup(void)
{
	cr_assert_not_null(mkdtemp(root));
	snprintf(db_file, sizeof(db_file), "%s/a.db", root);
}

static void teardown(void)
{
	shell("rm -rf %s", root);
}

TestSuite(audit_query, .init = setup, .fini = teardown, .timeout = 60);

/* Nine decisions: their seqs are what the tests below expect. */
static void make_decisions(void)
{
	struct log_maker *maker = log_maker_open(db_file);

	log_maker_decision(maker, "bob", "git_push", "deny");     /* 1 */
	log_maker_decision(maker, "bob", "git_log", "allow");     /* 2 */
	log_maker_decision(maker, "alice", "git_log", "allow");   /* 3 */
	log_maker_decision(maker, "alice", "read_file", "ask");   /* 4 */
	log_maker_decision(maker, "bob' OR '1'='1", "x", "deny"); /* 5 */
	log_maker_decision(maker, "a[b]c?d", "x", "deny");        /* 6 */
	log_maker_decision(maker, "abc_d", "x", "deny");          /* 7 */
	log_maker_decision(maker, NULL, "gitlog", "allow");       /* 8 */
	log_maker_decision(maker, "carol", "GIT_LOG", "deny");    /* 9 */
	log_maker_close(maker);
}

static int add_seq(void *context, const struct record *record)
{
	char *list = context;

	sprintf(list + strlen(list), "%d ", (int)record->values[RECORD_SEQ].number);
	return 0;
}

static void expect_seqs(const struct record_filter *filter, const struct query_order *order,
			const char *want)
{
	char list[256] = "";
	struct writ_error error;
	sqlite3 *db;

	cr_assert_eq(db_open(db_file, &audit_schema, DB_READ, &db, &error), 0, "%s", error.text);
	cr_assert_eq(query_each(db, filter, order, add_seq, list, &error), 0);
	cr_expect_str_eq(list, want, "got %s, want %s", list, want);
	db_close(db);
}

Test(audit_query, filters_let_through_what_they_say)
{
	static const struct {
		struct record_filter filter;
		const char *want;
	} rows[] = {
#define ANY                                                                                        \
	.since_us = INT64_MIN, .until_us = INT64_MAX, .first_seq = FILTER_ANY,                     \
	.last_seq = FILTER_ANY
		{{ANY}, "1 2 3 4 5 6 7 8 9 "},
		{{ANY, .user = "bob"}, "1 2 "},
		{{ANY, .user = "bob' OR '1'='1"}, "5 "},
		{{ANY, .user = "x'; DROP TABLE records; --"}, ""},
		{{ANY, .user = "b*"}, "1 2 5 "},
		{{ANY, .user = "*"}, "1 2 3 4 5 6 7 9 "},
		{{ANY, .user = "a[b]c?*"}, "6 "},
		{{ANY, .user = "a[b]c?d"}, "6 "},
		{{ANY, .user = "a?c*"}, ""},
		{{ANY, .tool = "git_*"}, "1 2 3 "},
		{{ANY, .tool = "git*log"}, "2 3 8 "},
		{{ANY, .tool = "git_log", .user = "alice"}, "3 "},
		{{ANY, .verdict = "ask"}, "4 "},
		{{ANY, .verdict = "allow"}, "2 3 8 "},
		{{ANY, .verdict = "deny"}, "1 5 6 7 9 "},
		{{ANY, .verdict = "*"}, ""},
		{{ANY, .kind = "decision", .reason = "no_rule"}, "1 5 6 7 9 "},
		{{.since_us = LOG_MAKER_START_US + 3000000,
		  .until_us = LOG_MAKER_START_US + 5000000,
		  .first_seq = FILTER_ANY,
		  .last_seq = FILTER_ANY},
		 "3 4 "},
		{{.since_us = INT64_MIN, .until_us = INT64_MAX, .first_seq = 8, .last_seq = 20},
		 "8 9 "},
	};
	static const struct query_order all = {.limit = FILTER_ANY};

	make_decisions();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_seqs(&rows[i].filter, &all, rows[i].want);
}

/* How SQLite answers a query with this filter, as EXPLAIN QUERY PLAN has it. */
static const char *plan_of(const struct record_filter *filter)
{
	static const char *const parts[2] = {"EXPLAIN QUERY PLAN SELECT seq FROM records", ""};
	static char plan[256];
	sqlite3_stmt *query = NULL;
	struct writ_error error;
	sqlite3 *db;
	int n_bound;

	cr_assert_eq(db_open(db_file, &audit_schema, DB_READ, &db, &error), 0, "%s", error.text);
	cr_assert_eq(query_prepare(db, parts, filter, &query, &n_bound), SQLITE_OK);
	cr_assert_eq(sqlite3_step(query), SQLITE_ROW);
	snprintf(plan, sizeof(plan), "%s", (const char *)sqlite3_column_text(query, 3));
	sqlite3_finalize(query);
	db_close(db);
	return plan;
}

Test(audit_query, indexes_answer_what_is_asked_most)
{
	static const struct {
		struct record_filter filter;
		const char *index;
	} rows[] = {
		{{ANY, .user = "bob"}, "records_by_user"},
		{{ANY, .tool = "git_log"}, "records_by_tool"},
		{{ANY, .verdict = "deny"}, "records_not_allowed"},
		{{ANY, .verdict = "ask"}, "records_not_allowed"},
		{{.since_us = LOG_MAKER_START_US,
		  .until_us = INT64_MAX,
		  .first_seq = FILTER_ANY,
		  .last_seq = FILTER_ANY},
		 "records_by_time"},
		{{ANY, .verdict = "allow"}, "SCAN records"},
	};

	make_decisions();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *plan = plan_of(&rows[i].filter);

		cr_expect_neq(strstr(plan, rows[i].index), NULL, "%zu: %s", i, plan);
	}
}

Test(audit_query, limit_counts_from_the_end_that_is_first)
{
	static const struct record_filter filter = {ANY, .tool = "git_*"};

	make_decisions();
	expect_seqs(&filter, &(struct query_order){.limit = 2}, "1 2 ");
	expect_seqs(&filter, &(struct query_order){.limit = 2, .newest_first = true}, "3 2 ");
	expect_seqs(&filter, &(struct query_order){.limit = 0}, "");
}

/* ---- formats ---- */

/* What could end a line, a field, a string or an escape sequence of each format. */
static const char nasty[] =
	"=a|b\\c=d\"e,f'g\r\n\x1b]52;c;AAAA\x07<h>\xe2\x80\xae\xff\n{\"seq\":1}";

static void make_nasty(void)
{
	struct log_maker *maker = log_maker_open(db_file);
	struct record record = {.values = {{.type = RECORD_NULL}}};

	record_set_text(&record, RECORD_USER, nasty);
	record_set_bytes(&record, RECORD_TOOL, "nul\0byte", 8);
	record_set_text(&record, RECORD_VERDICT, "deny");
	record_set_text(&record, RECORD_REASON, "bad_tool_name");
	record_set_text(&record, RECORD_ARGS, "{\"a\":\"b\\nc\"}");
	record_set_text(&record, RECORD_DETAIL, "{\"not\":json");
	log_maker_add(maker, "decision", &record);
	log_maker_close(maker);
}

/* Printed on one line but for the lines that a format itself has; no control byte in it. */
static void expect_safe(const char *what, int lines)
{
	int n = 0;

	for (const char *p = shell_output; *p; p++) {
		n += *p == '\n';
		cr_expect((unsigned char)*p >= ' ' || *p == '\n' || (*p == '\r' && p[1] == '\n'),
			  "%s: byte %d is printed", what, *p);
		cr_expect_neq((unsigned char)*p, 0x7f);
	}
	cr_expect_eq(n, lines, "%s: %d lines: %s", what, n, shell_output);
	cr_expect_null(strstr(shell_output, "\xe2\x80\xae"), "%s: reorders", what);
}

Test(audit_query, no_format_lets_a_record_drive_a_terminal_or_look_like_two)
{
	static const struct {
		const char *command;
		int lines;
	} rows[] = {
		{"query", 1},
		{"query --format csv", 2},
		{"query --format json", 3},
		{"tail", 1},
		{"export", 1},
		{"export --format cef", 1},
		{"stats", 16},
		{"export --format ocsf", 1},
		{"stats --format json", 1},
	};

	make_nasty();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(shell(AUDIT "%s %s", rows[i].command, db_file), 0);
		expect_safe(rows[i].command, rows[i].lines);
	}
}

Test(audit_query, text_quotes_what_is_no_plain_word)
{
	make_nasty();
	cr_expect_eq(shell(AUDIT "query %s", db_file), 0);
	cr_expect_str_eq(shell_output,
			 "2026-11-22T13:33:19.123456Z      1  deny       "
			 "user=\"=a|b\\\\c=d\\\"e,f'g<U+000D><U+000A><U+001B>]52;c;AAAA<U+0007><h>"
			 "<U+202E><0xFF><U+000A>{\\\"seq\\\":1}\" tool=nul\xe2\x90\x80"
			 "byte reason=bad_tool_name detail=\"{\\\"not\\\":json\" "
			 "args={\"a\":\"b\\nc\"}\n");
}

Test(audit_query, csv_quotes_fields_and_is_no_formula)
{
	make_nasty();
	cr_expect_eq(shell(AUDIT "query --format csv %s", db_file), 0);
	shell_expect_output(",\"'=a|b\\c=d\"\"e,f'g<U+000D><U+000A><U+001B>]52;c;AAAA<U+0007><h>"
			    "<U+202E><0xFF><U+000A>{\"\"seq\"\":1}\",");
	shell_expect_output(",\"{\"\"a\"\":\"\"b\\nc\"\"}\",deny,");
	cr_expect_eq(shell(AUDIT "query --format csv %s > %s/csv && python3 -c 'import csv,sys; "
				 "r=list(csv.reader(open(sys.argv[1], newline=\"\"))); "
				 "print(len(r), len(r[0]), len(r[1]))' %s/csv",
			   db_file, root, root),
		     0);
	shell_expect_output("2 25 25");
}

Test(audit_query, no_text_of_csv_begins_as_a_formula_does)
{
	static const char *const users[] = {"@x", "+x", "-x", "=x"};
	struct log_maker *maker = log_maker_open(db_file);
	char cell[8];

	for (size_t i = 0; i < 4; i++)
		log_maker_decision(maker, users[i], "t", "deny");
	log_maker_close(maker);
	cr_expect_eq(shell(AUDIT "query --format csv %s", db_file), 0);
	for (size_t i = 0; i < 4; i++) {
		snprintf(cell, sizeof(cell), ",'%s,", users[i]);
		shell_expect_output(cell);
	}
}

Test(audit_query, cef_escapes_as_its_format_says)
{
	make_nasty();
	cr_expect_eq(shell(AUDIT "export --format cef %s", db_file), 0);
	shell_expect_output("CEF:0|Writ|writ|");
	shell_expect_output("|decision|decision deny|5|rt=1795354399123 externalId=1 ");
	shell_expect_output(" suser=\\=a|b\\\\c\\=d\"e,f'g\\r\\n<U+001B>]52;c;AAAA<U+0007><h>"
			    "<U+202E><0xFF>\\n{\"seq\":1} ");
	shell_expect_output(" cs2={\"a\":\"b\\\\nc\"} cs2Label=args");
}

/* Rather than looking for what a pattern that was cut would match. */
Test(audit_query, what_a_filter_can_not_hold_is_refused)
{
	static const struct query_order order = {.limit = FILTER_ANY};
	char name[1200];
	const struct record_filter filter = {ANY, .user = name};
	char list[256] = "";
	struct writ_error error;
	sqlite3 *db;

	make_decisions();
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_assert_eq(db_open(db_file, &audit_schema, DB_READ, &db, &error), 0, "%s", error.text);
	cr_expect_eq(query_each(db, &filter, &order, add_seq, list, &error), 0);
	memcpy(name, "*b", 2);
	cr_expect_neq(query_each(db, &filter, &order, add_seq, list, &error), 0);
	db_close(db);
}

Test(audit_query, what_is_no_record_is_told)
{
	make_decisions();
	cr_expect_eq(shell("python3 -c 'import sqlite3; c = sqlite3.connect(\"%s\"); c.execute("
			   "\"UPDATE records SET hash = zeroblob(1) WHERE seq = 4\"); c.commit()'",
			   db_file),
		     0, "%s", shell_output);
	cr_expect_eq(shell(AUDIT "query %s", db_file), 3);
	shell_expect_output("record 4 is not as Writ writes it");
}

static json_t *parse_output(void)
{
	json_error_t error;
	json_t *json = json_loads(shell_output, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	cr_assert_not_null(json, "%s: %s", error.text, shell_output);
	return json;
}

static const char *text_at(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "(none)";
}

Test(audit_query, json_has_arguments_as_an_object_and_the_rest_as_it_is)
{
	json_t *json, *record;

	make_nasty();
	cr_expect_eq(shell(AUDIT "query --format json %s", db_file), 0);
	json = parse_output();
	cr_assert_eq(json_array_size(json), 1);
	record = json_array_get(json, 0);
	cr_expect_str_eq(text_at(record, "time"), "2026-11-22T13:33:19.123456Z");
	cr_expect_eq(json_integer_value(json_object_get(record, "seq")), 1);
	cr_expect_str_eq(text_at(json_object_get(record, "args"), "a"), "b\nc");
	cr_expect_str_eq(text_at(record, "detail"), "{\"not\":json");
	cr_expect_str_eq(text_at(record, "user"),
			 "=a|b\\c=d\"e,f'g\r\n\x1b]52;c;AAAA\x07<h>\xe2\x80\xae\xef\xbf\xbd"
			 "\n{\"seq\":1}");
	cr_expect(json_is_null(json_object_get(record, "rule")));
	json_decref(json);
}

Test(audit_query, json_of_nothing_is_an_empty_array)
{
	make_decisions();
	cr_expect_eq(shell(AUDIT "query --format json --user nobody %s", db_file), 0);
	cr_expect_str_eq(shell_output, "[]\n");
}

/* ---- adding up ---- */

static void add_end(struct log_maker *maker, int64_t duration_us, int64_t signal)
{
	struct record record = {.values = {{.type = RECORD_NULL}}};

	record_set_number(&record, RECORD_DURATION, duration_us);
	record_set_number(&record, RECORD_SIGNAL, signal);
	log_maker_add(maker, "end", &record);
}

Test(audit_query, stats_count_each_once)
{
	static const struct record_filter filter = {ANY};
	struct stats *stats = malloc(sizeof(*stats));
	struct log_maker *maker;
	struct writ_error error;
	sqlite3 *db;

	make_decisions();
	maker = log_maker_open(db_file);
	for (int i = 1; i <= 200; i++)
		add_end(maker, i, i == 7 ? 31 : 0);
	log_maker_close(maker);
	cr_assert_eq(db_open(db_file, &audit_schema, DB_READ, &db, &error), 0, "%s", error.text);
	cr_assert_eq(stats_read(db, &filter, 2, stats, &error), 0);
	cr_expect_eq(stats->records, 209);
	cr_expect_eq(stats->decisions, 9);
	cr_expect_eq(stats->denials, 5);
	cr_expect_eq(stats->escapes, 1);
	cr_expect_eq(stats->p50, 100);
	cr_expect_eq(stats->p90, 180);
	cr_expect_eq(stats->p99, 198);
	cr_expect_eq(stats->max, 200);
	cr_expect_eq(stats->groups[STATS_USER].n_rows, 2);
	cr_expect_str_eq(stats->groups[STATS_USER].rows[0].name, "alice");
	cr_expect_eq(stats->groups[STATS_USER].rows[1].denied, 1);
	db_close(db);
	free(stats);
}

/* ---- command lines ---- */

Test(audit_query, every_bad_option_is_named)
{
	static const struct {
		const char *command;
		int status;
		const char *message;
	} rows[] = {
		{"", 2, "usage: writ audit VERB"},
		{"frob x.db", 2, "audit: there is no verb 'frob'"},
		{"query", 2, "audit query: it takes DB"},
		{"query x.db y.db", 2, "audit query: unexpected argument 'y.db'"},
		{"query --frob x.db", 2, "audit query: unknown option '--frob'"},
		{"query --user", 2, "--user takes a name"},
		{"query --user a --user b x.db", 2, "--user is given twice"},
		{"query --verdict maybe x.db", 2, "--verdict: there is no 'maybe'"},
		{"query --reason because x.db", 2, "--reason: there is no 'because'"},
		{"query --kind 'gap close' x.db", 2, "--kind: there is no 'gap close'"},
		{"query --seq 5-3 x.db", 2, "--seq takes a record's number"},
		{"query --seq -3 x.db", 2, "--seq takes a record's number"},
		{"query --limit 1x x.db", 2, "--limit takes a number of records, not '1x'"},
		{"query --limit 99999999999999999999 x.db", 2, "--limit takes"},
		{"query --reverse=1 x.db", 2, "--reverse takes no value"},
		{"query --since yesterday x.db", 2, "--since takes a time"},
		{"query --since 1h --until 2h x.db", 2, "--since is after --until"},
		{"query --format cef x.db", 2, "--format takes text, json, csv, jsonl, not 'cef'"},
		{"export --format csv x.db", 2, "--format takes jsonl, cef, ocsf, not 'csv'"},
		{"stats --format csv x.db", 2, "--format takes text, json, not 'csv'"},
		{"query /nonexistent/x.db", 3, "/nonexistent/x.db: "},
		{"query /etc/passwd", 3, "/etc/passwd: "},
		{"query /tmp", 3, "/tmp: it is not a regular file"},
		{"tail -n x x.db", 2, "--lines takes a number of records, not 'x'"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(shell(AUDIT "%s", rows[i].command), rows[i].status, "%s: %s",
			     rows[i].command, shell_output);
		shell_expect_output(rows[i].message);
	}
}

Test(audit_query, numbers_may_be_open_at_the_end)
{
	make_decisions();
	cr_expect_eq(shell(AUDIT "query --seq 8- --format jsonl %s | grep -o '"
				 "\"seq\":[0-9]*'",
			   db_file),
		     0);
	cr_expect_str_eq(shell_output, "\"seq\":8\n\"seq\":9\n");
}

Test(audit_query, output_that_fails_is_told)
{
	make_decisions();
	cr_expect_eq(shell(AUDIT "query %s > /dev/full", db_file), 125);
	shell_expect_output("writ: the output can't be written: No space left on device");
	/* Nor is help that nobody got: a short one waits for the end, a long one went before. */
	cr_expect_eq(shell(AUDIT "--help > /dev/full"), 125);
	shell_expect_output("writ: standard output can't be written");
	cr_expect_eq(shell("$R approve --help > /dev/full"), 125);
	cr_expect_eq(shell("$R users --help > /dev/full"), 125);
	cr_expect_eq(shell("$R help run > /dev/full"), 125);
	cr_expect_eq(shell("$R help run > /dev/null"), 0);
}

Test(audit_query, a_log_that_is_not_there_is_named_once)
{
	cr_expect_eq(shell(AUDIT "metrics %s/none", root), 3);
	cr_expect(strncmp(shell_output, "writ: ", 6) == 0);
	cr_expect_null(strstr(strstr(shell_output, "/none: ") + 1, "/none: "), "%s", shell_output);
}

Test(audit_query, tail_shows_the_last_and_then_what_comes)
{
	struct log_maker *maker;

	make_decisions();
	cr_expect_eq(shell(AUDIT "tail -n 2 --tool 'git_*' %s | cut -d' ' -f7", db_file), 0);
	cr_expect_str_eq(shell_output, "2\n3\n");
	cr_expect_eq(shell(AUDIT "tail -n 0 -f --format jsonl %s > %s/out 2>&1 & echo $! > %s/pid",
			   db_file, root, root),
		     0);
	for (int i = 0; i < 100 && shell("grep -q . %s/out", root); i++) {
		maker = log_maker_open(db_file);
		log_maker_decision(maker, "dave", "x", "allow");
		log_maker_close(maker);
		usleep(100000);
	}
	shell("kill $(cat %s/pid); grep -c dave %s/out; grep -vc dave %s/out", root, root, root);
	cr_expect_neq(shell_output[0], '0', "nothing came");
	cr_expect_not_null(strstr(shell_output, "\n0\n"), "others came: %s", shell_output);
}
