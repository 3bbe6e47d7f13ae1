/*
 * What an upstream server answered to a question of ours.
 */
#ifndef WRIT_RUNTIME_DNS_ANSWER_H
#define WRIT_RUNTIME_DNS_ANSWER_H

#include "runtime/dns_message.h"

#define DNS_MAX_CHAIN     8u  /* CNAME records from the question to the addresses */
#define DNS_MAX_ADDRESSES 32u /* the first ones count */

struct dns_answer {
	enum dns_rcode rcode;
	bool truncated; /* the server had more than would fit */
	uint32_t ttl_s; /* the smallest of all records used; 0 when there are none */
	uint32_t n_chain;
	uint32_t n_addresses;
	struct dns_name chain[DNS_MAX_CHAIN]; /* targets: the last one has the addresses */
	uint8_t addresses[DNS_MAX_ADDRESSES][16];
};

enum dns_answer_kind {
	DNS_ANSWER_OURS,
	DNS_ANSWER_FOREIGN, /* to another question, or none: to be waited on */
	DNS_ANSWER_BROKEN,  /* to ours, and of no use: malformed, or a CNAME leads nowhere */
};

/*
 * Reads an answer to a question for A or AAAA that was asked with an id. It is ours when the id,
 * and the question byte for byte, are. Taken from it are the rcode and, of the answer section,
 * addresses of the question's type and the CNAME records that lead to them; everything else could
 * be about anything.
 */
enum dns_answer_kind dns_answer_read(const uint8_t *bytes, size_t len,
				     const struct dns_question *asked, uint16_t id,
				     struct dns_answer *out);

#endif
