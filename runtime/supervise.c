/*
 * writ_wait: a launch from its first instruction to its last.
 *
 * It waits for the command's end, the wall-clock deadline and output, whichever comes first, and
 * looks now and then at what a cgroup counts and nothing wakes us for. The
 * end is noticed without reaping: while the leader is a zombie its process group's number can't be
 * anyone else's, so that is when the group is killed. Nobody can have left the group, as every
 * filter refuses setsid and setpgid, and a fork that a kill of the group meets does not happen: so
 * one kill reaches every descendant. Only then is the leader reaped, what is left in the pipes
 * moved on, and the cgroup removed.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/cgroup.h"
#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/keeper_broker.h"
#include "runtime/kernel_abi.h"
#include "runtime/process.h"
#include "runtime/result.h"

#define US_PER_SECOND 1000000u
#define NS_PER_US     1000u
#define US_PER_MS     1000u
#define MAX_POLL_MS   60000
#define MIN_LOOK_MS   5
#define MAX_LOOK_MS   100
#define LOOK_PART     4   /* of what is left: few processors use it up sooner */
#define MAX_DRAIN_MS  200 /* how soon a writ_kill from another thread ends a drain */
#define MARK_TRIES    10
#define MARK_TRY_MS   100

uint64_t process_now_us(void)
{
	struct timespec now = {0, 0};

	/* Raw: to find and map the vDSO's takes longer than all the calls of a short launch. */
	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * US_PER_SECOND + (uint64_t)now.tv_nsec / NS_PER_US;
}

void process_free(struct writ_process *process)
{
	if (!process)
		return;
	cgroup_remove(&process->cgroup);
	relay_close(&process->relay);
	fd_close(&process->pidfd);
	/* What somebody still writes to is not given back. */
	if (!keeper_broker_has_ended(&process->keeper))
		return;
	keeper_free(&process->keeper);
	keeper_unmap(process->stack);
	pool_free(&process->pool);
}

pid_t writ_process_pid(const struct writ_process *process)
{
	return process->pid;
}

int writ_process_fd(const struct writ_process *process)
{
	return process->pidfd;
}

/* The group, or -1 where the kernel can't signal one through a pidfd (before 6.9). */
static int kill_by_pidfd(const struct writ_process *process)
{
	return (int)syscall(KERNEL_NR_PIDFD_SEND_SIGNAL, process->pidfd, SIGKILL, NULL,
			    KERNEL_PIDFD_GROUP);
}

/*
 * By pidfd, never by number: this may run in another thread while writ_wait reaps. Where the kernel
 * can't signal a group through a pidfd the leader dies now, and writ_wait kills the
 * rest.
 */
void writ_kill(struct writ_process *process)
{
	int saved = errno;

	if (!process)
		return;
	atomic_store(&process->killed, true);
	if (process->keeper.is_active)
		keeper_kill(&process->keeper, process->pidfd);
	else if (kill_by_pidfd(process))
		(void)syscall(KERNEL_NR_PIDFD_SEND_SIGNAL, process->pidfd, SIGKILL, NULL, 0);
	errno = saved;
}

/* How long poll may sleep; rounded up, so that it never wakes just before the time. */
static int ms_until(uint64_t time_us, int max_ms)
{
	uint64_t now = process_now_us();
	uint64_t ms;

	if (now >= time_us)
		return 0;
	ms = (time_us - now + US_PER_MS - 1) / US_PER_MS;
	return ms < (uint64_t)max_ms ? (int)ms : max_ms;
}

static int poll_timeout(const struct writ_process *process, int max_ms)
{
	return process->has_wall ? ms_until(process->deadline_us, max_ms) : max_ms;
}

static bool is_late(const struct writ_process *process)
{
	return process->has_wall && process_now_us() >= process->deadline_us;
}

/* Does the cgroup count what nothing wakes us for? */
static bool must_look(const struct writ_process *process)
{
	return process->in_cgroup_v1_memory ||
	       (process->cpu_limit_us && cgroup_version(&process->cgroup, CGROUP_CPU));
}

