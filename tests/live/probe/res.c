/*
 * Attacks on resources: taking more than the limits say, and outliving the launch. Each bomb counts
 * to a number, so that it can also be let off without a sandbox; only the fork bomb proper has no
 * end, and the driver never runs that one unconfined.
 */
#include "probe.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void wait_forever(void)
{
	for (;;)
		pause();
}

/* Kills and reaps the n children that a bounded bomb made. */
static void end_children(const pid_t *children, long n)
{
	for (long i = 0; i < n; i++)
		kill(children[i], SIGKILL);
	for (long i = 0; i < n; i++)
		waitpid(children[i], NULL, 0);
}

static int run_forks(char **args)
{
	long n = probe_number(args[0]);
	pid_t *children = calloc((size_t)n, sizeof(*children));
	long made = 0;
	int status = PROBE_SUCCEEDED;

	if (!children)
		return PROBE_SETUP;
	for (; made < n; made++) {
		children[made] = fork();
		if (children[made] < 0) {
			status = errno;
			break;
		}
		if (children[made] == 0)
			wait_forever();
	}
	end_children(children, made);
	free(children);
	return status;
}

static void *idle(void *data)
{
	wait_forever();
	return data;
}

static int run_threads(char **args)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 1 << 16);
	for (long n = probe_number(args[0]); n > 0; n--) {
		int rc = pthread_create(&thread, &attr, idle, NULL);

		if (rc)
			return rc;
	}
	return PROBE_SUCCEEDED;
}

static int run_forkbomb(char **args)
{
	(void)args;
	while (fork() >= -1) /* always */
		;
	return PROBE_SETUP;
}

/* Children that end and are never waited for. */
static int run_zombies(char **args)
{
	for (long n = probe_number(args[0]); n > 0; n--) {
		pid_t child = fork();

		if (child < 0)
			return errno;
		if (child == 0)
			_exit(0);
	}
	return PROBE_SUCCEEDED;
}

static int take_memory(size_t size, int flags)
{
	char *room = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return errno;
	for (size_t at = 0; at < size; at += 4096)
		room[at] = 1;
	return PROBE_SUCCEEDED;
}

static int run_memory(char **args)
{
	return take_memory((size_t)probe_number(args[0]), MAP_PRIVATE);
}

static int run_memory_shared(char **args)
{
	return take_memory((size_t)probe_number(args[0]), MAP_SHARED);
}

/* A process that takes so much and holds it. Its number once it has, or -1. */
static pid_t hold_memory(size_t size)
{
	int ready[2];
	char byte;
	pid_t child;
	bool has_it;

	if (pipe(ready))
		return -1;
	child = fork();
	if (child == 0) {
		if (take_memory(size, MAP_PRIVATE) || write(ready[1], "x", 1) != 1)
			_exit(1);
		wait_forever();
	}
	close(ready[1]);
	has_it = read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	return has_it ? child : -1;
}

static int run_memory_forks(char **args)
{
	long n = probe_number(args[0]);
	pid_t *children = calloc((size_t)n, sizeof(*children));
	long made = 0;

	if (!children)
		return PROBE_SETUP;
	for (; made < n; made++) {
		children[made] = hold_memory((size_t)probe_number(args[1]));
		if (children[made] < 0)
			break;
	}
	end_children(children, made);
	free(children);
	return made == n ? PROBE_SUCCEEDED : ENOMEM;
}

/* Many small pieces, and then the heap: each way to grow has to meet the same limit. */
static int run_memory_pieces(char **args)
{
	for (long n = probe_number(args[0]); n > 0; n--) {
		char *piece = malloc(1 << 20);

		if (!piece)
			return errno;
		memset(piece, 1, 1 << 20);
	}
	return PROBE_SUCCEEDED;
}

static int run_spin(char **args)
{
	static volatile int stop;

	(void)args;
	while (!stop)
		;
	return PROBE_SETUP;
}

#define RELAY_NS 300000000L

/* Processes one after the other, of which none uses much. */
static int run_spin_relay(char **args)
{
	(void)args;
	for (;;) {
		struct timespec used = {0, 0};
		pid_t child = fork();

		while (child == 0 && used.tv_sec == 0 && used.tv_nsec < RELAY_NS)
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
		if (child == 0)
			_exit(0);
		if (child < 0)
			return errno;
		waitpid(child, NULL, 0);
	}
}

static int run_spin_ignoring(char **args)
{
	(void)signal((int)probe_number(args[0]), SIG_IGN);
	return run_spin(args);
}

