/*
 * writ audit alerts: reads a file of alerts, follows the log, and has told who is to be told.
 *
 * A process of its own, that only reads: nothing that a call waits for waits for it. Where it got
 * to stands in the cursor's file, which is written when nothing is left to deliver: after a crash
 * some alerts come twice, none is left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/audit/alert_engine.h"
#include "runtime/audit/cli/alert_deliver.h"
#include "runtime/audit/cli/audit_cli.h"
#include "runtime/audit/cli/audit_options.h"
#include "runtime/audit/db.h"
#include "runtime/audit/when.h"
#include "runtime/cli/cli.h"
#include "runtime/writ_info.h"

#define POLL_MS 200

static const char help[] =
	"usage: writ audit alerts check FILE\n"
	"       writ audit alerts run [OPTION]... DB FILE\n"
	"\n"
	"check reads a file of alerts and tells every mistake in it. run follows a log and tells\n"
	"whom the file says; each alert and what became of it is a line on standard output.\n"
	"\n"
	"  --cursor FILE     go on where the run that wrote FILE ended, and keep it up to date\n"
	"  --once            look at what is there, all of it without a cursor, deliver, and end\n"
	"\n"
	"A file of alerts has lines like these:\n"
	"  to ops webhook https://hooks.example.com/x timeout 5s retries 3\n"
	"  to page command /usr/local/bin/page --urgent\n"
	"  to host syslog\n"
	"  alert denials denials 20 in 1m by user to ops every 10m\n"
	"  alert escapes escapes to ops page\n"
	"  alert slow limit duration 80% of 60s to host\n"
	"  alert gaps gaps to ops\n"
	"  alert reload reload-failures to host\n"
	"\n"
	"exit status: 0; 1 check found a warning, or an alert could not be delivered (--once);\n"
	"2 wrong command line; 3 a file can't be used\n";

/* ---- the file ---- */

static void tell(void *context, int line, int column, bool is_error, const char *text)
{
	const char *path = context;

	cli_print_safe(stderr, path);
	if (line)
		(void)fprintf(stderr, ":%d:%d", line, column);
	(void)fputs(is_error ? ": error: " : ": warning: ", stderr);
	cli_print_safe(stderr, text);
	(void)putc('\n', stderr);
}

/* Up to one byte more than there may be. Negative: it can't be read. */
static ssize_t read_file(const char *path, char *text, size_t size, mode_t *mode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	size_t len = 0;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		*mode = st.st_mode;
		while (len < size && (n = read(fd, text + len, size - len)) > 0)
			len += (size_t)n;
	} else {
		errno = EINVAL;
	}
	(void)close(fd);
	return n < 0 ? -1 : (ssize_t)len;
}

/* A webhook's URL is a secret: who has it can post there. */
static void check_mode(const struct alert_rules *rules, mode_t mode,
		       struct alert_findings *findings)
{
	for (size_t i = 0; i < rules->n_targets; i++) {
		if (rules->targets[i].kind != ALERT_WEBHOOK || !(mode & (S_IRGRP | S_IROTH)))
			continue;
		findings->warnings++;
		tell(findings->context, rules->targets[i].line, 1, false,
		     "others can read the file, and the webhook's URL is a secret: chmod 600");
	}
}

/* The file names commands: whoever may write it would have them executed as who runs this. */
static int check_place(const char *path, mode_t mode)
{
	struct writ_error error;

	if (mode & S_IWOTH)
		return cli_fail(EXIT_BAD_INPUT, "%.300s: everybody can write it", path);
	if (writ_place_check(path, &error))
		return cli_fail(EXIT_BAD_INPUT, "%.300s: %s", path, error.text);
	return 0;
}

