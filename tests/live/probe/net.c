/*
 * Attacks on the network: reaching a port that no rule grants, listening where none is granted, and
 * every kind of socket that is not plain TCP. All of it on the loopback of this host, against the
 * victim.
 */
#include "probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)probe_number(port)),
				    .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

static int connect_to(int fd, const void *address, size_t size)
{
	return probe_result(connect(fd, address, (socklen_t)size));
}

static int tcp_connect(const char *port, int protocol)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	return fd < 0 ? errno : connect_to(fd, &address, sizeof(address));
}

static int run_tcp(char **args)
{
	return tcp_connect(args[0], 0);
}

static int run_mptcp(char **args)
{
	return tcp_connect(args[0], IPPROTO_MPTCP);
}

/* PORT ADDRESS: as an IPv6 address, also "::ffff:127.0.0.1". */
static int run_tcp6(char **args)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6,
				       .sin6_port = htons((uint16_t)probe_number(args[0]))};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	if (inet_pton(AF_INET6, args[1], &address.sin6_addr) != 1)
		return PROBE_USAGE;
	return connect_to(fd, &address, sizeof(address));
}

/*
 * TCP Fast Open connects by sending: Landlock's hook on connect(2) does not see it on some kernels.
 */
static int run_fastopen(char **args)
{
	struct sockaddr_in address = loopback(args[0]);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	return probe_result(
		sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&address, sizeof(address)));
}

static int run_fastopen_msg(char **args)
{
	struct sockaddr_in address = loopback(args[0]);
	char byte = 'x';
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct mmsghdr message = {.msg_hdr = {.msg_name = &address,
					      .msg_namelen = sizeof(address),
					      .msg_iov = &part,
					      .msg_iovlen = 1}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	if (!strcmp(args[1], "mmsg"))
		return probe_result(sendmmsg(fd, &message, 1, MSG_FASTOPEN));
	return probe_result(sendmsg(fd, &message.msg_hdr, MSG_FASTOPEN));
}

/* LISTED PORT: connect where it is allowed, dissolve the connection, connect again elsewhere. */
static int run_reconnect(char **args)
{
	struct sockaddr_in listed = loopback(args[0]);
	struct sockaddr_in other = loopback(args[1]);
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&listed, sizeof(listed)))
		return PROBE_SETUP;
	if (connect(fd, &nobody, sizeof(nobody)))
		return errno;
	return connect_to(fd, &other, sizeof(other));
}

#define RACE_MS 2000

struct turning {
	struct sockaddr_in address;
	in_port_t ports[2];
	volatile int stop;
};

static void *turn(void *data)
{
	struct turning *turning = data;
	volatile in_port_t *port = &turning->address.sin_port;

	while (!turning->stop) {
		*port = turning->ports[0];
		*port = turning->ports[1];
	}
	return NULL;
}

/* Connects once; is it to where nobody may? */
static int reaches(struct turning *turning, in_port_t forbidden)
{
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int is = fd >= 0 &&
		 !connect(fd, (struct sockaddr *)&turning->address, sizeof(turning->address)) &&
		 !getpeername(fd, (struct sockaddr *)&peer, &size) && peer.sin_port == forbidden;

	close(fd);
	return is;
}

/* LISTED PORT: connect to a port that is now the one, now the other. */
static int run_connect_race(char **args)
{
	struct turning turning = {.address = loopback(args[0])};
	int status = PROBE_NOT_SO;
	struct timespec now, begun;
	pthread_t thread;

	turning.ports[0] = loopback(args[0]).sin_port;
	turning.ports[1] = loopback(args[1]).sin_port;
	if (pthread_create(&thread, NULL, turn, &turning) || clock_gettime(CLOCK_MONOTONIC, &begun))
		return PROBE_SETUP;
	do {
		if (reaches(&turning, turning.ports[1]))
			status = PROBE_SUCCEEDED;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while (status &&
		 (now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1000000 <
			 RACE_MS);
	turning.stop = 1;
	pthread_join(thread, NULL);
	return status;
}

static int run_udp(char **args)
{
	struct sockaddr_in address = loopback(args[0]);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	return probe_result(sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof(address)));
}

/* How long an answer may take. */
static int udp_socket(int family)
{
	const struct timeval most = {3, 0};
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)))
		return -1;
	return fd;
}

