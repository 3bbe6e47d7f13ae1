/*
 * The parent's half of a launch.
 *
 * In: a sandbox and a command. Everything that can be looked up, allocated or opened is, before
 * there is a child: where the command may be, its environment, its limits, its pipes, its cgroup.
 * Then one clone that shares our memory and suspends us until the child has executed, or has said
 * why not. On any failure nothing runs and nothing is left: no zombie, no descriptor, no cgroup.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/broker.h"
#include "runtime/broker_prepare.h"
#include "runtime/cgroup.h"
#include "runtime/cwd.h"
#include "runtime/env.h"
#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/gate_prepare.h"
#include "runtime/keeper.h"
#include "runtime/lacking.h"
#include "runtime/launch.h"
#include "runtime/namespaces.h"
#include "runtime/net_gate.h"
#include "runtime/net_servers.h"
#include "runtime/privilege.h"
#include "runtime/process.h"
#include "runtime/processes.h"
#include "runtime/raw.h"
#include "runtime/spawn.h"
#include "runtime/streams.h"

#define CHILD_STACK_BYTES ((size_t)16 << 10)
#define DEFAULT_PATH      "/usr/local/bin:/usr/bin:/bin"
#define US_PER_MS         1000u
#define BYTES_PER_KIB     1024u

/*
 * Adds "dir/command" if there is such a file. Relative entries of PATH are passed over, as they
 * would mean the tool's directory; so is what can't be seen: to the child it would look like a
 * refusal of the sandbox.
 */
static char *add_candidate(const char ***next, char *at, const char *dir, size_t dir_len,
			   const char *command)
{
	size_t len = strlen(command);
	struct stat st;

	if (dir_len == 0 || dir[0] != '/')
		return at;
	memcpy(at, dir, dir_len);
	at[dir_len] = '/';
	memcpy(at + dir_len + 1, command, len + 1);
	if (stat(at, &st))
		return at;
	*(*next)++ = at;
	return at + dir_len + len + 2;
}

static size_t count_entries(const char *path)
{
	size_t n = 1;

	for (; *path; path++)
		n += *path == ':';
	return n;
}

/* Where the command may be: itself when it has a slash, else in each directory of PATH. */
static int find_candidates(struct preparation *prep, const char *command)
{
	const char *path = env_get((const char *const *)prep->envp, "PATH");
	const char **candidates;
	const char **next;
	size_t n;
	char *at;

	if (!path)
		path = DEFAULT_PATH;
	n = strchr(command, '/') ? 1 : count_entries(path);
	/* One block with the strings they point to. */
	candidates = pool_alloc(&prep->process->pool, (n + 1) * sizeof(*candidates) + strlen(path) +
							      n * (strlen(command) + 2));
	if (!candidates)
		return -1;
	prep->launch.candidates = candidates;
	next = candidates;
	if (strchr(command, '/')) {
		*next = command;
		return 0;
	}
	at = (char *)(candidates + n + 1);
	while (n--) {
		size_t len = strcspn(path, ":");

		at = add_candidate(&next, at, path, len, command);
		path += len + (path[len] == ':');
	}
	return 0;
}

static int prepare_command(struct preparation *prep, const struct writ_launch *request,
			   struct writ_error *error)
{
	const struct writ_sandbox *sandbox = prep->launch.sandbox;
	const char *const *from = request->envp ? request->envp : (const char *const *)environ;

	prep->envp = pool_array(&prep->process->pool, sandbox->n_env + 1, sizeof(*prep->envp));
	if (!prep->envp)
		return error_nomem(error);
	env_select(sandbox, from, prep->envp);
	if (env_tidy_path(prep->envp, &prep->process->pool))
		return error_nomem(error);
	if (find_candidates(prep, request->argv[0]))
		return error_nomem(error);
	/* execve's prototype lacks the const that it keeps. */
	memcpy(&prep->launch.argv, &request->argv, sizeof(prep->launch.argv));
	memcpy(&prep->launch.envp, &prep->envp, sizeof(prep->launch.envp));
	return 0;
}

static int prepare_stdio(struct preparation *prep, const struct writ_launch *request,
			 struct writ_error *error)
{
	const struct writ_sandbox *sandbox = prep->launch.sandbox;
	int *stdio = prep->launch.stdio;
	int rc = 0;

