/*
 * See net_tls.h. What one side has said is looked at where the kernel keeps it (MSG_PEEK), and
 * taken off only when the other has it: so there are no buffers but the kernel's, and a side that
 * takes nothing slows down the other alone, as without us. The same goes for the ClientHello, which
 * stays until the host is connected; SO_RCVLOWAT keeps it from being told of again.
 */
#include "runtime/net_tls.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/net_address.h"
#include "runtime/net_loopback.h"
#include "runtime/raw.h"

#define NO_SOCKET (-1)
#define MOST_IDLE 64u

/* ---- sockets ---- */

static void set_option(int fd, int level, int option, int value)
{
	(void)RAW(SYS_setsockopt, fd, level, option, &value, sizeof(value));
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)RAW(SYS_close, *fd);
	*fd = NO_SOCKET;
}

/* ---- the beginning and the end of a connection ---- */

static struct net_tls_connection *find_free(struct net_tls *tls)
{
	for (size_t i = 0; i < NET_MAX_TLS; i++) {
		if (tls->items[i].state == NET_TLS_FREE)
			return &tls->items[i];
	}
	return NULL;
}

long net_tls_connect(struct net_tls *tls, const struct net_socket *socket,
		     const struct net_name *to, uint32_t rule, uint64_t now_ms)
{
	struct net_tls_connection *connection = find_free(tls);
	struct net_peer peer;
	int fd = net_name_peer(to, socket->family, &peer);

	if (!fd)
		fd = connection ? net_loopback_connect(socket, net_address_is_ipv4(peer.address))
				: -EAGAIN;
	if (fd < 0)
		return fd;
	memset(connection, 0, sizeof(*connection));
	connection->state = NET_TLS_HELLO;
	connection->fds[NET_TLS_TOOL] = fd;
	connection->fds[NET_TLS_HOST] = NO_SOCKET;
	connection->to = *to;
	connection->rule = rule;
	connection->deadline_ms = now_ms + NET_TLS_MOST_MS;
	net_ends_begin(tls->ends, fd, NULL);
	return 0;
}

static void end(struct net_tls *tls, struct net_tls_connection *connection)
{
	net_ends_counted(tls->ends, connection->fds[NET_TLS_TOOL], connection->passed[NET_TLS_TOOL],
			 connection->passed[NET_TLS_HOST]);
	close_fd(&connection->fds[NET_TLS_TOOL]);
	close_fd(&connection->fds[NET_TLS_HOST]);
	connection->state = NET_TLS_FREE;
}

/* Both sides are told that it did not end as it should. */
static void reset(struct net_tls *tls, struct net_tls_connection *connection)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	for (size_t i = 0; i < 2; i++)
		(void)RAW(SYS_setsockopt, connection->fds[i], SOL_SOCKET, SO_LINGER, &now,
			  sizeof(now));
	end(tls, connection);
}

/* ---- the ClientHello ---- */

/* The ClientHello is read, or can't be. */
static bool may_go_on(const struct net_tls *tls, const struct net_tls_connection *connection)
{
	struct slice said = {NULL, 0};
	char name[HOSTNAME_MAX];

	if (connection->hello.status == TLS_HELLO_NAME)
		said = tls_hello_name(&connection->hello);
	for (size_t i = 0; i < said.len; i++) {
		bool is_upper = said.ptr[i] >= 'A' && said.ptr[i] <= 'Z';

		name[i] = (char)(said.ptr[i] + (is_upper ? 'a' - 'A' : 0));
	}
	return tls->may_name(tls->owner, connection, (struct slice){name, said.len});
}

/* To the address that was judged. */
static void connect_to_host(struct net_tls *tls, struct net_tls_connection *connection)
{
	int fd = net_loopback_socket(connection->to.family);
	long rc = fd;

	connection->fds[NET_TLS_HOST] = fd < 0 ? NO_SOCKET : fd;
	connection->state = NET_TLS_CONNECTING;
	connection->deadline_ms += NET_TLS_CONNECT_MS;
	set_option(connection->fds[NET_TLS_TOOL], SOL_SOCKET, SO_RCVLOWAT, 1);
	if (fd >= 0)
		rc = RAW(SYS_connect, fd, connection->to.bytes, connection->to.len);
	if (rc && rc != -EINPROGRESS)
		reset(tls, connection);
}

/*
 * What has come, from its first byte on; what has been read of it before is passed over. A wake-up
 * without anything new is nothing, unless nothing can come any more, or there are many: what can be
 * looked at ends before urgent data, and we would be told of the rest for ever.
 */
static void read_hello(struct net_tls *tls, struct net_tls_connection *connection, bool has_ended)
{
	int fd = connection->fds[NET_TLS_TOOL];
	long n = RAW(SYS_recvfrom, fd, tls->bytes, NET_TLS_MOST, MSG_PEEK | MSG_DONTWAIT, NULL,
		     NULL);
	enum tls_hello_status status = TLS_HELLO_MORE;

	if (n > (long)connection->n_seen) {
		status = tls_hello_feed(&connection->hello, tls->bytes + connection->n_seen,
					(size_t)n - connection->n_seen);
		connection->n_seen = (uint32_t)n;
		connection->n_idle = 0;
		set_option(fd, SOL_SOCKET, SO_RCVLOWAT, (int)n + 1);
	}
	if (status == TLS_HELLO_MORE && !has_ended && connection->n_seen < NET_TLS_MOST &&
	    connection->n_idle++ < MOST_IDLE)
		return;
	if (may_go_on(tls, connection) && status == TLS_HELLO_NAME)
		connect_to_host(tls, connection);
	else
		reset(tls, connection);
}

