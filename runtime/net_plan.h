/*
 * What a sandbox lists of the network, made ready once: by net_prepare.c when it is opened, and
 * copied for each launch.
 */
#ifndef WRIT_RUNTIME_NET_PLAN_H
#define WRIT_RUNTIME_NET_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/pool.h"
#include "runtime/writ_format.h"

#define NET_NAME_MAX    128u /* the kernel takes no longer one: struct sockaddr_storage */
#define NET_MAX_SERVERS 3u

struct net_rule;

/* A struct sockaddr, copied once: what is judged is what is used. */
struct net_name {
	uint32_t len;
	union {
		uint16_t family;
		uint8_t bytes[NET_NAME_MAX];
	};
};

/* Whom names are asked of. */
struct net_servers {
	struct net_name items[NET_MAX_SERVERS];
	uint32_t n;
};

struct net_plan {
	bool has_gate;
	bool needs_proc;              /* a procfs of the launch's PID namespace, that is */
	const struct net_rule *rules; /* net_judge.h */
	uint32_t n_rules;
	const char **sockets; /* unix sockets, by the names that the kernel has for them */
	size_t n_sockets;
	bool has_resolver;
	bool has_tls;                           /* a rule that TLS has to name its hosts for */
	struct net_servers servers;             /* the host's */
	uint16_t udp_ports[WRIT_MAX_UDP_PORTS]; /* that somebody may be sent to */
	uint32_t n_udp_ports;
};

/* In a pool of their own. 0, or -ENOMEM. */
int net_plan_copy(struct net_plan *plan, struct pool *pool, const struct net_plan *from);

#endif
