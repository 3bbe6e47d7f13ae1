/*
 * A dense array that is looked through, as the pins are: a datagram takes system calls that cost
 * more than 128 comparisons, and nothing in it can be attacked with chosen ports.
 */
#include "runtime/net_flows.h"

#include <string.h>

static bool same_peer(const struct net_peer *a, const struct net_peer *b)
{
	return a->port == b->port && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

struct net_flow *net_flows_find(struct net_flows *flows, const struct net_peer *tool,
				const struct net_peer *peer)
{
	for (uint32_t i = 0; i < flows->n; i++) {
		struct net_flow *flow = &flows->items[i];

		if (same_peer(&flow->tool, tool) && same_peer(&flow->peer, peer))
			return flow;
	}
	return NULL;
}

struct net_flow *net_flows_oldest(struct net_flows *flows)
{
	struct net_flow *oldest = NULL;

	for (uint32_t i = 0; i < flows->n; i++) {
		if (!oldest || flows->items[i].used_ms < oldest->used_ms)
			oldest = &flows->items[i];
	}
	return oldest;
}

struct net_flow *net_flows_add(struct net_flows *flows, const struct net_flow *flow)
{
	struct net_flow *added = &flows->items[flows->n++];

	*added = *flow;
	return added;
}

void net_flows_drop(struct net_flows *flows, struct net_flow *flow)
{
	*flow = flows->items[--flows->n];
}

uint64_t net_flows_due_ms(struct net_flows *flows)
{
	const struct net_flow *oldest = net_flows_oldest(flows);

	return oldest ? oldest->used_ms + NET_FLOW_IDLE_MS : UINT64_MAX;
}
