/*
 * Network rules and addresses from text, for tests.
 */
#ifndef WRIT_TESTS_NET_MAKER_H
#define WRIT_TESTS_NET_MAKER_H

#include "runtime/net_judge.h"

/*
 * Endpoints as in a policy, without "[": "a.org:443", "*.a.org:80-90", "udp://10.0.0.1:53",
 * "*:443"; "2001:db8::1/64 443" is one of IPv6. "deny " before one denies it. Borrowed: lines. The
 * rules stay until the next call.
 */
struct net_rules net_rules_of(const char *const *lines, uint32_t n);

/* The address that a text is; it must be one. */
const uint8_t *net_address_of(const char *text, uint8_t out[16]);

#endif
