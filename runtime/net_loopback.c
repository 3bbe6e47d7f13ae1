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
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/net_address.h"
#include "runtime/net_pending.h"
#include "runtime/raw.h"

#define ACCEPT_NS    100000000 /* the kernel's own work, all of it on this host */
#define ACCEPT_TRIES 8
#define BACKLOG      8

static void set_no_delay(int fd)
{
	const int on = 1;

	(void)RAW(SYS_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

int net_loopback_socket(int family)
{
	int fd = (int)RAW(SYS_socket, family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  IPPROTO_TCP);

	if (fd >= 0)
		set_no_delay(fd);
	return fd;
}

static bool peer_of(int nr, int fd, struct net_peer *out)
{
	struct net_name name = {.len = NET_NAME_MAX};

	return RAW(nr, fd, name.bytes, &name.len) == 0 &&
	       net_name_peer(&name, name.family, out) == 0;
}

/* As a socket of the family calls it: one of IPv6 calls IPv4 by addresses that map it. */
static void name_loopback(bool ipv4, struct net_name *out)
{
	static const uint8_t address[4] = {127, 0, 0, 1};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr.s6_addr[15] = 1};

	memcpy(&in.sin_addr, address, sizeof(address));
	memset(out, 0, sizeof(*out));
	out->len = ipv4 ? sizeof(in) : sizeof(in6);
	memcpy(out->bytes, ipv4 ? (void *)&in : (void *)&in6, out->len);
}

/* The same name for a socket of IPv6. */
static void map_name(struct net_name *name)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_in in;

	memcpy(&in, name->bytes, sizeof(in));
	in6.sin6_port = in.sin_port;
	net_address_from_ipv4((const uint8_t *)&in.sin_addr, in6.sin6_addr.s6_addr);
	name->len = sizeof(in6);
	memcpy(name->bytes, &in6, sizeof(in6));
}

/* On loopback; *name becomes how a socket of the family connects to it. */
static int listen_for(int family, bool ipv4, struct net_name *name)
{
	int fd = net_loopback_socket(ipv4 ? AF_INET : AF_INET6);
	long rc;

	if (fd < 0)
		return fd;
	name_loopback(ipv4, name);
	rc = RAW(SYS_bind, fd, name->bytes, name->len);
	if (!rc)
		rc = RAW(SYS_listen, fd, BACKLOG);
	if (!rc)
		rc = RAW(SYS_getsockname, fd, name->bytes, &name->len);
	if (rc) {
		(void)RAW(SYS_close, fd);
		return (int)rc;
	}
	if (ipv4 && family == AF_INET6)
		map_name(name);
	return fd;
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
		if (fd < 0)
			return fd == -EAGAIN ? -ECONNREFUSED : fd;
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
