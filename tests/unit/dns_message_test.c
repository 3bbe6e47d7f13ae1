#include <criterion/criterion.h>

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

#include "runtime/dns_message.h"
#include "support/dns_maker.h"
#include "support/net_maker.h"

static struct dns_maker maker;
static struct dns_query query;

static int read_made(void)
{
	return dns_query_read(maker.bytes, maker.len, &query);
}

Test(dns_message, a_query_is_read)
{
	char text[DNS_NAME_TEXT];

	dns_maker_begin(&maker, 4711, DNS_FLAG_RD, "Www.Example.ORG", ns_t_aaaa);
	cr_expect_eq(read_made(), DNS_NOERROR);
	cr_expect_eq(query.id, 4711);
	cr_expect_eq(query.question.type, DNS_TYPE_AAAA);
	cr_expect_eq(query.question.class, DNS_CLASS_IN);
	cr_expect_eq(query.max_bytes, 512);
	cr_expect_not(query.edns);
	(void)dns_name_text(&query.question.name, text);
	cr_expect_str_eq(text, "Www.Example.ORG");
}

Test(dns_message, the_libcs_queries_are_read)
{
	uint8_t bytes[512];
	int n = res_mkquery(ns_o_query, "a.example.org", ns_c_in, ns_t_a, NULL, 0, NULL, bytes,
			    sizeof(bytes));

	cr_assert_gt(n, 0);
	cr_expect_eq(dns_query_read(bytes, (size_t)n, &query), DNS_NOERROR);
}

Test(dns_message, edns_is_read_and_other_additional_records_are_left_alone)
{
	dns_maker_begin(&maker, 1, DNS_FLAG_RD, "a.org", ns_t_a);
	dns_maker_opt(&maker, 4096, 0x8000);
	cr_expect_eq(read_made(), DNS_NOERROR);
	cr_expect(query.edns);
	cr_expect_eq(query.max_bytes, 4096);
	dns_maker_begin(&maker, 1, DNS_FLAG_RD, "a.org", ns_t_a);
	dns_maker_opt(&maker, 100, 0);
	cr_expect_eq(read_made(), DNS_NOERROR);
	cr_expect_eq(query.max_bytes, 512, "RFC 6891, 6.2.3");
	dns_maker_opt(&maker, 4096, 0);
	cr_expect_eq(read_made(), DNS_FORMERR, "two");
	dns_maker_begin(&maker, 1, DNS_FLAG_RD, "a.org", ns_t_a);
	dns_maker_opt(&maker, 1232, 1u << 16);
	cr_expect_eq(read_made(), DNS_BADVERS);
	dns_maker_begin(&maker, 1, DNS_FLAG_RD, "a.org", ns_t_a);
	dns_maker_record(&maker, "x.org", "A", 1, "10.0.0.1");
	dns_maker_poke(&maker, 6, 0);
	dns_maker_poke(&maker, 10, 1);
	cr_expect_eq(read_made(), DNS_NOERROR);
	cr_expect_not(query.edns);
}

Test(dns_message, what_is_no_query_has_no_answer_or_an_error)
{
	dns_maker_begin(&maker, 1, DNS_FLAG_RD, "a.org", ns_t_a);
	for (size_t len = 0; len < maker.len; len++)
		cr_expect_eq(dns_query_read(maker.bytes, len, &query),
			     len < DNS_HEADER ? DNS_NO_ANSWER : DNS_FORMERR, "%zu", len);
	maker.bytes[maker.len++] = 0;
	cr_expect_eq(read_made(), DNS_FORMERR, "bytes behind it");
	dns_maker_begin(&maker, 1, DNS_FLAG_QR, "a.org", ns_t_a);
	cr_expect_eq(read_made(), DNS_NO_ANSWER, "an answer");
	dns_maker_begin(&maker, 1, 5 << 11, "a.org", ns_t_a);
	cr_expect_eq(read_made(), DNS_NOTIMP, "an update");
	dns_maker_begin(&maker, 1, 0, NULL, 0);
	cr_expect_eq(read_made(), DNS_FORMERR, "no question");
	dns_maker_begin(&maker, 1, 0, "a.org", ns_t_a);
	dns_maker_poke(&maker, 4, 2);
	cr_expect_eq(read_made(), DNS_FORMERR, "two questions");
	dns_maker_begin(&maker, 1, 0, "a.org", ns_t_a);
	dns_maker_record(&maker, "a.org", "A", 1, "10.0.0.1");
	cr_expect_eq(read_made(), DNS_FORMERR, "with an answer");
	dns_maker_begin(&maker, 1, 0, "a.org", ns_t_a);
	dns_maker_poke(&maker, 10, 9);
	cr_expect_eq(read_made(), DNS_FORMERR, "more records than there are");
}

