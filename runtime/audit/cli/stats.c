/*
 * writ audit stats: what a log adds up to, for people or as one JSON object.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/cli/audit_cli.h"
#include "runtime/audit/cli/audit_options.h"
#include "runtime/audit/db.h"
#include "runtime/audit/stats.h"
#include "runtime/audit/when.h"
#include "runtime/cli/cli.h"

static const char help[] =
	"usage: writ audit stats [OPTION]... DB\n"
	"\n"
	"Counts calls and denials by verdict, reason, user, role, tool and rule, launches and how\n"
	"long they took, attempts to leave a sandbox, and what the log itself has lost.\n"
	"\n"
	"  --top N           at most so many rows of each (default 10, at most 100)\n"
	"  --format FORMAT   text (default) or json\n"
	"\n"
	"The filters of writ audit query choose which records are counted.\n"
	"\n"
	"  writ audit stats --since 24h audit.db\n"
	"\n"
	"exit status: 0; 2 wrong command line; 3 not a usable log\n";

static void print_row(const struct stats_row *row)
{
	(void)printf("  %8" PRId64 " %8" PRId64 " denied  ", row->n, row->denied);
	cli_print_safe(stdout, row->name);
	(void)putchar('\n');
}

static void print_text(const struct stats *stats)
{
	char first[WHEN_SIZE];
	char last[WHEN_SIZE];

	when_print(stats->first_us, first);
	when_print(stats->last_us, last);
	(void)printf("%" PRId64 " records", stats->records);
	if (stats->records)
		(void)printf(", %s to %s", first, last);
	(void)printf("\n%" PRId64 " decisions, %" PRId64 " denied\n", stats->decisions,
		     stats->denials);
	(void)printf("%" PRId64 " launches, %" PRId64 " attempts to leave a sandbox\n",
		     stats->launches, stats->escapes);
	if (stats->n_durations)
		(void)printf("durations of launches: 50%% %" PRId64 " us, 90%% %" PRId64
			     " us, 99%% %" PRId64 " us, longest %" PRId64 " us\n",
			     stats->p50, stats->p90, stats->p99, stats->max);
	(void)printf("%" PRId64 " gaps, %" PRId64 " records lost\n", stats->gaps, stats->lost);
	for (int i = 0; i < STATS_GROUPS; i++) {
		if (stats->groups[i].n_rows)
			(void)printf("\nby %s\n", stats_group_names[i]);
		for (size_t j = 0; j < stats->groups[i].n_rows; j++)
			print_row(&stats->groups[i].rows[j]);
	}
}

static void print_moment(const char *key, int64_t us, bool known)
{
	char text[WHEN_SIZE];

	when_print(us, text);
	(void)printf(known ? "\"%s\":\"%s\"," : "\"%s\":null,", key, text);
}

static void print_table(const char *name, const struct stats_table *table)
{
	(void)printf(",\"by_%s\":[", name);
	for (size_t i = 0; i < table->n_rows; i++) {
		(void)fputs(i ? ",{\"name\":" : "{\"name\":", stdout);
		cli_json_string(stdout, table->rows[i].name);
		(void)printf(",\"count\":%" PRId64 ",\"denied\":%" PRId64 "}", table->rows[i].n,
			     table->rows[i].denied);
	}
	(void)putchar(']');
}

static void print_json(const struct stats *stats)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{"records", stats->records},
		{"decisions", stats->decisions},
		{"denials", stats->denials},
		{"launches", stats->launches},
		{"escape_attempts", stats->escapes},
		{"gaps", stats->gaps},
		{"lost", stats->lost},
		{"ended", stats->n_durations},
		{"duration_us_p50", stats->p50},
		{"duration_us_p90", stats->p90},
		{"duration_us_p99", stats->p99},
		{"duration_us_max", stats->max},
	};

	(void)putchar('{');
	print_moment("first", stats->first_us, stats->records > 0);
	print_moment("last", stats->last_us, stats->records > 0);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)printf("%s\"%s\":%" PRId64, i ? "," : "", numbers[i].key, numbers[i].value);
	for (int i = 0; i < STATS_GROUPS; i++)
		print_table(stats_group_names[i], &stats->groups[i]);
	(void)fputs("}\n", stdout);
}

static int print_stats(const struct audit_options *options, bool as_json)
{
	struct stats *stats = malloc(sizeof(*stats));
	struct writ_error error;
	sqlite3 *db = NULL;
	int rc;

	if (!stats)
		return cli_fail(EXIT_RUN_FAILED, "out of memory");
	rc = audit_open(options->operands[0], &db);
	if (!rc && stats_read(db, &options->filter, options->top, stats, &error))
		rc = audit_fail(options->operands[0], &error);
	if (!rc) {
		if (as_json)
			print_json(stats);
		else
			print_text(stats);
		rc = audit_end_output();
	}
	db_close(db);
	free(stats);
	return rc;
}

int audit_sub_stats(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "stats",
		.help = help,
		.accepted = AUDIT_FILTER | AUDIT_FORMAT | AUDIT_TOP,
		.min_operands = 1,
		.max_operands = 1,
		.operands = "DB",
	};
	struct audit_options options;
	const char *format;
	int status;

	if (!audit_begin(argv, &usage, &options, &status))
		return status;
	format = options.format ? options.format : "text";
	if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return cli_fail(EXIT_USAGE, "audit stats: --format takes text, json, not '%s'",
				format);
	return print_stats(&options, strcmp(format, "json") == 0);
}
