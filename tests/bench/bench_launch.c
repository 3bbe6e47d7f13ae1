/*
 * How long it takes to start a program and see it end.
 *
 *	bench_launch WRIT BUNDLE SANDBOX[,SANDBOX]... [--param NAME=VALUE]... [--rounds N] [--heap
 *MIB]
 *		     [--pause MS] [--brief]
 *
 * Starts /bin/true in each of several ways, in turn, so that whatever else the machine does falls
 * on all of them alike: plainly, by libwrit and by writ in each sandbox, and by other launchers.
 * Prints the median, the 99th percentile and the ratio of the medians to posix_spawn's; the 5th
 * percentile, of launches that nothing else came in the way of, and the ratio of these; the same of
 * the processor time of all that took part, which waiting for a processor is not in, but what a
 * zygote's child did beforehand is; and how many launches a second one thread makes, with the time
 * that making a zygote's children takes, which is in no other number but processor time.
 * With --heap the parent holds that much memory, touched: a launcher that copied page tables would
 * show.
 * --pause waits so long before each: what the kernel still has at hand from the one before is gone.
 * --brief prints the medians of posix_spawn, writ_spawn and `writ run` in microseconds, for the
 * demo.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "runtime/writ.h"

#define COMMAND        "/bin/true"
#define MAX_PARAMS     8
#define MAX_SANDBOXES  5
#define MAX_WAYS       (3 + 3 * MAX_SANDBOXES)
#define ZYGOTE         4 /* children that wait */
#define NAME_BYTES     32
#define MAX_ROUNDS     20000
#define DEFAULT_ROUNDS 500
#define WARM_UP        20

/* What the sandbox 'bench' of bench.writ grants, more or less. */
#define SANDBOXER_READ  "/usr:/bin:/lib:/lib64:/etc/ld.so.cache:/dev/urandom"
#define SANDBOXER_WRITE "/tmp:/dev/null"

extern char **environ;

struct bench {
	const char *writ;
	const char *bundle;
	char *sandbox_names;
	struct writ_param params[MAX_PARAMS];
	char *param_words[MAX_PARAMS];
	size_t n_params;
	unsigned rounds;
	unsigned heap_mib;
	unsigned pause_ms;
	bool brief;
	posix_spawn_file_actions_t quiet;
};

/* Of starting the command. */
struct way {
	char name[NAME_BYTES];
	void (*run)(struct bench *bench, const struct way *way);
	char **argv;                  /* of a program that starts it */
	struct writ_sandbox *sandbox; /* or what libwrit starts it in */
	struct writ_zygote *zygote;   /* or by whom; refilled between measurements */
	bool skipped;
	uint64_t samples[MAX_ROUNDS];
	uint64_t cpu[MAX_ROUNDS];
};

static struct way ways[MAX_WAYS];
static size_t n_ways;

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

static void by_program(struct bench *bench, const struct way *way)
{
	spawn_and_wait(bench, way->argv);
}

