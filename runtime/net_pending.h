/*
 * Calls on sockets that are answered later: a connection is not there yet, and the call waits. The
 * keeper does not: sockets are watched, and calls answered when it is known what has become of
 * them.
 *
 * And those that nobody has heard the answer of: a handled signal interrupts a call, and it may be
 * made once more, when it has been done already.
 *
 * Fixed tables a launch. All raw: for the keeper.
 */
#ifndef WRIT_RUNTIME_NET_PENDING_H
#define WRIT_RUNTIME_NET_PENDING_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "runtime/net_socket.h"

#define NET_MAX_PENDING 512u
#define NET_MAX_UNHEARD 8u

/* A call: what it was made for, and how it is known again. */
struct net_call {
	uint64_t id;
	int nr;
	uint64_t ino; /* of the socket */
	struct net_name name;
	bool is_repeated; /* it was answered with success before */
};

struct net_pending {
	struct net_call call;
	int fd;     /* of the socket */
	int object; /* of a unix socket's file, O_PATH; or -1 */
	bool has_deadline;
	uint64_t deadline_us;
};

struct net_unheard {
	struct net_call call; /* nr 0: none */
	long result;
};

struct net_events;

struct net_pendings {
	int listener;
	bool is_lost; /* an answer could not be given, and who called would wait for ever */
	const struct net_events *events; /* that are told how calls end */
	size_t n;
	struct net_pending items[NET_MAX_PENDING];
	struct net_unheard unheard[NET_MAX_UNHEARD];
	size_t next_unheard;
	struct net_call connected[NET_MAX_UNHEARD]; /* answered so */
	size_t next_connected;
};

/* CLOCK_MONOTONIC in microseconds. */
uint64_t net_now_us(void);

/* Answers a call with a value or a negative errno. */
void net_answer(struct net_pendings *pendings, const struct net_call *call, long result);

/* Was this call made before, its answer unheard? Then that, once. */
bool net_answered(struct net_pendings *pendings, const struct net_call *call, long *result);

/*
 * Was this connect answered with success lately? Once. The kernel takes an answer also in the
 * moment in which a signal ends the tool's wait, and then drops it: the call that is made again
 * finds the socket connected.
 */
bool net_connected(struct net_pendings *pendings, const struct net_call *call);

/*
 * Connects, as far as that goes without waiting: -EINPROGRESS, -EALREADY, -EAGAIN. object: of a
 * unix socket's file, or -1.
 */
long net_connect(int fd, int object, const struct net_name *name);

/*
 * Takes over a call and its descriptors, to answer it when there is something to answer. False:
 * there is no room, and they stay the caller's.
 */
bool net_pending_add(struct net_pendings *pendings, const struct net_pending *pending);

/* Fills in what to watch, pendings->n. Returns how many microseconds; UINT64_MAX: for ever. */
uint64_t net_pending_watch(const struct net_pendings *pendings, struct pollfd *fds,
			   uint64_t now_us);

/* Answers what can be, of those watched. */
void net_pending_serve(struct net_pendings *pendings, const struct pollfd *fds, size_t n);

#endif
