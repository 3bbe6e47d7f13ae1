/*
 * The relay, between sockets of a namespace of the keeper's and servers outside, which are all of
 * this process: what is sent on and comes back, and what is not. Each test does all in a child,
 * since Criterion's workers have threads.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/net_relay.h"
#include "support/net_maker.h"
#include "support/space_child.h"

#define STACK_BYTES 65536

static _Alignas(16) char stack[STACK_BYTES];
static struct net_space space = {.stack = stack, .stack_bytes = sizeof(stack), .n_ports = 2};
static struct net_pins pins;
static struct net_rules rules;
static uint64_t now_ms = 1000;
static unsigned int judged, taken;

static bool may_send(void *owner, const struct net_peer *peer, uint64_t at_ms)
{
	(void)owner;
	judged++;
	return net_judge(&rules, &pins, peer, at_ms).allowed;
}

static bool take(void *owner, int listener, const struct net_datagram *datagram, uint64_t at_ms)
{
	(void)owner;
	(void)listener;
	(void)at_ms;
	taken++;
	return datagram->len == 9;
}

static struct net_relay relay = {.space = &space, .may_send = may_send, .take = take};

/* ---- sockets ---- */

union name {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t name_of(const char *text, uint16_t port, union name *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &out->in.sin_addr) == 1) {
		out->in.sin_family = AF_INET;
		out->in.sin_port = htons(port);
		return sizeof(out->in);
	}
	(void)inet_pton(AF_INET6, text, &out->in6.sin6_addr);
	out->in6.sin6_family = AF_INET6;
	out->in6.sin6_port = htons(port);
	out->in6.sin6_scope_id = strncmp(text, "fe80:", 5) == 0;
	return sizeof(out->in6);
}

/* Outside. port: 0 is any. Returns the socket; the port that it has in *out. */
static int serve_at(const char *text, uint16_t port, uint16_t *out)
{
	union name name;
	socklen_t len = name_of(text, port, &name);
	int fd = socket(name.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, &name.any, len) || getsockname(fd, &name.any, &len))
		return -1;
	*out = ntohs(name.in.sin_port);
	return fd;
}

/* Of the tool's. Not connected when text is NULL. */
static int tool_to(int family, const char *text, uint16_t port)
{
	long fd = net_space_ask(&space, family, SOCK_NONBLOCK);
	union name name;
	socklen_t len;

	while (fd == -EINPROGRESS)
		fd = net_space_answer(&space);
	len = text ? name_of(text, port, &name) : 0;
	return fd >= 0 && text && connect((int)fd, &name.any, len) ? -1 : (int)fd;
}

static void turn(void)
{
	static struct pollfd fds[NET_RELAY_WATCHED];
	size_t n = net_relay_watch(&relay, fds);

	(void)poll(fds, n, 0);
	net_relay_serve(&relay, fds, n, now_ms);
}

/* What comes to a socket, in some turns: its length, or -1 and errno. */
static ssize_t hear(int fd, void *bytes, size_t size)
{
	ssize_t n = -1;

	errno = EAGAIN;
	for (unsigned int i = 0; i < 20 && n < 0 && errno == EAGAIN; i++) {
		turn();
		n = recv(fd, bytes, size, 0);
	}
	return n;
}

static uint8_t bytes[NET_DATAGRAM_MAX], back[NET_DATAGRAM_MAX];

/* Sends back what has come to a server, with a letter of its own in front of it. */
static ssize_t answer(int server, char letter)
{
	union name from;
	socklen_t len = sizeof(from);
	ssize_t n = -1;

	for (unsigned int i = 0; i < 20 && n < 0; i++) {
		turn();
		n = recvfrom(server, bytes, sizeof(bytes), 0, &from.any, &len);
	}
	if (n > 0)
		bytes[0] = (uint8_t)letter;
	return n < 0 ? n : sendto(server, bytes, (size_t)n, 0, &from.any, len);
}

/* ---- who may be sent to ---- */

/* Two ports that are free outside, of which the first is served. */
static int start(int *server)
{
	int spare;

	*server = serve_at("127.0.0.1", 0, &space.ports[0]);
	spare = serve_at("127.0.0.1", 0, &space.ports[1]);
	(void)close(spare);
	return *server >= 0 && spare >= 0 && tool_to(AF_INET, NULL, 0) >= 0 ? 0 : __LINE__;
}

static void grant(const char *const *lines, uint32_t n)
{
	rules = net_rules_of(lines, n);
}

