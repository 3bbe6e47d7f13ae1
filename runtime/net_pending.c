/*
 * See net_pending.h. A connection over TCP is there, or has failed, when its socket is writable
 * (connect(2), EINPROGRESS); to connect once more then says which, as the tool's own call would
 * have. A unix socket's server with a full backlog gives no sign, and is tried again and again.
 *
 * The tool shares its socket's flags, so one that is not to wait may become one that does at any
 * moment: whoever calls this has an alarm set (net_alarm.h), by which a call that waits ends.
 */
#include "runtime/net_pending.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>

#include "runtime/broker_path.h"
#include "runtime/net_events.h"
#include "runtime/raw.h"

#define RETRY_US      5000u
#define US_PER_SECOND 1000000u
#define NS_PER_US     1000

uint64_t net_now_us(void)
{
	struct timespec now = {0, 0};

	(void)RAW(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * US_PER_SECOND + (uint64_t)(now.tv_nsec / NS_PER_US);
}

/* ---- answers ---- */

static bool same_call(const struct net_call *a, const struct net_call *b)
{
	return a->nr == b->nr && a->ino == b->ino && a->name.len == b->name.len &&
	       memcmp(a->name.bytes, b->name.bytes, sizeof(a->name.bytes)) == 0;
}

void net_answer(struct net_pendings *pendings, const struct net_call *call, long result)
{
	struct seccomp_reply_abi reply = {.id = call->id,
					  .error = result < 0 ? (int32_t)result : 0,
					  .value = result < 0 ? 0 : result};
	struct net_unheard *unheard = &pendings->unheard[pendings->next_unheard % NET_MAX_UNHEARD];
	long rc;

	net_events_answered(pendings->events, call->id, result);
	/* Before it is sent, as by then the tool may be back. */
	if (call->nr == SYS_connect && result == 0 && !call->is_repeated)
		pendings->connected[pendings->next_connected++ % NET_MAX_UNHEARD] = *call;
	rc = RAW(SYS_ioctl, pendings->listener, SECCOMP_IOCTL_SEND, &reply);
	pendings->is_lost = pendings->is_lost || (rc && rc != -ENOENT);
	/* To ask for one more socket is no harm. */
	if (rc != -ENOENT || call->nr == SYS_socket)
		return;
	unheard->call = *call;
	unheard->result = result;
	pendings->next_unheard++;
}

bool net_answered(struct net_pendings *pendings, const struct net_call *call, long *result)
{
	for (size_t i = 0; pendings->next_unheard && i < NET_MAX_UNHEARD; i++) {
		struct net_unheard *unheard = &pendings->unheard[i];

		if (!same_call(&unheard->call, call))
			continue;
		*result = unheard->result;
		unheard->call.nr = -1;
		return true;
	}
	return false;
}

bool net_connected(struct net_pendings *pendings, const struct net_call *call)
{
	for (size_t i = 0; i < NET_MAX_UNHEARD; i++) {
		if (!same_call(&pendings->connected[i], call))
			continue;
		pendings->connected[i].nr = -1;
		return true;
	}
	return false;
}

/* ---- connecting ---- */

/* By the file's descriptor: whatever has its name by now. */
static void name_object(int object, struct sockaddr_un *out)
{
	static const char prefix[] = "/proc/self/fd/";

	out->sun_family = AF_UNIX;
	memcpy(out->sun_path, prefix, sizeof(prefix));
	broker_number(out->sun_path + sizeof(prefix) - 1, (unsigned int)object);
}

long net_connect(int fd, int object, const struct net_name *name)
{
	struct sockaddr_un by_object;
	long flags = RAW(SYS_fcntl, fd, F_GETFL);
	bool waits = !(flags & O_NONBLOCK);
	long rc;

	if (flags < 0)
		return flags;
	if (waits)
		(void)RAW(SYS_fcntl, fd, F_SETFL, flags | O_NONBLOCK);
	if (object >= 0) {
		name_object(object, &by_object);
		rc = RAW(SYS_connect, fd, &by_object, sizeof(by_object));
	} else {
		rc = RAW(SYS_connect, fd, name->bytes, name->len);
		/* What is near has answered by now. */
		if (rc == -EINPROGRESS && waits)
			rc = RAW(SYS_connect, fd, name->bytes, name->len);
	}
	if (waits)
		(void)RAW(SYS_fcntl, fd, F_SETFL, flags);
	/* By the alarm: it had begun to wait. */
	if (rc == -EINTR)
		rc = object >= 0 ? -EAGAIN : -EINPROGRESS;
	return rc;
}

/* ---- the table ---- */

/* The last takes its place. */
static void drop(struct net_pendings *pendings, size_t index)
{
	struct net_pending *pending = &pendings->items[index];

	(void)RAW(SYS_close, pending->fd);
	if (pending->object >= 0)
		(void)RAW(SYS_close, pending->object);
	*pending = pendings->items[--pendings->n];
}

static bool is_waited_for(const struct net_pendings *pendings, const struct net_call *call)
{
	return RAW(SYS_ioctl, pendings->listener, SECCOMP_IOCTL_ID_VALID, &call->id) == 0;
}

static void drop_abandoned(struct net_pendings *pendings)
{
	for (size_t i = pendings->n; i > 0; i--) {
		if (!is_waited_for(pendings, &pendings->items[i - 1].call))
			drop(pendings, i - 1);
	}
}

/* How long the tool is ready to wait: SO_SNDTIMEO (socket(7)). */
static void set_deadline(struct net_pending *pending)
{
	struct timeval most = {0, 0};
	unsigned int len = sizeof(most);

	pending->has_deadline = RAW(SYS_getsockopt, pending->fd, SOL_SOCKET, SO_SNDTIMEO, &most,
				    &len) == 0 &&
				(most.tv_sec || most.tv_usec);
	if (pending->has_deadline)
		pending->deadline_us = net_now_us() + (uint64_t)most.tv_sec * US_PER_SECOND +
				       (uint64_t)most.tv_usec;
}

bool net_pending_add(struct net_pendings *pendings, const struct net_pending *pending)
{
	if (pendings->n == NET_MAX_PENDING)
		drop_abandoned(pendings);
	if (pendings->n == NET_MAX_PENDING)
		return false;
	pendings->items[pendings->n] = *pending;
	set_deadline(&pendings->items[pendings->n++]);
	return true;
}

uint64_t net_pending_watch(const struct net_pendings *pendings, struct pollfd *fds, uint64_t now_us)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < pendings->n; i++) {
		const struct net_pending *pending = &pendings->items[i];
		bool is_unix = pending->object >= 0;

		fds[i] = (struct pollfd){.fd = is_unix ? -1 : pending->fd, .events = POLLOUT};
		if (pending->has_deadline && pending->deadline_us < first)
			first = pending->deadline_us;
		if (is_unix && now_us + RETRY_US < first)
			first = now_us + RETRY_US;
	}
	if (first == UINT64_MAX)
		return first;
	return first > now_us ? first - now_us : 0;
}

