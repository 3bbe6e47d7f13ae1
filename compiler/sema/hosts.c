/*
 * Names and addresses of hosts: strict readers.
 *
 * What a policy lists must mean the same to every program that resolves or connects. So there is
 * one spelling of an IPv4 address: inet_aton(3) takes octal, hexadecimal and fewer than four
 * numbers too, and programs differ in it. Names are letters, digits, '-' and '_' (service records
 * have it) in labels; other alphabets have an ASCII form, which is what DNS carries.
 */
#include "sema/hosts.h"

#include <arpa/inet.h>
#include <string.h>

#define MAPPED_PREFIX 96u

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One number of an IPv4 address; returns how many characters it has, 0 for none. */
static size_t parse_octet(struct str text, uint8_t *out)
{
	unsigned value = 0;
	size_t n = 0;

	while (n < text.len && n < 4 && is_digit(text.ptr[n]))
		value = value * 10 + (unsigned)(text.ptr[n++] - '0');
	if (n == 0 || value > UINT8_MAX || (n > 1 && text.ptr[0] == '0'))
		return 0;
	*out = (uint8_t)value;
	return n;
}

bool host_parse_ipv4(struct str text, struct host_net *out)
{
	struct host_net net = {.prefix = 128};

	memcpy(net.address, mapped, sizeof(mapped));
	for (unsigned i = 0; i < 4; i++) {
		size_t n = parse_octet(text, &net.address[12 + i]);

		if (n == 0)
			return false;
		text = (struct str){text.ptr + n, text.len - n};
		if (i == 3)
			break;
		if (!text.len || text.ptr[0] != '.')
			return false;
		text = (struct str){text.ptr + 1, text.len - 1};
	}
	if (text.len)
		return false;
	*out = net;
	return true;
}

bool host_parse_ipv6(struct str text, struct host_net *out)
{
	char buf[INET6_ADDRSTRLEN];
	struct host_net net = {.prefix = 128};

	if (text.len >= sizeof(buf) || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(buf, text.ptr, text.len);
	buf[text.len] = '\0';
	if (inet_pton(AF_INET6, buf, net.address) != 1)
		return false;
	*out = net;
	return true;
}

static struct str last_label(struct str text)
{
	const char *dot;

	if (text.len && text.ptr[text.len - 1] == '.')
		text.len--;
	dot = memrchr(text.ptr, '.', text.len);
	if (!dot)
		return text;
	return (struct str){dot + 1, text.len - (size_t)(dot + 1 - text.ptr)};
}

bool host_looks_numeric(struct str text)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	struct str label = last_label(text);
	size_t digits = 0;

	if (label.len >= 2 && label.ptr[0] == '0' && (label.ptr[1] | 0x20) == 'x') {
		digits = 2;
		while (digits < label.len && memchr(hex, label.ptr[digits], sizeof(hex) - 1))
			digits++;
	} else {
		while (digits < label.len && is_digit(label.ptr[digits]))
			digits++;
	}
	return label.len && digits == label.len;
}

bool host_clear_host_bits(struct host_net *net)
{
	bool had = false;

	for (unsigned i = 0; i < sizeof(net->address); i++) {
		unsigned kept = net->prefix <= 8 * i ? 0 : net->prefix - 8 * i;
		uint8_t mask = (uint8_t)(kept >= 8 ? 0xffu : 0xff00u >> kept);

		had |= (net->address[i] & ~mask) != 0;
		net->address[i] = (uint8_t)(net->address[i] & mask);
	}
	return had;
}

struct str host_spell(struct arena *arena, const struct host_net *net)
{
	bool is_ipv4 = net->prefix >= MAPPED_PREFIX &&
		       memcmp(net->address, mapped, sizeof(mapped)) == 0;
	char buf[INET6_ADDRSTRLEN];

	if (is_ipv4)
		inet_ntop(AF_INET, net->address + 12, buf, sizeof(buf));
	else
		inet_ntop(AF_INET6, net->address, buf, sizeof(buf));
	if (net->prefix == 128)
		return str_printf(arena, "%s", buf);
	return str_printf(arena, "%s/%u", buf, net->prefix - (is_ipv4 ? MAPPED_PREFIX : 0));
}

static bool is_name_byte(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_';
}

static const char *label_flaw(struct str label)
{
	if (!label.len)
		return "a part between dots is empty";
	if (label.len > HOST_MAX_LABEL)
		return "a part between dots has more than 63 characters";
	if (label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
		return "a part between dots can't begin or end with '-'";
	for (size_t i = 0; i < label.len; i++) {
		if (!is_name_byte(label.ptr[i]))
			return "only letters, digits, '-', '_' and '.' can be in it";
	}
	return NULL;
}

const char *host_name_flaw(struct str text)
{
	if (text.len && text.ptr[text.len - 1] == '.')
		text.len--;
	if (text.len > HOST_MAX_NAME)
		return "it has more than 253 characters";
	for (;;) {
		const char *dot = memchr(text.ptr, '.', text.len);
		struct str label = {text.ptr, dot ? (size_t)(dot - text.ptr) : text.len};
		const char *flaw = label_flaw(label);

		if (flaw || !dot)
			return flaw;
		text = (struct str){dot + 1, text.len - label.len - 1};
	}
}

bool host_is_one(struct str text)
{
	bool bracketed = text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';
	struct str bare = bracketed ? (struct str){text.ptr + 1, text.len - 2} : text;
	struct host_net net;

	if (host_parse_ipv6(bare, &net))
		return true;
	if (host_looks_numeric(text))
		return host_parse_ipv4(text, &net);
	return !host_name_flaw(text);
}
