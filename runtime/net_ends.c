/*
 * See net_ends.h. What is sent is what went out but for what went out again; what is received the
 * kernel counts with the other side's end (FIN), which takes up a number as a byte does. That is
 * taken off where it can be told: it was read, or is there to be read, or nothing waits for it any
 * more. A connection that is reset may so have one byte too many.
 *
 * Only the kernel, and who may administer the network namespace, can send to such a socket
 * (netlink(7)), and only the kernel is believed. Where more is said than is heard (ENOBUFS), ends
 * are missed, and so unknown.
 */
#include "runtime/net_ends.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/net_pending.h"
#include "runtime/net_socket.h"
#include "runtime/raw.h"

#define NONE          UINT32_MAX
#define MAX_TURN      64u
#define US_PER_SECOND 1000000u
#define FINISH_US     100000u
#define NS_PER_US     1000
#define QUEUE_BYTES   (1 << 20) /* or as many as the host lets us have */
#define SYN_AND_FIN   2u
#define PORT_AT       offsetof(struct sockaddr_in, sin_port) /* and that of sockaddr_in6 */

/* States of a connection (<netinet/tcp.h>). */
enum { FIN_WAIT2 = 5, CLOSED = 7, CLOSE_WAIT = 8, LAST_ACK = 9, CLOSING = 11, STATES = 32 };
#define HAVE_OTHER_END (1u << CLOSE_WAIT | 1u << LAST_ACK | 1u << CLOSING)

/* Where struct tcp_info has what (<linux/tcp.h>); since Linux 4.19 it has all of it. */
enum {
	BYTES_ACKED = 120,
	BYTES_RECEIVED = 128,
	DATA_SEGMENTS_IN = 152,
	BYTES_SENT = 200,
	BYTES_SENT_AGAIN = 208,
	INFO_BYTES = 216,
};

struct attribute {
	uint16_t len;
	uint16_t type;
};

/* ---- what the kernel says ---- */

static int open_netlink(uint32_t groups)
{
	const struct netlink_name_abi name = {.family = AF_NETLINK, .groups = groups};
	const int queue_bytes = QUEUE_BYTES;
	long fd = RAW(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      KERNEL_NETLINK_SOCK_DIAG);

	/* Many connections end at once, as their process does. */
	(void)RAW(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVBUF, &queue_bytes, sizeof(queue_bytes));
	if (fd < 0 || RAW(SYS_bind, fd, &name, sizeof(name)) == 0)
		return (int)fd;
	(void)RAW(SYS_close, fd);
	return -1;
}

/* The length of a message; 0: it is not the kernel's, whose port is 0; or a negative errno. */
static long hear(int fd, struct net_end *out)
{
	struct netlink_name_abi from = {.port = 0};
	unsigned int size = sizeof(from);
	long len = RAW(SYS_recvfrom, fd, out, sizeof(*out), MSG_DONTWAIT, &from, &size);

	return len > 0 && from.port ? 0 : len;
}

static bool is_whole(const struct net_end *end, long len)
{
	return len >= (long)sizeof(end->head) && end->head.type == KERNEL_SOCK_DIAG_BY_FAMILY;
}

/* Of a connection that is there; cookie all ones: of any with these addresses. 0: there is none. */
static long ask(uint8_t family, const struct diag_id_abi *id, struct net_end *out)
{
	const struct diag_request_abi request = {
		.len = sizeof(request),
		.type = KERNEL_SOCK_DIAG_BY_FAMILY,
		.flags = KERNEL_NLM_F_REQUEST,
		.family = family,
		.protocol = IPPROTO_TCP,
		.extensions = 1u << (KERNEL_INET_DIAG_INFO - 1),
		.states = UINT32_MAX,
		.id = *id,
	};
	int fd = open_netlink(0);
	long rc;

	if (fd < 0)
		return 0;
	memset(&out->head, 0, sizeof(out->head));
	rc = RAW(SYS_sendto, fd, &request, sizeof(request), 0, NULL, 0);
	if (rc >= 0)
		rc = hear(fd, out);
	(void)RAW(SYS_close, fd);
	return is_whole(out, rc) ? rc : 0;
}

