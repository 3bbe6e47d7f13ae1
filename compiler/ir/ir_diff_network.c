/*
 * The network of two sandboxes.
 *
 * Grants of a TCP port on any host and grants with a host are one kind here. A grant is covered
 * when for each of its ports there is a grant of the other side whose host is the same or wider;
 * a network that the other side has in pieces is taken apart in halves. What is left is told with
 * the ports that are left.
 */
#include "ir/ir_diff_impl.h"

#include "ir/ir_endpoint.h"
#include "ir/ir_print.h"

#include <string.h>

struct grant {
	struct ir_endpoint endpoint;
	struct diff_host host; /* of endpoint */
};

struct grants {
	struct grant **items;
	size_t n;
	size_t cap;
};

static void add_grant(struct diff *diff, struct grants *out, int side,
		      const struct ir_endpoint *endpoint)
{
	struct grant *grant = arena_new(diff->arena, struct grant);

	grant->endpoint = *endpoint;
	grant->host = diff_host(diff->arena, diff->policy[side], &grant->endpoint);
	vec_add(diff->arena, out, grant);
}

static struct grants grants_of(struct diff *diff, const struct diff_pair *pair, int side)
{
	const struct ir_sandbox *sandbox = pair->side[side];
	struct grants out = {0};

	for (size_t i = 0; sandbox && i < sandbox->ports.n; i++) {
		const struct ir_port *port = &sandbox->ports.items[i];
		struct ir_endpoint any = {.kind = IR_HOST_ANY,
					  .first = port->first,
					  .last = port->last,
					  .param = port->param,
					  .origin = port->origin};

		any.rights |= port->rights & WRIT_PORT_CONNECT ? IR_ENDPOINT_CONNECT : 0;
		any.rights |= port->rights & WRIT_PORT_BIND ? IR_ENDPOINT_BIND : 0;
		add_grant(diff, &out, side, &any);
	}
	for (size_t i = 0; sandbox && i < sandbox->endpoints.n; i++)
		add_grant(diff, &out, side, &sandbox->endpoints.items[i]);
	return out;
}

/*
 * A grant with the right whose host holds all of this one's, and its port parameter. One that
 * checks TLS holds none that does not.
 */
static bool may_cover(const struct grant *grant, const struct grant *by, uint32_t right)
{
	enum diff_relation relation = diff_hosts(&by->host, &grant->host);

	if (by->endpoint.rights & ~grant->endpoint.rights & IR_ENDPOINT_SNI)
		return false;
	return (by->endpoint.rights & right) && by->endpoint.udp == grant->endpoint.udp &&
	       (relation == DIFF_SAME || relation == DIFF_ABOVE);
}

/*
 * The first port from `from` on that no grant of the list covers, up to the grant's last, or past
 * it; *until is the last port before the next that is covered.
 */
static uint32_t next_uncovered(const struct grant *grant, const struct grants *list, uint32_t right,
			       uint32_t from, uint32_t *until)
{
	bool moved = true;

	*until = grant->endpoint.last;
	while (moved) {
		moved = false;
		for (size_t i = 0; i < list->n; i++) {
			const struct grant *by = list->items[i];

			if (!may_cover(grant, by, right) || by->host.param.len ||
			    by->endpoint.first > from || by->endpoint.last < from)
				continue;
			from = by->endpoint.last + 1u;
			moved = true;
		}
	}
	for (size_t i = 0; i < list->n; i++) {
		const struct grant *by = list->items[i];

		if (may_cover(grant, by, right) && !by->host.param.len &&
		    by->endpoint.first > from && by->endpoint.first <= *until)
			*until = by->endpoint.first - 1u;
	}
	return from;
}

