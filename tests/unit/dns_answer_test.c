#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/dns_answer.h"
#include "runtime/net_address.h"
#include "support/dns_maker.h"

static struct dns_maker maker;
static struct dns_answer answer;

static void begin(uint16_t flags)
{
	dns_maker_begin(&maker, 7, DNS_FLAG_QR | DNS_FLAG_RA | flags, "a.org", DNS_TYPE_A);
}

static enum dns_answer_kind read_as(const char *name, uint16_t type, uint16_t id)
{
	struct dns_question asked = {.type = type, .class = DNS_CLASS_IN};

	cr_assert(dns_name_of_host((struct slice){name, strlen(name)}, &asked.name));
	return dns_answer_read(maker.bytes, maker.len, &asked, id, &answer);
}

static enum dns_answer_kind read_made(void)
{
	return read_as("a.org", DNS_TYPE_A, 7);
}

static const char *address(uint32_t i)
{
	static char text[NET_ADDRESS_TEXT];

	cr_assert_lt(i, answer.n_addresses);
	(void)net_address_text(answer.addresses[i], text);
	return text;
}

Test(dns_answer, addresses_and_the_smallest_ttl)
{
	begin(0);
	dns_maker_record(&maker, "A.org", "A", 300, "10.0.0.1");
	dns_maker_record(&maker, "a.org", "A", 200, "10.0.0.2");
	cr_expect_eq(read_made(), DNS_ANSWER_OURS);
	cr_expect_eq(answer.rcode, DNS_NOERROR);
	cr_expect_eq(answer.n_addresses, 2);
	cr_expect_eq(answer.ttl_s, 200);
	cr_expect_str_eq(address(0), "10.0.0.1");
	cr_expect_str_eq(address(1), "10.0.0.2");
}

Test(dns_answer, a_chain_is_followed_in_any_order)
{
	begin(0);
	dns_maker_record(&maker, "c.org", "A", 300, "10.0.0.1");
	dns_maker_record(&maker, "b.org", "CNAME", 5, "c.org");
	dns_maker_record(&maker, "a.org", "CNAME", 60, "B.org");
	cr_expect_eq(read_made(), DNS_ANSWER_OURS);
	cr_expect_eq(answer.n_chain, 2);
	cr_expect_eq(answer.n_addresses, 1);
	cr_expect_eq(answer.ttl_s, 5);
}

Test(dns_answer, other_peoples_records_are_left_alone)
{
	begin(0);
	dns_maker_record(&maker, "bank.org", "A", 1, "10.6.6.6");
	dns_maker_record(&maker, "a.org", "AAAA", 1, "2001:db8::6");
	dns_maker_record(&maker, "a.org", "A", 300, "10.0.0.1");
	dns_maker_record(&maker, "a.org", "A", 1, "10.6.6.6");
	dns_maker_poke(&maker, maker.len - 12, 3); /* of another class */
	dns_maker_record(&maker, "a.org", "A", 1, "10.6.6.6");
	dns_maker_record(&maker, "bank.org", "CNAME", 1, "a.org");
	/* The last two are of the authority and additional sections. */
	dns_maker_poke(&maker, 6, 4);
	dns_maker_poke(&maker, 8, 1);
	dns_maker_poke(&maker, 10, 1);
	cr_expect_eq(read_made(), DNS_ANSWER_OURS);
	cr_expect_eq(answer.n_addresses, 1);
	cr_expect_eq(answer.ttl_s, 300);
	cr_expect_str_eq(address(0), "10.0.0.1");
}

Test(dns_answer, only_what_was_asked_is_ours)
{
	begin(0);
	dns_maker_record(&maker, "a.org", "A", 300, "10.0.0.1");
	cr_expect_eq(read_made(), DNS_ANSWER_OURS);
	cr_expect_eq(read_as("a.org", DNS_TYPE_A, 8), DNS_ANSWER_FOREIGN, "another id");
	cr_expect_eq(read_as("b.org", DNS_TYPE_A, 7), DNS_ANSWER_FOREIGN, "another name");
	cr_expect_eq(read_as("A.org", DNS_TYPE_A, 7), DNS_ANSWER_FOREIGN, "not as it was sent");
	cr_expect_eq(read_as("a.org", DNS_TYPE_AAAA, 7), DNS_ANSWER_FOREIGN, "another type");
	dns_maker_poke(&maker, 4, 0);
	cr_expect_eq(read_made(), DNS_ANSWER_FOREIGN, "no question");
	dns_maker_begin(&maker, 7, 0, "a.org", DNS_TYPE_A);
	cr_expect_eq(read_made(), DNS_ANSWER_FOREIGN, "a query");
	begin(0);
	dns_maker_poke(&maker, maker.len - 2, 3);
	cr_expect_eq(read_made(), DNS_ANSWER_FOREIGN, "another class");
	begin(4 << 11);
	cr_expect_eq(read_made(), DNS_ANSWER_FOREIGN, "another opcode");
}

