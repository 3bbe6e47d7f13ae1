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

struct net_rule;

struct net_plan {
	bool has_gate;
	bool needs_proc;              /* a procfs of the launch's PID namespace, that is */
	const struct net_rule *rules; /* net_judge.h */
	uint32_t n_rules;
	const char **sockets; /* unix sockets, by the names that the kernel has for them */
	size_t n_sockets;
};

/* In a pool of their own. 0, or -ENOMEM. */
int net_plan_copy(struct net_plan *plan, struct pool *pool, const struct net_plan *from);

#endif
