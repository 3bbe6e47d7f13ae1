/*
 * Endpoints have been bound with the policy (runtime/bind_conditions.c) and are copied; ports of
 * any host, which are a section of their own as Landlock is told them, become endpoints again.
 */
#include "runtime/net_rules.h"

#include <errno.h>

/* What a sandbox's rules are made of, while they are. */
struct making {
	const struct writ_policy *policy;
	struct pool *pool;
	struct net_rule *rules;
	struct policy_peer *peers;
	uint32_t n;
};

static int add(struct making *making, uint32_t flags, const struct policy_peer *peer)
{
	struct policy_peer *copy = &making->peers[making->n];

	*copy = *peer;
	making->rules[making->n++] = (struct net_rule){flags, copy};
	if (peer->name.len)
		copy->name.ptr = pool_strndup(making->pool, peer->name.ptr, peer->name.len);
	return peer->name.len && !copy->name.ptr ? -ENOMEM : 0;
}

static int make_room(struct making *making, size_t n)
{
	making->rules = pool_array(making->pool, n, sizeof(*making->rules));
	making->peers = pool_array(making->pool, n, sizeof(*making->peers));
	return making->rules && making->peers ? 0 : -ENOMEM;
}

static int add_endpoint(struct making *making, uint32_t index)
{
	return add(making, image_ENDPOINTS(&making->policy->image, index)->flags,
		   &making->policy->peers[index]);
}

/* The rights of ports are those of endpoints. */
_Static_assert(WRIT_PORT_CONNECT == WRIT_ENDPOINT_CONNECT, "one bit");
_Static_assert(WRIT_PORT_BIND == WRIT_ENDPOINT_BIND, "one bit");

static int add_port(struct making *making, uint32_t index)
{
	const struct writ_fmt_port *port = image_PORTS(&making->policy->image, index);
	struct policy_peer peer = {.kind = WRIT_HOST_ANY, .first = port->first, .last = port->last};

	if (port->param != WRIT_NONE)
		peer.first = peer.last = making->policy->params[port->param].port;
	return add(making, port->rights, &peer);
}

int net_rules_make(const struct writ_policy *policy, const struct writ_fmt_sandbox *sandbox,
		   struct pool *pool, struct net_rules *out)
{
	struct writ_fmt_range endpoints = sandbox->endpoints, ports = sandbox->ports;
	struct making making = {.policy = policy, .pool = pool};
	int rc = make_room(&making, (size_t)endpoints.count + ports.count);

	for (uint32_t i = 0; !rc && i < endpoints.count; i++)
		rc = add_endpoint(&making, endpoints.first + i);
	for (uint32_t i = 0; !rc && i < ports.count; i++)
		rc = add_port(&making, ports.first + i);
	if (!rc)
		*out = (struct net_rules){making.rules, making.n};
	return rc;
}

int net_rules_copy(const struct net_rules *rules, struct pool *pool, struct net_rules *out)
{
	struct making making = {.pool = pool};
	int rc = make_room(&making, rules->n);

	for (uint32_t i = 0; !rc && i < rules->n; i++)
		rc = add(&making, rules->items[i].flags, rules->items[i].peer);
	if (!rc)
		*out = (struct net_rules){making.rules, making.n};
	return rc;
}
