/*
 * writ audit tail: the last records, and with -f those that come, as they come.
 *
 * Following asks again for what is behind the last record printed. That numbers have no gaps and
 * are given in the order of commits makes it complete, whoever writes.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "runtime/audit/cli/audit_cli.h"
#include "runtime/audit/cli/audit_options.h"
#include "runtime/audit/cli/format.h"
#include "runtime/audit/db.h"
#include "runtime/cli/cli.h"

#define POLL_MS 200

static const char help[] = "usage: writ audit tail [OPTION]... DB\n"
			   "\n"
			   "Prints the last records of an audit log.\n"
			   "\n"
			   "  -n, --lines N     so many (default 10)\n"
			   "  -f, --follow      then those that come, until it is interrupted\n"
			   "  --format FORMAT   text (default) or jsonl\n"
			   "\n"
			   "The filters of writ audit query choose which.\n"
			   "\n"
			   "  writ audit tail -f --verdict deny audit.db\n"
			   "\n"
			   "exit status: 0; 2 wrong command line; 3 not a usable log\n";

struct tail {
	const struct record_format *format;
	struct output output;
	struct record_filter filter;
	sqlite3 *db;
};

static int print_one(void *context, const struct record *record)
{
	struct tail *tail = context;

	tail->format->record(&tail->output, record);
	tail->filter.first_seq = record->values[RECORD_SEQ].number + 1;
	return ferror(tail->output.out) ? 1 : 0;
}

/* What there is from first_seq on. 1: the output can't be written. */
static int print_new(struct tail *tail, struct writ_error *error)
{
	static const struct query_order order = {.limit = FILTER_ANY};
	const struct record_filter filter = tail->filter;
	int rc = query_each(tail->db, &filter, &order, print_one, tail, error);

	return rc ? rc : fflush(tail->output.out) != 0;
}

static int follow(struct tail *tail, struct writ_error *error)
{
	static const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
	int rc;

	while (!(rc = print_new(tail, error)))
		(void)nanosleep(&pause, NULL);
	return rc;
}

/* The first of the last n. When there are none, what is to come begins behind all there are. */
static int find_start(struct tail *tail, int64_t n, struct writ_error *error)
{
	int64_t seq = 0;
	int rc = n ? query_nth_last(tail->db, &tail->filter, n, &seq, error) : 0;

	if (!rc && seq == 0)
		seq = db_number(tail->db, "SELECT max(seq) FROM records", 0) + 1;
	if (!rc && seq > tail->filter.first_seq)
		tail->filter.first_seq = seq;
	return rc;
}

int audit_sub_tail(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "tail",
		.help = help,
		.accepted = AUDIT_FILTER | AUDIT_FORMAT | AUDIT_FOLLOW,
		.min_operands = 1,
		.max_operands = 1,
		.operands = "DB",
	};
	struct tail tail = {.output = {.out = stdout, .colour = isatty(STDOUT_FILENO) == 1}};
	struct audit_options options;
	struct writ_error error;
	int status;
	int rc;

	if (!audit_begin(argv, &usage, &options, &status))
		return status;
	tail.format = format_find("tail", options.format ? options.format : "text");
	tail.filter = options.filter;
	if (!tail.format)
		return EXIT_USAGE;
	status = audit_open(options.operands[0], &tail.db);
	if (status)
		return status;
	rc = find_start(&tail, options.lines, &error);
	if (!rc)
		rc = options.follow ? follow(&tail, &error) : print_new(&tail, &error);
	db_close(tail.db);
	return rc < 0 ? audit_fail(options.operands[0], &error) : audit_end_output();
}
