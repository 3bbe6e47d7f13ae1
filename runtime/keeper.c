/*
 * What the keeper does, from its clone to its end. See keeper.h.
 *
 * It runs in the caller's memory while the caller's threads run, with every signal blocked. So it
 * never allocates, locks or touches anything of the caller's but struct keeper and, until it has
 * told of the start, struct launch; and it makes system calls without libc (raw.h). It has
 * capabilities that the command has not, or is in no Landlock domain, or both: the command can't
 * trace it, and so can't read the caller's memory through it.
 *
 * Its end is everybody's. As process 1 it takes the namespace with it, however it ends; the kernel
 * sees to that. Elsewhere it kills the command's process group, which nobody can have left, and it
 * hears of the caller's death by a signal.
 */
#include "runtime/keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "runtime/broker.h"
#include "runtime/fd.h"
#include "runtime/keeper_broker.h"
#include "runtime/landlock.h"
#include "runtime/launch.h"
#include "runtime/mounts.h"
#include "runtime/raw.h"
#include "runtime/task.h"

#define SETUP_FAILED   125
#define SIGNAL_BIT(n)  (1ull << ((n)-1))
#define SIGNALFD_BYTES 128u /* struct signalfd_siginfo; its first word is the signal's number */

/*
 * Out of the caller's process group: what kills that must leave somebody to end the launch. Out of
 * its session where a broker opens files for the command, or /dev/tty would be the caller's
 * terminal; and where we are not process 1, or what kills the session would leave the command's
 * children. Else not: a session is dear (sched(7), autogroup), and the command gets its own anyway.
 */
static int leave_group(struct keeper *keeper)
{
	(void)RAW(SYS_prctl, KERNEL_PR_SET_NAME, "writ-keeper");
	/* Refused where we are ourselves confined: then we stay in it. */
	if (keeper->broker || !keeper->is_init)
		(void)RAW0(SYS_setsid);
	else
		(void)RAW(SYS_setpgid, 0, 0);
	return 0;
}

/* Orphans of the command become our children, to be counted and reaped: process 1 has them. */
static int adopt_orphans(struct keeper *keeper)
{
	return keeper->is_init ? 0 : (int)RAW(SYS_prctl, KERNEL_PR_SET_SUBREAPER, 1, 0, 0, 0);
}

static int map_user(struct keeper *keeper)
{
	return keeper->launch->new_userns ? userns_write_maps(&keeper->launch->maps) : 0;
}

/* Process 1 is killed, which ends all; elsewhere there is something left to do. */
static int follow_caller(struct keeper *keeper)
{
	struct pollfd end = {.fd = keeper->ends[1], .events = POLLIN};
	struct timespec at_once = {0, 0};
	int rc;

	(void)RAW(SYS_close, keeper->ends[0]);
	/* Of the caller's thread, which one that is parked outlives: that has a pidfd of all. */
	if (!keeper->launch->die_with_caller)
		return 0;
	rc = (int)RAW(SYS_prctl, KERNEL_PR_SET_PDEATHSIG, keeper->is_init ? SIGKILL : SIGTERM);
	if (rc)
		return rc;
	/* It may have died before we asked to be told: then its end is closed. */
	(void)RAW(SYS_ppoll, &end, 1, &at_once, NULL, KERNEL_SIGSET_SIZE);
	return end.revents & POLLHUP ? -ESRCH : 0;
}

static int make_mounts(struct keeper *keeper)
{
	struct launch *launch = keeper->launch;
	int rc = 0;

	if (launch->namespaces & KERNEL_CLONE_NEWNS)
		rc = mounts_make(&launch->sandbox->namespaces,
				 &(struct mounts){.roots = launch->roots,
						  .in_userns = launch->new_userns,
						  .has_proc = launch->has_proc},
				 &launch->detail);
	if (!rc)
		launch->detail = NULL;
	return rc;
}

/* By us, whose descriptors are not limited as the command's are. */
static int make_ruleset(struct keeper *keeper)
{
	struct launch *launch = keeper->launch;

	if (!launch->sandbox->recipe.is_used || launch->sandbox->ruleset < 0)
		return 0;
	launch->ruleset = fd_raise(landlock_build(launch->sandbox, launch->roots));
	return launch->ruleset < 0 ? launch->ruleset : 0;
}

