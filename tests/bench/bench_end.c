/*
 * How soon everything that a launch has started is gone.
 *
 *	bench_end WRIT BUNDLE BIN [--runs N]
 *
 * BIN/tree is started as each of its kinds, and ended in each of several ways, in turn. The time is
 * from the moment of the cause to the one when nothing is left: orphans become our children
 * (PR_SET_CHILD_SUBREAPER), so that is when we have none. Prints the median, the 99th percentile
 * and the longest, in milliseconds.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "runtime/writ.h"

#define MAX_RUNS     2000
#define DEFAULT_RUNS 200
#define PATH_BYTES   4200
#define WALL_NS      50000000u /* of the sandbox 'brief' */
#define GIVE_UP_NS   5000000000u
#define PAUSE_US     50

extern char **environ;

static const char *const kinds[] = {"alone", "daemons", "deaf", "stopped", "threads", "bomb"};
#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

struct bench {
	const char *writ;
	const char *bundle;
	char bin[PATH_BYTES];
	char room[PATH_BYTES];
	char tree[PATH_BYTES];
	unsigned runs;
	struct writ_sandbox *light;
	struct writ_sandbox *brief; /* with a short wall limit */
};

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_end: %s: %s\n", what, why);
	exit(1);
}

/* Until we have no child; when that was. */
static uint64_t wait_for_all(void)
{
	uint64_t begin = bench_now_ns();

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0)
			return bench_now_ns();
		if (pid == 0)
			(void)usleep(PAUSE_US);
		if (bench_now_ns() - begin > GIVE_UP_NS)
			fail("a launch", "does not end");
	}
}

static void wait_until_ready(int ready)
{
	char byte;

	if (read(ready, &byte, 1) != 1)
		fail("tree", "did not start");
	(void)close(ready);
}

static struct writ_process *spawn(const struct bench *bench, const struct writ_sandbox *sandbox,
				  const char *kind, int *ready)
{
	const char *const argv[] = {bench->tree, kind, NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}, .die_with_caller = 1};
	struct writ_process *process = NULL;
	struct writ_error error;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		fail("pipe", "no descriptors");
	launch.stdio[1] = ends[1];
	if (writ_spawn(sandbox, &launch, &process, &error))
		fail("writ_spawn", error.text);
	(void)close(ends[1]);
	*ready = ends[0];
	return process;
}

static void wait_for(struct writ_process *process)
{
	struct writ_result result;
	struct writ_error error;

	if (writ_wait(&process, &result, &error))
		fail("writ_wait", error.text);
}

static uint64_t by_wall(const struct bench *bench, const char *kind)
{
	uint64_t begin = bench_now_ns();
	int ready;
	struct writ_process *process = spawn(bench, bench->brief, kind, &ready);
	uint64_t end;

	wait_for(process);
	end = wait_for_all();
	(void)close(ready);
	return end - begin > WALL_NS ? end - begin - WALL_NS : 0;
}

static uint64_t by_kill(const struct bench *bench, const char *kind)
{
	int ready;
	struct writ_process *process = spawn(bench, bench->light, kind, &ready);
	uint64_t begin;

	wait_until_ready(ready);
	begin = bench_now_ns();
	writ_kill(process);
	wait_for(process);
	return wait_for_all() - begin;
}

/* Beside a fork bomb also one that is killed waits for a processor before it ends. */
static void end_command(pid_t pid)
{
	struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	if (end.fd < 0)
		fail("pidfd_open", "no descriptor of the command");
	(void)kill(pid, SIGKILL);
	if (poll(&end, 1, -1) != 1)
		fail("poll", "the command does not end");
	(void)close(end.fd);
}

/* The command itself has ended; what it has started has not. */
static uint64_t by_end(const struct bench *bench, const char *kind)
{
	int ready;
	struct writ_process *process = spawn(bench, bench->light, kind, &ready);
	uint64_t begin;

	wait_until_ready(ready);
	end_command(writ_process_pid(process));
	begin = bench_now_ns();
	wait_for(process);
	return wait_for_all() - begin;
}

