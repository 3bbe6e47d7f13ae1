/*
 * ptrace(2), raw, as libcs differ in its prototype. Waiting leaves the end of a process to be
 * waited for again (WNOWAIT): that is writ_wait's.
 */
#include "runtime/prove/trace.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/kernel_abi.h"

#define SEIZE       0x4206
#define INTERRUPT   0x4207
#define EVENT_EXEC  4
#define EVENT_SHIFT 8

/* The next stop, or the end: 0 and *info. */
static int wait_for(pid_t pid, siginfo_t *info)
{
	long rc;

	do
		rc = syscall(SYS_waitid, P_PID, pid, info,
			     WEXITED | WSTOPPED | WNOWAIT | KERNEL_WALL, NULL);
	while (rc && errno == EINTR);
	return (int)rc;
}

int trace_begin(pid_t pid, long options)
{
	siginfo_t info;

	if (syscall(SYS_ptrace, SEIZE, pid, NULL, options))
		return -1;
	if (syscall(SYS_ptrace, INTERRUPT, pid, NULL, NULL) == 0 && !wait_for(pid, &info) &&
	    info.si_code == CLD_TRAPPED)
		return 0;
	trace_end(pid);
	return -1;
}

void trace_end(pid_t pid)
{
	(void)syscall(SYS_ptrace, PTRACE_DETACH, pid, NULL, NULL);
}

int trace_until_exec(pid_t pid, uint64_t address, long word)
{
	siginfo_t info;

	(void)syscall(SYS_ptrace, PTRACE_POKEDATA, pid, address, word);
	while (syscall(SYS_ptrace, PTRACE_CONT, pid, NULL, NULL) == 0 && !wait_for(pid, &info)) {
		if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
			return 0;
		if (info.si_status >> EVENT_SHIFT == EVENT_EXEC)
			return 1;
	}
	return 0;
}

void trace_finish(pid_t pid, int is_child)
{
	(void)kill(pid, SIGKILL);
	if (!is_child)
		(void)waitpid(pid, NULL, KERNEL_WALL);
}