static bool is_covered(const struct grant *grant, const struct grants *list, uint32_t right)
{
	uint32_t until;

	for (size_t i = 0; i < list->n; i++) {
		if (may_cover(grant, list->items[i], right) &&
		    diff_ports_within(&grant->host, &list->items[i]->host))
			return true;
	}
	if (grant->host.param.len)
		return false;
	return next_uncovered(grant, list, right, grant->endpoint.first, &until) >
	       grant->endpoint.last;
}

/* Is a part of this network in the list on its own? Then halves may be covered. */
static bool has_parts(const struct grant *grant, const struct grants *list, uint32_t right)
{
	for (size_t i = 0; i < list->n; i++) {
		if ((list->items[i]->endpoint.rights & right) &&
		    list->items[i]->endpoint.kind == IR_HOST_NET &&
		    diff_hosts(&grant->host, &list->items[i]->host) == DIFF_ABOVE)
			return true;
	}
	return false;
}

static struct grant half_of(const struct grant *grant, bool upper)
{
	struct grant half = *grant;
	unsigned bit = grant->endpoint.prefix;

	half.endpoint.prefix++;
	if (upper)
		half.endpoint.address[bit / 8u] |= (uint8_t)(0x80u >> bit % 8u);
	return half;
}

/* A network of which every piece is covered; at most 128 halvings deep. */
static bool is_covered_in_parts(const struct grant *grant, const struct grants *list,
				uint32_t right)
{
	if (is_covered(grant, list, right))
		return true;
	if (grant->endpoint.kind != IR_HOST_NET || !has_parts(grant, list, right))
		return false;
	for (int upper = 0; upper < 2; upper++) {
		struct grant half = half_of(grant, upper);

		/* All of IPv4 is no part of a wider network: there is nothing to cover. */
		if (half.endpoint.prefix == IR_IPV4_PREFIX &&
		    !ir_net_holds(&grant->endpoint, half.endpoint.address, IR_IPV4_PREFIX))
			continue;
		half.host.endpoint = &half.endpoint;
		if (!is_covered_in_parts(&half, list, right))
			return false;
	}
	return true;
}

static struct str host_text(struct diff *diff, int side, const struct ir_endpoint *endpoint)
{
	struct str name = ir_text_spell(diff->arena, diff->policy[side], &endpoint->name);

	switch (endpoint->kind) {
	case IR_HOST_ANY:
		return STR("*");
	case IR_HOST_NAME:
		return name;
	case IR_HOST_SUFFIX:
		return str_printf(diff->arena, "*.%.*s", STR_ARG(name));
	case IR_HOST_NET:
		return ir_net_spell(diff->arena, endpoint);
	}
	return name;
}

static struct str ports_text(struct diff *diff, const struct grant *grant, uint32_t first,
			     uint32_t last)
{
	if (grant->host.param.len)
		return str_printf(diff->arena, ":${%.*s}", STR_ARG(grant->host.param));
	if (first == 0 && last == UINT16_MAX)
		return STR("");
	if (first == last)
		return str_printf(diff->arena, ":%u", first);
	return str_printf(diff->arena, ":%u-%u", first, last);
}

static const struct right {
	uint32_t bit;
	const char *name;
	enum ir_diff_change missing[2]; /* when only OLD has it, when only NEW has it */
	enum ir_diff_effect effect[2];
} rights[] = {
	{IR_ENDPOINT_CONNECT,
	 "connect ",
	 {IR_DIFF_NET_LOST, IR_DIFF_NET_GAINED},
	 {IR_DIFF_NARROWED, IR_DIFF_WIDENED}},
	{IR_ENDPOINT_BIND,
	 "bind ",
	 {IR_DIFF_NET_LOST, IR_DIFF_NET_GAINED},
	 {IR_DIFF_NARROWED, IR_DIFF_WIDENED}},
	{IR_ENDPOINT_DENY,
	 "",
	 {IR_DIFF_NET_DENY_REMOVED, IR_DIFF_NET_DENY_ADDED},
	 {IR_DIFF_WIDENED, IR_DIFF_NARROWED}},
};

