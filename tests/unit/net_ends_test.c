/*
 * The table of connections whose ends are waited for: what has no room, what is forged, cut short
 * or lost, and what is heard in one turn.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/net_ends.h"

TestSuite(net_ends, .timeout = 60);

static struct net_ends *table(struct net_events *events)
{
	struct net_ends *ends = calloc(1, sizeof(*ends));
	struct net_verdict verdict = {.allowed = true, .rule = NET_NO_RULE};
	struct writ_error error;

	cr_assert_not_null(ends);
	cr_assert_eq(writ_net_log_open(&events->log, &error), 0, "%s", error.text);
	ends->events = events;
	net_events_add(events, WRIT_NET_CONNECT, &verdict, NULL);
	return ends;
}

/* No room is needed for what ends, and none is there for more than so many. */
Test(net_ends, what_has_no_room_is_unknown)
{
	struct net_events events = {.log = NULL};
	struct net_ends *ends = table(&events);
	const unsigned more = 6;

	for (unsigned i = 0; i < NET_MAX_OPEN + more; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		net_ends_begin(ends, fd, NULL);
		net_ends_counted(ends, fd, i, 1);
		net_ends_begin(ends, fd, NULL);
		(void)close(fd);
	}
	cr_expect_eq(ends->n, NET_MAX_OPEN);
	cr_expect_eq(events.counts[WRIT_NET_CLOSE][true], NET_MAX_OPEN + more);
	cr_expect_eq(events.received, NET_MAX_OPEN + more);
	cr_expect_eq(events.counts[WRIT_NET_CLOSE][false], more);
	net_ends_finish(ends);
	cr_expect_eq(ends->n, 0u);
	cr_expect_eq(events.counts[WRIT_NET_CLOSE][false], NET_MAX_OPEN + more);
	writ_net_log_close(events.log);
	free(ends);
}

/* A connection of ours to ourselves; *listener takes it. */
static int connect_to(int listener, struct net_name *to)
{
	struct sockaddr *name = (struct sockaddr *)to->bytes;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to->len = NET_NAME_MAX;
	cr_assert_eq(getsockname(listener, name, &to->len), 0);
	cr_assert_eq(connect(fd, name, to->len), 0);
	return fd;
}

static int listen_here(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	cr_assert_eq(listen(fd, 128), 0);
	return fd;
}

/* Nothing is listened to while nothing is open, and too much is not listened to for a while. */
Test(net_ends, others_can_make_us_hear_so_much_only)
{
	struct net_events events = {.log = NULL};
	struct net_ends *ends = table(&events);
	struct net_name to;
	uint64_t most_us = UINT64_MAX;
	int listener = listen_here();
	int fd;

	cr_expect_eq(net_ends_watch(ends, 5000000, &most_us), -1);
	fd = connect_to(listener, &to);
	net_ends_begin(ends, fd, &to);
	if (ends->fd < 0)
		cr_skip_test("the host does not tell");
	cr_expect_eq(net_ends_watch(ends, 5000000, &most_us), ends->fd);
	cr_expect_eq(most_us, UINT64_MAX);
	ends->n_heard = NET_ENDS_HEARD;
	cr_expect_eq(net_ends_watch(ends, 5000001, &most_us), -1);
	cr_expect_leq(most_us, 1000000u);
	cr_expect_eq(net_ends_watch(ends, 6000001, &most_us), ends->fd, "a second later");
	(void)send(fd, "abc", 3, 0);
	(void)close(fd);
	(void)close(accept(listener, NULL, NULL));
	net_ends_finish(ends);
	cr_expect_eq(events.counts[WRIT_NET_CLOSE][true], 1u);
	cr_expect_eq(net_ends_watch(ends, 6000002, &most_us), -1);
	writ_net_log_close(events.log);
	free(ends);
}

/* What the kernel would say of the end of a connection. */
static struct net_end make_end(const struct net_open *open)
{
	const uint64_t million = 1000000;
	const uint32_t n_segments = 1;
	struct net_end end = {.head = {.type = KERNEL_SOCK_DIAG_BY_FAMILY,
				       .family = open->family,
				       .id = open->id}};
	uint8_t *info = end.attributes + 4;

	memcpy(end.attributes, (uint16_t[]){4 + 240, KERNEL_INET_DIAG_INFO}, 4);
	memcpy(info + 120, &million, sizeof(million));
	memcpy(info + 152, &n_segments, sizeof(n_segments));
	memcpy(info + 200, &million, sizeof(million));
	end.head.len = sizeof(end.head) + 4 + 240;
	return end;
}

