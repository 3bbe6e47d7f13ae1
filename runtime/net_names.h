/*
 * Names, in a sandbox that lists some: the tool's datagram sockets, which are of a network
 * namespace of the keeper's (net_space.h), and the resolver that they reach there.
 *
 * All raw: for the keeper. Results are a value, a negative errno or one of those below.
 */
#ifndef WRIT_RUNTIME_NET_NAMES_H
#define WRIT_RUNTIME_NET_NAMES_H

#include "runtime/broker_calls.h"
#include "runtime/net_events.h"
#include "runtime/net_relay.h"
#include "runtime/net_resolver.h"
#include "runtime/net_socket.h"
#include "runtime/net_space.h"

#define NET_NAMES_WATCHED (NET_RESOLVER_WATCHED + NET_RELAY_WATCHED)
#define NET_NAMES_LATER   (-EINPROGRESS) /* while it is so no other call is received */

/* All zero but for what is borrowed before it is used. */
struct net_names {
	const struct net_plan *plan;
	const struct net_servers *servers; /* in place of the plan's, if there are any */
	struct net_pins *pins;
	struct net_events *events;
	struct net_ends *ends; /* or NULL */
	struct net_space space;
	struct net_resolver resolver;
	struct net_relay relay;
	bool is_open;  /* the resolver listens */
	bool is_asked; /* a call waits for its socket: */
	struct seccomp_notif_abi asked;
};

/* The socket that the call in broker->notif asks for; BROKER_SENT: the tool has it. */
long net_names_socket(struct net_names *names, struct broker *broker);

/* Goes on with that one, which is in broker->notif again, while it is asked for. */
long net_names_go_on(struct net_names *names, struct broker *broker);

/* connect and bind on a socket of the namespace: as asked, as it leads nowhere. */
bool net_names_has(const struct net_names *names, const struct net_socket *socket);

/* Fills in what to watch, and for how many microseconds at most. Returns how many. */
size_t net_names_watch(struct net_names *names, struct pollfd *fds, uint64_t now_ms,
		       uint64_t *most_us);

/* Goes on with what there is to be heard, answered, and passed on. */
void net_names_serve(struct net_names *names, const struct pollfd *fds, size_t n, uint64_t now_ms);

#endif
