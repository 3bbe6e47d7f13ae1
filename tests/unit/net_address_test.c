#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/net_address.h"
#include "support/net_maker.h"

Test(net_address, classes)
{
	static const struct {
		const char *text;
		enum net_class class;
		uint32_t prefix;
	} rows[] = {
		{"1.1.1.1", NET_PUBLIC, 0},
		{"169.254.169.254", NET_METADATA, 128},
		{"169.254.169.253", NET_LINK_LOCAL, 112},
		{"169.254.170.2", NET_METADATA, 128},
		{"100.100.100.200", NET_METADATA, 128},
		{"100.100.100.201", NET_PRIVATE, 106},
		{"168.63.129.16", NET_METADATA, 128},
		{"168.63.129.17", NET_PUBLIC, 0},
		{"fd00:ec2::254", NET_METADATA, 128},
		{"fd00:ec2::253", NET_PRIVATE, 7},
		{"fd20:ce::254", NET_METADATA, 128},
		{"127.0.0.1", NET_LOOPBACK, 104},
		{"127.255.0.9", NET_LOOPBACK, 104},
		{"::1", NET_LOOPBACK, 128},
		{"::2", NET_PUBLIC, 0},
		{"fe80::1", NET_LINK_LOCAL, 10},
		{"febf::1", NET_LINK_LOCAL, 10},
		{"0.0.0.0", NET_NOWHERE, 104},
		{"::", NET_NOWHERE, 128},
		{"224.0.0.251", NET_MULTICAST, 100},
		{"239.255.255.255", NET_MULTICAST, 100},
		{"ff02::1", NET_MULTICAST, 8},
		{"240.0.0.1", NET_NOWHERE, 100},
		{"255.255.255.255", NET_NOWHERE, 100},
		{"10.9.8.7", NET_PRIVATE, 104},
		{"172.31.255.255", NET_PRIVATE, 108},
		{"172.32.0.0", NET_PUBLIC, 0},
		{"192.168.0.1", NET_PRIVATE, 112},
		{"198.19.0.1", NET_PRIVATE, 111},
		{"fc00::1", NET_PRIVATE, 7},
		{"fec0::1", NET_PRIVATE, 10},
		{"2001:db8::1", NET_PUBLIC, 0},
		{"::ffff:127.0.0.1", NET_LOOPBACK, 104},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t address[16];
		uint32_t prefix = 999;

		cr_expect_eq(net_address_class(net_address_of(rows[i].text, address), &prefix),
			     rows[i].class, "%s", rows[i].text);
		cr_expect_eq(prefix, rows[i].prefix, "%s: %u", rows[i].text, prefix);
	}
}

/* The IPv4 addresses in one of IPv6, each behind a space. */
static const char *embedded_in(const char *text)
{
	static char out[200];
	uint8_t address[16], found[NET_MAX_EMBEDDED][16];
	size_t n = net_address_embedded(net_address_of(text, address), found);

	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		char one[NET_ADDRESS_TEXT];

		cr_expect(net_address_is_ipv4(found[i]));
		(void)net_address_text(found[i], one);
		(void)strcat(strcat(out, i ? " " : ""), one);
	}
	return out;
}

Test(net_address, embedded_ipv4_is_found)
{
	static const char *const rows[][2] = {
		{"10.0.0.1", ""},
		{"2001:db8::10.0.0.1", ""},
		{"::", ""},
		{"::1", ""},
		{"::127.0.0.1", "127.0.0.1"},
		{"::ffff:0:169.254.169.254", "169.254.169.254"},
		{"64:ff9b::169.254.169.254", "169.254.169.254"},
		{"64:ff9b::0.0.0.0", "0.0.0.0"},
		{"64:ff9b:1::10.0.0.1", "10.0.0.1"},
		{"64:ff9b:1:7f00:0:100::", "127.0.0.1"},
		{"64:ff9b:1:a:0:102::", "10.0.1.2"},
		{"64:ff9b:2::10.0.0.1", ""},
		{"2002:a9fe:a9fe::", "169.254.169.254"},
		{"2002:7f00:1::5", "127.0.0.1"},
		{"2001:0:7f00:1::80ff:fffe", "127.0.0.1 127.0.0.1"},
		{"2001:0:4136:e378:8000:63bf:3fff:fdd2", "65.54.227.120 192.0.2.45"},
		{"2001:db8::5efe:10.0.0.1", "10.0.0.1"},
		{"2001:db8::200:5efe:10.0.0.1", "10.0.0.1"},
		{"2002:0a00:0001::5efe:127.0.0.1", "10.0.0.1 127.0.0.1"},
		{"2001:0:7f00:1:0:5efe:80ff:fffe", "127.0.0.1 127.0.0.1 128.255.255.254"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_str_eq(embedded_in(rows[i][0]), rows[i][1], "%s: '%s'", rows[i][0],
				 embedded_in(rows[i][0]));
}

/* inet_ntop(3) writes the same, but for IPv4 in the forms that are no longer in use. */
Test(net_address, text_is_that_of_the_libc)
{
	for (unsigned int i = 0; i < 20000; i++) {
		uint8_t address[16] = {0};
		char want[NET_ADDRESS_TEXT], have[NET_ADDRESS_TEXT];
		unsigned int bits = i * 2654435761u;

		for (size_t k = 0; k < 8; k++) {
			if (bits >> k & 1)
				address[2 * k + (bits >> (k + 8) & 1)] = (uint8_t)(bits >> (k + 9));
		}
		if (memcmp(address, (const uint8_t[10]){0}, 10) == 0)
			continue;
		(void)inet_ntop(AF_INET6, address, want, sizeof(want));
		cr_assert_eq(net_address_text(address, have), strlen(want));
		cr_assert_str_eq(have, want);
	}
}

Test(net_address, text_of_ipv4_and_of_zeros)
{
	static const char *const rows[][2] = {
		{"255.255.255.255", "255.255.255.255"},
		{"::ffff:10.0.0.1", "10.0.0.1"},
		{"::", "::"},
		{"::1", "::1"},
		{"1::", "1::"},
		{"::127.0.0.1", "::7f00:1"},
		{"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},
		{"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t address[16];
		char have[NET_ADDRESS_TEXT];

		(void)net_address_text(net_address_of(rows[i][0], address), have);
		cr_expect_str_eq(have, rows[i][1], "%s", have);
	}
}
