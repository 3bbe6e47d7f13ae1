/*
 * Network grants: which TCP ports, and the system call rules that leave nothing else.
 *
 * An endpoint of this version is "*:443", "*:8000-8010" or "*:${port}"; hosts, networks and UDP are
 * refused as not supported yet. Landlock limits connect and bind to ports, but only of TCP sockets
 * and only where a call names a port. The rest is closed by rules on system calls, made here and
 * strictest of all, so no rule of the policy lifts them: no sockets at all without a granted port;
 * else TCP over IPv4 or IPv6 only; no TCP Fast Open, which connects without connect(); no listening
 * without a grant to bind, since listen() on an unbound socket binds it.
 */
#include "sema/pass.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_PORT_RANGE 1024u

/* The kernel takes the type from these bits and flags such as SOCK_CLOEXEC from the others. */
#define SOCK_TYPE_BITS 0xfu

static bool parse_port(struct str digits, uint32_t *port)
{
	uint32_t value = 0;

	if (!digits.len)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
		/*
		 * Saturates above every port, so that a long number is out of range, not malformed.
		 */
		value = value > UINT16_MAX ? value : value * 10 + (uint32_t)(digits.ptr[i] - '0');
	}
	*port = value;
	return true;
}

/* "443" or "8000-8010". */
static bool parse_ports(struct str text, uint32_t *first, uint32_t *last)
{
	const char *dash = memchr(text.ptr, '-', text.len);
	size_t before = dash ? (size_t)(dash - text.ptr) : text.len;

	if (!parse_port((struct str){text.ptr, before}, first))
		return false;
	if (!dash) {
		*last = *first;
		return true;
	}
	return parse_port((struct str){dash + 1, text.len - before - 1}, last);
}

static const char *find_last_colon(struct str text)
{
	return memrchr(text.ptr, ':', text.len);
}

static bool has_scheme(const struct ir_text *text)
{
	return text->n && text->parts[0].kind == IR_PART_LITERAL &&
	       memmem(text->parts[0].literal.ptr, text->parts[0].literal.len, "://", 3);
}

/*
 * Cuts an endpoint at its last colon. On success *port is what follows in the last part, which may
 * be empty when a parameter stands there, and *any_host tells whether "*" alone stands before.
 */
static bool split_endpoint(const struct ir_text *text, size_t *colon_part, struct str *port,
			   bool *any_host)
{
	for (size_t i = text->n; i-- > 0;) {
		struct str literal = text->parts[i].literal;
		const char *colon;

		if (text->parts[i].kind != IR_PART_LITERAL)
			continue;
		colon = find_last_colon(literal);
		if (!colon)
			continue;
		*colon_part = i;
		*port = (struct str){colon + 1, literal.len - (size_t)(colon + 1 - literal.ptr)};
		*any_host = i == 0 && colon - literal.ptr == 1 && literal.ptr[0] == '*';
		/* A colon in the first place leaves no host at all. */
		return i > 0 || colon > literal.ptr;
	}
	return false;
}

static void malformed(struct sema *sema, struct span span)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0207, span, "malformed endpoint");

	diag_help(sema->diags, diag,
		  "write \"*:443\", \"*:8000-8010\", or \"*:${name}\" with a port parameter");
}

static bool lower_param_port(struct sema *sema, struct span span, uint32_t id, struct ir_port *out)
{
	const struct ast_param *param = &sema->ast->params.items[sema->names[SEMA_PARAM].order[id]];
	struct diag *diag;

	out->param = id;
	if (param->type == AST_TYPE_PORT)
		return true;
	diag = diag_report(sema->diags, DIAG_E0203, span,
			   "parameter '%.*s' is a %s and can't be used as a port",
			   STR_ARG(param->name.text), sema_type_name(param->type));
	diag_note(sema->diags, diag, param->name.span, "declared here");
	return false;
}

static bool lower_literal_port(struct sema *sema, struct span span, struct str text,
			       struct ir_port *out)
{
	uint32_t first, last;

