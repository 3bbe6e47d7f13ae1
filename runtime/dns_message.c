/*
 * Messages are read once, from the front, and written once; nothing is ever copied from one into
 * another but the question.
 *
 * An answer begins with the question as it was sent, so that who mixes cases to make forging harder
 * finds his own. A record's owner is always a pointer: to the question's name, or to where the last
 * CNAME record has its target.
 */
#include "runtime/dns_message.h"

#include <string.h>

#include "runtime/net_address.h"

#define POINTER       0xc000u
#define MAX_EXTRA     8u  /* additional records of a query that are looked at */
#define OPT_BYTES     11u /* of an OPT record without options */
#define BLOCKED_BYTES 6u  /* of the option that says why */
#define OPTION_EDE    15u /* RFC 8914, 2 */
#define EDE_BLOCKED   15u /* RFC 8914, 4.16 */
#define RECORD_BYTES  12u /* of a record whose owner is a pointer, without its data */

static void put_number(uint8_t *out, uint32_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(value >> 8 * (n - 1 - i));
}

bool dns_question_read(struct wire *in, struct dns_question *out)
{
	if (!dns_name_read(in, &out->name))
		return false;
	out->type = (uint16_t)wire_number(in, 2);
	out->class = (uint16_t)wire_number(in, 2);
	return !in->bad;
}

/* One additional record. An OPT record's class is a size and its TTL has the version. */
static int read_extra(struct wire *in, struct dns_query *out)
{
	struct dns_name owner;
	uint32_t type, size, ttl;

	if (!dns_name_read(in, &owner))
		return DNS_FORMERR;
	type = wire_number(in, 2);
	size = wire_number(in, 2);
	ttl = wire_number(in, 4);
	(void)wire_bytes(in, wire_number(in, 2));
	if (in->bad)
		return DNS_FORMERR;
	if (type != DNS_TYPE_OPT)
		return DNS_NOERROR;
	if (out->edns || owner.len != 1) /* RFC 6891, 6.1.1 */
		return DNS_FORMERR;
	out->edns = true;
	if (size > DNS_MIN_UDP)
		out->max_bytes = (uint16_t)size;
	return (ttl >> 16 & 0xff) ? DNS_BADVERS : DNS_NOERROR;
}

int dns_query_read(const uint8_t *bytes, size_t len, struct dns_query *out)
{
	struct wire in = {.bytes = bytes, .len = len};
	uint32_t n_questions, n_records, n_extra;
	int rc = DNS_NOERROR;

	memset(out, 0, sizeof(*out));
	out->question.name.len = 1;
	out->max_bytes = DNS_MIN_UDP;
	out->id = (uint16_t)wire_number(&in, 2);
	out->flags = (uint16_t)wire_number(&in, 2);
	n_questions = wire_number(&in, 2);
	n_records = wire_number(&in, 4);
	n_extra = wire_number(&in, 2);
	if (in.bad || out->flags & DNS_FLAG_QR)
		return DNS_NO_ANSWER;
	if (DNS_OPCODE(out->flags))
		return DNS_NOTIMP;
	if (n_questions != 1 || n_records || n_extra > MAX_EXTRA)
		return DNS_FORMERR;
	out->has_question = dns_question_read(&in, &out->question);
	if (!out->has_question) {
		out->question.name = (struct dns_name){.len = 1};
		return DNS_FORMERR;
	}
	while (rc == DNS_NOERROR && n_extra--)
		rc = read_extra(&in, out);
	return rc == DNS_NOERROR && in.at != len ? DNS_FORMERR : rc;
}

static size_t put_question(uint8_t *out, const struct dns_question *question)
{
	size_t n = question->name.len;

	memcpy(out, question->name.bytes, n);
	put_number(out + n, question->type, 2);
	put_number(out + n + 2, question->class, 2);
	return n + 4;
}

/* An OPT record with room for options of so many bytes, which are left to the caller. */
static size_t put_opt(uint8_t *out, uint8_t high_rcode, uint16_t options)
{
	memset(out, 0, OPT_BYTES);
	put_number(out + 1, DNS_TYPE_OPT, 2);
	put_number(out + 3, DNS_MAX_UDP, 2);
	out[5] = high_rcode;
	put_number(out + 9, options, 2);
	return OPT_BYTES;
}

