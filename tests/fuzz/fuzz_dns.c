/*
 * Fuzzes the resolver of a sandbox. In: operations, each a byte and what it needs: a client's
 * query, a server's answer, or time that passes. Messages are made from the input behind a right
 * beginning, as often as not, so that what is behind it is reached.
 *
 * The laws: what goes to a server is a listed name in lower case, of type A or AAAA, in a message
 * that is read back as one; what goes to a client is an answer to what it asked, of a size that it
 * takes, with addresses that are pinned to the name and that it may have; nothing else is ever
 * pinned; every question is over in time; and names mean the same as text as they did as bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/dns_stub.h"
#include "runtime/net_address.h"
#include "runtime/resolv_conf.h"

#define MAX_STEPS 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct policy_peer peers[] = {
	{.kind = WRIT_HOST_NAME, .name = {"a.org", 5}, .first = 443, .last = 443},
	{.kind = WRIT_HOST_SUFFIX, .name = {"w.org", 5}, .last = UINT16_MAX},
	{.kind = WRIT_HOST_NAME, .name = {"evil.w.org", 10}, .last = UINT16_MAX},
	{.kind = WRIT_HOST_NET,
	 .address = {[10] = 0xff, 0xff, 203, 0, 113, 0},
	 .prefix = 120,
	 .last = UINT16_MAX},
};
static const struct net_rule items[] = {{WRIT_ENDPOINT_CONNECT, &peers[0]},
					{WRIT_ENDPOINT_CONNECT, &peers[1]},
					{WRIT_ENDPOINT_DENY, &peers[2]},
					{WRIT_ENDPOINT_DENY, &peers[3]}};
static const struct net_rules rules = {items, 4};

static struct net_pins pins;
static struct dns_stub stub;
static struct dns_send sent;
static uint8_t message[4096];

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* ---- the laws ---- */

static void check_name(const uint8_t *data, size_t size)
{
	struct wire in = {.bytes = data, .len = size};
	struct dns_name name, back;
	char text[DNS_NAME_TEXT], host_text[HOSTNAME_MAX];
	struct slice host;

	if (!dns_name_read(&in, &name))
		return;
	check(name.len >= 1 && name.bytes[name.len - 1] == 0 && in.at <= size);
	check(dns_name_text(&name, text) == strlen(text));
	if (!dns_name_host(&name, host_text, &host))
		return;
	check(host.len == strlen(text) && dns_name_of_host(host, &back));
	check(dns_name_equal(&name, &back));
	check(host_name_is(host, (struct slice){text, host.len}));
}

static void check_to_server(void)
{
	struct wire in = {.bytes = sent.bytes, .len = sent.len, .at = DNS_HEADER};
	struct dns_query query;
	struct dns_question question;
	char text[HOSTNAME_MAX];
	struct slice host;

	check(sent.server < stub.n_servers && sent.len <= DNS_MAX_QUERY);
	check(dns_query_read(sent.bytes, sent.len, &query) == DNS_NOERROR);
	check(dns_question_read(&in, &question));
	check(question.type == DNS_TYPE_A || question.type == DNS_TYPE_AAAA);
	check(dns_name_host(&question.name, text, &host) && net_lists_name(&rules, host));
	dns_name_lower(&query.question.name);
	check(memcmp(query.question.name.bytes, question.name.bytes, question.name.len) == 0);
}

static bool is_pinned(struct slice host, const uint8_t address[16], uint64_t now_ms)
{
	uint32_t found[NET_MAX_PIN_NAMES];
	uint32_t n = net_pins_find(&pins, address, now_ms, found);

	for (uint32_t i = 0; i < n; i++) {
		struct slice name = net_pins_name(&pins, found[i]);

		if (name.len == host.len && memcmp(name.ptr, host.ptr, host.len) == 0)
			return true;
	}
	return false;
}

static void check_to_client(uint64_t now_ms)
{
	struct dns_question asked = sent.question;
	struct dns_answer answer;
	char text[HOSTNAME_MAX];
	struct slice host;

	check(sent.len >= DNS_HEADER &&
	      sent.len <= (sent.client.tcp ? DNS_MAX_REPLY : DNS_MAX_UDP));
	check(sent.bytes[2] & 0x80);
	if (!sent.bytes[5] || (sent.bytes[2] >> 3 & 15))
		return; /* it could not be read what was asked */
	check(dns_answer_read(sent.bytes, sent.len, &asked,
			      (uint16_t)(sent.bytes[0] << 8 | sent.bytes[1]),
			      &answer) == DNS_ANSWER_OURS);
	check((answer.n_addresses > 0) ==
	      (sent.outcome == DNS_TOLD_ADDRESSES && !answer.truncated));
	for (uint32_t i = 0; i < answer.n_addresses; i++) {
		check(dns_name_host(&asked.name, text, &host));
		check(net_address_class(answer.addresses[i], NULL) <= NET_PRIVATE);
		check(net_may_resolve(&rules, host, answer.addresses[i]));
		check(is_pinned(host, answer.addresses[i], now_ms));
	}
}

