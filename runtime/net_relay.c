/*
 * See net_relay.h. What the tool's datagrams reach are the listeners, two for each port that it may
 * send to. Each of its sockets and each peer have a socket of their own in the host's network,
 * connected, so that the kernel drops what comes from anybody else, and knows of errors.
 *
 * Some datagrams of each socket are passed on in a turn, and of all together, and the next turn
 * begins with another socket: a flood keeps nobody from being served, calls of the tool's least of
 * all. What can't be passed on at once is lost, as on any network.
 */
#include "runtime/net_relay.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/net_address.h"
#include "runtime/raw.h"

#define MAX_TURN  64u /* datagrams */
#define MAX_BURST 16u /* of one socket */

static void refuse(const struct net_relay *relay, const struct net_peer *tool,
		   const struct net_peer *peer)
{
	net_datagram_refuse(relay->space->icmp, tool, peer);
}

/* ---- flows ---- */

static void end_flow(struct net_relay *relay, struct net_flow *flow)
{
	net_ends_counted(relay->ends, flow->fd, flow->sent, flow->received);
	(void)RAW(SYS_close, flow->fd);
	net_flows_drop(&relay->flows, flow);
}

/* Whatever is granted: these are not one peer. */
static bool is_one(const struct net_peer *peer)
{
	enum net_class class = net_address_class(peer->address, NULL);

	return class != NET_MULTICAST && class != NET_NOWHERE;
}

/* NULL: it may not be sent to. One without a socket: it can't. */
static struct net_flow *begin_flow(struct net_relay *relay, struct net_flow *flow, uint64_t now_ms)
{
	if (!is_one(&flow->peer) || !relay->may_send(relay->owner, &flow->peer, now_ms))
		return NULL;
	flow->fd = (int)net_datagram_connect(&flow->peer);
	if (flow->fd < 0)
		return flow;
	if (relay->flows.n == NET_MAX_FLOWS)
		end_flow(relay, net_flows_oldest(&relay->flows));
	net_ends_begin(relay->ends, flow->fd, NULL);
	return net_flows_add(&relay->flows, flow);
}

/* An error is that of an earlier datagram, and this one has not been sent (udp(7)). */
static void send_on(struct net_relay *relay, struct net_flow *flow, size_t len)
{
	long rc = RAW(SYS_sendto, flow->fd, relay->bytes, len, MSG_DONTWAIT, NULL, 0);

	if (rc == -ECONNREFUSED) {
		refuse(relay, &flow->tool, &flow->peer);
		rc = RAW(SYS_sendto, flow->fd, relay->bytes, len, MSG_DONTWAIT, NULL, 0);
	}
	if (rc > 0)
		flow->sent += (uint64_t)rc;
}

/* ---- both ways: false, there is nothing more ---- */

static bool pass_on(struct net_relay *relay, int listener, uint16_t port, uint64_t now_ms)
{
	struct net_datagram datagram = {.bytes = relay->bytes};
	struct net_flow begun = {.listener = listener, .fd = -1};
	struct net_flow *flow;
	long rc = net_datagram_receive(listener, &datagram);

	if (rc)
		return rc == -EPROTO;
	datagram.to.port = port;
	begun.tool = datagram.from;
	begun.peer = datagram.to;
	flow = net_flows_find(&relay->flows, &datagram.from, &datagram.to);
	if (!flow)
		flow = begin_flow(relay, &begun, now_ms);
	if (flow && flow->fd >= 0) {
		flow->used_ms = now_ms;
		send_on(relay, flow, datagram.len);
	} else if (flow || !relay->take(relay->owner, listener, &datagram, now_ms)) {
		refuse(relay, &datagram.from, &datagram.to);
	}
	return true;
}

static bool pass_back(struct net_relay *relay, struct net_flow *flow, uint64_t now_ms)
{
	struct net_datagram answer = {.from = flow->peer, .to = flow->tool, .bytes = relay->bytes};
	long rc = RAW(SYS_recvfrom, flow->fd, relay->bytes, sizeof(relay->bytes), MSG_DONTWAIT,
		      NULL, NULL);

	if (rc == -ECONNREFUSED)
		refuse(relay, &flow->tool, &flow->peer);
	if (rc < 0)
		return rc == -ECONNREFUSED;
	flow->used_ms = now_ms;
	flow->received += (uint64_t)rc;
	answer.len = (size_t)rc;
	(void)net_datagram_send(flow->listener, &answer);
	return true;
}

/* ---- all of them: listeners stand first ---- */

static size_t listeners(const struct net_space *space)
{
	return (size_t)2 * space->n_ports;
}

size_t net_relay_watch(const struct net_relay *relay, struct pollfd *fds)
{
	const struct net_space *space = relay->space;
	size_t n = 0;

	for (size_t i = 0; i < listeners(space); i++)
		fds[n++] = (struct pollfd){.fd = space->listeners[i / 2][i % 2], .events = POLLIN};
	for (uint32_t i = 0; i < relay->flows.n; i++)
		fds[n++] = (struct pollfd){.fd = relay->flows.items[i].fd, .events = POLLIN};
	return n;
}

/* One datagram of those watched, by number. */
static bool pass(struct net_relay *relay, size_t i, uint64_t now_ms)
{
	const struct net_space *space = relay->space;
	size_t flow = i - listeners(space);

	if (i < listeners(space))
		return pass_on(relay, space->listeners[i / 2][i % 2], space->ports[i / 2], now_ms);
	/* Flows change places when one ends; what another has is passed on as well. */
	return flow < relay->flows.n && pass_back(relay, &relay->flows.items[flow], now_ms);
}

void net_relay_serve(struct net_relay *relay, const struct pollfd *fds, size_t n, uint64_t now_ms)
{
	size_t turn = MAX_TURN;

	/* First, as one that is over is judged again. Those watched after it are looked at later.
	 */
	while (net_flows_due_ms(&relay->flows) <= now_ms)
		end_flow(relay, net_flows_oldest(&relay->flows));
	for (size_t i = 0; i < n; i++) {
		size_t at = (relay->first + i) % n;
		size_t burst = fds[at].revents ? MAX_BURST : 0;

		for (; turn && burst && pass(relay, at, now_ms); burst--)
			turn--;
	}
	relay->first++;
}

void net_relay_finish(struct net_relay *relay)
{
	while (relay->flows.n)
		end_flow(relay, &relay->flows.items[0]);
}