	if (!parse_ports(text, &first, &last)) {
		malformed(sema, span);
		return false;
	}
	if (first < 1 || last > UINT16_MAX || first > last) {
		diag_report(sema->diags, DIAG_E0208, span,
			    "ports are 1 to 65535, and a range goes upward");
		return false;
	}
	if (last - first >= MAX_PORT_RANGE) {
		diag_report(sema->diags, DIAG_E0455, span,
			    "this range has %u ports; at most %u are possible", last - first + 1,
			    MAX_PORT_RANGE);
		return false;
	}
	out->first = (uint16_t)first;
	out->last = (uint16_t)last;
	return true;
}

static bool lower_endpoint(struct sema *sema, const struct ast_text *text, struct ir_port *out)
{
	size_t errors = sema->diags->errors;
	struct ir_text lowered = sema_text(sema, text, SEMA_ANY_TYPE, "an endpoint");
	struct str port;
	bool any_host, has_param;
	size_t at;

	if (sema->diags->errors != errors)
		return false;
	if (!split_endpoint(&lowered, &at, &port, &any_host)) {
		malformed(sema, text->span);
		return false;
	}
	if (has_scheme(&lowered) || !any_host) {
		diag_help(sema->diags,
			  diag_report(sema->diags, DIAG_E0902, text->span,
				      "not supported yet: endpoints other than a TCP port at any "
				      "address"),
			  "write the port alone: \"*:443\"");
		return false;
	}
	has_param = at + 2 == lowered.n && !port.len;
	if (!has_param && at + 1 != lowered.n) {
		malformed(sema, text->span);
		return false;
	}
	return has_param ? lower_param_port(sema, text->span, lowered.parts[at + 1].param, out)
			 : lower_literal_port(sema, text->span, port, out);
}

static void network_own(struct sema *sema, struct sema_box *box)
{
	for (size_t i = 0; i < box->ast->grants.n; i++) {
		const struct ast_grant *grant = &box->ast->grants.items[i];
		struct ir_port port = {.param = IR_NONE};

		if (grant->kind < AST_NET_CONNECT || !lower_endpoint(sema, &grant->text, &port))
			continue;
		port.rights = grant->kind == AST_NET_BIND ? WRIT_PORT_BIND : WRIT_PORT_CONNECT;
		vec_add(sema->arena, &box->ports, port);
	}
}

static void network_inherit(struct sema *sema, struct sema_box *box, const struct sema_box *parent)
{
	for (size_t i = 0; i < parent->ports.n; i++)
		vec_add(sema->arena, &box->ports, parent->ports.items[i]);
}

static int port_cmp(const void *left, const void *right)
{
	const struct ir_port *a = left, *b = right;

	if (a->param != b->param)
		return a->param < b->param ? -1 : 1;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->last == b->last ? 0 : a->last < b->last ? -1 : 1;
}