static uint64_t by_killed_runtime(const struct bench *bench, const char *kind)
{
	const char *const words[] = {bench->writ, "run",       "-p",      bench->bundle,
				     "--sandbox", "light",     "--param", bench->bin,
				     "--param",   bench->room, "--",      bench->tree,
				     kind,        NULL};
	char *argv[sizeof(words) / sizeof(*words)];
	posix_spawn_file_actions_t actions;
	uint64_t begin;
	pid_t pid;
	int ends[2];

	/* posix_spawn's prototype lacks the const that it keeps. */
	memcpy(argv, words, sizeof(argv));
	if (pipe2(ends, O_CLOEXEC))
		fail("pipe", "no descriptors");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	if (posix_spawn(&pid, bench->writ, &actions, NULL, argv, environ))
		fail(bench->writ, "can't be started");
	posix_spawn_file_actions_destroy(&actions);
	(void)close(ends[1]);
	wait_until_ready(ends[0]);
	begin = bench_now_ns();
	(void)kill(pid, SIGKILL);
	return wait_for_all() - begin;
}

static struct cause {
	const char *name;
	uint64_t (*run)(const struct bench *bench, const char *kind);
	uint64_t samples[N_KINDS][MAX_RUNS];
} causes[] = {
	{.name = "wall limit", .run = by_wall},
	{.name = "writ_kill", .run = by_kill},
	{.name = "command ends", .run = by_end},
	{.name = "writ killed", .run = by_killed_runtime},
};
#define N_CAUSES (sizeof(causes) / sizeof(*causes))

static void measure(const struct bench *bench)
{
	for (unsigned run = 0; run < bench->runs; run++) {
		for (size_t k = 0; k < N_KINDS; k++) {
			for (size_t c = 0; c < N_CAUSES; c++)
				causes[c].samples[k][run] = causes[c].run(bench, kinds[k]);
		}
	}
}

static double ms_at(const uint64_t *samples, unsigned runs, unsigned percent)
{
	return (double)bench_percentile(samples, runs, percent) / 1e6;
}

static void print_table(const struct bench *bench)
{
	printf("from the cause to the end of all, ms: median, p99, longest of %u\n%-8s",
	       bench->runs, "");
	for (size_t c = 0; c < N_CAUSES; c++)
		printf("  %20s", causes[c].name);
	for (size_t k = 0; k < N_KINDS; k++) {
		printf("\n%-8s", kinds[k]);
		for (size_t c = 0; c < N_CAUSES; c++) {
			uint64_t *samples = causes[c].samples[k];

			bench_sort(samples, bench->runs);
			printf("  %6.1f %6.1f %6.1f", ms_at(samples, bench->runs, 50),
			       ms_at(samples, bench->runs, 99), ms_at(samples, bench->runs, 100));
		}
	}
	putchar('\n');
}

static struct writ_sandbox *open_sandbox(const struct writ_policy *policy, const char *name)
{
	struct writ_sandbox *sandbox = NULL;
	struct writ_error error;

	if (writ_sandbox_open(policy, writ_sandbox_id(policy, name, strlen(name)), &sandbox,
			      &error))
		fail(name, error.text);
	return sandbox;
}

static void prepare(struct bench *bench, const char *bin)
{
	const struct writ_param params[] = {{.name = "bin", .value = bin},
					    {.name = "room", .value = bin}};
	const struct writ_options options = {.params = params, .n_params = 2};
	struct writ_policy *policy;
	struct writ_error error;

	(void)snprintf(bench->bin, sizeof(bench->bin), "bin=%.4000s", bin);
	(void)snprintf(bench->room, sizeof(bench->room), "room=%.4000s", bin);
	(void)snprintf(bench->tree, sizeof(bench->tree), "%.4000s/tree", bin);
	if (writ_open(bench->bundle, &options, &policy, &error))
		fail(bench->bundle, error.text);
	bench->light = open_sandbox(policy, "light");
	bench->brief = open_sandbox(policy, "brief");
	writ_close(policy);
}

int main(int argc, char **argv)
{
	static struct bench bench = {.runs = DEFAULT_RUNS};

	if (argc == 6 && !strcmp(argv[4], "--runs"))
		bench.runs = (unsigned)strtoul(argv[5], NULL, 10);
	if ((argc != 4 && argc != 6) || bench.runs < 1 || bench.runs > MAX_RUNS) {
		fprintf(stderr, "usage: bench_end WRIT BUNDLE BIN [--runs N]\n");
		return 2;
	}
	bench.writ = argv[1];
	bench.bundle = argv[2];
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
	prepare(&bench, argv[3]);
	measure(&bench);
	print_table(&bench);
	return 0;
}
