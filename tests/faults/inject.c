/*
 * See inject.h. A call is skipped by giving it the number -1 where it enters and its result where
 * it returns, by ptrace(2). Stops come in any order: a new process may stop before its maker's
 * event tells whose it is, and waits then for its name. What the tool leaves behind comes to us, as
 * we adopt orphans.
 */
#include "inject.h"

#include <dirent.h>
#include <errno.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "facts.h"

#define MAX_TRACEES 64
#define MAX_NUMBERS 512 /* of system calls; others count as one */
#define GRACE_MS    400
#define OPTIONS                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |  \
	 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

struct tracee {
	pid_t pid;
	char name[INJECT_PROCESS_BYTES]; /* "": stopped until its maker's event names it */
	unsigned n_calls[MAX_NUMBERS];   /* of each number */
	unsigned n_children;
	bool in_call;
	bool skipping;
	long number;
};

struct session {
	struct inject_run *run;
	struct tracee tracees[MAX_TRACEES];
	size_t n;
	pid_t program;
	bool started; /* the program itself has been executed */
	bool ended;
};

static volatile sig_atomic_t alarmed;

static void on_alarm(int number)
{
	(void)number;
	alarmed = 1;
}

static void set_alarm(int ms)
{
	const struct itimerval timer = {
		.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L},
		/* Again and again: one that comes just before a wait would be lost. */
		.it_interval = {.tv_usec = 20000},
	};

	alarmed = 0;
	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

/* ---- registers ---- */

#if defined(__x86_64__)
static void skip_call(pid_t pid)
{
	(void)ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), -1L);
}

static void set_result(pid_t pid, long result)
{
	(void)ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax), result);
}
#elif defined(__aarch64__)
#define NT_ARM_SYSTEM_CALL_ABI 0x404

static void skip_call(pid_t pid)
{
	int number = -1;
	struct iovec io = {&number, sizeof(number)};

	(void)ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL_ABI, &io);
}

static void set_result(pid_t pid, long result)
{
	struct user_regs_struct regs;
	struct iovec io = {&regs, sizeof(regs)};

	(void)ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io);
	regs.regs[0] = (unsigned long long)result;
	(void)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &io);
}
#else
#error "the injector knows the registers of x86_64 and aarch64"
#endif

/* ---- tracees ---- */

static struct tracee *find(struct session *session, pid_t pid)
{
	for (size_t i = 0; i < session->n; i++) {
		if (session->tracees[i].pid == pid)
			return &session->tracees[i];
	}
	return NULL;
}

static struct tracee *add(struct session *session, pid_t pid)
{
	struct tracee *tracee = &session->tracees[session->n];

	if (session->n == MAX_TRACEES) {
		fprintf(stderr, "faults: more than %d processes at once\n", MAX_TRACEES);
		exit(1);
	}
	session->n++;
	*tracee = (struct tracee){.pid = pid};
	return tracee;
}

static void forget(struct session *session, pid_t pid)
{
	struct tracee *tracee = find(session, pid);

	if (tracee)
		*tracee = session->tracees[--session->n];
	if (pid == session->program)
		session->ended = true;
}

/* To its next call; once the one call that is to fail has returned, to its end. */
static void resume(const struct session *session, const struct tracee *tracee, int signal_number)
{
	const struct inject_run *run = session->run;
	bool is_over = run->hit && !run->fault.always && !tracee->skipping;

	(void)ptrace(is_over ? PTRACE_CONT : PTRACE_SYSCALL, tracee->pid, 0L, (long)signal_number);
}

/* ---- stops ---- */

/* How many calls of this one's number it has made. */
static unsigned *count_of(struct tracee *tracee)
{
	bool is_known = tracee->number >= 0 && tracee->number < MAX_NUMBERS;

	return &tracee->n_calls[is_known ? tracee->number : MAX_NUMBERS - 1];
}

static bool is_faulty(const struct session *session, struct tracee *tracee)
{
	const struct inject_fault *fault = &session->run->fault;

	if (!fault->error || tracee->number != fault->call->number)
		return false;
	return fault->always || (*count_of(tracee) == fault->call->index &&
				 strcmp(tracee->name, fault->call->process) == 0);
}

static void enter_call(struct session *session, struct tracee *tracee, long number)
{
	tracee->in_call = true;
	tracee->number = number;
	tracee->skipping = is_faulty(session, tracee);
	if (!tracee->skipping)
		return;
	session->run->hit = true;
	skip_call(tracee->pid);
}

static void leave_call(struct session *session, struct tracee *tracee, long long result)
{
	struct inject_calls *calls = session->run->calls;

	tracee->in_call = false;
	if (tracee->skipping)
		set_result(tracee->pid, -session->run->fault.error);
	tracee->skipping = false;
	if (calls && calls->n < INJECT_CALLS) {
		struct inject_call *call = &calls->items[calls->n++];

		memcpy(call->process, tracee->name, sizeof(call->process));
		call->index = *count_of(tracee);
		call->number = tracee->number;
		call->result = result;
	}
	(*count_of(tracee))++;
}