/* The command's descriptors are its own copies, and ours are closed once it is executed. */
static int start_command(struct keeper *keeper)
{
	struct launch *launch = keeper->launch;
	int pid;

	launch->parent = (pid_t)RAW0(SYS_getpid);
	pid = launch_clone(launch, &(struct task_request){
					   .flags = KERNEL_CLONE_VM |
						    (launch->park ? 0 : KERNEL_CLONE_VFORK) |
						    (keeper->broker ? KERNEL_CLONE_FILES : 0),
					   .cgroup = launch->cgroup.only,
					   .stack = keeper->memory + KEEPER_PART_BYTES,
					   .stack_bytes = KEEPER_PART_BYTES,
				   });
	keeper->leader = pid > 0 ? pid : 0;
	return pid < 0 ? pid : 0;
}

/* Nothing of the caller's stays open: not the reading end of a pipe that it waits to be closed. */
static int close_others(struct keeper *keeper)
{
	const unsigned long long set = SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGTERM);
	const struct broker *broker = keeper->broker;
	const int kept[] = {keeper->ends[1], keeper->caller, broker ? broker->listener : -1,
			    broker ? broker->proc : -1, broker ? broker->fds : -1};
	int rc = fd_close_from(0, kept, sizeof(kept) / sizeof(kept[0]));

	if (rc)
		return rc;
	keeper->signals = (int)RAW(SYS_signalfd4, -1, &set, KERNEL_SIGSET_SIZE, 0);
	return keeper->signals < 0 ? keeper->signals : 0;
}

static const struct {
	const char *name;
	int (*run)(struct keeper *keeper);
	bool is_of_namespaces; /* it fails where the host grants namespaces and nothing in them */
} steps[] = {
	{"leaving the caller's process group", leave_group, false},
	{"PR_SET_CHILD_SUBREAPER", adopt_orphans, false},
	/* Gives the capabilities in the new namespace their meaning for files. */
	{"mapping the user in its namespace", map_user, true},
	/* Before Landlock, after which nothing is mounted. */
	{"mounting", make_mounts, true},
	/* Of what is there once everything is mounted. */
	{"making the Landlock ruleset", make_ruleset, false},
	/* After everything that takes a capability. */
	{"confining the broker", keeper_broker_confine, false},
	/* After the change of credentials, which clears it (prctl(2)). */
	{"PR_SET_PDEATHSIG", follow_caller, false},
	/* Where the host grants no procfs in a PID namespace, it goes without the namespace. */
	{"opening /proc for the broker", keeper_broker_open, true},
	{"clone", start_command, false},
	{"listening for the command's calls", keeper_broker_listen, false},
	{"closing descriptors", close_others, false},
};
#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

/* 0, or launch->error is set. */
static int prepare(struct keeper *keeper)
{
	struct launch *launch = keeper->launch;

	for (size_t i = 0; i < N_STEPS; i++) {
		int rc = steps[i].run(keeper);

		/* The command's own failure is told by itself. */
		if (!rc && launch->error)
			return -1;
		if (!rc)
			continue;
		launch->step = launch->detail ? launch->detail : steps[i].name;
		launch->namespaces_refused = steps[i].is_of_namespaces;
		launch->error = -rc;
		launch->was_run = keeper->leader != 0;
		return -1;
	}
	return 0;
}

/*
 * Reaps what has ended, but for the command. True once that has ended; then keeper->end tells. Or
 * when that can't be known: then all has to end.
 */
static bool reap_orphans(struct keeper *keeper)
{
	const int options = WEXITED | WNOHANG | KERNEL_WALL;

	for (;;) {
		siginfo_t *end = &keeper->end;

		end->si_pid = 0;
		if (RAW(SYS_waitid, P_ALL, 0, end, options | WNOWAIT, NULL))
			return true;
		if (!end->si_pid)
			return false;
		if (end->si_pid == keeper->leader)
			return true;
		if (RAW(SYS_waitid, P_PID, end->si_pid, end, options, NULL))
			return true;
	}
}

