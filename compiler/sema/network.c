/*
 * Network grants: who may be connected to and listened on, and the system call rules that leave
 * nothing else.
 *
 * A TCP port of any host is what Landlock can limit a process to; those grants are kept as ports.
 * Every other endpoint (names, addresses, UDP, what is denied) is kept as such, and so are unix
 * sockets: it takes a net gate to enforce them, which makes the connections of the whole sandbox.
 * Landlock limits connect and bind to ports only of TCP sockets and only where a call names a port.
 * The rest is closed by rules on system calls, made here and strictest of all, so no rule of the
 * policy lifts them: no sockets without a grant that they are of use for; no TCP Fast Open, which
 * connects without connect(); no listening without a grant to bind, since listen() on an unbound
 * socket binds it; and beside a gate no options that send a socket's packets elsewhere, or that
 * connect it later.
 */
#include "sema/pass.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ir/ir_plan.h"

/* The kernel takes the type from these bits and flags such as SOCK_CLOEXEC from the others. */
#define SOCK_TYPE_BITS 0xfu

/* Grants by kind; 0: no grant of the network. */
static const uint32_t grant_rights[] = {
	[AST_NET_CONNECT] = IR_ENDPOINT_CONNECT,
	[AST_NET_BIND] = IR_ENDPOINT_BIND,
	[AST_NET_DENY] = IR_ENDPOINT_DENY,
	[AST_NET_UNIX] = 0,
};

/* A single port, a range that is listed port by port, or a parameter; of any host, over TCP. */
static bool is_port(const struct ir_endpoint *endpoint)
{
	return !endpoint->udp && endpoint->kind == IR_HOST_ANY && endpoint->first > 0 &&
	       endpoint->rights != IR_ENDPOINT_DENY;
}

static bool is_param_port(const struct ir_endpoint *endpoint)
{
	return !endpoint->udp && endpoint->kind == IR_HOST_ANY && endpoint->param != IR_NONE &&
	       endpoint->rights != IR_ENDPOINT_DENY;
}

static void add_endpoint(struct sema *sema, struct sema_box *box, struct ir_endpoint endpoint,
			 struct span span)
{
	struct ir_port port = {
		.rights = endpoint.rights == IR_ENDPOINT_BIND ? WRIT_PORT_BIND : WRIT_PORT_CONNECT,
		.first = endpoint.first,
		.last = endpoint.last,
		.param = endpoint.param,
		.origin = sema_origin(sema, span),
	};
	unsigned width = (unsigned)(endpoint.last - endpoint.first) + 1;

	endpoint.origin = port.origin;
	if (!is_port(&endpoint) && !is_param_port(&endpoint))
		vec_add(sema->arena, &box->endpoints, endpoint);
	else if (width > WRIT_MAX_RANGE)
		diag_report(sema->diags, DIAG_E0455, span,
			    "this range has %u ports; at most %u are possible", width,
			    WRIT_MAX_RANGE);
	else
		vec_add(sema->arena, &box->ports, port);
}

/* One of a grant's, which is at span. */
static void add_granted(struct sema *sema, struct sema_box *box, const struct ast_grant *grant,
			struct ir_endpoint endpoint, struct span span)
{
	bool is_name = endpoint.kind == IR_HOST_NAME || endpoint.kind == IR_HOST_SUFFIX;

	if (!grant->sni)
		add_endpoint(sema, box, endpoint, span);
	else if (!is_name || endpoint.udp)
		diag_help(sema->diags,
			  diag_report(sema->diags, DIAG_E0259, span,
				      "'sni' checks the name that TLS gives to a host, and this %s",
				      endpoint.udp ? "is UDP" : "is no name"),
			  "grant it in a statement of its own, without 'sni'");
	else {
		endpoint.rights |= IR_ENDPOINT_SNI;
		add_endpoint(sema, box, endpoint, span);
	}
}

