/*
 * Alerts on their way: each target has a queue of its own and at most one process that delivers,
 * so whatever hangs delays nothing but its own queue. The process gets the alert as JSON on its
 * standard input: writ-alert for a webhook, the command itself, or a fork of this one that writes
 * to the system's log. It is killed, with all it started, when it takes longer than the target's
 * time.
 */
#include "runtime/audit/cli/alert_deliver.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/audit/alert_syslog.h"
#include "runtime/audit/when.h"
#include "runtime/cli/cli.h"

#define US_PER_S      INT64_C(1000000)
#define MAX_BACKOFF_S 30
#define GRACE_US      (5 * US_PER_S)

struct queued {
	char *json; /* for the process's standard input */
	char *line; /* for people */
};

struct delivery {
	const struct alert_target *target;
	struct queued queue[ALERT_MAX_QUEUE]; /* a ring */
	size_t first;
	size_t n;
	uint64_t dropped; /* since the last that was queued */
	pid_t pid;        /* 0: nothing is on its way */
	int64_t deadline_us;
};

struct deliveries {
	struct delivery items[ALERT_MAX_TARGETS];
	size_t n;
	FILE *log;
	uint64_t failed;
};

struct deliveries *deliveries_new(const struct alert_rules *rules, FILE *log)
{
	struct deliveries *deliveries = calloc(1, sizeof(*deliveries));

	if (!deliveries)
		return NULL;
	deliveries->n = rules->n_targets;
	deliveries->log = log;
	for (size_t i = 0; i < rules->n_targets; i++)
		deliveries->items[i].target = &rules->targets[i];
	return deliveries;
}

/* Deadlines are of a clock that nobody sets. */
static int64_t monotonic_us(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now))
		return 0;
	return now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

/* ---- what is sent ---- */

/* One line for people, in which nothing drives a terminal or a syslog. */
static void print_line(FILE *out, const struct alert *alert, uint64_t dropped)
{
	(void)fprintf(out, "alert %s", alert->rule->name);
	if (*alert->subject) {
		(void)fputs(" (", out);
		cli_print_safe(out, alert->subject);
		(void)putc(')', out);
	}
	(void)fputs(": ", out);
	cli_print_safe(out, alert->text);
	if (alert->withheld)
		(void)fprintf(out, "; %" PRId64 " more since the last one", alert->withheld);
	if (dropped)
		(void)fprintf(out, "; %" PRIu64 " alerts before this one were lost", dropped);
}

static char *make_line(const struct alert *alert, uint64_t dropped)
{
	char *line = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&line, &size);

	if (!memory)
		return NULL;
	print_line(memory, alert, dropped);
	if (fclose(memory)) {
		free(line);
		return NULL;
	}
	return line;
}

/* For Slack "&", "<" and ">" are markup, with which a tool's name could call a whole channel. */
static void print_slack(FILE *out, const char *line)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return;
	for (; *line; line++) {
		if (*line == '&')
			(void)fputs("&amp;", memory);
		else if (*line == '<')
			(void)fputs("&lt;", memory);
		else if (*line == '>')
			(void)fputs("&gt;", memory);
		else
			(void)putc(*line, memory);
	}
	if (fclose(memory) == 0)
		cli_json_string(out, text);
	free(text);
}

/* writ-alert's input: where to, how often, and the very bytes to post. */
static void print_webhook(FILE *out, const struct alert_target *target, const char *line)
{
	char *body = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&body, &size);

	if (!memory)
		return;
	(void)fputs("{\"text\":", memory);
	print_slack(memory, line);
	(void)putc('}', memory);
	if (fclose(memory) == 0) {
		(void)fputs("{\"url\":", out);
		cli_json_string(out, target->url);
		cli_json_text(out, "ca", target->ca);
		(void)fprintf(out, ",\"timeout_ms\":%" PRId64 ",\"retries\":%" PRId64,
			      target->timeout_us / 1000, target->retries);
		cli_json_text(out, "body", body);
		(void)putc('}', out);
	}
	free(body);
}

