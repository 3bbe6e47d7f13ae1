/*
 * Connections that a ClientHello has to name: the tool's socket, the host's and what is between
 * them are all in this process, and go on in turns.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/net_loopback.h"
#include "runtime/net_tls.h"
#include "support/hello_maker.h"

static struct net_tls tls;
static int server = -1;
static struct net_name server_name;
static uint64_t now_ms;
static char named[256]; /* what was asked about last */
static unsigned n_asked;

static bool may_name(void *owner, const struct net_tls_connection *connection, struct slice name)
{
	cr_expect_eq(owner, &tls);
	cr_expect_eq(connection->rule, 7u);
	(void)snprintf(named, sizeof(named), "%.*s", (int)name.len, name.len ? name.ptr : "");
	n_asked++;
	return strcmp(named, "a.example") == 0;
}

static void listen_at(int family, const struct sockaddr *name, socklen_t len)
{
	server = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_geq(server, 0);
	cr_assert_eq(bind(server, name, len), 0);
	cr_assert_eq(listen(server, 256), 0);
	memset(&server_name, 0, sizeof(server_name));
	server_name.len = NET_NAME_MAX;
	cr_assert_eq(getsockname(server, (struct sockaddr *)server_name.bytes, &server_name.len),
		     0);
}

static void begin(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	tls.owner = &tls;
	tls.may_name = may_name;
	listen_at(AF_INET, (struct sockaddr *)&name, sizeof(name));
}

TestSuite(net_tls, .init = begin, .timeout = 60);

/* Has anything happened within some milliseconds? */
static bool go_on_once(int ms)
{
	struct pollfd fds[NET_TLS_WATCHED];
	uint64_t first_ms = UINT64_MAX;
	size_t n = net_tls_watch(&tls, fds, &first_ms);
	bool happened;

	cr_assert_leq(n, NET_TLS_WATCHED);
	happened = poll(fds, n, ms) > 0;
	net_tls_serve(&tls, fds, n, now_ms);
	return happened;
}

/* Until nothing happens any more. */
static void go_on(void)
{
	while (go_on_once(20))
		;
}

static size_t count_connections(void)
{
	size_t n = 0;

	for (size_t i = 0; i < NET_MAX_TLS; i++)
		n += tls.items[i].state != NET_TLS_FREE;
	return n;
}

/* A tool's socket. The keeper has a copy of it for as long as the call lasts. */
static int connect_tool(int family, long want)
{
	int tool = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct net_socket copy = {.fd = dup(tool), .family = family};

	cr_assert_geq(tool, 0);
	cr_assert_eq(setsockopt(tool, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), 0);
	cr_expect_eq(net_tls_connect(&tls, &copy, &server_name, 7, now_ms), want);
	(void)close(copy.fd);
	cr_assert_eq(fcntl(tool, F_SETFL, O_NONBLOCK), 0);
	return tool;
}

static int accept_host(void)
{
	int fd;

	cr_assert_eq(fcntl(server, F_SETFL, O_NONBLOCK), 0);
	fd = accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	return fd;
}

/* "bytes", "end", "nothing" or the error. */
static const char *read_some(int fd, uint8_t *bytes, size_t size, size_t *n_out)
{
	ssize_t n = recv(fd, bytes, size, 0);

	*n_out = n > 0 ? (size_t)n : 0;
	if (n < 0)
		return errno == EAGAIN ? "nothing" : strerrorname_np(errno);
	return n ? "bytes" : "end";
}

static void expect_read(int fd, const char *want)
{
	uint8_t byte;
	size_t n;

	cr_expect_str_eq(read_some(fd, &byte, 1, &n), want);
}

