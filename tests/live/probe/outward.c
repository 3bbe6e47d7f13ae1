/*
 * More ways to touch other processes: signals to everybody or by way of the kernel, the launcher
 * itself, and states in which a process is hard to end. Whatever is sent to everybody is SIGURG,
 * which is ignored by default and ends nobody but the victim (victim.c).
 */
#include "probe.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef FIOSETOWN
#define FIOSETOWN 0x8901
#endif

/* The kernel tells of nobody it left out: the driver judges by whether the victim lives. */
static int run_signal_all(char **args)
{
	(void)args;
	return probe_result(kill(-1, SIGURG));
}

/* SIGNAL: to whoever launched us. */
static int run_kill_parent(char **args)
{
	int number = (int)probe_number(args[0]);

	if (number != 0 && number != SIGCONT)
		return PROBE_USAGE;
	return probe_result(kill(getppid(), number));
}

/* PID SIGNAL: a thread as the owner, which another request names. */
static int run_sigio_ex(char **args)
{
	struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = (pid_t)probe_number(args[0])};
	int pair[2];

	if (owner.pid <= 1)
		return PROBE_USAGE;
	if (pipe(pair))
		return PROBE_SETUP;
	if (fcntl(pair[0], F_SETOWN_EX, &owner) ||
	    fcntl(pair[0], F_SETSIG, (int)probe_number(args[1])) ||
	    fcntl(pair[0], F_SETFL, O_ASYNC))
		return errno;
	return probe_result(write(pair[1], "x", 1));
}

/* PID: SIGURG by a socket's owner, set by ioctl. */
static int run_socket_owner(char **args)
{
	int pid = (int)probe_number(args[0]);
	int pair[2];

	if (pid <= 1)
		return PROBE_USAGE;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return PROBE_SETUP;
	if (ioctl(pair[0], FIOSETOWN, &pid) || fcntl(pair[0], F_SETFL, O_ASYNC))
		return errno;
	return probe_result(write(pair[1], "x", 1));
}

/* Stops itself: only SIGKILL and SIGCONT mean anything to it then. */
static int run_stop_self(char **args)
{
	(void)args;
	return probe_result(raise(SIGSTOP));
}

/* Waits for a child that shares its memory and never executes anything. */
static int run_vfork_sleep(char **args)
{
	pid_t child = vfork();

	(void)args;
	if (child < 0)
		return errno;
	for (;;)
		pause();
}

static void sleep_and_ignore(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;)
		pause();
}

/* N processes, each the child of the one before, the parents of half of them gone; then sleeps. */
static int run_tree(char **args)
{
	for (long n = probe_number(args[0]); n > 0; n--) {
		pid_t child = fork();

		if (child < 0)
			return errno;
		if (child > 0 && n % 2)
			_exit(0);
		if (child > 0)
			sleep_and_ignore();
	}
	if (write(STDOUT_FILENO, "up\n", 3) != 3)
		return PROBE_SETUP;
	sleep_and_ignore();
	return PROBE_SUCCEEDED;
}

/* N processes that never sleep. */
static int run_spinners(char **args)
{
	static volatile int stop;

	for (long n = probe_number(args[0]); n > 0; n--) {
		pid_t child = fork();

		if (child < 0)
			return errno;
		while (child == 0 && !stop)
			;
	}
	for (;;)
		pause();
}

/* COMMAND...: starts it, waits until something of it says "up", and kills it, and it only. */
static int run_assassin(char **args)
{
	char text[4096];
	size_t used = 0;
	int out[2];
	pid_t child;

	if (pipe2(out, O_CLOEXEC) || (child = fork()) < 0)
		return PROBE_SETUP;
	if (child == 0) {
		dup2(out[1], STDOUT_FILENO);
		execv(args[0], args);
		_exit(PROBE_SETUP);
	}
	close(out[1]);
	for (;;) {
		ssize_t n = read(out[0], text + used, sizeof(text) - 1 - used);

		if (n <= 0)
			return PROBE_SETUP;
		used += (size_t)n;
		text[used] = '\0';
		if (strstr(text, "up\n"))
			break;
	}
	if (kill(child, SIGKILL) || waitpid(child, NULL, 0) != child)
		return PROBE_SETUP;
	return PROBE_SUCCEEDED;
}

const struct probe probes_outward[] = {
	{"signal-all", 0, run_signal_all},
	{"kill-parent", 1, run_kill_parent},
	{"sigio-ex", 2, run_sigio_ex},
	{"socket-owner", 1, run_socket_owner},
	{"stop-self", 0, run_stop_self},
	{"vfork-sleep", 0, run_vfork_sleep},
	{"tree", 1, run_tree},
	{"spinners", 1, run_spinners},
	{"assassin", 1, run_assassin},
	{NULL, 0, NULL},
};
