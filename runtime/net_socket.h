/*
 * A tool's socket, and a name that it gives in a call. All raw: for the keeper. Results are 0, a
 * descriptor or a negative errno.
 */
#ifndef WRIT_RUNTIME_NET_SOCKET_H
#define WRIT_RUNTIME_NET_SOCKET_H

#include <stdint.h>

#include "runtime/net_judge.h"
#include "runtime/net_plan.h"

struct broker;

struct net_socket {
	int fd; /* ours, of the tool's very socket */
	uint64_t ino;
	int family;
	int type;
	int protocol;
};

/*
 * Takes the socket that the caller of the call in broker->notif has by a number. Afterwards the
 * caller is known to have waited, and so to be who it was.
 */
int net_socket_take(const struct broker *broker, int number, struct net_socket *out);

/* Copies the name at an address of the caller's. */
int net_name_read(struct broker *broker, uint64_t address, uint64_t len, struct net_name *out);

/* Who an IPv4 or IPv6 name is. -EINVAL, -EAFNOSUPPORT: none of the socket's family. */
int net_name_peer(const struct net_name *name, int family, struct net_peer *out);

/* The name of a peer; scope: the interface of a link-local address. */
void net_name_of_peer(const struct net_peer *peer, uint32_t scope, struct net_name *out);

/* A socket of ours, connected to who has a name or about to be; closed on exec, and never waits. */
int net_socket_to(const struct net_name *name, int type);

/* The path of a unix socket's name. -EACCES: it has another kind of name. */
int net_name_path(const struct net_name *name, char *out);

#endif
