/*
 * Endpoints: who may be connected to, or listened on, as text.
 *
 *	[ "udp://" ] host [ ":" port ]
 *	host = "*" | name | "*." name | IPv4 [ "/" bits ] | "[" IPv6 [ "/" bits ] "]" | ${host}
 *	port = number | number "-" number | "*" | ${port}
 *
 * The text is cut up by its parts first: a parameter is a whole host or a whole port, never a piece
 * of one, so that no value can change what kind of thing an endpoint is. Then each piece has one
 * spelling only, and what other programs might read differently is an error.
 */
#include "sema/pass.h"

#include <string.h>

#include "sema/hosts.h"

#define ENDPOINT_TYPES (SEMA_TYPE(AST_TYPE_HOST) | SEMA_TYPE(AST_TYPE_PORT))
#define MAPPED_PREFIX  96u
#define UDP_SCHEME     "udp://"

/* An endpoint being read: the pieces of its text, of which a parameter is a whole one. */
struct endpoint {
	struct sema *sema;
	struct span span;
	struct str host;     /* unless host_param is set */
	uint32_t host_param; /* or IR_NONE */
	bool has_port;
	struct str port;
	uint32_t port_param;
};

static void malformed(struct endpoint *endpoint, const char *why)
{
	struct diag *diag = diag_report(endpoint->sema->diags, DIAG_E0207, endpoint->span,
					"malformed endpoint: %s", why);

	diag_help(endpoint->sema->diags, diag,
		  "write \"host:443\", \"*.host:443\", \"10.0.0.0/8:5432\", "
		  "\"[2001:db8::/32]:443\", \"*:8000-8010\" or \"udp://host:53\"");
}

static struct str after(struct str text, size_t n)
{
	return (struct str){text.ptr + n, text.len - n};
}

static bool begins_with(struct str text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && memcmp(text.ptr, prefix, len) == 0;
}

/* ---- cutting up ---- */

/* Where the ':' before the port is in a text, or its length when there is none. */
static size_t find_port(struct str text)
{
	const char *from = text.ptr, *colon;

	if (text.len && text.ptr[0] == '[')
		from = memchr(text.ptr, ']', text.len);
	if (!from)
		return text.len;
	colon = memrchr(from, ':', text.len - (size_t)(from - text.ptr));
	return colon ? (size_t)(colon - text.ptr) : text.len;
}

/* "host", "host:443", or "host:" when a parameter follows. */
static void cut_literal(struct endpoint *endpoint, struct str text)
{
	size_t colon = find_port(text);

	endpoint->host = (struct str){text.ptr, colon};
	endpoint->has_port = colon < text.len;
	if (endpoint->has_port)
		endpoint->port = after(text, colon + 1);
}

static struct str literal_at(const struct ir_text *text, size_t at)
{
	if (at >= text->n || text->parts[at].kind != IR_PART_LITERAL)
		return STR("");
	return text->parts[at].literal;
}

/* The parts of a text: each of host and port is one literal or one parameter. */
static bool cut(struct endpoint *endpoint, const struct ir_text *text)
{
	size_t at = 0;
	struct str literal;

	if (text->n && text->parts[0].kind == IR_PART_PARAM) {
		endpoint->host_param = text->parts[at++].param;
		literal = literal_at(text, at);
		endpoint->has_port = literal.len && literal.ptr[0] == ':';
		if (literal.len && !endpoint->has_port)
			return false;
		if (endpoint->has_port)
			endpoint->port = after(literal, 1);
	} else {
		cut_literal(endpoint, literal_at(text, at));
	}
	at += literal_at(text, at).len > 0;
	if (at == text->n)
		return true;
	if (at + 1 != text->n || !endpoint->has_port || endpoint->port.len)
		return false;
	endpoint->port_param = text->parts[at].param;
	return true;
}

/* "udp://" is taken off the first part; any other scheme is an error. */
static bool take_scheme(struct endpoint *endpoint, struct ir_text *text, bool *udp)
{
	struct str first = literal_at(text, 0);

	*udp = begins_with(first, UDP_SCHEME);
	if (*udp) {
		text->parts[0].literal = after(first, strlen(UDP_SCHEME));
		if (text->parts[0].literal.len)
			return true;
		text->parts++;
		text->n--;
		return true;
	}
	if (!memmem(first.ptr, first.len, "://", 3))
		return true;
	malformed(endpoint, "'udp://' is the only scheme; without it TCP is meant");
	return false;
}

/* ---- ports ---- */

static bool parse_number(struct str digits, uint32_t *value)
{
	uint32_t n = 0;

	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
		/*
		 * Saturates above every port, so that a long number is out of range, not malformed.
		 */
		n = n > UINT16_MAX ? n : n * 10 + (uint32_t)(digits.ptr[i] - '0');
	}
	*value = n;
	/* "010" is ten to some and eight to others. */
	return digits.len == 1 || (digits.len && digits.ptr[0] != '0');
}