/* 0 and the rules, or an exit status. *warnings counts what is probably not meant. */
static int read_rules(const char *path, struct alert_rules *rules, int *warnings)
{
	char *copy = strdup(path);
	struct alert_findings findings = {.tell = tell, .context = copy};
	char *text = calloc(1, ALERT_MAX_FILE + 1);
	mode_t mode = 0;
	ssize_t len = text && copy ? read_file(path, text, ALERT_MAX_FILE + 1, &mode) : -1;

	if (len >= 0) {
		alert_rules_read(text, (size_t)len, rules, &findings);
		check_mode(rules, mode, &findings);
	}
	free(text);
	free(copy);
	*warnings = findings.warnings;
	if (len < 0)
		return cli_fail(EXIT_BAD_INPUT, "%.300s: it can't be read: %s", path,
				strerror(errno));
	return findings.errors ? EXIT_BAD_INPUT : check_place(path, mode);
}

static int check(const char *path)
{
	struct alert_rules *rules = calloc(1, sizeof(*rules));
	int warnings = 0;
	int rc;

	if (!rules)
		return cli_fail(EXIT_RUN_FAILED, "out of memory");
	rc = read_rules(path, rules, &warnings);
	if (!rc) {
		(void)printf("%zu alerts, %zu targets\n", rules->n_rules, rules->n_targets);
		rc = audit_end_output();
	}
	free(rules);
	return !rc && warnings ? EXIT_DENIED : rc;
}

/* ---- the cursor ---- */

static int read_cursor(const char *path, int64_t *seq)
{
	char text[32] = "";
	mode_t mode;
	ssize_t len = read_file(path, text, sizeof(text) - 1, &mode);
	char *end;

	if (len < 0 && errno == ENOENT)
		return 0;
	errno = len < 0 ? errno : 0;
	*seq = strtoll(text, &end, 10);
	if (len <= 0 || errno || *seq < 0 || strcmp(end, "\n") != 0)
		return cli_fail(EXIT_BAD_INPUT, "%.300s: it is no cursor of writ audit alerts",
				path);
	return 0;
}

static int write_cursor(const char *path, int64_t seq)
{
	char temporary[4200];
	FILE *file;
	int n = snprintf(temporary, sizeof(temporary), "%s.new", path);
	bool good;
	int fd;

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return cli_fail(EXIT_USAGE, "--cursor: the path is too long");
	/* A link there would be somebody else's wish. */
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		  0666);
	file = fd >= 0 ? fdopen(fd, "w") : NULL;
	good = file && fprintf(file, "%" PRId64 "\n", seq) > 0;
	if (file && fclose(file))
		good = false;
	if (!good || rename(temporary, path))
		return cli_fail(EXIT_RUN_FAILED, "%.300s can't be written: %s", path,
				strerror(errno));
	return 0;
}

/* ---- following ---- */

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
	(void)signal;
	stopping = 1;
}

struct follower {
	const char *path;
	const struct audit_options *options;
	struct alert_rules rules;
	struct alert_engine *engine;
	struct deliveries *deliveries;
	struct record_filter filter;
	sqlite3 *db;
	ino_t inode;
	int64_t saved;
};

static void emit(void *context, const struct alert *alert)
{
	struct follower *follower = context;

	deliveries_add(follower->deliveries, alert);
}

