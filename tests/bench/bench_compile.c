/*
 * How long the compiler takes.
 *
 *	bench_compile WRITC OUT.wrt FILE ... [--rounds N]
 *
 * Runs `writc fmt --check`, `lint` and `compile` on each file, all of them in turn, so that they
 * meet the same noise, and prints medians: of the wall clock, from the start of the process to its
 * end, and of the processor's time, which other load on the machine changes less. Files are named
 * from small to large; "growth" is the processor's time of `compile` against the file before,
 * divided by the growth of the file: 1 is linear.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "bench.h"

#define MAX_ROUNDS     200
#define DEFAULT_ROUNDS 11
#define MAX_FILES      8

extern char **environ;

enum verb { FMT, LINT, COMPILE, N_VERBS };

struct file {
	char *path;
	size_t lines, size;
	uint64_t wall[N_VERBS][MAX_ROUNDS], cpu[N_VERBS][MAX_ROUNDS];
};

static struct bench {
	char *writc, *out;
	struct file files[MAX_FILES];
	size_t n_files;
	unsigned rounds;
	posix_spawn_file_actions_t quiet;
} bench;

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_compile: %s: %s\n", what, why);
	exit(1);
}

static void count(struct file *file)
{
	FILE *in = fopen(file->path, "r");

	if (!in)
		fail(file->path, strerror(errno));
	for (int c = getc(in); c != EOF; c = getc(in)) {
		file->size++;
		file->lines += c == '\n';
	}
	fclose(in);
}

static uint64_t cpu_ns(const struct rusage *usage)
{
	return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000u +
	       (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000u;
}

/* A status of 1 is a warning of lint's, others are the end. */
static void run(struct file *file, enum verb verb, unsigned round)
{
	char *argv[][6] = {
		[FMT] = {bench.writc, "fmt", file->path, NULL},
		[LINT] = {bench.writc, "lint", file->path, NULL},
		[COMPILE] = {bench.writc, "compile", file->path, "-o", bench.out, NULL},
	};
	uint64_t start = bench_now_ns();
	struct rusage usage;
	int status, error;
	pid_t pid;

	error = posix_spawn(&pid, bench.writc, &bench.quiet, NULL, argv[verb], environ);
	if (error)
		fail(bench.writc, strerror(error));
	if (wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
		fail(file->path, argv[verb][1]);
	file->wall[verb][round] = bench_now_ns() - start;
	file->cpu[verb][round] = cpu_ns(&usage);
}

static void measure(void)
{
	for (unsigned round = 0; round < bench.rounds; round++)
		for (size_t i = 0; i < bench.n_files; i++)
			for (int verb = 0; verb < N_VERBS; verb++)
				run(&bench.files[i], (enum verb)verb, round);
	for (size_t i = 0; i < bench.n_files; i++) {
		for (int verb = 0; verb < N_VERBS; verb++) {
			bench_sort(bench.files[i].wall[verb], bench.rounds);
			bench_sort(bench.files[i].cpu[verb], bench.rounds);
		}
	}
}

static double median_ms(const uint64_t *samples)
{
	return (double)bench_percentile(samples, bench.rounds, 50) / 1e6;
}

static void print_row(const struct file *file, const struct file *before)
{
	double compile = median_ms(file->cpu[COMPILE]);

	printf("%8zu %7zu", file->lines, file->size / 1024);
	for (int verb = 0; verb < N_VERBS; verb++)
		printf(" %8.0f %6.0f", median_ms(file->wall[verb]), median_ms(file->cpu[verb]));
	if (before)
		printf(" %8.2f", compile / median_ms(before->cpu[COMPILE]) * (double)before->lines /
					 (double)file->lines);
	putchar('\n');
}

static void print_table(void)
{
	printf("writc, ms: wall clock and processor, medians of %u runs\n", bench.rounds);
	printf("%8s %7s %8s %6s %8s %6s %8s %6s %8s\n", "lines", "KiB", "fmt", "cpu", "lint", "cpu",
	       "compile", "cpu", "growth");
	for (size_t i = 0; i < bench.n_files; i++)
		print_row(&bench.files[i], i ? &bench.files[i - 1] : NULL);
}

static bool parse(int argc, char **argv)
{
	if (argc < 4)
		return false;
	bench.writc = argv[1];
	bench.out = argv[2];
	bench.rounds = DEFAULT_ROUNDS;
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "--rounds") && i + 1 < argc)
			bench.rounds = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (bench.n_files < MAX_FILES)
			bench.files[bench.n_files++].path = argv[i];
		else
			return false;
	}
	return bench.rounds > 0 && bench.rounds <= MAX_ROUNDS && bench.n_files;
}

int main(int argc, char **argv)
{
	if (!parse(argc, argv)) {
		fprintf(stderr, "usage: bench_compile WRITC OUT.wrt FILE... [--rounds N]\n");
		return 2;
	}
	posix_spawn_file_actions_init(&bench.quiet);
	for (int fd = 1; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&bench.quiet, fd, "/dev/null", O_RDWR, 0);
	for (size_t i = 0; i < bench.n_files; i++)
		count(&bench.files[i]);
	measure();
	print_table();
	return 0;
}