/* PORT ADDRESS "connect" or "send": a datagram, which is answered. As an IPv6 address. */
static int run_udp_ask(char **args)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6,
				  .sin6_port = htons((uint16_t)probe_number(args[0]))};
	struct sockaddr_in6 from = {.sin6_family = AF_INET6};
	socklen_t len = sizeof(from);
	char text[INET6_ADDRSTRLEN];
	int fd = udp_socket(AF_INET6);

	if (fd < 0)
		return errno;
	if (inet_pton(AF_INET6, args[1], &to.sin6_addr) != 1)
		return PROBE_USAGE;
	if (!strcmp(args[2], "connect") && connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return errno;
	if (sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) != 1 ||
	    recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &len) < 0)
		return errno;
	return memcmp(&from.sin6_addr, &to.sin6_addr, sizeof(to.sin6_addr)) ||
			       from.sin6_port != to.sin6_port
		       ? PROBE_NOT_SO
		       : PROBE_SUCCEEDED;
}

/* PORT SOURCE: a datagram that is to come from an address. Its answer says where it came from. */
static int run_udp_from(char **args)
{
	struct sockaddr_in to = loopback(args[0]);
	struct sockaddr_in own = loopback("0");
	char text[INET_ADDRSTRLEN] = "";
	int fd = udp_socket(AF_INET);

	if (fd < 0)
		return errno;
	if (inet_pton(AF_INET, args[1], &own.sin_addr) != 1)
		return PROBE_USAGE;
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) ||
	    sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) != 1 ||
	    recv(fd, text, sizeof(text) - 1, 0) < 0)
		return errno;
	return strcmp(text, args[1]) ? PROBE_NOT_SO : PROBE_SUCCEEDED;
}

/* listen(2) on an unbound socket picks a port itself, past any rule on bind(2). */
static int run_listen(char **args)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)args;
	return fd < 0 ? errno : probe_result(listen(fd, 1));
}

static int bound(const char *port)
{
	struct sockaddr_in address = loopback(port);
	int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)))
		return -1;
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -1 : fd;
}

static int run_bind(char **args)
{
	return probe_result(bound(args[0]));
}

/* A whole server: bind, listen, accept a connection of its own. */
static int run_serve(char **args)
{
	int listener = bound(args[0]);

	if (listener < 0 || listen(listener, 1))
		return errno;
	if (tcp_connect(args[0], 0))
		return errno;
	return probe_result(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
}

static int run_socket(char **args)
{
	return probe_result(socket((int)probe_number(args[0]), (int)probe_number(args[1]),
				   (int)probe_number(args[2])));
}

/* "@name" is an abstract address. */
static size_t unix_address(const char *path, struct sockaddr_un *address)
{
	size_t len = strlen(path);

	if (len >= sizeof(address->sun_path))
		_exit(PROBE_USAGE);
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, len);
	if (*path != '@')
		return sizeof(*address);
	address->sun_path[0] = '\0';
	return offsetof(struct sockaddr_un, sun_path) + len;
}

static int run_unix(char **args)
{
	struct sockaddr_un address;
	size_t size = unix_address(args[0], &address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? errno : connect_to(fd, &address, size);
}

/* SOCKET LINK */
static int run_unix_link(char **args)
{
	return symlink(args[0], args[1]) ? errno : run_unix(args + 1);
}

static int run_unix_hard(char **args)
{
	return link(args[0], args[1]) ? errno : run_unix(args + 1);
}

static int run_unix_dgram(char **args)
{
	struct sockaddr_un address;
	size_t size = unix_address(args[0], &address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	return probe_result(sendto(fd, "x", 1, 0, (struct sockaddr *)&address, (socklen_t)size));
}

/* One end of a pair of datagram sockets can be connected to somebody else. */
static int run_pair_reconnect(char **args)
{
	struct sockaddr_un address;
	size_t size = unix_address(args[0], &address);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		return errno;
	return connect_to(pair[0], &address, size);
}

const struct probe probes_net[] = {
	{"tcp", 1, run_tcp},
	{"tcp6", 2, run_tcp6},
	{"mptcp", 1, run_mptcp},
	{"fastopen", 1, run_fastopen},
	{"fastopen-msg", 2, run_fastopen_msg},
	{"reconnect", 2, run_reconnect},
	{"connect-race", 2, run_connect_race},
	{"udp", 1, run_udp},
	{"udp-ask", 3, run_udp_ask},
	{"udp-from", 2, run_udp_from},
	{"listen", 0, run_listen},
	{"bind", 1, run_bind},
	{"serve", 1, run_serve},
	{"socket", 3, run_socket},
	{"unix", 1, run_unix},
	{"unix-link", 2, run_unix_link},
	{"unix-hard", 2, run_unix_hard},
	{"unix-dgram", 1, run_unix_dgram},
	{"pair-reconnect", 1, run_pair_reconnect},
	{NULL, 0, NULL},
};
