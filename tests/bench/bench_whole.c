/*
 * The whole of what stands before a tool call: a decision by names in an open session, a call taken
 * out of the rule's rate, and the record in the audit log, and what each of them adds. Prints a
 * table.
 *
 *	bench_whole [--mean] BUNDLE RATES-BUNDLE ROLES TOOLS DIRECTORY
 *
 * With --mean only that of a call with a rate and a record, for a table with others.
 * Every call is one that is allowed, so that it has a rate to be taken from. Calls come in bursts
 * that the log's ring has room for, and its writer works at the same time.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "runtime/writ_audit.h"
#include "runtime/writ_monitor.h"

#define SESSIONS 256
#define PAIRS    (1u << 12)
#define WARM     2000 /* calls that are not timed: the writer has had the caches */
#define BURST    8000
#define SINGLE   500 /* calls of a round that are timed one by one */
#define ROUNDS   100
#define NAME     64
#define N_CASES  4

static char users[SESSIONS][NAME];
static char tools[4096][NAME];
static unsigned n_roles, n_tools;

/* A session, and a tool that it may call. */
static struct pair {
	unsigned session;
	unsigned tool;
} pairs[PAIRS];

/* One way to ask, and what it took. */
struct whole {
	const char *what;
	int rates;
	int recorded;
	struct writ_monitor *monitor;
	struct writ_session *sessions[SESSIONS];
	uint64_t bursts[ROUNDS];
	uint64_t calls[ROUNDS * SINGLE];
};

static struct whole cases[N_CASES] = {
	{.what = "decision by names"},
	{.what = "with a rate", .rates = 1},
	{.what = "with a record", .recorded = 1},
	{.what = "with a rate and a record", .rates = 1, .recorded = 1},
};

static void die(const char *what, const struct writ_error *error)
{
	(void)fprintf(stderr, "bench_whole: %s: %s\n", what, error ? error->text : "");
	exit(1);
}

static void name_all(void)
{
	for (unsigned i = 0; i < SESSIONS; i++)
		(void)snprintf(users[i], NAME, "user%u.%u", i * 7919u % n_roles, i % 10);
	for (unsigned i = 0; i < n_tools; i++)
		(void)snprintf(tools[i], NAME, "family%u_tool%u", i / 20, i);
}

static void find_pairs(const char *bundle)
{
	struct writ_policy *policy;
	struct writ_error error;
	uint64_t state = 1;

	if (writ_open(bundle, NULL, &policy, &error))
		die(bundle, &error);
	for (unsigned i = 0; i < PAIRS;) {
		uint64_t random = bench_random(&state);
		struct pair pair = {(unsigned)(random >> 32) % SESSIONS,
				    (unsigned)random % n_tools};
		struct writ_request request = {.user = users[pair.session],
					       .tool = tools[pair.tool]};

		if (writ_check(policy, &request, NULL) == WRIT_ALLOW)
			pairs[i++] = pair;
	}
	writ_close(policy);
}

static void open_case(struct whole *whole, const char *bundle, const struct writ_sink *sink)
{
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE,
						     .sink = whole->recorded ? sink : NULL};
	struct writ_error error;

	if (writ_monitor_open(bundle, &options, &whole->monitor, &error))
		die(bundle, &error);
	for (unsigned i = 0; i < SESSIONS; i++) {
		if (writ_session_open(whole->monitor, &(struct writ_subject){.user = users[i]},
				      &whole->sessions[i], &error))
			die(users[i], &error);
	}
}

static void close_case(struct whole *whole)
{
	for (unsigned i = 0; i < SESSIONS; i++)
		writ_session_close(whole->sessions[i]);
	writ_monitor_close(whole->monitor);
}

static void call(const struct whole *whole, unsigned i)
{
	const struct pair *pair = &pairs[i % PAIRS];

	if (writ_session_check(whole->sessions[pair->session],
			       &(struct writ_call){.tool = tools[pair->tool]}, NULL) != WRIT_ALLOW)
		die("a call was not allowed", NULL);
}

static void flush(struct writ_audit *audit)
{
	struct writ_error error;

	if (writ_audit_flush(audit, &error))
		die("the log", &error);
}

/* A burst timed as one, and a few calls one by one. */
static void run(struct whole *whole, unsigned round, struct writ_audit *audit)
{
	unsigned first = round * BURST;
	uint64_t begin;

	for (unsigned i = 0; i < WARM; i++)
		call(whole, first + i);
	begin = bench_now_ns();
	for (unsigned i = 0; i < BURST; i++)
		call(whole, first + i);
	whole->bursts[round] = bench_now_ns() - begin;
	for (unsigned i = 0; i < SINGLE; i++) {
		begin = bench_now_ns();
		call(whole, first + i);
		whole->calls[round * SINGLE + i] = bench_now_ns() - begin;
	}
	flush(audit);
}

static void print(struct whole *whole)
{
	size_t n = sizeof(whole->calls) / sizeof(whole->calls[0]);

	bench_sort(whole->bursts, ROUNDS);
	bench_sort(whole->calls, n);
	printf("%-28s %9.1f %9.1f %9llu %9llu\n", whole->what,
	       (double)bench_percentile(whole->bursts, ROUNDS, 50) / BURST,
	       (double)whole->bursts[0] / BURST,
	       (unsigned long long)bench_percentile(whole->calls, n, 50),
	       (unsigned long long)bench_percentile(whole->calls, n, 99));
}

static void print_all(void)
{
	printf("%u roles, %u tools: ns a call    mean      best       p50       p99 (with the "
	       "clock)\n",
	       n_roles, n_tools);
	for (unsigned i = 0; i < N_CASES; i++)
		print(&cases[i]);
}

static void print_mean(struct whole *whole)
{
	bench_sort(whole->bursts, ROUNDS);
	printf("%.1f\n", (double)bench_percentile(whole->bursts, ROUNDS, 50) / BURST);
}

static void remove_log(const char *log)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-key", "-writers"};
	char file[4200];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", log, ends[i]);
		(void)unlink(file);
	}
}

int main(int argc, char **argv)
{
	struct writ_audit *audit;
	struct writ_error error;
	struct writ_sink sink;
	char log[4096];

	bool only_mean = argc > 1 && strcmp(argv[1], "--mean") == 0;

	argv += only_mean;
	if (argc != 6 + only_mean)
		die("usage: bench_whole [--mean] BUNDLE RATES-BUNDLE ROLES TOOLS DIRECTORY", NULL);
	n_roles = (unsigned)strtoul(argv[3], NULL, 10);
	n_tools = (unsigned)strtoul(argv[4], NULL, 10);
	if (!n_roles || !n_tools || n_tools > sizeof(tools) / sizeof(tools[0]))
		die("roles from 1 on, tools 1 to 4096", NULL);
	(void)snprintf(log, sizeof(log), "%s/bench-whole.db", argv[5]);
	remove_log(log);
	if (writ_audit_open(log, NULL, &audit, &error))
		die(log, &error);
	sink = writ_audit_sink(audit);
	name_all();
	find_pairs(argv[1]);
	for (unsigned i = 0; i < N_CASES; i++)
		open_case(&cases[i], argv[cases[i].rates ? 2 : 1], &sink);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < N_CASES; i++)
			run(&cases[i], round, audit);
	}
	if (only_mean)
		print_mean(&cases[N_CASES - 1]);
	else
		print_all();
	for (unsigned i = 0; i < N_CASES; i++)
		close_case(&cases[i]);
	writ_audit_close(audit);
	remove_log(log);
	return 0;
}
