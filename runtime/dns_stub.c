/*
 * A question goes from "asked" to "settled". While it is asked it has a time at which something has
 * to be done about it: now, when it is new or a server was of no use, else when the server asked
 * last has had its time. It is settled by an answer, or by the end of its tries; then each of its
 * waiters is answered from the one place that an answer is kept in, and it is over.
 *
 * What leaves for a server is composed here from a listed name in lower case and A or AAAA: neither
 * ids, flags, options nor other types of the client's get out, so the only thing that a program can
 * tell the world by asking is which of the listed names it asks for, and when. HTTPS and SVCB
 * records (RFC 9460) are answered as if there were none, and clients fall back to addresses: their
 * hints would name addresses that nobody looked at, their targets names that nobody listed, and
 * their keys hide the server name.
 *
 * A name that is not listed does not exist (NXDOMAIN). REFUSED would be the better word, but libcs
 * take it for a broken server and ask again, until their time is over.
 */
#include "runtime/dns_stub.h"

#include <string.h>

void dns_stub_init(struct dns_stub *stub, const struct net_rules *rules, struct net_pins *pins,
		   uint32_t n_servers)
{
	memset(stub, 0, sizeof(*stub));
	stub->rules = rules;
	stub->pins = pins;
	stub->n_servers = n_servers < DNS_MAX_SERVERS ? n_servers : DNS_MAX_SERVERS;
}

/* ---- to clients ---- */

/* Records of the settled answer. False: they have no room. */
static bool put_records(const struct dns_stub *stub, bool chain, struct dns_reply *reply)
{
	const struct dns_answer *answer = &stub->answer;
	uint32_t ttl_s = answer->ttl_s < NET_PIN_MAX_TTL_S ? answer->ttl_s : NET_PIN_MAX_TTL_S;

	for (uint32_t i = 0; chain && i < answer->n_chain; i++) {
		if (!dns_reply_cname(reply, &answer->chain[i], ttl_s))
			return false;
	}
	/* Which of many addresses a client gets is ours to choose: those that fit, but one. */
	for (uint32_t i = 0; i < answer->n_addresses; i++) {
		if (!dns_reply_address(reply, answer->addresses[i], ttl_s))
			return i > 0;
	}
	return true;
}

static void describe(struct dns_send *out, const struct dns_query *query,
		     const struct dns_client *client, enum dns_outcome outcome)
{
	out->to = DNS_TO_CLIENT;
	out->client = *client;
	out->outcome = outcome;
	out->n_refused = 0;
	out->question = query->question;
}

/* An answer without records. */
static void answer_at_once(struct dns_send *out, const struct dns_query *query,
			   enum dns_rcode rcode)
{
	bool blocked = out->outcome == DNS_TOLD_UNLISTED;
	struct dns_reply reply;

	dns_reply_begin(&reply, query, rcode, out->client.tcp, out->bytes);
	out->len = dns_reply_end(&reply, blocked);
}

static void answer_waiter(const struct dns_stub *stub, const struct dns_waiter *waiter,
			  struct dns_send *out)
{
	struct dns_reply reply;

	describe(out, &waiter->query, &waiter->client, stub->outcome);
	out->n_refused = stub->n_refused;
	/* Rather without its aliases than cut: a client may have no TCP to ask again by. */
	for (int chain = 1; chain >= 0; chain--) {
		dns_reply_begin(&reply, &waiter->query, stub->answer.rcode, waiter->client.tcp,
				out->bytes);
		if (put_records(stub, chain, &reply))
			break;
		if (!chain)
			dns_reply_truncate(&reply);
	}
	out->len = dns_reply_end(&reply, stub->outcome == DNS_TOLD_REFUSED);
}

/* ---- queries ---- */

static bool same_client(const struct dns_client *a, const struct dns_client *b)
{
	return a->port == b->port && a->tcp == b->tcp && a->via == b->via &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0 &&
	       memcmp(a->asked, b->asked, sizeof(a->asked)) == 0;
}

/* Also when the same client asked the same before: its first query timed out. */
static bool add_waiter(struct dns_stub *stub, uint32_t asked, const struct dns_client *client,
		       const struct dns_query *query)
{
	struct dns_waiter *empty = NULL;

	for (uint32_t i = 0; i < DNS_MAX_WAITERS; i++) {
		struct dns_waiter *waiter = &stub->waiters[i];

		if (!waiter->used)
			empty = waiter;
		else if (waiter->asked == asked && waiter->query.id == query->id &&
			 same_client(&waiter->client, client))
			return true;
	}
	if (!empty)
		return false;
	*empty = (struct dns_waiter){true, asked, *client, *query};
	return true;
}

