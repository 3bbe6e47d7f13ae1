/*
 * libwrit: what a launch wanted of the network, and what it was told. See writ.h for what goes for
 * every function of the library: errors, ownership, threads.
 */
#ifndef WRIT_NET_H
#define WRIT_NET_H

#include "writ.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What the net gate of a launch decided, event by event. A sandbox without one (writ_result,
 * has_network) leaves a log empty. The caller owns a log and gives it to one launch
 * (struct writ_launch), of which it holds nothing else; from then on until writ_wait has returned
 * it must stay open.
 */
struct writ_net_log;

/* Of what was denied, and of what was allowed, the latest so many stay. */
#define WRIT_NET_LOG_EVENTS 256

#define WRIT_NET_NAME 256

enum writ_net_kind {
	WRIT_NET_CONNECT = 0, /* connect(2), TCP */
	WRIT_NET_BIND,        /* bind(2) */
	WRIT_NET_LISTEN,      /* listen(2) */
	WRIT_NET_UNIX,        /* connect(2) of a unix socket */
	WRIT_NET_LOOKUP,      /* of a name, which has no port and no call: EACCES is for denied */
	WRIT_NET_SEND,        /* the first datagram of many to a peer, and each that is denied */
	WRIT_NET_TLS,         /* the host that TLS names, of a connection that was allowed before */
	/*
	 * The end of what was allowed: of a TCP connection that was there, whose end the kernel has
	 * told of, or of the datagrams of a WRIT_NET_SEND. The address, port, name and rule are
	 * those of the event that began it.
	 */
	WRIT_NET_CLOSE,
};
#define WRIT_NET_KINDS 8

/* In place of a number: it could not be counted. */
#define WRIT_NET_UNKNOWN UINT64_MAX

enum writ_net_why {
	WRIT_NET_UNLISTED = 0, /* denied: no rule is about it */
	WRIT_NET_DENIED,       /* by a deny */
	WRIT_NET_CLASS, /* denied: what lists it does not reach this kind of address (this machine,
			 * a metadata service, ...) without naming it */
	WRIT_NET_BY_ADDRESS, /* allowed */
	WRIT_NET_BY_NAME, /* allowed: a listed name has the address, or the unix socket is listed */
};

struct writ_net_event {
	uint64_t number;  /* 0, 1, ...: of those denied, or of those allowed */
	uint64_t time_us; /* since writ_spawn, of a clock that nobody sets */
	/*
	 * Of WRIT_NET_CLOSE: bytes that the tool has sent and received, as content of segments or
	 * datagrams, and for how long. WRIT_NET_UNKNOWN, all three: what became of it was not seen.
	 */
	uint64_t sent;
	uint64_t received;
	uint64_t duration_us;
	enum writ_net_kind kind;
	enum writ_net_why why;
	int allowed;
	/*
	 * What the tool's call gave: 0 or an errno. -1: a call that was allowed waits still, or was
	 * given up; read it again to know.
	 */
	int sys_errno;
	uint32_t rule; /* that decided, for writ_net_rule(); or WRIT_NO_ID */
	uint16_t port;
	char address[48]; /* "203.0.113.7", "2001:db8::1"; "" of WRIT_NET_UNIX */
	/*
	 * The name that was looked up to get the address, as far as it is known; of WRIT_NET_UNIX
	 * the socket's path, with links followed where it was found, or "@" and an abstract name.
	 * What is longer is cut. From the tool: any bytes.
	 */
	char name[WRIT_NET_NAME];
};

/* 0 and *out. Errors: INVALID, NOMEM. */
WRIT_API WRIT_MUST_CHECK int writ_net_log_open(struct writ_net_log **out, struct writ_error *error);

/* NULL is allowed. */
WRIT_API void writ_net_log_close(struct writ_net_log *log);

/*
 * The next event of those that were allowed (not 0) or denied (0), from number *next on: 1, and
 * *next is the number behind it; 0: there is none yet. Numbers that are passed over are of events
 * that are gone, as later ones took their place. While the launch runs or after its end, from any
 * number of threads, each with a *next of its own that begins with 0; never waits.
 */
WRIT_API WRIT_MUST_CHECK int writ_net_log_next(struct writ_net_log *log, int allowed,
					       uint64_t *next, struct writ_net_event *out);

/*
 * A rule of a sandbox's network section as a policy would have it, with its parameters' values:
 * "10.0.0.0/8:443", or the path of a unix socket. That it is a deny, or is for binding, the event
 * says that names it. 0, or -WRIT_E_INVALID for a number that is no rule's. What does not fit into
 * size bytes is cut.
 */
WRIT_API WRIT_MUST_CHECK int writ_net_rule(const struct writ_sandbox *sandbox, uint32_t rule,
					   char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
