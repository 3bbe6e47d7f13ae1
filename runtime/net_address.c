/*
 * Two tables: networks that are not the public Internet, and forms in which an IPv6 address carries
 * an IPv4 address.
 *
 * In: 16 bytes. Out: a class, the addresses embedded, or text. The first row that holds an address
 * gives its class, so metadata services stand before the networks they are in. Of the local NAT64
 * network (RFC 8215) nobody outside knows how long the translator's prefix is: it is read in every
 * way that RFC 6052, 2.2 has, and a reading that gives 0.0.0.0/8 is none, as that is what the zeros
 * around the real one look like.
 */
#include "runtime/net_address.h"

#include <string.h>

#include "runtime/hostname.h"

#define IPV4(a, b, c, d)                                                                           \
	{                                                                                          \
		[10] = 0xff, [11] = 0xff, (a), (b), (c), (d)                                       \
	}
#define IPV4_BITS(n) (96 + (n))

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static const struct {
	uint8_t net[16];
	uint32_t prefix;
	enum net_class class;
} ranges[] = {
	{IPV4(169, 254, 169, 254), 128, NET_METADATA}, /* EC2, Google, Azure, most others */
	{IPV4(169, 254, 170, 2), 128, NET_METADATA},   /* ECS tasks */
	{IPV4(169, 254, 170, 23), 128, NET_METADATA},  /* EKS pods */
	{IPV4(100, 100, 100, 200), 128, NET_METADATA}, /* Alibaba */
	{IPV4(168, 63, 129, 16), 128, NET_METADATA},   /* Azure's wire server */
	{{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54}, 128, NET_METADATA}, /* EC2 */
	{{0xfd, 0x00, 0x0e, 0xc2, [15] = 0x23}, 128, NET_METADATA},              /* EKS */
	{{0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54}, 128, NET_METADATA}, /* Google */
	{IPV4(127, 0, 0, 0), IPV4_BITS(8), NET_LOOPBACK},
	{{[15] = 1}, 128, NET_LOOPBACK},
	{IPV4(169, 254, 0, 0), IPV4_BITS(16), NET_LINK_LOCAL}, /* RFC 3927 */
	{{0xfe, 0x80}, 10, NET_LINK_LOCAL},
	{IPV4(0, 0, 0, 0), IPV4_BITS(8), NET_NOWHERE}, /* Linux connects 0.0.0.0 to itself */
	{{0}, 128, NET_NOWHERE},
	{IPV4(224, 0, 0, 0), IPV4_BITS(4), NET_MULTICAST},
	{{0xff}, 8, NET_MULTICAST},
	{IPV4(240, 0, 0, 0), IPV4_BITS(4), NET_NOWHERE},    /* and 255.255.255.255 */
	{IPV4(10, 0, 0, 0), IPV4_BITS(8), NET_PRIVATE},     /* RFC 1918 */
	{IPV4(172, 16, 0, 0), IPV4_BITS(12), NET_PRIVATE},  /* RFC 1918 */
	{IPV4(192, 168, 0, 0), IPV4_BITS(16), NET_PRIVATE}, /* RFC 1918 */
	{IPV4(100, 64, 0, 0), IPV4_BITS(10), NET_PRIVATE},  /* RFC 6598 */
	{IPV4(192, 0, 0, 0), IPV4_BITS(24), NET_PRIVATE},   /* RFC 6890 */
	{IPV4(198, 18, 0, 0), IPV4_BITS(15), NET_PRIVATE},  /* RFC 2544 */
	{{0xfc}, 7, NET_PRIVATE},                           /* RFC 4193 */
	{{0xfe, 0xc0}, 10, NET_PRIVATE},                    /* RFC 3879: site-local, once */
};

