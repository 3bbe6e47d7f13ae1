/*
 * What an endpoint is about: the reference reading of hosts and networks, as docs/language.md has
 * it under "network". An IPv4 address is held as the IPv6 address that maps it, and a network that
 * is wider than all of IPv4 (a prefix below 96) is of IPv6 addresses only.
 */
#ifndef WRIT_IR_ENDPOINT_H
#define WRIT_IR_ENDPOINT_H

#include "ir/ir.h"
#include "ir/ir_value.h"

#define IR_IPV4_PREFIX 96u /* of the network that is all of IPv4 */

/* A text with its holes filled. */
struct str ir_text_expand(struct arena *arena, const struct ir_values *values,
			  const struct ir_text *text);

/* Does a network hold the network of so many bits at address? 128 bits are the address alone. */
bool ir_net_holds(const struct ir_endpoint *net, const uint8_t address[16], unsigned prefix);

/* "10.0.0.0/8", "10.0.0.1", "[2001:db8::/32]". */
struct str ir_net_spell(struct arena *arena, const struct ir_endpoint *net);

bool ir_hosts_equal(const struct ir_host *a, const struct ir_host *b);

/* Is a host one of an endpoint's? A name is matched as a name and an address as an address. */
bool ir_endpoint_has_host(struct arena *arena, const struct ir_values *values,
			  const struct ir_endpoint *endpoint, const struct ir_host *host);

#endif