/* Waits for a signal. False when all has to end: who parked the command is gone. */
static bool outlives_caller(struct keeper *keeper)
{
	struct pollfd fds[2] = {{.fd = keeper->signals, .events = POLLIN},
				{.fd = keeper->caller, .events = POLLIN}};

	while (keeper->caller >= 0 && !fds[0].revents) {
		long rc = RAW(SYS_ppoll, fds, 2, NULL, NULL, KERNEL_SIGSET_SIZE);

		if (rc < 0 && rc != -EINTR)
			return false;
		if (rc <= 0 || !fds[1].revents)
			continue;
		if (keeper->dies_with_caller)
			return false;
		(void)RAW(SYS_close, keeper->caller);
		keeper->caller = -1;
	}
	return true;
}

/* Until the command has ended, or all has to. */
static void serve(struct keeper *keeper)
{
	uint32_t info[SIGNALFD_BYTES / sizeof(uint32_t)] = {0};

	while (!reap_orphans(keeper)) {
		long n;

		if (!outlives_caller(keeper) || !keeper_broker_serve(keeper))
			return;
		n = RAW(SYS_read, keeper->signals, info, sizeof(info));

		if (n < 0 && n != -EINTR)
			return;
		/* Process 1 needs no such signal, and listens to nobody's. */
		if (n == sizeof(info) && info[0] == SIGTERM && !keeper->is_init)
			return;
	}
}

/* Reaps who has ended. True when we have no child then, and so nobody else is in our namespace. */
static bool is_alone(void)
{
	siginfo_t end;
	long rc;

	do {
		end.si_pid = 0;
		rc = RAW(SYS_waitid, P_ALL, 0, &end, WEXITED | WNOHANG | KERNEL_WALL, NULL);
	} while (rc == 0 && end.si_pid);
	return rc == -ECHILD;
}

/*
 * The command is a zombie or still runs: its group's number is nobody else's. A fork that the kill
 * meets does not happen. Where we may not kill, waiting would be for ever: our end does it in a
 * namespace, and elsewhere the caller is left to.
 */
static int kill_all(const struct keeper *keeper)
{
	/* By itself as well: one that parks may not have a group of its own yet. */
	(void)RAW(SYS_kill, keeper->leader, SIGKILL);
	return (int)RAW(SYS_kill, keeper->is_init ? -1 : -keeper->leader, SIGKILL);
}

/* Mostly the command was the last: to kill all looks at each process of the host (kill(2)). */
static int end_all(struct keeper *keeper)
{
	const int which = keeper->is_init ? P_ALL : P_PGID;
	bool is_over = keeper->is_init && is_alone();
	int rc = is_over ? -ESRCH : kill_all(keeper);
	siginfo_t end;

	keeper_broker_end(keeper);
	while (!is_over && (!rc || rc == -ESRCH) &&
	       RAW(SYS_waitid, which, keeper->leader, &end, WEXITED | KERNEL_WALL, NULL) == 0)
		;
	(void)RAW(SYS_getrusage, RUSAGE_CHILDREN, &keeper->usage);
	keeper_broker_finish(keeper);
	return rc == -ESRCH ? 0 : rc;
}

int keeper_run(void *arg)
{
	struct keeper *keeper = arg;
	int rc = prepare(keeper);

	/* Whatever of it runs, its walls are not all up, or nobody would end it. */
	if (rc && keeper->leader)
		(void)end_all(keeper);
	(void)RAW(SYS_write, keeper->ends[1], &(char){KEEPER_TELLS_START}, 1);
	/* A caller that sleeps until then is not woken by the command's own message. */
	if (keeper->caller < 0)
		(void)RAW(SYS_shutdown, keeper->ends[1], SHUT_WR);
	if (!rc) {
		(void)RAW(SYS_close, keeper->ends[1]);
		serve(keeper);
		if (end_all(keeper) && !keeper->is_init)
			keeper->leader = 0;
		if (keeper->end.si_pid != keeper->leader) {
			keeper->end.si_code = CLD_KILLED;
			keeper->end.si_status = SIGKILL;
		}
		atomic_store(&keeper->has_ended, keeper->leader != 0);
	}
	for (;;)
		(void)RAW(SYS_exit_group, rc ? SETUP_FAILED : 0);
}
