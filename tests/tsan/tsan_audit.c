/*
 * The audit log under ThreadSanitizer: threads record through a small ring, to a log that waits,
 * one that drops and one that requires, while others flush, ask for the status and replace the
 * policy.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/writ_audit.h"

#define N_THREADS 4

static char path[] = "/tmp/writ-tsan-audit-XXXXXX/log";
static const char bundle[] = BUILD_DIR "/policies/dev-agent.wrt";
static uint32_t n_records;
static struct writ_audit *audit;
static struct writ_policy *policies[2];
static _Atomic uint64_t taken;

static void check(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "tsan_audit: %s\n", what);
	exit(1);
}

static void *record_many(void *context)
{
	struct writ_sink sink = writ_audit_sink(audit);
	uint64_t number = (uint64_t)(uintptr_t)context;

	for (uint32_t i = 0; i < n_records; i++) {
		const struct writ_arg args[] = {{.name = "path", .text = "/srv/x"}};
		const struct writ_event event = {
			.kind = i % 500 == 499 ? WRIT_EVENT_RELOAD : WRIT_EVENT_DECISION,
			.verdict = WRIT_ALLOW,
			.rule = i % 7 ? 0 : WRIT_NO_ID,
			.generation = 1 + i / 500,
			.policy = policies[(number + i / 100) % 2],
			.session = number,
			.tool = "t",
			.args = args,
			.n_args = 1,
		};

		if (!sink.record(sink.context, &event))
			atomic_fetch_add(&taken, 1);
	}
	return NULL;
}

static void *watch(void *unused)
{
	struct writ_audit_status status;
	struct writ_error error;

	for (int i = 0; i < 20; i++) {
		check(!writ_audit_flush(audit, &error), "a flush fails");
		writ_audit_status(audit, &status);
	}
	return unused;
}

static void run(const struct writ_audit_options *options, uint32_t n)
{
	struct writ_audit_status status;
	pthread_t threads[N_THREADS + 1];

	taken = 0;
	n_records = n;
	check(!writ_audit_open(path, options, &audit, NULL), "the log can't be opened");
	for (uintptr_t i = 0; i < N_THREADS; i++)
		(void)pthread_create(&threads[i], NULL, record_many, (void *)(i + 1));
	(void)pthread_create(&threads[N_THREADS], NULL, watch, NULL);
	for (int i = 0; i <= N_THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	check(!writ_audit_flush(audit, NULL), "the last flush fails");
	writ_audit_status(audit, &status);
	check(status.taken + status.dropped == taken && status.written == status.taken,
	      "records are missing");
	writ_audit_close(audit);
}

int main(void)
{
	const struct writ_audit_options wait = {.ring_bytes = WRIT_AUDIT_MIN_RING,
						.block_ms = 60000};
	const struct writ_audit_options drop = {.ring_bytes = WRIT_AUDIT_MIN_RING,
						.full = WRIT_AUDIT_DROP};
	const struct writ_audit_options require = {.required = 1, .block_ms = 60000};
	const struct writ_options any = {.stand_ins = 1, .examine = 1};
	struct writ_audit_verdict verdict;
	struct writ_audit_finding finding;
	char command[128];
	char *end = strrchr(path, '/');

	*end = '\0';
	check(mkdtemp(path) != NULL, "no directory");
	(void)snprintf(command, sizeof(command), "rm -rf %s", path);
	*end = '/';
	for (int i = 0; i < 2; i++)
		check(!writ_open(bundle, &any, &policies[i], NULL), "no policy");
	run(&wait, 1500);
	run(&drop, 1500);
	run(&require, 100);
	check(!writ_audit_verify(path, NULL, &verdict, &finding, NULL), "the log is not whole");
	writ_close(policies[0]);
	writ_close(policies[1]);
	check(!system(command), "the directory stays");
	(void)printf("tsan_audit: %llu records\n", (unsigned long long)verdict.records);
	return 0;
}
