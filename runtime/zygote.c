/*
 * Launches that were begun before they were asked for.
 *
 * A child, and its keeper where the sandbox has one, does of a launch's steps what depends on no
 * request: all its walls stand, the filter too, as that allows the few calls that are left. Then it
 * waits on a socket, without any other descriptor of the caller's. A request comes as a message
 * with three descriptors, which become 0 to 2 by being the lowest; all else of it is in the memory
 * that caller and child share, which the caller leaves alone until the child has executed. That, as
 * its death, it learns from the kernel, which clears a word of the child's and wakes who waits
 * there (set_tid_address(2)).
 *
 * A child is taken out of its slot to be used, is used once, and what becomes of it is the launch's
 * business: supervised, killed and reaped as any other. Where it can't do what the caller could, it
 * is given up and writ_spawn launches instead, so that the outcome is the same. Each slot is an
 * atomic pointer, so threads need no lock. A child that waits ends when its caller does, of which a
 * pidfd tells. Nobody who could not read the caller's memory reads it through the child: that is in
 * a Landlock domain of its own, and has what its caller has of capabilities.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/filter.h"
#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/privilege.h"
#include "runtime/raw.h"
#include "runtime/spawn.h"
#include "runtime/task.h"

#define N_STDIO     3
#define PATIENCE_US 5000000u /* with a child that neither goes on nor ends */
/* How soon a death is noticed that comes before the child's first step. */
#define LOOK_NS 20000000

/* A child that waits. Its memory is that of its process. */
struct parked {
	struct preparation prep;
	int door; /* our end */
};

struct writ_zygote {
	struct pool pool;
	const struct writ_sandbox *sandbox;
	int owner; /* a pidfd of this process */
	size_t n;
	struct parked *_Atomic *slots; /* NULL: to be filled */
};

/* A message's descriptors, as the kernel lays them out. */
union passed {
	char bytes[CMSG_SPACE(N_STDIO * sizeof(int))];
	struct cmsghdr header;
};

/* ---- in the child ---- */

TASK_CODE static void end_quietly(void)
{
	for (;;)
		(void)RAW(SYS_exit_group, 0);
}

/* Until there is a request. */
TASK_CODE static void await_request(int door, int owner)
{
	struct pollfd fds[2] = {{.fd = door, .events = POLLIN}, {.fd = owner, .events = POLLIN}};
	long rc;

	do
		rc = RAW(SYS_ppoll, fds, 2, NULL, NULL, KERNEL_SIGSET_SIZE);
	while (rc == -EINTR);
	if (rc < 0 || fds[1].revents || !(fds[0].revents & POLLIN))
		end_quietly();
}

/* The lowest numbers are free, and become the standard streams. */
TASK_CODE static int receive(int door)
{
	static const int stdio[N_STDIO] = {0, 1, 2};
	union passed passed = {.bytes = {0}};
	char byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = passed.bytes,
				 .msg_controllen = sizeof(passed.bytes)};
	long n = RAW(SYS_recvmsg, door, &message, 0);

	if (n < 0)
		return (int)n;
	if (n == 0)
		end_quietly();
	if (message.msg_flags & MSG_CTRUNC || passed.header.cmsg_len != CMSG_LEN(sizeof(stdio)) ||
	    memcmp(CMSG_DATA(&passed.header), stdio, sizeof(stdio)) != 0)
		return -EMFILE;
	return 0;
}

TASK_CODE static int park(struct launch *launch)
{
	/* Ours, as the caller closes its own once it knows that we wait. */
	const int door = launch->door;
	const int owner = launch->owner;

	launch->life = LIFE_PARKED;
	(void)RAW(SYS_futex, &launch->life, KERNEL_FUTEX_WAKE, 1);
	await_request(door, owner);
	return receive(door);
}

/* ---- in the caller ---- */

