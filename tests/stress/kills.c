/*
 * Whether anything is left when the runtime is killed, at whatever moment.
 *
 *	kills WRIT BUNDLE SANDBOX BIN KILLS
 *
 * `writ run` starts BIN/tree, in one of its kinds after another, and is killed (SIGKILL) at a
 *random moment between its own start and some time after the tool's. What it has started becomes
 *our child (PR_SET_CHILD_SUBREAPER), so "all gone" is when we have none: that is timed. Cgroups,
 * mounts and files are counted. First the control: a launcher without a sandbox, killed alike, must
 * be seen to leave a process. Exit status 1: something was left.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "remains.h"

#define MAX_KILLS   10000
#define MAX_LEFT_MS 1000 /* a busy machine's; what counts is the distribution */
#define TARGET_US   50000
#define MAX_WORDS   16
#define SPAN        3 /* times what a lone tool takes to start: when it is killed */

static const char *const kinds[] = {"alone", "daemons", "deaf", "stopped", "threads", "bomb"};
#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

struct kills {
	char *argv[MAX_WORDS];
	char **kind; /* the word of argv that is */
	uint64_t gone_us[MAX_KILLS];
	size_t n;
	unsigned n_running; /* killed when the tool had all of its processes */
	unsigned n_late, n_left;
};

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* Starts argv with a pipe as its standard output, whose other end *ready is. */
static pid_t start(char *const *argv, int *ready)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC)) {
		perror("kills: pipe");
		exit(1);
	}
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		(void)dup2(null, 0);
		(void)dup2(ends[1], 1);
		(void)dup2(null, 2);
		(void)execv(argv[0], argv);
		_exit(99);
	}
	if (pid > 0)
		remains_note_maker(pid);
	(void)close(ends[1]);
	*ready = ends[0];
	return pid;
}

/* Kills pid and waits for the end of all; how long that took. */
static uint64_t kill_and_wait(pid_t pid, bool *gone)
{
	uint64_t begin = now_us();

	(void)kill(pid, SIGKILL);
	do {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		*gone = waitpid(-1, NULL, WNOHANG) < 0;
		if (!*gone)
			(void)usleep(100);
	} while (!*gone && now_us() - begin < MAX_LEFT_MS * 1000u);
	return now_us() - begin;
}

/* How long a lone tool takes to start. */
static uint64_t time_start(struct kills *kills)
{
	uint64_t begin = now_us();
	uint64_t us;
	char byte;
	bool gone;
	int ready;
	pid_t pid;

	memcpy(kills->kind, &kinds[0], sizeof(*kills->kind));
	pid = start(kills->argv, &ready);
	if (read(ready, &byte, 1) != 1) {
		fprintf(stderr, "kills: %s %s does not start\n", kills->argv[0], kinds[0]);
		exit(1);
	}
	us = now_us() - begin;
	(void)close(ready);
	(void)kill_and_wait(pid, &gone);
	remains_end_children();
	return us;
}

static void kill_once(struct kills *kills, uint64_t delay_us)
{
	char byte;
	bool gone;
	int ready;
	pid_t pid = start(kills->argv, &ready);
	uint64_t us;

	(void)usleep((useconds_t)delay_us);
	us = kill_and_wait(pid, &gone);
	kills->gone_us[kills->n++] = us;
	kills->n_late += us > TARGET_US;
	if (!gone) {
		kills->n_left++;
		printf("     '%s' outlives a writ that is killed after %llu us\n", *kills->kind,
		       (unsigned long long)delay_us);
		remains_end_children();
	}
	(void)fcntl(ready, F_SETFL, O_NONBLOCK);
	kills->n_running += read(ready, &byte, 1) == 1;
	(void)close(ready);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The next launch sweeps up what it finds, cgroups above all. */
static void sweep(struct kills *kills)
{
	bool gone;
	int ready;
	char byte;
	pid_t pid;

	memcpy(kills->kind, &kinds[0], sizeof(*kills->kind));
	pid = start(kills->argv, &ready);
	(void)!read(ready, &byte, 1);
	(void)close(ready);
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
	(void)kill_and_wait(pid, &gone);
}

static bool report(struct kills *kills, const char *sandbox, long n_mounts, long n_files)
{
	long cgroups = remains_orphaned_cgroups();
	bool ok;

	sweep(kills);
	ok = !kills->n_left && remains_orphaned_cgroups() == 0 && remains_mounts() <= n_mounts &&
	     remains_files() <= n_files;
	qsort(kills->gone_us, kills->n, sizeof(*kills->gone_us), compare);
	printf("%s sandbox '%s': writ killed %zu times, %u of them with the tool at work: all gone "
	       "after %.1f ms (median), %.1f (p99), %.1f (longest); later than %d ms: %u; never: "
	       "%u; cgroups left for the next launch: %ld; after that: %ld; mounts %ld (%ld "
	       "before), files %ld (%ld)\n",
	       ok ? "ok  " : "FAIL", sandbox, kills->n, kills->n_running,
	       (double)kills->gone_us[kills->n / 2] / 1000,
	       (double)kills->gone_us[(kills->n - 1) * 99 / 100] / 1000,
	       (double)kills->gone_us[kills->n - 1] / 1000, TARGET_US / 1000, kills->n_late,
	       kills->n_left, cgroups, remains_orphaned_cgroups(), remains_mounts(), n_mounts,
	       remains_files(), n_files);
	return ok;
}

/* A shell that has started something else: that must be seen. */
static bool check_control(void)
{
	static char *const argv[] = {"/bin/sh", "-c", "sleep 30 & echo; wait", NULL};
	char byte;
	bool gone;
	int ready;
	pid_t pid = start(argv, &ready);

	(void)!read(ready, &byte, 1);
	(void)close(ready);
	(void)kill_and_wait(pid, &gone);
	remains_end_children();
	if (gone)
		printf("FAIL the control: what a killed shell leaves is not seen\n");
	return !gone;
}

static void build_command(struct kills *kills, char **words)
{
	static char bin[4200], room[4200], tree[4200];
	char *const argv[] = {words[1], "run",     "-p", words[2], "--sandbox", words[3], "--param",
			      bin,      "--param", room, "--",     tree,        NULL,     NULL};

	(void)snprintf(bin, sizeof(bin), "bin=%.4096s", words[4]);
	(void)snprintf(room, sizeof(room), "room=%.4096s/room", words[4]);
	(void)snprintf(tree, sizeof(tree), "%.4096s/tree", words[4]);
	memcpy(kills->argv, argv, sizeof(argv));
	kills->kind = &kills->argv[sizeof(argv) / sizeof(*argv) - 2];
}

int main(int argc, char **argv)
{
	static struct kills kills;
	long n_mounts = remains_mounts();
	long n_files = remains_files();
	int n = argc == 6 ? atoi(argv[5]) : 0;
	uint64_t span_us;

	if (n < 1 || n > MAX_KILLS) {
		fprintf(stderr, "usage: kills WRIT BUNDLE SANDBOX BIN KILLS\n");
		return 2;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
	srand((unsigned)time(NULL));
	build_command(&kills, argv);
	if (!check_control())
		return 1;
	(void)time_start(&kills);
	span_us = SPAN * time_start(&kills);
	for (int i = 0; i < n; i++) {
		memcpy(kills.kind, &kinds[(size_t)i % N_KINDS], sizeof(*kills.kind));
		kill_once(&kills, (uint64_t)rand() % span_us);
	}
	return !report(&kills, argv[3], n_mounts, n_files);
}