static void network_settle(struct sema *sema, struct sema_box *box)
{
	struct sema_ports *ports = &box->ports;
	size_t n = 0;

	(void)sema;
	if (!ports->n)
		return;
	qsort(ports->items, ports->n, sizeof(*ports->items), port_cmp);
	for (size_t i = 0; i < ports->n; i++) {
		if (n && !port_cmp(&ports->items[n - 1], &ports->items[i]))
			ports->items[n - 1].rights |= ports->items[i].rights;
		else
			ports->items[n++] = ports->items[i];
	}
	ports->n = n;
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
#define TYPE_IS_NOT(n, v)                                                                          \
	{                                                                                          \
		.arg = (n), .op = COND_MASKED_NE, .mask = SOCK_TYPE_BITS, .value = (v)             \
	}
#define MAX_GUARD_CONDS  2
#define WHEN_ALWAYS      0u
#define WHEN_NOT_CONNECT 1u
#define WHEN_NOT_BIND    2u
#define WHEN_NEITHER     3u

/* Refused, if the grants that "when" speaks of are missing and all the conditions hold. */
static const struct guard {
	const char *name;
	unsigned when;
	uint32_t n_conds;
	struct call_cond conds[MAX_GUARD_CONDS];
} guards[] = {
	{"socket", WHEN_NEITHER, 0, {{0}}},
	{"socket", WHEN_ALWAYS, 2, {COND(0, NE, AF_INET), COND(0, NE, AF_INET6)}},
	{"socket", WHEN_ALWAYS, 1, {TYPE_IS_NOT(1, SOCK_STREAM)}},
	/* Not MPTCP or SCTP, which are stream sockets too and which Landlock does not see. */
	{"socket", WHEN_ALWAYS, 2, {COND(2, NE, 0), COND(2, NE, IPPROTO_TCP)}},
	/*
	 * Pairs are connected for good, except datagram ones, which can send to any named socket.
	 */
	{"socketpair", WHEN_ALWAYS, 1, {COND(0, NE, AF_UNIX)}},
	{"socketpair",
	 WHEN_ALWAYS,
	 2,
	 {TYPE_IS_NOT(1, SOCK_STREAM), TYPE_IS_NOT(1, SOCK_SEQPACKET)}},
	{"sendto", WHEN_ALWAYS, 1, {HAS_BITS(3, MSG_FASTOPEN)}},
	{"sendmsg", WHEN_ALWAYS, 1, {HAS_BITS(2, MSG_FASTOPEN)}},
	{"sendmmsg", WHEN_ALWAYS, 1, {HAS_BITS(3, MSG_FASTOPEN)}},
	{"connect", WHEN_NOT_CONNECT, 0, {{0}}},
	{"bind", WHEN_NOT_BIND, 0, {{0}}},
	{"listen", WHEN_NOT_BIND, 0, {{0}}},
	{"accept", WHEN_NOT_BIND, 0, {{0}}},
	{"accept4", WHEN_NOT_BIND, 0, {{0}}},
};

/* What a program needs to use the ports it was granted. */
static const struct {
	const char *name;
	uint32_t rights; /* any of these grants calls for it */
} needed[] = {
	{"socket", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"connect", WRIT_PORT_CONNECT},
	{"bind", WRIT_PORT_BIND},
	{"listen", WRIT_PORT_BIND},
	{"accept", WRIT_PORT_BIND},
	{"accept4", WRIT_PORT_BIND},
	{"getsockname", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"getpeername", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"getsockopt", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"setsockopt", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"sendto", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"sendmsg", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"sendmmsg", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"recvfrom", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"recvmsg", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"recvmmsg", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
	{"shutdown", WRIT_PORT_CONNECT | WRIT_PORT_BIND},
};

static uint32_t granted_rights(const struct sema_box *box)
{
	uint32_t rights = 0;

	for (size_t i = 0; i < box->ports.n; i++)
		rights |= box->ports.items[i].rights;
	return rights;
}

static bool guard_applies(const struct guard *guard, uint32_t rights)
{
	switch (guard->when) {
	case WHEN_NOT_CONNECT:
		return !(rights & WRIT_PORT_CONNECT);
	case WHEN_NOT_BIND:
		return !(rights & WRIT_PORT_BIND);
	case WHEN_NEITHER:
		return !rights;
	default:
		return true;
	}
}

void sema_network_guards(struct sema *sema, struct sema_box *box)
{
	uint32_t rights = granted_rights(box);

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		struct sema_call *call;

		if (!(needed[i].rights & rights))
			continue;
		call = vec_push(sema->arena, &box->calls);
		call->call = (struct ir_call){.name = str_from(needed[i].name),
					      .verdict = IR_CALL_ALLOW};
	}
	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		struct sema_call *call;

		if (!guard_applies(&guards[i], rights))
			continue;
		call = vec_push(sema->arena, &box->calls);
		call->call = (struct ir_call){
			.name = str_from(guards[i].name),
			.verdict = IR_CALL_ERRNO,
			.error = EPERM,
			.conds = guards[i].conds,
			.n_conds = guards[i].n_conds,
		};
	}
}