/*
 * The error that a connection over TCP has ended with, or 0. By shutdown(2) it ends as well, and
 * to connect would begin another; so the socket becomes a new one, as the tool's own call leaves
 * it.
 */
static long take_error(int fd)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	int error = 0;
	unsigned int len = sizeof(error);

	if (RAW(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error)
		(void)RAW(SYS_connect, fd, &none, sizeof(none));
	return -error;
}

/* The result, or -EINPROGRESS while there is none. */
static long try_again(const struct net_pending *pending)
{
	bool is_unix = pending->object >= 0;
	long rc = is_unix ? 0 : take_error(pending->fd);

	if (!rc)
		rc = net_connect(pending->fd, pending->object, &pending->call.name);
	if (is_unix ? rc == -EAGAIN : rc == -EALREADY)
		return -EINPROGRESS;
	return rc;
}

static void serve_one(struct net_pendings *pendings, size_t index, bool is_ready)
{
	struct net_pending *pending = &pendings->items[index];
	long rc = -EINPROGRESS;

	if (is_ready || pending->object >= 0) {
		/* It may have been made anew, and be waited for as that. */
		if (!is_waited_for(pendings, &pending->call)) {
			drop(pendings, index);
			return;
		}
		rc = try_again(pending);
	}
	if (rc == -EINPROGRESS && !(pending->has_deadline && net_now_us() >= pending->deadline_us))
		return;
	if (rc == -EINPROGRESS && pending->object >= 0)
		rc = -EAGAIN;
	net_answer(pendings, &pending->call, rc);
	drop(pendings, index);
}

/* From the last, as what is dropped is replaced by that. */
void net_pending_serve(struct net_pendings *pendings, const struct pollfd *fds, size_t n)
{
	for (size_t i = n; i > 0; i--)
		serve_one(pendings, i - 1, fds[i - 1].revents != 0);
}
