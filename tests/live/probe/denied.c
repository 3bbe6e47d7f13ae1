/*
 * Attacks on a denied path inside a granted tree: reaching it by a name that no longer says so, and
 * confusing whoever looks at names on the kernel's behalf, by races, signals and sheer numbers.
 */
#include "probe.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static int read_byte(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	return probe_result(read(fd, &byte, 1));
}

/* DIRECTORY NEW NAME: another name for the directory, then the file in it, by either. */
static int run_rename_read(char **args)
{
	char path[4096];
	int moved = rename(args[0], args[1]);

	snprintf(path, sizeof(path), "%s/%s", args[moved ? 0 : 1], args[2]);
	return read_byte(path);
}

/* FILE NEW: a second name, if need be the file itself under it, and then what is in it. */
static int run_link_read(char **args)
{
	if (link(args[0], args[1]) && rename(args[0], args[1]))
		return errno;
	return read_byte(args[1]);
}

/* DIRECTORY FILE: made now, with its parent, written and read back. */
static int run_make_read(char **args)
{
	char path[4096];
	int fd;

	if (mkdir(args[0], 0755) && errno != EEXIST)
		return errno;
	snprintf(path, sizeof(path), "%s/%s", args[0], args[1]);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	if (write(fd, "x", 1) != 1)
		return errno;
	close(fd);
	return read_byte(path);
}

struct shift {
	char path[4096]; /* what the call points to, while it is looked at */
	const char *names[2];
	volatile int stop;
};

static void *shift_names(void *data)
{
	struct shift *shift = data;

	for (unsigned i = 0; !shift->stop; i++)
		memcpy(shift->path, shift->names[i % 2], strlen(shift->names[i % 2]) + 1);
	return NULL;
}

#define SHIFT_ROUNDS 5000

/* ALLOWED DENIED, names of one length: the name in memory changes while the call is decided. */
static int run_name_race(char **args)
{
	static struct shift shift;
	int status = PROBE_NOT_SO;
	pthread_t thread;
	char text[16];

	shift.names[0] = args[0];
	shift.names[1] = args[1];
	memcpy(shift.path, args[0], strlen(args[0]) + 1);
	if (strlen(args[0]) != strlen(args[1]) ||
	    pthread_create(&thread, NULL, shift_names, &shift))
		return PROBE_SETUP;
	for (int i = 0; i < SHIFT_ROUNDS && status == PROBE_NOT_SO; i++) {
		int fd = open(shift.path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

		if (n >= 6 && !memcmp(text, "secret", 6))
			status = PROBE_SUCCEEDED;
		if (fd >= 0)
			close(fd);
	}
	shift.stop = 1;
	pthread_join(thread, NULL);
	return status;
}

static volatile sig_atomic_t n_signals;

static void count_signal(int number)
{
	(void)number;
	n_signals++;
}

#define STORM_ROUNDS 2000

/*
 * PATH: opened again and again while signals are handled. Every open has to succeed; one that waits
 * for somebody else is interrupted by a handler without SA_RESTART, as open(2) says.
 */
static int run_open_storm(char **args)
{
	const struct itimerval often = {{0, 200}, {0, 200}};
	struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART};

	if (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &often, NULL))
		return PROBE_SETUP;
	for (int i = 0; i < STORM_ROUNDS; i++) {
		int fd = open(args[0], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return errno;
		close(fd);
	}
	return n_signals ? PROBE_SUCCEEDED : PROBE_SETUP;
}

/* N PATH: as many processes that open it for ever. */
static int run_open_flood(char **args)
{
	for (long n = probe_number(args[0]); n > 0; n--) {
		pid_t child = fork();

		if (child < 0)
			return errno;
		while (child == 0)
			close(open(args[1], O_RDONLY | O_CLOEXEC));
	}
	for (;;)
		pause();
}

const struct probe probes_denied[] = {
	{"rename-read", 3, run_rename_read},
	{"link-read", 2, run_link_read},
	{"make-read", 2, run_make_read},
	{"name-race", 2, run_name_race},
	{"open-storm", 1, run_open_storm},
	{"open-flood", 2, run_open_flood},
	{NULL, 0, NULL},
};
