/*
 * What a decision costs when there is more to it than the policy.
 *
 *	bench_monitor BUNDLE ROLES TOOLS
 *
 * BUNDLE is genpolicy's, of so many. Calls are by names, in no order: of the policy alone, each
 * user asking for 256; of open sessions, without and with a sink that copies 256 bytes; and while
 * another thread reloads without a pause: then also the longest time that a call took, and that
 * none was without a decision. Opening a session, too. Mean of the best of several rounds; of what
 * happens beside reloads, percentiles.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "bench.h"
#include "runtime/writ_monitor.h"

#define ROUNDS   7
#define CALLS    200000u
#define SESSIONS 256u
#define NAME     48
#define RELOADED 2000000u
#define FIRSTS   4096u

static char tools[4096][NAME];
static size_t n_tools;
static size_t n_roles;

static void die(const char *what, const struct writ_error *error)
{
	fprintf(stderr, "bench_monitor: %s: %s\n", what, error ? error->text : "");
	exit(1);
}

static void name_user(char user[NAME], uint64_t number)
{
	snprintf(user, NAME, "user%u.%u", (unsigned)(number % n_roles), (unsigned)(number % 10));
}

/* ---- a sink that does what any must ---- */

struct ring {
	char bytes[1024][256];
	atomic_uint next;
};

static int copy_event(void *context, const struct writ_event *event)
{
	struct ring *ring = context;
	char *to = ring->bytes[atomic_fetch_add(&ring->next, 1) % 1024];

	memcpy(to, event, sizeof(*event));
	return 0;
}

/* ---- rounds ---- */

static uint64_t check_alone(const struct writ_policy *policy, uint64_t *state)
{
	uint64_t begin = bench_now_ns();
	char user[NAME];
	uint64_t allowed = 0;

	for (unsigned i = 0; i < CALLS; i++) {
		uint64_t random = bench_random(state);
		struct writ_decision decision;

		if (i % 256 == 0)
			name_user(user, random);
		allowed += writ_check(policy,
				      &(struct writ_request){.user = user,
							     .tool = tools[random % n_tools]},
				      &decision) == WRIT_ALLOW;
	}
	(void)allowed;
	return bench_now_ns() - begin;
}

static uint64_t check_sessions(struct writ_session *const *sessions, uint64_t *state)
{
	uint64_t begin = bench_now_ns();
	uint64_t allowed = 0;

	for (unsigned i = 0; i < CALLS; i++) {
		uint64_t random = bench_random(state);
		struct writ_decision decision;

		allowed += writ_session_check(sessions[(random >> 32) % SESSIONS],
					      &(struct writ_call){.tool = tools[random % n_tools]},
					      &decision) == WRIT_ALLOW;
	}
	(void)allowed;
	return bench_now_ns() - begin;
}

static struct writ_monitor *open_monitor(const char *path, const struct writ_sink *sink)
{
	const struct writ_monitor_options options = {.state = WRIT_STATE_PRIVATE, .sink = sink};
	struct writ_monitor *monitor;
	struct writ_error error;

	if (writ_monitor_open(path, &options, &monitor, &error))
		die(path, &error);
	return monitor;
}

static uint64_t open_sessions(struct writ_monitor *monitor, struct writ_session **sessions)
{
	uint64_t begin = bench_now_ns();
	struct writ_error error;
	char user[NAME];

	for (unsigned i = 0; i < SESSIONS; i++) {
		name_user(user, i * 7919u);
		if (writ_session_open(monitor, &(struct writ_subject){.user = user}, &sessions[i],
				      &error))
			die(user, &error);
	}
	return bench_now_ns() - begin;
}

static void close_sessions(struct writ_session **sessions)
{
	for (unsigned i = 0; i < SESSIONS; i++)
		writ_session_close(sessions[i]);
}

/* ---- beside reloads ---- */

struct reloading {
	struct writ_monitor *monitor;
	atomic_bool stop;
	unsigned n;
};

static void *reload(void *context)
{
	struct reloading *reloading = context;
	struct writ_error error;

	while (!atomic_load(&reloading->stop)) {
		if (writ_reload(reloading->monitor, &error))
			die("reload", &error);
		reloading->n++;
	}
	return NULL;
}

/* How many calls were made a second, with their clock, and how many of them took over 50 us. */
static void print_rate(const uint64_t *times, uint64_t ns)
{
	unsigned stalled = 0;

	for (unsigned i = 0; i < RELOADED; i++)
		stalled += times[i] > 50000;
	printf("%-28s %.1f million; over 50 us: %u of %u\n", "  calls a second",
	       (double)RELOADED / (double)ns * 1e3, stalled, RELOADED);
}

