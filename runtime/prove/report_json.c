/*
 * The same table for programs: one object.
 */
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/cli/cli.h"
#include "runtime/prove/report.h"

static const char *const states[] = {
	[PROVE_OK] = "ok", [PROVE_WRONG] = "wrong", [PROVE_NOT_TRIED] = "not_tried"};

static void member(FILE *out, const char *name, const char *value)
{
	(void)fprintf(out, "\"%s\": ", name);
	cli_json_string(out, value);
}

static void print_row(FILE *out, const struct prove_row *row)
{
	(void)fputs("      {", out);
	member(out, "group", row->group);
	(void)fputs(", ", out);
	member(out, "tried", row->what);
	(void)fputs(", ", out);
	member(out, "expected", row->expected);
	(void)fputs(", ", out);
	member(out, "seen", row->seen);
	(void)fputs(", ", out);
	member(out, "result", states[row->state]);
	(void)putc('}', out);
}

static void begin(FILE *out, const struct report_head *head)
{
	(void)fputs("{\n  ", out);
	member(out, "bundle", head->bundle);
	(void)fputs(",\n  ", out);
	member(out, "policy", head->policy);
	(void)fprintf(out, ",\n  \"version\": %llu,\n  \"sandboxes\": [",
		      (unsigned long long)head->version);
}

static void print_warnings(FILE *out, const struct writ_sandbox *sandbox)
{
	const char *warning;

	(void)fputs("\"warnings\": [", out);
	for (size_t i = 0; sandbox && (warning = writ_sandbox_warning(sandbox, i)); i++) {
		(void)fputs(i ? ", " : "", out);
		cli_json_string(out, warning);
	}
	(void)fputs("]", out);
}

static void print_sandbox(FILE *out, const struct report_sandbox *one, bool is_first)
{
	const size_t *counts = one->report->counts;

	(void)fputs(is_first ? "\n    {" : ",\n    {", out);
	member(out, "name", one->name);
	(void)fputs(", \"error\": ", out);
	if (one->error)
		cli_json_string(out, one->error);
	else
		(void)fputs("null", out);
	(void)fprintf(out, ", \"ok\": %zu, \"wrong\": %zu, \"not_tried\": %zu, ", counts[PROVE_OK],
		      counts[PROVE_WRONG], counts[PROVE_NOT_TRIED]);
	print_warnings(out, one->sandbox);
	(void)fputs(", \"rows\": [\n", out);
	for (const struct prove_row *row = one->report->rows; row; row = row->next) {
		print_row(out, row);
		(void)fputs(row->next ? ",\n" : "\n", out);
	}
	(void)fputs("    ]}", out);
}

static void end(FILE *out, const struct report_head *head, const struct report_total *total)
{
	char date[REPORT_DATE_BYTES];
	char digest[REPORT_DIGEST_BYTES];
	struct utsname name = {.release = "", .machine = ""};

	(void)uname(&name);
	report_date(date);
	report_digest(head->digest, digest);
	(void)fprintf(out,
		      "\n  ],\n  \"ok\": %zu, \"wrong\": %zu, \"not_tried\": %zu, "
		      "\"sandboxes_not_proven\": %zu,\n  ",
		      total->counts[PROVE_OK], total->counts[PROVE_WRONG],
		      total->counts[PROVE_NOT_TRIED], total->n_unproven);
	member(out, "sha256", digest);
	(void)fputs(",\n  ", out);
	member(out, "kernel", name.release);
	(void)fputs(", ", out);
	member(out, "machine", name.machine);
	(void)fprintf(out, ",\n  \"landlock_abi\": %d, \"user\": %ld,\n  ", head->landlock_abi,
		      (long)geteuid());
	member(out, "date", date);
	(void)fputs(", ", out);
	member(out, "writ", writ_version());
	(void)fputs("\n}\n", out);
}

const struct report_format report_json = {"json", begin, print_sandbox, end};
