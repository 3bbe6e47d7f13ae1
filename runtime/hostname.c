/*
 * Parsers of hosts and URLs.
 *
 * Names are letters, digits, '-' and '_' in labels. A name whose last label is a number in any of
 * the spellings that inet_aton(3) or a browser takes (127.1, 0x7f000001, 2130706433) must be an
 * IPv4 address in its one canonical form, or it is refused: else a list of names could be passed by
 * an address. IPv6 is RFC 4291, 2.2; an IPv4-mapped address is that IPv4 address. In a URL,
 * everything that parsers are known to disagree about is refused: user information, backslashes,
 * percent signs in the host, white space, control bytes.
 */
#include "runtime/hostname.h"

#include <string.h>

#define N_GROUPS 8

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c = (char)match_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decimal digits without leading zeroes, the whole text, at most max. */
static bool parse_decimal(struct slice text, uint32_t max, uint32_t *out)
{
	uint32_t value = 0;

	if (text.len == 0 || text.len > 5 || (text.len > 1 && text.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.ptr[i]))
			return false;
		value = value * 10 + (uint32_t)(text.ptr[i] - '0');
	}
	*out = value;
	return value <= max;
}

/* Cuts what stands before the first byte c off *rest; the whole of it when there is none. */
static struct slice cut(struct slice *rest, char c)
{
	const char *end = rest->len ? memchr(rest->ptr, c, rest->len) : NULL;
	struct slice head = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
	size_t used = head.len + (end != NULL);

	rest->ptr += used;
	rest->len -= used;
	return head;
}

static bool parse_ipv4(struct slice text, uint8_t out[4])
{
	bool ends_in_dot = text.len && text.ptr[text.len - 1] == '.';

	for (size_t i = 0; i < 4; i++) {
		uint32_t part;

		if (!parse_decimal(cut(&text, '.'), 255, &part))
			return false;
		out[i] = (uint8_t)part;
	}
	return text.len == 0 && !ends_in_dot;
}

static bool parse_group(struct slice text, uint8_t out[2])
{
	uint32_t value = 0;

	if (text.len == 0 || text.len > 4)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int digit = hex_digit(text.ptr[i]);

		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return true;
}

/*
 * Groups separated by single colons, the last two perhaps as an IPv4 address. Returns how many 16
 * bit groups were read into out, which has room for all 8; or -1.
 */
static int parse_groups(struct slice text, bool ipv4_ends, uint8_t out[16])
{
	size_t n = 0;

	if (text.len == 0)
		return 0;
	for (;;) {
		const char *begin = text.ptr;
		struct slice group = cut(&text, ':');
		bool is_last = group.ptr + group.len == text.ptr;

		if (is_last && ipv4_ends && memchr(begin, '.', group.len)) {
			if (n > N_GROUPS - 2 || !parse_ipv4(group, out + 2 * n))
				return -1;
			return (int)n + 2;
		}
		if (n == N_GROUPS || !parse_group(group, out + 2 * n))
			return -1;
		n++;
		if (is_last)
			return (int)n;
	}
}

static bool parse_ipv6(struct slice text, uint8_t out[16])
{
	const char *gap = slice_find(text, "::");
	struct slice head = text, tail = {NULL, 0};
	uint8_t behind[16] = {0};
	int before, after;

	memset(out, 0, 16);
	if (!gap)
		return parse_groups(text, true, out) == N_GROUPS;
	head.len = (size_t)(gap - text.ptr);
	tail.ptr = gap + 2;
	tail.len = text.len - head.len - 2;
	before = parse_groups(head, false, out);
	after = parse_groups(tail, true, behind);
	if (before < 0 || after < 0 || before + after >= N_GROUPS)
		return false;
	memcpy(out + 16 - 2 * (size_t)after, behind, 2 * (size_t)after);
	return true;
}

/* The canonical text of an IPv4 address. */
static void print_ipv4(const uint8_t bytes[4], char *out)
{
	for (size_t i = 0; i < 4; i++) {
		if (bytes[i] >= 100)
			*out++ = (char)('0' + bytes[i] / 100);
		if (bytes[i] >= 10)
			*out++ = (char)('0' + bytes[i] / 10 % 10);
		*out++ = (char)('0' + bytes[i] % 10);
		*out++ = i < 3 ? '.' : '\0';
	}
}

static bool take_address(struct host *out)
{
	out->is_address = true;
	out->dotted[0] = '\0';
	if (memcmp(out->address, mapped, sizeof(mapped)) == 0)
		print_ipv4(out->address + sizeof(mapped), out->dotted);
	return true;
}

static bool label_ok(struct slice label)
{
	if (label.len == 0 || label.len > HOSTNAME_MAX_LABEL)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		unsigned char c = match_lower(label.ptr[i]);

		if (!((c >= 'a' && c <= 'z') || is_digit((char)c) || c == '-' || c == '_'))
			return false;
	}
	return true;
}

/* A number in any base that a parser of addresses might take. */
static bool is_number(struct slice label)
{
	bool hex = label.len >= 2 && label.ptr[0] == '0' && match_lower(label.ptr[1]) == 'x';

	for (size_t i = hex ? 2 : 0; i < label.len; i++) {
		if (hex ? hex_digit(label.ptr[i]) < 0 : !is_digit(label.ptr[i]))
			return false;
	}
	return true;
}