/* When to look again, with so much processor time left: nobody can have used it up much before. */
static uint64_t next_look(uint64_t left_us)
{
	uint64_t ms = left_us / US_PER_MS / LOOK_PART;

	ms = ms < MIN_LOOK_MS ? MIN_LOOK_MS : ms > MAX_LOOK_MS ? MAX_LOOK_MS : ms;
	return process_now_us() + ms * US_PER_MS;
}

/* A reason to end the launch, or 0 and when to look again. */
static enum writ_end look(const struct writ_process *process, uint64_t *next_us)
{
	uint64_t limit_us = process->cpu_limit_us ? process->cpu_limit_us : UINT64_MAX;
	uint64_t used_us = cgroup_cpu_us(&process->cgroup);

	if (process->in_cgroup_v1_memory && cgroup_oom_kills(&process->cgroup))
		return WRIT_MEMORY_LIMIT;
	if (used_us >= limit_us)
		return WRIT_CPU_LIMIT;
	*next_us = next_look(limit_us - used_us);
	return (enum writ_end)0;
}

/* A reason to end the launch that has come by now, or 0. */
static enum writ_end reason_to_end(const struct writ_process *process, uint64_t *next_us)
{
	if (process->relay.over)
		return WRIT_OUTPUT_LIMIT;
	if (is_late(process))
		return WRIT_WALL_LIMIT;
	if (process_now_us() < *next_us)
		return (enum writ_end)0;
	return look(process, next_us);
}

/* Until the leader has ended (*end stays 0) or there is a reason to end it. */
static int watch(struct writ_process *process, enum writ_end *end, struct writ_error *error)
{
	struct pollfd fds[1 + RELAY_STREAMS] = {{.fd = process->pidfd, .events = POLLIN}};
	uint64_t next_us = must_look(process) ? next_look(process->cpu_limit_us) : UINT64_MAX;

	while (!*end) {
		int max_ms = next_us == UINT64_MAX ? MAX_POLL_MS : ms_until(next_us, MAX_POLL_MS);

		relay_poll_set(&process->relay, fds + 1);
		if (poll(fds, 1 + RELAY_STREAMS, poll_timeout(process, max_ms)) < 0 &&
		    errno != EINTR)
			return error_sys(error, WRIT_E_SYSTEM, errno, "poll");
		if (fds[0].revents)
			return 0;
		if (process->relay.active)
			relay_move(&process->relay, fds + 1);
		*end = reason_to_end(process, &next_us);
	}
	return 0;
}

/*
 * The leader can't be waited for: somebody else has reaped it, so its group's number may be another
 * group's by now. The pidfd still means this one, and the cgroup knows its own.
 */
static void abandon(struct writ_process *process)
{
	writ_kill(process);
	cgroup_kill(&process->cgroup);
}

/* By number, while that can only be ours. Where kill is refused to us, pidfds may not be. */
static int kill_group(struct writ_process *process, struct writ_error *error)
{
	int saved;

	if (kill(-process->pid, SIGKILL) == 0 || errno == ESRCH)
		return 0;
	saved = errno;
	if (kill_by_pidfd(process) == 0)
		return 0;
	cgroup_kill(&process->cgroup);
	return error_sys(error, WRIT_E_SYSTEM, saved, "what the launch left can't be killed");
}

/* Ends the launch before it does so itself. */
static void end_launch(struct writ_process *process)
{
	if (process->keeper.is_active)
		keeper_kill(&process->keeper, process->pidfd);
	else
		(void)kill_group(process, NULL);
}

/*
 * What it knows of the command's end. Should it have been killed, by whoever could, so has the
 * command: with its namespace, or by the kernel as its child, and we kill the rest.
 */
static int ask_keeper(struct writ_process *process, struct result_wait *wait,
		      struct writ_error *error)
{
	const struct keeper *keeper = &process->keeper;

	if (!atomic_load(&keeper->has_ended))
		return keeper->is_init ? 0 : kill_group(process, error);
	wait->info = keeper->end;
	wait->usage = keeper->usage;
	return 0;
}