/* The same, but for who says it. */
static ssize_t forge_end(int fd, const struct net_open *open)
{
	struct sockaddr_nl to;
	socklen_t len = sizeof(to);
	struct net_end end = make_end(open);
	int sender = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, KERNEL_NETLINK_SOCK_DIAG);
	ssize_t rc;

	cr_assert_eq(getsockname(fd, (struct sockaddr *)&to, &len), 0);
	to.nl_groups = 0;
	rc = sendto(sender, &end, end.head.len, 0, (struct sockaddr *)&to, sizeof(to));
	(void)close(sender);
	return rc;
}

/* Who administers the network may send to us, and is heard as nobody all the same. */
Test(net_ends, only_the_kernel_is_believed)
{
	struct net_events events = {.log = NULL};
	struct net_ends *ends = table(&events);
	struct net_name to;
	int listener = listen_here();
	int fd = connect_to(listener, &to);

	net_ends_begin(ends, fd, &to);
	if (ends->fd < 0)
		cr_skip_test("the host does not tell");
	if (forge_end(ends->fd, &ends->items[0]) < 0)
		cr_skip_test("nobody but root may send: %s", strerror(errno));
	net_ends_serve(ends);
	cr_expect_geq(ends->n_heard, 1u, "with what ends elsewhere on the host");
	cr_expect_eq(ends->n, 1u, "it is said to have ended");
	(void)send(fd, "abc", 3, 0);
	(void)close(fd);
	(void)close(accept(listener, NULL, NULL));
	net_ends_finish(ends);
	cr_expect_eq(events.sent, 3u, "%llu", (unsigned long long)events.sent);
	writ_net_log_close(events.log);
	free(ends);
}

/* A connection that is ended on our side, and whose end is said by who writes to pair[1]. */
struct said {
	struct net_events events;
	struct net_ends *ends;
	struct net_end end;
	int fd;
	int pair[2];
};

static void begin_said(struct said *said)
{
	struct net_name to;

	*said = (struct said){.events.log = NULL};
	said->ends = table(&said->events);
	said->fd = connect_to(listen_here(), &to);
	net_ends_begin(said->ends, said->fd, &to);
	if (said->ends->fd < 0)
		cr_skip_test("the host does not tell");
	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, said->pair), 0);
	cr_assert_eq(dup2(said->pair[0], said->ends->fd), said->ends->fd);
	said->end = make_end(&said->ends->items[0]);
}

static void say(struct said *said, size_t len)
{
	cr_assert_eq(write(said->pair[1], &said->end, len), (ssize_t)len);
	net_ends_serve(said->ends);
}

static void end_said(struct said *said)
{
	(void)close(said->fd);
	(void)close(said->pair[0]);
	(void)close(said->pair[1]);
	writ_net_log_close(said->events.log);
	free(said->ends);
}

