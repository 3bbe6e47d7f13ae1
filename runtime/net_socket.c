/*
 * See net_socket.h. A socket is taken by way of the process that the caller is a thread of, and
 * then asked what it is: what the caller's number means later does not matter. Tables of
 * descriptors are per thread when a thread wants that; then it is the process's socket that is
 * used, which may be had by the same rules.
 */
#include "runtime/net_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "runtime/broker_path.h"
#include "runtime/net_address.h"
#include "runtime/raw.h"

#define STATUS_BYTES 1024
#define IPV6_LEAST   24u /* a struct sockaddr_in6 without its scope (ipv6(7)) */

/* The process of a thread, as procfs tells: before 6.9 a pidfd is of a process only. */
static int group_of(const struct broker *broker, uint32_t thread)
{
	static const char tgid[] = "\nTgid:\t";
	char path[BROKER_DIGIT + sizeof("/status")];
	char text[STATUS_BYTES];
	const char *at;
	int group = 0;
	long n;
	int fd;

	broker_number(path, thread);
	memcpy(path + strlen(path), "/status", sizeof("/status"));
	fd = (int)RAW(SYS_openat, broker->proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fd;
	n = RAW(SYS_read, fd, text, sizeof(text) - 1);
	(void)RAW(SYS_close, fd);
	text[n > 0 ? n : 0] = '\0';
	/* The text ends before the array does, by a NUL that ends the comparison as well. */
	for (at = text; *at && strncmp(at, tgid, sizeof(tgid) - 1) != 0; at++)
		;
	for (at += *at ? sizeof(tgid) - 1 : 0; *at >= '0' && *at <= '9'; at++)
		group = group * 10 + (*at - '0');
	return group ? group : -ESRCH;
}

static int open_caller(const struct broker *broker)
{
	int fd = (int)RAW(KERNEL_NR_PIDFD_OPEN, broker->notif.pid, KERNEL_PIDFD_THREAD);
	int group;

	if (fd != -EINVAL)
		return fd;
	fd = (int)RAW(KERNEL_NR_PIDFD_OPEN, broker->notif.pid, 0);
	if (fd >= 0 || broker->proc < 0)
		return fd;
	group = group_of(broker, broker->notif.pid);
	return group < 0 ? group : (int)RAW(KERNEL_NR_PIDFD_OPEN, group, 0);
}

static int take(const struct broker *broker, int number)
{
	int caller = open_caller(broker);
	int fd;

	if (caller < 0)
		return -EACCES;
	fd = (int)RAW(KERNEL_NR_PIDFD_GETFD, caller, number, 0);
	(void)RAW(SYS_close, caller);
	return fd;
}

static int ask(int fd, int option, int *out)
{
	unsigned int len = sizeof(*out);

	return (int)RAW(SYS_getsockopt, fd, SOL_SOCKET, option, out, &len);
}

static int examine(struct net_socket *socket)
{
	struct statx_abi st = {.mask = 0};
	int rc = ask(socket->fd, SO_DOMAIN, &socket->family);

	if (!rc)
		rc = ask(socket->fd, SO_TYPE, &socket->type);
	if (!rc)
		rc = ask(socket->fd, SO_PROTOCOL, &socket->protocol);
	if (!rc)
		rc = (int)RAW(SYS_statx, socket->fd, "", AT_EMPTY_PATH, KERNEL_STATX_INO, &st);
	socket->ino = st.ino;
	return rc;
}

int net_socket_take(const struct broker *broker, int number, struct net_socket *out)
{
	int rc;

	out->fd = take(broker, number);
	if (out->fd < 0)
		return out->fd;
	rc = (int)RAW(SYS_ioctl, broker->listener, SECCOMP_IOCTL_ID_VALID, &broker->notif.id);
	if (!rc)
		rc = examine(out);
	if (rc)
		(void)RAW(SYS_close, out->fd);
	return rc;
}

int net_name_read(struct broker *broker, uint64_t address, uint64_t len, struct net_name *out)
{
	/* The kernel reads it as an int. */
	uint32_t size = (uint32_t)len;

	memset(out, 0, sizeof(*out));
	if (size < sizeof(out->family) || size > sizeof(out->bytes))
		return -EINVAL;
	out->len = size;
	return broker_read(broker, address, out->bytes, size);
}

static void set_ipv4(const struct net_name *name, struct net_peer *out)
{
	struct sockaddr_in in;

	memcpy(&in, name->bytes, sizeof(in));
	net_address_from_ipv4((const uint8_t *)&in.sin_addr, out->address);
	out->port = ntohs(in.sin_port);
}

static void set_ipv6(const struct net_name *name, struct net_peer *out)
{
	struct sockaddr_in6 in;

	memcpy(&in, name->bytes, sizeof(in));
	memcpy(out->address, &in.sin6_addr, sizeof(out->address));
	out->port = ntohs(in.sin6_port);
}

int net_name_peer(const struct net_name *name, int family, struct net_peer *out)
{
	out->udp = false;
	if (name->len < (family == AF_INET ? sizeof(struct sockaddr_in) : IPV6_LEAST))
		return -EINVAL;
	/* Nor AF_UNSPEC, which would free a connected socket of its peer. */
	if (name->family != family)
		return -EAFNOSUPPORT;
	if (family == AF_INET)
		set_ipv4(name, out);
	else
		set_ipv6(name, out);
	return 0;
}

void net_name_of_peer(const struct net_peer *peer, uint32_t scope, struct net_name *out)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(peer->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(peer->port),
				   .sin6_scope_id = scope};

	if (net_address_is_ipv4(peer->address)) {
		memcpy(&in.sin_addr, peer->address + 12, sizeof(in.sin_addr));
		memcpy(out->bytes, &in, out->len = sizeof(in));
	} else {
		memcpy(&in6.sin6_addr, peer->address, sizeof(in6.sin6_addr));
		memcpy(out->bytes, &in6, out->len = sizeof(in6));
	}
}

int net_socket_to(const struct net_name *name, int type)
{
	int fd = (int)RAW(SYS_socket, name->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	long rc;

	if (fd < 0)
		return fd;
	rc = RAW(SYS_connect, fd, name->bytes, name->len);
	if (!rc || rc == -EINPROGRESS)
		return fd;
	(void)RAW(SYS_close, fd);
	return (int)rc;
}

int net_name_path(const struct net_name *name, char *out)
{
	const size_t at = offsetof(struct sockaddr_un, sun_path);
	size_t len;

	if (name->family != AF_UNIX || name->len > sizeof(struct sockaddr_un))
		return -EINVAL;
	len = name->len - at;
	if (len == 0)
		return -EINVAL;
	/* One that no file has (unix(7), "abstract"). */
	if (name->bytes[at] == 0)
		return -EACCES;
	memcpy(out, name->bytes + at, len);
	out[len] = '\0';
	return 0;
}