#define GRANT(...)                                                                                 \
	do {                                                                                       \
		static const char *const lines[] = {__VA_ARGS__};                                  \
		grant(lines, sizeof(lines) / sizeof(lines[0]));                                    \
	} while (0)

static int answers_come_from_who_was_asked(void)
{
	union name name, from;
	socklen_t len, from_len = sizeof(from);
	int server, tool;

	CHECK(start(&server) == 0);
	GRANT("udp://127.0.0.0/8");
	tool = tool_to(AF_INET, "127.0.0.1", space.ports[0]);
	CHECK(send(tool, "ask", 3, 0) == 3);
	CHECK(answer(server, 'A') == 3);
	CHECK(hear(tool, back, sizeof(back)) == 3 && memcmp(back, "Ask", 3) == 0);
	/* Once more, without connecting. */
	tool = tool_to(AF_INET, NULL, 0);
	len = name_of("127.0.0.1", space.ports[0], &name);
	CHECK(sendto(tool, "ask", 3, 0, &name.any, len) == 3);
	CHECK(answer(server, 'B') == 3);
	turn();
	CHECK(recvfrom(tool, back, sizeof(back), 0, &from.any, &from_len) == 3);
	CHECK(memcmp(back, "Bsk", 3) == 0);
	CHECK(from.in.sin_addr.s_addr == name.in.sin_addr.s_addr);
	CHECK(from.in.sin_port == name.in.sin_port);
	CHECK(judged == 2 && relay.flows.n == 2);
	return 0;
}

static int over_ipv6_too(void)
{
	int server, server6, tool;
	uint16_t port;

	CHECK(start(&server) == 0);
	GRANT("::1 *", "udp://::1 *", "udp://127.0.0.1");
	server6 = serve_at("::1", space.ports[0], &port);
	if (server6 < 0)
		return 0;
	tool = tool_to(AF_INET6, "::1", port);
	CHECK(send(tool, "ask", 3, 0) == 3);
	CHECK(answer(server6, '6') == 3);
	CHECK(hear(tool, back, sizeof(back)) == 3 && back[0] == '6');
	/* IPv4 by a socket of IPv6. */
	tool = tool_to(AF_INET6, "::ffff:127.0.0.1", port);
	CHECK(send(tool, "ask", 3, 0) == 3);
	CHECK(answer(server, '4') == 3);
	CHECK(hear(tool, back, sizeof(back)) == 3 && back[0] == '4');
	return 0;
}

static int of_any_size(void)
{
	static const size_t sizes[] = {0, 1, 1472, 1473, 9000, 65507};
	static uint8_t sent[NET_DATAGRAM_MAX];
	int server, tool;

	CHECK(start(&server) == 0);
	GRANT("udp://127.0.0.1");
	tool = tool_to(AF_INET, "127.0.0.1", space.ports[0]);
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 5 + i / 256);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ssize_t n = (ssize_t)sizes[i];

		CHECK(send(tool, sent, sizes[i], 0) == n);
		CHECK(answer(server, (char)sent[0]) == n);
		CHECK(hear(tool, back, sizeof(back)) == n);
		CHECK(memcmp(sent, back, sizes[i]) == 0);
	}
	CHECK(send(tool, sent, 65508, 0) < 0 && errno == EMSGSIZE);
	return 0;
}

