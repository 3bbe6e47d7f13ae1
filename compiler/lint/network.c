/*
 * Lints on what endpoints are granted, as text: sema has checked that they are well formed.
 *
 * An endpoint is reported where it is stated. What a "deny" of the same sandbox refuses is not
 * reached.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lint/rules.h"
#include "sema/hosts.h"

#define ANY_PORT 65535u

/* An endpoint, taken apart. */
struct endpoint {
	struct str host; /* without brackets and prefix; "*" is any */
	bool is_net;
	struct host_net net;
	bool known_ports; /* false: a parameter's */
	unsigned first, last;
};

static unsigned number_of(struct str text)
{
	unsigned value = 0;

	for (size_t i = 0; i < text.len && value <= ANY_PORT; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			break;
		value = value * 10 + (unsigned)(text.ptr[i] - '0');
	}
	return value;
}

static void read_ports(struct endpoint *out, struct str text)
{
	const char *dash = memchr(text.ptr, '-', text.len);
	size_t after = dash ? (size_t)(dash + 1 - text.ptr) : 0;

	out->known_ports = !memchr(text.ptr, '$', text.len);
	out->first = number_of(text);
	out->last = number_of((struct str){text.ptr + after, text.len - after});
	if (!text.len || text.ptr[0] == '*') {
		out->first = 0;
		out->last = ANY_PORT;
	}
}

/* "10.0.0.0/8", "2001:db8::/32", or an address without a prefix. */
static bool read_net(struct str text, struct host_net *out)
{
	const char *slash = text.ptr ? memchr(text.ptr, '/', text.len) : NULL;
	struct str address = {text.ptr, slash ? (size_t)(slash - text.ptr) : text.len};
	unsigned base = 96;

	if (!host_parse_ipv4(address, out)) {
		if (!host_parse_ipv6(address, out))
			return false;
		base = 0;
	}
	if (slash)
		out->prefix = base + number_of((struct str){slash + 1, text.len - address.len - 1});
	return true;
}

static struct endpoint read_endpoint(struct str text)
{
	struct endpoint out = {0};
	const char *colon, *from;

	if (lint_begins_with(text, STR("udp://")))
		text = (struct str){text.ptr + 6, text.len - 6};
	if (!text.ptr || !text.len)
		return out;
	from = text.ptr[0] == '[' ? memchr(text.ptr, ']', text.len) : text.ptr;
	if (!from)
		from = text.ptr;
	colon = memrchr(from, ':', text.len - (size_t)(from - text.ptr));
	out.host = (struct str){text.ptr, colon ? (size_t)(colon - text.ptr) : text.len};
	if (colon)
		read_ports(&out, (struct str){colon + 1, text.len - out.host.len - 1});
	else
		read_ports(&out, STR("*"));
	if (out.host.len > 1 && out.host.ptr[0] == '[')
		out.host = (struct str){out.host.ptr + 1, out.host.len - 2};
	out.is_net = read_net(out.host, &out.net);
	return out;
}

static bool is_any(struct str host)
{
	return str_eq(host, STR("*"));
}

static bool has_port(const struct endpoint *endpoint, unsigned port)
{
	return endpoint->known_ports && endpoint->first <= port && port <= endpoint->last;
}

/* ---- the metadata services of clouds: they hand out credentials to whoever asks by HTTP ---- */

static const struct {
	const char *host;
	const char *address; /* that a deny of it is for */
} metadata[] = {
	{"169.254.169.254", "169.254.169.254"},          /* AWS, Azure, Google, Oracle, … */
	{"169.254.170.2", "169.254.170.2"},              /* AWS ECS */
	{"fd00:ec2::254", "fd00:ec2::254"},              /* AWS by IPv6 */
	{"100.100.100.200", "100.100.100.200"},          /* Alibaba */
	{"metadata.google.internal", "169.254.169.254"}, /* Google */
	{"metadata.goog", "169.254.169.254"},            /* Google */
	{"instance-data", "169.254.169.254"},            /* AWS */
};

static bool is_same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (memcmp(a, b, bytes) != 0)
		return false;
	return !rest || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0;
}