static void by_writ_spawn(struct bench *bench, const struct way *way)
{
	static const char *const argv[] = {COMMAND, NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_process *process;
	struct writ_result result;
	struct writ_error error;
	int rc;

	(void)bench;
	rc = way->zygote ? writ_zygote_spawn(way->zygote, &launch, &process, &error)
			 : writ_spawn(way->sandbox, &launch, &process, &error);
	if (rc || writ_wait(&process, &result, &error))
		fail("writ_spawn", error.text);
	if (result.end != WRIT_EXITED || result.status)
		fail("writ_spawn", COMMAND " failed");
}

static struct way *add_way(const char *name, const char *sandbox)
{
	struct way *way = &ways[n_ways++];

	(void)snprintf(way->name, sizeof(way->name), "%.15s %.14s", name, sandbox);
	return way;
}

static void add_program(const char *name, char **argv, bool brief)
{
	struct way *way = add_way(name, "");

	way->run = by_program;
	way->argv = argv;
	way->skipped = brief || access(argv[0], X_OK);
}

static void refill(struct writ_zygote *zygote)
{
	struct writ_error error;

	if (zygote && writ_zygote_refill(zygote, &error))
		fail("writ_zygote_refill", error.text);
}

/* Launches a second by one thread, which makes the children that it uses. */
static void print_throughput(struct bench *bench, const struct way *way)
{
	uint64_t start = bench_now_ns();

	for (unsigned round = 0; round < bench->rounds; round++) {
		way->run(bench, way);
		refill(way->zygote);
	}
	printf("%-26s %10.0f launches a second\n", way->name,
	       bench->rounds * 1e9 / (double)(bench_now_ns() - start));
}

/* Processor time of ours and of all whom we have waited for. */
static uint64_t cpu_now_ns(void)
{
	static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
	uint64_t us = 0;

	for (size_t i = 0; i < sizeof(whose) / sizeof(whose[0]); i++) {
		struct rusage usage;

		(void)getrusage(whose[i], &usage);
		us += (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
		      (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	}
	return us * 1000;
}

/* Once, in the round of that number. */
static void measure_way(struct bench *bench, struct way *way, unsigned round)
{
	uint64_t cpu = cpu_now_ns();
	uint64_t start = bench_now_ns();

	way->run(bench, way);
	way->samples[round] = bench_now_ns() - start;
	way->cpu[round] = cpu_now_ns() - cpu;
}

static void measure(struct bench *bench)
{
	for (unsigned round = 0; round < bench->rounds + WARM_UP; round++) {
		for (size_t i = 0; i < n_ways; i++) {
			if (ways[i].skipped)
				continue;
			(void)usleep(bench->pause_ms * 1000);
			measure_way(bench, &ways[i], round < WARM_UP ? 0 : round - WARM_UP);
			refill(ways[i].zygote);
		}
	}
	for (size_t i = 0; i < n_ways; i++) {
		bench_sort(ways[i].samples, bench->rounds);
		bench_sort(ways[i].cpu, bench->rounds);
	}
}

static double percentile_us(const struct bench *bench, size_t way, unsigned percent)
{
	return (double)bench_percentile(ways[way].samples, bench->rounds, percent) / 1000;
}

/* Times posix_spawn's. */
static double ratio(const struct bench *bench, size_t way, unsigned percent)
{
	return percentile_us(bench, way, percent) / percentile_us(bench, 0, percent);
}

static double cpu_us(const struct bench *bench, size_t way)
{
	return (double)bench_percentile(ways[way].cpu, bench->rounds, 5) / 1000;
}

static void print_table(struct bench *bench)
{
	printf("start and end of %s, %u rounds, a parent with %u MiB of heap", COMMAND,
	       bench->rounds, bench->heap_mib);
	if (bench->pause_ms)
		printf(", %u ms between launches", bench->pause_ms);
	putchar('\n');
	printf("%-26s %10s %10s %8s %10s %8s %10s %8s\n", "way", "median us", "p99 us", "ratio",
	       "p5 us", "ratio", "p5 cpu us", "ratio");
	for (size_t i = 0; i < n_ways; i++) {
		if (ways[i].skipped) {
			printf("%-26s %10s\n", ways[i].name, "absent");
			continue;
		}
		printf("%-26s %10.0f %10.0f %8.2f %10.0f %8.2f %10.0f %8.2f\n", ways[i].name,
		       percentile_us(bench, i, 50), percentile_us(bench, i, 99),
		       ratio(bench, i, 50), percentile_us(bench, i, 5), ratio(bench, i, 5),
		       cpu_us(bench, i), cpu_us(bench, i) / cpu_us(bench, 0));
	}
	for (size_t i = 0; i < n_ways; i++) {
		if (ways[i].run == by_writ_spawn || i == 0)
			print_throughput(bench, &ways[i]);
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
static char **build_command(struct bench *bench, char *sandbox)
{
	const char *const head[] = {bench->writ, "run", "-p", bench->bundle, "--sandbox", sandbox};
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
	return argv;
}

static void add_sandbox(struct bench *bench, const struct writ_policy *policy, char *name)
{
	struct way *spawn = add_way("writ_spawn", name);
	struct way *run = add_way("writ run", name);
	struct way *zygote = add_way("zygote", name);
	struct writ_error error;

	spawn->run = by_writ_spawn;
	run->run = by_program;
	run->argv = build_command(bench, name);
	if (writ_sandbox_open(policy, writ_sandbox_id(policy, name, strlen(name)), &spawn->sandbox,
			      &error))
		fail(name, error.text);
	zygote->run = by_writ_spawn;
	zygote->skipped = bench->brief;
	if (!bench->brief && writ_zygote_open(spawn->sandbox, ZYGOTE, &zygote->zygote, &error))
		fail(name, error.text);
}

static void prepare(struct bench *bench)
{
	static char *bare[] = {COMMAND, NULL};
	static char *bwrap[] = {
		"/usr/bin/bwrap", "--unshare-all", "--ro-bind", "/", "/", COMMAND, NULL};
	static char *sandboxer[] = {BUILD_DIR "/bench/sandboxer", SANDBOXER_READ, SANDBOXER_WRITE,
				    COMMAND, NULL};
	struct writ_options options = {.params = bench->params, .n_params = bench->n_params};
	struct writ_policy *policy;
	struct writ_error error;

	if (writ_open(bench->bundle, &options, &policy, &error))
		fail(bench->bundle, error.text);
	posix_spawn_file_actions_init(&bench->quiet);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&bench->quiet, fd, "/dev/null", O_RDWR, 0);
	add_program("posix_spawn", bare, false);
	for (char *name = strtok(bench->sandbox_names, ","); name; name = strtok(NULL, ",")) {
		if (n_ways + 5 > MAX_WAYS)
			fail(name, "one sandbox too many");
		add_sandbox(bench, policy, name);
	}
	add_program("sandboxer", sandboxer, bench->brief);
	add_program("bwrap", bwrap, bench->brief);
	writ_close(policy);
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
	bench->sandbox_names = argv[3];
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
		fprintf(stderr, "usage: bench_launch WRIT BUNDLE SANDBOX[,SANDBOX]... "
				"[--param NAME=VALUE]... [--rounds N] [--heap MIB] [--pause MS] "
				"[--brief]\n");
		return 2;
	}
	prepare(&bench);
	grow_heap(bench.heap_mib);
	measure(&bench);
	if (bench.brief)
		printf("%.0f %.0f %.0f\n", percentile_us(&bench, 0, 50),
		       percentile_us(&bench, 1, 50), percentile_us(&bench, 2, 50));
	else
		print_table(&bench);
	for (size_t i = 0; i < n_ways; i++)
		writ_zygote_close(ways[i].zygote);
	for (size_t i = 0; i < n_ways; i++)
		writ_sandbox_close(ways[i].sandbox);
	return 0;
}
