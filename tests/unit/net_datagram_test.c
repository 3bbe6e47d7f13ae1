/*
 * Datagrams between sockets of this process, on addresses of this host; others take a namespace of
 * the keeper's (net_relay_test.c).
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/net_datagram.h"
#include "support/net_maker.h"

static uint8_t bytes[NET_DATAGRAM_MAX];
static struct net_datagram datagram = {.bytes = bytes};

/* For any address of a family. *port: the one that it got. */
static int listen_to(int family, uint16_t *port)
{
	const int on = 1;
	struct sockaddr_in6 name = {.sin6_family = (sa_family_t)family};
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(name);
	int fd = socket(family, SOCK_DGRAM, 0);

	if (fd < 0)
		cr_skip_test("no IPv6 here");
	cr_assert_eq(family == AF_INET
			     ? setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on))
			     : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)),
		     0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&name, len), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	*port = ntohs(name.sin6_port);
	return fd;
}

static int connect_to(const char *address, uint16_t port)
{
	struct net_peer peer = {.port = port};
	long fd;

	(void)net_address_of(address, peer.address);
	fd = net_datagram_connect(&peer);
	cr_assert_geq(fd, 0, "%s: %ld", address, fd);
	return (int)fd;
}

static void await(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	cr_assert_eq(poll(&poll_fd, 1, 10000), 1);
}

/* Sends so many bytes to an address, which come with it; and an answer, which is from it. */
static void exchange(int family, const char *address, size_t len)
{
	static uint8_t sent[NET_DATAGRAM_MAX], back[NET_DATAGRAM_MAX];
	uint8_t want[16];
	uint16_t port;
	int listener = listen_to(family, &port), tool = connect_to(address, port);

	for (size_t i = 0; i < len; i++)
		sent[i] = (uint8_t)(i * 7 + i / 256);
	cr_assert_eq(net_datagram_receive(listener, &datagram), -EAGAIN);
	cr_assert_eq(send(tool, sent, len, 0), (ssize_t)len);
	await(listener);
	cr_assert_eq(net_datagram_receive(listener, &datagram), 0);
	cr_expect_eq(datagram.len, len);
	cr_expect_eq(memcmp(bytes, sent, len), 0);
	cr_expect_eq(memcmp(datagram.to.address, net_address_of(address, want), 16), 0, "%s",
		     address);
	cr_expect(datagram.from.udp && datagram.to.udp);
	datagram.to.port = port;
	struct net_datagram answer = {datagram.to, datagram.from, bytes, len};
	cr_assert_eq(net_datagram_send(listener, &answer), (long)len);
	await(tool);
	/* It is connected: from elsewhere it would not have come. */
	cr_assert_eq(recv(tool, back, sizeof(back), MSG_DONTWAIT), (ssize_t)len);
	cr_expect_eq(memcmp(back, sent, len), 0);
	(void)close(listener);
	(void)close(tool);
}

Test(net_datagram, answers_come_from_the_address_that_was_asked)
{
	exchange(AF_INET, "127.0.0.1", 1);
	exchange(AF_INET, "127.9.8.7", 100);
	exchange(AF_INET6, "::1", 100);
}

Test(net_datagram, of_any_size)
{
	exchange(AF_INET, "127.0.0.2", 0);
	exchange(AF_INET, "127.0.0.2", 65507);
	exchange(AF_INET6, "::1", 0);
	exchange(AF_INET6, "::1", 65487);
}

Test(net_datagram, without_a_destination_it_is_not_taken)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), tool;

	cr_assert_eq(bind(fd, (struct sockaddr *)&name, len), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	tool = connect_to("127.0.0.1", ntohs(name.sin_port));
	cr_assert_eq(send(tool, "x", 1, 0), 1);
	await(fd);
	cr_expect_eq(net_datagram_receive(fd, &datagram), -EPROTO);
}

Test(net_datagram, a_peer_that_can_not_be_is_not_connected_to)
{
	static const char *const addresses[] = {"255.255.255.255", "fe80::1", "ff02::1"};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct net_peer peer = {.port = 9};

		(void)net_address_of(addresses[i], peer.address);
		cr_expect_lt(net_datagram_connect(&peer), 0, "%s", addresses[i]);
	}
}