static void print_command(FILE *out, const struct alert *alert, const char *line)
{
	char time[WHEN_SIZE];

	when_print(alert->wall_us, time);
	(void)fputs("{\"alert\":", out);
	cli_json_string(out, alert->rule->name);
	(void)fprintf(out, ",\"time\":\"%s\",\"seq\":%" PRId64 ",\"count\":%" PRId64, time,
		      alert->seq, alert->count);
	(void)fprintf(out, ",\"withheld\":%" PRId64, alert->withheld);
	cli_json_text(out, "subject", *alert->subject ? alert->subject : NULL);
	cli_json_text(out, "text", line);
	(void)fputs("}\n", out);
}

static char *make_json(const struct alert_target *target, const struct alert *alert,
		       const char *line)
{
	char *json = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&json, &size);

	if (!memory)
		return NULL;
	if (target->kind == ALERT_WEBHOOK)
		print_webhook(memory, target, line);
	else
		print_command(memory, alert, line);
	if (fclose(memory)) {
		free(json);
		return NULL;
	}
	return json;
}

static void note(struct deliveries *deliveries, const char *line, const char *what,
		 const struct alert_target *target)
{
	char time[WHEN_SIZE];

	when_print(when_now(), time);
	(void)fprintf(deliveries->log, "%s %s to %s: %s\n", time, what, target->name, line);
	(void)fflush(deliveries->log);
}

static void queue(struct deliveries *deliveries, struct delivery *delivery,
		  const struct alert *alert)
{
	char *line = make_line(alert, delivery->dropped);
	char *json = line ? make_json(delivery->target, alert, line) : NULL;
	struct queued *slot;

	if (!json || delivery->n == ALERT_MAX_QUEUE) {
		delivery->dropped++;
		deliveries->failed++;
		note(deliveries, line ? line : alert->rule->name, "lost, the queue is full,",
		     delivery->target);
		free(line);
		free(json);
		return;
	}
	slot = &delivery->queue[(delivery->first + delivery->n) % ALERT_MAX_QUEUE];
	slot->line = line;
	slot->json = json;
	delivery->n++;
	delivery->dropped = 0;
}

void deliveries_add(struct deliveries *deliveries, const struct alert *alert)
{
	for (size_t i = 0; i < alert->rule->n_targets; i++)
		queue(deliveries, &deliveries->items[alert->rule->targets[i]], alert);
}

/* ---- processes ---- */