static void send_all(int fd, const void *bytes, size_t n)
{
	cr_assert_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* A connection that is there: the host has the ClientHello, and its own socket. */
static int open_host(int tool)
{
	struct hello hello = make_hello("A.Example", false);
	uint8_t bytes[sizeof(hello.bytes)];
	size_t n;
	int host;

	send_all(tool, hello.bytes, hello.n);
	go_on();
	host = accept_host();
	cr_assert_geq(host, 0);
	go_on();
	cr_expect_str_eq(read_some(host, bytes, sizeof(bytes), &n), "bytes");
	cr_assert_eq(n, hello.n);
	cr_expect_eq(memcmp(bytes, hello.bytes, n), 0);
	return host;
}

/* ---- what is let through ---- */

Test(net_tls, a_listed_name_is)
{
	int tool = connect_tool(AF_INET, 0);
	int host = open_host(tool);
	uint8_t bytes[8];
	size_t n;

	cr_expect_str_eq(named, "a.example");
	cr_expect_eq(n_asked, 1u);
	send_all(host, "answer", 6);
	go_on();
	cr_expect_str_eq(read_some(tool, bytes, sizeof(bytes), &n), "bytes");
	cr_expect_eq(n, 6u);
	send_all(tool, "more", 4);
	go_on();
	cr_expect_str_eq(read_some(host, bytes, sizeof(bytes), &n), "bytes");
	cr_expect_eq(n, 4u);
	expect_read(host, "nothing");
	(void)close(tool);
	go_on();
	expect_read(host, "end");
	cr_expect_eq(count_connections(), 1u);
	(void)close(host);
	go_on();
	cr_expect_eq(count_connections(), 0u);
}

Test(net_tls, a_hello_may_come_byte_by_byte)
{
	struct hello hello = make_hello("a.example", false);
	int tool = connect_tool(AF_INET, 0);
	struct pollfd fds[NET_TLS_WATCHED];
	uint64_t first_ms = UINT64_MAX;
	int host;

	for (size_t i = 0; i < hello.n - 1; i++) {
		send_all(tool, &hello.bytes[i], 1);
		go_on();
	}
	cr_expect_lt(accept_host(), 0);
	/* What has been seen wakes nobody. */
	cr_expect_eq(poll(fds, net_tls_watch(&tls, fds, &first_ms), 0), 0);
	cr_expect_eq(first_ms, NET_TLS_MOST_MS);
	send_all(tool, &hello.bytes[hello.n - 1], 1);
	go_on();
	host = accept_host();
	cr_expect_geq(host, 0);
	(void)close(host);
	(void)close(tool);
}

/* From one to the other, a part at a time: no more than the kernel keeps for a slow reader. */
static void pass_many(int from, int to)
{
	static uint8_t out[1 << 20], in[1 << 20];
	size_t sent = 0, received = 0, n;
	const size_t all = (size_t)40 << 20;
	bool was_full = false;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + i / 251);
	while (received < all) {
		ssize_t now = 0;

		while (sent < all && now >= 0) {
			size_t at = sent % sizeof(out);

			now = send(from, out + at, sizeof(out) - at, MSG_NOSIGNAL);
			sent += now > 0 ? (size_t)now : 0;
			if (now > 0)
				go_on();
			was_full |= now < 0 && errno == EAGAIN;
		}
		cr_assert_str_neq(read_some(to, in, sizeof(in), &n), "end");
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(in[i], out[(received + i) % sizeof(out)], "%zu", received + i);
		received += n;
		go_on();
	}
	cr_expect(was_full);
}

Test(net_tls, much_goes_through_either_way)
{
	int tool = connect_tool(AF_INET, 0);
	int host = open_host(tool);

	pass_many(tool, host);
	pass_many(host, tool);
}

/* Half of a connection ends, and the other goes on; nothing is woken by what is over. */
Test(net_tls, halves_end_by_themselves)
{
	int tool = connect_tool(AF_INET, 0);
	int host = open_host(tool);
	struct pollfd fds[NET_TLS_WATCHED];
	uint64_t first_ms = UINT64_MAX;
	uint8_t bytes[8];
	size_t n;

	(void)shutdown(tool, SHUT_WR);
	go_on();
	expect_read(host, "end");
	send_all(host, "late", 4);
	go_on();
	cr_expect_str_eq(read_some(tool, bytes, sizeof(bytes), &n), "bytes");
	cr_expect_eq(n, 4u);
	cr_expect_eq(poll(fds, net_tls_watch(&tls, fds, &first_ms), 0), 0);
	(void)shutdown(host, SHUT_WR);
	go_on();
	expect_read(tool, "end");
	cr_expect_eq(count_connections(), 0u);
}

/* The host has ended and is at its end; the tool reads slowly. The keeper sleeps meanwhile. */
Test(net_tls, a_slow_reader_wakes_nobody)
{
	static uint8_t bytes[1 << 20];
	int tool = connect_tool(AF_INET, 0);
	int host = open_host(tool);
	struct pollfd fds[NET_TLS_WATCHED];
	uint64_t first_ms = UINT64_MAX;
	size_t n, all = 0, sent = 0;
	ssize_t now;

	(void)shutdown(tool, SHUT_WR);
	while ((now = send(host, bytes, sizeof(bytes), MSG_NOSIGNAL)) > 0) {
		sent += (size_t)now;
		go_on();
	}
	(void)close(host);
	go_on();
	cr_expect_eq(poll(fds, net_tls_watch(&tls, fds, &first_ms), 100), 0);
	while (strcmp(read_some(tool, bytes, sizeof(bytes), &n), "end") != 0) {
		all += n;
		go_on();
	}
	cr_expect_eq(all, sent);
	cr_expect_eq(count_connections(), 0u);
}

