/*
 * The relay: datagrams that a tool sends in the keeper's namespace (net_space.h) go on to those
 * that it may send to, by sockets of the keeper's in the host's network, and answers come back from
 * the addresses that were asked.
 *
 * A flow is judged when it begins. What may not be sent is not, and the tool is told as if nobody
 * were there. All raw: for the keeper. Nothing waits.
 */
#ifndef WRIT_RUNTIME_NET_RELAY_H
#define WRIT_RUNTIME_NET_RELAY_H

#include <poll.h>

#include "runtime/net_datagram.h"
#include "runtime/net_ends.h"
#include "runtime/net_flows.h"
#include "runtime/net_space.h"

#define NET_RELAY_WATCHED (2 * NET_SPACE_MAX_PORTS + NET_MAX_FLOWS)

/* All zero before it is used, but for what the owner gives. */
struct net_relay {
	const struct net_space *space; /* there is a namespace */
	void *owner;
	/* May a flow to a peer begin? */
	bool (*may_send)(void *owner, const struct net_peer *peer, uint64_t now_ms);
	/* Takes what has come to a listener and may not be sent. False: nobody is there. */
	bool (*take)(void *owner, int listener, const struct net_datagram *datagram,
		     uint64_t now_ms);

	struct net_ends *ends; /* that are told how much went either way; or NULL */

	struct net_flows flows;
	size_t first; /* of those watched, whose turn it is first */
	uint8_t bytes[NET_DATAGRAM_MAX];
};

/* Fills in what to watch, NET_RELAY_WATCHED at most. Returns how many. */
size_t net_relay_watch(const struct net_relay *relay, struct pollfd *fds);

/* Passes on what has come to those watched, some of it; and ends what is over. */
void net_relay_serve(struct net_relay *relay, const struct pollfd *fds, size_t n, uint64_t now_ms);

/* Ends all flows. */
void net_relay_finish(struct net_relay *relay);

#endif
