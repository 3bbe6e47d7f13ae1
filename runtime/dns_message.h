/*
 * Messages of DNS (RFC 1035, 4; EDNS: RFC 6891): queries read and written, and answers written.
 *
 * Messages are without the two bytes of length that they have over TCP. Whoever reads one gives all
 * of it.
 */
#ifndef WRIT_RUNTIME_DNS_MESSAGE_H
#define WRIT_RUNTIME_DNS_MESSAGE_H

#include "runtime/dns_name.h"

#define DNS_HEADER    12u
#define DNS_MIN_UDP   512u  /* RFC 1035, 4.2.1: what everybody takes */
#define DNS_MAX_UDP   1232u /* what fits into a packet anywhere (DNS flag day 2020) */
#define DNS_MAX_REPLY 4096u /* of ours, over TCP */
#define DNS_MAX_QUERY (DNS_HEADER + DNS_MAX_NAME + 4u + 11u) /* of ours */

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
	DNS_BADVERS = 16, /* its upper bits stand in the OPT record */
};

enum { DNS_TYPE_A = 1, DNS_TYPE_CNAME = 5, DNS_TYPE_AAAA = 28, DNS_TYPE_OPT = 41 };
enum { DNS_CLASS_IN = 1 };

/* Flags of a header. */
enum { DNS_FLAG_QR = 0x8000, DNS_FLAG_TC = 0x0200, DNS_FLAG_RD = 0x0100, DNS_FLAG_RA = 0x0080 };
#define DNS_OPCODE(flags) ((unsigned int)(flags) >> 11 & 15u)

struct dns_question {
	struct dns_name name; /* as it was written */
	uint16_t type;
	uint16_t class;
};

struct dns_query {
	uint16_t id;
	uint16_t flags;
	bool has_question; /* else the question is the root */
	bool edns;
	uint16_t max_bytes; /* that the client takes over UDP: DNS_MIN_UDP or more */
	struct dns_question question;
};

#define DNS_NO_ANSWER (-1)

/*
 * Reads a query: one question, and nothing else but an OPT record, or additional records that are
 * left alone. Returns the rcode to answer with when it is none that can be answered otherwise, or
 * DNS_NO_ANSWER for what is not even a query: answering that could go on for ever.
 */
int dns_query_read(const uint8_t *bytes, size_t len, struct dns_query *out);

/*
 * A query for a recursive server: nothing in it is the client's but the question. At most
 * DNS_MAX_QUERY bytes. Returns the length.
 */
size_t dns_query_write(const struct dns_question *question, uint16_t id, bool edns,
		       uint8_t out[DNS_MAX_QUERY]);

/* A question off a message; false: malformed. */
bool dns_question_read(struct wire *in, struct dns_question *out);

/*
 * An answer being written. Records stand in the order in which they are added; those of addresses
 * belong to the last CNAME's target, or else to the question.
 */
struct dns_reply {
	uint8_t *bytes;
	size_t room;
	size_t len;
	uint16_t owner; /* where the name stands that the next record belongs to */
	uint16_t n_answers;
	bool edns;
	uint8_t high_rcode;
};

/* bytes: DNS_MAX_REPLY of them. An answer over UDP has no more than the client takes. */
void dns_reply_begin(struct dns_reply *reply, const struct dns_query *query, enum dns_rcode rcode,
		     bool tcp, uint8_t *bytes);

/* False: it has no room, and is not there. */
bool dns_reply_cname(struct dns_reply *reply, const struct dns_name *target, uint32_t ttl_s);

/* An A record for an IPv4 address, else an AAAA record. False: it has no room. */
bool dns_reply_address(struct dns_reply *reply, const uint8_t address[16], uint32_t ttl_s);

/* What there was no room for can be had over TCP: nothing but this is said. */
void dns_reply_truncate(struct dns_reply *reply);

/*
 * The length of the finished answer. blocked: a client with EDNS is told that a policy is why (RFC
 * 8914, 4.16).
 */
size_t dns_reply_end(struct dns_reply *reply, bool blocked);

#endif
