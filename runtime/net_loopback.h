/*
 * A tool's socket is connected to its keeper, by way of the loopback interface. All raw: for the
 * keeper. Results are descriptors, or negative errnos.
 */
#ifndef WRIT_RUNTIME_NET_LOOPBACK_H
#define WRIT_RUNTIME_NET_LOOPBACK_H

#include <stdbool.h>

#include "runtime/net_socket.h"

/* A TCP socket of ours that does not wait, nor delays what is small. */
int net_loopback_socket(int family);

/* Our end. ipv4: the tool means an IPv4 address, by a socket of whatever family. */
int net_loopback_connect(const struct net_socket *socket, bool ipv4);

/*
 * Among the connections that have come to a listener, or come within a moment, the tool's own
 * socket's. -ECONNREFUSED: that is none of the first few.
 */
int net_loopback_accept(int listener, int tool);

#endif
