/*
 * A command whose processes are hard to get rid of.
 *
 *	tree alone|daemons|deaf|stopped|threads|bomb
 *
 * Writes a byte to its standard output once all of them are there. None of them ends in time.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_CHILDREN 6
#define N_THREADS  32
#define FOREVER_S  600

static void wait_for_ever(void)
{
	for (;;)
		(void)sleep(FOREVER_S);
}

static void tell(void)
{
	if (write(STDOUT_FILENO, "!", 1) != 1)
		_exit(1);
}

static void ignore_all(void)
{
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_IGN);
}

static void be_alone(void)
{
}

/* Forked twice, and of a session and group of their own as far as they are let. */
static void make_daemons(void)
{
	for (int i = 0; i < N_CHILDREN; i++) {
		if (fork())
			continue;
		if (fork())
			_exit(0);
		(void)setsid();
		(void)setpgid(0, 0);
		ignore_all();
		wait_for_ever();
	}
	for (int i = 0; i < N_CHILDREN; i++)
		(void)wait(NULL);
}

static void make_deaf(void)
{
	ignore_all();
	for (int i = 0; i < N_CHILDREN; i++) {
		if (!fork())
			wait_for_ever();
	}
}

static void make_stopped(void)
{
	int status;

	for (int i = 0; i < N_CHILDREN; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)raise(SIGSTOP);
			wait_for_ever();
		}
		(void)waitpid(pid, &status, WUNTRACED);
	}
	tell();
	(void)raise(SIGSTOP);
}

static void *idle(void *arg)
{
	wait_for_ever();
	return arg;
}

static void make_threads(void)
{
	pthread_attr_t small;
	pthread_t thread;

	(void)pthread_attr_init(&small);
	(void)pthread_attr_setstacksize(&small, 65536);
	for (int i = 0; i < N_THREADS; i++)
		(void)pthread_create(&thread, &small, idle, NULL);
}

/* Until no more can be made; whoever dies is replaced. */
static void make_bomb(void)
{
	int n = 0;

	for (;;) {
		pid_t pid = fork();

		if (pid == 0) {
			n = -1;
			continue;
		}
		if (pid < 0 && n >= 0 && ++n == 1)
			tell();
	}
}

static const struct {
	const char *name;
	void (*make)(void);
} kinds[] = {
	{"alone", be_alone},       {"daemons", make_daemons}, {"deaf", make_deaf},
	{"stopped", make_stopped}, {"threads", make_threads}, {"bomb", make_bomb},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(argv[1], kinds[i].name) != 0)
			continue;
		kinds[i].make();
		tell();
		wait_for_ever();
	}
	(void)fprintf(stderr, "usage: tree alone|daemons|deaf|stopped|threads|bomb\n");
	return 2;
}
