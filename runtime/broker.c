/*
 * One call at a time: received, done by broker_calls.c, answered. Whatever can't be done, is not
 * known or comes too late is answered with an errno; when the broker is gone the kernel answers
 * (ENOSYS). So nothing that was to be judged ever goes on unjudged.
 */
#include "runtime/broker.h"
#include "runtime/broker_path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "runtime/broker_calls.h"
#include "runtime/broker_umask.h"
#include "runtime/file_log.h"
#include "runtime/net_gate.h"
#include "runtime/raw.h"

static int check_sizes(void)
{
	struct seccomp_sizes_abi sizes = {0, 0, 0};
	long rc = RAW(SYS_seccomp, SECCOMP_OP_NOTIF_SIZES, 0, &sizes);

	if (rc)
		return (int)rc;
	return sizes.notif <= sizeof(struct seccomp_notif_abi) &&
			       sizes.reply <= sizeof(struct seccomp_reply_abi)
		       ? 0
		       : -EOVERFLOW;
}

static int check_read(void)
{
	char from = 1, to = 0;
	const struct iovec remote = {&from, 1};
	const struct iovec local = {&to, 1};
	long rc = RAW(SYS_process_vm_readv, RAW0(SYS_getpid), &local, 1, &remote, 1, 0);

	return rc < 0 ? (int)rc : 0;
}

static int check_openat2(void)
{
	const struct open_how_abi how = {.flags = O_PATH | O_CLOEXEC,
					 .resolve = KERNEL_RESOLVE_NO_MAGICLINKS};
	long fd = RAW(KERNEL_NR_OPENAT2, AT_FDCWD, "/", &how, sizeof(how));

	if (fd < 0)
		return (int)fd;
	(void)RAW(SYS_close, fd);
	return 0;
}

/*
 * process_vm_readv(2) and pidfd_getfd(2) need what attaching with ptrace(2) does. A process may
 * have it for its descendants, unless an administrator forbids that, too: 2 or 3 (Yama.rst in the
 * kernel's admin-guide). check_read can't tell, as our own memory is always ours.
 */
static int check_scope(void)
{
	char scope = '0';
	int fd = (int)RAW(SYS_openat, AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope",
			  O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	(void)RAW(SYS_read, fd, &scope, 1);
	(void)RAW(SYS_close, fd);
	return scope == '2' || scope == '3' ? BROKER_KEPT_OUT : 0;
}

/* No filter is made of nothing, but one around us might refuse to listen to any (seccomp(2)). */
static int check_listen(void)
{
	long rc = RAW(SYS_seccomp, SECCOMP_OP_SET_FILTER, SECCOMP_NEW_LISTENER, NULL);

	return rc == -EFAULT ? 0 : -ENOTSUP;
}

int broker_available(void)
{
	int rc = check_listen();

	if (!rc)
		rc = check_sizes();
	if (!rc)
		rc = check_read();
	if (!rc)
		rc = check_scope();
	return rc ? rc : check_openat2();
}

static int find_self(struct broker *broker)
{
	struct statx_abi st = {.mask = 0};
	char number[BROKER_DIGIT];
	long len = RAW(SYS_readlinkat, broker->proc, "self", broker->own, BROKER_DIGIT - 1);

	if (len < 0)
		return (int)len;
	broker->own[len] = '\0';
	broker_number(number, (unsigned int)RAW0(SYS_getpid));
	if (strcmp(number, broker->own) != 0)
		return -ENOTSUP;
	broker->fds = (int)RAW(SYS_openat, broker->proc, "self/fd",
			       O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (broker->fds < 0)
		return broker->fds;
	len = RAW(SYS_statx, broker->proc, "", AT_EMPTY_PATH, KERNEL_STATX_TYPE, &st);
	broker->proc_major = st.dev_major;
	broker->proc_minor = st.dev_minor;
	return (int)len;
}

int broker_init(struct broker *broker)
{
	broker->listener = -1;
	broker_umask_init(broker);
	return find_self(broker);
}

int broker_listen(struct broker *broker, int listener)
{
	uint64_t flags = SECCOMP_NOTIF_SYNC_WAKE;

	broker->listener = listener;
	/* Only makes it faster, and only where the kernel knows it. */
	(void)RAW(SYS_ioctl, listener, SECCOMP_IOCTL_SET_FLAGS, flags);
	return 0;
}

static int reply(const struct broker *broker, long result)
{
	struct seccomp_reply_abi answer = {.id = broker->notif.id};
	long rc;

	if (result == BROKER_SENT || result == BROKER_LATER)
		return 0;
	if (result == BROKER_CONTINUE)
		answer.flags = SECCOMP_NOTIF_CONTINUE;
	else if (result < 0)
		answer.error = (int32_t)result;
	else
		answer.value = result;
	rc = RAW(SYS_ioctl, broker->listener, SECCOMP_IOCTL_SEND, &answer);
	/* The caller has been killed meanwhile. */
	return rc == -ENOENT ? 0 : (int)rc;
}

int broker_answer(struct broker *broker)
{
	long result = -EPERM;
	long rc;

	memset(&broker->notif, 0, sizeof(broker->notif));
	broker->refused = NULL;
	rc = RAW(SYS_ioctl, broker->listener, SECCOMP_IOCTL_RECV, &broker->notif);
	if (rc == -ENOENT || rc == -EINTR)
		return 0;
	if (rc)
		return (int)rc;
	if (broker->notif.arch == KERNEL_AUDIT_ARCH && broker->gate &&
	    net_gate_has(broker->notif.nr)) {
		net_gate_call(broker->gate, broker);
		return 0;
	}
	if (broker->notif.arch == KERNEL_AUDIT_ARCH)
		result = broker_call(broker);
	if (broker->log && broker->refused && (result == -EACCES || result == -EPERM))
		broker->log->add(broker->log, broker, result);
	return reply(broker, result);
}

/* From the last, as what is dropped is replaced by that. */
int broker_answer_late(struct broker *broker)
{
	int rc = 0;

	for (size_t i = broker->fifos.n; !rc && i > 0; i--) {
		long result = broker_fifo_try(broker, i - 1);

		if (result == BROKER_LATER)
			continue;
		broker_fifo_drop(&broker->fifos, i - 1);
		rc = reply(broker, result);
	}
	return rc;
}