	memcpy(stdio, request->stdio, sizeof(prep->launch.stdio));
	if (sandbox->has_limit[WRIT_LIMIT_OUTPUT])
		rc = relay_open(&prep->process->relay, sandbox->limits[WRIT_LIMIT_OUTPUT], stdio);
	if (rc)
		return error_sys(error, WRIT_E_SYSTEM, -rc, "can't make a pipe for output");
	for (int i = 0; i < 3; i++) {
		if (stdio[i] >= 0)
			continue;
		if (prep->null < 0)
			prep->null = fd_above_stdio(open("/dev/null", O_RDWR | O_CLOEXEC));
		if (prep->null < 0)
			return error_sys(error, WRIT_E_SYSTEM, errno, "can't open /dev/null");
		stdio[i] = prep->null;
	}
	return sandbox->plan & WRIT_PLAN_NOEXEC ? streams_lower(stdio, prep->lowered, error) : 0;
}

static int plan_limits(struct launch *launch, struct writ_error *error)
{
	enum process_plan plan = launch->sandbox->processes;
	uint64_t n_tasks;
	int rc;

	if (plan == PROCESSES_USERNS && launch->lacking & LACKING_COUNT)
		plan = PROCESSES_COUNTED;
	n_tasks = processes_rlimit(launch->sandbox, plan);
	/* The keeper is a process of the same user, and not the command's. */
	if (n_tasks && launch->has_keeper)
		n_tasks++;
	rc = limits_plan(launch->sandbox, n_tasks, &launch->limits);

	launch->new_userns = plan == PROCESSES_USERNS || namespaces_need_user(launch->namespaces);
	launch->privileged = launch->new_userns || privilege_held();
	if (launch->new_userns)
		userns_maps_init(&launch->maps);
	return rc ? error_sys(error, WRIT_E_SYSTEM, -rc, "can't read the caller's limits") : 0;
}

static int make_cgroup(struct preparation *prep, struct writ_error *error)
{
	const struct writ_sandbox *sandbox = prep->launch.sandbox;
	const struct cgroup_limits limits = {
		.max_tasks = sandbox->limits[WRIT_LIMIT_PROCESSES],
		.max_bytes = sandbox->limits[WRIT_LIMIT_MEMORY],
		.dies_with_us = prep->launch.die_with_caller,
	};
	struct writ_process *process = prep->process;
	int rc = cgroup_create(&sandbox->cgroups, &limits, &process->pool, &process->cgroup);

	if (!rc)
		rc = cgroup_open(&process->cgroup, &prep->launch.cgroup);
	if (rc)
		return error_sys(error, WRIT_E_HOST, -rc,
				 "the sandbox's limits can't be enforced: can't make a cgroup in "
				 "'%.200s'",
				 sandbox->cgroups.dirs[0].path);
	return 0;
}

static int prepare_limits(struct preparation *prep, struct writ_error *error)
{
	const struct writ_sandbox *sandbox = prep->launch.sandbox;
	struct writ_process *process = prep->process;
	int rc = plan_limits(&prep->launch, error);

	if (sandbox->limits[WRIT_LIMIT_CPU] < UINT64_MAX / US_PER_MS)
		process->cpu_limit_us = sandbox->limits[WRIT_LIMIT_CPU] * US_PER_MS;
	process->has_file_size = sandbox->has_limit[WRIT_LIMIT_FILE_SIZE];
	process->in_cgroup_v1_memory = cgroup_version(&sandbox->cgroups, CGROUP_MEMORY) == 1;
	return rc || !sandbox->cgroups.n ? rc : make_cgroup(prep, error);
}

static int prepare_mounts(struct preparation *prep, struct writ_error *error)
{
	struct launch *launch = &prep->launch;

	if (!(launch->namespaces & KERNEL_CLONE_NEWNS))
		return 0;
	launch->roots = pool_array(&prep->process->pool, launch->sandbox->namespaces.n_places,
				   sizeof(*launch->roots));
	return launch->roots ? 0 : error_nomem(error);
}

