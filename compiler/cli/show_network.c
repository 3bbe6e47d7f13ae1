/*
 * What a sandbox may reach, as `writc show` prints it: TCP ports, which Landlock limits, endpoints
 * by name and address, and unix sockets.
 */
#include "cli/show.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#define MAPPED_BITS 96u /* of ::ffff:0:0/96, IPv4 in IPv6 */

struct right_row {
	uint32_t bit;
	const char *name;
};

static const struct right_row port_rights[] = {{WRIT_PORT_CONNECT, "connect"},
					       {WRIT_PORT_BIND, "bind"},
					       {0, NULL}};

static const struct right_row endpoint_rights[] = {{WRIT_ENDPOINT_CONNECT, "connect"},
						   {WRIT_ENDPOINT_BIND, "bind"},
						   {WRIT_ENDPOINT_DENY, "deny"},
						   {WRIT_ENDPOINT_SNI, "sni"},
						   {0, NULL}};

static struct str right_names(struct arena *arena, const struct right_row *rows, uint32_t bits)
{
	struct str text = {"", 0};

	for (; rows->name; rows++) {
		if (bits & rows->bit)
			text = str_printf(arena, "%.*s%s%s", STR_ARG(text), text.len ? " " : "",
					  rows->name);
	}
	return text;
}

static json_t *right_array(const struct right_row *rows, uint32_t bits)
{
	json_t *array = json_array();

	for (; rows->name; rows++) {
		if (bits & rows->bit)
			json_array_append_new(array, json_string(rows->name));
	}
	return array;
}

/* A range, a port, a parameter; "*" for any. */
static struct str ports_text(const struct show *show, uint32_t first, uint32_t last, uint32_t param)
{
	if (param != WRIT_NONE)
		return str_printf(
			show->arena, "${%.*s}",
			STR_ARG(show_str(show,
					 BUNDLE_AT(show->image, PARAMS, param, param)->name)));
	if (first == 0 && last == UINT16_MAX)
		return STR("*");
	if (first != last)
		return str_printf(show->arena, "%u-%u", first, last);
	return str_printf(show->arena, "%u", first);
}

static bool is_mapped(const struct writ_fmt_endpoint *endpoint)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return endpoint->prefix >= MAPPED_BITS &&
	       memcmp(endpoint->address, mapped, sizeof(mapped)) == 0;
}

static struct str net_text(struct arena *arena, const struct writ_fmt_endpoint *endpoint)
{
	bool v4 = is_mapped(endpoint);
	char address[INET6_ADDRSTRLEN] = "";
	uint32_t prefix = endpoint->prefix - (v4 ? MAPPED_BITS : 0), bits = v4 ? 32 : 128;
	struct str text;

	inet_ntop(v4 ? AF_INET : AF_INET6, endpoint->address + (v4 ? MAPPED_BITS / 8 : 0), address,
		  sizeof(address));
	text = prefix == bits ? str_from(address)
			      : str_printf(arena, "%s/%" PRIu32, address, prefix);
	return str_printf(arena, v4 ? "%.*s" : "[%.*s]", STR_ARG(text));
}

static struct str host_text(const struct show *show, const struct writ_fmt_endpoint *endpoint)
{
	switch ((enum writ_host_kind)endpoint->kind) {
	case WRIT_HOST_ANY:
		return STR("*");
	case WRIT_HOST_NAME:
		return show_parts(show, endpoint->name);
	case WRIT_HOST_SUFFIX:
		return str_printf(show->arena, "*.%.*s", STR_ARG(show_parts(show, endpoint->name)));
	case WRIT_HOST_NET:
		return net_text(show->arena, endpoint);
	}
	return STR("");
}

static struct str endpoint_text(const struct show *show, const struct writ_fmt_endpoint *endpoint)
{
	return str_printf(show->arena, "%s%.*s:%.*s",
			  endpoint->flags & WRIT_ENDPOINT_UDP ? "udp://" : "",
			  STR_ARG(host_text(show, endpoint)),
			  STR_ARG(ports_text(show, endpoint->first, endpoint->last,
					     endpoint->param)));
}

