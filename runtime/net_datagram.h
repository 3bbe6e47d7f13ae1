/*
 * Datagrams with both of their addresses: received by sockets that take them for any address, and
 * answered from the address that was asked. And what a tool is told when nobody took its datagram.
 *
 * All raw: for the keeper. Nothing waits. Results are 0, a count or a negative errno.
 */
#ifndef WRIT_RUNTIME_NET_DATAGRAM_H
#define WRIT_RUNTIME_NET_DATAGRAM_H

#include <stddef.h>

#include "runtime/net_judge.h"

#define NET_DATAGRAM_MAX 65536u /* no datagram over IP is as long */

struct net_datagram {
	struct net_peer from;
	struct net_peer to; /* its port is the listener's, and not filled in */
	uint8_t *bytes;     /* NET_DATAGRAM_MAX, of the caller's */
	size_t len;
};

/*
 * One that has come to a socket with IP_PKTINFO, or IPV6_RECVPKTINFO. -EAGAIN: there is none;
 * -EPROTO: it does not say who it was for.
 */
long net_datagram_receive(int fd, struct net_datagram *out);

/* Sends one, from datagram->from, by such a socket. */
long net_datagram_send(int fd, const struct net_datagram *datagram);

/* A socket that sends to a peer and hears from nobody else; non-blocking. */
long net_datagram_connect(const struct net_peer *peer);

/*
 * Tells tool that nothing is at peer, as the kernel there would: a socket of its that is connected
 * to it has ECONNREFUSED. fds: raw sockets of ICMP and ICMPv6 where the tool's are, or -1.
 */
void net_datagram_refuse(const int fds[2], const struct net_peer *tool,
			 const struct net_peer *peer);

#endif