/* Every pin is of a name that is listed and an address that it may have, and lets it be reached. */
static void check_pins(uint64_t now_ms)
{
	struct net_peer peer = {.port = 443};

	for (uint32_t i = 0; i < NET_MAX_PINS; i++) {
		const struct net_pin *pin = &pins.items[i];

		if (pin->until_ms <= now_ms)
			continue;
		check(net_lists_name(&rules, net_pins_name(&pins, pin->name)));
		check(net_may_resolve(&rules, net_pins_name(&pins, pin->name), pin->address));
		check(pin->until_ms <= pins.names[pin->name].until_ms);
		memcpy(peer.address, pin->address, sizeof(peer.address));
		check(net_judge(&rules, &pins, &peer, now_ms).why == NET_BY_NAME);
		check(!net_judge(&rules, &pins, &peer, UINT64_MAX).allowed);
	}
}

/* ---- operations ---- */

struct input {
	const uint8_t *data;
	size_t size;
	uint64_t now_ms;
	uint16_t next_id;
};

static uint8_t take(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

/* Bytes of the input behind what message has; a length of 11 bits stands before them. */
static size_t fill(struct input *in, size_t at)
{
	size_t n = take(in);

	n |= (take(in) & 7u) << 8;
	if (n > in->size)
		n = in->size;
	memcpy(message + at, in->data, n);
	in->data += n;
	in->size -= n;
	return at + n;
}

static void drain(uint64_t now_ms)
{
	for (unsigned int i = 0; dns_stub_next(&stub, now_ms, &sent); i++) {
		check(i <= DNS_MAX_ASKED + DNS_MAX_WAITERS);
		if (sent.to == DNS_TO_SERVER)
			check_to_server();
		else
			check_to_client(now_ms);
	}
	check(dns_stub_due_ms(&stub) > now_ms);
}

static void ask(struct input *in, bool rightly)
{
	static const uint8_t beginning[] = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	struct dns_client client = {.port = take(in)};
	struct dns_packet packet = {.bytes = message, .now_ms = in->now_ms};

	client.tcp = take(in) & 1;
	memcpy(message, beginning, sizeof(beginning));
	if (rightly)
		message[11] = take(in) & 3;
	packet.len = fill(in, rightly ? sizeof(beginning) : 0);
	if (dns_stub_ask(&stub, &packet, &client, in->next_id++, &sent))
		check_to_client(in->now_ms);
}

/* An answer to one of the questions that are open, if rightly. */
static void answer(struct input *in, bool rightly)
{
	const struct dns_asked *asked = &stub.asked[take(in) % DNS_MAX_ASKED];
	struct dns_packet packet = {.bytes = message, .now_ms = in->now_ms};
	size_t len = 0;

	if (rightly && asked->used) {
		len = dns_query_write(&asked->question, asked->id, false, message);
		message[2] = (uint8_t)(0x80 | (take(in) & 2));
		message[3] = take(in) & 7;
		message[7] = take(in);
	}
	packet.len = fill(in, len);
	dns_stub_hear(&stub, &packet, take(in) % 4u);
}

static void resolv(const uint8_t *data, size_t size)
{
	struct resolv_conf conf;
	struct resolv_server server;
	char text[64];

	resolv_conf_read((const char *)data, size, &conf);
	check(conf.n >= 1 && conf.n <= RESOLV_MAX_SERVERS);
	for (uint32_t i = 0; i < conf.n; i++)
		check(strnlen(conf.servers[i].scope, RESOLV_MAX_SCOPE) < RESOLV_MAX_SCOPE);
	size = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = '\0';
	check(!resolv_server_parse(text, &server) || server.port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {.data = data, .size = size, .now_ms = 1};

	resolv(data, size);
	check_name(data, size);
	memset(&pins, 0, sizeof(pins));
	dns_stub_init(&stub, &rules, &pins, 3);
	for (unsigned int i = 0; in.size && i < MAX_STEPS; i++) {
		uint8_t op = take(&in);

		if (op % 5 < 2)
			ask(&in, op % 5);
		else if (op % 5 < 4)
			answer(&in, op % 5 == 2);
		else
			in.now_ms += (uint64_t)op * 50;
		drain(in.now_ms);
	}
	check_pins(in.now_ms);
	in.now_ms += (uint64_t)(DNS_MAX_TRIES + 1) * DNS_TRY_MS;
	for (unsigned int i = 0; i <= DNS_MAX_TRIES; i++)
		drain(in.now_ms += DNS_TRY_MS);
	check(dns_stub_due_ms(&stub) == UINT64_MAX);
	return 0;
}
