/*
 * The caller's half of the keeper: its memory, its clone, and the wait until it has told how the
 * start went.
 *
 * The memory is guard, stack of the command until it is executed, guard, stack of the keeper. At
 * the top of that is what a thread pointer has to point to: the stack protector's word, as the
 * thread that cloned us, whose word it would otherwise be, may be gone.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/fd.h"
#include "runtime/keeper.h"
#include "runtime/launch.h"
#include "runtime/oom.h"
#include "runtime/task.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(begin, size) ((void)(begin), (void)(size))
#endif

#define THREAD_BYTES     ((size_t)8 << 10) /* half of it on each side of the thread pointer */
#define X86_SELF         0u                /* words at the thread pointer, x86_64's psABI */
#define X86_SELF_AGAIN   2u
#define X86_STACK_GUARD  5u
#define STACK_GUARD_BYTE 8u /* as far into AT_RANDOM, whose beginning libc's own guard is */
#define LOOK_MS          100

/*
 * Of a launch that is over, for the next: pages that are there need no faults, nor all processors
 * to be told that they are gone.
 */
static _Atomic(char *) kept;

static int allow_parts(char *memory)
{
	for (size_t i = 1; i < KEEPER_PARTS; i += 2) {
		if (mprotect(memory + i * KEEPER_PART_BYTES, KEEPER_PART_BYTES,
			     PROT_READ | PROT_WRITE))
			return -errno;
	}
	return 0;
}