static void finish_connecting(struct net_tls *tls, struct net_tls_connection *connection)
{
	int error = 0;
	unsigned int len = sizeof(error);
	long rc = RAW(SYS_getsockopt, connection->fds[NET_TLS_HOST], SOL_SOCKET, SO_ERROR, &error,
		      &len);

	if (rc || error)
		reset(tls, connection);
	else
		connection->state = NET_TLS_OPEN;
}

/* ---- passing on ---- */

/* Some of what a side has said; others have their turn then. False: it is over, by a reset. */
static bool pass_on(struct net_tls *tls, struct net_tls_connection *connection,
		    enum net_tls_side from)
{
	int in = connection->fds[from], out = connection->fds[!from];
	long n = RAW(SYS_recvfrom, in, tls->bytes, NET_TLS_CHUNK, MSG_PEEK | MSG_DONTWAIT, NULL,
		     NULL);
	long sent;

	if (n < 0)
		return n == -EAGAIN || n == -EINTR;
	if (n == 0) {
		connection->ended[from] = true;
		(void)RAW(SYS_shutdown, out, SHUT_WR);
		return true;
	}
	sent = RAW(SYS_sendto, out, tls->bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	connection->is_full[!from] = sent == -EAGAIN || (sent > 0 && sent < n);
	if (sent < 0)
		return sent == -EAGAIN || sent == -EINTR;
	connection->passed[from] += (uint64_t)sent;
	/* It is the kernel's own: nothing is copied (tcp(7), MSG_TRUNC). */
	return RAW(SYS_recvfrom, in, NULL, sent, MSG_TRUNC | MSG_DONTWAIT, NULL, NULL) == sent;
}

static void serve_open(struct net_tls *tls, struct net_tls_connection *connection,
		       enum net_tls_side side, short events)
{
	bool goes_on = true;

	if (events & POLLOUT)
		connection->is_full[side] = false;
	if (events & (POLLIN | POLLHUP | POLLERR) && !connection->ended[side])
		goes_on = pass_on(tls, connection, side);
	if (goes_on && events & POLLOUT && !connection->ended[!side])
		goes_on = pass_on(tls, connection, !side);
	/* Nobody is left to say anything to it. */
	if (events & POLLERR && connection->ended[side])
		goes_on = false;
	if (!goes_on)
		reset(tls, connection);
	else if (connection->ended[NET_TLS_TOOL] && connection->ended[NET_TLS_HOST])
		end(tls, connection);
}

/* ---- all of them ---- */

/* What is to be known of a side; 0: nothing. */
static short events_of(const struct net_tls_connection *connection, enum net_tls_side side)
{
	bool is_tool = side == NET_TLS_TOOL;
	short events = 0;

	if (connection->state == NET_TLS_HELLO)
		return is_tool ? POLLIN | POLLRDHUP : 0;
	if (connection->state == NET_TLS_CONNECTING)
		return is_tool ? 0 : POLLOUT;
	if (!connection->ended[side] && !connection->is_full[!side])
		events |= POLLIN;
	if (connection->is_full[side])
		events |= POLLOUT;
	return events;
}

size_t net_tls_watch(struct net_tls *tls, struct pollfd *fds, uint64_t *first_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < NET_TLS_WATCHED; i++) {
		const struct net_tls_connection *connection = &tls->items[i / 2];
		enum net_tls_side side = i % 2 ? NET_TLS_HOST : NET_TLS_TOOL;

		if (connection->state == NET_TLS_FREE || connection->fds[side] < 0)
			continue;
		tls->watched[n] = i;
		fds[n].events = events_of(connection, side);
		/* The failure of a side that nothing is wanted of would be told all the time. */
		fds[n].fd = fds[n].events ? connection->fds[side] : NO_SOCKET;
		fds[n++].revents = 0;
		if (connection->state != NET_TLS_OPEN && connection->deadline_ms < *first_ms)
			*first_ms = connection->deadline_ms;
	}
	return n;
}

static void serve_one(struct net_tls *tls, struct net_tls_connection *connection,
		      enum net_tls_side side, short events)
{
	switch (connection->state) {
	case NET_TLS_FREE:
		return;
	case NET_TLS_HELLO:
		read_hello(tls, connection, events & (POLLRDHUP | POLLHUP | POLLERR));
		return;
	case NET_TLS_CONNECTING:
		finish_connecting(tls, connection);
		return;
	case NET_TLS_OPEN:
		serve_open(tls, connection, side, events);
		return;
	}
}

void net_tls_serve(struct net_tls *tls, const struct pollfd *fds, size_t n, uint64_t now_ms)
{
	for (size_t i = 0; i < n; i++) {
		struct net_tls_connection *connection = &tls->items[tls->watched[i] / 2];
		size_t side = tls->watched[i] % 2;

		/* It may have ended, and another begun, since it was watched. */
		if (connection->state == NET_TLS_FREE || connection->fds[side] != fds[i].fd)
			continue;
		if (connection->state != NET_TLS_OPEN && now_ms >= connection->deadline_ms)
			reset(tls, connection);
		else if (fds[i].revents)
			serve_one(tls, connection, side ? NET_TLS_HOST : NET_TLS_TOOL,
				  fds[i].revents);
	}
}

void net_tls_finish(struct net_tls *tls)
{
	for (size_t i = 0; i < NET_MAX_TLS; i++) {
		if (tls->items[i].state != NET_TLS_FREE)
			end(tls, &tls->items[i]);
	}
}
