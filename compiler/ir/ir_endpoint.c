/*
 * Hosts and networks of endpoints: see ir_endpoint.h. The runtime has its own reading of the same
 * rules (runtime/hostname.c), and tests compare the two.
 */
#include "ir/ir_endpoint.h"

#include <arpa/inet.h>
#include <string.h>

struct str ir_text_expand(struct arena *arena, const struct ir_values *values,
			  const struct ir_text *text)
{
	struct str out = STR("");

	for (size_t i = 0; i < text->n; i++) {
		const struct ir_part *part = &text->parts[i];
		struct str piece = part->literal;
		char *joined;

		if (part->kind == IR_PART_PARAM)
			piece = values->params[part->param];
		else if (part->kind == IR_PART_HOME)
			piece = values->home;
		joined = arena_alloc(arena, out.len + piece.len + 1);
		memcpy(joined, out.ptr, out.len);
		memcpy(joined + out.len, piece.ptr, piece.len);
		out = (struct str){joined, out.len + piece.len};
	}
	return out;
}

/* RFC 4291, 2.5.5.2: ::ffff:0:0/96 is where IPv4 is mapped. */
static bool is_ipv4(const uint8_t address[16], unsigned prefix)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return prefix >= IR_IPV4_PREFIX && memcmp(address, mapped, sizeof(mapped)) == 0;
}

bool ir_net_holds(const struct ir_endpoint *net, const uint8_t address[16], unsigned prefix)
{
	if (prefix < net->prefix || (net->prefix < IR_IPV4_PREFIX && is_ipv4(address, prefix)))
		return false;
	for (unsigned bit = 0; bit < net->prefix; bit++) {
		uint8_t mask = (uint8_t)(0x80u >> bit % 8);

		if ((address[bit / 8] & mask) != (net->address[bit / 8] & mask))
			return false;
	}
	return true;
}

struct str ir_net_spell(struct arena *arena, const struct ir_endpoint *net)
{
	bool v4 = is_ipv4(net->address, net->prefix);
	unsigned written = v4 ? net->prefix - IR_IPV4_PREFIX : net->prefix;
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? net->address + 12 : net->address, text,
		  sizeof(text));
	if (net->prefix == 128)
		return str_printf(arena, v4 ? "%s" : "[%s]", text);
	return str_printf(arena, v4 ? "%s/%u" : "[%s/%u]", text, written);
}

bool ir_hosts_equal(const struct ir_host *a, const struct ir_host *b)
{
	if (a->is_address || b->is_address)
		return a->is_address && b->is_address &&
		       memcmp(a->address, b->address, sizeof(a->address)) == 0;
	return str_eq(a->text, b->text);
}

static bool is_below(struct str name, struct str suffix)
{
	return name.len > suffix.len + 1 && name.ptr[name.len - suffix.len - 1] == '.' &&
	       memcmp(name.ptr + name.len - suffix.len, suffix.ptr, suffix.len) == 0;
}

bool ir_endpoint_has_host(struct arena *arena, const struct ir_values *values,
			  const struct ir_endpoint *endpoint, const struct ir_host *host)
{
	struct ir_host named;

	switch (endpoint->kind) {
	case IR_HOST_ANY:
		return true;
	case IR_HOST_NET:
		return host->is_address && ir_net_holds(endpoint, host->address, 128);
	case IR_HOST_NAME:
	case IR_HOST_SUFFIX:
		break;
	}
	if (!ir_value_host(arena, ir_text_expand(arena, values, &endpoint->name), &named))
		return false;
	if (endpoint->kind == IR_HOST_NAME)
		return ir_hosts_equal(host, &named);
	return !host->is_address && !named.is_address && is_below(host->text, named.text);
}