/* Many by one call, which the kernel takes apart before anybody hears of them. */
static int many_at_once(void)
{
	enum { N = 8, PART = 100 };
	static char many[N * PART];
	struct iovec parts[N];
	struct mmsghdr messages[N] = {{{0}, 0}};
	const int part = PART;
	int server, tool;

	CHECK(start(&server) == 0);
	GRANT("udp://127.0.0.1");
	tool = tool_to(AF_INET, "127.0.0.1", space.ports[0]);
	for (size_t i = 0; i < N; i++) {
		parts[i] = (struct iovec){many + i * PART, PART - i};
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK(sendmmsg(tool, messages, N, 0) == N);
	for (size_t i = 0; i < N; i++)
		CHECK(hear(server, back, sizeof(back)) == PART - (ssize_t)i);
	if (setsockopt(tool, IPPROTO_UDP, UDP_SEGMENT, &part, sizeof(part)))
		return 0;
	CHECK(send(tool, many, sizeof(many), 0) == (ssize_t)sizeof(many));
	for (size_t i = 0; i < N; i++)
		CHECK(hear(server, back, sizeof(back)) == PART);
	return 0;
}

/* ---- who may not, and who is not there ---- */

static bool is_refused(int tool)
{
	return send(tool, "x", 1, 0) == 1 && hear(tool, back, sizeof(back)) < 0 &&
	       errno == ECONNREFUSED;
}

static int others_are_refused_and_hear_nothing(void)
{
	int server, other;
	uint16_t port;

	CHECK(start(&server) == 0);
	other = serve_at("127.0.0.2", space.ports[0], &port);
	CHECK(other >= 0);
	GRANT("udp://127.0.0.1", "127.0.0.2", "udp://127.0.0.3", "deny 127.0.0.3");
	CHECK(is_refused(tool_to(AF_INET, "127.0.0.2", port)));
	CHECK(is_refused(tool_to(AF_INET, "127.0.0.3", port)));
	CHECK(is_refused(tool_to(AF_INET, "8.8.8.8", port)));
	CHECK(is_refused(tool_to(AF_INET, "127.0.0.1", port ^ 1)));
	if (space.listeners[0][1] >= 0) {
		CHECK(is_refused(tool_to(AF_INET6, "2001:db8::1", port)));
		CHECK(is_refused(tool_to(AF_INET6, "::ffff:127.0.0.2", port)));
		CHECK(is_refused(tool_to(AF_INET6, "64:ff9b::127.0.0.1", port)));
	}
	CHECK(recv(other, back, sizeof(back), 0) < 0 && errno == EAGAIN);
	CHECK(recv(server, back, sizeof(back), 0) < 0 && errno == EAGAIN);
	CHECK(relay.flows.n == 0);
	/* The control: had it been listed. */
	GRANT("udp://127.0.0.2");
	CHECK(send(tool_to(AF_INET, "127.0.0.2", port), "x", 1, 0) == 1);
	CHECK(hear(other, back, sizeof(back)) == 1);
	return 0;
}

static int a_peer_that_is_not_there_is_refused(void)
{
	int server, tool;

	CHECK(start(&server) == 0);
	GRANT("udp://127.0.0.1", "udp://fe80::/10 *");
	tool = tool_to(AF_INET, "127.0.0.1", space.ports[1]);
	for (unsigned int i = 0; i < 3; i++)
		CHECK(is_refused(tool));
	CHECK(relay.flows.n == 1);
	/* Of which wire is not known outside. */
	if (space.listeners[0][1] >= 0)
		CHECK(is_refused(tool_to(AF_INET6, "fe80::1", space.ports[0])));
	return 0;
}

static int groups_are_refused(void)
{
	int server, tool;

	CHECK(start(&server) == 0);
	GRANT("udp://0.0.0.0/0", "udp://224.0.0.0/4", "udp://255.255.255.255", "udp://0.0.0.0/8");
	tool = tool_to(AF_INET, NULL, 0);
	for (unsigned int i = 0; i < 2; i++) {
		union name name;
		socklen_t len = name_of(i ? "224.0.0.1" : "255.255.255.255", space.ports[0], &name);
		const int on = 1;

		CHECK(setsockopt(tool, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) == 0);
		(void)sendto(tool, "x", 1, 0, &name.any, len);
		CHECK(hear(server, back, sizeof(back)) < 0);
	}
	CHECK(relay.flows.n == 0);
	return 0;
}

static int nobody_else_answers(void)
{
	union name name;
	socklen_t len;
	int server, stranger, tool;
	uint16_t port, own;

	CHECK(start(&server) == 0);
	GRANT("udp://127.0.0.1");
	stranger = serve_at("127.0.0.1", 0, &port);
	tool = tool_to(AF_INET, "127.0.0.1", space.ports[0]);
	CHECK(send(tool, "ask", 3, 0) == 3);
	CHECK(answer(server, 'A') == 3);
	CHECK(hear(tool, back, sizeof(back)) == 3);
	len = sizeof(name);
	CHECK(getsockname(relay.flows.items[0].fd, &name.any, &len) == 0);
	own = ntohs(name.in.sin_port);
	len = name_of("127.0.0.1", own, &name);
	(void)sendto(stranger, "lie", 3, 0, &name.any, len);
	CHECK(hear(tool, back, sizeof(back)) < 0 && errno == EAGAIN);
	/* The control: its peer may, unasked. */
	CHECK(sendto(server, "new", 3, 0, &name.any, len) == 3);
	CHECK(hear(tool, back, sizeof(back)) == 3 && back[0] == 'n');
	return 0;
}

/* ---- bounds ---- */

static size_t count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (dir && readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

static int flows_are_bounded_and_end(void)
{
	enum { N = 300 };
	size_t before;
	int server, tools[N];

	CHECK(start(&server) == 0);
	GRANT("udp://127.0.0.1");
	for (unsigned int i = 0; i < N; i++)
		CHECK((tools[i] = tool_to(AF_INET, "127.0.0.1", space.ports[0])) >= 0);
	before = count_descriptors();
	for (unsigned int i = 0; i < N; i++) {
		now_ms++;
		CHECK(send(tools[i], "x", 1, 0) == 1);
		CHECK(answer(server, 'A') == 1);
		CHECK(hear(tools[i], back, sizeof(back)) == 1);
		CHECK(relay.flows.n <= NET_MAX_FLOWS);
	}
	CHECK(relay.flows.n == NET_MAX_FLOWS);
	CHECK(count_descriptors() == before + NET_MAX_FLOWS);
	/* The first has given way, and begins anew. */
	judged = 0;
	CHECK(send(tools[0], "x", 1, 0) == 1 && send(tools[N - 1], "x", 1, 0) == 1);
	CHECK(answer(server, 'A') == 1 && answer(server, 'A') == 1);
	CHECK(hear(tools[0], back, sizeof(back)) == 1 && hear(tools[N - 1], back, 1) == 1);
	CHECK(judged == 1);
	now_ms += NET_FLOW_IDLE_MS - 1;
	turn();
	CHECK(relay.flows.n > 0);
	now_ms += 1;
	turn();
	CHECK(relay.flows.n == 0 && count_descriptors() == before);
	return 0;
}

/* Whatever woke the keeper, what was judged long ago is judged again. */
static int a_flow_that_is_over_is_judged_again(void)
{
	int server, tool;

	CHECK(start(&server) == 0);
	GRANT("udp://127.0.0.1");
	tool = tool_to(AF_INET, "127.0.0.1", space.ports[0]);
	CHECK(send(tool, "x", 1, 0) == 1 && answer(server, 'A') == 1);
	CHECK(hear(tool, back, sizeof(back)) == 1 && judged == 1);
	GRANT("udp://127.0.0.2");
	now_ms += NET_FLOW_IDLE_MS - 1;
	CHECK(send(tool, "x", 1, 0) == 1 && answer(server, 'A') == 1);
	CHECK(hear(tool, back, sizeof(back)) == 1 && judged == 1);
	now_ms += NET_FLOW_IDLE_MS;
	CHECK(is_refused(tool));
	CHECK(judged == 2);
	CHECK(recv(server, back, sizeof(back), 0) < 0 && errno == EAGAIN);
	return 0;
}

static int a_flood_keeps_nobody_waiting(void)
{
	int server, flood, other;
	unsigned int passed = 0;

	CHECK(start(&server) == 0);
	GRANT("udp://127.0.0.1");
	flood = tool_to(AF_INET, "127.0.0.1", space.ports[1]);
	other = tool_to(AF_INET, "127.0.0.1", space.ports[0]);
	for (unsigned int i = 0; i < 5000; i++)
		(void)send(flood, "x", 1, 0);
	CHECK(send(other, "ask", 3, 0) == 3);
	/* Four turns, in which no more than that is passed on; and answered. */
	for (unsigned int i = 0; i < 4; i++) {
		turn();
		passed += recv(server, back, sizeof(back), 0) == 3;
	}
	CHECK(passed == 1);
	CHECK(recv(space.listeners[1][0], back, sizeof(back), 0) == 1);
	return 0;
}

IN_A_CHILD(net_relay, answers_come_from_who_was_asked)
IN_A_CHILD(net_relay, over_ipv6_too)
IN_A_CHILD(net_relay, of_any_size)
IN_A_CHILD(net_relay, many_at_once)
IN_A_CHILD(net_relay, others_are_refused_and_hear_nothing)
IN_A_CHILD(net_relay, a_peer_that_is_not_there_is_refused)
IN_A_CHILD(net_relay, groups_are_refused)
IN_A_CHILD(net_relay, nobody_else_answers)
IN_A_CHILD(net_relay, flows_are_bounded_and_end)
IN_A_CHILD(net_relay, a_flood_keeps_nobody_waiting)
IN_A_CHILD(net_relay, a_flow_that_is_over_is_judged_again)
