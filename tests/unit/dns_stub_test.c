/*
 * The stub between a client and servers that are played here, with a clock of their own. What is
 * sent is read by the libc (tests/support/dns_maker.h).
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/dns_stub.h"
#include "support/dns_maker.h"
#include "support/net_maker.h"

static struct net_pins pins;
static struct net_rules rules;
static struct dns_stub stub;
static struct dns_send sent;
static struct dns_maker maker;
static uint64_t now_ms;

static const char *const lines[] = {"a.org:443", "*.w.org:443", "deny evil.net",
				    "deny 203.0.113.0/24", "deny port.net:443"};

static void start(uint32_t n_servers)
{
	rules = net_rules_of(lines, sizeof(lines) / sizeof(lines[0]));
	memset(&pins, 0, sizeof(pins));
	now_ms = 1000;
	dns_stub_init(&stub, &rules, &pins, n_servers);
}

static struct dns_packet packet(void)
{
	return (struct dns_packet){maker.bytes, maker.len, now_ms};
}

static struct dns_client client_of(uint16_t port)
{
	return (struct dns_client){.address = {[15] = 1}, .port = port};
}

/* What is in sent: who it goes to and what it says. */
static const char *said(void)
{
	static char out[9000];

	if (sent.to == DNS_TO_CLIENT)
		(void)snprintf(out, sizeof(out), "client %u%s: %s", sent.client.port,
			       sent.client.tcp ? " tcp" : "", dns_maker_text(sent.bytes, sent.len));
	else
		(void)snprintf(out, sizeof(out), "server %u%s: %s", sent.server,
			       sent.tcp ? " tcp" : "", dns_maker_text(sent.bytes, sent.len));
	return out;
}

/* A query of a client's that has been made. The answer, or "". */
static const char *send_query(struct dns_client client, uint16_t id)
{
	struct dns_packet query = packet();

	return dns_stub_ask(&stub, &query, &client, id, &sent) ? said() : "";
}

/* The client's id is 7, ours 99. */
static const char *ask(uint16_t port, const char *name, uint16_t type)
{
	dns_maker_begin(&maker, 7, DNS_FLAG_RD, name, type);
	return send_query(client_of(port), 99);
}

static const char *next(void)
{
	return dns_stub_next(&stub, now_ms, &sent) ? said() : "";
}

static void begin_answer(const char *name, uint16_t type, uint16_t flags)
{
	dns_maker_begin(&maker, 99, DNS_FLAG_QR | DNS_FLAG_RA | flags, name, type);
}

static void hear(uint32_t server)
{
	struct dns_packet answer = packet();

	dns_stub_hear(&stub, &answer, server);
}

static bool may_connect(const char *address)
{
	struct net_peer peer = {.port = 443};

	(void)net_address_of(address, peer.address);
	return net_judge(&rules, &pins, &peer, now_ms).allowed;
}

#define QUERY_A "id 99 NOERROR query rd q a.org/1; opt 1232"

