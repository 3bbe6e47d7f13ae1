/*
 * Launches that were begun before they were asked for.
 *
 * A child, and its keeper where the sandbox has one, does of a launch's steps what depends on no
 * request; then it waits on a socket, without any other descriptor of the caller's. A request comes
 * as a message with three descriptors; all else of it is in the memory that caller and child share,
 * which the caller leaves alone until the child has executed. That, as its death, it learns from
 * the kernel, which clears a word of the child's and wakes who waits there (set_tid_address(2)).
 *
 * A child is taken out of its slot to be used, is used once, and what becomes of it is the launch's
 * business: supervised, killed and reaped as any other. Each slot is an atomic pointer, so threads
 * need no lock. A child that waits ends when its caller does, of which a pidfd tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/fd.h"
#include "runtime/raw.h"
#include "runtime/spawn.h"

#define N_STDIO    3
#define DOOR       0 /* where a child that waits has its descriptors, until its own go there */
#define OWNER      1
#define FIRST_FREE 2
#define LOOK_NS                                                                                    \
	20000000 /* how soon a death is noticed that comes before the child's first step           \
		  */

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

static void end_quietly(void)
{
	for (;;)
		(void)RAW(SYS_exit_group, 0);
}

/* Nothing of the caller's stays open, in which somebody might wait for an end. */
static int keep_two(const struct launch *launch)
{
	long rc = RAW(SYS_dup3, launch->door, DOOR, O_CLOEXEC);

	if (rc >= 0)
		rc = RAW(SYS_dup3, launch->owner, OWNER, O_CLOEXEC);
	return rc < 0 ? (int)rc : fd_close_from(FIRST_FREE, NULL, 0);
}

/* Until there is a request. */
static void await_request(void)
{
	struct pollfd fds[2] = {{.fd = DOOR, .events = POLLIN}, {.fd = OWNER, .events = POLLIN}};
	long rc;

	do
		rc = RAW(SYS_ppoll, fds, 2, NULL, NULL, KERNEL_SIGSET_SIZE);
	while (rc == -EINTR);
	if (rc < 0 || fds[1].revents || !(fds[0].revents & POLLIN))
		end_quietly();
}

static int receive(struct launch *launch)
{
	union passed passed = {.bytes = {0}};
	char byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = passed.bytes,
				 .msg_controllen = sizeof(passed.bytes)};
	long n = RAW(SYS_recvmsg, DOOR, &message, MSG_CMSG_CLOEXEC);

	if (n < 0)
		return (int)n;
	if (n == 0)
		end_quietly();
	if (message.msg_flags & MSG_CTRUNC ||
	    passed.header.cmsg_len != CMSG_LEN(N_STDIO * sizeof(int)))
		return -EMFILE;
	memcpy(launch->passed, CMSG_DATA(&passed.header), sizeof(launch->passed));
	return 0;
}

static int park(struct launch *launch)
{
	int rc = keep_two(launch);

	if (rc)
		return rc;
	launch->life = LIFE_PARKED;
	(void)RAW(SYS_futex, &launch->life, KERNEL_FUTEX_WAKE, 1);
	await_request();
	return receive(launch);
}

/* ---- in the caller ---- */

static bool has_ended(const struct writ_process *process)
{
	struct pollfd end = {.fd = process->pidfd, .events = POLLIN};

	return poll(&end, 1, 0) == 1;
}

/* Until a child's life is not what it was. One that is killed before its first step never tells. */
static void await_change(struct parked *parked, enum life from)
{
	const struct timespec look = {.tv_nsec = LOOK_NS};
	struct launch *launch = &parked->prep.launch;

	while (launch->life == (int)from && !has_ended(parked->prep.process))
		(void)RAW(SYS_futex, &launch->life, KERNEL_FUTEX_WAIT, from, &look);
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

/*
 * A broker shares descriptors with its command, and has a listener only once that is confined. A
 * child that becomes another user changes what our memory may be read by (prctl(2),
 * PR_SET_DUMPABLE), which writ_spawn puts right, as it knows when.
 */
static bool can_wait(const struct writ_sandbox *sandbox)
{
	return !sandbox->has_broker && !sandbox->user.is_set;
}

/* As far as it goes without a request. */
static int begin(struct parked *parked, struct writ_error *error)
{
	struct launch *launch = &parked->prep.launch;
	int rc = open_door(parked, error);

	if (!rc)
		rc = spawn_prepare_walls(&parked->prep, error);
	if (!rc) {
		launch->life = LIFE_STARTING;
		rc = spawn_start(&parked->prep, error);
	}
	if (!rc)
		await_change(parked, LIFE_STARTING);
	/* Only now: the child reads their numbers where we read them. */
	fd_close(&launch->door);
	spawn_release(&parked->prep);
	if (rc)
		return rc;
	if (launch->error)
		return spawn_tell(launch, error);
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

		if (!parked)
			continue;
		if (parked->prep.launch.life == LIFE_PARKED && !has_ended(parked->prep.process))
			return parked;
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

/* *lost: the child was killed, so that another may be asked. */
static int hand_over(struct parked *parked, bool *lost, struct writ_error *error)
{
	struct launch *launch = &parked->prep.launch;
	int rc;

	parked->prep.process->keeper.dies_with_caller = launch->die_with_caller;
	rc = send_request(parked);
	*lost = rc == -EPIPE || rc == -ECONNRESET;
	if (rc)
		return error_sys(error, WRIT_E_SYSTEM, -rc, "a child can't be told what to run");
	await_change(parked, LIFE_PARKED);
	*lost = !launch->executing && !launch->error;
	if (*lost)
		return error_set(error, WRIT_E_SYSTEM, "a child was killed while it waited");
	return launch->error ? spawn_tell(launch, error) : 0;
}

static int use(struct parked *parked, const struct writ_launch *request, bool *lost,
	       struct writ_error *error)
{
	struct preparation *prep = &parked->prep;
	int rc;

	spawn_start_clock(prep);
	prep->launch.die_with_caller = request->die_with_caller != 0;
	rc = spawn_prepare_request(prep, request, error);
	if (!rc)
		rc = hand_over(parked, lost, error);
	if (rc)
		return rc;
	prep->process->callers_peak_bytes = spawn_own_peak();
	spawn_release(prep);
	fd_close(&parked->door);
	return 0;
}

/* *lost: as of hand_over. */
static int spawn(struct writ_zygote *zygote, const struct writ_launch *request,
		 struct writ_process **out, bool *lost, struct writ_error *error)
{
	struct parked *parked = take(zygote);
	int rc = parked ? 0 : make(zygote, &parked, error);

	if (rc)
		return rc;
	rc = use(parked, request, lost, error);
	if (rc)
		discard(parked);
	else
		*out = parked->prep.process;
	return rc;
}

int writ_zygote_spawn(struct writ_zygote *zygote, const struct writ_launch *launch,
		      struct writ_process **out, struct writ_error *error)
{
	bool lost = true;
	int cancel;
	int rc = 0;

	if (!zygote || !launch || !out || !launch->argv || !launch->argv[0] || !*launch->argv[0])
		return error_set(error, WRIT_E_INVALID,
				 "writ_zygote_spawn: a zygote, a command and out must be given");
	if (!can_wait(zygote->sandbox))
		return writ_spawn(zygote->sandbox, launch, out, error);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	/* Whoever kills them all, and one more, wants none to run. */
	for (size_t i = 0; lost && i <= zygote->n; i++) {
		lost = false;
		rc = spawn(zygote, launch, out, &lost, error);
	}
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
