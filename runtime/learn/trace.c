/*
 * See trace.h. Every task stops where a system call begins and where it ends, and when it is born,
 * executes a file or ends; what is new is traced from its first instruction on (the TRACE options),
 * and nothing outlives us (EXITKILL). Orphans become our children, so that what they took is
 * counted. ptrace(2) is the reference for the states below.
 *
 * Signals reach the command as without us: those of the terminal go to its process group anyway,
 * and what is sent to us is sent on.
 */
#include "runtime/learn/trace.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/learn/text.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#define NATIVE AUDIT_ARCH_RISCV64
#endif
#define X32_BIT 0x40000000u

#define OPTIONS                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |  \
	 PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)

static volatile pid_t leader;
static bool executed; /* the leader is the command by now */

static long request(int what, pid_t tid, uintptr_t address, uintptr_t data)
{
	return syscall(SYS_ptrace, (long)what, (long)tid, address, data);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	/* One from a terminal (SI_KERNEL) went to the whole process group. */
	if (info->si_code <= 0 && leader > 0)
		(void)kill(leader, number);
}

static void forward_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_signal;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)sigaction(numbers[i], &action, NULL);
}

/* The child waits until it is traced, then executes the command; go is what it waits at. */
static void start_command(const struct trace *trace, int go)
{
	char byte;
	int saved;

	if (read(go, &byte, 1) != 1)
		_exit(LEARN_FAILED);
	(void)close(go);
	if (trace->output >= 0 && dup2(trace->output, STDOUT_FILENO) < 0)
		_exit(learn_fail(LEARN_FAILED, "standard output: %s", strerror(errno)));
	(void)execvp(trace->command[0], trace->command);
	saved = errno;
	(void)learn_fail(0, "%s: %s", trace->command[0], strerror(saved));
	_exit(saved == ENOENT || saved == ENOTDIR ? LEARN_NOT_FOUND : LEARN_NOT_EXECUTABLE);
}

static void on_call_begin(const struct trace *trace, struct tracee *tracee,
			  const struct ptrace_syscall_info *info)
{
	tracee->in_call = true;
	tracee->number = info->entry.nr;
	memcpy(tracee->args, info->entry.args, sizeof(tracee->args));
	observe_enter(tracee, &trace->sink);
}

static void on_call_end(struct trace *trace, struct tracee *tracee,
			const struct ptrace_syscall_info *info)
{
	int64_t result = info->exit.rval;

	if (!tracee->in_call)
		return;
	tracee->in_call = false;
	/* A call that a signal interrupted, in the kernel's own numbers, begins again. */
	if (info->exit.is_error && result < -511)
		return;
	if (!executed)
		return;
	usage_call(&trace->usage, tracee, info->exit.is_error ? -1 : result);
	if (!info->exit.is_error && result < 0)
		result = 0;
	observe_leave(tracee, result, &trace->sink);
}

static void on_call(struct trace *trace, struct tracee *tracee)
{
	struct ptrace_syscall_info info;

	memset(&info, 0, sizeof(info));
	if (request(PTRACE_GET_SYSCALL_INFO, tracee->tid, sizeof(info), (uintptr_t)&info) <= 0)
		return;
	if (info.arch != NATIVE ||
	    (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr & X32_BIT)) {
		trace->foreign = true;
		tracee->in_call = false;
	} else if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		on_call_begin(trace, tracee, &info);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		on_call_end(trace, tracee, &info);
	}
}

/* A thread that executes a file takes the id of its process, and the other threads are gone. */
static void on_exec(struct trace *trace, struct tracee *tracee)
{
	unsigned long former_tid = 0;
	struct tracee *former = NULL;

	(void)request(PTRACE_GETEVENTMSG, tracee->tid, 0, (uintptr_t)&former_tid);
	if ((pid_t)former_tid != tracee->tid)
		former = tracee_find((pid_t)former_tid);
	if (former) {
		tracee->n_wants = former->n_wants;
		memcpy(tracee->wants, former->wants, sizeof(tracee->wants));
		tracee_forget(former->tid);
	}
	observe_executed(tracee, &trace->sink);
	/* What the one we began with executes later is still itself. */
	tracee->inside = tracee->inside || tracee->tid != leader;
	executed = true;
	tracee->in_call = false;
}

static void on_event(struct trace *trace, struct tracee *tracee, int event)
{
	if (event == PTRACE_EVENT_EXEC)
		on_exec(trace, tracee);
	else if (event == PTRACE_EVENT_EXIT)
		usage_task(&trace->usage, tracee);
}

/* What a stopped task goes on with: a request and a signal. */
static void on_stop(struct trace *trace, struct tracee *tracee, int status)
{
	int number = WSTOPSIG(status);
	int event = status >> 16;
	int how = PTRACE_SYSCALL;
	uintptr_t deliver = 0;

	if (number == (SIGTRAP | 0x80))
		on_call(trace, tracee);
	else if (event == PTRACE_EVENT_STOP)
		how = number == SIGTRAP ? PTRACE_SYSCALL : PTRACE_LISTEN;
	else if (event)
		on_event(trace, tracee, event);
	else
		deliver = (uintptr_t)number;
	(void)request(how, tracee->tid, 0, deliver);
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : LEARN_SIGNAL + WTERMSIG(status);
}

/* A filter kills with SIGSYS: the last call is the one that it killed for. */
static void on_end(struct trace *trace, pid_t tid, int status)
{
	struct tracee *tracee = tracee_find(tid);

	if (tracee && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		trace->sink.call(trace->sink.context, tracee, EPERM);
	tracee_forget(tid);
	if (tid == leader)
		trace->status = status_of(status);
}

static void follow(struct trace *trace)
{
	int status;
	pid_t tid;

	for (;;) {
		tid = waitpid(-1, &status, __WALL);
		if (tid < 0 && errno != EINTR)
			return;
		if (tid < 0)
			continue;
		if (WIFSTOPPED(status))
			on_stop(trace, tracee_get(tid), status);
		else
			on_end(trace, tid, status);
		/* Who was left behind is not waited for. */
		if (tid == leader && !WIFSTOPPED(status))
			return;
	}
}

static int attach(int go)
{
	int status;

	if (request(PTRACE_SEIZE, leader, 0, OPTIONS) || request(PTRACE_INTERRUPT, leader, 0, 0) ||
	    waitpid(leader, &status, __WALL) != leader || request(PTRACE_SYSCALL, leader, 0, 0) ||
	    write(go, "", 1) != 1) {
		int saved = errno;

		(void)kill(leader, SIGKILL);
		return learn_fail(LEARN_FAILED, "the command can't be traced: %s", strerror(saved));
	}
	(void)snprintf(tracee_get(leader)->program, TRACEE_PROGRAM, "the command line");
	return 0;
}

int trace_run(struct trace *trace)
{
	int go[2];
	int rc;

	(void)prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
	if (pipe(go))
		return learn_fail(LEARN_FAILED, "pipe: %s", strerror(errno));
	leader = fork();
	if (leader < 0)
		return learn_fail(LEARN_FAILED, "fork: %s", strerror(errno));
	if (leader == 0) {
		(void)close(go[1]);
		start_command(trace, go[0]);
	}
	(void)close(go[0]);
	forward_signals();
	usage_begin(&trace->usage);
	rc = attach(go[1]);
	(void)close(go[1]);
	if (rc)
		return rc;
	follow(trace);
	usage_end(&trace->usage);
	/* Else the child has said why, and ended so. */
	return executed ? 0 : trace->status;
}
