/*
 * Flows of datagrams: who of a tool's sockets sends to whom, and the socket of ours that its
 * datagrams leave by and answers come back to.
 *
 * One table a launch, of fixed size, in memory of the caller's; all zero is an empty one. Sockets
 * are the caller's to make and to close. Times are those of runtime/net_pins.h; nothing but
 * string.h is called.
 */
#ifndef WRIT_RUNTIME_NET_FLOWS_H
#define WRIT_RUNTIME_NET_FLOWS_H

#include "runtime/net_judge.h"

#define NET_MAX_FLOWS    128u
#define NET_FLOW_IDLE_MS 60000u /* without a datagram either way; then it is over */

struct net_flow {
	struct net_peer tool; /* the address and port that it sends from */
	struct net_peer peer; /* and to */
	uint64_t used_ms;
	uint64_t sent; /* bytes that have left, and come back */
	uint64_t received;
	int listener; /* that the first datagram came by, and answers go by */
	int fd;       /* connected to the peer */
};

/* The first n are in use, in no order. */
struct net_flows {
	struct net_flow items[NET_MAX_FLOWS];
	uint32_t n;
};

/* NULL: there is none. */
struct net_flow *net_flows_find(struct net_flows *flows, const struct net_peer *tool,
				const struct net_peer *peer);

/* The one that has been idle for longest, or NULL. */
struct net_flow *net_flows_oldest(struct net_flows *flows);

/* Adds a copy, where there is room. */
struct net_flow *net_flows_add(struct net_flows *flows, const struct net_flow *flow);

/* Another may take its place in the table. */
void net_flows_drop(struct net_flows *flows, struct net_flow *flow);

/* When the oldest is over, if nothing comes before; UINT64_MAX: there is none. */
uint64_t net_flows_due_ms(struct net_flows *flows);

#endif