static void add_set(struct sema *sema, struct sema_box *box, const struct ast_grant *grant)
{
	const struct sema_set *set = sema_set(sema, &grant->set, AST_SET_HOSTS);

	for (size_t i = 0; set && i < set->items.n; i++) {
		const struct ast_set_item *item = set->items.items[i];
		struct ir_endpoint endpoint;

		if (sema_item_endpoint(sema, item, grant_rights[grant->kind], &endpoint))
			add_granted(sema, box, grant, endpoint, item->text.span);
	}
}

static void network_own(struct sema *sema, struct sema_box *box)
{
	for (size_t i = 0; i < box->ast->grants.n; i++) {
		const struct ast_grant *grant = &box->ast->grants.items[i];
		struct ir_endpoint endpoint;

		if (grant->kind < AST_NET_CONNECT || !grant_rights[grant->kind])
			continue;
		if (grant->is_set)
			add_set(sema, box, grant);
		else if (sema_granted_endpoint(sema, &grant->text, grant_rights[grant->kind],
					       &endpoint))
			add_granted(sema, box, grant, endpoint, grant->span);
	}
}

static void network_inherit(struct sema *sema, struct sema_box *box, const struct sema_box *parent)
{
	for (size_t i = 0; i < parent->ports.n; i++)
		vec_add(sema->arena, &box->ports, parent->ports.items[i]);
	for (size_t i = 0; i < parent->endpoints.n; i++)
		vec_add(sema->arena, &box->endpoints, parent->endpoints.items[i]);
}

