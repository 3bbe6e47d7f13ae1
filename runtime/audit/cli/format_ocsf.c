/*
 * OCSF, the Open Cybersecurity Schema Framework, version 1.3.0, one JSON object a line. A decision
 * is API Activity (6003) with the profile security_control, a launch and its end Process Activity
 * (1007), and what concerns the log or the policy Application Lifecycle (6002). Every event has
 * what the base event requires; beside, each class what itself requires: actor, api and
 * src_endpoint; actor, device and process; app. What OCSF has no name for is in "unmapped".
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/audit/cli/format.h"
#include "runtime/audit/record_meaning.h"
#include "runtime/cli/cli.h"

#define OCSF_VERSION "1.3.0"

enum { APPLICATION_LIFECYCLE = 6002, API_ACTIVITY = 6003, PROCESS_ACTIVITY = 1007 };
enum { ACTIVITY_LAUNCH = 1, ACTIVITY_TERMINATE = 2, ACTIVITY_START = 3, ACTIVITY_STOP = 4 };
enum { ACTIVITY_OTHER = 99, CLASSES_PER_CATEGORY = 1000, ACTIVITIES_PER_CLASS = 100 };

static const struct kind {
	const char *name;
	const char *class_name;
	const char *category_name;
	int class_uid;
	int activity;
	const char *activity_name; /* NULL: what OCSF has no name for is called by its kind */
} kinds[] = {
	{"decision", "API Activity", "Application Activity", API_ACTIVITY, ACTIVITY_OTHER, NULL},
	{"approval", "API Activity", "Application Activity", API_ACTIVITY, ACTIVITY_OTHER, NULL},
	{"file", "API Activity", "Application Activity", API_ACTIVITY, ACTIVITY_OTHER, NULL},
	{"network", "API Activity", "Application Activity", API_ACTIVITY, ACTIVITY_OTHER, NULL},
	{"launch", "Process Activity", "System Activity", PROCESS_ACTIVITY, ACTIVITY_LAUNCH,
	 "Launch"},
	{"end", "Process Activity", "System Activity", PROCESS_ACTIVITY, ACTIVITY_TERMINATE,
	 "Terminate"},
	{"open", "Application Lifecycle", "Application Activity", APPLICATION_LIFECYCLE,
	 ACTIVITY_START, "Start"},
	{"close", "Application Lifecycle", "Application Activity", APPLICATION_LIFECYCLE,
	 ACTIVITY_STOP, "Stop"},
};
static const struct kind other_kind = {"other",
				       "Application Lifecycle",
				       "Application Activity",
				       APPLICATION_LIFECYCLE,
				       ACTIVITY_OTHER,
				       NULL};

static const struct kind *kind_of(const struct record *record)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (record_says(record, RECORD_KIND, kinds[i].name))
			return &kinds[i];
	}
	return &other_kind;
}

static void member(FILE *out, const char *key, const struct record_value *cell)
{
	if (cell->type == RECORD_NULL)
		return;
	(void)fprintf(out, ",\"%s\":", key);
	if (cell->type == RECORD_INTEGER)
		(void)fprintf(out, "%" PRId64, cell->number);
	else
		format_json_cell(out, cell, false);
}

static void print_host(FILE *out, const char *before)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) || !*name)
		(void)snprintf(name, sizeof(name), "unknown");
	(void)fputs(before, out);
	cli_json_string(out, name);
	(void)putc('}', out);
}

static const char *action_of(const struct record *record)
{
	if (record_says(record, RECORD_VERDICT, "allow"))
		return "\"action_id\":1,\"action\":\"Allowed\",\"disposition_id\":1,"
		       "\"disposition\":\"Allowed\",\"status_id\":1,\"status\":\"Success\"";
	if (record_says(record, RECORD_VERDICT, "deny"))
		return "\"action_id\":2,\"action\":\"Denied\",\"disposition_id\":2,"
		       "\"disposition\":\"Blocked\",\"status_id\":2,\"status\":\"Failure\"";
	return "\"action_id\":0,\"action\":\"Unknown\",\"disposition_id\":99,"
	       "\"disposition\":\"Other\",\"status_id\":99,\"status\":\"Other\"";
}

/* A text in OCSF. */
static void print_version(FILE *out, const struct record_value *version)
{
	if (version->type == RECORD_INTEGER)
		(void)fprintf(out, ",\"version\":\"%" PRId64 "\"", version->number);
}

/* Who it was: the user, and what the policy made of the call. */
static void print_actor(FILE *out, const struct record *record)
{
	const struct record_value *values = record->values;

	(void)fputs(",\"actor\":{\"app_name\":\"writ\"", out);
	if (values[RECORD_USER].text) {
		(void)fputs(",\"user\":{\"type_id\":1", out);
		member(out, "name", &values[RECORD_USER]);
		(void)putc('}', out);
	}
	if (values[RECORD_SESSION].text) {
		(void)fputs(",\"session\":{\"is_remote\":false", out);
		member(out, "uid", &values[RECORD_SESSION]);
		(void)putc('}', out);
	}
	if (values[RECORD_VERDICT].text) {
		(void)fputs(",\"authorizations\":[{\"decision\":", out);
		format_json_cell(out, &values[RECORD_VERDICT], false);
		(void)fputs(",\"policy\":{\"is_applied\":true", out);
		member(out, "name", &values[RECORD_POLICY]);
		print_version(out, &values[RECORD_POLICY_VERSION]);
		member(out, "uid", &values[RECORD_POLICY_HASH]);
		member(out, "desc", &values[RECORD_RULE]);
		(void)fputs("}}]", out);
	}
	(void)putc('}', out);
}

