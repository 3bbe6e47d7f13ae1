/*
 * What an export's readers demand: each kind of record, with whatever its texts hold, by the rules
 * of the format, which tests/support/export_check.py knows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/log_maker.h"
#include "support/shell.h"

#define AUDIT "$(dirname $R)/writ-audit audit "
#define CHECK "python3 tests/support/export_check.py "

static char root[] = "/tmp/writ-export-XXXXXX";
static char log_file[64];

static void setup(void)
{
	cr_assert_not_null(mkdtemp(root));
	snprintf(log_file, sizeof(log_file), "%s/a.db", root);
}

static void teardown(void)
{
	shell("rm -rf %s", root);
}

TestSuite(audit_export, .init = setup, .fini = teardown, .timeout = 60);

static const char *const kinds[] = {"decision", "launch",     "end",  "network",
				    "file",     "approval",   "open", "reload",
				    "session",  "checkpoint", "gap",  "close"};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What ends a field, a line, a string, an escape or a character, in one of the formats. */
static const char *const texts[] = {
	"plain",
	"",
	"a|b\\c=d\"e,f'g\r\nsuser=root act=allow\t\x1b[2K\x7f",
	"\\",
	"=",
	"|",
	"x \\= y\\\\",
	"{\"class_uid\":1,\"class_uid\":2}",
	"\xe2\x80\xae\xff\xc0\xaf\xed\xa0\x80\xf0\x9f\x98\x80",
};
#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

static void set_texts(struct record *record, const char *text)
{
	static const enum record_column columns[] = {
		RECORD_USER,   RECORD_ROLE,   RECORD_TOOL,    RECORD_ARGS,
		RECORD_RULE,   RECORD_POLICY, RECORD_SESSION, RECORD_SANDBOX,
		RECORD_DETAIL, RECORD_ERROR,  RECORD_REASON,  RECORD_POLICY_HASH,
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		record_set_text(record, columns[i], text);
}

static void set_numbers(struct record *record, int64_t number)
{
	static const enum record_column columns[] = {RECORD_POLICY_VERSION, RECORD_GENERATION,
						     RECORD_STATUS,         RECORD_SIGNAL,
						     RECORD_DURATION,       RECORD_PEAK,
						     RECORD_BYTES};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		record_set_number(record, columns[i], number);
}

/* Each kind with nothing, and with each text, verdict and number. How many records. */
static size_t make_log(void)
{
	static const char *const verdicts[] = {"allow", "deny", "ask"};
	static const int64_t numbers[] = {0, -1, INT64_MAX, INT64_MIN};
	struct log_maker *maker = log_maker_open(log_file);

	for (size_t i = 0; i < N_KINDS; i++) {
		log_maker_add(maker, kinds[i], NULL);
		for (size_t k = 0; k < N_TEXTS; k++) {
			struct record record = {.values = {{.type = RECORD_NULL}}};

			set_texts(&record, texts[k]);
			record_set_text(&record, RECORD_VERDICT,
					k % 4 < 3 ? verdicts[k % 4] : texts[k]);
			set_numbers(&record, numbers[k % 4]);
			log_maker_add(maker, kinds[i], &record);
		}
	}
	log_maker_add(maker, texts[2], NULL); /* as who writes to the database may call it */
	log_maker_close(maker);
	return N_KINDS * (1 + N_TEXTS) + 1;
}

static void expect_good(const char *format)
{
	char events[32];
	size_t n = make_log();

	(void)snprintf(events, sizeof(events), "%zu events\n", n);
	cr_expect_eq(shell(AUDIT "export --format %s %s | " CHECK "%s", format, log_file, format),
		     0, "%s", shell_output);
	shell_expect_output(events);
}

Test(audit_export, ocsf_is_by_its_rules)
{
	expect_good("ocsf");
}

Test(audit_export, cef_is_by_its_rules)
{
	expect_good("cef");
}

/* The checker finds what it is to find: else it would say nothing of the above. */
Test(audit_export, rules_that_are_broken_are_told)
{
	static const struct {
		const char *format;
		const char *edit;
		const char *said;
	} rows[] = {
		{"ocsf", "s/\"type_uid\":600399/\"type_uid\":600398/", "is not 6003 * 100 + 99"},
		{"ocsf", "s/\"time\":\\([0-9]*\\),/\"time\":\\1000,/", "is not in milliseconds"},
		{"ocsf", "s/\"severity_id\":[0-9]*/\"severity_id\":9/",
		 "severity_id has no value 9"},
		{"ocsf", "s/\"category_uid\":6/\"category_uid\":1/", "is not that of class"},
		{"ocsf", "s/\"src_endpoint\"/\"source\"/", "no src_endpoint"},
		{"ocsf", "s/\"device\"/\"host\"/", "no device"},
		{"ocsf", "s/\"operation\"/\"call\"/", "api has no operation"},
		{"ocsf", "s/\"vendor_name\"/\"maker\"/", "has no vendor_name"},
		{"ocsf", "s/,\"profiles\":\\[[^]]*\\]//", "metadata.profiles does not name"},
		{"ocsf", "s/\"Launch\"/\"launch\"/", "activity 1 is not called launch"},
		{"ocsf", "s/}$//", "line 1: "},
		{"ocsf", "s/\"class_uid\":6003/\"class_uid\":6003,\"class_uid\":6003/",
		 "a member twice"},
		{"cef", "s/^CEF:0/CEF:1/", "no header of version 0"},
		{"cef", "s/|rt=/rt=/", "no header of version 0"},
		{"cef", "s/\\\\=/=/", "has an = or a backslash"},
		{"cef", "s/\\\\\\\\/\\\\/", "backslash"},
		{"cef", "s/cs1Label/cs9Label/", "cs1 has no label"},
		{"cef", "s/ suser=/ user=/", "user is not in the dictionary"},
		{"cef", "s/rt=\\([0-9]*\\)/rt=\\1000/", "rt is not in milliseconds"},
		{"cef", "s/|\\([0-9]*\\)|rt/|1\\1|rt/", "severity 1"},
	};

	(void)make_log();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(shell(AUDIT "export --format %s %s | sed '%s' | " CHECK "%s",
				   rows[i].format, log_file, rows[i].edit, rows[i].format),
			     1, "%s", rows[i].edit);
		cr_expect_not_null(strstr(shell_output, rows[i].said), "%s: no '%s' in %.500s",
				   rows[i].edit, rows[i].said, shell_output);
	}
}
