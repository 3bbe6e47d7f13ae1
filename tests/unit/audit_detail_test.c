/*
 * Texts of a record that are no arguments: nothing of a secret is left in them, and JSON stays
 * JSON.
 */
#include <criterion/criterion.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/audit.h"

static void setup(void)
{
	(void)audit_setup();
}

TestSuite(audit_detail, .init = setup, .fini = audit_teardown, .timeout = 60);

static void record(const struct writ_event *event)
{
	struct writ_audit *audit = audit_open(NULL);
	struct writ_sink sink = writ_audit_sink(audit);

	cr_assert_eq(sink.record(sink.context, event), 0);
	writ_audit_close(audit);
}

static const char *recorded(const char *column)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT %s FROM records WHERE kind = 'file' ORDER BY seq DESC LIMIT 1",
		       column);
	return audit_text(sql);
}

static const char *detail_of(const char *text)
{
	record(&(struct writ_event){.kind = WRIT_EVENT_FILE, .rule = WRIT_NO_ID, .detail = text});
	return recorded("detail");
}

static json_t *object_of(const char *text)
{
	json_error_t error;
	json_t *object = json_loads(detail_of(text), JSON_REJECT_DUPLICATES, &error);

	cr_assert_not_null(object, "%s: %s", text, error.text);
	return object;
}

Test(audit_detail, json_is_masked_by_what_it_says)
{
	static const char *const texts[] = {
		"{\"m\": \"password=hunter2\"}",
		"{\"m\": \"password\\u003dhunter2\"}",
		"{\"m\": \"say \\\"password=hunter2\\\"\"}",
		"{\"\\u0070assword\": \"hunter2\"}",
		"{\"a\": {\"b\": [\"x\", \"token\\u003dhunter2\"]}}",
		"{\"token\": [\"hunter2\"], \"n\": 1.5}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *object = object_of(texts[i]);
		char *text = json_dumps(object, 0);

		cr_expect_null(strstr(text, "hunter2"), "%s", text);
		cr_expect_not_null(strstr(text, "[masked:"), "%s", text);
		free(text);
		json_decref(object);
	}
	cr_expect_str_empty(audit_verify());
}

Test(audit_detail, json_without_secrets_says_what_it_said)
{
	json_t *object = object_of("{\"lost\": 7, \"why\": \"a \\\"quote\\\"\\n\", \"ok\": true}");

	cr_expect_eq(json_integer_value(json_object_get(object, "lost")), 7);
	cr_expect(json_is_true(json_object_get(object, "ok")));
	json_decref(object);
}

Test(audit_detail, what_is_no_json_hides_nothing_in_escapes)
{
	cr_expect_str_eq(detail_of("{\"m\": \"password\\u003dhunter2\""), "[masked]");
	cr_expect_str_eq(detail_of("{\"a.b\": \"password\\u003dhunter2\"}"), "[masked]");
	cr_expect_str_eq(detail_of("{a name}"), "{a name}");
	cr_expect_str_empty(detail_of(""));
}

Test(audit_detail, names_are_masked_too)
{
	record(&(struct writ_event){.kind = WRIT_EVENT_FILE,
				    .rule = WRIT_NO_ID,
				    .user = "password=hunter2",
				    .tool = "run --token=hunter2",
				    .role = "AKIAIOSFODNN7EXAMPLE",
				    .error = "no such user: password=hunter2"});
	cr_expect_null(strstr(recorded("user || role || tool || error"), "hunter2"));
	cr_expect_null(strstr(recorded("user || role || tool || error"), "AKIA"));
	cr_expect_eq(audit_number("SELECT count(*) FROM records WHERE user LIKE '%masked:%' AND "
				  "tool LIKE '%masked:%'"),
		     1);
}

/* However long it is, and whatever it looks like: what no shape knows is left out whole. */
Test(audit_detail, no_part_of_a_word_is_left_where_it_is_cut)
{
	static const size_t lengths[] = {40, 255, 256, 257, 1000, 2047, 2048, 5000};
	static char value[8192];
	const struct writ_arg arg = {.name = "a", .text = value, .text_len = sizeof(value) - 1};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t from = 2048 - (lengths[i] < 2042 ? lengths[i] - 10 : 2042);

		memset(value, ' ', sizeof(value));
		memcpy(value, "begin", strlen("begin"));
		memset(value + from, 'q', lengths[i]);
		value[sizeof(value) - 1] = '\0';
		record(&(struct writ_event){.kind = WRIT_EVENT_FILE,
					    .rule = WRIT_NO_ID,
					    .detail = value,
					    .args = &arg,
					    .n_args = 1});
		cr_expect_null(strchr(recorded("args"), 'q'), "%zu", lengths[i]);
		cr_expect_not_null(strstr(recorded("args"), "begin"), "%zu", lengths[i]);
		cr_expect_not_null(strstr(recorded("args"), "[8191 bytes, "), "%zu", lengths[i]);
		cr_expect_null(strchr(recorded("detail"), 'q'), "%zu", lengths[i]);
	}
}

static void record_long(const char *word, char args[8192])
{
	static char value[3000];
	const struct writ_arg arg = {.name = "a", .text = value, .text_len = sizeof(value)};

	memset(value, ' ', sizeof(value));
	memcpy(value, word, strlen(word));
	record(&(struct writ_event){
		.kind = WRIT_EVENT_FILE, .rule = WRIT_NO_ID, .args = &arg, .n_args = 1});
	(void)snprintf(args, 8192, "%s", strstr(recorded("args"), "[3000 bytes, "));
}

/* What was cut off can be told equal by who has two records, and guessed by nobody. */
Test(audit_detail, what_is_cut_leaves_a_hash_of_this_logs_key)
{
	char first[8192], second[8192];

	record_long("a", first);
	record_long("a", second);
	cr_expect_str_eq(first, second);
	record_long("b", second);
	cr_expect_str_neq(first, second);
	audit_teardown();
	(void)audit_setup();
	record_long("a", second);
	cr_expect_str_neq(first, second);
}

/* Half of a token looks like none, so a text is cut between words. */
Test(audit_detail, no_half_of_a_secret_is_left_where_it_is_cut)
{
	char text[3000];

	memset(text, ' ', sizeof(text));
	memcpy(text, "begin", strlen("begin"));
	memcpy(text + 2048 - 12, "AKIAIOSFODNN7EXAMPLE", strlen("AKIAIOSFODNN7EXAMPLE"));
	text[sizeof(text) - 1] = '\0';
	cr_expect_null(strstr(detail_of(text), "AKIA"));
	cr_expect_not_null(strstr(recorded("detail"), "begin"));
	cr_expect_not_null(strstr(recorded("detail"), "[2999 bytes]"));
}
