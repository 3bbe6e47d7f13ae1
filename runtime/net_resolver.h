/*
 * The keeper as the resolver of its launch: what the tool asks any server's port 53 by a datagram
 * comes in here, and goes to the stub (dns_stub.h); what that asks goes to the host's servers.
 *
 * All raw: for the keeper, in whose loop this is driven.
 */
#ifndef WRIT_RUNTIME_NET_RESOLVER_H
#define WRIT_RUNTIME_NET_RESOLVER_H

#include "runtime/net_datagram.h"
#include "runtime/net_upstream.h"

#define NET_RESOLVER_WATCHED NET_MAX_EXCHANGES

/* All zero before it is begun. */
struct net_resolver {
	struct net_events *events; /* what was told; the owner gives it */
	struct net_rules rules;
	struct dns_stub stub;
	struct dns_send send;
	struct net_upstream upstream;
};

/* What it answers by; borrowed for as long as it is used. upstream.servers is set. */
void net_resolver_begin(struct net_resolver *resolver, const struct net_plan *plan,
			struct net_pins *pins);

/* A query that has come to a listener, by which it is answered. */
void net_resolver_ask(struct net_resolver *resolver, int listener,
		      const struct net_datagram *datagram, uint64_t now_ms);

/* Fills in what to watch, NET_RESOLVER_WATCHED; returns for how many microseconds;
 * UINT64_MAX: for ever. */
uint64_t net_resolver_watch(struct net_resolver *resolver, struct pollfd *fds, uint64_t now_ms);

/* Answers and asks what there is to be answered and asked. */
void net_resolver_serve(struct net_resolver *resolver, const struct pollfd *fds, uint64_t now_ms);

#endif
