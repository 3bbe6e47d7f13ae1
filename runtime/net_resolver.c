/*
 * See net_resolver.h. A query's datagram says where it came from and where it was sent to, and the
 * answer goes back the same way: a client that has connected its socket hears no one else.
 *
 * What can't be had, room, a random number, a socket, is a query that is not answered or a server
 * that is of no use: nothing is made up for it.
 */
#include "runtime/net_resolver.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/net_address.h"
#include "runtime/net_events.h"
#include "runtime/net_rules.h"
#include "runtime/net_space.h"
#include "runtime/raw.h"

#define US_PER_MS 1000u

/* What no server has answered, or nobody could, was no decision. */
static void note(struct net_events *events, const struct dns_send *send)
{
	static const struct {
		bool is_decision;
		bool allowed;
		enum net_why why;
	} rows[] = {
		[DNS_TOLD_ADDRESSES] = {true, true, NET_BY_NAME},
		[DNS_TOLD_NOTHING] = {false, false, NET_UNLISTED},
		[DNS_TOLD_UNLISTED] = {true, false, NET_UNLISTED},
		[DNS_TOLD_REFUSED] = {true, false, NET_CLASS},
		[DNS_TOLD_FAILED] = {false, false, NET_UNLISTED},
		[DNS_TOLD_BUSY] = {false, false, NET_UNLISTED},
		[DNS_TOLD_MALFORMED] = {false, false, NET_UNLISTED},
	};
	char name[DNS_NAME_TEXT];
	struct net_verdict verdict = {.allowed = rows[send->outcome].allowed,
				      .why = rows[send->outcome].why,
				      .rule = NET_NO_RULE};

	if (!rows[send->outcome].is_decision)
		return;
	verdict.name = (struct slice){name, dns_name_text(&send->question.name, name)};
	net_events_add(events, WRIT_NET_LOOKUP, &verdict, NULL);
}

/* One that does not take it is as one that has gone. */
static void answer(struct net_resolver *resolver)
{
	const struct dns_send *send = &resolver->send;
	const struct dns_client *client = &send->client;
	struct net_datagram datagram = {.bytes = resolver->send.bytes, .len = send->len};

	datagram.to.port = client->port;
	memcpy(datagram.to.address, client->address, sizeof(client->address));
	memcpy(datagram.from.address, client->asked, sizeof(client->asked));
	note(resolver->events, send);
	(void)net_datagram_send((int)client->via, &datagram);
}

/* ---- turns ---- */

/* Everything that the stub has to say. */
static void flush(struct net_resolver *resolver, uint64_t now_ms)
{
	struct dns_send *send = &resolver->send;

	while (dns_stub_next(&resolver->stub, now_ms, send)) {
		if (send->to == DNS_TO_CLIENT)
			answer(resolver);
		else if (!net_upstream_send(&resolver->upstream, send, now_ms))
			dns_stub_fail(&resolver->stub, send->server,
				      (uint16_t)(send->bytes[0] << 8 | send->bytes[1]), now_ms);
	}
}

static void hear(struct net_resolver *resolver, uint32_t index, uint64_t now_ms)
{
	const struct net_exchange *exchange = &resolver->upstream.exchanges[index];
	const uint16_t id = exchange->id;
	const uint8_t server = exchange->server;
	struct dns_packet packet = {.now_ms = now_ms};
	int rc = net_upstream_receive(&resolver->upstream, index, &packet);

	if (rc == 0)
		return;
	if (rc < 0)
		dns_stub_fail(&resolver->stub, server, id, now_ms);
	else if (dns_stub_hear(&resolver->stub, &packet, server) || exchange->stream)
		net_upstream_drop(&resolver->upstream, index);
	flush(resolver, now_ms);
}

/* ---- from outside ---- */

void net_resolver_begin(struct net_resolver *resolver, const struct net_plan *plan,
			struct net_pins *pins)
{
	resolver->rules = (struct net_rules){plan->rules, plan->n_rules};
	dns_stub_init(&resolver->stub, &resolver->rules, pins, resolver->upstream.servers->n);
}

void net_resolver_ask(struct net_resolver *resolver, int listener,
		      const struct net_datagram *datagram, uint64_t now_ms)
{
	const struct dns_packet packet = {datagram->bytes, datagram->len, now_ms};
	struct dns_client client = {.port = datagram->from.port, .via = (uint32_t)listener};
	uint16_t id = 0;

	memcpy(client.address, datagram->from.address, sizeof(client.address));
	memcpy(client.asked, datagram->to.address, sizeof(client.asked));
	if (RAW(SYS_getrandom, &id, sizeof(id), GRND_NONBLOCK) == sizeof(id) &&
	    dns_stub_ask(&resolver->stub, &packet, &client, id, &resolver->send))
		answer(resolver);
	flush(resolver, now_ms);
}

uint64_t net_resolver_watch(struct net_resolver *resolver, struct pollfd *fds, uint64_t now_ms)
{
	uint64_t due_ms;

	net_upstream_watch(&resolver->upstream, fds, now_ms);
	due_ms = dns_stub_due_ms(&resolver->stub);
	if (due_ms == UINT64_MAX)
		return due_ms;
	return due_ms > now_ms ? (due_ms - now_ms) * US_PER_MS : 0;
}

void net_resolver_serve(struct net_resolver *resolver, const struct pollfd *fds, uint64_t now_ms)
{
	for (uint32_t i = 0; i < NET_RESOLVER_WATCHED; i++) {
		if (fds[i].revents)
			hear(resolver, i, now_ms);
	}
	flush(resolver, now_ms);
}
