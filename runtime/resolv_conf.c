/*
 * resolv.conf(5): a keyword at the beginning of a line, white space, a value. Everything but
 * "nameserver" is the client's business: what is asked inside a sandbox has its search domains
 * already.
 *
 * Addresses are read strictly. A libc would also take 127.1; such a line is passed over, as one of
 * them would do with what it can't read.
 */
#include "runtime/resolv_conf.h"

#include <string.h>

#include "runtime/hostname.h"
#include "runtime/net_address.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool take_scope(struct slice scope, struct resolv_server *out)
{
	if (scope.len == 0 || scope.len >= RESOLV_MAX_SCOPE || memchr(scope.ptr, '\0', scope.len) ||
	    memchr(scope.ptr, '/', scope.len))
		return false;
	memcpy(out->scope, scope.ptr, scope.len);
	out->scope[scope.len] = '\0';
	return true;
}

/* An address without brackets, one of IPv6 perhaps with a scope. */
static bool read_address(struct slice text, struct resolv_server *out)
{
	const char *percent = text.len ? memchr(text.ptr, '%', text.len) : NULL;
	struct slice address = text, scope = {NULL, 0};
	struct host host;

	*out = (struct resolv_server){.port = RESOLV_PORT};
	if (percent) {
		address.len = (size_t)(percent - text.ptr);
		scope = (struct slice){percent + 1, text.len - address.len - 1};
	}
	if (address.len == 0 || address.ptr[0] == '[' || !host_parse(address, &host) ||
	    !host.is_address)
		return false;
	memcpy(out->address, host.address, sizeof(out->address));
	return !percent || (!net_address_is_ipv4(out->address) && take_scope(scope, out));
}

/* What stands behind "nameserver" in a line, up to white space; or nothing. */
static struct slice value_of(struct slice line)
{
	static const char keyword[] = "nameserver";
	size_t at = sizeof(keyword) - 1, end;

	if (line.len <= at || memcmp(line.ptr, keyword, at) != 0 || !is_blank(line.ptr[at]))
		return (struct slice){line.ptr, 0};
	while (at < line.len && is_blank(line.ptr[at]))
		at++;
	end = at;
	while (end < line.len && !is_blank(line.ptr[end]))
		end++;
	return (struct slice){line.ptr + at, end - at};
}

void resolv_conf_read(const char *text, size_t len, struct resolv_conf *out)
{
	static const struct slice fallback = {"127.0.0.1", 9};
	size_t at = 0;

	if (len > RESOLV_MAX_TEXT)
		len = RESOLV_MAX_TEXT;
	out->n = 0;
	while (at < len && out->n < RESOLV_MAX_SERVERS) {
		const char *end = memchr(text + at, '\n', len - at);
		struct slice line = {text + at, end ? (size_t)(end - text) - at : len - at};

		if (read_address(value_of(line), &out->servers[out->n]))
			out->n++;
		at += line.len + 1;
	}
	if (out->n == 0 && read_address(fallback, &out->servers[0]))
		out->n = 1;
}

/* A number without leading zeros. */
static bool read_port(const char *text, uint16_t *out)
{
	uint32_t value = 0;

	if (*text < '1' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9' && value <= UINT16_MAX; text++)
		value = value * 10 + (uint32_t)(*text - '0');
	*out = (uint16_t)value;
	return !*text && value <= UINT16_MAX;
}

bool resolv_server_parse(const char *text, struct resolv_server *out)
{
	const char *close = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(text, ':');
	struct slice address = {text, strlen(text)};

	if (close) {
		address = (struct slice){text + 1, (size_t)(close - text) - 1};
		colon = close[1] ? close + 1 : NULL;
		if (!memchr(address.ptr, ':', address.len))
			return false;
	} else if (colon && strchr(colon + 1, ':')) {
		colon = NULL; /* of an IPv6 address */
	} else if (colon) {
		address.len = (size_t)(colon - text);
	}
	if (!read_address(address, out))
		return false;
	return !colon || (*colon == ':' && read_port(colon + 1, &out->port));
}
