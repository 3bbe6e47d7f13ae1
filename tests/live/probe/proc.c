/*
 * Attacks on other processes: reading and writing their memory, taking their descriptors,
 * signalling them, and leaving the process group that the launcher kills. The target is the victim
 * (victim.c).
 */
#include "probe.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* One process, never a group or everybody: a mistake in the driver must not reach beyond the
 * victim. */
static pid_t target(const char *text)
{
	long pid = probe_number(text);

	if (pid <= 1)
		_exit(PROBE_USAGE);
	return (pid_t)pid;
}

static int run_ptrace(char **args)
{
	pid_t pid = target(args[0]);

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL))
		return errno;
	waitpid(pid, NULL, 0);
	return probe_result(ptrace(PTRACE_DETACH, pid, NULL, NULL));
}

/* PID ADDRESS: one byte of the victim's memory. */
static int transfer(char **args, int writes)
{
	char byte = 'x';
	struct iovec here = {.iov_base = &byte, .iov_len = 1};
	struct iovec there = {.iov_len = 1};
	pid_t pid = target(args[0]);
	uintptr_t address = (uintptr_t)probe_number(args[1]);

	memcpy(&there.iov_base, &address, sizeof(address));
	if (writes)
		return probe_result(process_vm_writev(pid, &here, 1, &there, 1, 0));
	return probe_result(process_vm_readv(pid, &here, 1, &there, 1, 0));
}

static int run_vm_read(char **args)
{
	return transfer(args, 0);
}

static int run_vm_write(char **args)
{
	return transfer(args, 1);
}

static int run_pidfd_getfd(char **args)
{
	long pidfd = syscall(SYS_pidfd_open, target(args[0]), 0);

	if (pidfd < 0)
		return errno;
	return probe_result(syscall(SYS_pidfd_getfd, pidfd, 0, 0));
}

static int run_kill(char **args)
{
	return probe_result(kill(target(args[0]), (int)probe_number(args[1])));
}

static int run_kill_child(char **args)
{
	int status;
	pid_t child = fork();

	(void)args;
	if (child < 0)
		return errno;
	if (child == 0)
		for (;;)
			pause();
	if (kill(child, SIGKILL) || waitpid(child, &status, 0) != child)
		return errno;
	return WIFSIGNALED(status) ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

static int run_pidfd_signal(char **args)
{
	long pidfd = syscall(SYS_pidfd_open, target(args[0]), 0);

	if (pidfd < 0)
		return errno;
	return probe_result(syscall(SYS_pidfd_send_signal, pidfd, probe_number(args[1]), NULL, 0));
}

static int run_sigqueue(char **args)
{
	return probe_result(sigqueue(target(args[0]), (int)probe_number(args[1]),
				     (union sigval){.sival_int = 0}));
}

static int run_tgkill(char **args)
{
	long pid = target(args[0]);

	return probe_result(syscall(SYS_tgkill, pid, pid, probe_number(args[1])));
}

/*
 * Signal-driven I/O sends its owner a signal of choice. The kernel reports nothing to the sender,
 * so the driver judges by whether the victim lives.
 */
static int run_sigio(char **args)
{
	int pair[2];

	if (pipe(pair))
		return errno;
	if (fcntl(pair[0], F_SETOWN, target(args[0])) ||
	    fcntl(pair[0], F_SETSIG, (int)probe_number(args[1])) ||
	    fcntl(pair[0], F_SETFL, O_ASYNC))
		return errno;
	return probe_result(write(pair[1], "x", 1));
}

/*
 * Lifts the limit on core files as far as it goes, crashes, and looks whether a core was written.
 */
static int run_core(char **args)
{
	struct rlimit limit;
	int status;
	pid_t child = fork();

	(void)args;
	if (child < 0)
		return errno;
	if (child == 0) {
		if (getrlimit(RLIMIT_CORE, &limit))
			_exit(PROBE_SETUP);
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_CORE, &limit);
		raise(SIGABRT);
		_exit(PROBE_SETUP);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) && WCOREDUMP(status) ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}

static int new_session(char **args)
{
	(void)args;
	return probe_result(setsid());
}

static int new_group(char **args)
{
	(void)args;
	return probe_result(setpgid(0, 0));
}

/* In a child: the leader of a group may never make a session, so a refusal there would prove
 * nothing. */
static int run_setsid(char **args)
{
	return probe_in_child(new_session, args);
}

static int run_setpgid(char **args)
{
	return probe_in_child(new_group, args);
}

/* clone(2) with flags on top of SIGCHLD; what it makes ends at once. */
static int run_clone(char **args)
{
	long child = syscall(SYS_clone, probe_number(args[0]) | SIGCHLD, 0, 0, 0, 0);

	if (child == 0)
		_exit(0);
	if (child < 0)
		return errno;
	waitpid((pid_t)child, NULL, __WALL);
	return PROBE_SUCCEEDED;
}

/* struct clone_args as of its first version: eight 64-bit fields. */
static int run_clone3(char **args)
{
	uint64_t fields[8] = {[4] = SIGCHLD};
	long child;

	fields[0] = (uint64_t)probe_number(args[0]);
	child = syscall(SYS_clone3, fields, sizeof(fields));
	if (child == 0)
		_exit(0);
	if (child < 0)
		return errno;
	waitpid((pid_t)child, NULL, 0);
	return PROBE_SUCCEEDED;
}

/* A segment of System V memory outlives every process and is open to whoever has the same uid. */
static int run_shm(char **args)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);

	(void)args;
	if (id < 0)
		return errno;
	return probe_result(shmctl(id, IPC_RMID, NULL));
}

const struct probe probes_proc[] = {
	{"ptrace", 1, run_ptrace},
	{"vm-read", 2, run_vm_read},
	{"vm-write", 2, run_vm_write},
	{"pidfd-getfd", 1, run_pidfd_getfd},
	{"kill", 2, run_kill},
	{"kill-child", 0, run_kill_child},
	{"pidfd-signal", 2, run_pidfd_signal},
	{"sigqueue", 2, run_sigqueue},
	{"tgkill", 2, run_tgkill},
	{"sigio", 2, run_sigio},
	{"core", 0, run_core},
	{"setsid", 0, run_setsid},
	{"setpgid", 0, run_setpgid},
	{"clone", 1, run_clone},
	{"clone3", 1, run_clone3},
	{"shm", 0, run_shm},
	{NULL, 0, NULL},
};
