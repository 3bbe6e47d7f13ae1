/*
 * Hosts and URLs as conditions read them: strictly, so that no program reads another host out of
 * the same bytes. What could be read in two ways is no host.
 */
#ifndef WRIT_RUNTIME_HOSTNAME_H
#define WRIT_RUNTIME_HOSTNAME_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/match.h"

#define HOSTNAME_MAX       253u /* RFC 1035, 2.3.4: of a name as text, without the dot at the end */
#define HOSTNAME_MAX_LABEL 63u
#define HOSTNAME_MAX_IPV4  16u /* with a NUL */

struct host {
	bool is_address;
	struct slice name;              /* of a name: as given, without the dot at the end */
	uint8_t address[16];            /* of an address; IPv4 as ::ffff:a.b.c.d */
	char dotted[HOSTNAME_MAX_IPV4]; /* of an IPv4 address */
};

struct url {
	struct host host;
	bool is_url;   /* for who reads URLs and hosts alike */
	bool is_plain; /* its host and port are written in their one spelling: see url_parse */
	uint32_t port; /* 0: none is written and the scheme has none by itself */
};

/* A name, an IPv4 address in four decimal parts, or an IPv6 address, bare or in brackets. */
bool host_parse(struct slice text, struct host *out);

/*
 * scheme://host[:port], then the end or one of / ? # and anything. No user information. It is plain
 * when no other spelling means the same peer: a host in lower case, without a dot at the end, no
 * IPv6 address, and no port that is the scheme's own.
 */
bool url_parse(struct slice text, struct url *out);

/* The part of a URL, or of a pattern for some, between "://" and the first of / ? #; may be empty.
 */
struct slice url_authority(struct slice text);

/* Is an address in a network? prefix: 0 to 128 bits. */
bool host_in_net(const uint8_t address[16], const uint8_t net[16], uint32_t prefix);

/* Is a name the one that lower is, which is in lower case? */
bool host_name_is(struct slice lower, struct slice name);
/* Is it one below? */
bool host_name_below(struct slice lower, struct slice name);

static inline bool host_is_ipv4(const struct host *host)
{
	return host->is_address && host->dotted[0];
}

#endif