static int feed(void *context, const struct record *record)
{
	struct follower *follower = context;

	alert_engine_feed(follower->engine, record);
	follower->filter.first_seq = record->values[RECORD_SEQ].number + 1;
	/* What was there before is not to fill the queues at once. */
	deliveries_poll(follower->deliveries);
	return stopping ? 1 : 0;
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/* Somebody took the log away, or cut it off: nothing that comes would be seen. */
static int check_identity(struct follower *follower)
{
	int64_t last = db_number(follower->db, "SELECT max(seq) FROM records", 0);

	if (inode_of(follower->path) == follower->inode && last + 1 >= follower->filter.first_seq)
		return 0;
	alert_engine_lost(follower->engine, when_now(), follower->filter.first_seq - 1);
	(void)cli_fail(EXIT_BAD_INPUT,
		       "%.300s was replaced or cut off; writ audit verify tells more",
		       follower->path);
	return EXIT_BAD_INPUT;
}

static int look(struct follower *follower)
{
	static const struct query_order order = {.limit = FILTER_ANY};
	const struct record_filter filter = follower->filter;
	struct writ_error error;
	int rc = query_each(follower->db, &filter, &order, feed, follower, &error);

	if (rc < 0)
		return audit_fail(follower->path, &error);
	return check_identity(follower);
}

static int save(struct follower *follower)
{
	int64_t seq = follower->filter.first_seq - 1;

	if (!follower->options->cursor || seq == follower->saved ||
	    !deliveries_idle(follower->deliveries))
		return 0;
	follower->saved = seq;
	return write_cursor(follower->options->cursor, seq);
}

static void wait_a_little(void)
{
	static const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	(void)nanosleep(&pause, NULL);
}

static void drain(struct follower *follower)
{
	while (!stopping && !deliveries_idle(follower->deliveries)) {
		deliveries_poll(follower->deliveries);
		wait_a_little();
	}
}

static int follow(struct follower *follower)
{
	int rc = 0;

	while (!rc && !stopping) {
		rc = look(follower);
		if (!rc && !follower->options->once)
			alert_engine_tick(follower->engine, when_now());
		deliveries_poll(follower->deliveries);
		if (rc || follower->options->once)
			break;
		rc = save(follower);
		wait_a_little();
	}
	/* What was queued is still delivered, also after an error. */
	drain(follower);
	if (!rc && follower->options->once)
		rc = save(follower);
	if (!rc && follower->options->once && !deliveries_all_arrived(follower->deliveries))
		rc = EXIT_DENIED;
	return rc;
}

/* Behind the cursor; without one at the end, or where everything is looked at once, at the start.
 */
static int find_start(struct follower *follower)
{
	int64_t seq = -1;
	int rc = 0;

	if (follower->options->cursor)
		rc = read_cursor(follower->options->cursor, &seq);
	if (!rc && seq < 0 && !follower->options->once)
		seq = db_number(follower->db, "SELECT max(seq) FROM records", 0);
	follower->filter.first_seq = seq < 0 ? 1 : seq + 1;
	follower->saved = seq;
	return rc;
}

static int prepare(struct follower *follower)
{
	int warnings;
	int rc = read_rules(follower->options->operands[2], &follower->rules, &warnings);

	if (!rc)
		rc = audit_open(follower->path, &follower->db);
	if (!rc)
		rc = find_start(follower);
	if (rc)
		return rc;
	follower->inode = inode_of(follower->path);
	follower->engine = alert_engine_new(&follower->rules, emit, follower);
	follower->deliveries = deliveries_new(&follower->rules, stdout);
	return follower->engine && follower->deliveries
		       ? 0
		       : cli_fail(EXIT_RUN_FAILED, "out of memory");
}

static int run(const struct audit_options *options)
{
	struct follower *follower = calloc(1, sizeof(*follower));
	const struct sigaction action = {.sa_handler = stop};
	int rc;

	if (!follower)
		return cli_fail(EXIT_RUN_FAILED, "out of memory");
	follower->options = options;
	follower->path = options->operands[1];
	follower->filter = options->filter;
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	rc = prepare(follower);
	if (!rc)
		rc = follow(follower);
	deliveries_free(follower->deliveries);
	alert_engine_free(follower->engine);
	db_close(follower->db);
	free(follower);
	return rc;
}

int audit_sub_alerts(char **argv)
{
	static const struct audit_usage usage = {
		.verb = "alerts",
		.help = help,
		.accepted = AUDIT_ALERTS,
		.min_operands = 2,
		.max_operands = 3,
		.operands = "check FILE, or run DB FILE",
	};
	struct audit_options options;
	int status;

	if (!audit_begin(argv, &usage, &options, &status))
		return status;
	if (strcmp(options.operands[0], "check") == 0 && options.n_operands == 2 &&
	    !options.cursor && !options.once)
		return check(options.operands[1]);
	if (strcmp(options.operands[0], "run") == 0 && options.n_operands == 3)
		return run(&options);
	return cli_fail(EXIT_USAGE, "audit alerts: it takes check FILE, or run DB FILE");
}