/* "443" or "8000-8010". */
static bool parse_ports(struct str text, uint32_t *first, uint32_t *last)
{
	const char *dash = memchr(text.ptr, '-', text.len);
	size_t before = dash ? (size_t)(dash - text.ptr) : text.len;

	if (!parse_number((struct str){text.ptr, before}, first))
		return false;
	if (dash)
		return parse_number(after(text, before + 1), last);
	*last = *first;
	return true;
}

/* A parameter as a whole piece, which must be of a type. */
static bool check_param(struct endpoint *endpoint, uint32_t id, enum ast_type type,
			const char *place)
{
	struct sema *sema = endpoint->sema;
	const struct ast_param *param = &sema->ast->params.items[sema->names[SEMA_PARAM].order[id]];
	struct diag *diag;

	if (param->type == type)
		return true;
	diag = diag_report(sema->diags, DIAG_E0203, endpoint->span,
			   "parameter '%.*s' is a %s and can't be used as %s",
			   STR_ARG(param->name.text), sema_type_name(param->type), place);
	diag_note(sema->diags, diag, param->name.span, "declared here");
	return false;
}

static bool read_port(struct endpoint *endpoint, bool optional, struct ir_endpoint *out)
{
	uint32_t first, last;

	out->last = UINT16_MAX;
	if (endpoint->port_param != IR_NONE) {
		out->param = endpoint->port_param;
		out->last = 0;
		return check_param(endpoint, out->param, AST_TYPE_PORT, "a port");
	}
	if (!endpoint->has_port && optional)
		return true;
	if (!endpoint->has_port) {
		malformed(endpoint, "it has no port; ':*' is any port");
		return false;
	}
	if (str_eq(endpoint->port, STR("*")))
		return true;
	if (!parse_ports(endpoint->port, &first, &last)) {
		malformed(endpoint, "the port is a number without leading zeros, a range or '*'");
		return false;
	}
	if (first < 1 || last > UINT16_MAX || first > last) {
		diag_report(endpoint->sema->diags, DIAG_E0208, endpoint->span,
			    "ports are 1 to 65535, and a range goes upward");
		return false;
	}
	/* All ports there are is any port: one spelling in the IR. */
	out->first = first == 1 && last == UINT16_MAX ? 0 : (uint16_t)first;
	out->last = (uint16_t)last;
	return true;
}

/* ---- hosts ---- */

static struct str lower_case(struct arena *arena, struct str text)
{
	char *out = arena_strndup(arena, text.ptr, text.len);

	for (size_t i = 0; i < text.len; i++) {
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] | 0x20);
	}
	return (struct str){out, text.len};
}

static void set_text(struct endpoint *endpoint, struct ir_part part, struct ir_endpoint *out)
{
	out->name.parts = arena_new(endpoint->sema->arena, struct ir_part);
	out->name.parts[0] = part;
	out->name.n = 1;
}

static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] >= 0x80)
			return false;
	}
	return true;
}

static bool read_name(struct endpoint *endpoint, struct str name, struct ir_endpoint *out)
{
	struct diag_list *diags = endpoint->sema->diags;
	const char *flaw;

	if (!is_ascii(name)) {
		diag_help(diags,
			  diag_report(diags, DIAG_E0244, endpoint->span,
				      "a host name is written in ASCII"),
			  "write the form that DNS has, which begins with 'xn--' (IDNA)");
		return false;
	}
	flaw = host_name_flaw(name);
	if (flaw) {
		diag_report(diags, DIAG_E0242, endpoint->span, "this is no host name: %s", flaw);
		return false;
	}
	if (name.ptr[name.len - 1] == '.')
		name.len--;
	set_text(endpoint,
		 (struct ir_part){.kind = IR_PART_LITERAL,
				  .literal = lower_case(endpoint->sema->arena, name),
				  .param = IR_NONE},
		 out);
	return true;
}

static bool malformed_address(struct endpoint *endpoint, struct str address)
{
	diag_help(
		endpoint->sema->diags,
		diag_report(endpoint->sema->diags, DIAG_E0241, endpoint->span,
			    "'%.*s' is no address", STR_ARG(address)),
		"an IPv4 address is four decimal numbers up to 255 without leading zeros, an IPv6 "
		"address stands in brackets: \"10.0.0.1:80\", \"[2001:db8::1]:80\"");
	return false;
}

/* The bits behind a "/", of at most max. */
static bool read_prefix(struct endpoint *endpoint, struct str digits, unsigned max,
			struct host_net *net)
{
	uint32_t bits;

	if (!parse_number(digits, &bits)) {
		malformed(endpoint, "behind the '/' stands how many bits name the network");
		return false;
	}
	if (bits > max) {
		diag_report(endpoint->sema->diags, DIAG_E0243, endpoint->span,
			    "a network of these addresses has at most %u bits", max);
		return false;
	}
	net->prefix = bits + (128 - max);
	return true;
}