static bool ends_in(const struct writ_process *process, int ms)
{
	struct pollfd end = {.fd = process->pidfd, .events = POLLIN};

	return poll(&end, 1, ms) == 1;
}

/*
 * Until a child's life is not what it was. One that is killed before its first step never tells,
 * nor does one that somebody has stopped: it is killed, and what it was doing then stays said.
 */
static void await_change(struct launch *launch, struct writ_process *process, enum life from)
{
	const struct timespec look = {.tv_nsec = LOOK_NS};
	const uint64_t end_us = process_now_us() + PATIENCE_US;

	while (launch->life == (int)from) {
		long rc = RAW(SYS_futex, &launch->life, KERNEL_FUTEX_WAIT, from, &look);

		/* Where the call is refused to us, this is what we wait by. */
		if (rc && rc != -EAGAIN && ends_in(process, 1))
			return;
		if (process_now_us() > end_us)
			writ_kill(process);
	}
}

static void await_parking(struct launch *launch, struct writ_process *process)
{
	await_change(launch, process, LIFE_STARTING);
}

/* Takes its memory with it. */
static void discard(struct parked *parked)
{
	struct writ_process *process = parked->prep.process;

	fd_close(&parked->door);
	spawn_release(&parked->prep);
	if (process->pidfd >= 0) {
		writ_kill(process);
		spawn_reap(process);
	}
	process_free(process);
}

static int open_door(struct parked *parked, struct writ_error *error)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return error_sys(error, WRIT_E_SYSTEM, errno, "socketpair");
	parked->door = fd_above_stdio(ends[0]);
	parked->prep.launch.door = fd_above_stdio(ends[1]);
	if (parked->door < 0 || parked->prep.launch.door < 0)
		return error_sys(error, WRIT_E_SYSTEM, errno, "fcntl");
	return 0;
}

/* Does the filter allow what a child does that waits? What looks at pointers may not. */
static bool is_allowed(const struct bpf_program *filter)
{
	static const uint32_t die_with_parent[FILTER_ARGS] = {KERNEL_PR_SET_PDEATHSIG, SIGKILL};
	static const struct {
		uint32_t number;
		const uint32_t *args;
	} calls[] = {
		{SYS_futex, NULL},          {SYS_ppoll, NULL},      {SYS_recvmsg, NULL},
		{SYS_chdir, NULL},          {SYS_getppid, NULL},    {SYS_prctl, die_with_parent},
		{SYS_rt_sigprocmask, NULL}, {SYS_exit_group, NULL},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct filter_call call = {.audit_arch = KERNEL_AUDIT_ARCH,
						 .number = calls[i].number,
						 .args = calls[i].args};

		if (filter_action(filter->insns, &call, SECCOMP_ACTION_KILL_PROCESS) !=
		    SECCOMP_ACTION_ALLOW)
			return false;
	}
	return true;
}

/*
 * A broker shares descriptors with its command, and has a listener only once that is confined. A
 * child that becomes another user changes what our memory may be read by (prctl(2),
 * PR_SET_DUMPABLE), which writ_spawn puts right, as it knows when. Without Landlock other commands
 * could read our memory through a child that waits, as could others without capabilities. One that
 * shares our memory without our waiting for it can't reset its oom_score_adj: the kernel would
 * reset ours, too.
 */
static bool can_wait(const struct writ_sandbox *sandbox)
{
	return !sandbox_has_listener(sandbox) && !sandbox->user.is_set && sandbox->ruleset >= 0 &&
	       sandbox->oom_proc < 0 && privilege_can_wait() && is_allowed(&sandbox->filter);
}

/* As far as it goes without a request. */
static int begin(struct parked *parked, struct writ_error *error)
{
	struct launch *launch = &parked->prep.launch;
	int rc = open_door(parked, error);

	if (!rc)
		rc = spawn_prepare_walls(&parked->prep, error);
	if (!rc)
		rc = spawn_start(&parked->prep, error);
	/* Only now: the child reads their numbers where we read them. */
	fd_close(&launch->door);
	spawn_release(&parked->prep);
	if (rc)
		return rc;
	return launch->life == LIFE_PARKED
		       ? 0
		       : error_set(error, WRIT_E_SYSTEM, "a child that was to wait was killed");
}

