/*
 * The order of operations in the child of a launch, between clone and execve.
 *
 * The child runs in its parent's memory, with every signal blocked, while the calling thread is
 * suspended (CLONE_VM | CLONE_VFORK): nothing of the parent's is copied, however large it is. So it
 * may not allocate, lock or return, and makes system calls without libc, as the parent may be a
 * keeper, which has no errno of its own. Each row of the table is a step, above it the reason why
 * it stands there. The first that fails ends the launch: a tool never runs with fewer walls than
 * its sandbox has.
 */
#include "runtime/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/cgroup.h"
#include "runtime/fd.h"
#include "runtime/keeper.h"
#include "runtime/landlock.h"
#include "runtime/metadata.h"
#include "runtime/oom.h"
#include "runtime/privilege.h"
#include "runtime/raw.h"
#include "runtime/seccomp.h"

#define SETUP_FAILED 125
#define NO_LISTENER  INT_MAX

/* The kernel puts our process id beside what we send, in the receiver's numbers (unix(7)). */
static int tell_pid(struct launch *launch)
{
	long n = launch->has_keeper ? RAW(SYS_write, launch->tell, &(char){KEEPER_TELLS_PID}, 1)
				    : 1;

	return n < 0 ? (int)n : 0;
}

static int reset_signals(struct launch *launch)
{
	/*
	 * The kernel's struct sigaction, of whatever layout: all zero is SIG_DFL without flags or
	 * mask. A call each, as CLONE_CLEAR_SIGHAND leaves ignored what the caller ignores.
	 */
	static const unsigned long zero[8];
	int rc = 0;

	(void)launch;
	for (int number = 1; !rc && number <= KERNEL_SIGNALS; number++) {
		if (number == SIGKILL || number == SIGSTOP)
			continue;
		rc = (int)RAW(SYS_rt_sigaction, number, zero, NULL, KERNEL_SIGSET_SIZE);
	}
	return rc;
}

static int leave_session(struct launch *launch)
{
	long rc = RAW0(SYS_setsid);

	(void)launch;
	return rc < 0 ? (int)rc : 0;
}

static int enter_userns(struct launch *launch)
{
	int rc = 0;

	if (launch->new_userns && !launch->has_keeper)
		rc = userns_write_maps(&launch->maps);
	launch->namespaces_refused = rc != 0;
	return rc;
}

static int enter_cgroup(struct launch *launch)
{
	return launch->born_in_cgroup ? 0 : cgroup_enter(&launch->cgroup);
}

static int set_umask(struct launch *launch)
{
	long rc = RAW(SYS_umask, 022);

	(void)launch;
	return rc < 0 ? (int)rc : 0;
}

/* Under a broker's Landlock rules it can't: the caller does. */
static int reset_oom(struct launch *launch)
{
	int proc = launch->sandbox->oom_proc;

	return proc < 0 || launch->has_broker ? 0 : oom_reset(proc);
}

/*
 * The caller's own directory, by the name that it had a moment ago: by now that may lead elsewhere,
 * to where somebody else wants the command to begin.
 */
static int enter_known(const struct launch *launch)
{
	const struct open_how_abi how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
					 .resolve = KERNEL_RESOLVE_NO_SYMLINKS};
	struct statx_abi st = {.mask = 0};
	long fd = RAW(KERNEL_NR_OPENAT2, AT_FDCWD, launch->cwd, &how, sizeof(how));
	long rc = fd < 0 ? fd : RAW(SYS_statx, fd, "", AT_EMPTY_PATH, KERNEL_STATX_INO, &st);

	if (!rc && (st.ino != launch->cwd_inode || st.dev_major != launch->cwd_major ||
		    st.dev_minor != launch->cwd_minor))
		rc = -ESTALE;
	if (!rc)
		rc = RAW(SYS_fchdir, fd);
	if (fd >= 0)
		(void)RAW(SYS_close, fd);
	return (int)rc;
}

static int set_directory(struct launch *launch)
{
	return launch->cwd_is_known ? enter_known(launch) : (int)RAW(SYS_chdir, launch->cwd);
}

