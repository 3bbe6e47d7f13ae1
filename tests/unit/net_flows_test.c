/*
 * The table of flows, with a clock of its own.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/net_flows.h"
#include "support/net_maker.h"

static struct net_flows flows;

static struct net_peer at(const char *address, unsigned port)
{
	struct net_peer peer = {.port = (uint16_t)port, .udp = true};

	(void)net_address_of(address, peer.address);
	return peer;
}

static struct net_flow *add(struct net_peer tool, struct net_peer peer, uint64_t now_ms, int fd)
{
	const struct net_flow flow = {.tool = tool, .peer = peer, .used_ms = now_ms, .fd = fd};

	return net_flows_add(&flows, &flow);
}

static int find(struct net_peer tool, struct net_peer peer)
{
	const struct net_flow *flow = net_flows_find(&flows, &tool, &peer);

	return flow ? flow->fd : -1;
}

Test(net_flows, a_flow_is_both_addresses_and_both_ports)
{
	struct net_peer tool = at("127.0.0.1", 1000), peer = at("192.0.2.1", 443);

	cr_expect_eq(find(tool, peer), -1);
	(void)add(tool, peer, 1, 7);
	cr_expect_eq(find(tool, peer), 7);
	cr_expect_eq(find(at("127.0.0.1", 1001), peer), -1);
	cr_expect_eq(find(at("127.0.0.2", 1000), peer), -1);
	cr_expect_eq(find(tool, at("192.0.2.1", 444)), -1);
	cr_expect_eq(find(tool, at("192.0.2.2", 443)), -1);
	cr_expect_eq(find(peer, tool), -1);
	cr_expect_eq(find(at("::1", 1000), at("2001:db8::1", 443)), -1);
	(void)add(at("::1", 1000), at("2001:db8::1", 443), 1, 8);
	cr_expect_eq(find(at("::1", 1000), at("2001:db8::1", 443)), 8);
	cr_expect_eq(find(tool, peer), 7);
}

Test(net_flows, the_one_idle_for_longest_is_over_first)
{
	struct net_flow *first, *second;

	cr_expect_null(net_flows_oldest(&flows));
	cr_expect_eq(net_flows_due_ms(&flows), UINT64_MAX);
	first = add(at("127.0.0.1", 1), at("192.0.2.1", 443), 1000, 1);
	second = add(at("127.0.0.1", 2), at("192.0.2.1", 443), 2000, 2);
	cr_expect_eq(net_flows_oldest(&flows), first);
	cr_expect_eq(net_flows_due_ms(&flows), 1000 + NET_FLOW_IDLE_MS);
	first->used_ms = 3000;
	cr_expect_eq(net_flows_oldest(&flows), second);
	cr_expect_eq(net_flows_due_ms(&flows), 2000 + NET_FLOW_IDLE_MS);
	net_flows_drop(&flows, second);
	cr_expect_eq(find(at("127.0.0.1", 2), at("192.0.2.1", 443)), -1);
	cr_expect_eq(net_flows_oldest(&flows)->fd, 1);
	net_flows_drop(&flows, net_flows_oldest(&flows));
	cr_expect_null(net_flows_oldest(&flows));
}

/* What a table must hold: the flows used last, by port of the tool. 0: not there. */
static uint64_t model[1024];

static void make_room(uint64_t now_ms)
{
	while (net_flows_due_ms(&flows) <= now_ms || flows.n == NET_MAX_FLOWS) {
		struct net_flow *oldest = net_flows_oldest(&flows);

		cr_assert_eq(model[oldest->tool.port], oldest->used_ms);
		for (size_t i = 0; i < sizeof(model) / sizeof(model[0]); i++)
			cr_assert(!model[i] || model[i] >= oldest->used_ms, "one was idle longer");
		model[oldest->tool.port] = 0;
		net_flows_drop(&flows, oldest);
	}
}

/* As the relay does it: what is over goes, then what has been idle for longest. */
Test(net_flows, a_long_run_keeps_those_that_were_used_last)
{
	const struct net_peer peer = at("192.0.2.1", 443);
	uint64_t now_ms = 1;

	srand(7);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned port = 1 + (unsigned)rand() % (step % 2 ? 1000 : 100);
		struct net_peer tool = at("127.0.0.1", port);
		struct net_flow *flow;

		now_ms += 1 + (unsigned)rand() % (step / 5000 ? 700 : 50);
		make_room(now_ms);
		flow = net_flows_find(&flows, &tool, &peer);
		cr_assert_eq(flow != NULL, model[port] != 0, "step %u, port %u", step, port);
		if (flow)
			cr_assert_eq(flow->fd, (int)port);
		else
			flow = add(tool, peer, now_ms, (int)port);
		flow->used_ms = model[port] = now_ms;
		cr_assert_leq(flows.n, NET_MAX_FLOWS);
	}
}
