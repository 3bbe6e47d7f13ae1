#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/hostname.h"

/* "name NAME", "v4 DOTTED", "v6 HEX", or "none". */
static const char *read_host(const char *text)
{
	static char out[300];
	struct host host;
	size_t len;

	if (!host_parse((struct slice){text, strlen(text)}, &host))
		return "none";
	if (!host.is_address)
		snprintf(out, sizeof(out), "name %.*s", (int)host.name.len, host.name.ptr);
	else if (host_is_ipv4(&host))
		snprintf(out, sizeof(out), "v4 %s", host.dotted);
	else {
		len = (size_t)snprintf(out, sizeof(out), "v6 ");
		for (size_t i = 0; i < 16; i++)
			len += (size_t)snprintf(out + len, sizeof(out) - len, "%02x",
						host.address[i]);
	}
	return out;
}

static const struct {
	const char *text;
	const char *want;
} hosts[] = {
	{"example.org", "name example.org"},
	{"Example.ORG.", "name Example.ORG"},
	{"a_b-c.1x", "name a_b-c.1x"},
	{"localhost", "name localhost"},
	{"12.a", "name 12.a"},
	{"0xfeed.com", "name 0xfeed.com"},
	{"0xg", "name 0xg"},
	{"", "none"},
	{".", "none"},
	{"a..b", "none"},
	{".a", "none"},
	{"a..", "none"},
	{"a b", "none"},
	{"a%2eb", "none"},
	{"a/b", "none"},
	{"\xc3\xa9", "none"},
	{"*.a", "none"},
	{"10.1.2.3", "v4 10.1.2.3"},
	{"255.255.255.255", "v4 255.255.255.255"},
	{"0.0.0.0", "v4 0.0.0.0"},
	{"10.1.2.3.", "none"},
	{"10.1.2.256", "none"},
	{"10.1.2.03", "none"},
	{"10.1.2", "none"},
	{"10.1.2.3.4", "none"},
	{"127.1", "none"},
	{"2130706433", "none"},
	{"0x7f000001", "none"},
	{"0X7F.1", "none"},
	{"017700000001", "none"},
	{"a.0x1", "none"},
	{"a.0x", "none"},
	{"a.1", "none"},
	{"::", "v6 00000000000000000000000000000000"},
	{"::1", "v6 00000000000000000000000000000001"},
	{"[::1]", "v6 00000000000000000000000000000001"},
	{"2001:DB8::5:0:1", "v6 20010db8000000000000000500000001"},
	{"1:2:3:4:5:6:7:8", "v6 00010002000300040005000600070008"},
	{"1:2:3:4:5:6:7::", "v6 00010002000300040005000600070000"},
	{"::2:3:4:5:6:7:8", "v6 00000002000300040005000600070008"},
	{"::10.1.2.3", "v6 0000000000000000000000000a010203"},
	{"::ffff:0:10.1.2.3", "v6 0000000000000000ffff00000a010203"},
	{"::ffff:10.1.2.3", "v4 10.1.2.3"},
	{"[::FFFF:a01:203]", "v4 10.1.2.3"},
	{"0:0:0:0:0:ffff:10.1.2.3", "v4 10.1.2.3"},
	{"1:2:3:4:5:6:7::8", "none"},
	{"1:2:3:4:5:6:7:8::", "none"},
	{"1:2:3:4:5:6:7:8:9", "none"},
	{"1:2:3:4:5:6:7", "none"},
	{"1::2::3", "none"},
	{":::", "none"},
	{":1", "none"},
	{"1:", "none"},
	{"::1:", "none"},
	{"::12345", "none"},
	{"::g", "none"},
	{"::1%eth0", "none"},
	{"::10.1.2.03", "none"},
	{"::10.1.2.3:1", "none"},
	{"10.1.2.3::", "none"},
	{"[::1", "none"},
	{"::1]", "none"},
	{"[a]", "none"},
	{"[]", "none"},
	{"[[::1]]", "none"},
	{"a:80", "none"},
};