/* A network below 96 bits is of IPv6 only. */
static bool is_in_net(const struct host_net *net, const struct host_net *address)
{
	bool is_ipv4 = memcmp(address->address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;

	return (!is_ipv4 || net->prefix >= 96) &&
	       is_same_bits(net->address, address->address, net->prefix);
}

static bool covers_host(const struct endpoint *endpoint, struct str host)
{
	struct host_net address;

	if (is_any(endpoint->host))
		return true;
	if (read_net(host, &address))
		return endpoint->is_net && is_in_net(&endpoint->net, &address);
	if (lint_begins_with(endpoint->host, STR("*.")))
		return lint_ends_with(host,
				      (struct str){endpoint->host.ptr + 1, endpoint->host.len - 1});
	return str_eq(endpoint->host, host);
}

#define N_METADATA (sizeof(metadata) / sizeof(metadata[0]))

/* Which of them, by name or by address, the sandbox refuses: a bit each. */
static unsigned refused_metadata(const struct lint_sandbox *sandbox)
{
	unsigned refused = 0;

	for (size_t i = 0; i < sandbox->grants.n; i++) {
		struct endpoint denied;

		if (sandbox->grants.items[i].kind != AST_NET_DENY)
			continue;
		denied = read_endpoint(sandbox->grants.items[i].text);
		for (unsigned m = 0; m < N_METADATA; m++) {
			if (has_port(&denied, 80) &&
			    (covers_host(&denied, str_from(metadata[m].host)) ||
			     covers_host(&denied, str_from(metadata[m].address))))
				refused |= 1u << m;
		}
	}
	return refused;
}

static void check_metadata(struct lint *lint, const struct lint_grant *grant,
			   const struct endpoint *endpoint, unsigned refused)
{
	struct diag *diag;

	for (unsigned i = 0; has_port(endpoint, 80) && i < N_METADATA; i++) {
		if ((refused & 1u << i) || !covers_host(endpoint, str_from(metadata[i].host)))
			continue;
		diag = diag_report(lint->diags, DIAG_W0402, grant->span,
				   "'%.*s' reaches the cloud's metadata service at '%s'",
				   STR_ARG(grant->text), metadata[i].host);
		diag_help(lint->diags, diag,
			  "deny it: network { deny \"169.254.0.0/16\", \"[fd00:ec2::254]\", "
			  "\"100.100.100.200\"; }");
		return;
	}
}

/* ---- the rules ---- */

static const struct {
	unsigned port;
	const char *name;
} plain[] = {{80, "HTTP"},  {21, "FTP"},   {23, "Telnet"}, {25, "SMTP"},
	     {110, "POP3"}, {143, "IMAP"}, {389, "LDAP"}};

/* Ranges are about something else; the host itself reads nobody's traffic. */
static void check_plain(struct lint *lint, const struct lint_grant *grant,
			const struct endpoint *endpoint)
{
	static const struct host_net loopback = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127},
						 104};

	if (endpoint->first != endpoint->last ||
	    (endpoint->is_net && is_in_net(&loopback, &endpoint->net)) ||
	    str_eq(endpoint->host, STR("localhost")) || str_eq(endpoint->host, STR("::1")))
		return;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (has_port(endpoint, plain[i].port))
			diag_report(lint->diags, DIAG_W0403, grant->span,
				    "port %u is plain %s: what is sent can be read and changed "
				    "on the way",
				    plain[i].port, plain[i].name);
	}
}

static void check_open(struct lint *lint, const struct lint_grant *grant,
		       const struct endpoint *endpoint)
{
	bool all = is_any(endpoint->host) ||
		   (endpoint->is_net && (endpoint->net.prefix == 96 || !endpoint->net.prefix));

	if (all && endpoint->known_ports && endpoint->first <= 1 && endpoint->last == ANY_PORT)
		diag_report(lint->diags, DIAG_W0401, grant->span,
			    "'%.*s' is every host, on every port", STR_ARG(grant->text));
}

void lint_endpoints(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_sandbox *sandbox = &lint->sandboxes[i];
		unsigned refused = refused_metadata(sandbox);

		for (size_t g = 0; g < sandbox->grants.n; g++) {
			const struct lint_grant *grant = &sandbox->grants.items[g];
			struct endpoint endpoint;

			if (grant->kind != AST_NET_CONNECT)
				continue;
			endpoint = read_endpoint(grant->text);
			check_open(lint, grant, &endpoint);
			check_metadata(lint, grant, &endpoint, refused);
			check_plain(lint, grant, &endpoint);
		}
	}
}

/* ---- code of the agent's choosing, and a way out for what it finds ---- */

static bool is_any_host(const struct ir_endpoint *endpoint)
{
	return (endpoint->rights & IR_ENDPOINT_CONNECT) && endpoint->kind == IR_HOST_ANY;
}

static bool has_open_network(const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->ports.n; i++) {
		if (sandbox->ports.items[i].rights & WRIT_PORT_CONNECT)
			return true;
	}
	for (size_t i = 0; i < sandbox->endpoints.n; i++) {
		if (is_any_host(&sandbox->endpoints.items[i]))
			return true;
	}
	return false;
}

static const struct ast_tool_prop *property(const struct ast_tool *tool,
					    enum ast_tool_prop_kind kind)
{
	for (size_t i = 0; i < tool->props.n; i++) {
		if (tool->props.items[i].kind == kind)
			return &tool->props.items[i];
	}
	return NULL;
}

/* Which sandboxes have an open network, by index in the IR: asked once each. */
static const bool *open_sandboxes(struct lint *lint)
{
	bool *open = arena_alloc(lint->arena, lint->ir->sandboxes.n * sizeof(*open));

	for (size_t i = 0; i < lint->ir->sandboxes.n; i++)
		open[i] = has_open_network(&lint->ir->sandboxes.items[i]);
	return open;
}

void lint_open_execution(struct lint *lint)
{
	const bool *open = open_sandboxes(lint);

	for (size_t i = 0; i < lint->ast->tools.n; i++) {
		const struct ast_tool *ast = &lint->ast->tools.items[i];
		const struct ast_tool_prop *prop = property(ast, AST_TOOL_SANDBOX);
		const struct ir_tool *tool;
		uint32_t id = 0;

		if (!prop || !map_get(&lint->tool_ids, ast->pattern.text, &id))
			continue;
		tool = &lint->ir->tools.items[id];
		if ((tool->class == WRIT_CLASS_EXECUTE || tool->class == WRIT_CLASS_ADMIN) &&
		    open[tool->sandbox])
			diag_report(lint->diags, DIAG_W0210, prop->sandbox.span,
				    "tool '%.*s' runs code, and in sandbox '%.*s' it can connect "
				    "to any host",
				    STR_ARG(tool->name), STR_ARG(prop->sandbox.text));
	}
}