static int number_cmp(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* Who and which ports, and whether granted or denied. */
static int peer_cmp(const struct ir_endpoint *a, const struct ir_endpoint *b)
{
	int order = number_cmp(a->kind, b->kind);

	if (!order)
		order = sema_text_cmp(&a->name, &b->name);
	if (!order)
		order = memcmp(a->address, b->address, sizeof(a->address));
	if (!order)
		order = number_cmp(a->prefix, b->prefix);
	if (!order)
		order = number_cmp(a->udp, b->udp);
	if (!order)
		order = number_cmp(a->param, b->param);
	if (!order)
		order = number_cmp(a->first, b->first);
	if (!order)
		order = number_cmp(a->last, b->last);
	return order ? order
		     : number_cmp(a->rights & IR_ENDPOINT_DENY, b->rights & IR_ENDPOINT_DENY);
}

/* Of equal ones the first written comes first: its place is kept. */
static int origin_cmp(const struct ir_origin *a, const struct ir_origin *b)
{
	int order = str_cmp(a->file, b->file);

	if (!order)
		order = number_cmp(a->line, b->line);
	return order ? order : number_cmp(a->col, b->col);
}

static int endpoint_cmp(const void *left, const void *right)
{
	const struct ir_endpoint *a = left, *b = right;
	int order = peer_cmp(a, b);

	return order ? order : origin_cmp(&a->origin, &b->origin);
}

/* What is granted without a check of TLS as well is granted without. */
static void merge_rights(struct ir_endpoint *to, const struct ir_endpoint *from)
{
	uint32_t checked = to->rights & from->rights & IR_ENDPOINT_SNI;

	to->rights = ((to->rights | from->rights) & ~IR_ENDPOINT_SNI) | checked;
}

static void settle_endpoints(struct sema_endpoints *endpoints)
{
	size_t n = 0;

	if (!endpoints->n)
		return;
	qsort(endpoints->items, endpoints->n, sizeof(*endpoints->items), endpoint_cmp);
	for (size_t i = 0; i < endpoints->n; i++) {
		if (n && !peer_cmp(&endpoints->items[n - 1], &endpoints->items[i]))
			merge_rights(&endpoints->items[n - 1], &endpoints->items[i]);
		else
			endpoints->items[n++] = endpoints->items[i];
	}
	endpoints->n = n;
}

static int range_cmp(const struct ir_port *a, const struct ir_port *b)
{
	int order = number_cmp(a->param, b->param);

	if (!order)
		order = number_cmp(a->first, b->first);
	return order ? order : number_cmp(a->last, b->last);
}

static int port_cmp(const void *left, const void *right)
{
	const struct ir_port *a = left, *b = right;
	int order = range_cmp(a, b);

	return order ? order : origin_cmp(&a->origin, &b->origin);
}

static void settle_ports(struct sema_ports *ports)
{
	size_t n = 0;

	if (!ports->n)
		return;
	qsort(ports->items, ports->n, sizeof(*ports->items), port_cmp);
	for (size_t i = 0; i < ports->n; i++) {
		if (n && !range_cmp(&ports->items[n - 1], &ports->items[i]))
			ports->items[n - 1].rights |= ports->items[i].rights;
		else
			ports->items[n++] = ports->items[i];
	}
	ports->n = n;
}

/* Parameters count when a bundle is loaded. */
static size_t count_udp_ports(const struct sema_endpoints *endpoints)
{
	bool is_granted[UINT16_MAX + 1] = {false};
	size_t n = 0;

	for (size_t i = 0; i < endpoints->n; i++) {
		const struct ir_endpoint *endpoint = &endpoints->items[i];
		uint32_t first = endpoint->first > 0 ? endpoint->first : 1;

		if (!endpoint->udp || !(endpoint->rights & IR_ENDPOINT_CONNECT))
			continue;
		for (uint32_t port = first; port <= endpoint->last; port++) {
			n += !is_granted[port];
			is_granted[port] = true;
		}
	}
	return n;
}

/* The gate listens on each of them (docs/network.md). */
static void check_udp_ports(struct sema *sema, const struct sema_box *box)
{
	size_t n = count_udp_ports(&box->endpoints);
	struct diag *diag;

	if (n <= WRIT_MAX_UDP_PORTS)
		return;
	diag = diag_report(sema->diags, DIAG_E0473, box->ast->name.span,
			   "sandbox '%.*s' may send to %zu UDP ports; at most %u are possible",
			   STR_ARG(box->ast->name.text), n, WRIT_MAX_UDP_PORTS);
	diag_help(sema->diags, diag, "list the ports that it needs; ':*' is all of them");
}

static void network_settle(struct sema *sema, struct sema_box *box)
{
	settle_ports(&box->ports);
	settle_endpoints(&box->endpoints);
	check_udp_ports(sema, box);
}

const struct sema_section sema_network = {network_own, network_inherit, network_settle};

#define COND(n, test, v)                                                                           \
	{                                                                                          \
		.arg = (n), .op = COND_##test, .value = (v)                                        \
	}
#define HAS_BITS(n, bits)                                                                          \
	{                                                                                          \
		.arg = (n), .op = COND_MASKED_NE, .mask = (bits), .value = 0                       \
	}
/* All of a mask's bits are as in v. */
#define MASKED_IS(n, m, v)                                                                         \
	{                                                                                          \
		.arg = (n), .op = COND_MASKED_EQ, .mask = (m), .value = (v)                        \
	}
#define TYPE_IS_NOT(n, v)                                                                          \
	{                                                                                          \
		.arg = (n), .op = COND_MASKED_NE, .mask = SOCK_TYPE_BITS, .value = (v)             \
	}
#define OPTION_IS(l, n)                                                                            \
	{                                                                                          \
		COND(1, EQ, l), COND(2, EQ, n)                                                     \
	}
/* An option but for some of its bits, or with a number above; but one. */
#define OPTION_LIKE(l, bits, n)                                                                    \
	{                                                                                          \
		COND(1, EQ, l), MASKED_IS(2, ~(uint32_t)(bits), n)                                 \
	}
#define OPTION_ABOVE(l, most, but)                                                                 \
	{                                                                                          \
		COND(1, EQ, l), HAS_BITS(2, ~(uint32_t)(most)), COND(2, NE, but)                   \
	}
#define MAX_GUARD_CONDS 3

/* What a sandbox may do with sockets. */
#define CAN_CONNECT  1u /* over TCP */
#define CAN_BIND     2u
#define CAN_UNIX     4u
#define IS_GATED     8u
#define CAN_DATAGRAM 16u
#define CAN_TCP      (CAN_CONNECT | CAN_BIND)

/* <linux/tcp.h>, <linux/in6.h>, <asm/socket.h>; not in every libc's headers. */
#define OPT_TCP_REPAIR          19
#define OPT_TCP_FASTOPEN_LATER  30
#define OPT_TCP_ULP             31
#define OPT_IPV6_2292RTHDR      5
#define OPT_IPV6_2292PKTOPTIONS 6
#define OPT_IPV6_RTHDR          57
#define OPT_SO_BINDTOIFINDEX    62
#define OPT_SO_ORIGINAL_DST     80
#define OPT_IP6T                64 /* and those that differ in bits 0 and 2: of ip6_tables */

/*
 * Refused where the sandbox has all of with, where it has none of without, and if all the
 * conditions hold.
 */
static const struct guard {
	const char *name;
	unsigned with, without;
	uint32_t n_conds;
	struct call_cond conds[MAX_GUARD_CONDS];
} guards[] = {
	{"socket", 0, CAN_TCP | CAN_UNIX | CAN_DATAGRAM, 0, {{0}}},
	{"socket", 0, CAN_UNIX, 2, {COND(0, NE, AF_INET), COND(0, NE, AF_INET6)}},
	{"socket", CAN_UNIX, CAN_TCP | CAN_DATAGRAM, 1, {COND(0, NE, AF_UNIX)}},
	{"socket",
	 CAN_UNIX,
	 0,
	 3,
	 {COND(0, NE, AF_INET), COND(0, NE, AF_INET6), COND(0, NE, AF_UNIX)}},
	{"socket", 0, CAN_UNIX | CAN_DATAGRAM, 1, {TYPE_IS_NOT(1, SOCK_STREAM)}},
	{"socket", CAN_UNIX, CAN_DATAGRAM, 2, {COND(0, NE, AF_UNIX), TYPE_IS_NOT(1, SOCK_STREAM)}},
	{"socket",
	 CAN_DATAGRAM,
	 0,
	 3,
	 {COND(0, NE, AF_UNIX), TYPE_IS_NOT(1, SOCK_STREAM), TYPE_IS_NOT(1, SOCK_DGRAM)}},
	{"socket", CAN_DATAGRAM, CAN_TCP, 2, {COND(0, NE, AF_UNIX), TYPE_IS_NOT(1, SOCK_DGRAM)}},
	{"socket",
	 CAN_UNIX,
	 0,
	 3,
	 {COND(0, EQ, AF_UNIX), TYPE_IS_NOT(1, SOCK_STREAM), TYPE_IS_NOT(1, SOCK_SEQPACKET)}},
	/* Not MPTCP or SCTP, which are stream sockets too and which Landlock does not see. */
	{"socket", 0, CAN_DATAGRAM, 2, {COND(2, NE, 0), COND(2, NE, IPPROTO_TCP)}},
	{"socket",
	 CAN_DATAGRAM,
	 0,
	 3,
	 {COND(2, NE, 0), COND(2, NE, IPPROTO_TCP), COND(2, NE, IPPROTO_UDP)}},
	/*
	 * Pairs are connected for good, except datagram ones, which can send to any named socket.
	 */
	{"socketpair", 0, 0, 1, {COND(0, NE, AF_UNIX)}},
	{"socketpair", 0, 0, 2, {TYPE_IS_NOT(1, SOCK_STREAM), TYPE_IS_NOT(1, SOCK_SEQPACKET)}},
	{"sendto", 0, 0, 1, {HAS_BITS(3, MSG_FASTOPEN)}},
	{"sendmsg", 0, 0, 1, {HAS_BITS(2, MSG_FASTOPEN)}},
	{"sendmmsg", 0, 0, 1, {HAS_BITS(3, MSG_FASTOPEN)}},
	{"connect", 0, CAN_CONNECT | CAN_UNIX | CAN_DATAGRAM, 0, {{0}}},
	{"bind", 0, CAN_BIND | CAN_DATAGRAM, 0, {{0}}},
	{"listen", 0, CAN_BIND, 0, {{0}}},
	{"accept", 0, CAN_BIND, 0, {{0}}},
	{"accept4", 0, CAN_BIND, 0, {{0}}},
	/* By way of another host (source routes), another interface, or at the first write. */
	{"setsockopt", IS_GATED, 0, 2, OPTION_IS(IPPROTO_IP, IP_OPTIONS)},
	{"setsockopt", IS_GATED, 0, 2, OPTION_IS(IPPROTO_IPV6, OPT_IPV6_RTHDR)},
	{"setsockopt", IS_GATED, 0, 2, OPTION_IS(IPPROTO_IPV6, OPT_IPV6_2292RTHDR)},
	{"setsockopt", IS_GATED, 0, 2, OPTION_IS(IPPROTO_IPV6, OPT_IPV6_2292PKTOPTIONS)},
	{"setsockopt", IS_GATED, 0, 2, OPTION_IS(SOL_SOCKET, SO_BINDTODEVICE)},
	{"setsockopt", IS_GATED, 0, 2, OPTION_IS(SOL_SOCKET, OPT_SO_BINDTOIFINDEX)},
	{"setsockopt", IS_GATED, 0, 2, OPTION_IS(IPPROTO_TCP, OPT_TCP_REPAIR)},
	{"setsockopt", IS_GATED, 0, 2, OPTION_IS(IPPROTO_TCP, OPT_TCP_FASTOPEN_LATER)},
	/* Makes of the socket one of another protocol. */
	{"setsockopt", IS_GATED, 0, 2, OPTION_IS(IPPROTO_TCP, OPT_TCP_ULP)},
	/*
	 * A datagram socket is of a network namespace that the tool's user owns, so the kernel
	 * takes the tool for one that has capabilities over it (user_namespaces(7)). What takes
	 * them fails here as it would with any other socket: tables of netfilter and IPVS, IPsec,
	 * buffers of any size, extension headers; and interfaces, routes and the namespace itself.
	 */
	{"setsockopt", CAN_DATAGRAM, 0, 3, OPTION_ABOVE(IPPROTO_IP, 63, OPT_SO_ORIGINAL_DST)},
	{"getsockopt", CAN_DATAGRAM, 0, 3, OPTION_ABOVE(IPPROTO_IP, 63, OPT_SO_ORIGINAL_DST)},
	{"setsockopt", CAN_DATAGRAM, 0, 3, OPTION_ABOVE(IPPROTO_IPV6, 127, 0)},
	{"getsockopt", CAN_DATAGRAM, 0, 3, OPTION_ABOVE(IPPROTO_IPV6, 127, 0)},
	{"setsockopt", CAN_DATAGRAM, 0, 2, OPTION_LIKE(IPPROTO_IPV6, 5, OPT_IP6T)},
	{"getsockopt", CAN_DATAGRAM, 0, 2, OPTION_LIKE(IPPROTO_IPV6, 5, OPT_IP6T)},
	{"setsockopt", CAN_DATAGRAM, 0, 2, OPTION_LIKE(IPPROTO_IP, 1, IP_IPSEC_POLICY)},
	{"setsockopt", CAN_DATAGRAM, 0, 2, OPTION_LIKE(IPPROTO_IPV6, 1, IPV6_IPSEC_POLICY)},
	{"setsockopt", CAN_DATAGRAM, 0, 2, OPTION_LIKE(IPPROTO_IPV6, 1, IPV6_HOPOPTS)},
	{"setsockopt", CAN_DATAGRAM, 0, 2, OPTION_IS(IPPROTO_IPV6, IPV6_DSTOPTS)},
	{"setsockopt", CAN_DATAGRAM, 0, 2, OPTION_LIKE(SOL_SOCKET, 1, SO_SNDBUFFORCE)},
	/* SIOCADDRT and its like. */
	{"ioctl", CAN_DATAGRAM, 0, 1, {MASKED_IS(1, 0xfffffff8u, 0x8908)}},
	/* SIOCSIF*, but not SIOCGIFNAME and SIOCGIFCONF. */
	{"ioctl",
	 CAN_DATAGRAM,
	 0,
	 3,
	 {MASKED_IS(1, 0xfffffff1u, 0x8910), COND(1, NE, 0x8910), COND(1, NE, 0x8912)}},
	/* But not SIOCGIFMTU and SIOCGIFHWADDR; SIOCGIFINDEX. */
	{"ioctl",
	 CAN_DATAGRAM,
	 0,
	 3,
	 {MASKED_IS(1, 0xfffffff0u, 0x8920), COND(1, NE, 0x8921), COND(1, NE, 0x8927)}},
	{"ioctl", CAN_DATAGRAM, 0, 2, {MASKED_IS(1, 0xfffffff0u, 0x8930), COND(1, NE, 0x8933)}},
	/* SIOCGSKNS, SIOCETHTOOL, bridges, devices' own; wireless. */
	{"ioctl", CAN_DATAGRAM, 0, 2, {MASKED_IS(1, 0xffffff00u, 0x8900), HAS_BITS(1, 0xc0)}},
	{"ioctl", CAN_DATAGRAM, 0, 1, {MASKED_IS(1, 0xffffff00u, 0x8b00)}},
};

/* What a program needs to use what it was granted. */
static const struct {
	const char *name;
	unsigned rights; /* any of these grants calls for it */
} needed[] = {
	{"socket", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"connect", CAN_CONNECT | CAN_UNIX | CAN_DATAGRAM},
	{"bind", CAN_BIND | CAN_DATAGRAM},
	{"listen", CAN_BIND},
	{"accept", CAN_BIND},
	{"accept4", CAN_BIND},
	{"getsockname", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"getpeername", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"getsockopt", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"setsockopt", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"sendto", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"sendmsg", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"sendmmsg", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"recvfrom", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"recvmsg", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"recvmmsg", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
	{"shutdown", CAN_TCP | CAN_UNIX | CAN_DATAGRAM},
};

/* A name is looked up by datagrams. */
static unsigned endpoint_rights(const struct ir_endpoint *endpoint)
{
	unsigned rights = IS_GATED | (ir_plan_takes_datagrams(endpoint) ? CAN_DATAGRAM : 0);

	if (endpoint->udp)
		return rights;
	return rights | (endpoint->rights & IR_ENDPOINT_CONNECT ? CAN_CONNECT : 0) |
	       (endpoint->rights & IR_ENDPOINT_BIND ? CAN_BIND : 0);
}

static unsigned granted_rights(const struct ir_sandbox *out)
{
	unsigned rights = out->unix_sockets.n ? CAN_UNIX | IS_GATED : 0;

	for (size_t i = 0; i < out->ports.n; i++) {
		uint32_t port = out->ports.items[i].rights;

		rights |= (port & WRIT_PORT_CONNECT ? CAN_CONNECT : 0) |
			  (port & WRIT_PORT_BIND ? CAN_BIND : 0);
	}
	for (size_t i = 0; i < out->endpoints.n; i++)
		rights |= endpoint_rights(&out->endpoints.items[i]);
	return rights;
}

void sema_network_guards(struct sema *sema, struct sema_box *box, const struct ir_sandbox *out)
{
	unsigned rights = granted_rights(out);

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		struct sema_call *call;

		if (!(needed[i].rights & rights))
			continue;
		call = vec_push(sema->arena, &box->calls);
		call->call = (struct ir_call){.name = str_from(needed[i].name),
					      .verdict = IR_CALL_ALLOW,
					      .guard = true};
	}
	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		const struct guard *guard = &guards[i];
		struct sema_call *call;

		if ((guard->with & rights) != guard->with || guard->without & rights)
			continue;
		call = vec_push(sema->arena, &box->calls);
		call->call = (struct ir_call){
			.name = str_from(guard->name),
			.verdict = IR_CALL_ERRNO,
			.error = EPERM,
			.conds = guard->conds,
			.n_conds = guard->n_conds,
			.guard = true,
		};
	}
}