/* As of kernels that have less to say; nothing is read beyond what came. */
Test(net_ends, what_is_not_all_there_is_unknown)
{
	const size_t head = sizeof(((struct net_end *)NULL)->head);
	const struct {
		size_t len;
		uint16_t part_len;
		unsigned counted, unknown;
	} rows[] = {
		{head + 4 + 240, 4 + 240, 1, 0}, /* the control */
		{head - 1, 4 + 240, 0, 0},       {head, 4 + 240, 0, 1},
		{head + 4 + 100, 4 + 240, 0, 1}, {head + 4 + 100, 4 + 100, 0, 1},
		{head + 4 + 240, 0, 0, 1},       {head + 4 + 240, 3, 0, 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct said said;

		begin_said(&said);
		memcpy(said.end.attributes, &rows[i].part_len, sizeof(rows[i].part_len));
		/* What was heard before stands behind what comes now. */
		said.ends->end = said.end;
		say(&said, rows[i].len);
		cr_expect_eq(said.events.counts[WRIT_NET_CLOSE][true], rows[i].counted, "%zu", i);
		cr_expect_eq(said.events.counts[WRIT_NET_CLOSE][false], rows[i].unknown, "%zu", i);
		end_said(&said);
	}
}

/* Our end is there, and confirmed: its own has not come. */
static void wait_for_the_other(int fd)
{
	struct tcp_info info = {.tcpi_state = 0};
	socklen_t len = sizeof(info);

	cr_assert_eq(shutdown(fd, SHUT_WR), 0);
	do
		cr_assert_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	while (info.tcpi_state != TCP_FIN_WAIT2);
}

/* The other side's end is no byte: is it among the five that the kernel counts? */
Test(net_ends, the_other_sides_end_is_taken_off)
{
	static const struct {
		uint8_t state;
		bool is_confirmed, is_queued, is_waited_for;
		uint64_t received;
	} rows[] = {
		{TCP_FIN_WAIT1, false, false, false, 5},  {TCP_FIN_WAIT2, false, false, false, 5},
		{TCP_CLOSE_WAIT, false, false, false, 4}, {TCP_LAST_ACK, false, false, false, 4},
		{TCP_CLOSING, false, false, false, 4},    {TCP_CLOSE, false, false, false, 5},
		{TCP_CLOSE, false, true, false, 5},       {TCP_CLOSE, true, true, false, 4},
		{TCP_CLOSE, true, false, false, 4},       {TCP_CLOSE, true, false, true, 5},
		{TCP_CLOSE, true, true, true, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint64_t five = 5, acked = 1000000 + (rows[i].is_confirmed ? 2 : 0);
		struct said said;

		begin_said(&said);
		said.end.head.state = rows[i].state;
		said.end.head.receive_queue = rows[i].is_queued;
		memcpy(said.end.attributes + 4 + 120, &acked, sizeof(acked));
		memcpy(said.end.attributes + 4 + 128, &five, sizeof(five));
		/* Then the kernel waits for the end that has not come. */
		if (rows[i].is_waited_for)
			wait_for_the_other(said.fd);
		say(&said, said.end.head.len);
		cr_expect_eq(said.events.received, rows[i].received, "%zu: %llu", i,
			     (unsigned long long)said.events.received);
		end_said(&said);
	}
}

Test(net_ends, what_went_out_again_counts_once_and_what_never_was_not_at_all)
{
	const uint64_t again = 400000, nothing = 0;
	struct said said;

	begin_said(&said);
	memcpy(said.end.attributes + 4 + 208, &again, sizeof(again));
	say(&said, said.end.head.len);
	cr_expect_eq(said.events.sent, 600000u);
	end_said(&said);
	begin_said(&said);
	memcpy(said.end.attributes + 4 + 120, &nothing, sizeof(nothing));
	memcpy(said.end.attributes + 4 + 200, &nothing, sizeof(nothing));
	say(&said, said.end.head.len);
	cr_expect_eq(said.ends->n, 0u);
	cr_expect_eq(said.events.counts[WRIT_NET_CLOSE][true], 0u);
	cr_expect_eq(said.events.counts[WRIT_NET_CLOSE][false], 0u);
	end_said(&said);
}

Test(net_ends, a_turn_hears_so_much_only)
{
	struct said said;

	begin_said(&said);
	memset(said.end.head.id.cookie, 0xee, sizeof(said.end.head.id.cookie));
	for (unsigned i = 0; i < 100; i++)
		cr_assert_gt(send(said.pair[1], &said.end, said.end.head.len, MSG_DONTWAIT), 0);
	net_ends_serve(said.ends);
	cr_expect_eq(said.ends->n_heard, 64u);
	end_said(&said);
}

/* More than the queue holds is lost: that is nobody's end, and nobody is told a wrong one. */
Test(net_ends, what_is_lost_is_unknown)
{
	struct net_events events = {.log = NULL};
	struct net_ends *ends = table(&events);
	struct net_name to;
	int listener = listen_here();
	int fd = connect_to(listener, &to);
	int least = 1;

	net_ends_begin(ends, fd, &to);
	if (ends->fd < 0)
		cr_skip_test("the host does not tell");
	cr_assert_eq(setsockopt(ends->fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)), 0);
	for (unsigned i = 0; i < 300; i++) {
		int other = connect_to(listener, &to);

		(void)close(accept(listener, NULL, NULL));
		(void)close(other);
	}
	(void)send(fd, "abc", 3, 0);
	(void)close(fd);
	(void)usleep(100000);
	net_ends_finish(ends);
	cr_expect_eq(events.counts[WRIT_NET_CLOSE][false], 1u);
	cr_expect_eq(events.counts[WRIT_NET_CLOSE][true], 0u);
	writ_net_log_close(events.log);
	free(ends);
}

Test(net_ends, nobody_asked)
{
	uint64_t most_us = 7;

	net_ends_begin(NULL, 0, NULL);
	net_ends_counted(NULL, 0, 1, 1);
	net_ends_finish(NULL);
	cr_expect_eq(net_ends_watch(NULL, 0, &most_us), -1);
	cr_expect_eq(most_us, 7u);
}