static void print_times(const char *what, uint64_t *times)
{
	bench_sort(times, RELOADED);
	printf("%-28s p50 %5llu  p99 %5llu  p99.9 %6llu  p99.99 %7llu  longest %9llu ns\n", what,
	       (unsigned long long)times[RELOADED / 2],
	       (unsigned long long)times[RELOADED - RELOADED / 100],
	       (unsigned long long)times[RELOADED - RELOADED / 1000],
	       (unsigned long long)times[RELOADED - RELOADED / 10000],
	       (unsigned long long)times[RELOADED - 1]);
}

static void time_calls(struct writ_session *session, uint64_t *times, const char *what)
{
	uint64_t state = 1;
	uint32_t generation = 0;
	uint64_t first[FIRSTS];
	uint64_t start = bench_now_ns();
	unsigned changes = 0;

	for (unsigned i = 0; i < RELOADED; i++) {
		const char *tool = tools[bench_random(&state) % n_tools];
		uint64_t begin = bench_now_ns();
		struct writ_decision decision = {.generation = 0};
		enum writ_verdict verdict =
			writ_session_check(session, &(struct writ_call){.tool = tool}, &decision);

		times[i] = bench_now_ns() - begin;
		if (decision.generation < generation || (int)verdict < 0)
			die("a call without a decision", NULL);
		if (decision.generation != generation && i > 0)
			first[changes++ % FIRSTS] = times[i];
		generation = decision.generation;
	}
	start = bench_now_ns() - start;
	print_times(what, times);
	print_rate(times, start);
	if (changes == 0 || changes > FIRSTS)
		return;
	bench_sort(first, changes);
	printf("%-28s %u, p50 %llu, longest %llu ns\n", "  the first of a version", changes,
	       (unsigned long long)first[changes / 2], (unsigned long long)first[changes - 1]);
}

static void bench_reloads(const char *path)
{
	struct reloading reloading = {.monitor = open_monitor(path, NULL)};
	uint64_t *times = calloc(RELOADED, sizeof(*times));
	struct writ_session *session;
	struct writ_error error;
	pthread_t thread;

	if (!times ||
	    writ_session_open(reloading.monitor, &(struct writ_subject){.user = "user1.1"},
			      &session, &error))
		die("user1.1", &error);
	time_calls(session, times, "call, no reload");
	if (pthread_create(&thread, NULL, reload, &reloading))
		die("pthread_create", NULL);
	time_calls(session, times, "call beside reloads");
	atomic_store(&reloading.stop, true);
	pthread_join(thread, NULL);
	printf("%-28s %u\n", "reloads", reloading.n);
	writ_session_close(session);
	writ_monitor_close(reloading.monitor);
	free(times);
}

/* ---- all ---- */

struct best {
	uint64_t alone, session, sunk, open;
};

static void least(uint64_t *best, uint64_t ns)
{
	if (!*best || ns < *best)
		*best = ns;
}

static void print_mean(const char *what, uint64_t ns, unsigned n)
{
	printf("%-28s %8.1f ns\n", what, (double)ns / n);
}

static void bench_checks(const char *path)
{
	static struct ring ring;
	const struct writ_sink sink = {copy_event, &ring};
	struct writ_monitor *monitors[2] = {open_monitor(path, NULL), open_monitor(path, &sink)};
	struct writ_session *sessions[2][SESSIONS];
	struct best best = {0, 0, 0, 0};
	struct writ_policy *policy;
	struct writ_error error;
	uint64_t state = 1;

	if (writ_open(path, &(struct writ_options){.examine = 1}, &policy, &error))
		die(path, &error);
	for (int round = 0; round < ROUNDS; round++) {
		least(&best.open, open_sessions(monitors[0], sessions[0]));
		(void)open_sessions(monitors[1], sessions[1]);
		least(&best.alone, check_alone(policy, &state));
		least(&best.session, check_sessions(sessions[0], &state));
		least(&best.sunk, check_sessions(sessions[1], &state));
		close_sessions(sessions[0]);
		close_sessions(sessions[1]);
	}
	print_mean("writ_check by names", best.alone, CALLS);
	print_mean("session, tool by name", best.session, CALLS);
	print_mean("the same, recorded", best.sunk, CALLS);
	print_mean("writ_session_open", best.open, SESSIONS);
	writ_close(policy);
	writ_monitor_close(monitors[0]);
	writ_monitor_close(monitors[1]);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		die("usage: bench_monitor BUNDLE ROLES TOOLS", NULL);
	n_roles = strtoul(argv[2], NULL, 10);
	n_tools = strtoul(argv[3], NULL, 10);
	if (n_roles == 0 || n_tools == 0 || n_tools > sizeof(tools) / sizeof(tools[0]))
		die("roles from 1 on, tools 1 to 4096", NULL);
	for (size_t i = 0; i < n_tools; i++)
		snprintf(tools[i], sizeof(tools[i]), "family%zu_tool%zu", i / 20, i);
	bench_checks(argv[1]);
	bench_reloads(argv[1]);
	return 0;
}
