/*
 * The keeper's network namespace: what a socket of it reaches, and what becomes of it without its
 * maker. Each test does all in a child, since Criterion's workers have threads.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/net_space.h"
#include "support/space_child.h"

#define STACK_BYTES 65536

static _Alignas(16) char stack[STACK_BYTES];
static struct net_space space = {
	.stack = stack,
	.stack_bytes = sizeof(stack),
	.ports = {53, 4000},
	.n_ports = 2,
};

static bool is_readable(int fd)
{
	struct pollfd watched = {.fd = fd, .events = POLLIN};

	return poll(&watched, 1, 100) == 1;
}

static int ask(int domain, int flags)
{
	long rc = net_space_ask(&space, domain, flags);

	while (rc == -EINPROGRESS)
		rc = net_space_answer(&space);
	return (int)rc;
}

static int name_of(const char *text, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *in6 = (void *)out;
	struct sockaddr_in *in = (void *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	(void)inet_pton(AF_INET6, text, &in6->sin6_addr);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	return sizeof(*in6);
}

/* Takes a datagram and answers it from the address that it was sent to, as its control data says.
 */
static int echo(int fd)
{
	struct sockaddr_storage peer;
	char bytes[64], control[256];
	struct iovec part = {bytes, sizeof(bytes)};
	struct msghdr message = {.msg_name = &peer,
				 .msg_namelen = sizeof(peer),
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &message, 0);

	CHECK(n > 0);
	part.iov_len = (size_t)n;
	CHECK(message.msg_controllen > 0);
	CHECK(sendmsg(fd, &message, 0) == n);
	return 0;
}

static int ask_at(const char *address, uint16_t port, int listener)
{
	struct sockaddr_storage name, from;
	int len = name_of(address, port, &name);
	socklen_t from_len = sizeof(from);
	int fd = ask(name.ss_family, SOCK_CLOEXEC);
	char byte = 'x';

	CHECK(fd >= 0);
	CHECK(sendto(fd, &byte, 1, 0, (void *)&name, (socklen_t)len) == 1);
	CHECK(is_readable(listener));
	CHECK(echo(listener) == 0);
	CHECK(is_readable(fd));
	CHECK(recvfrom(fd, &byte, 1, 0, (void *)&from, &from_len) == 1);
	CHECK(memcmp(&from, &name, (size_t)len) == 0);
	CHECK(net_space_has(&space, fd));
	(void)close(fd);
	return 0;
}

static int all_addresses_are_the_keepers(void)
{
	static const char *const v4[] = {"8.8.8.8", "127.0.0.1", "169.254.169.254", "10.1.2.3"};
	static const char *const v6[] = {"2001:db8::1", "::1", "fd00::53"};
	int rc = 0;

	CHECK(ask(AF_INET, 0) >= 0);
	for (size_t i = 0; !rc && i < 4; i++)
		rc = ask_at(v4[i], 53, space.listeners[0][0]);
	for (size_t i = 0; !rc && i < 3 && space.listeners[1][1] >= 0; i++)
		rc = ask_at(v6[i], 4000, space.listeners[1][1]);
	return rc;
}

static int nothing_of_the_hosts_is_reached(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int host = socket(AF_INET, SOCK_DGRAM, 0), inside = ask(AF_INET, 0);
	socklen_t len = sizeof(name);

	CHECK(host >= 0 && inside >= 0);
	CHECK(bind(host, (void *)&name, len) == 0);
	CHECK(getsockname(host, (void *)&name, &len) == 0);
	CHECK(sendto(inside, "x", 1, 0, (void *)&name, len) == 1);
	CHECK(!is_readable(host));
	CHECK(sendto(host, "x", 1, 0, (void *)&name, len) == 1);
	CHECK(is_readable(host));
	CHECK(net_space_has(&space, inside));
	CHECK(!net_space_has(&space, host));
	CHECK(!net_space_has(&space, -1));
	return 0;
}

static int flags_are_the_sockets(void)
{
	int plain = ask(AF_INET, 0), both = ask(AF_INET, SOCK_CLOEXEC | SOCK_NONBLOCK);

	CHECK(plain >= 0 && both >= 0);
	CHECK(!(fcntl(plain, F_GETFD) & FD_CLOEXEC));
	CHECK(!(fcntl(plain, F_GETFL) & O_NONBLOCK));
	CHECK(fcntl(both, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(both, F_GETFL) & O_NONBLOCK);
	CHECK(ask(AF_MAX, 0) == -EAFNOSUPPORT);
	CHECK(ask(AF_INET, 0) >= 0);
	return 0;
}

static int a_dead_maker_makes_none(void)
{
	CHECK(ask(AF_INET, 0) >= 0);
	CHECK(kill(space.maker, SIGKILL) == 0);
	CHECK(waitpid(space.maker, NULL, __WALL) > 0);
	CHECK(ask(AF_INET, 0) == -EACCES);
	CHECK(ask(AF_INET, 0) == -EACCES);
	return 0;
}

static int a_stopped_maker_keeps_nobody(void)
{
	CHECK(ask(AF_INET, 0) >= 0);
	CHECK(kill(space.maker, SIGSTOP) == 0);
	CHECK(waitpid(space.maker, NULL, WUNTRACED) > 0);
	CHECK(net_space_ask(&space, AF_INET, 0) == -EINPROGRESS);
	CHECK(net_space_answer(&space) == -EINPROGRESS);
	space.deadline_ms = 0;
	CHECK(net_space_answer(&space) == -EACCES);
	CHECK(space.error == ETIMEDOUT);
	CHECK(waitpid(-1, NULL, __WALL) > 0);
	return 0;
}

static int the_maker_ends_with_the_keeper(void)
{
	int ends[2];
	char byte;
	pid_t keeper;

	CHECK(pipe(ends) == 0);
	keeper = fork();
	if (keeper == 0) {
		int fd = ask(AF_INET, 0);

		(void)close(ends[0]);
		_exit(fd < 0);
	}
	(void)close(ends[1]);
	/* Nobody has the other end any more, the maker's being the keeper's. */
	CHECK(read(ends[0], &byte, 1) == 0);
	return 0;
}

/* Of a launch that is over: nothing of it is left that would write to what was its memory. */
static int the_maker_can_be_ended(void)
{
	CHECK(net_space_has_ended(&space));
	CHECK(ask(AF_INET, 0) >= 0);
	CHECK(!net_space_has_ended(&space));
	net_space_end(&space);
	CHECK(net_space_has_ended(&space));
	CHECK(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD);
	/* Once more, when it has ended by itself and been reaped. */
	net_space_end(&space);
	CHECK(net_space_has_ended(&space));
	return 0;
}

IN_A_CHILD(net_space, all_addresses_are_the_keepers)
IN_A_CHILD(net_space, nothing_of_the_hosts_is_reached)
IN_A_CHILD(net_space, flags_are_the_sockets)
IN_A_CHILD(net_space, a_dead_maker_makes_none)
IN_A_CHILD(net_space, a_stopped_maker_keeps_nobody)
IN_A_CHILD(net_space, the_maker_ends_with_the_keeper)
IN_A_CHILD(net_space, the_maker_can_be_ended)
