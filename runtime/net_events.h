/*
 * Events of the network: each decision of a launch's net gate is counted, and written to the
 * caller's log where there is one.
 *
 * A log has a ring for what was allowed and one for what was denied, so that many of one kind push
 * out none of the other. The keeper writes; it never waits for who reads, in whatever thread, and
 * what the two of them touch is atomic. A record that is overwritten was counted: who reads sees by
 * the numbers how many are missing.
 */
#ifndef WRIT_RUNTIME_NET_EVENTS_H
#define WRIT_RUNTIME_NET_EVENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/net_judge.h"
#include "runtime/pool.h"
#include "runtime/writ_net.h"

#define NET_EVENT_WORDS (sizeof(struct writ_net_event) / sizeof(uint64_t))
_Static_assert(sizeof(struct writ_net_event) % sizeof(uint64_t) == 0, "of whole words");

struct net_slot {
	_Atomic uint64_t number; /* the event's and one; 0: it is being written */
	_Atomic int error;       /* of the event, which is still to come */
	_Atomic uint64_t words[NET_EVENT_WORDS];
};

struct net_ring {
	_Atomic uint64_t n; /* events so far: number i is in slot i % WRIT_NET_LOG_EVENTS */
	struct net_slot slots[WRIT_NET_LOG_EVENTS];
	uint64_t calls[WRIT_NET_LOG_EVENTS]; /* the keeper's: by the kernel's ids */
};

struct writ_net_log {
	struct pool pool; /* what it is in */
	atomic_bool is_taken;
	uint64_t started_us;
	struct net_ring rings[2]; /* denied, allowed */
};

/* A launch's; all zero is one without a log. */
struct net_events {
	struct writ_net_log *log;
	uint64_t call;                      /* that is being judged */
	uint64_t counts[WRIT_NET_KINDS][2]; /* denied, allowed; of WRIT_NET_CLOSE: unknown, known */
	uint64_t sent;                      /* bytes, of those known */
	uint64_t received;
};

/* Of the call that is being judged. Its name is in the verdict; peer may be NULL. */
void net_events_add(struct net_events *events, enum writ_net_kind kind,
		    const struct net_verdict *verdict, const struct net_peer *peer);

/* What a call that was allowed has come to: 0 or more, or a negative errno. */
void net_events_answered(const struct net_events *events, uint64_t call, long result);

/* The latest that was allowed. False: none was, or there is no log. */
bool net_events_last(const struct net_events *events, struct writ_net_event *out);

/* The end of what an event began, with what is known of it: both, or WRIT_NET_UNKNOWN. */
void net_events_end(struct net_events *events, const struct writ_net_event *begun, uint64_t sent,
		    uint64_t received);

/* For one launch, which begins now. False: it is another's. */
bool net_log_take(struct writ_net_log *log);

#endif
