/*
 * A day of look-ups, with a clock that is wound: names that change their addresses, servers that
 * are silent, late, broken or lie. What may be connected to is held against a record of all that
 * was answered: nothing is allowed that is stale or was never said, and nothing valid is lost, as
 * there is room for all of it.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/dns_stub.h"
#include "support/dns_maker.h"
#include "support/net_maker.h"

#define N_NAMES     120u
#define N_SETS      256u /* of addresses that a name has one after the other */
#define N_ADDRESSES 3u
#define N_SHARED    16u /* that several names have */
#define DAY_MS      (24u * 3600u * 1000u)
#define LOOK        16u /* addresses that are asked about at each step */

static struct net_pins pins;
static struct net_rules rules;
static struct dns_stub stub;
static struct dns_send sent;
static struct dns_maker maker;
static uint64_t now_ms = 1000;
static uint16_t next_id = 1;

/* Until when each is allowed. */
static uint64_t own[N_NAMES][N_SETS][N_ADDRESSES];
static uint64_t shared[N_NAMES][N_SHARED];
static unsigned int set_of[N_NAMES]; /* that a name has now */

static unsigned int one_of(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static bool is_allowed(const char *address)
{
	struct net_peer peer = {.port = 443};

	(void)net_address_of(address, peer.address);
	return net_judge(&rules, &pins, &peer, now_ms).allowed;
}

static const char *own_text(unsigned int name, unsigned int set, unsigned int i)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "20.%u.%u.%u", name, set, i);
	return text;
}

static const char *shared_text(unsigned int i)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "30.0.0.%u", i);
	return text;
}

static void expect_own(unsigned int name, unsigned int set, unsigned int i)
{
	const char *text = own_text(name, set, i);
	uint64_t until = own[name][set][i];

	cr_assert_eq(is_allowed(text), until > now_ms, "%s at %llu, until %llu", text,
		     (unsigned long long)now_ms, (unsigned long long)until);
}

static unsigned int expect_shared(unsigned int i)
{
	unsigned int n = 0;

	for (unsigned int name = 0; name < N_NAMES; name++)
		n += shared[name][i] > now_ms;
	cr_assert_eq(is_allowed(shared_text(i)), n > 0, "%s", shared_text(i));
	return n;
}

/* Everything that is or was allowed; returns how many pins that are. */
static unsigned int expect_all(void)
{
	unsigned int n = 0;

	for (unsigned int name = 0; name < N_NAMES; name++) {
		for (unsigned int set = 0; set < N_SETS; set++) {
			n += own[name][set][0] > now_ms ? N_ADDRESSES : 0;
			if (own[name][set][0])
				expect_own(name, set, one_of(N_ADDRESSES));
		}
	}
	for (unsigned int i = 0; i < N_SHARED; i++)
		n += expect_shared(i);
	return n;
}

static void remember(uint64_t *until, uint32_t ttl_s)
{
	uint64_t said = ttl_s < NET_PIN_MIN_TTL_S ? NET_PIN_MIN_TTL_S : ttl_s;

	said = now_ms + said * 1000 + NET_PIN_GRACE_MS;
	if (*until < said)
		*until = said;
}

static void hear(uint32_t server)
{
	struct dns_packet packet = {maker.bytes, maker.len, now_ms};

	dns_stub_hear(&stub, &packet, server);
}

/* A right answer: the addresses that the name has, and one that others have as well. */
static void hear_addresses(const char *text, unsigned int name, uint32_t server)
{
	static const uint32_t ttls[] = {0, 5, 60, 300, 1800};
	uint32_t ttl_s = ttls[one_of(5)];
	unsigned int other = one_of(N_SHARED);

	dns_maker_begin(&maker, stub.asked[DNS_MAX_ASKED - 1].id, DNS_FLAG_QR, text, DNS_TYPE_A);
	dns_maker_record(&maker, text, "CNAME", ttl_s, "cdn.net");
	for (unsigned int i = 0; i < N_ADDRESSES; i++) {
		dns_maker_record(&maker, "cdn.net", "A", ttl_s, own_text(name, set_of[name], i));
		remember(&own[name][set_of[name]][i], ttl_s);
	}
	dns_maker_record(&maker, "cdn.net", "A", ttl_s, shared_text(other));
	remember(&shared[name][other], ttl_s);
	hear(server);
}

/* What is never to be allowed: of another question, id or server. */
static void hear_lie(const char *text, unsigned int name)
{
	unsigned int kind = one_of(3);
	uint16_t id = stub.asked[DNS_MAX_ASKED - 1].id;

	dns_maker_begin(&maker, kind == 0 ? (uint16_t)(id + 1) : id, DNS_FLAG_QR,
			kind == 1 ? "other.w.org" : text, DNS_TYPE_A);
	dns_maker_record(&maker, text, "A", 86400, own_text(name, (set_of[name] + 1) % N_SETS, 0));
	hear(kind == 2 ? 2 : sent.server);
}

/* One try of a server. True: it has answered. */
static bool serve(const char *text, unsigned int name)
{
	unsigned int mood = one_of(20);

	if (mood == 0)
		hear_lie(text, name);
	if (mood <= 1) {
		now_ms += DNS_TRY_MS; /* silent */
		return false;
	}
	if (mood == 2) {
		dns_maker_begin(&maker, stub.asked[DNS_MAX_ASKED - 1].id,
				DNS_FLAG_QR | DNS_SERVFAIL, text, DNS_TYPE_A);
		hear(sent.server);
		return false;
	}
	now_ms += one_of(50);
	hear_addresses(text, name, sent.server);
	return true;
}

/* The entry of a question is the last one while there is no other. */
static void look_up(unsigned int name)
{
	const struct dns_client client = {.port = 1};
	struct dns_packet query;
	char text[32];
	bool told = false;

	(void)snprintf(text, sizeof(text), "n%u.w.org", name);
	dns_maker_begin(&maker, 7, DNS_FLAG_RD, text, DNS_TYPE_A);
	query = (struct dns_packet){maker.bytes, maker.len, now_ms};
	cr_assert_not(dns_stub_ask(&stub, &query, &client, next_id++, &sent));
	while (dns_stub_next(&stub, now_ms, &sent)) {
		if (sent.to == DNS_TO_SERVER)
			(void)serve(text, name);
		else
			told = true;
	}
	cr_assert(told, "every question is answered somehow");
	cr_assert_eq(dns_stub_due_ms(&stub), UINT64_MAX);
}

Test(dns_churn, a_day_of_it, .timeout = 120)
{
	static const char *const lines[] = {"*.w.org:443"};
	unsigned int most = 0;

	rules = net_rules_of(lines, 1);
	dns_stub_init(&stub, &rules, &pins, 2);
	srand(24);
	for (unsigned int step = 0; now_ms < DAY_MS; step++) {
		unsigned int name = one_of(N_NAMES);

		now_ms += one_of(4000);
		if (one_of(6) == 0)
			set_of[name] = (set_of[name] + 1) % N_SETS;
		look_up(name);
		for (unsigned int i = 0; i < LOOK; i++) {
			unsigned int any = one_of(N_NAMES);

			expect_own(any, (set_of[any] + N_SETS - one_of(4)) % N_SETS,
				   one_of(N_ADDRESSES));
			(void)expect_shared(one_of(N_SHARED));
		}
		if (step % 500 == 0) {
			unsigned int n = expect_all();

			most = n > most ? n : most;
		}
	}
	/* There was room, and much to be lost. */
	cr_expect_leq(most, NET_MAX_PINS);
	cr_expect_geq(most, NET_MAX_PINS / 2);
}