/* Kills the group and reaps the leader; see the top of the file for why in this order. */
static int finish(struct writ_process *process, struct result_wait *wait, struct writ_error *error)
{
	idtype_t by_pidfd = (idtype_t)KERNEL_P_PIDFD;
	id_t pidfd = (id_t)process->pidfd;
	int rc;

	while (waitid(by_pidfd, pidfd, &wait->info, WEXITED | WNOWAIT | KERNEL_WALL)) {
		int saved = errno;

		if (saved == EINTR)
			continue;
		abandon(process);
		return error_sys(error, WRIT_E_SYSTEM, saved, "the launch can't be waited for");
	}
	rc = process->keeper.is_active ? 0 : kill_group(process, error);
	/* Raw: the kernel's has one argument more, what was used (wait(2)). */
	while (syscall(SYS_waitid, KERNEL_P_PIDFD, pidfd, &wait->info, WEXITED | KERNEL_WALL,
		       &wait->usage)) {
		if (errno != EINTR)
			return error_sys(error, WRIT_E_SYSTEM, errno, "the launch can't be reaped");
	}
	return process->keeper.is_active ? ask_keeper(process, wait, error) : rc;
}

/*
 * Moves on what was written before the end, for as long as the reader and the deadline allow. False
 * when that was not long enough.
 */
static bool drain(struct writ_process *process)
{
	struct pollfd fds[RELAY_STREAMS];
	bool is_last = false;

	while (!relay_drained(&process->relay)) {
		if (is_last)
			return false;
		is_last = is_late(process) || atomic_load(&process->killed);
		relay_poll_set(&process->relay, fds);
		for (int i = 0; i < RELAY_STREAMS; i++)
			fds[i].fd = fds[i].events == POLLOUT ? fds[i].fd : -1;
		if (poll(fds, RELAY_STREAMS, poll_timeout(process, MAX_DRAIN_MS)) < 0 &&
		    errno != EINTR)
			return false;
		relay_move(&process->relay, fds);
	}
	return true;
}

/* The mark is worth waiting for its reader, but not long: the launch is over. */
static void mark(struct writ_process *process)
{
	struct pollfd fds[RELAY_STREAMS];

	relay_mark(&process->relay);
	for (int i = 0; i < MARK_TRIES; i++) {
		relay_poll_set(&process->relay, fds);
		fds[0].fd = -1;
		if (fds[1].events != POLLOUT)
			return;
		(void)poll(fds, RELAY_STREAMS, MARK_TRY_MS);
		relay_move(&process->relay, fds);
	}
}

/* Sees the output to its end. False when some of it was dropped. */
static bool end_output(struct writ_process *process, enum writ_end *end)
{
	bool all = drain(process);

	if (process->relay.over && !*end)
		*end = WRIT_OUTPUT_LIMIT;
	if (*end == WRIT_OUTPUT_LIMIT)
		mark(process);
	return all;
}

static int supervise(struct writ_process *process, struct writ_result *result,
		     struct writ_error *error)
{
	enum writ_end end = (enum writ_end)0;
	struct result_wait wait = {.usage = {.ru_maxrss = 0}};
	int rc = watch(process, &end, error);
	bool all_output = true;
	int finished;

	/* Whatever happened, from here on it ends. */
	if (rc || end)
		end_launch(process);
	finished = finish(process, &wait, rc ? NULL : error);
	if (rc || finished)
		return rc ? rc : finished;
	if (process->relay.active)
		all_output = end_output(process, &end);
	if (result) {
		result_fill(process, &wait, end, result);
		result->output_lost = !all_output;
	}
	return 0;
}

int writ_wait(struct writ_process **process, struct writ_result *result, struct writ_error *error)
{
	struct writ_process *taken;
	int cancel;
	int rc;

	if (!process || !*process)
		return error_set(error, WRIT_E_INVALID, "writ_wait: no process");
	taken = *process;
	/* A thread that is cancelled here would leave a launch that nobody ends. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	rc = supervise(taken, result, error);
	/*
	 * In this order: a signal handler that calls writ_kill sees the process whole, or not at
	 * all.
	 */
	*process = NULL;
	atomic_signal_fence(memory_order_seq_cst);
	process_free(taken);
	(void)pthread_setcancelstate(cancel, NULL);
	return rc;
}