static int make(const struct writ_zygote *zygote, struct parked **out, struct writ_error *error)
{
	struct preparation prep = {
		.launch = {.sandbox = zygote->sandbox,
			   .cgroup = {.only = -1, .procs = {-1, -1, -1}},
			   .park = park,
			   .await = await_parking,
			   .door = -1,
			   .owner = zygote->owner},
		.null = -1,
	};
	struct parked *parked = NULL;
	int rc = spawn_prepare(&prep, error);

	if (!rc)
		parked = pool_alloc(&prep.process->pool, sizeof(*parked));
	if (!parked) {
		process_free(prep.process);
		return rc ? rc : error_nomem(error);
	}
	*parked = (struct parked){.prep = prep, .door = -1};
	rc = begin(parked, error);
	if (rc)
		discard(parked);
	else
		*out = parked;
	return rc;
}

/* One that waits, out of its slot; or NULL. */
static struct parked *take(struct writ_zygote *zygote)
{
	for (size_t i = 0; i < zygote->n; i++) {
		struct parked *parked = atomic_exchange(&zygote->slots[i], NULL);

		if (parked && parked->prep.launch.life == LIFE_PARKED)
			return parked;
		if (parked)
			discard(parked);
	}
	return NULL;
}

/* A slot's number is nobody's: whichever is free. */
static bool put(struct writ_zygote *zygote, struct parked *parked)
{
	for (size_t i = 0; i < zygote->n; i++) {
		struct parked *none = NULL;

		if (atomic_compare_exchange_strong(&zygote->slots[i], &none, parked))
			return true;
	}
	return false;
}

