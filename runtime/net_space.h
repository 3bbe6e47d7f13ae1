/*
 * A network namespace of the keeper's own, in which every address is the keeper's.
 *
 * Its loopback interface takes packets to any address, and there is no other: what a tool sends by
 * a datagram socket of this namespace reaches the sockets that the keeper has there, or nobody. It
 * is made when the first socket is asked for. The tool needs no namespace for it, and its own
 * sockets are in the host's as before.
 *
 * A process of the keeper's that shares its memory and descriptors, the maker, is in the namespace
 * and makes sockets there. It must be in a Landlock domain that the tool is not in: the tool's user
 * owns the namespace, which would let it trace the maker. All raw: for the keeper.
 */
#ifndef WRIT_RUNTIME_NET_SPACE_H
#define WRIT_RUNTIME_NET_SPACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_SPACE_INTERFACE 1u /* the number of its loopback interface */
#define NET_SPACE_MAX_PORTS 65u
#define NET_SPACE_MOST_MS   10000u /* for one socket, the making of the namespace included */

/* All zero before it is used, but for what the owner gives. */
struct net_space {
	char *stack; /* the maker's, lent for as long as the keeper lives; aligned to 16 */
	size_t stack_bytes;
	uint16_t ports[NET_SPACE_MAX_PORTS]; /* that the keeper listens at, on every address */
	uint32_t n_ports;

	/* Made before the first socket: IPv4 and IPv6, non-blocking; negative where the host has
	 * none. */
	int listeners[NET_SPACE_MAX_PORTS][2];
	int icmp[2];      /* raw sockets of ICMP and ICMPv6, likewise */
	const char *step; /* that failed, when there is no namespace; else NULL */
	int error;        /* the errno of that */

	/* A socket that is asked for, and what came of it. */
	atomic_uint state;
	int domain;
	int type;
	long result;
	uint64_t deadline_ms;

	int keeper;   /* its process id */
	int maker;    /* the same; 0: not begun; -1: it is gone, and no other is made */
	int made;     /* the maker's process id, gone or not */
	uint64_t ino; /* of the namespace */
};

/* Does the host let us make such a namespace? Makes one, by a child, which ends. Not raw. */
bool net_space_works(void);

/*
 * Asks for a datagram socket: AF_INET or AF_INET6, and SOCK_CLOEXEC, SOCK_NONBLOCK or neither. None
 * may be asked for already. Returns as net_space_answer does.
 */
long net_space_ask(struct net_space *space, int domain, int flags);

/*
 * The descriptor of the socket that was asked for, -EINPROGRESS while it is not there, or another
 * negative errno: -EACCES when there is no namespace. Waits for two milliseconds at most.
 */
long net_space_answer(struct net_space *space);

/* Ends the maker, whose memory is the keeper's caller's: nothing of it is left. */
void net_space_end(struct net_space *space);

/*
 * For that caller, when the keeper is gone: is the maker, too? Waits for it, a second at most. When
 * it is not, the kernel will still write to *space at its end.
 */
bool net_space_has_ended(struct net_space *space);

/* Is a socket one of the namespace? */
bool net_space_has(const struct net_space *space, int fd);

#endif