static const uint8_t *find_info(const struct net_end *end, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)end;
	struct attribute attribute;

	for (size_t at = sizeof(end->head); at + sizeof(attribute) <= len;
	     at += (attribute.len + 3u) & ~3u) {
		memcpy(&attribute, bytes + at, sizeof(attribute));
		if (attribute.len < sizeof(attribute) || attribute.len > len - at)
			break;
		if (attribute.type == KERNEL_INET_DIAG_INFO &&
		    attribute.len >= sizeof(attribute) + INFO_BYTES)
			return bytes + at + sizeof(attribute);
	}
	return NULL;
}

static uint64_t number_at(const uint8_t *info, size_t at)
{
	uint64_t number;

	memcpy(&number, info + at, sizeof(number));
	return number;
}

/*
 * Has the other side's end been counted? Of a socket that is gone, and whose own end the other side
 * has confirmed, or else nothing is known. Not while the kernel still waits for it.
 */
static bool has_other_end(const struct net_end *end, bool is_confirmed)
{
	struct diag_id_abi id = end->head.id;
	struct net_end now;

	if (end->head.state != CLOSED)
		return HAVE_OTHER_END >> end->head.state % STATES & 1;
	if (!is_confirmed || end->head.receive_queue)
		return is_confirmed;
	memset(id.cookie, 0xff, sizeof(id.cookie));
	return !ask(end->head.family, &id, &now) || now.head.state != FIN_WAIT2;
}

/* ---- the table ---- */

/* The last takes its place. */
static void drop(struct net_ends *ends, uint32_t i)
{
	if (ends->items[i].family && --ends->n_told == 0 && ends->fd >= 0)
		(void)RAW(SYS_close, ends->fd);
	ends->cookies[i] = ends->cookies[--ends->n];
	ends->items[i] = ends->items[ends->n];
}

static void tell(struct net_ends *ends, uint32_t i, uint64_t sent, uint64_t received)
{
	net_events_end(ends->events, &ends->items[i].event, sent, received);
	drop(ends, i);
}

/* What there never was a connection of is dropped without a word. */
static void tell_end(struct net_ends *ends, uint32_t i, const struct net_end *end, long len)
{
	const uint8_t *info = find_info(end, (size_t)len);
	uint64_t acked, sent, received;
	uint32_t n_segments;

	if (!info) {
		tell(ends, i, WRIT_NET_UNKNOWN, WRIT_NET_UNKNOWN);
		return;
	}
	memcpy(&n_segments, info + DATA_SEGMENTS_IN, sizeof(n_segments));
	acked = number_at(info, BYTES_ACKED);
	sent = number_at(info, BYTES_SENT) - number_at(info, BYTES_SENT_AGAIN);
	received = n_segments ? number_at(info, BYTES_RECEIVED) : 0;
	if (received > 1 && has_other_end(end, acked >= sent + SYN_AND_FIN))
		received--;
	if (acked)
		tell(ends, i, sent, received);
	else
		drop(ends, i);
}

static uint32_t find(const struct net_ends *ends, uint64_t cookie)
{
	for (uint32_t i = 0; i < ends->n; i++) {
		if (ends->cookies[i] == cookie)
			return i;
	}
	return NONE;
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	unsigned int len = sizeof(cookie);

	(void)RAW(SYS_getsockopt, fd, SOL_SOCKET, KERNEL_SO_COOKIE, &cookie, &len);
	return cookie;
}

/* ---- what begins and what ends ---- */

/* As the kernel names a connection (inet_diag(7)): what both names have, as it stands there. */
static void identify(struct net_open *open, int fd, const struct net_name *to, uint64_t cookie)
{
	struct net_name own = {.len = NET_NAME_MAX};
	bool is_ipv4;
	size_t at, len;

	if (RAW(SYS_getsockname, fd, own.bytes, &own.len))
		return;
	is_ipv4 = own.family == AF_INET;
	at = is_ipv4 ? offsetof(struct sockaddr_in, sin_addr)
		     : offsetof(struct sockaddr_in6, sin6_addr);
	len = is_ipv4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
	open->family = (uint8_t)own.family;
	memcpy(&open->id.own_port, own.bytes + PORT_AT, sizeof(open->id.own_port));
	memcpy(&open->id.peer_port, to->bytes + PORT_AT, sizeof(open->id.peer_port));
	memcpy(open->id.own, own.bytes + at, len);
	memcpy(open->id.peer, to->bytes + at, len);
	memcpy(open->id.cookie, &cookie, sizeof(cookie));
}

