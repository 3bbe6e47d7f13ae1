/*
 * Ends of connections, and how many bytes went either way.
 *
 * A tool's connections are its own, and no byte passes the keeper. But the kernel tells whoever
 * listens of the end of each TCP socket of the network namespace, with what it has counted
 * (sock_diag(7), SKNLGRP_INET_TCP_DESTROY): ours are known among them by their cookies (socket(7),
 * SO_COOKIE). The socket that this is heard by is there while a connection is. What the keeper
 * passes on itself it counts itself.
 *
 * One table a launch that has a log, of fixed size; all zero is an empty one. What has no room is
 * told as unknown, and so is what the kernel could not tell. All raw: for the keeper. Nothing waits
 * but net_ends_finish. A struct net_ends * may be NULL: nobody asked.
 */
#ifndef WRIT_RUNTIME_NET_ENDS_H
#define WRIT_RUNTIME_NET_ENDS_H

#include <poll.h>

#include "runtime/kernel_abi.h"
#include "runtime/net_events.h"
#include "runtime/net_socket.h"

#define NET_MAX_OPEN   1024u
#define NET_ENDS_HEARD 16384u /* sockets' ends in a second, of whosever; then the rest is not */

struct net_open {
	struct writ_net_event event; /* that began it */
	struct diag_id_abi id;       /* as the kernel names it, */
	uint8_t family;              /* and of which family; 0: we count */
};

/* A message of the kernel's. */
struct net_end {
	struct diag_answer_abi head;
	uint8_t attributes[512];
};

/* All zero before it is used, but for the events. */
struct net_ends {
	struct net_events *events; /* that have a log */
	int fd;                    /* while n_told is not 0; negative: the host has none */
	uint32_t n_told;           /* of n, whose ends the kernel tells of */
	uint32_t n;                /* in use, in no order: */
	uint64_t cookies[NET_MAX_OPEN];
	struct net_open items[NET_MAX_OPEN];
	uint32_t n_heard; /* since: */
	uint64_t since_us;
	struct net_end end;
};

/*
 * What the latest event allowed has begun, by that socket. to: who it is connected to, or about to
 * be, over TCP; or NULL: it is ended by net_ends_counted, before it is closed.
 */
void net_ends_begin(struct net_ends *ends, int fd, const struct net_name *to);

void net_ends_counted(struct net_ends *ends, int fd, uint64_t sent, uint64_t received);

/* A descriptor to read from, or -1. *most_us becomes less when it is to be asked for again then. */
int net_ends_watch(struct net_ends *ends, uint64_t now_us, uint64_t *most_us);

/* Hears what there is, some of it. */
void net_ends_serve(struct net_ends *ends);

/* No process of the launch is left. Waits for 100 ms at most, for what the kernel is about to say.
 */
void net_ends_finish(struct net_ends *ends);

#endif