Test(dns_message, our_queries_have_nothing_of_the_client_but_the_question)
{
	uint8_t bytes[DNS_MAX_QUERY];
	size_t len;

	dns_maker_begin(&maker, 77, DNS_FLAG_RD | 0x30, "a.org", ns_t_a);
	dns_maker_opt(&maker, 4096, 0x8000);
	cr_assert_eq(read_made(), DNS_NOERROR);
	len = dns_query_write(&query.question, 9, true, bytes);
	cr_expect_str_eq(dns_maker_text(bytes, len), "id 9 NOERROR query rd q a.org/1; opt 1232");
	len = dns_query_write(&query.question, 9, false, bytes);
	cr_expect_str_eq(dns_maker_text(bytes, len), "id 9 NOERROR query rd q a.org/1");
}

static uint8_t reply_bytes[DNS_MAX_REPLY];
static struct dns_reply reply;

static void ask(const char *name, uint16_t edns_size)
{
	dns_maker_begin(&maker, 7, DNS_FLAG_RD, name, ns_t_a);
	if (edns_size)
		dns_maker_opt(&maker, edns_size, 0);
	cr_assert_eq(read_made(), DNS_NOERROR);
}

static void add_cname(const char *target, uint32_t ttl_s)
{
	struct dns_name name;

	cr_assert(dns_name_of_host((struct slice){target, strlen(target)}, &name));
	cr_assert(dns_reply_cname(&reply, &name, ttl_s));
}

static bool add_address(const char *text, uint32_t ttl_s)
{
	uint8_t address[16];

	return dns_reply_address(&reply, net_address_of(text, address), ttl_s);
}

Test(dns_message, an_answer_is_read_by_the_libc)
{
	size_t len;

	ask("wWw.example.org", 0);
	dns_reply_begin(&reply, &query, DNS_NOERROR, false, reply_bytes);
	add_cname("a.cdn.net", 30);
	add_cname("b.cdn.net", 20);
	cr_expect(add_address("10.0.0.1", 10));
	cr_expect(add_address("2001:db8::1", 11));
	len = dns_reply_end(&reply, true);
	cr_expect_str_eq(dns_maker_text(reply_bytes, len),
			 "id 7 NOERROR rd q wWw.example.org/1: CNAME a.cdn.net 30, CNAME b.cdn.net "
			 "20, A 10.0.0.1 10, AAAA 2001:db8::1 11");
}

Test(dns_message, errors_and_empty_answers)
{
	size_t len;

	ask("a.org", 0);
	dns_reply_begin(&reply, &query, DNS_NXDOMAIN, false, reply_bytes);
	len = dns_reply_end(&reply, true);
	cr_expect_str_eq(dns_maker_text(reply_bytes, len), "id 7 NXDOMAIN rd q a.org/1");
	ask("a.org", 1232);
	dns_reply_begin(&reply, &query, DNS_NXDOMAIN, false, reply_bytes);
	len = dns_reply_end(&reply, true);
	cr_expect_str_eq(dns_maker_text(reply_bytes, len),
			 "id 7 NXDOMAIN rd q a.org/1; opt 1232 ede 15");
	dns_reply_begin(&reply, &query, DNS_BADVERS, false, reply_bytes);
	len = dns_reply_end(&reply, false);
	cr_expect_str_eq(dns_maker_text(reply_bytes, len),
			 "id 7 NOERROR rd q a.org/1; opt 1232 ttl 1000000");
	dns_maker_begin(&maker, 8, 0, NULL, 0);
	cr_expect_eq(read_made(), DNS_FORMERR);
	dns_reply_begin(&reply, &query, DNS_FORMERR, false, reply_bytes);
	len = dns_reply_end(&reply, false);
	cr_expect_str_eq(dns_maker_text(reply_bytes, len), "id 8 FORMERR");
}

/* How many addresses there is room for, and that the answer is not longer than may be. */
static unsigned int fill(bool tcp, size_t most)
{
	unsigned int n = 0;
	size_t len;

	dns_reply_begin(&reply, &query, DNS_NOERROR, tcp, reply_bytes);
	while (add_address("10.0.0.1", 1))
		n++;
	len = dns_reply_end(&reply, true);
	cr_expect_leq(len, most);
	cr_expect_gt(len + 16 + 12, most, "there is room for another");
	(void)dns_maker_text(reply_bytes, len);
	return n;
}

Test(dns_message, answers_have_the_size_that_the_client_takes)
{
	ask("a.org", 0);
	cr_expect_eq(fill(false, 512), (512 - 12 - 11) / 16);
	cr_expect_gt(fill(true, DNS_MAX_REPLY), 200u);
	ask("a.org", 700);
	(void)fill(false, 700);
	ask("a.org", 65535);
	(void)fill(false, DNS_MAX_UDP);
	(void)fill(true, DNS_MAX_REPLY);
}

Test(dns_message, a_truncated_answer_is_the_question_and_says_so)
{
	size_t len;

	ask("a.org", 1232);
	dns_reply_begin(&reply, &query, DNS_NOERROR, false, reply_bytes);
	add_cname("b.org", 1);
	dns_reply_truncate(&reply);
	len = dns_reply_end(&reply, false);
	cr_expect_str_eq(dns_maker_text(reply_bytes, len),
			 "id 7 NOERROR rd tc q a.org/1; opt 1232");
}