void net_ends_begin(struct net_ends *ends, int fd, const struct net_name *to)
{
	uint64_t cookie = ends ? cookie_of(fd) : 0;
	struct net_open open;
	uint32_t i;

	if (!cookie || !net_events_last(ends->events, &open.event))
		return;
	/* A socket that is connected once more: it was not yet, or to no avail. */
	i = find(ends, cookie);
	if (i != NONE)
		drop(ends, i);
	if (ends->n == NET_MAX_OPEN)
		tell(ends, 0, WRIT_NET_UNKNOWN, WRIT_NET_UNKNOWN);
	memset(&open.id, 0, sizeof(open.id));
	open.family = 0;
	if (to)
		identify(&open, fd, to, cookie);
	if (open.family && ends->n_told++ == 0)
		ends->fd = open_netlink(KERNEL_TCP_DESTROY_GROUPS);
	ends->cookies[ends->n] = cookie;
	ends->items[ends->n++] = open;
}

void net_ends_counted(struct net_ends *ends, int fd, uint64_t sent, uint64_t received)
{
	uint32_t i = ends ? find(ends, cookie_of(fd)) : NONE;

	if (i != NONE)
		tell(ends, i, sent, received);
}

/* ---- what is heard ---- */

int net_ends_watch(struct net_ends *ends, uint64_t now_us, uint64_t *most_us)
{
	if (!ends || !ends->n_told || ends->fd < 0)
		return -1;
	if (now_us - ends->since_us >= US_PER_SECOND) {
		ends->since_us = now_us;
		ends->n_heard = 0;
	}
	if (ends->n_heard < NET_ENDS_HEARD)
		return ends->fd;
	/* Others end more than we can be made to hear: what they push out of the queue is lost. */
	if (*most_us > US_PER_SECOND)
		*most_us = US_PER_SECOND;
	return -1;
}

void net_ends_serve(struct net_ends *ends)
{
	for (size_t turn = MAX_TURN; turn && ends->n_told && ends->fd >= 0; turn--) {
		long len = hear(ends->fd, &ends->end);
		uint64_t cookie;
		uint32_t i;

		if (len < 0 && len != -ENOBUFS)
			return;
		ends->n_heard++;
		if (!is_whole(&ends->end, len))
			continue;
		memcpy(&cookie, ends->end.head.id.cookie, sizeof(cookie));
		i = find(ends, cookie);
		if (i != NONE)
			tell_end(ends, i, &ends->end, len);
	}
}

/* The tool has left them to the kernel, which has bytes to send, or an answer to wait for. */
static void tell_lingering(struct net_ends *ends)
{
	for (uint32_t i = ends->n; i > 0; i--) {
		const struct net_open *open = &ends->items[i - 1];
		long len = open->family ? ask(open->family, &open->id, &ends->end) : 0;

		/* Without its counts it is gone (TIME_WAIT), of which we are about to hear. */
		if (len && find_info(&ends->end, (size_t)len))
			tell_end(ends, i - 1, &ends->end, len);
	}
}

void net_ends_finish(struct net_ends *ends)
{
	const uint64_t deadline_us = net_now_us() + FINISH_US;
	uint64_t now_us;

	if (!ends)
		return;
	if (ends->n_told && ends->fd >= 0) {
		net_ends_serve(ends);
		tell_lingering(ends);
	}
	/* Sockets that are gone, of which we have not heard yet. */
	while (ends->n_told && ends->fd >= 0 && (now_us = net_now_us()) < deadline_us) {
		const struct timespec most = {0, (long)(deadline_us - now_us) * NS_PER_US};
		struct pollfd fds = {.fd = ends->fd, .events = POLLIN};
		struct timespec wait = most;

		(void)RAW(SYS_ppoll, &fds, 1, &wait, NULL, KERNEL_SIGSET_SIZE);
		net_ends_serve(ends);
	}
	while (ends->n)
		tell(ends, ends->n - 1, WRIT_NET_UNKNOWN, WRIT_NET_UNKNOWN);
}
