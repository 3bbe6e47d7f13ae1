/*
 * A sandbox's network rules, from the policy.
 */
#ifndef WRIT_RUNTIME_NET_RULES_H
#define WRIT_RUNTIME_NET_RULES_H

#include "runtime/net_judge.h"

/*
 * Everything that a sandbox grants or denies, in a pool's memory; nothing of the policy is
 * borrowed. Rule i is the sandbox's endpoint i, as long as it has so many; behind them stand its
 * ports of any host, in their order. 0, or -ENOMEM.
 */
int net_rules_make(const struct writ_policy *policy, const struct writ_fmt_sandbox *sandbox,
		   struct pool *pool, struct net_rules *out);

/* The same rules, in a pool of their own. 0, or -ENOMEM. */
int net_rules_copy(const struct net_rules *rules, struct pool *pool, struct net_rules *out);

#endif
