/*
 * The net gate: connections are made on a tool's behalf, to what its sandbox lists.
 *
 * The tool's filter hands connect, bind and listen to a listener, which the keeper answers. It
 * copies the name once, takes the tool's own socket, judges, and makes the call on that socket with
 * its copy: nothing that the tool writes or swaps meanwhile changes what happens. A socket that is
 * connected is as any other, and no byte takes a detour. All raw: for the keeper.
 */
#ifndef WRIT_RUNTIME_NET_GATE_H
#define WRIT_RUNTIME_NET_GATE_H

#include "runtime/net_events.h"
#include "runtime/net_pending.h"
#include "runtime/net_plan.h"

struct broker;

/* All zero but for the plan before it is used. */
struct net_gate {
	struct net_plan plan;
	struct net_pins pins;
	struct net_events events;
	struct net_pendings pendings;
	struct pollfd watched[2 + NET_MAX_PENDING]; /* two are the keeper's */
};

/* Is it a call that the gate answers? */
bool net_gate_has(int nr);

/* Does the call in broker->notif, and answers it, or will. */
void net_gate_call(struct net_gate *gate, struct broker *broker);

#endif