static int run_sleep(char **args)
{
	(void)args;
	wait_forever();
	return PROBE_SUCCEEDED;
}

/* Ignores whatever can be ignored. */
static int run_stubborn(char **args)
{
	sigset_t all;

	(void)args;
	for (int sig = 1; sig < 65; sig++)
		(void)signal(sig, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	wait_forever();
	return PROBE_SUCCEEDED;
}

static int run_files(char **args)
{
	for (long n = probe_number(args[0]); n > 0; n--)
		if (open("/dev/null", O_RDONLY) < 0)
			return errno;
	return PROBE_SUCCEEDED;
}

/* PATH BYTES, with SIGXFSZ ignored so that the write tells. */
static int run_file_size(char **args)
{
	int fd = open(args[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return errno;
	(void)signal(SIGXFSZ, SIG_IGN);
	return probe_result(pwrite(fd, "x", 1, probe_number(args[1]) - 1));
}

/* PATH BYTES, every one of them written. */
static int run_fill(char **args)
{
	static char room[1 << 16];
	long left = probe_number(args[1]);
	int fd = open(args[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	while (fd >= 0 && left > 0) {
		ssize_t n = write(fd, room, sizeof(room));

		if (n < 0)
			return errno;
		left -= n;
	}
	return probe_result(fd);
}

/* DIRECTORY N: as many empty files. */
static int run_inodes(char **args)
{
	char path[4096];

	for (long n = probe_number(args[1]); n > 0; n--) {
		snprintf(path, sizeof(path), "%s/%ld", args[0], n);
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		if (fd < 0)
			return errno;
		close(fd);
	}
	return PROBE_SUCCEEDED;
}

/* RESOURCE VALUE: both the soft and the hard limit. */
static int run_raise(char **args)
{
	rlim_t value = (rlim_t)probe_number(args[1]);
	struct rlimit limit = {.rlim_cur = value, .rlim_max = value};

	return probe_result(setrlimit((__rlimit_resource_t)probe_number(args[0]), &limit));
}

static int run_mlock(char **args)
{
	size_t size = (size_t)probe_number(args[0]);
	void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return errno;
	return probe_result(mlock(room, size));
}

/* A child stays behind, with standard output open. */
static int run_background(char **args)
{
	pid_t child = fork();

	(void)args;
	if (child < 0)
		return errno;
	if (child == 0)
		wait_forever();
	return PROBE_SUCCEEDED;
}

/*
 * With CLONE_PARENT the new process is nobody's below: it is a child of whoever launched this one.
 */
static int run_clone_parent(char **args)
{
	long child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	(void)args;
	if (child < 0)
		return errno;
	if (child == 0)
		wait_forever();
	return PROBE_SUCCEEDED;
}

/* The classic daemon: fork, new session, fork again, ignore everything. */
static int run_daemon(char **args)
{
	pid_t child = fork();

	if (child < 0)
		return errno;
	if (child == 0) {
		(void)setsid();
		if (fork() == 0)
			run_stubborn(args);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	return PROBE_SUCCEEDED;
}

/* Standard output, BYTES of it. */
static int run_flood(char **args)
{
	static char room[1 << 16];
	long left = probe_number(args[0]);

	while (left > 0) {
		ssize_t n = write(STDOUT_FILENO, room, sizeof(room));

		if (n < 0)
			return errno;
		left -= n;
	}
	return PROBE_SUCCEEDED;
}

const struct probe probes_res[] = {
	{"forks", 1, run_forks},
	{"threads", 1, run_threads},
	{"forkbomb", 0, run_forkbomb},
	{"zombies", 1, run_zombies},
	{"memory", 1, run_memory},
	{"memory-shared", 1, run_memory_shared},
	{"memory-pieces", 1, run_memory_pieces},
	{"spin", 0, run_spin},
	{"memory-forks", 2, run_memory_forks},
	{"spin-ignoring", 1, run_spin_ignoring},
	{"spin-relay", 0, run_spin_relay},
	{"sleep", 0, run_sleep},
	{"stubborn", 0, run_stubborn},
	{"files", 1, run_files},
	{"file-size", 2, run_file_size},
	{"fill", 2, run_fill},
	{"inodes", 2, run_inodes},
	{"raise", 2, run_raise},
	{"mlock", 1, run_mlock},
	{"background", 0, run_background},
	{"clone-parent", 0, run_clone_parent},
	{"daemon", 0, run_daemon},
	{"flood", 1, run_flood},
	{NULL, 0, NULL},
};