static void expect_ipv6(const char *address)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6};
	int tool;

	(void)close(server);
	cr_assert_eq(inet_pton(AF_INET6, address, &name.sin6_addr), 1);
	listen_at(AF_INET6, (struct sockaddr *)&name, sizeof(name));
	tool = connect_tool(AF_INET6, 0);
	(void)close(open_host(tool));
	go_on();
	expect_read(tool, "end");
	(void)close(tool);
}

Test(net_tls, ipv6_and_ipv4_in_it)
{
	int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

	if (bind(probe, (struct sockaddr *)&name, sizeof(name)))
		cr_skip_test("no IPv6 on this host");
	(void)close(probe);
	expect_ipv6("::1");
	expect_ipv6("::ffff:127.0.0.1");
}

/* ---- what is not ---- */

static void expect_reset(const void *bytes, size_t n, const char *want_named)
{
	int tool = connect_tool(AF_INET, 0);

	send_all(tool, bytes, n);
	go_on();
	expect_read(tool, "ECONNRESET");
	cr_expect_str_eq(named, want_named);
	cr_expect_eq(count_connections(), 0u);
	cr_expect_lt(accept_host(), 0, "the host has heard of it");
	(void)close(tool);
}

Test(net_tls, what_names_nothing_that_is_listed_is_not)
{
	static uint8_t many[3 * NET_TLS_MOST];
	struct hello hello = make_hello("other.example", false);

	expect_reset(hello.bytes, hello.n, "other.example");
	hello = make_hello(NULL, false);
	expect_reset(hello.bytes, hello.n, "");
	hello = make_hello("a.example", true);
	expect_reset(hello.bytes, hello.n, "");
	expect_reset("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", 36, "");
	expect_reset(many, sizeof(many), "");
	/* Records of one byte, and never a whole message. */
	for (size_t i = 0; i + 6 <= sizeof(many); i += 6)
		memcpy(many + i, "\x16\x03\x01\x00\x01\x01", 6);
	memcpy(many + 6 + 5, "\x00", 1);
	expect_reset(many, sizeof(many), "");
}

Test(net_tls, who_ends_early_has_named_nothing)
{
	struct hello hello = make_hello("a.example", false);
	int tool = connect_tool(AF_INET, 0);

	send_all(tool, hello.bytes, hello.n - 1);
	go_on();
	cr_expect_eq(count_connections(), 1u);
	(void)shutdown(tool, SHUT_WR);
	go_on();
	expect_read(tool, "ECONNRESET");
	cr_expect_eq(count_connections(), 0u);
	cr_expect_str_eq(named, "");
	cr_expect_lt(accept_host(), 0);
	(void)close(connect_tool(AF_INET, 0));
	go_on();
	cr_expect_eq(count_connections(), 0u);
}

/* However busy it looks. */
Test(net_tls, a_hello_has_its_time)
{
	int silent = connect_tool(AF_INET, 0);
	int slow = connect_tool(AF_INET, 0);

	send_all(slow, "\x16", 1);
	now_ms = NET_TLS_MOST_MS - 1;
	go_on();
	cr_expect_eq(count_connections(), 2u);
	send_all(slow, "\x03", 1);
	now_ms = NET_TLS_MOST_MS;
	go_on();
	expect_read(silent, "ECONNRESET");
	expect_read(slow, "ECONNRESET");
	cr_expect_eq(count_connections(), 0u);
}

/* What can be looked at ends before it, and there is always more: that must not go on for ever. */
Test(net_tls, urgent_data_keeps_nobody_awake)
{
	struct hello hello = make_hello("a.example", false);
	int tool = connect_tool(AF_INET, 0);
	unsigned turns = 0;

	send_all(tool, hello.bytes, 10);
	go_on();
	cr_assert_eq(send(tool, "x", 1, MSG_OOB), 1);
	send_all(tool, "more", 4);
	while (count_connections() && turns < 1000)
		turns += go_on_once(1000);
	cr_expect_lt(turns, 200u);
	cr_expect_eq(count_connections(), 0u);
	expect_read(tool, "ECONNRESET");
	cr_expect_lt(accept_host(), 0);
}

