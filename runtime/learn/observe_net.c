/*
 * See observe_net.h. An address is read from the task's memory when the call has ended; one that
 * changes it meanwhile fools only the policy that its author is shown. The type of a socket is
 * asked of the socket itself, through a copy of its descriptor, and unknown where the host does not
 * give one.
 */
#include "runtime/learn/observe_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_TYPE_MASK 0xf

enum what { MADE, CONNECTED, BOUND, SENT, SENT_MESSAGE };

static const struct net_row {
	long number;
	enum what what;
	int address; /* the argument; its length is the next one */
} rows[] = {
	{SYS_socket, MADE, 0}, {SYS_connect, CONNECTED, 1},    {SYS_bind, BOUND, 1},
	{SYS_sendto, SENT, 4}, {SYS_sendmsg, SENT_MESSAGE, 1},
};

/* Asks the socket. pidfd_open(2) and pidfd_getfd(2) need no more than tracing does. */
static int socket_type(const struct tracee *tracee)
{
	long process = syscall(SYS_pidfd_open, tracee->process, 0);
	socklen_t size = sizeof(int);
	int type = 0;
	long fd;

	if (process < 0)
		return 0;
	fd = syscall(SYS_pidfd_getfd, process, (int)tracee->args[0], 0);
	(void)close((int)process);
	if (fd < 0)
		return 0;
	if (getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &size))
		type = 0;
	(void)close((int)fd);
	return type;
}

static void put_inet6(struct net_use *use, const struct sockaddr_in6 *address)
{
	const struct in6_addr *ip = &address->sin6_addr;
	char text[INET6_ADDRSTRLEN] = "";

	use->port = ntohs(address->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(ip)) {
		(void)inet_ntop(AF_INET, &ip->s6_addr[12], use->host, sizeof(use->host));
		return;
	}
	(void)inet_ntop(AF_INET6, ip, text, sizeof(text));
	(void)snprintf(use->host, sizeof(use->host), "[%s]", text);
}

/* False: nothing that a policy could name. */
static bool put_address(struct net_use *use, const struct sockaddr_storage *address, size_t size)
{
	const struct sockaddr_in *inet = (const void *)address;
	const struct sockaddr_un *local = (const void *)address;
	size_t header = offsetof(struct sockaddr_un, sun_path);

	use->family = address->ss_family;
	if (use->family == AF_INET && size >= sizeof(*inet)) {
		use->port = ntohs(inet->sin_port);
		return inet_ntop(AF_INET, &inet->sin_addr, use->host, sizeof(use->host));
	}
	if (use->family == AF_INET6 && size >= sizeof(struct sockaddr_in6)) {
		put_inet6(use, (const void *)address);
		return true;
	}
	if (use->family != AF_UNIX || size <= header)
		return false;
	(void)snprintf(use->host, sizeof(use->host), "%s%.*s", local->sun_path[0] ? "" : "@",
		       (int)(size - header - !local->sun_path[0]),
		       local->sun_path + !local->sun_path[0]);
	return true;
}

static bool read_address(const struct tracee *tracee, struct net_use *use, uint64_t where,
			 uint64_t length)
{
	struct sockaddr_storage address;
	size_t size = length < sizeof(address) ? (size_t)length : sizeof(address);

	memset(&address, 0, sizeof(address));
	if (!where || size < sizeof(address.ss_family) ||
	    tracee_read(tracee, where, &address, size) != size)
		return false;
	return put_address(use, &address, size);
}

/* msghdr begins with the address and its length. */
static bool read_message(const struct tracee *tracee, struct net_use *use)
{
	struct msghdr message;

	if (tracee_read(tracee, tracee->args[1], &message, sizeof(message)) != sizeof(message))
		return false;
	return read_address(tracee, use, (uintptr_t)message.msg_name, message.msg_namelen);
}

static bool describe(const struct tracee *tracee, const struct net_row *row, struct net_use *use)
{
	const uint64_t *args = tracee->args;

	memset(use, 0, sizeof(*use));
	use->way = row->what == MADE ? NET_SOCKET : row->what == BOUND ? NET_BIND : NET_CONNECT;
	if (row->what == MADE) {
		use->family = (int)args[0];
		use->type = (int)args[1] & SOCKET_TYPE_MASK;
		use->protocol = (int)args[2];
		return true;
	}
	if (row->what == SENT_MESSAGE
		    ? !read_message(tracee, use)
		    : !read_address(tracee, use, args[row->address], args[row->address + 1]))
		return false;
	use->type = socket_type(tracee);
	return true;
}

bool observe_net(const struct tracee *tracee, int64_t result, const struct sink *sink)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct net_use use;
		int error = result < 0 ? (int)-result : 0;

		if ((uint64_t)rows[i].number != tracee->number)
			continue;
		if (error == EINPROGRESS)
			error = 0;
		if (!describe(tracee, &rows[i], &use))
			return rows[i].what <= BOUND;
		sink->net(sink->context, tracee, &use, error);
		return true;
	}
	return false;
}