static bool parse_name(struct slice text, struct host *out)
{
	struct slice rest, label;

	if (text.len && text.ptr[text.len - 1] == '.')
		text.len--;
	if (text.len == 0 || text.len > HOSTNAME_MAX || text.ptr[text.len - 1] == '.')
		return false;
	rest = text;
	do {
		label = cut(&rest, '.');
		if (!label_ok(label))
			return false;
	} while (rest.len);
	out->is_address = false;
	out->name = text;
	return !is_number(label);
}

bool host_parse(struct slice text, struct host *out)
{
	bool bracketed = text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';

	if (bracketed)
		text = (struct slice){text.ptr + 1, text.len - 2};
	if (bracketed || (text.len && memchr(text.ptr, ':', text.len)))
		return parse_ipv6(text, out->address) && take_address(out);
	if (parse_ipv4(text, out->address + sizeof(mapped))) {
		memcpy(out->address, mapped, sizeof(mapped));
		return take_address(out);
	}
	return parse_name(text, out);
}

static const struct {
	const char *scheme;
	uint32_t port;
} default_ports[] = {
	{"http", 80}, {"https", 443}, {"ws", 80},    {"wss", 443},
	{"ftp", 21},  {"ssh", 22},    {"git", 9418},
};

static uint32_t default_port(struct slice scheme)
{
	for (size_t i = 0; i < sizeof(default_ports) / sizeof(default_ports[0]); i++) {
		if (strlen(default_ports[i].scheme) == scheme.len &&
		    memcmp(default_ports[i].scheme, scheme.ptr, scheme.len) == 0)
			return default_ports[i].port;
	}
	return 0;
}

static bool scheme_ok(struct slice scheme)
{
	if (scheme.len == 0 || scheme.ptr[0] < 'a' || scheme.ptr[0] > 'z')
		return false;
	for (size_t i = 1; i < scheme.len; i++) {
		char c = scheme.ptr[i];

		if (!((c >= 'a' && c <= 'z') || is_digit(c) || c == '+' || c == '.' || c == '-'))
			return false;
	}
	return true;
}

/* No byte anywhere that is white space, a control character or a backslash. */
static bool bytes_ok(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c <= 0x20 || c == 0x7f || c == '\\')
			return false;
	}
	return true;
}

static struct slice authority_of(struct slice rest)
{
	size_t len = 0;

	while (len < rest.len && rest.ptr[len] != '/' && rest.ptr[len] != '?' &&
	       rest.ptr[len] != '#')
		len++;
	return (struct slice){rest.ptr, len};
}

struct slice url_authority(struct slice text)
{
	const char *separator = slice_find(text, "://");
	struct slice rest = {NULL, 0};

	if (separator)
		rest = (struct slice){separator + 3, text.len - (size_t)(separator + 3 - text.ptr)};
	return authority_of(rest);
}

static bool has_one_spelling(struct slice host)
{
	for (size_t i = 0; i < host.len; i++) {
		if (host.ptr[i] >= 'A' && host.ptr[i] <= 'Z')
			return false;
	}
	return host.ptr[0] != '[' && host.ptr[host.len - 1] != '.';
}

/* host, or host:port; an IPv6 address stands in brackets. out->port is the scheme's own. */
static bool parse_authority(struct slice text, struct url *out)
{
	struct slice host = text, port = {NULL, 0};
	uint32_t of_scheme = out->port;
	bool written;
	size_t at = text.len;

	while (at > 0 && text.ptr[at - 1] != ':' && text.ptr[at - 1] != ']')
		at--;
	written = at > 0 && text.ptr[at - 1] == ':';
	if (written) {
		host.len = at - 1;
		port = (struct slice){text.ptr + at, text.len - at};
		if (!parse_decimal(port, UINT16_MAX, &out->port) || out->port == 0)
			return false;
	}
	if (host.len == 0 || (host.ptr[0] != '[' && memchr(host.ptr, ':', host.len)))
		return false;
	out->is_plain = has_one_spelling(host) && !(written && out->port == of_scheme);
	return host_parse(host, &out->host);
}

bool url_parse(struct slice text, struct url *out)
{
	const char *separator = slice_find(text, "://");
	struct slice scheme, rest;

	if (!separator || !bytes_ok(text))
		return false;
	scheme = (struct slice){text.ptr, (size_t)(separator - text.ptr)};
	rest = (struct slice){separator + 3, text.len - scheme.len - 3};
	if (!scheme_ok(scheme))
		return false;
	out->port = default_port(scheme);
	return parse_authority(authority_of(rest), out);
}

bool host_in_net(const uint8_t address[16], const uint8_t net[16], uint32_t prefix)
{
	uint32_t bytes = prefix / 8;
	unsigned int bits = prefix % 8;

	/* RFC 4291, 2.5.5.2: what is wider than all of IPv4 is a network of IPv6 alone. */
	if (prefix < 8 * sizeof(mapped) && memcmp(address, mapped, sizeof(mapped)) == 0)
		return false;
	if (memcmp(address, net, bytes) != 0)
		return false;
	return bits == 0 || (unsigned int)(address[bytes] ^ net[bytes]) >> (8 - bits) == 0;
}

bool host_name_is(struct slice lower, struct slice name)
{
	if (lower.len != name.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)lower.ptr[i] != match_lower(name.ptr[i]))
			return false;
	}
	return true;
}

bool host_name_below(struct slice lower, struct slice name)
{
	size_t above = name.len - lower.len;

	if (name.len <= lower.len || name.ptr[above - 1] != '.')
		return false;
	return host_name_is(lower, (struct slice){name.ptr + above, lower.len});
}
