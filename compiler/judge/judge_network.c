/*
 * Endpoints: who may be connected to, and what may be listened on.
 *
 * The question is one host and one port. A name is matched as a name and an address as an address:
 * what a name resolves to is not known here. A deny beats every grant; one without "udp://" is
 * about any protocol.
 */
#include <string.h>

#include "ir/ir_endpoint.h"
#include "ir/ir_print.h"
#include "ir/ir_value.h"
#include "judge/judge.h"

#define UDP_SCHEME "udp://"

struct peer {
	bool udp;
	struct ir_host host;
	int64_t port;
};

/* Where the ':' before the port is: the last one, and behind a bracketed address. */
static bool cut(struct str text, struct str *host, struct str *port)
{
	const char *colon = memrchr(text.ptr, ':', text.len);

	if (!colon || (text.ptr[0] == '[' && colon[-1] != ']'))
		return false;
	*host = (struct str){text.ptr, (size_t)(colon - text.ptr)};
	*port = (struct str){colon + 1, text.len - host->len - 1};
	return host->len > 0;
}

static bool read_peer(struct arena *arena, struct str text, struct peer *out)
{
	size_t scheme = strlen(UDP_SCHEME);
	struct str host, port;

	out->udp = text.len >= scheme && memcmp(text.ptr, UDP_SCHEME, scheme) == 0;
	if (out->udp)
		text = (struct str){text.ptr + scheme, text.len - scheme};
	return text.len && cut(text, &host, &port) && ir_value_host(arena, host, &out->host) &&
	       ir_value_int(port, &out->port) && out->port >= 1 && out->port <= UINT16_MAX;
}

static bool port_matches(const struct judge *judge, int64_t port, uint32_t param,
			 const uint16_t range[2])
{
	int64_t bound;

	if (param == IR_NONE)
		return port >= range[0] && port <= range[1];
	return ir_value_int(judge->values->params[param], &bound) && bound == port;
}

static bool endpoint_matches(const struct judge *judge, const struct peer *peer,
			     const struct ir_endpoint *endpoint)
{
	const uint16_t range[2] = {endpoint->first, endpoint->last};
	bool any_protocol = endpoint->rights & IR_ENDPOINT_DENY && !endpoint->udp;

	return (any_protocol || endpoint->udp == peer->udp) &&
	       ir_endpoint_has_host(judge->arena, judge->values, endpoint, &peer->host) &&
	       port_matches(judge, peer->port, endpoint->param, range);
}

/* The first endpoint with a right that matches. */
static bool find_endpoint(const struct judge *judge, const struct ir_sandbox *box,
			  const struct peer *peer, uint32_t right, struct judgement *out)
{
	bool deny = right == IR_ENDPOINT_DENY;

	for (size_t i = 0; i < box->endpoints.n; i++) {
		const struct ir_endpoint *endpoint = &box->endpoints.items[i];
		struct str why;

		if (!(endpoint->rights & right) || !endpoint_matches(judge, peer, endpoint))
			continue;
		why = str_printf(judge->arena, "it is %s by \"%.*s\"", deny ? "denied" : "granted",
				 STR_ARG(ir_endpoint_spell(judge->arena, judge->ir, endpoint)));
		*out = deny ? judge_refused(JUDGE_ENDPOINTS, i, why)
			    : judge_allowed(JUDGE_ENDPOINTS, i, why);
		return true;
	}
	return false;
}

static struct str port_granted(const struct judge *judge, const struct ir_port *port)
{
	const struct ir_endpoint endpoint = {.kind = IR_HOST_ANY,
					     .first = port->first,
					     .last = port->last,
					     .param = port->param};

	return str_printf(judge->arena, "it is granted by \"%.*s\"",
			  STR_ARG(ir_endpoint_spell(judge->arena, judge->ir, &endpoint)));
}

/* TCP ports of any host. */
static bool find_port(const struct judge *judge, const struct ir_sandbox *box,
		      const struct peer *peer, uint32_t right, struct judgement *out)
{
	uint32_t wanted = right == IR_ENDPOINT_BIND ? WRIT_PORT_BIND : WRIT_PORT_CONNECT;

	for (size_t i = 0; !peer->udp && i < box->ports.n; i++) {
		const struct ir_port *port = &box->ports.items[i];
		const uint16_t range[2] = {port->first, port->last};

		if (!(port->rights & wanted) ||
		    !port_matches(judge, peer->port, port->param, range))
			continue;
		*out = judge_allowed(JUDGE_PORTS, i, port_granted(judge, port));
		return true;
	}
	return false;
}

struct judgement judge_endpoint(const struct judge *judge, uint32_t sandbox, uint32_t right,
				struct str endpoint)
{
	const struct ir_sandbox *box = &judge->ir->sandboxes.items[sandbox];
	struct peer peer = {0};
	struct judgement out;

	if (!read_peer(judge->arena, endpoint, &peer))
		return judge_refused(JUDGE_NONE, 0, STR("it is no host with a port"));
	if (find_endpoint(judge, box, &peer, IR_ENDPOINT_DENY, &out) ||
	    find_endpoint(judge, box, &peer, right, &out) ||
	    find_port(judge, box, &peer, right, &out))
		return out;
	return judge_refused(JUDGE_NONE, 0, STR("nothing grants it"));
}