/* A file in memory: whoever does not read it can't make us wait, as a pipe's reader could. */
static int make_input(const char *json)
{
	int fd = memfd_create("alert", MFD_CLOEXEC);
	size_t len = strlen(json);

	if (fd < 0)
		return -1;
	if (write(fd, json, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static _Noreturn void deliver(const struct alert_target *target, const struct queued *queued,
			      int input)
{
	char *webhook[] = {(char[]){"writ-alert"}, NULL};
	char *argv[ALERT_MAX_WORDS + 1] = {NULL};
	int failed;

	(void)setpgid(0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	if (dup2(input, STDIN_FILENO) < 0)
		_exit(EXIT_RUN_FAILED);
	switch (target->kind) {
	case ALERT_WEBHOOK:
		_exit(cli_run_helper("writ-alert", webhook));
	case ALERT_COMMAND:
		for (size_t i = 0; i < ALERT_MAX_WORDS && target->argv[i]; i++)
			argv[i] = strdup(target->argv[i]);
		if (argv[0])
			(void)execv(argv[0], argv);
		_exit(cli_fail(EXIT_NOT_FOUND, "%s can't be executed: %s", target->argv[0],
			       strerror(errno)));
	case ALERT_SYSLOG:
		failed = alert_syslog_send(ALERT_SYSLOG_PATH, queued->line);
		if (!failed)
			_exit(EXIT_SUCCESS);
		_exit(cli_fail(EXIT_RUN_FAILED, ALERT_SYSLOG_PATH " takes nothing: %s",
			       strerror(failed)));
	}
	_exit(EXIT_RUN_FAILED);
}

/* All tries and the pauses between them, and a little more. */
static int64_t time_for(const struct alert_target *target)
{
	int64_t us = GRACE_US + target->timeout_us;
	int64_t backoff_s = 1;

	for (int64_t i = 0; target->kind == ALERT_WEBHOOK && i < target->retries; i++) {
		us += target->timeout_us + backoff_s * US_PER_S;
		backoff_s = backoff_s * 2 > MAX_BACKOFF_S ? MAX_BACKOFF_S : backoff_s * 2;
	}
	return us;
}

static void drop_first(struct delivery *delivery)
{
	struct queued *queued = &delivery->queue[delivery->first];

	free(queued->line);
	free(queued->json);
	delivery->first = (delivery->first + 1) % ALERT_MAX_QUEUE;
	delivery->n--;
}

static void end(struct deliveries *deliveries, struct delivery *delivery, const char *how)
{
	note(deliveries, delivery->queue[delivery->first].line, how, delivery->target);
	drop_first(delivery);
	delivery->pid = 0;
}

static void start(struct deliveries *deliveries, struct delivery *delivery)
{
	const struct queued *queued = &delivery->queue[delivery->first];
	int input = make_input(queued->json);
	pid_t pid = -1;

	(void)fflush(NULL);
	if (input >= 0)
		pid = fork();
	if (pid == 0)
		deliver(delivery->target, queued, input);
	if (input >= 0)
		(void)close(input);
	if (pid < 0) {
		deliveries->failed++;
		end(deliveries, delivery, "failed, no process can be made,");
		return;
	}
	/* Here, too: the group exists before anybody kills it. */
	(void)setpgid(pid, pid);
	delivery->pid = pid;
	delivery->deadline_us = monotonic_us() + time_for(delivery->target);
}

static void check(struct deliveries *deliveries, struct delivery *delivery)
{
	int status = 0;
	pid_t ended = waitpid(delivery->pid, &status, WNOHANG);

	if (ended == 0 && monotonic_us() < delivery->deadline_us)
		return;
	(void)kill(-delivery->pid, SIGKILL);
	if (ended == 0) {
		(void)waitpid(delivery->pid, &status, 0);
		deliveries->failed++;
		end(deliveries, delivery, "failed, it took too long,");
	} else if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		end(deliveries, delivery, "delivered");
	} else {
		deliveries->failed++;
		end(deliveries, delivery, "failed");
	}
}

void deliveries_poll(struct deliveries *deliveries)
{
	for (size_t i = 0; i < deliveries->n; i++) {
		struct delivery *delivery = &deliveries->items[i];

		if (delivery->pid)
			check(deliveries, delivery);
		if (!delivery->pid && delivery->n)
			start(deliveries, delivery);
	}
}

bool deliveries_idle(const struct deliveries *deliveries)
{
	for (size_t i = 0; i < deliveries->n; i++) {
		if (deliveries->items[i].n)
			return false;
	}
	return true;
}

bool deliveries_all_arrived(const struct deliveries *deliveries)
{
	return deliveries->failed == 0;
}

void deliveries_free(struct deliveries *deliveries)
{
	for (size_t i = 0; deliveries && i < deliveries->n; i++) {
		struct delivery *delivery = &deliveries->items[i];

		if (delivery->pid) {
			(void)kill(-delivery->pid, SIGKILL);
			(void)waitpid(delivery->pid, NULL, 0);
		}
		while (delivery->n) {
			note(deliveries, delivery->queue[delivery->first].line, "not delivered",
			     delivery->target);
			drop_first(delivery);
		}
	}
	free(deliveries);
}
