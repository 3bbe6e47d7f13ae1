/*
 * The net gate: connections are made on a tool's behalf, to what its sandbox lists.
 *
 * The tool's filter hands connect, bind and listen to a listener, which the keeper answers. It
 * copies the name once, takes the tool's own socket, judges, and makes the call on that socket with
 * its copy: nothing that the tool writes or swaps meanwhile changes what happens. A socket that is
 * connected is as any other, and no byte takes a detour, but where TLS is to be heard (net_tls.h).
 * Where names or UDP are listed, socket is handed over as well: datagram sockets are given out
 * (net_names.h). All raw: for the keeper.
 */
#ifndef WRIT_RUNTIME_NET_GATE_H
#define WRIT_RUNTIME_NET_GATE_H

#include "runtime/net_ends.h"
#include "runtime/net_events.h"
#include "runtime/net_names.h"
#include "runtime/net_pending.h"
#include "runtime/net_plan.h"
#include "runtime/net_tls.h"

struct broker;

/* Two are the keeper's, one is of ends; then come those of names, and those of TLS. */
#define NET_GATE_WATCHED (3u + NET_NAMES_WATCHED + NET_TLS_WATCHED + NET_MAX_PENDING)

/* All zero but for the plan before it is used. */
struct net_gate {
	struct net_plan plan;
	struct net_names *names; /* NULL: it lists none */
	struct net_tls *tls;     /* NULL: none is to be named by TLS */
	struct net_ends *ends;   /* NULL: nobody asks how much went either way */
	struct net_pins pins;
	struct net_events events;
	struct net_pendings pendings;
	struct pollfd watched[NET_GATE_WATCHED];
	size_t n_watched;
	size_t n_tls; /* of these */
};

/* Is it a call that the gate answers? */
bool net_gate_has(int nr);

/* A stack for a process of the gate's, before there are calls. */
void net_gate_lend(struct net_gate *gate, char *stack, size_t stack_bytes);

/* Ends what runs in the keeper's memory besides it. */
void net_gate_end(struct net_gate *gate);

/* Has that ended? Waits for a second at most. */
bool net_gate_has_ended(struct net_gate *gate);

/* No process of the launch is left: ends what is open, and tells what it came to. */
void net_gate_finish(struct net_gate *gate);

/* A connection of gate->tls, whose owner the gate is. */
bool net_gate_may_name(void *gate, const struct net_tls_connection *connection, struct slice name);

/* Does the call in broker->notif, and answers it, or will. */
void net_gate_call(struct net_gate *gate, struct broker *broker);

/*
 * Watches what there is, and goes on with what is pending. fds are two, of which the second is of
 * the listener, which is not watched while no call can be received. most: to wait; or NULL. As
 * ppoll(2); -EPIPE when an answer could not be given.
 */
long net_gate_wait(struct net_gate *gate, struct broker *broker, struct pollfd *fds,
		   const struct timespec *most);

#endif
