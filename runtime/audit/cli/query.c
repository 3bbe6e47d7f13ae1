/*
 * writ audit query and export: the records that a filter lets through, in some format.
 */
#include <string.h>
#include <unistd.h>

#include "runtime/audit/cli/audit_cli.h"
#include "runtime/audit/cli/audit_options.h"
#include "runtime/audit/cli/format.h"
#include "runtime/audit/db.h"
#include "runtime/cli/cli.h"

#define FILTER_HELP                                                                                \
	"Which records (all of these must fit; in names * stands for any characters):\n"           \
	"  --since TIME      not before: 2026-11-22, 2026-11-22T13:33:18Z, 15m, 2h, 7d\n"          \
	"  --until TIME      before\n"                                                             \
	"  --user NAME       of this user\n"                                                       \
	"  --role NAME       decided by, or asked as, this role\n"                                 \
	"  --tool NAME       of this tool\n"                                                       \
	"  --verdict WORD    allow, deny or ask\n"                                                 \
	"  --reason WORD     by_rule, no_rule, no_condition, rate_limited, ...\n"                  \
	"  --rule PLACE      decided by the rule that stands at FILE:LINE:COL\n"                   \
	"  --session ID      of this session\n"                                                    \
	"  --kind WORD       decision, launch, end, network, file, approval, reload, gap, ...\n"   \
	"  --seq N[-[M]]     with this number, with these, or all from there\n"

static const char query_help[] =
	"usage: writ audit query [OPTION]... DB\n"
	"\n"
	"Prints the records of an audit log. Others may write it meanwhile.\n"
	"\n" FILTER_HELP "\n"
	"How:\n"
	"  --limit N         at most so many\n"
	"  --reverse         the newest first\n"
	"  --format FORMAT   text (default), json (one array), jsonl (a line each) or csv\n"
	"\n"
	"  writ audit query --since 1h --verdict deny audit.db\n"
	"  writ audit query --user bob --tool 'git_*' --format json audit.db\n"
	"\n"
	"exit status: 0, also of no record; 2 wrong command line; 3 not a usable log\n";

static const char export_help[] =
	"usage: writ audit export [OPTION]... DB\n"
	"\n"
	"Prints records for other programs, a line each.\n"
	"\n"
	"  --format FORMAT   jsonl (default), cef (ArcSight) or ocsf (1.3.0, JSON)\n"
	"\n" FILTER_HELP "\n"
	"  writ audit export --format ocsf --since 1d audit.db > day.jsonl\n"
	"  writ audit export --format cef --seq 1001-2000 audit.db | logger -n siem\n"
	"\n"
	"exit status: 0, also of no record; 2 wrong command line; 3 not a usable log\n";

struct printer {
	const struct record_format *format;
	struct output output;
};

static int print_one(void *context, const struct record *record)
{
	struct printer *to = context;

	to->format->record(&to->output, record);
	to->output.n++;
	return ferror(to->output.out) ? 1 : 0;
}

static int print_all(const struct audit_options *options, const struct record_format *format)
{
	const struct query_order order = {.limit = options->limit,
					  .newest_first = options->reverse};
	struct printer to = {format, {.out = stdout, .colour = isatty(STDOUT_FILENO) == 1}};
	struct writ_error error;
	sqlite3 *db = NULL;
	int rc = audit_open(options->operands[0], &db);

	if (rc)
		return rc;
	if (format->begin)
		format->begin(&to.output);
	rc = query_each(db, &options->filter, &order, print_one, &to, &error);
	if (rc < 0)
		rc = audit_fail(options->operands[0], &error);
	else if (format->end)
		format->end(&to.output);
	db_close(db);
	return rc > 0 && !ferror(stdout) ? rc : audit_end_output();
}

static int run(char **argv, const struct audit_usage *usage, const char *usual_format)
{
	struct audit_options options;
	const struct record_format *format;
	int status;

	if (!audit_begin(argv, usage, &options, &status))
		return status;
	format = format_find(usage->verb, options.format ? options.format : usual_format);
	return format ? print_all(&options, format) : EXIT_USAGE;
}

int audit_sub_query(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "query",
		.help = query_help,
		.accepted = AUDIT_FILTER | AUDIT_FORMAT | AUDIT_ORDER,
		.min_operands = 1,
		.max_operands = 1,
		.operands = "DB",
	};

	return run(argv, &usage, "text");
}

int audit_sub_export(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "export",
		.help = export_help,
		.accepted = AUDIT_FILTER | AUDIT_FORMAT,
		.min_operands = 1,
		.max_operands = 1,
		.operands = "DB",
	};

	return run(argv, &usage, "jsonl");
}
