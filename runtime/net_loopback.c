/*
 * See net_loopback.h. There is a listener for the moment that it takes, and what listens on
 * loopback can be reached by others on this host: so who has come is asked for its address, which
 * is the tool's socket's, or is sent away.
 */
#include "runtime/net_loopback.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/net_pending.h"
#include "runtime/raw.h"

/* The kernel's own work, all of it on this host: 100 ms, or that many who were not meant. */
#define ACCEPT_NS    5000000
#define ACCEPT_TRIES 20
#define BACKLOG      64

/* Urgent data is data, as no byte may be passed over. */
static void set_options(int fd)
{
	const int on = 1;

	(void)RAW(SYS_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)RAW(SYS_setsockopt, fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
}

int net_loopback_socket(int family)
{
	int fd = (int)RAW(SYS_socket, family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  IPPROTO_TCP);

	if (fd >= 0)
		set_options(fd);
	return fd;
}

static bool peer_of(int nr, int fd, struct net_peer *out)
{
	struct net_name name = {.len = NET_NAME_MAX};

	return RAW(nr, fd, name.bytes, &name.len) == 0 &&
	       net_name_peer(&name, name.family, out) == 0;
}

/* A socket of IPv6 calls IPv4 by the addresses that map it, also to be bound. */
static void name_loopback(int family, bool ipv4, struct net_name *out)
{
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1};
	static const uint8_t own[16] = {[15] = 1};

	memset(out, 0, sizeof(*out));
	out->family = (uint16_t)family;
	if (family == AF_INET) {
		out->len = sizeof(struct sockaddr_in);
		memcpy(out->bytes + offsetof(struct sockaddr_in, sin_addr), mapped + 12, 4);
	} else {
		out->len = sizeof(struct sockaddr_in6);
		memcpy(out->bytes + offsetof(struct sockaddr_in6, sin6_addr), ipv4 ? mapped : own,
		       sizeof(own));
	}
}

/* *name becomes how the tool's socket connects to it. */
static int listen_for(int family, bool ipv4, struct net_name *name)
{
	int fd = net_loopback_socket(family);
	long rc;

	if (fd < 0)
		return fd;
	name_loopback(family, ipv4, name);
	rc = RAW(SYS_bind, fd, name->bytes, name->len);
	if (!rc)
		rc = RAW(SYS_listen, fd, BACKLOG);
	if (!rc)
		rc = RAW(SYS_getsockname, fd, name->bytes, &name->len);
	if (!rc)
		return fd;
	(void)RAW(SYS_close, fd);
	return (int)rc;
}

int net_loopback_accept(int listener, int tool)
{
	const struct timespec most = {0, ACCEPT_NS};
	struct pollfd fds = {.fd = listener, .events = POLLIN};
	struct net_peer wanted, peer;

	if (!peer_of(SYS_getsockname, tool, &wanted))
		return -ECONNREFUSED;
	for (unsigned int i = 0; i < ACCEPT_TRIES; i++) {
		struct timespec wait = most;
		int fd;

		(void)RAW(SYS_ppoll, &fds, 1, &wait, NULL, 0);
		fd = (int)RAW(SYS_accept4, listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd == -EAGAIN)
			continue;
		if (fd < 0)
			return fd;
		if (peer_of(SYS_getpeername, fd, &peer) && peer.port == wanted.port &&
		    memcmp(peer.address, wanted.address, sizeof(peer.address)) == 0)
			return fd;
		(void)RAW(SYS_close, fd);
	}
	return -ECONNREFUSED;
}

int net_loopback_connect(const struct net_socket *socket, bool ipv4)
{
	struct net_name name;
	int listener = listen_for(socket->family, ipv4, &name);
	int fd;
	long rc;

	if (listener < 0)
		return listener;
	rc = net_connect(socket->fd, -1, &name);
	fd = rc && rc != -EINPROGRESS ? (int)rc : net_loopback_accept(listener, socket->fd);
	/* To the kernel it is connecting until it is asked once more. */
	if (fd >= 0 && rc)
		(void)net_connect(socket->fd, -1, &name);
	(void)RAW(SYS_close, listener);
	return fd;
}
