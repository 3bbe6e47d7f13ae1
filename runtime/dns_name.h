/*
 * Names of DNS, as they stand in messages (RFC 1035, 3.1): labels of any bytes, each behind its
 * length, the last one empty.
 *
 * Two names are the same when their labels are, in either case of ASCII letters (RFC 4343). The
 * text of a name is for people; what is compared with a policy is a host name, which only a name
 * has whose labels are letters, digits, '-' and '_'. So a dot or a NUL in a label makes it nobody.
 */
#ifndef WRIT_RUNTIME_DNS_NAME_H
#define WRIT_RUNTIME_DNS_NAME_H

#include "runtime/hostname.h"
#include "runtime/wire.h"

#define DNS_MAX_NAME  255u /* RFC 1035, 2.3.4: with all lengths */
#define DNS_MAX_LABEL 63u
#define DNS_NAME_TEXT 1024u /* bytes that any name's text needs: at most 4 for each, and a NUL */

struct dns_name {
	uint8_t bytes[DNS_MAX_NAME];
	uint8_t len; /* 1 for the root */
};

/*
 * Reads a name of a message off in, which holds all of the message, and goes on behind it.
 * Compressed names (RFC 1035, 4.1.4) may point to what stands before only. False: malformed.
 */
bool dns_name_read(struct wire *in, struct dns_name *out);

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);

/* Every ASCII letter in lower case. */
void dns_name_lower(struct dns_name *name);

/*
 * The host name, in lower case without the dot at the end, as the rules of a policy are compared
 * with it; out's memory is used. False for what is none, such as the root, or "1.2.3.4", which
 * other programs take for an address.
 */
bool dns_name_host(const struct dns_name *name, char out[HOSTNAME_MAX], struct slice *host);

/* The name of a host name. False: it is none. */
bool dns_name_of_host(struct slice host, struct dns_name *out);

/*
 * Presentation format (RFC 1035, 5.1; RFC 4343, 2.1), without the dot at the end but for the root:
 * only printable ASCII, \. and \\ and \DDD for the rest. Returns the length.
 */
size_t dns_name_text(const struct dns_name *name, char out[DNS_NAME_TEXT]);

#endif