Test(hostname, hosts)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		cr_expect_str_eq(read_host(hosts[i].text), hosts[i].want, "%s: %s", hosts[i].text,
				 read_host(hosts[i].text));
}

Test(hostname, names_have_lengths)
{
	struct host host;
	char name[260];

	memset(name, 'a', sizeof(name));
	cr_expect(host_parse((struct slice){name, 63}, &host));
	cr_expect_not(host_parse((struct slice){name, 64}, &host));
	for (size_t i = 50; i < sizeof(name); i += 51)
		name[i] = '.';
	cr_expect(host_parse((struct slice){name, 253}, &host));
	cr_expect_not(host_parse((struct slice){name, 254}, &host));
	name[253] = '.';
	cr_expect(host_parse((struct slice){name, 254}, &host));
	cr_expect_not(host_parse((struct slice){"a\0b", 3}, &host));
	cr_expect_not(host_parse((struct slice){"::1\0", 4}, &host));
}

Test(hostname, urls)
{
	static const struct {
		const char *text;
		int port; /* -1: no URL */
	} rows[] = {
		{"http://a", 80},
		{"https://a/x", 443},
		{"ws://a?x", 80},
		{"wss://a#x", 443},
		{"ftp://a", 21},
		{"ssh://a", 22},
		{"git://a", 9418},
		{"x+y.1-://a", 0},
		{"x://a:1", 1},
		{"http://a:65535/", 65535},
		{"http://[::1]", 80},
		{"http://[::1]:81/", 81},
		{"http://a/@b", 80},
		{"http://a/%2f", 80},
		{"http://a/\xc3\xa9", 80},
		{"http://a:65536/", -1},
		{"http://a:0/", -1},
		{"http://a:080/", -1},
		{"http://a:/", -1},
		{"http://a:+80/", -1},
		{"http://a:8a/", -1},
		{"HTTP://a", -1},
		{"1http://a", -1},
		{"://a", -1},
		{"http:/a", -1},
		{"http:a", -1},
		{"http://", -1},
		{"http:///a", -1},
		{"http://?a", -1},
		{"http://u@a/", -1},
		{"http://u:p@a/", -1},
		{"http://a\\@b/", -1},
		{"http://a/\\", -1},
		{"http://a/ b", -1},
		{"http://a/\t", -1},
		{"http://a/\x7f", -1},
		{"http://a%2eb/", -1},
		{"http://::1/", -1},
		{"http://[::1]a/", -1},
		{"http://[::1]:/", -1},
		{"http://a:b:80/", -1},
		{"http://127.1/", -1},
		{" http://a", -1},
		{"ht tp://a", -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice text = {rows[i].text, strlen(rows[i].text)};
		struct url url;
		int port = url_parse(text, &url) ? (int)url.port : -1;

		cr_expect_eq(port, rows[i].port, "%s: %d", rows[i].text, port);
	}
}

Test(hostname, networks)
{
	struct host net, host;

	cr_assert(host_parse((struct slice){"10.255.0.0", 10}, &net));
	cr_assert(host_parse((struct slice){"10.253.1.2", 10}, &host));
	cr_expect(host_in_net(host.address, net.address, 96 + 8));
	cr_expect(host_in_net(host.address, net.address, 96 + 14));
	cr_expect_not(host_in_net(host.address, net.address, 96 + 15));
	cr_expect_not(host_in_net(host.address, net.address, 128));
	cr_expect(host_in_net(host.address, host.address, 128));
	cr_expect(host_in_net(host.address, net.address, 96));
	/* ::/0 and ::/95 are of IPv6 addresses only. */
	cr_assert(host_parse((struct slice){"::", 2}, &net));
	cr_expect_not(host_in_net(host.address, net.address, 95));
	cr_expect_not(host_in_net(host.address, net.address, 0));
	cr_assert(host_parse((struct slice){"2001:db8::1", 11}, &host));
	cr_expect(host_in_net(host.address, net.address, 0));
}
