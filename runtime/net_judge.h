/*
 * The verdict on a connection: what a sandbox's network rules say of an address and a port, and of
 * a name that somebody wants to look up.
 *
 * Everything is borrowed, nothing is kept, and nothing but string.h is called. Names are in lower
 * case without a dot at the end.
 */
#ifndef WRIT_RUNTIME_NET_JUDGE_H
#define WRIT_RUNTIME_NET_JUDGE_H

#include "runtime/net_pins.h"
#include "runtime/policy.h"

/* An endpoint of a sandbox; a port that is granted for any host is one of WRIT_HOST_ANY. */
struct net_rule {
	uint32_t flags; /* WRIT_ENDPOINT_* */
	const struct policy_peer *peer;
};

struct net_rules {
	const struct net_rule *items;
	uint32_t n;
};

/* Where a connection or a datagram goes to. */
struct net_peer {
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint16_t port;
	bool udp;
};

enum net_why {
	NET_UNLISTED,   /* no rule is about it */
	NET_DENIED,     /* a deny is */
	NET_CLASS,      /* a name, "*" or a wide network does not reach this kind of address */
	NET_BY_ADDRESS, /* allowed: "*", or a network that has it */
	NET_BY_NAME,    /* allowed: a name that was answered with it */
};

#define NET_NO_RULE UINT32_MAX

struct net_verdict {
	bool allowed;
	enum net_why why;
	uint32_t rule; /* that decided, or NET_NO_RULE */
	/* Of NET_BY_NAME and a deny by name; else one of what is denied. In the pins. */
	struct slice name;
};

/* May the sandbox connect, or send, to a peer? A deny beats every grant. */
struct net_verdict net_judge(const struct net_rules *rules, const struct net_pins *pins,
			     const struct net_peer *peer, uint64_t now_ms);

/*
 * May a name be looked up? When some port of it is granted, by name or to any host, and not all of
 * it is denied.
 */
bool net_lists_name(const struct net_rules *rules, struct slice name);

/* Is all of a name denied? */
bool net_denies_name(const struct net_rules *rules, struct slice name);

/* Is any of a name denied, by itself or as one below another? */
bool net_denies_some_of(const struct net_rules *rules, struct slice name);

/* Is a host of this name one that a rule lists, and that is not denied at a TCP port? */
bool net_rule_names(const struct net_rules *rules, uint32_t rule, struct slice name, uint16_t port);

/*
 * May a name that is listed be answered with an address? Only when a connection to it can be
 * allowed, at some port, for that name or for the address itself.
 */
bool net_may_resolve(const struct net_rules *rules, struct slice name, const uint8_t address[16]);

#endif