Test(dns_answer, errors_have_no_addresses)
{
	begin(DNS_NXDOMAIN);
	dns_maker_record(&maker, "a.org", "A", 300, "10.0.0.1");
	cr_expect_eq(read_made(), DNS_ANSWER_OURS);
	cr_expect_eq(answer.rcode, DNS_NXDOMAIN);
	cr_expect_eq(answer.n_addresses, 0);
	begin(0);
	cr_expect_eq(read_made(), DNS_ANSWER_OURS);
	cr_expect_eq(answer.n_addresses, 0);
	cr_expect_eq(answer.ttl_s, 0);
}

Test(dns_answer, loops_and_long_chains_are_broken)
{
	char owner[16], target[16];

	begin(0);
	dns_maker_record(&maker, "a.org", "CNAME", 1, "a.org");
	cr_expect_eq(read_made(), DNS_ANSWER_BROKEN);
	begin(0);
	dns_maker_record(&maker, "a.org", "CNAME", 1, "b.org");
	dns_maker_record(&maker, "b.org", "CNAME", 1, "a.org");
	dns_maker_record(&maker, "a.org", "A", 1, "10.0.0.1");
	cr_expect_eq(read_made(), DNS_ANSWER_BROKEN);
	for (unsigned int n = 1; n <= DNS_MAX_CHAIN + 1; n++) {
		begin(0);
		for (unsigned int i = 0; i < n; i++) {
			(void)snprintf(owner, sizeof(owner), i ? "n%u.org" : "a.org", i);
			(void)snprintf(target, sizeof(target), "n%u.org", i + 1);
			dns_maker_record(&maker, owner, "CNAME", 1, target);
		}
		dns_maker_record(&maker, target, "A", 1, "10.0.0.1");
		cr_expect_eq(read_made(), n > DNS_MAX_CHAIN ? DNS_ANSWER_BROKEN : DNS_ANSWER_OURS,
			     "%u", n);
	}
}

Test(dns_answer, of_thousands_of_addresses_the_first_count)
{
	char text[32];

	begin(0);
	for (unsigned int i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text), "10.0.%u.%u", i >> 8, i & 255);
		dns_maker_record(&maker, "a.org", "A", 1000 - i, text);
	}
	cr_expect_eq(read_made(), DNS_ANSWER_OURS);
	cr_expect_eq(answer.n_addresses, DNS_MAX_ADDRESSES);
	cr_expect_str_eq(address(DNS_MAX_ADDRESSES - 1), "10.0.0.31");
	cr_expect_eq(answer.ttl_s, 1000 - (DNS_MAX_ADDRESSES - 1), "of those used");
	for (unsigned int i = 0; i < 1000; i++)
		dns_maker_record(&maker, "a.org", "A", 1, "10.0.0.1");
	cr_expect_eq(read_made(), DNS_ANSWER_BROKEN);
}

Test(dns_answer, ttls_above_31_bits_are_zero)
{
	begin(0);
	dns_maker_record(&maker, "a.org", "A", 0x80000000u, "10.0.0.1");
	cr_expect_eq(read_made(), DNS_ANSWER_OURS);
	cr_expect_eq(answer.ttl_s, 0);
}

/* Cut anywhere, an answer is foreign, broken, or, when it says that it is cut, to be had again. */
Test(dns_answer, cut_answers)
{
	size_t whole, question;

	begin(0);
	question = maker.len;
	dns_maker_record(&maker, "a.org", "CNAME", 1, "b.org");
	dns_maker_record(&maker, "b.org", "A", 1, "10.0.0.1");
	whole = maker.len;
	for (maker.len = 0; maker.len < whole; maker.len++)
		cr_expect_eq(read_made(),
			     maker.len < question ? DNS_ANSWER_FOREIGN : DNS_ANSWER_BROKEN, "%zu",
			     maker.len);
	maker.bytes[2] |= DNS_FLAG_TC >> 8;
	cr_expect_eq(read_made(), DNS_ANSWER_OURS);
	cr_expect(answer.truncated);
	cr_expect_eq(answer.n_addresses, 1);
	for (maker.len = question; maker.len < whole; maker.len++) {
		cr_expect_eq(read_made(), DNS_ANSWER_OURS);
		cr_expect(answer.truncated);
		cr_expect_eq(answer.n_addresses, 0);
	}
}

Test(dns_answer, data_has_the_size_of_its_type)
{
	begin(0);
	dns_maker_record(&maker, "a.org", "A", 1, "10.0.0.1");
	dns_maker_poke(&maker, maker.len - 6, 3);
	maker.len--;
	cr_expect_eq(read_made(), DNS_ANSWER_BROKEN);
	begin(0);
	dns_maker_record(&maker, "a.org", "A", 1, "10.0.0.1");
	dns_maker_poke(&maker, maker.len - 6, 5);
	maker.len++;
	cr_expect_eq(read_made(), DNS_ANSWER_BROKEN);
	begin(0);
	dns_maker_record(&maker, "a.org", "CNAME", 1, "b.c");
	maker.bytes[maker.len - 6]++;
	maker.len++;
	cr_expect_eq(read_made(), DNS_ANSWER_BROKEN);
}
