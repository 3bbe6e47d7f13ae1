/*
 * See net_events.h: the writing half, in the keeper. A slot's number is taken away before its words
 * are written, and given when they are: who has read the same number before and after has read one
 * event.
 */
#include "runtime/net_events.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "runtime/net_address.h"
#include "runtime/net_pending.h"
#include "runtime/raw.h"

_Static_assert((int)NET_UNLISTED == (int)WRIT_NET_UNLISTED, "one numbering");
_Static_assert((int)NET_BY_NAME == (int)WRIT_NET_BY_NAME, "one numbering");
_Static_assert(NET_NO_RULE == WRIT_NO_ID, "one number");

static void copy_name(char *out, struct slice name)
{
	size_t len = name.len < WRIT_NET_NAME ? name.len : WRIT_NET_NAME - 1;

	if (len)
		memcpy(out, name.ptr, len);
}

static void publish(struct net_slot *slot, const struct writ_net_event *event)
{
	uint64_t words[NET_EVENT_WORDS];

	memcpy(words, event, sizeof(words));
	atomic_store_explicit(&slot->number, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (size_t i = 0; i < NET_EVENT_WORDS; i++)
		atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
	atomic_store_explicit(&slot->number, event->number + 1, memory_order_release);
}

/* What the call has given, or would; -1: it is not known yet. */
static int first_error(bool allowed, enum writ_net_kind kind)
{
	if (kind == WRIT_NET_TLS)
		return allowed ? 0 : ECONNRESET;
	if ((kind == WRIT_NET_LOOKUP || kind == WRIT_NET_CLOSE) && allowed)
		return 0;
	return allowed ? -1 : EACCES;
}

static void log_event(const struct net_events *events, struct writ_net_event *event)
{
	struct net_ring *ring = &events->log->rings[event->allowed];
	size_t at;

	event->number = atomic_load_explicit(&ring->n, memory_order_relaxed);
	at = event->number % WRIT_NET_LOG_EVENTS;
	ring->calls[at] = event->kind == WRIT_NET_CLOSE ? 0 : events->call;
	atomic_store_explicit(&ring->slots[at].error, first_error(event->allowed, event->kind),
			      memory_order_relaxed);
	publish(&ring->slots[at], event);
	atomic_store_explicit(&ring->n, event->number + 1, memory_order_release);
}

void net_events_add(struct net_events *events, enum writ_net_kind kind,
		    const struct net_verdict *verdict, const struct net_peer *peer)
{
	struct writ_net_event event;

	events->counts[kind][verdict->allowed]++;
	if (!events->log)
		return;
	/* All of it: who reads compares events whole. */
	memset(&event, 0, sizeof(event));
	event.time_us = net_now_us() - events->log->started_us;
	event.kind = kind;
	event.why = (enum writ_net_why)verdict->why;
	event.allowed = verdict->allowed;
	event.rule = verdict->rule;
	copy_name(event.name, verdict->name);
	if (peer) {
		event.port = peer->port;
		(void)net_address_text(peer->address, event.address);
	}
	log_event(events, &event);
}

bool net_events_last(const struct net_events *events, struct writ_net_event *out)
{
	const struct net_ring *ring;
	uint64_t words[NET_EVENT_WORDS];
	uint64_t n;

	if (!events->log)
		return false;
	ring = &events->log->rings[true];
	n = atomic_load_explicit(&ring->n, memory_order_relaxed);
	for (size_t i = 0; n && i < NET_EVENT_WORDS; i++)
		words[i] =
			atomic_load_explicit(&ring->slots[(n - 1) % WRIT_NET_LOG_EVENTS].words[i],
					     memory_order_relaxed);
	if (n)
		memcpy(out, words, sizeof(*out));
	return n != 0;
}

void net_events_end(struct net_events *events, const struct writ_net_event *begun, uint64_t sent,
		    uint64_t received)
{
	const bool is_known = sent != WRIT_NET_UNKNOWN;
	struct writ_net_event event = *begun;

	event.kind = WRIT_NET_CLOSE;
	event.time_us = net_now_us() - events->log->started_us;
	event.sent = sent;
	event.received = received;
	event.duration_us = is_known ? event.time_us - begun->time_us : WRIT_NET_UNKNOWN;
	events->counts[WRIT_NET_CLOSE][is_known]++;
	events->sent += is_known ? sent : 0;
	events->received += is_known ? received : 0;
	log_event(events, &event);
}

void net_events_answered(const struct net_events *events, uint64_t call, long result)
{
	struct net_ring *ring;

	if (!events->log)
		return;
	ring = &events->log->rings[true];
	for (size_t i = 0; i < WRIT_NET_LOG_EVENTS; i++) {
		if (ring->calls[i] != call)
			continue;
		/* Of one call. Ids begin at random and are not used again. */
		ring->calls[i] = 0;
		atomic_store_explicit(&ring->slots[i].error, result < 0 ? (int)-result : 0,
				      memory_order_relaxed);
	}
}