static void on_call(struct session *session, struct tracee *tracee)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY && session->started)
		enter_call(session, tracee, (long)info.entry.nr);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT && tracee->in_call)
		leave_call(session, tracee, info.exit.rval);
}

static void name_child(struct session *session, struct tracee *maker)
{
	unsigned long message = 0;
	unsigned number = ++maker->n_children;
	char name[INJECT_PROCESS_BYTES];
	struct tracee *child;

	(void)ptrace(PTRACE_GETEVENTMSG, maker->pid, 0L, &message);
	(void)snprintf(name, sizeof(name), "%.10s.%u", maker->name, number % 1000);
	child = find(session, (pid_t)message);
	if (!child) {
		child = add(session, (pid_t)message);
		memcpy(child->name, name, sizeof(name));
		return;
	}
	/* It has stopped already, and was waiting for its name. */
	memcpy(child->name, name, sizeof(name));
	resume(session, child, 0);
}

static bool runs_tool(const struct session *session, pid_t pid)
{
	char link[64];
	char path[512];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return strcmp(path, session->run->tool) == 0;
}

/* True when the tracee was let go. */
static bool on_exec(struct session *session, struct tracee *tracee)
{
	struct inject_run *run = session->run;
	pid_t pid = tracee->pid;

	session->started = true;
	if (!runs_tool(session, pid))
		return false;
	facts_read(pid, run->facts, sizeof(run->facts));
	/* Unless it has been killed meanwhile, before its first instruction. */
	run->executed = ptrace(PTRACE_DETACH, pid, 0L, 0L) == 0;
	if (run->executed && pid != session->program)
		forget(session, pid);
	return true;
}

static void on_stop(struct session *session, pid_t pid, int status)
{
	struct tracee *tracee = find(session, pid);
	int signal_number = WSTOPSIG(status);
	int event = status >> 16;

	if (!tracee) {
		(void)add(session, pid);
		return;
	}
	if (event == PTRACE_EVENT_EXEC && on_exec(session, tracee))
		return;
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	    event == PTRACE_EVENT_CLONE) {
		name_child(session, tracee);
		tracee = find(session, pid);
	}
	if (signal_number == (SIGTRAP | 0x80))
		on_call(session, tracee);
	/* Events and calls are no signals, nor is the stop that a tracee begins with. */
	if (event || signal_number == (SIGTRAP | 0x80) || signal_number == SIGSTOP)
		signal_number = 0;
	resume(session, tracee, signal_number);
}

/* ---- a run ---- */

static void start_program(const struct inject_run *run, int message)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)ptrace(PTRACE_TRACEME, 0, 0L, 0L);
	(void)raise(SIGSTOP);
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	(void)dup2(message, 2);
	if (run->prepare)
		run->prepare();
	(void)execv(run->argv[0], run->argv);
	_exit(99);
}

/* Until everything has ended or the time is over. */
static void follow(struct session *session)
{
	while (!alarmed) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		if (WIFSTOPPED(status)) {
			on_stop(session, pid, status);
			continue;
		}
		if (pid == session->program) {
			session->run->status = status;
			set_alarm(GRACE_MS);
		}
		forget(session, pid);
	}
}

/* Ends what is left of the run, which is all that we have for children. How many those were. */
static int end_children(void)
{
	int n = 0;

	for (int round = 0; round < 1000; round++) {
		char path[64];
		char text[4096] = "";
		ssize_t got;
		int fd;

		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
		(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
		fd = open(path, O_RDONLY | O_CLOEXEC);
		got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		(void)close(fd);
		if (got <= 0)
			return n;
		for (char *at = text, *end; strtol(at, &end, 10) > 0; at = end) {
			n += round == 0;
			(void)kill((pid_t)strtol(at, NULL, 10), SIGKILL);
		}
		(void)usleep(1000);
	}
	return n;
}

static void read_message(struct inject_run *run, int fd)
{
	ssize_t n = pread(fd, run->message, sizeof(run->message) - 1, 0);

	run->message[n > 0 ? n : 0] = '\0';
}

int inject_run(struct inject_run *run)
{
	static const struct sigaction wake = {.sa_handler = on_alarm};
	struct session session = {.run = run};
	int message = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int status;

	run->hit = run->executed = run->timed_out = false;
	run->facts[0] = '\0';
	if (message < 0) {
		perror("faults: /tmp");
		return -1;
	}
	(void)sigaction(SIGALRM, &wake, NULL);
	session.program = fork();
	if (session.program == 0)
		start_program(run, message);
	if (session.program < 0 || waitpid(session.program, &status, 0) < 0 ||
	    !WIFSTOPPED(status)) {
		perror("faults: fork");
		return -1;
	}
	(void)ptrace(PTRACE_SETOPTIONS, session.program, 0L, (long)OPTIONS);
	memcpy(add(&session, session.program)->name, "0", 2);
	resume(&session, &session.tracees[0], 0);
	set_alarm(run->time_ms);
	follow(&session);
	(void)setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, 0}}, NULL);
	run->timed_out = !session.ended;
	run->survivors = end_children();
	read_message(run, message);
	(void)close(message);
	return 0;
}