Test(net_tls, a_host_that_is_not_there_ends_it)
{
	struct hello hello = make_hello("a.example", false);
	int tool = connect_tool(AF_INET, 0);

	(void)close(server);
	send_all(tool, hello.bytes, hello.n);
	go_on();
	expect_read(tool, "ECONNRESET");
	cr_expect_eq(count_connections(), 0u);
}

static void kill_connection(int fd)
{
	const struct linger linger = {1, 0};

	cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	(void)close(fd);
}

Test(net_tls, resets_go_through)
{
	int tool = connect_tool(AF_INET, 0);

	kill_connection(open_host(tool));
	go_on();
	expect_read(tool, "ECONNRESET");
	(void)close(tool);
	tool = connect_tool(AF_INET, 0);
	{
		int host = open_host(tool);

		kill_connection(tool);
		go_on();
		expect_read(host, "ECONNRESET");
	}
	cr_expect_eq(count_connections(), 0u);
}

Test(net_tls, so_many_and_no_more)
{
	int tools[NET_MAX_TLS], last;

	for (size_t i = 0; i < NET_MAX_TLS; i++)
		tools[i] = connect_tool(AF_INET, 0);
	(void)connect_tool(AF_INET, -EAGAIN);
	(void)close(tools[5]);
	go_on();
	cr_expect_eq(count_connections(), NET_MAX_TLS - 1);
	last = connect_tool(AF_INET, 0);
	(void)close(open_host(last));
}

Test(net_tls, without_descriptors_there_is_no_connection)
{
	struct rlimit before, none;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (int more = 0; more < 2; more++) {
		int tool = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		struct net_socket copy = {.fd = tool, .family = AF_INET};
		int next = dup(tool);

		(void)close(next);
		none = before;
		none.rlim_cur = (rlim_t)(next + more);
		cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
		cr_expect_eq(net_tls_connect(&tls, &copy, &server_name, 7, now_ms), -EMFILE, "%d",
			     more);
		cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
		(void)close(tool);
	}
	cr_expect_eq(count_connections(), 0u);
}

Test(net_tls, a_socket_that_is_connected_is_told_so)
{
	int tool = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct net_socket copy = {.fd = tool, .family = AF_INET};

	cr_assert_eq(connect(tool, (struct sockaddr *)server_name.bytes, server_name.len), 0);
	cr_expect_eq(net_tls_connect(&tls, &copy, &server_name, 7, now_ms), -EISCONN);
	cr_expect_eq(count_connections(), 0u);
}

/* ---- who is let in ---- */

static int connect_to_server(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)connect(fd, (struct sockaddr *)server_name.bytes, server_name.len);
	return fd;
}

/* Anybody on the host may come to a listener. */
Test(net_tls, strangers_are_not_let_in)
{
	int strangers[4], tool, ours, port_of_tool;
	struct sockaddr_in name = {.sin_port = 0};
	socklen_t len = sizeof(name);

	cr_assert_eq(fcntl(server, F_SETFL, O_NONBLOCK), 0);
	for (size_t i = 0; i < 4; i++)
		strangers[i] = connect_to_server();
	tool = connect_to_server();
	ours = net_loopback_accept(server, tool);
	cr_assert_geq(ours, 0);
	cr_assert_eq(getsockname(tool, (struct sockaddr *)&name, &len), 0);
	port_of_tool = name.sin_port;
	cr_assert_eq(getpeername(ours, (struct sockaddr *)&name, &len), 0);
	cr_expect_eq(name.sin_port, port_of_tool);
	for (size_t i = 0; i < 4; i++)
		expect_read(strangers[i], "end");
	expect_read(tool, "nothing");
}

Test(net_tls, the_tool_is_let_in_or_nobody)
{
	int tool = connect_to_server();

	cr_assert_eq(fcntl(server, F_SETFL, O_NONBLOCK), 0);
	(void)close(accept_host());
	(void)connect_to_server();
	cr_expect_eq(net_loopback_accept(server, tool), -ECONNREFUSED);
	for (size_t i = 0; i < 20; i++)
		(void)connect_to_server();
	cr_expect_eq(net_loopback_accept(server, connect_to_server()), -ECONNREFUSED);
}

/* The kernel has to know it, or it would connect it once more. */
Test(net_tls, a_socket_that_does_not_wait_is_connected)
{
	int tool = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct net_socket copy = {.fd = tool, .family = AF_INET};

	cr_expect_eq(net_tls_connect(&tls, &copy, &server_name, 7, now_ms), 0);
	cr_expect_eq(connect(tool, (struct sockaddr *)server_name.bytes, server_name.len), -1);
	cr_expect_eq(errno, EISCONN);
	(void)close(open_host(tool));
}