/* Of the launch's own: the sandbox may be closed before it ends. */
static int prepare_broker(struct preparation *prep, struct writ_error *error)
{
	struct writ_process *process = prep->process;
	const struct writ_sandbox *sandbox = prep->launch.sandbox;
	struct broker *broker;

	if (!sandbox_has_listener(sandbox))
		return 0;
	broker = pool_alloc(&process->pool, sizeof(*broker));
	if (!broker || broker_rules_copy(&broker->rules, &process->pool, &sandbox->denies) ||
	    broker_copy_trees(broker, &process->pool, &sandbox->namespaces))
		return error_nomem(error);
	broker->log = (struct file_log *)prep->file_log;
	process->keeper.broker = broker;
	if (!sandbox->net.has_gate)
		return 0;
	return gate_prepare(&broker->gate, process, &sandbox->net, prep->net_log, error);
}

/*
 * A caller that ignores SIGCHLD has its children reaped by the kernel: the process group's number
 * could be another's by the time we kill it. That can't be made safe from here, so it is refused.
 */
static int check_sigchld(struct writ_error *error)
{
	struct sigaction action;

	if (sigaction(SIGCHLD, NULL, &action))
		return error_sys(error, WRIT_E_SYSTEM, errno, "sigaction");
	if (action.sa_handler == SIG_IGN || action.sa_flags & SA_NOCLDWAIT)
		return error_set(error, WRIT_E_INVALID,
				 "writ_spawn: the caller ignores SIGCHLD, so a launch could not be "
				 "waited for");
	return 0;
}

static void plan_namespaces(struct launch *launch, uint32_t lacking)
{
	const struct writ_sandbox *sandbox = launch->sandbox;

	launch->lacking = lacking;
	launch->namespaces = lacking_flags(sandbox->plan, lacking);
	launch->has_proc = lacking_wanted(sandbox->plan) & ~lacking & WRIT_PLAN_PROC;
	launch->guards_metadata = sandbox->namespaces.guards_metadata &&
				  !(launch->namespaces & KERNEL_CLONE_NEWNS);
	launch->guards_session = sandbox->makes_sessions &&
				 !(launch->namespaces & KERNEL_CLONE_NEWPID);
}

int spawn_prepare(struct preparation *prep, struct writ_error *error)
{
	struct pool pool = {.is_brief = true};
	struct writ_process *process = pool_alloc(&pool, sizeof(*process));

	if (!process)
		return error_nomem(error);
	process->pool = pool;
	process->pidfd = -1;
	prep->process = process;
	prep->launch.parent = getpid();
	prep->launch.ruleset = prep->launch.sandbox->ruleset;
	prep->launch.has_keeper = prep->launch.sandbox->has_keeper;
	plan_namespaces(&prep->launch, lacking_now(prep->launch.sandbox));
	return check_sigchld(error);
}

int spawn_prepare_request(struct preparation *prep, const struct writ_launch *request,
			  struct writ_error *error)
{
	int rc = prepare_command(prep, request, error);

	if (!rc)
		rc = prepare_stdio(prep, request, error);
	if (!rc && request->resolver &&
	    !net_servers_parse(request->resolver, &prep->process->servers))
		rc = error_set(error, WRIT_E_INVALID,
			       "'%.200s' is no server to ask for names: ADDR or ADDR:PORT",
			       request->resolver);
	return rc ? rc : cwd_prepare(&prep->launch, &prep->process->pool, request->cwd, error);
}

int spawn_prepare_walls(struct preparation *prep, struct writ_error *error)
{
	int rc = prepare_limits(prep, error);

	if (!rc)
		rc = prepare_broker(prep, error);
	return rc ? rc : prepare_mounts(prep, error);
}

/*
 * The stack is on ours: we are suspended while it is used. It is large enough for a dynamic linker
 * that binds a call of the child's; each of its pages costs a fault.
 */
static int clone_child(struct launch *launch, int *pidfd)
{
	alignas(16) char stack[CHILD_STACK_BYTES];

	return launch_clone(launch,
			    &(struct task_request){
				    .flags = KERNEL_CLONE_VM | KERNEL_CLONE_VFORK |
					     KERNEL_CLONE_PIDFD |
					     (launch->new_userns ? KERNEL_CLONE_NEWUSER : 0),
				    .cgroup = launch->cgroup.only,
				    .stack = stack,
				    .stack_bytes = sizeof(stack),
				    .pidfd = pidfd,
			    });
}

