/*
 * What an address is: its class, and the IPv4 addresses that are written into it.
 *
 * An address is 16 bytes in network order; an IPv4 address is the IPv6 address that maps it,
 * ::ffff:a.b.c.d, so that both have one form. Nothing here calls more than string.h.
 */
#ifndef WRIT_RUNTIME_NET_ADDRESS_H
#define WRIT_RUNTIME_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_ADDRESS_TEXT 46u /* bytes that the text of any address needs, with a NUL */
#define NET_MAX_EMBEDDED 4u

enum net_class {
	NET_PUBLIC,
	NET_PRIVATE,    /* of one site: RFC 1918, 4193, 6598, and networks for tests */
	NET_LOOPBACK,   /* this machine */
	NET_LINK_LOCAL, /* this wire */
	NET_METADATA,   /* where clouds hand out a machine's credentials */
	NET_MULTICAST,
	NET_NOWHERE, /* unspecified, broadcast, reserved */
	NET_CLASS__COUNT
};

void net_address_from_ipv4(const uint8_t ipv4[4], uint8_t out[16]);
bool net_address_is_ipv4(const uint8_t address[16]);

/* The class; *prefix, unless NULL, becomes the length of the network that has it, of 128 bits. */
enum net_class net_address_class(const uint8_t address[16], uint32_t *prefix);

/*
 * The IPv4 addresses that routers, translators or tunnels may take an IPv6 address for. Returns how
 * many there are; none for IPv4 itself.
 */
size_t net_address_embedded(const uint8_t address[16], uint8_t out[NET_MAX_EMBEDDED][16]);

/* RFC 5952: "10.0.0.1", "2001:db8::1", without brackets. Returns the length. */
size_t net_address_text(const uint8_t address[16], char out[NET_ADDRESS_TEXT]);

#endif