static void print_api(FILE *out, const struct record *record)
{
	static const struct record_value unknown = {.type = RECORD_TEXT,
						    .text = "unknown",
						    .len = 7};
	const struct record_value *tool = &record->values[RECORD_TOOL];

	print_actor(out, record);
	(void)fputs(",\"api\":{\"service\":{\"name\":\"writ\"}", out);
	member(out, "operation", tool->text ? tool : &unknown);
	(void)putc('}', out);
	print_host(out, ",\"src_endpoint\":{\"hostname\":");
}

static void print_process(FILE *out, const struct record *record)
{
	static const struct record_value unknown = {.type = RECORD_TEXT,
						    .text = "unknown",
						    .len = 7};
	const struct record_value *values = record->values;

	print_actor(out, record);
	print_host(out, ",\"device\":{\"type_id\":0,\"hostname\":");
	(void)fputs(",\"process\":{\"pid\":0", out);
	member(out, "name", values[RECORD_TOOL].text ? &values[RECORD_TOOL] : &unknown);
	member(out, "sandbox", &values[RECORD_SANDBOX]);
	(void)putc('}', out);
	if (record_says(record, RECORD_KIND, "end"))
		member(out, "exit_code", &values[RECORD_STATUS]);
}

static void print_app(FILE *out)
{
	(void)fprintf(out,
		      ",\"app\":{\"name\":\"writ\",\"vendor_name\":\"Writ\",\"version\":\"%s\"}",
		      writ_version());
}

/* Every column that has something to say and no place above. */
static void print_unmapped(FILE *out, const struct record *record)
{
	static const enum record_column columns[] = {
		RECORD_KIND,     RECORD_ROLE, RECORD_ARGS,  RECORD_REASON, RECORD_GENERATION,
		RECORD_DURATION, RECORD_PEAK, RECORD_BYTES, RECORD_SIGNAL, RECORD_ERROR,
	};
	const char *comma = "";

	(void)fputs(",\"unmapped\":{", out);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const struct record_value *cell = &record->values[columns[i]];

		if (cell->type == RECORD_NULL)
			continue;
		(void)fprintf(out, "%s\"%s\":", comma, record_names[columns[i]]);
		if (cell->type == RECORD_INTEGER)
			(void)fprintf(out, "%" PRId64, cell->number);
		else
			format_json_cell(out, cell, columns[i] == RECORD_ARGS);
		comma = ",";
	}
	(void)putc('}', out);
}

/* OCSF's from 1 (informational) to 5 (critical), from the 0 to 10 of CEF. */
static int ocsf_severity(const struct record *record)
{
	int severity = record_severity(record);

	return severity >= 9 ? 5 : severity >= 8 ? 4 : severity >= 5 ? 3 : severity >= 3 ? 2 : 1;
}

static void print_head(FILE *out, const struct record *record, const struct kind *kind)
{
	const struct record_value *values = record->values;

	(void)fprintf(out,
		      "{\"class_uid\":%d,\"class_name\":\"%s\",\"category_uid\":%d,"
		      "\"category_name\":\"%s\",\"activity_id\":%d,\"activity_name\":",
		      kind->class_uid, kind->class_name, kind->class_uid / CLASSES_PER_CATEGORY,
		      kind->category_name, kind->activity);
	if (kind->activity_name)
		cli_json_string(out, kind->activity_name);
	else
		format_json_cell(out, &values[RECORD_KIND], false);
	(void)fprintf(
		out,
		",\"type_uid\":%d,\"time\":%" PRId64 ",\"severity_id\":%d,%s,"
		"\"metadata\":{\"version\":\"" OCSF_VERSION "\",\"sequence\":%" PRId64
		",\"uid\":\"%" PRId64 "\",\"profiles\":[\"security_control\"],"
		"\"product\":{\"name\":\"writ\",\"vendor_name\":\"Writ\",\"version\":\"%s\"}}",
		kind->class_uid * ACTIVITIES_PER_CLASS + kind->activity,
		values[RECORD_WALL].number / 1000, ocsf_severity(record), action_of(record),
		values[RECORD_SEQ].number, values[RECORD_SEQ].number, writ_version());
}

void format_ocsf(struct output *output, const struct record *record)
{
	const struct kind *kind = kind_of(record);
	FILE *out = output->out;

	print_head(out, record, kind);
	member(out, "message", &record->values[RECORD_DETAIL]);
	if (kind->class_uid == API_ACTIVITY)
		print_api(out, record);
	else if (kind->class_uid == PROCESS_ACTIVITY)
		print_process(out, record);
	else
		print_app(out);
	print_unmapped(out, record);
	(void)fputs("}\n", out);
}