/* Bytes that an address has at from, and where its IPv4 address is then. */
static const struct {
	uint8_t from;
	uint8_t n;
	uint8_t bytes[12];
	uint8_t at[4];
	uint8_t flip; /* each byte is XORed with this */
	bool may_not; /* 0.0.0.0/8 means that there is none */
} forms[] = {
	{0, 12, {0}, {12, 13, 14, 15}, 0, true}, /* IPv4-compatible: RFC 4291, 2.5.5.1 */
	{0, 12, {[8] = 0xff, 0xff}, {12, 13, 14, 15}, 0, false},           /* SIIT: RFC 2765 */
	{0, 12, {0x00, 0x64, 0xff, 0x9b}, {12, 13, 14, 15}, 0, false},     /* NAT64: RFC 6052 */
	{0, 6, {0x00, 0x64, 0xff, 0x9b, 0, 1}, {6, 7, 9, 10}, 0, true},    /* RFC 8215, /48 */
	{0, 6, {0x00, 0x64, 0xff, 0x9b, 0, 1}, {7, 9, 10, 11}, 0, true},   /* /56 */
	{0, 6, {0x00, 0x64, 0xff, 0x9b, 0, 1}, {9, 10, 11, 12}, 0, true},  /* /64 */
	{0, 6, {0x00, 0x64, 0xff, 0x9b, 0, 1}, {12, 13, 14, 15}, 0, true}, /* /96 */
	{0, 2, {0x20, 0x02}, {2, 3, 4, 5}, 0, false},                      /* 6to4: RFC 3056 */
	{0, 4, {0x20, 0x01}, {4, 5, 6, 7}, 0, false},        /* Teredo: RFC 4380, its server */
	{0, 4, {0x20, 0x01}, {12, 13, 14, 15}, 0xff, false}, /* and the client */
	{8, 4, {0x00, 0x00, 0x5e, 0xfe}, {12, 13, 14, 15}, 0, false}, /* ISATAP: RFC 5214, 6.1 */
	{8, 4, {0x02, 0x00, 0x5e, 0xfe}, {12, 13, 14, 15}, 0, false},
};

void net_address_from_ipv4(const uint8_t ipv4[4], uint8_t out[16])
{
	memcpy(out, mapped, sizeof(mapped));
	memcpy(out + sizeof(mapped), ipv4, 4);
}

bool net_address_is_ipv4(const uint8_t address[16])
{
	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

enum net_class net_address_class(const uint8_t address[16], uint32_t *prefix)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (!host_in_net(address, ranges[i].net, ranges[i].prefix))
			continue;
		if (prefix)
			*prefix = ranges[i].prefix;
		return ranges[i].class;
	}
	if (prefix)
		*prefix = 0;
	return NET_PUBLIC;
}

size_t net_address_embedded(const uint8_t address[16], uint8_t out[NET_MAX_EMBEDDED][16])
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && n < NET_MAX_EMBEDDED; i++) {
		uint8_t ipv4[4];

		if (memcmp(address + forms[i].from, forms[i].bytes, forms[i].n) != 0)
			continue;
		for (size_t k = 0; k < sizeof(ipv4); k++)
			ipv4[k] = address[forms[i].at[k]] ^ forms[i].flip;
		if (!forms[i].may_not || ipv4[0])
			net_address_from_ipv4(ipv4, out[n++]);
	}
	return n;
}

/* ---- text ---- */

struct text {
	char *out;
	size_t len;
};

static void put(struct text *text, char c)
{
	text->out[text->len++] = c;
}

/* Without leading zeros. */
static void put_number(struct text *text, unsigned int value, unsigned int base)
{
	if (value >= base)
		put_number(text, value / base, base);
	put(text, "0123456789abcdef"[value % base]);
}

static unsigned int group_of(const uint8_t address[16], size_t i)
{
	return (unsigned int)address[2 * i] << 8 | address[2 * i + 1];
}

/* The first of the longest runs of two or more zero groups: RFC 5952, 4.2. Its length, or 0. */
static size_t find_gap(const uint8_t address[16], size_t *first)
{
	size_t best = 1;

	for (size_t i = 0; i < 8; i++) {
		size_t n = 0;

		while (i + n < 8 && group_of(address, i + n) == 0)
			n++;
		if (n > best) {
			best = n;
			*first = i;
		}
	}
	return best > 1 ? best : 0;
}

static void put_ipv6(struct text *text, const uint8_t address[16])
{
	size_t first = 8;
	size_t gap = find_gap(address, &first);

	for (size_t i = 0; i < 8; i++) {
		if (i == first) {
			put(text, ':');
			if (i + gap == 8)
				put(text, ':');
			i += gap - 1;
			continue;
		}
		if (i)
			put(text, ':');
		put_number(text, group_of(address, i), 16);
	}
}

size_t net_address_text(const uint8_t address[16], char out[NET_ADDRESS_TEXT])
{
	struct text text = {out, 0};

	if (net_address_is_ipv4(address)) {
		for (size_t i = sizeof(mapped); i < 16; i++) {
			if (i > sizeof(mapped))
				put(&text, '.');
			put_number(&text, address[i], 10);
		}
	} else {
		put_ipv6(&text, address);
	}
	out[text.len] = '\0';
	return text.len;
}