int keeper_map(char **memory_out)
{
	char *memory = atomic_exchange(&kept, NULL);
	int rc = 0;

	if (!memory) {
		memory = mmap(NULL, KEEPER_PARTS * KEEPER_PART_BYTES, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (memory == MAP_FAILED)
			return -errno;
		rc = allow_parts(memory);
	}
	if (rc)
		(void)munmap(memory, KEEPER_PARTS * KEEPER_PART_BYTES);
	else
		*memory_out = memory;
	return rc;
}

/* What the libcs and the compilers read by the thread pointer, should they. */
void *keeper_thread(char *memory)
{
	char *thread = memory + KEEPER_PARTS * KEEPER_PART_BYTES - THREAD_BYTES / 2;
	unsigned long at = getauxval(AT_RANDOM);
	const char *random;
	uintptr_t words[] = {[X86_SELF] = (uintptr_t)thread,
			     [X86_SELF_AGAIN] = (uintptr_t)thread,
			     [X86_STACK_GUARD] = 0};

	memcpy(&random, &at, sizeof(random));
	if (random)
		memcpy(&words[X86_STACK_GUARD], random + STACK_GUARD_BYTE, sizeof(words[0]));
	memcpy(thread, words, sizeof(words));
	return thread;
}

/* Messages keep their borders and their sender's process id, in the numbers of who reads them. */
static int open_ends(struct keeper *keeper)
{
	const int on = 1;

	int *ends = keeper->ends;
	int rc = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	ends[0] = fd_above_stdio(ends[0]);
	ends[1] = fd_above_stdio(ends[1]);
	if (ends[0] < 0 || ends[1] < 0 ||
	    setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		rc = -errno;
	if (rc) {
		fd_close(&ends[0]);
		fd_close(&ends[1]);
	}
	return rc;
}

void keeper_unmap(char *memory)
{
	char *none = NULL;

	if (!memory)
		return;
	/* The keeper has left its frames, marked, where something else may be mapped. */
	ASAN_UNPOISON_MEMORY_REGION(memory, KEEPER_PARTS * KEEPER_PART_BYTES);
	if (!atomic_compare_exchange_strong(&kept, &none, memory))
		(void)munmap(memory, KEEPER_PARTS * KEEPER_PART_BYTES);
}

void keeper_free(struct keeper *keeper)
{
	if (!keeper->is_active)
		return;
	keeper_unmap(keeper->memory);
	keeper->is_active = false;
}

/* One message: its byte, 0 when there is none yet, or -errno, ESRCH after the last. The sender's
 * process id, as we know it. */
static int receive(int end, pid_t *sender)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control = {.bytes = {0}};
	char byte = 0;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	const struct cmsghdr *header;
	struct ucred sent = {.pid = 0};
	ssize_t n;

	n = recvmsg(end, &message, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ESRCH;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_CREDENTIALS)
		memcpy(&sent, CMSG_DATA(header), sizeof(sent));
	*sender = sent.pid;
	return byte;
}

/*
 * The command's process id, 0 when it has none, or a negative errno. One that parks may tell it
 * after the keeper, which does not wait for it.
 */
static int await_start(const struct keeper *keeper, int pidfd)
{
	const bool is_parked = keeper->caller >= 0;
	/*
	 * Where the keeper's is the last message, it closes that way behind it: we sleep through
	 * the command's. A filter around us may refuse that, so now and then we look.
	 */
	struct pollfd fds[2] = {{.fd = keeper->ends[0], .events = is_parked ? POLLIN : POLLRDHUP},
				{.fd = pidfd, .events = POLLIN}};
	bool has_started = false;
	pid_t command = 0;

	for (;;) {
		pid_t sender = 0;
		int byte = receive(keeper->ends[0], &sender);

		if (byte < 0)
			return byte;
		has_started |= byte == KEEPER_TELLS_START;
		if (byte == KEEPER_TELLS_PID)
			command = sender;
		if (has_started && (command || !is_parked))
			return command;
		if (byte)
			continue;
		/* It never ends without having told, so somebody has killed it. */
		if (fds[1].revents)
			return -ESRCH;
		if (poll(fds, 2, LOOK_MS) < 0 && errno != EINTR)
			return -errno;
	}
}

static int clone_keeper(struct keeper *keeper, unsigned int namespaces, int *pidfd)
{
	const struct task_request request = {
		.flags = KERNEL_CLONE_VM | KERNEL_CLONE_PIDFD | KERNEL_CLONE_SETTLS | namespaces,
		.cgroup = -1,
		.stack = keeper->memory + (KEEPER_PARTS - 1) * KEEPER_PART_BYTES,
		.stack_bytes = KEEPER_PART_BYTES - THREAD_BYTES,
		.pidfd = pidfd,
		.tls = keeper_thread(keeper->memory),
	};

	return task_clone(&request, keeper_run, keeper);
}

/* Of a command that runs: before, the kernel would do the same to all who share our memory. */
static int reset_oom(const struct launch *launch, pid_t command)
{
	int proc = launch->sandbox->oom_proc;
	int rc = 0;

	if (proc >= 0 && launch->has_broker && !launch->error)
		rc = oom_reset_other(proc, command);
	/* It may have ended already. */
	return rc && rc != -ENOENT && rc != -ESRCH ? rc : command;
}

int keeper_start(struct keeper *keeper, struct launch *launch, int *pidfd)
{
	int rc;

	*keeper = (struct keeper){.is_active = true,
				  .ends = {-1, -1},
				  .launch = launch,
				  .caller = launch->park ? launch->owner : -1,
				  .broker = keeper->broker};
	launch->has_broker = false;
	keeper->is_init = launch->namespaces & KERNEL_CLONE_NEWPID;
	/* What is parked is nobody else's, until its request says otherwise. */
	keeper->dies_with_caller = launch->die_with_caller || launch->park;
	rc = keeper_map(&keeper->memory);
	if (!rc)
		rc = open_ends(keeper);
	if (rc)
		return rc;
	launch->tell = keeper->ends[1];
	keeper->pid = clone_keeper(keeper,
				   launch->namespaces |
					   (launch->new_userns ? KERNEL_CLONE_NEWUSER : 0),
				   pidfd);
	/* Only then: one that runs may have said so already. */
	if (keeper->pid < 0)
		launch->namespaces_refused = true;
	/* The fields stay as they are: they are the keeper's as well. */
	(void)close(keeper->ends[1]);
	rc = keeper->pid < 0 ? keeper->pid : await_start(keeper, *pidfd);
	if (rc > 0)
		rc = reset_oom(launch, rc);
	/* What it has started is not known to us, and ends. */
	if (rc < 0 && keeper->pid > 0) {
		launch->was_run = true;
		keeper_kill(keeper, *pidfd);
	}
	(void)close(keeper->ends[0]);
	return rc;
}

void keeper_kill(const struct keeper *keeper, int pidfd)
{
	/* Outside of a PID namespace it has to live to kill the others. */
	(void)syscall(KERNEL_NR_PIDFD_SEND_SIGNAL, pidfd, keeper->is_init ? SIGKILL : SIGTERM, NULL,
		      0);
}
