/*
 * The answer section is gone through once for each name of the chain, beginning with the question:
 * a CNAME record of that name leads on, and where none does, the addresses of that name are the
 * answer. Servers send a chain in order, but nothing says that they must.
 *
 * A chain that comes back to a name would be followed for ever; it ends as one that is too long
 * does. A record counts only when it is well-formed, and with one that is not the whole answer is
 * of no use, since where the next begins is unknown.
 */
#include "runtime/dns_answer.h"

#include <string.h>

#include "runtime/net_address.h"

#define MAX_RECORDS 1024u       /* of an answer section; more is no answer to be had over UDP */
#define MAX_TTL_S   0x7fffffffu /* RFC 2181, 8: above it a TTL is 0 */

struct record {
	struct dns_name owner;
	uint16_t type;
	uint16_t class;
	uint32_t ttl_s;
	struct wire data; /* from where it begins to where it ends, in the whole message */
};

/* An answer section. */
struct section {
	struct wire in; /* at the first record */
	uint32_t n_records;
	uint16_t type; /* of the addresses */
};

static bool read_record(struct wire *in, struct record *out)
{
	uint32_t size;

	if (!dns_name_read(in, &out->owner))
		return false;
	out->type = (uint16_t)wire_number(in, 2);
	out->class = (uint16_t)wire_number(in, 2);
	out->ttl_s = wire_number(in, 4);
	if (out->ttl_s > MAX_TTL_S)
		out->ttl_s = 0;
	size = wire_number(in, 2);
	out->data = *in;
	if (!wire_bytes(in, size))
		return false;
	out->data.len = in->at;
	return true;
}

static bool read_target(struct record *record, struct dns_name *out)
{
	return dns_name_read(&record->data, out) && record->data.at == record->data.len;
}

static bool read_address(struct record *record, uint8_t out[16])
{
	size_t size = record->type == DNS_TYPE_A ? 4 : 16;
	const uint8_t *bytes = wire_bytes(&record->data, size);

	if (!bytes || record->data.at != record->data.len)
		return false;
	if (size == 4)
		net_address_from_ipv4(bytes, out);
	else
		memcpy(out, bytes, size);
	return true;
}

static void use_ttl(struct dns_answer *answer, uint32_t ttl_s)
{
	bool is_first = answer->n_chain + answer->n_addresses == 0;

	if (is_first || ttl_s < answer->ttl_s)
		answer->ttl_s = ttl_s;
}

static bool take_address(struct dns_answer *answer, struct record *record)
{
	uint8_t address[16];

	if (!read_address(record, address))
		return false;
	if (answer->n_addresses == DNS_MAX_ADDRESSES)
		return true;
	use_ttl(answer, record->ttl_s);
	memcpy(answer->addresses[answer->n_addresses++], address, sizeof(address));
	return true;
}

/* The records of a name with a type: 1 when there is one, 0, or -1 when one is malformed. */
static int take_records(const struct section *section, const struct dns_name *owner, uint16_t type,
			struct dns_answer *answer)
{
	struct wire in = section->in;
	int found = 0;

	for (uint32_t i = 0; i < section->n_records; i++) {
		struct record record;

		if (!read_record(&in, &record))
			return -1;
		if (record.type != type || record.class != DNS_CLASS_IN ||
		    !dns_name_equal(&record.owner, owner))
			continue;
		found = 1;
		if (type != DNS_TYPE_CNAME) {
			if (!take_address(answer, &record))
				return -1;
			continue;
		}
		if (answer->n_chain == DNS_MAX_CHAIN ||
		    !read_target(&record, &answer->chain[answer->n_chain]))
			return -1;
		use_ttl(answer, record.ttl_s);
		answer->n_chain++;
		return 1; /* RFC 2181, 10.1: a name has one CNAME record */
	}
	return found;
}

/* False: of no use. */
static bool follow(const struct section *section, const struct dns_name *asked,
		   struct dns_answer *answer)
{
	const struct dns_name *owner = asked;
	int found;

	do {
		found = take_records(section, owner, DNS_TYPE_CNAME, answer);
		if (found > 0)
			owner = &answer->chain[answer->n_chain - 1];
	} while (found > 0);
	return found == 0 && take_records(section, owner, section->type, answer) >= 0;
}

static bool same_question(const struct dns_question *a, const struct dns_question *b)
{
	return a->type == b->type && a->class == b->class && a->name.len == b->name.len &&
	       memcmp(a->name.bytes, b->name.bytes, a->name.len) == 0;
}

enum dns_answer_kind dns_answer_read(const uint8_t *bytes, size_t len,
				     const struct dns_question *asked, uint16_t id,
				     struct dns_answer *out)
{
	struct section section = {.in = {.bytes = bytes, .len = len}, .type = asked->type};
	struct wire *in = &section.in;
	struct dns_question question;
	uint32_t have_id = wire_number(in, 2);
	uint32_t flags = wire_number(in, 2);
	uint32_t n_questions = wire_number(in, 2);

	section.n_records = wire_number(in, 2);
	(void)wire_bytes(in, 4);
	if (in->bad || have_id != id || !(flags & DNS_FLAG_QR) || DNS_OPCODE(flags) ||
	    n_questions != 1 || !dns_question_read(in, &question) ||
	    !same_question(&question, asked))
		return DNS_ANSWER_FOREIGN;
	out->rcode = (enum dns_rcode)(flags & 15u);
	out->truncated = (flags & DNS_FLAG_TC) != 0;
	out->ttl_s = out->n_chain = out->n_addresses = 0;
	if (out->rcode != DNS_NOERROR)
		return DNS_ANSWER_OURS;
	if (section.n_records <= MAX_RECORDS && follow(&section, &asked->name, out))
		return DNS_ANSWER_OURS;
	/* Some servers cut where the space ends, and count what is behind. */
	out->ttl_s = out->n_chain = out->n_addresses = 0;
	return out->truncated ? DNS_ANSWER_OURS : DNS_ANSWER_BROKEN;
}
