/*
 * See net_events.h: the writing half, in the keeper. A slot's number is taken away before its words
 * are written, and given when they are: who has read the same number before and after has read one
 * event.
 */
#include "runtime/net_events.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

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

static void publish(struct net_slot *slot, uint64_t number, const struct net_record *record)
{
	uint64_t words[NET_RECORD_WORDS];

	memcpy(words, record, sizeof(words));
	atomic_store_explicit(&slot->number, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (size_t i = 0; i < NET_RECORD_WORDS; i++)
		atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
	atomic_store_explicit(&slot->number, number + 1, memory_order_release);
}

static void log_event(const struct net_events *events, bool allowed,
		      const struct net_record *record)
{
	struct net_ring *ring = &events->log->rings[allowed];
	uint64_t number = atomic_load_explicit(&ring->n, memory_order_relaxed);
	size_t at = number % WRIT_NET_LOG_EVENTS;

	ring->calls[at] = events->call;
	atomic_store_explicit(&ring->slots[at].error, allowed ? -1 : EACCES, memory_order_relaxed);
	publish(&ring->slots[at], number, record);
	atomic_store_explicit(&ring->n, number + 1, memory_order_release);
}

void net_events_add(struct net_events *events, enum writ_net_kind kind,
		    const struct net_verdict *verdict, const struct net_peer *peer)
{
	struct net_record record = {.kind = (uint8_t)kind,
				    .why = (uint8_t)verdict->why,
				    .rule = verdict->rule};

	events->counts[kind][verdict->allowed]++;
	if (!events->log)
		return;
	record.time_us = net_now_us() - events->log->started_us;
	copy_name(record.name, verdict->name);
	if (peer) {
		record.port = peer->port;
		memcpy(record.address, peer->address, sizeof(record.address));
	}
	log_event(events, verdict->allowed, &record);
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