/* The question's entry, a new one if need be; or DNS_MAX_ASKED. */
static uint32_t find_asked(const struct dns_stub *stub, const struct dns_question *question)
{
	uint32_t empty = DNS_MAX_ASKED;

	for (uint32_t i = 0; i < DNS_MAX_ASKED; i++) {
		const struct dns_asked *asked = &stub->asked[i];

		if (!asked->used)
			empty = i;
		else if (asked->question.type == question->type &&
			 dns_name_equal(&asked->question.name, &question->name))
			return i;
	}
	return empty;
}

static bool enqueue(struct dns_stub *stub, const struct dns_query *query,
		    const struct dns_client *client, uint16_t id, uint64_t now_ms)
{
	uint32_t i = find_asked(stub, &query->question);
	struct dns_asked *asked = &stub->asked[i];

	if (i == DNS_MAX_ASKED || !stub->n_servers || !add_waiter(stub, i, client, query))
		return false;
	if (asked->used)
		return true;
	*asked = (struct dns_asked){.used = true, .id = id, .due_ms = now_ms};
	asked->question = query->question;
	dns_name_lower(&asked->question.name);
	return true;
}

static bool is_listed(const struct dns_stub *stub, const struct dns_question *question)
{
	char text[HOSTNAME_MAX];
	struct slice host;

	return dns_name_host(&question->name, text, &host) && net_lists_name(stub->rules, host);
}

bool dns_stub_ask(struct dns_stub *stub, const struct dns_packet *packet,
		  const struct dns_client *client, uint16_t id, struct dns_send *out)
{
	struct dns_query query;
	int rcode = dns_query_read(packet->bytes, packet->len, &query);
	bool is_address = query.question.type == DNS_TYPE_A || query.question.type == DNS_TYPE_AAAA;

	if (rcode == DNS_NO_ANSWER)
		return false;
	describe(out, &query, client, DNS_TOLD_MALFORMED);
	if (rcode == DNS_NOERROR && query.question.class != DNS_CLASS_IN)
		rcode = DNS_REFUSED;
	if (rcode == DNS_NOERROR && !is_listed(stub, &query.question)) {
		out->outcome = DNS_TOLD_UNLISTED;
		rcode = DNS_NXDOMAIN;
	} else if (rcode == DNS_NOERROR && !is_address) {
		out->outcome = DNS_TOLD_NOTHING;
	} else if (rcode == DNS_NOERROR) {
		if (enqueue(stub, &query, client, id, packet->now_ms))
			return false;
		out->outcome = DNS_TOLD_BUSY;
		rcode = DNS_SERVFAIL;
	}
	answer_at_once(out, &query, (enum dns_rcode)rcode);
	return true;
}

/* ---- answers ---- */

/* Is a name on the way to the addresses denied? At some port is enough: which will be connected to
 * is not known yet, and then it is the name's that was asked for. */
static bool chain_is_denied(const struct dns_stub *stub)
{
	for (uint32_t i = 0; i < stub->answer.n_chain; i++) {
		char text[HOSTNAME_MAX];
		struct slice host;

		if (dns_name_host(&stub->answer.chain[i], text, &host) &&
		    (net_denies_name(stub->rules, host) || net_denies_some_of(stub->rules, host)))
			return true;
	}
	return false;
}

/* Keeps the addresses that the name may have, and pins them. */
static void pin_addresses(struct dns_stub *stub, const struct dns_asked *asked, uint64_t now_ms)
{
	struct dns_answer *answer = &stub->answer;
	char text[HOSTNAME_MAX];
	struct slice host = {NULL, 0};
	bool denied = !dns_name_host(&asked->question.name, text, &host) || chain_is_denied(stub);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < answer->n_addresses; i++) {
		const uint8_t *address = answer->addresses[i];

		if (denied || !net_may_resolve(stub->rules, host, address))
			continue;
		net_pins_add(stub->pins, host, address, answer->ttl_s, now_ms);
		memmove(answer->addresses[kept++], address, sizeof(answer->addresses[0]));
	}
	stub->n_refused = answer->n_addresses - kept;
	answer->n_addresses = kept;
	stub->outcome = kept ? DNS_TOLD_ADDRESSES : DNS_TOLD_NOTHING;
	if (!kept && (denied || stub->n_refused)) {
		stub->outcome = DNS_TOLD_REFUSED;
		answer->n_chain = 0;
	}
}

static void settle(struct dns_stub *stub, uint32_t asked)
{
	stub->settled = true;
	stub->settling = asked;
}

static void settle_failure(struct dns_stub *stub, uint32_t asked)
{
	stub->answer.rcode = DNS_SERVFAIL;
	stub->answer.n_chain = stub->answer.n_addresses = 0;
	stub->outcome = DNS_TOLD_FAILED;
	stub->n_refused = 0;
	settle(stub, asked);
}

