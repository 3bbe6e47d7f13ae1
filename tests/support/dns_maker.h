/*
 * Messages of DNS, written with the libc's functions and read with them as text: what the stub says
 * and hears, seen by somebody else.
 */
#ifndef WRIT_TESTS_DNS_MAKER_H
#define WRIT_TESTS_DNS_MAKER_H

#include <stdint.h>

#include "runtime/dns_message.h"

#define DNS_MAKER_BYTES 65535u

struct dns_maker {
	uint8_t bytes[DNS_MAKER_BYTES];
	size_t len;
	const uint8_t *names[64]; /* what compression knows */
};

/* A header and, unless name is NULL, a question of class IN. Names are in presentation format. */
void dns_maker_begin(struct dns_maker *maker, uint16_t id, uint16_t flags, const char *name,
		     uint16_t type);

/* A record of the answer section, class IN; the data of A, AAAA and CNAME as text. */
void dns_maker_record(struct dns_maker *maker, const char *owner, const char *type, uint32_t ttl_s,
		      const char *data);

/* An OPT record. */
void dns_maker_opt(struct dns_maker *maker, uint16_t size, uint32_t ttl);

/* A number at a place, in network order. */
void dns_maker_poke(struct dns_maker *maker, size_t at, uint16_t value);

/*
 * A message as one line: "id 7 NXDOMAIN ra tc q a.org/1: CNAME b.org 60, A 10.0.0.1 60; opt 1232
 * ede 15", with the owners of records in front when they do not follow from what is before. Static.
 */
const char *dns_maker_text(const uint8_t *bytes, size_t len);

#endif