/*
 * One that parks runs on while we do, so on a stack of its own, which the process keeps for it; and
 * without our thread, which may end.
 */
static int clone_parked(struct launch *launch, struct writ_process *process)
{
	int rc = process->stack ? 0 : keeper_map(&process->stack);

	if (rc)
		return rc;
	return launch_clone(launch,
			    &(struct task_request){
				    .flags = KERNEL_CLONE_VM | KERNEL_CLONE_PIDFD |
					     KERNEL_CLONE_SETTLS |
					     (launch->new_userns ? KERNEL_CLONE_NEWUSER : 0),
				    .cgroup = launch->cgroup.only,
				    .stack = process->stack + KEEPER_PART_BYTES,
				    .stack_bytes = KEEPER_PART_BYTES,
				    .pidfd = &process->pidfd,
				    .tls = keeper_thread(process->stack),
			    });
}

/* The command's process id, or a negative errno. */
static int make_child(struct launch *launch, struct writ_process *process)
{
	unsigned long long all = ~0ull;
	unsigned long long before = 0;
	long dumpable = RAW(SYS_prctl, KERNEL_PR_GET_DUMPABLE, 0, 0, 0, 0);
	int pid;

	/* Raw, so that the libc's own signals wait too. A keeper hears of blocked ones only. */
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, KERNEL_SIGSET_SIZE))
		return -errno;
	pid = launch->has_keeper ? keeper_start(&process->keeper, launch, &process->pidfd)
	      : launch->park     ? clone_parked(launch, process)
				 : clone_child(launch, &process->pidfd);
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, KERNEL_SIGSET_SIZE);
	/* A child that becomes another user changes it, of the memory that we share (prctl(2)). */
	if (launch->sandbox->user.is_set && dumpable == 1)
		(void)RAW(SYS_prctl, KERNEL_PR_SET_DUMPABLE, 1, 0, 0, 0);
	return pid;
}

void spawn_reap(struct writ_process *process)
{
	pid_t child = process->keeper.is_active ? process->keeper.pid : process->pid;

	while (child > 0 && waitpid(child, NULL, KERNEL_WALL) < 0 && errno == EINTR)
		;
	keeper_free(&process->keeper);
	fd_close(&process->pidfd);
}

/*
 * Clones once. 0, or the child's or clone's errno in launch->error, with nothing left of the child.
 */
static int try_start(struct launch *launch, struct writ_process *process)
{
	launch->error = 0;
	launch->executing = false;
	launch->namespaces_refused = false;
	launch->is_callers = false;
	launch->was_run = false;
	if (process->keeper.broker)
		process->keeper.broker->guards_metadata = launch->guards_metadata;
	launch->detail = NULL;
	launch->life = LIFE_STARTING;
	process->pid = make_child(launch, process);
	/* It runs while we do: what it is refused is known once it waits. */
	if (launch->await && process->pid > 0)
		launch->await(launch, process);
	if (process->pid < 0 && !launch->error) {
		launch->step = "clone";
		launch->error = -process->pid;
		launch->namespaces_refused |= launch->new_userns && !launch->has_keeper;
	}
	if (!launch->error)
		return 0;
	spawn_reap(process);
	return -1;
}

/* What a child that shares our memory begins with as its own maximum. */
uint64_t spawn_own_peak(void)
{
	struct rusage usage = {.ru_maxrss = 0};

	(void)getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss * BYTES_PER_KIB;
}

/* Namespaces are not to be had here (clone(2), user_namespaces(7)); or else something went wrong.
 */
static bool is_hosts_word(int error)
{
	static const int words[] = {EPERM, EACCES, EINVAL, ENOSYS, ENOSPC, EUSERS, ENOENT, EROFS};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i] == error)
			return true;
	}
	return false;
}

void spawn_start_clock(struct preparation *prep)
{
	struct writ_process *process = prep->process;
	const struct writ_sandbox *sandbox = prep->launch.sandbox;
	uint64_t wall_ms = sandbox->limits[WRIT_LIMIT_WALL];

	process->started_us = process_now_us();
	process->has_wall = sandbox->has_limit[WRIT_LIMIT_WALL] && wall_ms < UINT64_MAX / 2048;
	process->deadline_us = process->started_us + wall_ms * US_PER_MS;
}