static bool is_useful(const struct dns_answer *answer)
{
	return (answer->rcode == DNS_NOERROR || answer->rcode == DNS_NXDOMAIN) &&
	       !(answer->truncated && !answer->n_addresses);
}

/*
 * stub->answer is one to a question. One of no use makes the next try come now: of the next server,
 * or of the same in the way that it understands (RFC 6891, 6.2.2; RFC 7766, 5).
 */
static void take_answer(struct dns_stub *stub, uint32_t i, uint32_t server, uint64_t now_ms)
{
	struct dns_asked *asked = &stub->asked[i];
	enum dns_rcode rcode = stub->answer.rcode;

	if (is_useful(&stub->answer)) {
		stub->first = server;
		pin_addresses(stub, asked, now_ms);
		settle(stub, i);
		return;
	}
	if (server != asked->server)
		return;
	asked->due_ms = now_ms;
	if ((rcode == DNS_FORMERR || rcode == DNS_NOTIMP) && !asked->plain)
		asked->plain = asked->again = true;
	else if (stub->answer.truncated && !asked->tcp)
		asked->tcp = asked->again = true;
}

bool dns_stub_hear(struct dns_stub *stub, const struct dns_packet *packet, uint32_t server)
{
	/* The place for an answer is taken only while the caller has not sent what there is. */
	if (stub->settled || server >= stub->n_servers)
		return false;
	for (uint32_t i = 0; i < DNS_MAX_ASKED; i++) {
		const struct dns_asked *asked = &stub->asked[i];
		enum dns_answer_kind kind;

		if (!asked->used || !(asked->servers >> server & 1))
			continue;
		kind = dns_answer_read(packet->bytes, packet->len, &asked->question, asked->id,
				       &stub->answer);
		if (kind == DNS_ANSWER_FOREIGN)
			continue;
		if (kind == DNS_ANSWER_BROKEN)
			stub->answer.rcode = DNS_SERVFAIL;
		take_answer(stub, i, server, packet->now_ms);
		return true;
	}
	return false;
}

void dns_stub_fail(struct dns_stub *stub, uint32_t server, uint16_t id, uint64_t now_ms)
{
	for (uint32_t i = 0; i < DNS_MAX_ASKED; i++) {
		struct dns_asked *asked = &stub->asked[i];

		if (asked->used && asked->tries && asked->id == id && asked->server == server &&
		    !asked->again)
			asked->due_ms = now_ms;
	}
}

/* ---- what is to be sent ---- */

static void query_server(struct dns_stub *stub, struct dns_asked *asked, uint64_t now_ms,
			 struct dns_send *out)
{
	if (asked->tries == 0)
		asked->server = (uint8_t)stub->first;
	else if (!asked->again)
		asked->server = (uint8_t)((asked->server + 1u) % stub->n_servers);
	asked->again = false;
	asked->tries++;
	asked->servers = (uint8_t)(asked->servers | 1u << asked->server);
	asked->due_ms = now_ms + DNS_TRY_MS;
	out->to = DNS_TO_SERVER;
	out->server = asked->server;
	out->tcp = asked->tcp;
	out->question = asked->question;
	out->len = dns_query_write(&asked->question, asked->id, !asked->plain, out->bytes);
}

/* The next waiter of the settled question; false: there are no more, and it is over. */
static bool next_waiter(struct dns_stub *stub, struct dns_send *out)
{
	for (uint32_t i = 0; i < DNS_MAX_WAITERS; i++) {
		struct dns_waiter *waiter = &stub->waiters[i];

		if (!waiter->used || waiter->asked != stub->settling)
			continue;
		waiter->used = false;
		answer_waiter(stub, waiter, out);
		return true;
	}
	stub->asked[stub->settling].used = false;
	stub->settled = false;
	return false;
}

bool dns_stub_next(struct dns_stub *stub, uint64_t now_ms, struct dns_send *out)
{
	if (stub->settled && next_waiter(stub, out))
		return true;
	for (uint32_t i = 0; i < DNS_MAX_ASKED; i++) {
		struct dns_asked *asked = &stub->asked[i];

		if (!asked->used || asked->due_ms > now_ms)
			continue;
		if (asked->tries < DNS_MAX_TRIES) {
			query_server(stub, asked, now_ms, out);
			return true;
		}
		settle_failure(stub, i);
		if (next_waiter(stub, out))
			return true;
	}
	return false;
}

uint64_t dns_stub_due_ms(const struct dns_stub *stub)
{
	uint64_t due_ms = UINT64_MAX;

	if (stub->settled)
		return 0;
	for (uint32_t i = 0; i < DNS_MAX_ASKED; i++) {
		if (stub->asked[i].used && stub->asked[i].due_ms < due_ms)
			due_ms = stub->asked[i].due_ms;
	}
	return due_ms;
}
