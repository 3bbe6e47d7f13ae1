/*
 * Names and addresses of hosts as text.
 */
#ifndef WRIT_SEMA_HOSTS_H
#define WRIT_SEMA_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define HOST_MAX_NAME  253u /* bytes, RFC 1035 without the root's dot */
#define HOST_MAX_LABEL 63u

/* An address or a network; IPv4 is mapped into IPv6 (RFC 4291, 2.5.5.2). */
struct host_net {
	uint8_t address[16];
	unsigned prefix; /* in bits, of IPv4 96 more than written */
};

/* "10.0.0.1": four decimal numbers without leading zeros. */
bool host_parse_ipv4(struct str text, struct host_net *out);

/* "2001:db8::1", also with an IPv4 address at the end. */
bool host_parse_ipv6(struct str text, struct host_net *out);

/*
 * Would other programs take it for an IPv4 address in some spelling ("127.1", "0x7f.1")? So it is
 * when the last label is a number (WHATWG URL, "ends in a number").
 */
bool host_looks_numeric(struct str text);

/* Clears the bits behind the prefix; true when some were set. */
bool host_clear_host_bits(struct host_net *net);

/* As policies write it, IPv6 without brackets; with "/prefix" unless that covers one address. */
struct str host_spell(struct arena *arena, const struct host_net *net);

/* Why text is no host name, or NULL when it is one. */
const char *host_name_flaw(struct str text);

/* A name or an address (IPv6 also in brackets): what a parameter of type host is bound to. */
bool host_is_one(struct str text);

#endif
