/*
 * The reading half of net_events.h, for whoever launches: a log, its events, and the text of the
 * rules that they name. A reader never waits for the keeper, which may have been killed in the
 * middle of a record: what can't be read whole in a few tries counts as missing.
 */
#include <stdio.h>
#include <string.h>

#include "runtime/error.h"
#include "runtime/net_address.h"
#include "runtime/net_events.h"
#include "runtime/process.h"
#include "runtime/sandbox.h"

#define TRIES        64
#define ADDRESS_BITS 128u
#define IPV4_PREFIX  96u /* of the addresses that map IPv4 */

int writ_net_log_open(struct writ_net_log **out, struct writ_error *error)
{
	struct pool pool = {.is_brief = false};
	struct writ_net_log *log;

	if (!out)
		return error_set(error, WRIT_E_INVALID, "writ_net_log_open: no place for the log");
	log = pool_alloc(&pool, sizeof(*log));
	if (!log)
		return error_nomem(error);
	log->pool = pool;
	*out = log;
	return 0;
}

void writ_net_log_close(struct writ_net_log *log)
{
	if (log)
		pool_free(&log->pool);
}

bool net_log_take(struct writ_net_log *log)
{
	log->started_us = process_now_us();
	return !atomic_exchange(&log->is_taken, true);
}

/* False: it is being written, or is another by now. */
static bool read_slot(struct net_slot *slot, uint64_t number, struct writ_net_event *out)
{
	uint64_t words[NET_EVENT_WORDS];
	int error;

	if (atomic_load_explicit(&slot->number, memory_order_acquire) != number + 1)
		return false;
	for (size_t i = 0; i < NET_EVENT_WORDS; i++)
		words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
	error = atomic_load_explicit(&slot->error, memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	memcpy(out, words, sizeof(*out));
	out->sys_errno = error;
	return atomic_load_explicit(&slot->number, memory_order_relaxed) == number + 1;
}

int writ_net_log_next(struct writ_net_log *log, int allowed, uint64_t *next,
		      struct writ_net_event *out)
{
	struct net_ring *ring = &log->rings[allowed != 0];
	uint64_t n = atomic_load_explicit(&ring->n, memory_order_acquire);

	for (unsigned int tries = 0; *next < n; tries++) {
		if (n - *next > WRIT_NET_LOG_EVENTS)
			*next = n - WRIT_NET_LOG_EVENTS;
		if (read_slot(&ring->slots[*next % WRIT_NET_LOG_EVENTS], *next, out)) {
			++*next;
			return 1;
		}
		n = atomic_load_explicit(&ring->n, memory_order_acquire);
		*next += tries % TRIES == TRIES - 1;
	}
	return 0;
}

/* ---- rules ---- */

static void put_net(const struct policy_peer *peer, char text[WRIT_NET_NAME])
{
	bool ipv4 = peer->prefix >= IPV4_PREFIX && net_address_is_ipv4(peer->address);
	char address[NET_ADDRESS_TEXT];
	char prefix[8] = "";

	(void)net_address_text(peer->address, address);
	if (peer->prefix < ADDRESS_BITS)
		(void)snprintf(prefix, sizeof(prefix), "/%u",
			       (peer->prefix - (ipv4 ? IPV4_PREFIX : 0)) & UINT8_MAX);
	(void)snprintf(text, WRIT_NET_NAME, ipv4 ? "%s%s" : "[%s%s]", address, prefix);
}

static void put_host(const struct policy_peer *peer, char text[WRIT_NET_NAME])
{
	static const char *const before[] = {
		[WRIT_HOST_ANY] = "*", [WRIT_HOST_NAME] = "", [WRIT_HOST_SUFFIX] = "*."};

	if (peer->kind == WRIT_HOST_NET)
		put_net(peer, text);
	else
		(void)snprintf(text, WRIT_NET_NAME, "%s%.*s", before[peer->kind],
			       (int)peer->name.len, peer->name.ptr ? peer->name.ptr : "");
}

static void put_ports(const struct policy_peer *peer, char text[16])
{
	if (peer->last == UINT16_MAX && peer->first <= 1)
		(void)snprintf(text, 16, "*");
	else
		(void)snprintf(text, 16, peer->first == peer->last ? "%u" : "%u-%u",
			       (unsigned int)peer->first, (unsigned int)peer->last);
}

int writ_net_rule(const struct writ_sandbox *sandbox, uint32_t rule, char *text, size_t size)
{
	const struct net_plan *plan = &sandbox->net;
	const struct net_rule *found;
	char host[WRIT_NET_NAME];
	char ports[16];

	if (rule >= plan->n_rules) {
		rule -= plan->n_rules;
		if (rule >= plan->n_sockets)
			return -WRIT_E_INVALID;
		(void)snprintf(text, size, "%s", plan->sockets[rule]);
		return 0;
	}
	found = &plan->rules[rule];
	put_host(found->peer, host);
	put_ports(found->peer, ports);
	(void)snprintf(text, size, "%s%s:%s", found->flags & WRIT_ENDPOINT_UDP ? "udp://" : "",
		       host, ports);
	return 0;
}