static bool is_for_namespaces(const struct launch *launch)
{
	return launch->namespaces_refused && is_hosts_word(launch->error);
}

/* False: that is no other launch than the one before, or not the sandbox any more. */
static bool go_without(struct launch *launch, uint32_t known, uint32_t more)
{
	const struct writ_sandbox *sandbox = launch->sandbox;
	uint32_t lacking = lacking_whole(sandbox->plan, known | more);

	if (sandbox->processes != PROCESSES_USERNS)
		lacking &= ~LACKING_COUNT;
	if (lacking == launch->lacking || lacking & sandbox->namespaces.required)
		return false;
	plan_namespaces(launch, lacking);
	return true;
}

/* What nothing predicted is refused: as much as can be had, and from now on it is told. */
static int start_without(struct launch *launch, struct writ_process *process,
			 struct writ_error *error)
{
	static const uint32_t rows[] = {
		WRIT_PLAN_PROC,
		WRIT_PLAN_PID_NS,
		WRIT_PLAN_MOUNT_NS,
		WRIT_PLAN_PID_NS | WRIT_PLAN_MOUNT_NS,
		WRIT_PLAN_PID_NS | WRIT_PLAN_MOUNT_NS | LACKING_COUNT,
	};
	uint32_t known = launch->lacking;
	int rc = -1;

	for (size_t i = 0; rc && is_for_namespaces(launch) && i < sizeof(rows) / sizeof(*rows);
	     i++) {
		if (!go_without(launch, known, rows[i]))
			continue;
		rc = plan_limits(launch, error);
		if (rc)
			return rc;
		rc = try_start(launch, process);
	}
	if (!is_for_namespaces(launch))
		(void)atomic_fetch_or(launch->sandbox->lacking, launch->lacking);
	return rc ? spawn_tell(launch, error) : 0;
}

int spawn_start(struct preparation *prep, struct writ_error *error)
{
	struct launch *launch = &prep->launch;
	struct writ_process *process = prep->process;
	int rc = try_start(launch, process) ? start_without(launch, process, error) : 0;

	if (!rc)
		process->callers_peak_bytes = spawn_own_peak();
	return rc;
}

void spawn_release(struct preparation *prep)
{
	if (prep->process && prep->process->relay.active) {
		fd_close(&prep->launch.stdio[1]);
		if (prep->process->relay.streams[1].from >= 0)
			fd_close(&prep->launch.stdio[2]);
	}
	for (int i = 0; i < 2; i++) {
		if (prep->lowered[i])
			fd_close(&prep->lowered[i]);
	}
	fd_close(&prep->null);
	cgroup_close(&prep->launch.cgroup);
}

int writ_spawn(const struct writ_sandbox *sandbox, const struct writ_launch *launch,
	       struct writ_process **out, struct writ_error *error)
{
	struct preparation prep = {
		.launch = {.sandbox = sandbox, .cgroup = {.only = -1, .procs = {-1, -1, -1}}},
		.null = -1,
	};
	int cancel;
	int rc;

	if (!sandbox || !launch || !out || !launch->argv || !launch->argv[0] || !*launch->argv[0])
		return error_set(error, WRIT_E_INVALID,
				 "writ_spawn: a sandbox, a command and out must be given");
	prep.launch.die_with_caller = launch->die_with_caller != 0;
	prep.net_log = launch->net_log;
	prep.file_log = launch->file_log;
	/*
	 * The child shares our thread's state: a cancellation that is pending would run the
	 * caller's cleanup handlers in the child.
	 */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	rc = spawn_prepare(&prep, error);
	if (!rc)
		rc = spawn_prepare_request(&prep, launch, error);
	if (!rc)
		rc = spawn_prepare_walls(&prep, error);
	if (!rc) {
		spawn_start_clock(&prep);
		rc = spawn_start(&prep, error);
	}
	spawn_release(&prep);
	if (rc)
		process_free(prep.process);
	else
		*out = prep.process;
	(void)pthread_setcancelstate(cancel, NULL);
	return rc;
}