static bool check_host_bits(struct endpoint *endpoint, struct host_net *net)
{
	struct diag_list *diags = endpoint->sema->diags;
	struct host_net whole = *net;
	struct str one, many;
	struct diag *diag;

	whole.prefix = 128;
	if (!host_clear_host_bits(net))
		return true;
	one = host_spell(diags->arena, &whole);
	many = host_spell(diags->arena, net);
	diag = diag_report(diags, DIAG_E0240, endpoint->span,
			   "this network has bits set behind its prefix");
	diag_help(diags, diag, "the network is %.*s; the one address is %.*s", STR_ARG(many),
		  STR_ARG(one));
	return false;
}

/* text is "address" or "address/bits", without brackets. */
static bool read_net(struct endpoint *endpoint, struct str text, bool is_ipv6,
		     struct ir_endpoint *out)
{
	const char *slash = memchr(text.ptr, '/', text.len);
	struct str address = {text.ptr, slash ? (size_t)(slash - text.ptr) : text.len};
	struct host_net net;
	bool good = is_ipv6 ? host_parse_ipv6(address, &net) : host_parse_ipv4(address, &net);

	if (!good)
		return malformed_address(endpoint, address);
	if (slash && !read_prefix(endpoint, after(text, address.len + 1), is_ipv6 ? 128 : 32, &net))
		return false;
	if (!check_host_bits(endpoint, &net))
		return false;
	out->kind = IR_HOST_NET;
	memcpy(out->address, net.address, sizeof(out->address));
	out->prefix = (uint8_t)net.prefix;
	return true;
}

static bool read_literal_host(struct endpoint *endpoint, struct ir_endpoint *out)
{
	struct str host = endpoint->host;
	struct str bare = {host.ptr, host.len};
	const char *slash = memchr(host.ptr, '/', host.len);
	struct host_net ignored;

	if (slash)
		bare.len = (size_t)(slash - host.ptr);
	if (!host.len) {
		malformed(endpoint, "it names no host; '*' is any");
		return false;
	}
	if (str_eq(host, STR("*"))) {
		out->kind = IR_HOST_ANY;
		return true;
	}
	if (host.ptr[0] == '[' && host.ptr[host.len - 1] == ']' && host.len > 2)
		return read_net(endpoint, (struct str){host.ptr + 1, host.len - 2}, true, out);
	if (host.ptr[0] == '[' || memchr(host.ptr, ':', host.len))
		return malformed_address(endpoint, host);
	if (slash || host_looks_numeric(bare) || host_parse_ipv4(bare, &ignored))
		return read_net(endpoint, host, false, out);
	out->kind = begins_with(host, "*.") ? IR_HOST_SUFFIX : IR_HOST_NAME;
	return read_name(endpoint, out->kind == IR_HOST_SUFFIX ? after(host, 2) : host, out);
}

static bool read_host(struct endpoint *endpoint, struct ir_endpoint *out)
{
	if (endpoint->host_param == IR_NONE)
		return read_literal_host(endpoint, out);
	out->kind = IR_HOST_NAME;
	set_text(endpoint, (struct ir_part){.kind = IR_PART_PARAM, .param = endpoint->host_param},
		 out);
	return check_param(endpoint, endpoint->host_param, AST_TYPE_HOST, "a host");
}

static bool check_bind(struct endpoint *endpoint, const struct ir_endpoint *out)
{
	if (out->kind != IR_HOST_SUFFIX &&
	    (out->kind != IR_HOST_NAME || endpoint->host_param != IR_NONE))
		return true;
	diag_report(endpoint->sema->diags, DIAG_E0245, endpoint->span,
		    "'bind' takes an address of this host or '*', not a name");
	return false;
}

bool sema_granted_endpoint(struct sema *sema, const struct ast_text *text, uint32_t rights,
			   struct ir_endpoint *out)
{
	struct endpoint endpoint = {
		.sema = sema,
		.span = text->span,
		.host = STR(""),
		.host_param = IR_NONE,
		.port_param = IR_NONE,
	};
	struct ir_endpoint read = {.rights = rights, .param = IR_NONE};
	size_t errors = sema->diags->errors;
	struct ir_text lowered = sema_text(sema, text, ENDPOINT_TYPES, "an endpoint");

	if (sema->diags->errors != errors || !take_scheme(&endpoint, &lowered, &read.udp))
		return false;
	if (!cut(&endpoint, &lowered)) {
		malformed(&endpoint, "a parameter stands for the whole host or the whole port");
		return false;
	}
	if (!read_host(&endpoint, &read) || !read_port(&endpoint, rights & IR_ENDPOINT_DENY, &read))
		return false;
	if ((rights & IR_ENDPOINT_BIND) && !check_bind(&endpoint, &read))
		return false;
	read.origin = sema_origin(sema, text->span);
	*out = read;
	return true;
}

bool sema_endpoint(struct sema *sema, const struct ast_text *text, struct ir_endpoint *out)
{
	return sema_granted_endpoint(sema, text, 0, out);
}
