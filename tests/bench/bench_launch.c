/*
 * How long it takes to start a program and see it end.
 *
 *	bench_launch WRIT BUNDLE SANDBOX [--param NAME=VALUE]... [--rounds N] [--heap MIB]
 *		     [--pause MS] [--brief]
 *
 * Starts /bin/true in each of several ways, in turn, so that whatever else the machine does falls
 *on all of them alike. Prints the median, the 99th percentile and the ratio of the medians to
 *posix_spawn's. With
 * --heap the parent holds that much memory, touched: a launcher that copied page tables would show.
 * --pause waits so long before each: what the kernel still has at hand from the one before is gone.
 * --brief prints the medians of posix_spawn, writ_spawn and `writ run` in microseconds, for the
 *demo.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "runtime/writ.h"

#define COMMAND        "/bin/true"
#define MAX_PARAMS     8
#define MAX_ROUNDS     20000
#define DEFAULT_ROUNDS 500
#define WARM_UP        20

extern char **environ;

struct bench {
	const char *writ;
	const char *bundle;
	const char *sandbox_name;
	struct writ_param params[MAX_PARAMS];
	char *param_words[MAX_PARAMS];
	size_t n_params;
	unsigned rounds;
	unsigned heap_mib;
	unsigned pause_ms;
	bool brief;
	struct writ_sandbox *sandbox;
	char **writ_argv;
	posix_spawn_file_actions_t quiet;
};

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_launch: %s: %s\n", what, why);
	exit(1);
}

/* Standard streams are /dev/null in every way of starting, so that all do the same work. */
static void spawn_and_wait(struct bench *bench, char **argv)
{
	pid_t pid;
	int status;

	if (posix_spawn(&pid, argv[0], &bench->quiet, NULL, argv, environ) ||
	    waitpid(pid, &status, 0) != pid || status)
		fail(argv[0], "could not be started, or failed");
}

static void by_posix_spawn(struct bench *bench)
{
	static char *argv[] = {COMMAND, NULL};

	spawn_and_wait(bench, argv);
}