struct leftover { /* of a grant that the other side lacks */
	const struct grant *grant;
	const struct right *right;
	int side;
	uint32_t first, last;
};

static void report_leftover(struct diff *diff, const struct leftover *left,
			    struct diff_entries *out)
{
	const struct grant *grant = left->grant;
	struct str host = host_text(diff, left->side, &grant->endpoint);
	struct str ports = ports_text(diff, grant, left->first, left->last);
	struct diff_item item = {.change = left->right->missing[left->side],
				 .effect = left->right->effect[left->side],
				 .origin = &grant->endpoint.origin,
				 .side = left->side};

	item.name = str_printf(diff->arena, "%s\"%s%.*s%.*s\"%s", left->right->name,
			       grant->endpoint.udp ? "udp://" : "", STR_ARG(host), STR_ARG(ports),
			       grant->endpoint.rights & IR_ENDPOINT_SNI ? " sni" : "");
	diff_item(diff, out, &item);
}

static void report_uncovered(struct diff *diff, struct leftover *left, const struct grants *list,
			     struct diff_entries *out)
{
	const struct ir_endpoint *endpoint = &left->grant->endpoint;
	uint32_t from = endpoint->first;

	if (is_covered_in_parts(left->grant, list, left->right->bit))
		return;
	while (!left->grant->host.param.len && from <= endpoint->last) {
		left->first = next_uncovered(left->grant, list, left->right->bit, from,
					     &left->last);
		if (left->first <= endpoint->last)
			report_leftover(diff, left, out);
		from = left->last + 1u > left->first ? left->last + 1u : left->first;
	}
	if (left->grant->host.param.len)
		report_leftover(diff, left, out);
}

static struct map unix_keys(struct diff *diff, const struct diff_pair *pair, int side)
{
	const struct ir_sandbox *sandbox = pair->side[side];
	struct map keys = {0};

	for (size_t i = 0; sandbox && i < sandbox->unix_sockets.n; i++)
		map_put(diff->arena, &keys,
			diff_key(diff->arena, diff->policy[side],
				 &sandbox->unix_sockets.items[i].text),
			0);
	return keys;
}

static void compare_unix(struct diff *diff, const struct diff_pair *pair, int side,
			 struct diff_entries *out)
{
	const struct ir_sandbox *sandbox = pair->side[side];
	struct map other = unix_keys(diff, pair, !side);

	for (size_t i = 0; sandbox && i < sandbox->unix_sockets.n; i++) {
		const struct ir_unix *unix_socket = &sandbox->unix_sockets.items[i];
		struct str key = diff_key(diff->arena, diff->policy[side], &unix_socket->text);
		struct diff_item item = {.origin = &unix_socket->origin, .side = side};

		if (map_get(&other, key, NULL))
			continue;
		item.change = side == NEW ? IR_DIFF_UNIX_GAINED : IR_DIFF_UNIX_LOST;
		item.effect = side == NEW ? IR_DIFF_WIDENED : IR_DIFF_NARROWED;
		item.name = str_printf(diff->arena, "\"%.*s\"",
				       STR_ARG(ir_text_spell(diff->arena, diff->policy[side],
							     &unix_socket->text)));
		diff_item(diff, out, &item);
	}
}

void diff_network(struct diff *diff, const struct diff_pair *pair, struct diff_entries *out)
{
	const struct grants grants[2] = {grants_of(diff, pair, OLD), grants_of(diff, pair, NEW)};

	for (int side = NEW; side >= OLD; side--) {
		for (size_t i = 0; i < grants[side].n * (sizeof(rights) / sizeof(*rights)); i++) {
			struct leftover left = {.grant = grants[side].items[i / 3],
						.right = &rights[i % 3],
						.side = side};

			if (left.grant->endpoint.rights & left.right->bit)
				report_uncovered(diff, &left, &grants[!side], out);
		}
		compare_unix(diff, pair, side, out);
	}
}