struct str show_port(const struct show *show, const struct writ_fmt_port *port)
{
	return str_printf(show->arena, "%.*s TCP port %.*s",
			  STR_ARG(right_names(show->arena, port_rights, port->rights)),
			  STR_ARG(ports_text(show, port->first, port->last, port->param)));
}

struct str show_endpoint(const struct show *show, const struct writ_fmt_endpoint *endpoint)
{
	return str_printf(show->arena, "%.*s %.*s",
			  STR_ARG(right_names(show->arena, endpoint_rights, endpoint->flags)),
			  STR_ARG(endpoint_text(show, endpoint)));
}

void show_network_text(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	fputs("  network:\n", show->out);
	for (uint32_t i = 0; i < sandbox->ports.count; i++) {
		const struct writ_fmt_port *port = BUNDLE_AT(show->image, PORTS, port,
							     sandbox->ports.first + i);

		fprintf(show->out, "    %-20.*s TCP port %.*s\n",
			STR_ARG(right_names(show->arena, port_rights, port->rights)),
			STR_ARG(ports_text(show, port->first, port->last, port->param)));
	}
	for (uint32_t i = 0; i < sandbox->endpoints.count; i++) {
		const struct writ_fmt_endpoint *endpoint =
			BUNDLE_AT(show->image, ENDPOINTS, endpoint, sandbox->endpoints.first + i);

		fprintf(show->out, "    %-20.*s %.*s\n",
			STR_ARG(right_names(show->arena, endpoint_rights, endpoint->flags)),
			STR_ARG(endpoint_text(show, endpoint)));
	}
	for (uint32_t i = 0; i < sandbox->unix_sockets.count; i++) {
		const struct writ_fmt_place *place = BUNDLE_AT(show->image, UNIX_SOCKETS, place,
							       sandbox->unix_sockets.first + i);

		fprintf(show->out, "    %-20s %.*s\n", "unix",
			STR_ARG(show_parts(show, place->text)));
	}
	if (!sandbox->ports.count && !sandbox->endpoints.count && !sandbox->unix_sockets.count)
		fputs("    nothing\n", show->out);
}

static json_t *port_json(const struct show *show, const struct writ_fmt_port *port)
{
	struct str text = ports_text(show, port->first, port->last, port->param);

	return json_pack("{s:o,s:s,s:s%}", "rights", right_array(port_rights, port->rights),
			 "protocol", "tcp", "port", text.ptr, text.len);
}

/* "any" is the protocol of a denial, which is for TCP and UDP. */
static json_t *endpoint_json(const struct show *show, const struct writ_fmt_endpoint *endpoint)
{
	struct str host = host_text(show, endpoint);
	struct str port = ports_text(show, endpoint->first, endpoint->last, endpoint->param);
	const char *protocol = endpoint->flags & WRIT_ENDPOINT_DENY ? "any" : "tcp";

	if (endpoint->flags & WRIT_ENDPOINT_UDP)
		protocol = "udp";
	return json_pack("{s:o,s:s,s:s%,s:s%}", "rights",
			 right_array(endpoint_rights, endpoint->flags), "protocol", protocol,
			 "host", host.ptr, host.len, "port", port.ptr, port.len);
}

json_t *show_network_json(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < sandbox->ports.count; i++)
		json_array_append_new(array, port_json(show, BUNDLE_AT(show->image, PORTS, port,
								       sandbox->ports.first + i)));
	for (uint32_t i = 0; i < sandbox->endpoints.count; i++)
		json_array_append_new(array,
				      endpoint_json(show,
						    BUNDLE_AT(show->image, ENDPOINTS, endpoint,
							      sandbox->endpoints.first + i)));
	for (uint32_t i = 0; i < sandbox->unix_sockets.count; i++) {
		struct str path = show_parts(show, BUNDLE_AT(show->image, UNIX_SOCKETS, place,
							     sandbox->unix_sockets.first + i)
							   ->text);

		json_array_append_new(array,
				      json_pack("{s:[s],s:s,s:s%}", "rights", "connect", "protocol",
						"unix", "path", path.ptr, path.len));
	}
	return array;
}