/* By way of high numbers, as the sources may themselves be 0 to 2, in any order. */
static int set_stdio(struct launch *launch)
{
	long high[3];
	long rc = 0;

	/* They come with the request. */
	if (launch->park)
		return 0;
	for (int i = 0; i < 3; i++) {
		high[i] = RAW(SYS_fcntl, launch->stdio[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (high[i] < 0)
			return (int)high[i];
	}
	for (int i = 0; rc >= 0 && i < 3; i++)
		rc = RAW(SYS_dup3, high[i], i, 0);
	return rc < 0 ? (int)rc : 0;
}

static int set_limits(struct launch *launch)
{
	return limits_apply(&launch->limits);
}

/* Real-time scheduling and negative nice values would starve the host; I/O has a class as well. */
static int reset_priority(struct launch *launch)
{
	static const struct sched_param none;
	long policy = RAW(SYS_sched_getscheduler, 0);
	/* The system call returns 20 minus the nice value (getpriority(2)). */
	long nice = RAW(SYS_getpriority, PRIO_PROCESS, 0);
	long io = RAW(SYS_ioprio_get, KERNEL_IOPRIO_WHO_PROCESS, 0);
	long rc = policy < 0 ? policy : nice < 0 ? nice : 0;

	(void)launch;
	/* A kernel without block devices has no I/O priorities. */
	if (!rc && io < 0 && io != -ENOSYS)
		rc = io;
	if (!rc && policy != SCHED_OTHER && policy != SCHED_BATCH && policy != SCHED_IDLE)
		rc = RAW(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
	if (!rc && nice > 20)
		rc = RAW(SYS_setpriority, PRIO_PROCESS, 0, 0);
	if (!rc && io >> KERNEL_IOPRIO_CLASS_SHIFT == KERNEL_IOPRIO_CLASS_RT)
		rc = RAW(SYS_ioprio_set, KERNEL_IOPRIO_WHO_PROCESS, 0, 0);
	return (int)rc;
}

static int reset_personality(struct launch *launch)
{
	long rc = RAW(SYS_personality, 0);

	(void)launch;
	return rc < 0 ? (int)rc : 0;
}

static int drop_privilege(struct launch *launch)
{
	const struct privilege_user *user = &launch->sandbox->user;
	int rc;

	if (launch->park)
		return privilege_drop_at_execve(launch->privileged);
	/* The keeper has gone ahead. */
	if (!launch->has_broker)
		return privilege_drop_to(launch->privileged, user);
	rc = privilege_drop_saved(user);
	return rc ? rc : privilege_drop(launch->privileged);
}

static int no_new_privilege(struct launch *launch)
{
	(void)launch;
	return privilege_no_new();
}

static int die_with_parent(struct launch *launch)
{
	int rc;

	if (!launch->die_with_caller && !launch->has_keeper)
		return 0;
	rc = (int)RAW(SYS_prctl, KERNEL_PR_SET_PDEATHSIG, SIGKILL);
	if (rc)
		return rc;
	/* It may have died before we asked to be told. */
	return RAW0(SYS_getppid) == launch->parent ? 0 : -ESRCH;
}

static int enter_landlock(struct launch *launch)
{
	return launch->ruleset < 0 ? 0 : landlock_enter(launch->ruleset);
}

/* While it waits nothing of the caller's stays open, in which somebody might wait for an end. */
static int close_others(struct launch *launch)
{
	const int waiting[] = {launch->door, launch->owner};

	if (launch->park)
		return fd_close_from(0, waiting, sizeof(waiting) / sizeof(waiting[0]));
	return fd_close_from(STDERR_FILENO + 1, launch->kept,
			     launch->has_broker ? sizeof(launch->kept) / sizeof(launch->kept[0])
						: 0);
}

/* Its ruleset is a descriptor: under the command's limit there may be no number for one before. */
static int refuse_net(struct launch *launch)
{
	const uint64_t net = launch->sandbox->refused_net;

	return net ? landlock_refuse_net(net) : 0;
}

static int unblock_signals(struct launch *launch)
{
	static const unsigned long long none;

	(void)launch;
	return (int)RAW(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, KERNEL_SIGSET_SIZE);
}

/* A listener, NO_LISTENER, or a negative errno. */
static int guard_metadata(const struct launch *launch)
{
	uint32_t plan = launch->sandbox->plan;
	enum metadata_way way = METADATA_ASKED;
	int rc;

	/* A net gate's filter is asked about sockets, and there is one listener. */
	if (plan & WRIT_PLAN_BROKER)
		way = METADATA_PASSED;
	if (!launch->has_broker || (plan & WRIT_PLAN_NETWORK && !(plan & WRIT_PLAN_BROKER)))
		way = METADATA_REFUSED;
	rc = metadata_enter(way);
	/* Of a process's filters one has a listener: somebody around us has it (seccomp(2)). */
	if (rc == -EBUSY && way == METADATA_ASKED)
		rc = metadata_enter(way = METADATA_REFUSED);
	return rc < 0 ? rc : way == METADATA_ASKED ? rc : NO_LISTENER;
}

/* Ours is closed when the command is executed, the keeper's is not. */
static int enter_seccomp(struct launch *launch)
{
	const uint32_t answered = WRIT_PLAN_BROKER | WRIT_PLAN_NETWORK;
	bool asks = launch->has_broker && launch->sandbox->plan & answered;
	int rc = launch->guards_metadata ? guard_metadata(launch) : NO_LISTENER;

	launch->listener = rc == NO_LISTENER ? -1 : rc;
	if (rc >= 0 && launch->guards_session)
		rc = metadata_enter_session();
	if (rc >= 0 && asks)
		launch->listener = rc = seccomp_listen(&launch->sandbox->filter,
						       launch->sandbox->plan & WRIT_PLAN_BROKER);
	else if (rc >= 0)
		rc = seccomp_enter(&launch->sandbox->filter);
	return rc < 0 ? rc : 0;
}

static const struct {
	const char *name;
	int (*run)(struct launch *launch);
	bool is_callers; /* what it is refused for is the caller's choice, not the host's */
	bool is_early; /* it depends on no request, and stays right if made before those that do */
} steps[] = {
	/* First, as the tool is known by it. */
	{"telling the process id", tell_pid, false, true},
	/* Before a signal can come: a handler of the parent's would run on the parent's memory. */
	{"resetting signals", reset_signals, false, true},
	/*
	 * Its own group is what writ_wait and writ_kill kill; without a terminal, no TIOCSTI to
	 * ours.
	 */
	{"setsid", leave_session, false, true},
	/* Needs /proc and the namespace's capabilities, which go below. */
	{"mapping the user in its namespace", enter_userns, false, true},
	/* Needs the caller's rights; before anything that could be counted is made. */
	{"entering the cgroup", enter_cgroup, false, true},
	/* The caller's descriptor of /proc, by its number. */
	{"resetting oom_score_adj", reset_oom, false, true},
	{"umask", set_umask, false, true},
	/*
	 * As the caller: the directory may be one that only the caller can search. One that waited
	 * is not the caller any more, and is given up where that shows.
	 */
	{"chdir", set_directory, true, false},
	/* After what uses descriptors by number, before they are closed. */
	{"redirecting standard input and output", set_stdio, false, false},
	/* May need CAP_SYS_RESOURCE to restate a limit; never raises one. */
	{"setting resource limits", set_limits, false, true},
	/* Lowering them needs no right; with the real-time and nice limits set, there is no way
	   back. */
	{"resetting priorities", reset_priority, false, true},
	/* ADDR_NO_RANDOMIZE and READ_IMPLIES_EXEC would make the tool easier to take over. */
	{"resetting the personality", reset_personality, false, true},
	/* Before no_new_privs, which does not lock the capabilities one already has. */
	{"dropping capabilities, and becoming the user", drop_privilege, false, true},
	/* Landlock and seccomp demand it of the unprivileged, which we now are. */
	{"no_new_privs", no_new_privilege, false, true},
	/* After the change of credentials, which clears it (prctl(2)). */
	{"PR_SET_PDEATHSIG", die_with_parent, false, false},
	/* After everything that opens files. */
	{"Landlock", enter_landlock, false, true},
	/* After the last use of a descriptor of ours, Landlock's ruleset. */
	{"close_range", close_others, false, true},
	{"Landlock for ports", refuse_net, false, true},
	/* With default dispositions, a signal that waited now ends the child and nothing else. */
	{"unblocking signals", unblock_signals, false, false},
	/* Last: the filter need not allow any of the above, but for those of a child that waits. */
	{"seccomp", enter_seccomp, false, true},
};
#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

/* Tries each candidate as execvp does: "not allowed" is remembered, "not there" is passed over. */
static int execute(const struct launch *launch)
{
	int error = ENOENT;

	for (const char *const *path = launch->candidates; *path; path++) {
		int rc = (int)RAW(SYS_execve, *path, launch->argv, launch->envp);

		if (rc != -ENOENT && rc != -ENOTDIR && rc != -EACCES)
			return -rc;
		if (rc == -EACCES)
			error = EACCES;
	}
	return error;
}

TASK_CODE static void end_child(void)
{
	(void)RAW(SYS_exit_group, SETUP_FAILED);
	/*
	 * The filter forbids even that: leave by a fault, whose default action no filter changes.
	 */
	__builtin_trap();
}

TASK_CODE static void fail(struct launch *launch, const char *step, int rc)
{
	launch->step = step;
	launch->error = -rc;
	end_child();
}

TASK_CODE static void run_steps(struct launch *launch, bool early, bool late)
{
	for (size_t i = 0; i < N_STEPS; i++) {
		int rc = 0;

		if (steps[i].is_early ? early : late)
			rc = steps[i].run(launch);
		launch->is_callers = rc && steps[i].is_callers;
		if (rc)
			fail(launch, steps[i].name, rc);
	}
}

/* What does not depend on the request; the rest when it is there. */
TASK_CODE static void run_around_parking(struct launch *launch)
{
	int rc;

	(void)RAW(SYS_set_tid_address, &launch->life);
	run_steps(launch, true, false);
	rc = launch->park(launch);
	if (rc)
		fail(launch, "waiting for a request", rc);
	run_steps(launch, false, true);
}

/* Returns only on failure, which is in the struct. */
TASK_CODE static int run_child(void *arg)
{
	struct launch *launch = arg;

	if (launch->park)
		run_around_parking(launch);
	else
		run_steps(launch, true, true);
	launch->executing = true;
	launch->error = execute(launch);
	end_child();
	return SETUP_FAILED;
}

int launch_clone(struct launch *launch, const struct task_request *request)
{
	struct task_request without = *request;
	int pid = -1;

	launch->born_in_cgroup = request->cgroup >= 0;
	if (launch->born_in_cgroup)
		pid = task_clone(request, run_child, launch);
	if (pid >= 0)
		return pid;
	launch->born_in_cgroup = false;
	without.cgroup = -1;
	return task_clone(&without, run_child, launch);
}