static void by_writ_spawn(struct bench *bench)
{
	static const char *const argv[] = {COMMAND, NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process;
	struct writ_result result;
	struct writ_error error;

	if (writ_spawn(bench->sandbox, &launch, &process, &error) ||
	    writ_wait(&process, &result, &error))
		fail("writ_spawn", error.text);
	if (result.end != WRIT_EXITED || result.status)
		fail("writ_spawn", COMMAND " failed");
}

static void by_writ_run(struct bench *bench)
{
	spawn_and_wait(bench, bench->writ_argv);
}

static void by_bwrap(struct bench *bench)
{
	static char *argv[] = {
		"/usr/bin/bwrap", "--unshare-all", "--ro-bind", "/", "/", COMMAND, NULL};

	spawn_and_wait(bench, argv);
}

struct way {
	const char *name;
	const char *needs; /* a program, or NULL */
	void (*run)(struct bench *bench);
	uint64_t samples[MAX_ROUNDS];
	bool skipped;
};

static struct way ways[] = {
	{.name = "posix_spawn", .run = by_posix_spawn},
	{.name = "writ_spawn", .run = by_writ_spawn},
	{.name = "writ run", .run = by_writ_run},
	{.name = "bwrap", .needs = "/usr/bin/bwrap", .run = by_bwrap},
};
#define N_WAYS (sizeof(ways) / sizeof(*ways))

static void measure(struct bench *bench)
{
	for (unsigned round = 0; round < bench->rounds + WARM_UP; round++) {
		for (size_t i = 0; i < N_WAYS; i++) {
			if (ways[i].skipped)
				continue;
			(void)usleep(bench->pause_ms * 1000);
			uint64_t start = bench_now_ns();

			ways[i].run(bench);
			if (round >= WARM_UP)
				ways[i].samples[round - WARM_UP] = bench_now_ns() - start;
		}
	}
	for (size_t i = 0; i < N_WAYS; i++)
		bench_sort(ways[i].samples, bench->rounds);
}

static double median_us(const struct bench *bench, size_t way)
{
	return (double)bench_percentile(ways[way].samples, bench->rounds, 50) / 1000;
}

static void print_table(const struct bench *bench)
{
	printf("start and end of %s, %u rounds, a parent with %u MiB of heap", COMMAND,
	       bench->rounds, bench->heap_mib);
	if (bench->pause_ms)
		printf(", %u ms between launches", bench->pause_ms);
	putchar('\n');
	printf("%-12s %10s %10s %8s\n", "way", "median us", "p99 us", "ratio");
	for (size_t i = 0; i < N_WAYS; i++) {
		if (ways[i].skipped) {
			printf("%-12s %10s\n", ways[i].name, "absent");
			continue;
		}
		printf("%-12s %10.0f %10.0f %8.2f\n", ways[i].name, median_us(bench, i),
		       (double)bench_percentile(ways[i].samples, bench->rounds, 99) / 1000,
		       median_us(bench, i) / median_us(bench, 0));
	}
}

static void add_param(struct bench *bench, char *word)
{
	char *copy = strdup(word);
	char *value = copy ? strchr(copy, '=') : NULL;

	if (!value || bench->n_params == MAX_PARAMS)
		fail(word, "not a parameter, or one too many");
	*value++ = '\0';
	bench->params[bench->n_params] = (struct writ_param){.name = copy, .value = value};
	bench->param_words[bench->n_params++] = word;
}

/* What `writ run` is called with. */
static void build_command(struct bench *bench)
{
	const char *const head[] = {bench->writ,   "run",       "-p",
				    bench->bundle, "--sandbox", bench->sandbox_name};
	char **argv = calloc(6 + 2 * bench->n_params + 3, sizeof(*argv));
	size_t n = 0;

	if (!argv)
		fail("calloc", "out of memory");
	for (; n < 6; n++)
		argv[n] = strdup(head[n]);
	for (size_t i = 0; i < bench->n_params; i++) {
		argv[n++] = strdup("--param");
		argv[n++] = bench->param_words[i];
	}
	argv[n++] = strdup("--");
	argv[n] = strdup(COMMAND);
	bench->writ_argv = argv;
}

static void prepare(struct bench *bench)
{
	struct writ_options options = {.params = bench->params, .n_params = bench->n_params};
	struct writ_policy *policy;
	struct writ_error error;

	if (writ_open(bench->bundle, &options, &policy, &error) ||
	    writ_sandbox_open(policy,
			      writ_sandbox_id(policy, bench->sandbox_name,
					      strlen(bench->sandbox_name)),
			      &bench->sandbox, &error))
		fail(bench->bundle, error.text);
	writ_close(policy);
	posix_spawn_file_actions_init(&bench->quiet);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&bench->quiet, fd, "/dev/null", O_RDWR, 0);
	build_command(bench);
	for (size_t i = 0; i < N_WAYS; i++)
		ways[i].skipped = ways[i].needs && (bench->brief || access(ways[i].needs, X_OK));
}

static void grow_heap(unsigned mib)
{
	size_t size = (size_t)mib << 20;
	char *heap;

	if (!size)
		return;
	heap = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (heap == MAP_FAILED)
		fail("--heap", "out of memory");
	for (size_t at = 0; at < size; at += 4096)
		heap[at] = 1;
}

static bool parse(struct bench *bench, int argc, char **argv)
{
	if (argc < 4)
		return false;
	bench->writ = argv[1];
	bench->bundle = argv[2];
	bench->sandbox_name = argv[3];
	bench->rounds = DEFAULT_ROUNDS;
	for (int i = 4; i < argc; i++) {
		if (!strcmp(argv[i], "--brief"))
			bench->brief = true;
		else if (!strcmp(argv[i], "--param") && i + 1 < argc)
			add_param(bench, argv[++i]);
		else if (!strcmp(argv[i], "--rounds") && i + 1 < argc)
			bench->rounds = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--heap") && i + 1 < argc)
			bench->heap_mib = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--pause") && i + 1 < argc)
			bench->pause_ms = (unsigned)strtoul(argv[++i], NULL, 10);
		else
			return false;
	}
	return bench->rounds > 0 && bench->rounds <= MAX_ROUNDS;
}

int main(int argc, char **argv)
{
	static struct bench bench;

	if (!parse(&bench, argc, argv)) {
		fprintf(stderr, "usage: bench_launch WRIT BUNDLE SANDBOX [--param NAME=VALUE]... "
				"[--rounds N] [--heap MIB] [--pause MS] [--brief]\n");
		return 2;
	}
	prepare(&bench);
	grow_heap(bench.heap_mib);
	measure(&bench);
	if (bench.brief)
		printf("%.0f %.0f %.0f\n", median_us(&bench, 0), median_us(&bench, 1),
		       median_us(&bench, 2));
	else
		print_table(&bench);
	writ_sandbox_close(bench.sandbox);
	return 0;
}