size_t dns_query_write(const struct dns_question *question, uint16_t id, bool edns,
		       uint8_t out[DNS_MAX_QUERY])
{
	size_t len = DNS_HEADER;

	memset(out, 0, DNS_HEADER);
	put_number(out, id, 2);
	put_number(out + 2, DNS_FLAG_RD, 2);
	put_number(out + 4, 1, 2);
	put_number(out + 10, edns, 2);
	len += put_question(out + len, question);
	if (edns)
		len += put_opt(out + len, 0, 0);
	return len;
}

static size_t room_of(const struct dns_query *query, bool tcp)
{
	size_t room = tcp ? DNS_MAX_REPLY : query->max_bytes;

	if (!tcp && room > DNS_MAX_UDP)
		room = DNS_MAX_UDP;
	return query->edns ? room - OPT_BYTES - BLOCKED_BYTES : room;
}

void dns_reply_begin(struct dns_reply *reply, const struct dns_query *query, enum dns_rcode rcode,
		     bool tcp, uint8_t *bytes)
{
	uint32_t kept = query->flags & (DNS_FLAG_RD | 15u << 11); /* RD and the opcode */

	*reply = (struct dns_reply){
		.bytes = bytes,
		.room = room_of(query, tcp),
		.len = DNS_HEADER,
		.owner = DNS_HEADER,
		.edns = query->edns,
		.high_rcode = (uint8_t)((unsigned int)rcode >> 4),
	};
	memset(bytes, 0, DNS_HEADER);
	put_number(bytes, query->id, 2);
	put_number(bytes + 2, kept | DNS_FLAG_QR | DNS_FLAG_RA | ((unsigned int)rcode & 15u), 2);
	if (!query->has_question)
		return;
	put_number(bytes + 4, 1, 2);
	reply->len += put_question(bytes + reply->len, &query->question);
}

struct record {
	uint16_t type;
	uint16_t size;
	uint32_t ttl_s;
	const uint8_t *data;
};

static bool put_record(struct dns_reply *reply, const struct record *record)
{
	uint8_t *out = reply->bytes + reply->len;

	if (reply->len + RECORD_BYTES + record->size > reply->room)
		return false;
	put_number(out, POINTER | reply->owner, 2);
	put_number(out + 2, record->type, 2);
	put_number(out + 4, DNS_CLASS_IN, 2);
	put_number(out + 6, record->ttl_s, 4);
	put_number(out + 10, record->size, 2);
	memcpy(out + RECORD_BYTES, record->data, record->size);
	reply->len += RECORD_BYTES + record->size;
	reply->n_answers++;
	return true;
}

bool dns_reply_cname(struct dns_reply *reply, const struct dns_name *target, uint32_t ttl_s)
{
	const struct record record = {DNS_TYPE_CNAME, target->len, ttl_s, target->bytes};
	size_t at = reply->len + RECORD_BYTES;

	if (!put_record(reply, &record))
		return false;
	reply->owner = (uint16_t)at;
	return true;
}

bool dns_reply_address(struct dns_reply *reply, const uint8_t address[16], uint32_t ttl_s)
{
	const struct record a = {DNS_TYPE_A, 4, ttl_s, address + 12};
	const struct record aaaa = {DNS_TYPE_AAAA, 16, ttl_s, address};

	return put_record(reply, net_address_is_ipv4(address) ? &a : &aaaa);
}

void dns_reply_truncate(struct dns_reply *reply)
{
	struct wire in = {.bytes = reply->bytes, .len = reply->len, .at = DNS_HEADER};
	struct dns_question question;

	if (reply->bytes[5] && dns_question_read(&in, &question))
		reply->len = in.at;
	reply->n_answers = 0;
	reply->bytes[2] |= DNS_FLAG_TC >> 8;
}

size_t dns_reply_end(struct dns_reply *reply, bool blocked)
{
	uint8_t *out = reply->bytes + reply->len;

	put_number(reply->bytes + 6, reply->n_answers, 2);
	if (!reply->edns)
		return reply->len;
	put_number(reply->bytes + 10, 1, 2);
	out += put_opt(out, reply->high_rcode, blocked ? BLOCKED_BYTES : 0);
	if (blocked) {
		put_number(out, OPTION_EDE, 2);
		put_number(out + 2, 2, 2);
		put_number(out + 4, EDE_BLOCKED, 2);
		out += BLOCKED_BYTES;
	}
	return (size_t)(out - reply->bytes);
}
