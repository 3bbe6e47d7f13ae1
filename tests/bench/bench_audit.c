/*
 * What the audit log costs: record() on the call path, records a second that are masked, chained
 * and in the database, and record() that returns when the record is on the disk. Prints a table.
 *
 *	bench_audit DIRECTORY [RECORDS]
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "runtime/writ_audit.h"

#define BURST     1000
#define N_USERS   8
#define N_TOOLS   20
#define N_DURABLE 2000

static char path[4096];

static void die(const char *what, const struct writ_error *error)
{
	(void)fprintf(stderr, "bench_audit: %s: %s\n", what, error->text);
	exit(1);
}

static void remove_log(void)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-key", "-writers"};
	char file[4200];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		(void)unlink(file);
	}
}

static struct writ_audit *open_log(const struct writ_audit_options *options)
{
	struct writ_audit *audit;
	struct writ_error error;

	remove_log();
	if (writ_audit_open(path, options, &audit, &error))
		die("the log", &error);
	return audit;
}

/* A call with two arguments, as agents make them. */
static void record_one(const struct writ_sink *sink, uint64_t i)
{
	static const char *const users[N_USERS] = {"alice", "bob",   "carol", "dave",
						   "erin",  "frank", "grace", "heidi"};
	static char tools[N_TOOLS][24];
	const struct writ_arg args[] = {
		{.name = "path", .text = "/srv/agent/data/report-2024.txt"},
		{.name = "mode", .text = "append"},
	};
	struct writ_event event = {
		.kind = WRIT_EVENT_DECISION,
		.verdict = i % 10 ? WRIT_ALLOW : WRIT_DENY,
		.rule = WRIT_NO_ID,
		.session = 42,
		.user = users[i % N_USERS],
		.role = "developer",
		.tool = tools[i % N_TOOLS],
		.args = args,
		.n_args = 2,
	};

	if (!tools[0][0]) {
		for (int n = 0; n < N_TOOLS; n++)
			(void)snprintf(tools[n], sizeof(tools[n]), "tool_number_%d", n);
	}
	if (sink->record(sink->context, &event)) {
		(void)fprintf(stderr, "bench_audit: record %llu was refused\n",
			      (unsigned long long)i);
		exit(1);
	}
}

static void flush(struct writ_audit *audit)
{
	struct writ_error error;

	if (writ_audit_flush(audit, &error))
		die("flush", &error);
}

/* In bursts that the ring has room for: mean of each, and single calls. */
static void bench_call(uint64_t n)
{
	struct writ_audit *audit = open_log(NULL);
	struct writ_sink sink = writ_audit_sink(audit);
	uint64_t *means = calloc(n / BURST, sizeof(*means));
	uint64_t *calls = calloc(n, sizeof(*calls));
	uint64_t n_bursts = 0;

	for (uint64_t i = 0; i + BURST <= n; i += BURST) {
		uint64_t begin = bench_now_ns();

		for (uint64_t k = 0; k < BURST; k++)
			record_one(&sink, i + k);
		means[n_bursts++] = (bench_now_ns() - begin) * 10 / BURST;
		flush(audit);
	}
	for (uint64_t i = 0; i < n; i++) {
		uint64_t begin = bench_now_ns();

		record_one(&sink, i);
		calls[i] = bench_now_ns() - begin;
		if (i % BURST == BURST - 1)
			flush(audit);
	}
	bench_sort(means, n_bursts);
	bench_sort(calls, n);
	printf("record(): mean of %d calls: median %.1f ns, best %.1f ns; single calls with the "
	       "clock: p50 %llu ns, p99 %llu ns\n",
	       BURST, (double)bench_percentile(means, n_bursts, 50) / 10, (double)means[0] / 10,
	       (unsigned long long)bench_percentile(calls, n, 50),
	       (unsigned long long)bench_percentile(calls, n, 99));
	writ_audit_close(audit);
	free(means);
	free(calls);
}

static double cpu_seconds(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* As fast as they are written. */
static void bench_sustained(uint64_t n, int synchronous)
{
	const struct writ_audit_options options = {.block_ms = 60000, .synchronous = synchronous};
	struct writ_audit *audit = open_log(&options);
	struct writ_sink sink = writ_audit_sink(audit);
	struct writ_audit_status status;
	uint64_t begin = bench_now_ns();
	double cpu = cpu_seconds();
	double seconds;

	for (uint64_t i = 0; i < n; i++)
		record_one(&sink, i);
	flush(audit);
	seconds = (double)(bench_now_ns() - begin) / 1e9;
	cpu = cpu_seconds() - cpu;
	writ_audit_status(audit, &status);
	printf("sustained, synchronous %s: %.0f records/s (%.2f us each, %.2f us of processor time "
	       "in all threads, %.0f a batch)\n",
	       synchronous ? "FULL" : "NORMAL", (double)n / seconds, seconds / (double)n * 1e6,
	       cpu / (double)n * 1e6, (double)n / (double)status.batches);
	writ_audit_close(audit);
}

static void *record_durably(void *audit)
{
	struct writ_sink sink = writ_audit_sink(audit);

	for (uint64_t i = 0; i < N_DURABLE; i++)
		record_one(&sink, i);
	return NULL;
}

static void bench_required(int n_threads)
{
	const struct writ_audit_options options = {.required = 1, .block_ms = 60000};
	struct writ_audit *audit = open_log(&options);
	pthread_t threads[64];
	uint64_t begin = bench_now_ns();
	double seconds;

	for (int i = 0; i < n_threads; i++)
		(void)pthread_create(&threads[i], NULL, record_durably, audit);
	for (int i = 0; i < n_threads; i++)
		(void)pthread_join(threads[i], NULL);
	seconds = (double)(bench_now_ns() - begin) / 1e9;
	printf("required, %d threads: %.0f records/s, %.0f us a call\n", n_threads,
	       N_DURABLE * n_threads / seconds, seconds / N_DURABLE * 1e6);
	writ_audit_close(audit);
}

static void bench_verify(void)
{
	struct writ_audit_verdict verdict;
	struct writ_audit_finding finding;
	struct writ_error error;
	uint64_t begin = bench_now_ns();

	if (writ_audit_verify(path, NULL, &verdict, &finding, &error))
		die(finding.text, &error);
	printf("verify: %.2f us a record\n",
	       (double)(bench_now_ns() - begin) / 1e3 / (double)verdict.records);
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 500000;

	if (argc < 2)
		return 2;
	(void)snprintf(path, sizeof(path), "%s/bench-audit.db", argv[1]);
	bench_call(n / 5);
	bench_sustained(n, 0);
	bench_verify();
	bench_sustained(n, 1);
	bench_required(1);
	bench_required(8);
	remove_log();
	return 0;
}