Test(dns_stub, a_listed_name_is_asked_for_answered_and_pinned)
{
	start(1);
	cr_expect_eq(dns_stub_due_ms(&stub), UINT64_MAX);
	cr_expect_str_eq(ask(1, "A.Org", DNS_TYPE_A), "");
	cr_expect_eq(dns_stub_due_ms(&stub), now_ms);
	cr_expect_str_eq(next(), "server 0: " QUERY_A, "in lower case");
	cr_expect_str_eq(next(), "");
	cr_expect_eq(dns_stub_due_ms(&stub), now_ms + DNS_TRY_MS);
	cr_expect_not(may_connect("192.0.2.1"));
	now_ms += 20;
	begin_answer("a.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "a.org", "CNAME", 500, "b.cdn.net");
	dns_maker_record(&maker, "b.cdn.net", "A", 300, "192.0.2.1");
	dns_maker_record(&maker, "b.cdn.net", "A", 300, "192.0.2.2");
	hear(0);
	cr_expect(may_connect("192.0.2.1"), "before anybody knows the address");
	cr_expect_str_eq(next(), "client 1: id 7 NOERROR rd q A.Org/1: CNAME b.cdn.net 300, "
				 "A 192.0.2.1 300, A 192.0.2.2 300");
	cr_expect_eq(sent.outcome, DNS_TOLD_ADDRESSES);
	cr_expect_str_eq(next(), "");
	cr_expect_eq(dns_stub_due_ms(&stub), UINT64_MAX);
	cr_expect(may_connect("192.0.2.2"));
	cr_expect_not(may_connect("192.0.2.3"));
	now_ms += 300000 + NET_PIN_GRACE_MS;
	cr_expect_not(may_connect("192.0.2.1"));
}

Test(dns_stub, nobody_is_asked_for_what_is_not_listed)
{
	static const struct {
		const char *name;
		uint16_t type;
		const char *want;
		enum dns_outcome outcome;
	} rows[] = {
		{"b.org", DNS_TYPE_A, "NXDOMAIN rd q b.org/1", DNS_TOLD_UNLISTED},
		{"x.a.org", DNS_TYPE_A, "NXDOMAIN rd q x.a.org/1", DNS_TOLD_UNLISTED},
		{"w.org", DNS_TYPE_AAAA, "NXDOMAIN rd q w.org/28", DNS_TOLD_UNLISTED},
		{"secret.b.org", 16, "NXDOMAIN rd q secret.b.org/16", DNS_TOLD_UNLISTED},
		{".", 2, "NXDOMAIN rd q ./2", DNS_TOLD_UNLISTED},
		{"a\\.org", DNS_TYPE_A, "NXDOMAIN rd q a\\.org/1", DNS_TOLD_UNLISTED},
		{"a\\000.org", DNS_TYPE_A, "NXDOMAIN rd q a\\000.org/1", DNS_TOLD_UNLISTED},
		{"a.org.intranet", DNS_TYPE_A, "NXDOMAIN rd q a.org.intranet/1", DNS_TOLD_UNLISTED},
		{"1.2.0.192.in-addr.arpa", 12, "NXDOMAIN rd q 1.2.0.192.in-addr.arpa/12",
		 DNS_TOLD_UNLISTED},
		/* Of a listed name, nobody is asked for anything but addresses. */
		{"a.org", 16, "NOERROR rd q a.org/16", DNS_TOLD_NOTHING},
		{"a.org", 65, "NOERROR rd q a.org/65", DNS_TOLD_NOTHING},
		{"a.org", 64, "NOERROR rd q a.org/64", DNS_TOLD_NOTHING},
		{"x.w.org", 255, "NOERROR rd q x.w.org/255", DNS_TOLD_NOTHING},
		{"a.org", 15, "NOERROR rd q a.org/15", DNS_TOLD_NOTHING},
	};

	start(1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[200];

		(void)snprintf(want, sizeof(want), "client 1: id 7 %s", rows[i].want);
		cr_expect_str_eq(ask(1, rows[i].name, rows[i].type), want, "%s: %s", want, said());
		cr_expect_eq(sent.outcome, rows[i].outcome);
		cr_expect_str_eq(next(), "");
		cr_expect_eq(dns_stub_due_ms(&stub), UINT64_MAX);
	}
}

Test(dns_stub, a_client_with_edns_is_told_that_a_policy_is_why)
{
	start(1);
	dns_maker_begin(&maker, 7, DNS_FLAG_RD, "b.org", DNS_TYPE_A);
	dns_maker_opt(&maker, 1232, 0);
	cr_expect_str_eq(send_query(client_of(1), 99),
			 "client 1: id 7 NXDOMAIN rd q b.org/1; opt 1232 ede 15");
}

Test(dns_stub, malformed_queries)
{
	start(1);
	dns_maker_begin(&maker, 7, DNS_FLAG_QR, "a.org", DNS_TYPE_A);
	cr_expect_str_eq(send_query(client_of(1), 99), "", "an answer has no answer");
	dns_maker_begin(&maker, 7, 0, "a.org", DNS_TYPE_A);
	maker.len = 11;
	cr_expect_str_eq(send_query(client_of(1), 99), "");
	dns_maker_begin(&maker, 7, 0, "a.org", DNS_TYPE_A);
	maker.len--;
	cr_expect_str_eq(send_query(client_of(1), 99), "client 1: id 7 FORMERR");
	cr_expect_eq(sent.outcome, DNS_TOLD_MALFORMED);
	dns_maker_begin(&maker, 7, 0, "a.org", DNS_TYPE_A);
	maker.bytes[maker.len - 1] = 3;
	cr_expect_str_eq(send_query(client_of(1), 99), "client 1: id 7 REFUSED q a.org/1");
	cr_expect_str_eq(next(), "");
}

Test(dns_stub, addresses_that_a_name_may_not_have_are_kept_back)
{
	start(1);
	(void)ask(1, "x.w.org", DNS_TYPE_A);
	(void)next();
	begin_answer("x.w.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "x.w.org", "A", 60, "127.0.0.1");
	dns_maker_record(&maker, "x.w.org", "A", 60, "169.254.169.254");
	dns_maker_record(&maker, "x.w.org", "A", 60, "192.0.2.1");
	dns_maker_record(&maker, "x.w.org", "A", 60, "203.0.113.1");
	dns_maker_record(&maker, "x.w.org", "A", 60, "10.0.0.1");
	hear(0);
	cr_expect_str_eq(next(), "client 1: id 7 NOERROR rd q x.w.org/1: A 192.0.2.1 60");
	cr_expect_eq(sent.n_refused, 4);
	cr_expect(may_connect("192.0.2.1"));
	cr_expect_not(may_connect("127.0.0.1"));
	cr_expect_not(may_connect("203.0.113.1"));
	(void)next();
	(void)ask(1, "a.org", DNS_TYPE_AAAA);
	(void)next();
	begin_answer("a.org", DNS_TYPE_AAAA, 0);
	dns_maker_record(&maker, "a.org", "CNAME", 60, "b.org");
	dns_maker_record(&maker, "b.org", "AAAA", 60, "64:ff9b::a9fe:a9fe");
	dns_maker_record(&maker, "b.org", "AAAA", 60, "::1");
	dns_maker_record(&maker, "b.org", "AAAA", 60, "::ffff:127.0.0.1");
	hear(0);
	cr_expect_str_eq(next(), "client 1: id 7 NOERROR rd q a.org/28");
	cr_expect_eq(sent.outcome, DNS_TOLD_REFUSED);
	cr_expect_eq(sent.n_refused, 3);
}

/* Denied at one port, too: it is the other name that a connection would be judged by. */
Test(dns_stub, a_chain_through_a_denied_name_is_refused)
{
	static const char *const denied[] = {"EVIL.net", "port.net"};

	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
		start(1);
		(void)ask(1, "a.org", DNS_TYPE_A);
		(void)next();
		begin_answer("a.org", DNS_TYPE_A, 0);
		dns_maker_record(&maker, "a.org", "CNAME", 60, denied[i]);
		dns_maker_record(&maker, denied[i], "A", 60, "192.0.2.1");
		hear(0);
		cr_expect_str_eq(next(), "client 1: id 7 NOERROR rd q a.org/1");
		cr_expect_eq(sent.outcome, DNS_TOLD_REFUSED);
		cr_expect_not(may_connect("192.0.2.1"));
	}
}

Test(dns_stub, lies_are_waited_out)
{
	start(2);
	(void)ask(1, "a.org", DNS_TYPE_A);
	(void)next();
	dns_maker_begin(&maker, 98, DNS_FLAG_QR, "a.org", DNS_TYPE_A);
	dns_maker_record(&maker, "a.org", "A", 60, "192.0.2.66");
	hear(0);
	cr_expect_str_eq(next(), "", "a wrong id");
	begin_answer("x.w.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "a.org", "A", 60, "192.0.2.66");
	hear(0);
	cr_expect_str_eq(next(), "", "a wrong question");
	begin_answer("a.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "a.org", "A", 60, "192.0.2.66");
	hear(1);
	hear(2);
	hear(UINT32_MAX);
	cr_expect_str_eq(next(), "", "a server that was not asked");
	cr_expect_not(may_connect("192.0.2.66"));
	begin_answer("a.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "a.org", "A", 60, "192.0.2.1");
	hear(0);
	cr_expect_str_eq(next(), "client 1: id 7 NOERROR rd q a.org/1: A 192.0.2.1 60");
	hear(0);
	cr_expect_str_eq(next(), "", "once more");
}

Test(dns_stub, silent_servers_are_asked_in_turn_and_then_it_fails)
{
	static const char *const turns[] = {"server 0: " QUERY_A, "server 1: " QUERY_A,
					    "server 2: " QUERY_A, "server 0: " QUERY_A};

	start(3);
	(void)ask(1, "a.org", DNS_TYPE_A);
	for (size_t i = 0; i < DNS_MAX_TRIES; i++) {
		cr_expect_str_eq(next(), turns[i]);
		cr_expect_str_eq(next(), "");
		now_ms += DNS_TRY_MS - 1;
		cr_expect_str_eq(next(), "");
		now_ms = dns_stub_due_ms(&stub);
	}
	cr_expect_str_eq(next(), "client 1: id 7 SERVFAIL rd q a.org/1");
	cr_expect_eq(sent.outcome, DNS_TOLD_FAILED);
	cr_expect_str_eq(next(), "");
	begin_answer("a.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "a.org", "A", 60, "192.0.2.1");
	hear(0);
	cr_expect_str_eq(next(), "", "too late");
	cr_expect_not(may_connect("192.0.2.1"));
}

Test(dns_stub, a_late_answer_counts_while_the_question_is_open)
{
	start(2);
	(void)ask(1, "a.org", DNS_TYPE_A);
	(void)next();
	now_ms += DNS_TRY_MS;
	(void)next();
	begin_answer("a.org", DNS_TYPE_A, DNS_SERVFAIL);
	hear(0);
	cr_expect_str_eq(next(), "", "of no use, and not from the server that is being asked");
	begin_answer("a.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "a.org", "A", 60, "192.0.2.1");
	hear(0);
	cr_expect_str_eq(next(), "client 1: id 7 NOERROR rd q a.org/1: A 192.0.2.1 60");
}

Test(dns_stub, broken_servers_make_the_next_one_come_at_once)
{
	static const uint16_t rcodes[] = {DNS_SERVFAIL, DNS_REFUSED, 9};

	for (size_t i = 0; i < sizeof(rcodes) / sizeof(rcodes[0]); i++) {
		start(2);
		(void)ask(1, "a.org", DNS_TYPE_A);
		(void)next();
		begin_answer("a.org", DNS_TYPE_A, rcodes[i]);
		hear(0);
		cr_expect_str_eq(next(), "server 1: " QUERY_A);
	}
	start(2);
	(void)ask(1, "a.org", DNS_TYPE_A);
	(void)next();
	begin_answer("a.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "a.org", "CNAME", 60, "a.org");
	hear(0);
	cr_expect_str_eq(next(), "server 1: " QUERY_A, "a loop");
	begin_answer("a.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "a.org", "A", 60, "192.0.2.1");
	hear(1);
	(void)next();
	(void)next();
	(void)ask(1, "x.w.org", DNS_TYPE_A);
	cr_expect_str_eq(next(), "server 1: id 99 NOERROR query rd q x.w.org/1; opt 1232",
			 "the one that answered is asked first");
}

Test(dns_stub, a_name_that_is_not_there)
{
	start(1);
	(void)ask(1, "a.org", DNS_TYPE_A);
	(void)next();
	begin_answer("a.org", DNS_TYPE_A, DNS_NXDOMAIN);
	hear(0);
	cr_expect_str_eq(next(), "client 1: id 7 NXDOMAIN rd q a.org/1");
	cr_expect_eq(sent.outcome, DNS_TOLD_NOTHING);
	(void)next();
	(void)ask(1, "a.org", DNS_TYPE_AAAA);
	(void)next();
	begin_answer("a.org", DNS_TYPE_AAAA, 0);
	hear(0);
	cr_expect_str_eq(next(), "client 1: id 7 NOERROR rd q a.org/28");
}

Test(dns_stub, servers_without_edns_and_answers_that_are_cut)
{
	start(2);
	(void)ask(1, "a.org", DNS_TYPE_A);
	(void)next();
	begin_answer("a.org", DNS_TYPE_A, DNS_FORMERR);
	hear(0);
	cr_expect_str_eq(next(), "server 0: id 99 NOERROR query rd q a.org/1");
	begin_answer("a.org", DNS_TYPE_A, DNS_FLAG_TC);
	hear(0);
	cr_expect_str_eq(next(), "server 0 tcp: id 99 NOERROR query rd q a.org/1");
	begin_answer("a.org", DNS_TYPE_A, DNS_FLAG_TC);
	hear(0);
	cr_expect_str_eq(next(), "server 1 tcp: id 99 NOERROR query rd q a.org/1");
	begin_answer("a.org", DNS_TYPE_A, DNS_FLAG_TC);
	dns_maker_record(&maker, "a.org", "A", 60, "192.0.2.1");
	hear(1);
	cr_expect_str_eq(next(), "client 1: id 7 NOERROR rd q a.org/1: A 192.0.2.1 60",
			 "some addresses are enough");
}

Test(dns_stub, clients_that_ask_the_same_are_asked_for_once)
{
	start(1);
	(void)ask(1, "a.org", DNS_TYPE_A);
	cr_expect_str_eq(next(), "server 0: " QUERY_A);
	(void)ask(2, "A.ORG", DNS_TYPE_A);
	(void)ask(1, "a.org", DNS_TYPE_A);
	cr_expect_str_eq(next(), "");
	begin_answer("a.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "a.org", "A", 60, "192.0.2.1");
	hear(0);
	cr_expect_eq(dns_stub_due_ms(&stub), 0);
	cr_expect_not(strcmp(next(), "") == 0);
	cr_expect_not(strcmp(next(), "") == 0);
	cr_expect_str_eq(next(), "", "the first one's second query is the same as its first");
	(void)ask(3, "a.org", DNS_TYPE_A);
	cr_expect_str_eq(next(), "server 0: " QUERY_A, "nothing is kept but pins");
}

Test(dns_stub, aliases_that_have_no_room_are_left_out)
{
	char name[250];
	struct dns_client client = client_of(1);

	start(1);
	memset(name, 'n', sizeof(name));
	for (size_t i = 60; i < sizeof(name); i += 61)
		name[i] = '.';
	name[sizeof(name) - 1] = '\0';
	for (int tcp = 0; tcp <= 1; tcp++) {
		client.tcp = tcp;
		dns_maker_begin(&maker, 7, DNS_FLAG_RD, "a.org", DNS_TYPE_A);
		cr_expect_str_eq(send_query(client, 99), "");
		(void)next();
		begin_answer("a.org", DNS_TYPE_A, 0);
		dns_maker_record(&maker, "a.org", "CNAME", 60, name);
		dns_maker_record(&maker, name, "CNAME", 60, "b.org");
		dns_maker_record(&maker, "b.org", "CNAME", 60, name + 1);
		dns_maker_record(&maker, name + 1, "A", 60, "192.0.2.1");
		hear(0);
		(void)next();
		if (!tcp)
			cr_expect_str_eq(said(),
					 "client 1: id 7 NOERROR rd q a.org/1: A 192.0.2.1 60");
		else
			cr_expect_not_null(strstr(said(), "A 192.0.2.1 60"), "%s", said());
		(void)next();
	}
}

Test(dns_stub, thousands_of_addresses_are_some)
{
	unsigned int n = 0;

	start(1);
	(void)ask(1, "a.org", DNS_TYPE_A);
	(void)next();
	begin_answer("a.org", DNS_TYPE_A, 0);
	for (unsigned int i = 0; i < 1000; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "192.0.%u.%u", 2 + i / 250, i % 250);
		dns_maker_record(&maker, "a.org", "A", 60, text);
	}
	hear(0);
	for (const char *at = next(); (at = strstr(at, " 60")); at++)
		n++;
	cr_expect_eq(n, (512 - 12 - 11) / 16, "%u", n);
	cr_expect_leq(sent.len, 512);
	cr_expect(may_connect("192.0.2.31"));
	cr_expect_not(may_connect("192.0.2.32"));
}

/* Who floods the stub is told that it is busy, and whoever waits is answered all the same. */
Test(dns_stub, floods_are_bounded)
{
	unsigned int busy = 0, told = 0;
	char name[32];

	start(1);
	for (unsigned int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "n%u.w.org", i);
		if (strcmp(ask((uint16_t)i, name, DNS_TYPE_A), "") != 0) {
			cr_expect_eq(sent.outcome, DNS_TOLD_BUSY);
			busy++;
		}
	}
	cr_expect_eq(busy, 1000 - DNS_MAX_ASKED);
	for (unsigned int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "n%u.w.org", i % DNS_MAX_ASKED);
		(void)ask((uint16_t)(2000 + i), name, DNS_TYPE_A);
	}
	while (dns_stub_due_ms(&stub) != UINT64_MAX) {
		now_ms = dns_stub_due_ms(&stub) > now_ms ? dns_stub_due_ms(&stub) : now_ms;
		while (strcmp(next(), "") != 0)
			told += sent.to == DNS_TO_CLIENT;
		cr_assert_lt(now_ms, 1000 + (DNS_MAX_TRIES + 1) * DNS_TRY_MS);
	}
	cr_expect_eq(told, DNS_MAX_WAITERS);
	(void)ask(1, "a.org", DNS_TYPE_A);
	cr_expect_str_eq(next(), "server 0: " QUERY_A, "and then it is as before");
}

/* An answer that comes before the last one has gone out is dropped; its question is asked again. */
Test(dns_stub, nothing_is_mixed_up_when_what_there_is_was_not_sent)
{
	start(1);
	(void)ask(1, "a.org", DNS_TYPE_A);
	(void)next();
	(void)ask(2, "x.w.org", DNS_TYPE_A);
	(void)next();
	begin_answer("a.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "a.org", "A", 60, "192.0.2.1");
	hear(0);
	begin_answer("x.w.org", DNS_TYPE_A, 0);
	dns_maker_record(&maker, "x.w.org", "A", 60, "192.0.2.2");
	hear(0);
	cr_expect_str_eq(next(), "client 1: id 7 NOERROR rd q a.org/1: A 192.0.2.1 60");
	cr_expect_str_eq(next(), "");
	hear(0);
	cr_expect_str_eq(next(), "client 2: id 7 NOERROR rd q x.w.org/1: A 192.0.2.2 60");
}

/* 253 characters, which are 255 bytes; one that is a label more is in no message. */
Test(dns_stub, the_longest_names)
{
	char name[254], want[400];

	start(1);
	memset(name, 'n', sizeof(name));
	for (size_t i = 63; i < 200; i += 61)
		name[i] = '.';
	memcpy(name + 247, ".w.org", sizeof(".w.org"));
	cr_assert_eq(strlen(name), 253);
	cr_expect_str_eq(ask(1, name, DNS_TYPE_A), "");
	(void)snprintf(want, sizeof(want), "server 0: id 99 NOERROR query rd q %s/1; opt 1232",
		       name);
	cr_expect_str_eq(next(), want);
	begin_answer(name, DNS_TYPE_A, 0);
	dns_maker_record(&maker, name, "A", 60, "192.0.2.1");
	hear(0);
	(void)snprintf(want, sizeof(want), "client 1: id 7 NOERROR rd q %s/1: A 192.0.2.1 60",
		       name);
	cr_expect_str_eq(next(), want);
	cr_expect(may_connect("192.0.2.1"));
}

/* What a chain goes through is no host's name, and is neither denied nor taken for another. */
Test(dns_stub, labels_in_answers_may_have_any_bytes)
{
	static const char *const targets[] = {"a\\000.org", "evil\\000.net", "evil\\.net",
					      "\\255.x"};

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		start(1);
		(void)ask(1, "a.org", DNS_TYPE_A);
		(void)next();
		begin_answer("a.org", DNS_TYPE_A, 0);
		dns_maker_record(&maker, "a.org", "CNAME", 60, targets[i]);
		dns_maker_record(&maker, targets[i], "A", 60, "192.0.2.1");
		dns_maker_record(&maker, "evil.net", "A", 60, "192.0.2.2");
		hear(0);
		cr_expect_not_null(strstr(next(), "A 192.0.2.1 60"), "%s", said());
		cr_expect_null(strstr(said(), "192.0.2.2"));
		cr_expect(may_connect("192.0.2.1"));
		cr_expect_not(may_connect("192.0.2.2"));
	}
}
