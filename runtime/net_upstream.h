/*
 * Questions on their way to the servers of the host: sockets of the keeper's, in the host's
 * network.
 *
 * Each question has a socket of its own, connected to its server, from a port that the kernel
 * chooses: who can't read along does not know where to send a forged answer to. Nothing here knows
 * what a message says but for its length over TCP. All raw: for the keeper.
 */
#ifndef WRIT_RUNTIME_NET_UPSTREAM_H
#define WRIT_RUNTIME_NET_UPSTREAM_H

#include <poll.h>

#include "runtime/dns_stub.h"
#include "runtime/net_plan.h"

#define NET_MAX_EXCHANGES 64u
#define NET_MAX_STREAMS   4u /* of them over TCP */
#define NET_MAX_MESSAGE   65535u

struct net_exchange {
	bool used;
	uint8_t server;
	uint16_t id;
	int fd;
	uint64_t until_ms;
	struct net_stream *stream; /* over TCP, else NULL */
};

/* A message out and one in, both behind their lengths. */
struct net_stream {
	bool used;
	size_t sent, len;
	uint8_t out[2 + DNS_MAX_QUERY];
	size_t n;
	uint8_t in[2 + NET_MAX_MESSAGE];
};

/* All zero but for the servers before it is used. */
struct net_upstream {
	const struct net_servers *servers;
	struct net_exchange exchanges[NET_MAX_EXCHANGES];
	struct net_stream streams[NET_MAX_STREAMS];
	uint8_t bytes[NET_MAX_MESSAGE];
};

/* Sends a question to its server. False: it can't be. In a full table the oldest one goes. */
bool net_upstream_send(struct net_upstream *upstream, const struct dns_send *query,
		       uint64_t now_ms);

/* Fills in what to watch: NET_MAX_EXCHANGES. Those whose time is over are gone. */
void net_upstream_watch(struct net_upstream *upstream, struct pollfd *fds, uint64_t now_ms);

/*
 * What came of the exchange at an index, which poll says is ready. 1: a message of its server,
 * which is in upstream's memory. 0: nothing yet. Negative: it has failed, and is over.
 */
int net_upstream_receive(struct net_upstream *upstream, uint32_t index, struct dns_packet *out);

/* Has no use any more. */
void net_upstream_drop(struct net_upstream *upstream, uint32_t index);

#endif
