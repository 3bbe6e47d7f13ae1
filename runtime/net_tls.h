/*
 * Connections by TLS to hosts that the ClientHello has to name (`sni`).
 *
 * The tool's socket is connected to the keeper, on the loopback interface. Nothing goes on until
 * the ClientHello has been read whole and names, in the clear, a host that the rule lists. Then the
 * keeper connects to the address that was judged and passes on what either side says, the
 * ClientHello first. Else the tool's connection is reset. All raw: for the keeper. Nothing waits,
 * but for a connection on loopback.
 */
#ifndef WRIT_RUNTIME_NET_TLS_H
#define WRIT_RUNTIME_NET_TLS_H

#include <poll.h>

#include "runtime/net_ends.h"
#include "runtime/net_socket.h"
#include "runtime/tls_hello.h"

#define NET_MAX_TLS        128u
#define NET_TLS_WATCHED    ((size_t)2 * NET_MAX_TLS)
#define NET_TLS_MOST_MS    10000u              /* for a ClientHello to arrive */
#define NET_TLS_CONNECT_MS 60000u              /* more, until the host is connected */
#define NET_TLS_MOST       (2 * TLS_MAX_HELLO) /* bytes of it, as records */
#define NET_TLS_CHUNK      ((size_t)64 << 10)

enum net_tls_state {
	NET_TLS_FREE,
	NET_TLS_HELLO,      /* the ClientHello is being read */
	NET_TLS_CONNECTING, /* to the host */
	NET_TLS_OPEN,
};

enum net_tls_side { NET_TLS_TOOL, NET_TLS_HOST };

struct net_tls_connection {
	enum net_tls_state state;
	int fds[2];      /* by side: ours of the tool's connection, and the host's */
	bool ended[2];   /* the side has said all that it had to say */
	bool is_full[2]; /* the side takes no more for now */
	struct net_name to;
	uint32_t rule;
	struct tls_hello hello;
	uint32_t n_seen; /* bytes of the tool's that the ClientHello has been read from */
	uint32_t n_idle; /* wake-ups in a row without more of them */
	uint64_t deadline_ms;
	uint64_t passed[2]; /* bytes, by the side that has said them */
};

/* All zero before it is used, but for what the owner gives. */
struct net_tls {
	void *owner;
	/*
	 * May a connection go on that a rule was judged to allow, when it is to a host that is
	 * named so? In lower case; empty: nothing that could be read names any.
	 */
	bool (*may_name)(void *owner, const struct net_tls_connection *connection,
			 struct slice name);

	struct net_ends *ends; /* that are told how much went either way; or NULL */

	struct net_tls_connection items[NET_MAX_TLS];
	size_t watched[NET_TLS_WATCHED]; /* 2 * connection + side */
	uint8_t bytes[NET_TLS_CHUNK];
};

/*
 * Connects a tool's socket, of that family, to us, for a connection to what a rule lists. 0 or a
 * negative errno: -EAGAIN when there are too many.
 */
long net_tls_connect(struct net_tls *tls, const struct net_socket *socket,
		     const struct net_name *to, uint32_t rule, uint64_t now_ms);

/*
 * Fills in what to watch, NET_TLS_WATCHED at most. Returns how many. *first_ms becomes the time to
 * serve at when nothing has come by then, if that is earlier.
 */
size_t net_tls_watch(struct net_tls *tls, struct pollfd *fds, uint64_t *first_ms);

/* Goes on with those watched, and ends what is over. */
void net_tls_serve(struct net_tls *tls, const struct pollfd *fds, size_t n, uint64_t now_ms);

/* Ends all. */
void net_tls_finish(struct net_tls *tls);

#endif