static int send_request(const struct parked *parked)
{
	const struct launch *launch = &parked->prep.launch;
	union passed passed = {.header = {.cmsg_len = CMSG_LEN(N_STDIO * sizeof(int)),
					  .cmsg_level = SOL_SOCKET,
					  .cmsg_type = SCM_RIGHTS}};
	struct iovec part = {.iov_base = &(char){0}, .iov_len = 1};
	const struct msghdr message = {.msg_iov = &part,
				       .msg_iovlen = 1,
				       .msg_control = passed.bytes,
				       .msg_controllen = sizeof(passed.bytes)};

	memcpy(CMSG_DATA(&passed.header), launch->stdio, sizeof(launch->stdio));
	return sendmsg(parked->door, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* Fails also when the child was killed. */
static int hand_over(struct parked *parked, struct writ_error *error)
{
	struct launch *launch = &parked->prep.launch;
	int rc;

	rc = send_request(parked);
	if (rc)
		return error_sys(error, WRIT_E_SYSTEM, -rc, "a child can't be told what to run");
	await_change(launch, parked->prep.process, LIFE_PARKED);
	if (!launch->executing && !launch->error)
		return error_set(error, WRIT_E_SYSTEM, "a child was killed while it waited");
	if (launch->error)
		return spawn_tell(launch, error);
	/* Until here it dies with us in any case, stopped or not. */
	parked->prep.process->keeper.dies_with_caller = launch->die_with_caller;
	return 0;
}

static int use(struct parked *parked, const struct writ_launch *request, struct writ_error *error)
{
	struct preparation *prep = &parked->prep;
	int rc;

	spawn_start_clock(prep);
	prep->launch.die_with_caller = request->die_with_caller != 0;
	rc = spawn_prepare_request(prep, request, error);
	if (!rc)
		rc = hand_over(parked, error);
	if (rc)
		return rc;
	prep->process->callers_peak_bytes = spawn_own_peak();
	spawn_release(prep);
	fd_close(&parked->door);
	return 0;
}

/*
 * *is_final: it has come to the command, and what that says is so for any other child. But for a
 * file with capabilities, which an empty bounding set refuses to execute (capabilities(7)).
 */
static int spawn(struct writ_zygote *zygote, const struct writ_launch *request,
		 struct writ_process **out, bool *is_final, struct writ_error *error)
{
	struct parked *parked = take(zygote);
	int rc;

	*is_final = false;
	if (!parked)
		return -1;
	rc = use(parked, request, error);
	*is_final = !rc || (parked->prep.launch.executing && parked->prep.launch.error != EPERM);
	if (rc)
		discard(parked);
	else
		*out = parked->prep.process;
	return rc;
}

int writ_zygote_spawn(struct writ_zygote *zygote, const struct writ_launch *launch,
		      struct writ_process **out, struct writ_error *error)
{
	bool is_final;
	int cancel;
	int rc;

	if (!zygote || !launch || !out || !launch->argv || !launch->argv[0] || !*launch->argv[0])
		return error_set(error, WRIT_E_INVALID,
				 "writ_zygote_spawn: a zygote, a command and out must be given");
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	rc = spawn(zygote, launch, out, &is_final, error);
	if (!is_final)
		rc = writ_spawn(zygote->sandbox, launch, out, error);
	(void)pthread_setcancelstate(cancel, NULL);
	return rc;
}

int writ_zygote_refill(struct writ_zygote *zygote, struct writ_error *error)
{
	int cancel;
	int rc = 0;

	if (!zygote)
		return error_set(error, WRIT_E_INVALID, "writ_zygote_refill: no zygote");
	if (!can_wait(zygote->sandbox))
		return 0;
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	for (size_t i = 0; !rc && i < zygote->n; i++) {
		struct parked *parked = NULL;

		if (atomic_load(&zygote->slots[i]))
			continue;
		rc = make(zygote, &parked, error);
		/* Another thread has filled the last. */
		if (!rc && !put(zygote, parked))
			discard(parked);
	}
	(void)pthread_setcancelstate(cancel, NULL);
	return rc;
}

void writ_zygote_close(struct writ_zygote *zygote)
{
	struct parked *parked;
	struct pool pool;
	int cancel;

	if (!zygote)
		return;
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	for (size_t i = 0; i < zygote->n; i++) {
		parked = atomic_exchange(&zygote->slots[i], NULL);
		if (parked)
			discard(parked);
	}
	fd_close(&zygote->owner);
	pool = zygote->pool;
	pool_free(&pool);
	(void)pthread_setcancelstate(cancel, NULL);
}

int writ_zygote_open(const struct writ_sandbox *sandbox, size_t n, struct writ_zygote **out,
		     struct writ_error *error)
{
	struct writ_zygote draft = {.sandbox = sandbox, .owner = -1, .n = n};
	struct writ_zygote *zygote;
	int rc;

	if (!sandbox || !out || n == 0 || n > WRIT_MAX_ZYGOTE)
		return error_set(
			error, WRIT_E_INVALID,
			"writ_zygote_open: a sandbox, out and 1 to %d children must be given",
			WRIT_MAX_ZYGOTE);
	zygote = pool_alloc(&draft.pool, sizeof(*zygote));
	draft.slots = pool_array(&draft.pool, n, sizeof(*draft.slots));
	if (!zygote || !draft.slots) {
		pool_free(&draft.pool);
		return error_nomem(error);
	}
	draft.owner = fd_above_stdio((int)syscall(KERNEL_NR_PIDFD_OPEN, getpid(), 0));
	*zygote = draft;
	rc = draft.owner < 0 ? error_sys(error, WRIT_E_SYSTEM, errno, "pidfd_open")
			     : writ_zygote_refill(zygote, error);
	if (rc)
		writ_zygote_close(zygote);
	else
		*out = zygote;
	return rc;
}
