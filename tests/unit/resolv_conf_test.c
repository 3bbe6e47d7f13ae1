#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/net_address.h"
#include "runtime/resolv_conf.h"

/* "10.0.0.1:53 fe80::1%eth0:53", in order. Static. */
static const char *spell(const struct resolv_server *servers, uint32_t n)
{
	static char out[512];
	size_t len = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < n; i++) {
		char text[NET_ADDRESS_TEXT];

		(void)net_address_text(servers[i].address, text);
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%s%s%s:%u", i ? " " : "",
					text, servers[i].scope[0] ? "%" : "", servers[i].scope,
					servers[i].port);
	}
	return out;
}

static const char *read_bytes(const char *text, size_t len)
{
	struct resolv_conf conf;

	resolv_conf_read(text, len, &conf);
	return spell(conf.servers, conf.n);
}

Test(resolv_conf, servers_of_a_file)
{
	static const char *const rows[][2] = {
		{"nameserver 10.0.0.1\n", "10.0.0.1:53"},
		{"nameserver 10.0.0.1", "10.0.0.1:53"},
		{"nameserver\t \t10.0.0.1 \t\n", "10.0.0.1:53"},
		{"nameserver 10.0.0.1\r\nnameserver ::1\r\n", "10.0.0.1:53 ::1:53"},
		{"nameserver 10.0.0.1 10.0.0.2\n", "10.0.0.1:53"},
		{"nameserver 10.0.0.1 # mine\n", "10.0.0.1:53"},
		{"# a\n; b\nsearch a.org\noptions ndots:5\nnameserver 2001:db8::1\n",
		 "2001:db8::1:53"},
		{"nameserver fe80::1%eth0\nnameserver fe80::2%3\n", "fe80::1%eth0:53 fe80::2%3:53"},
		{"nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4\n",
		 "1.1.1.1:53 2.2.2.2:53 3.3.3.3:53"},
		{"\n\n\nnameserver 1.1.1.1", "1.1.1.1:53"},
		{"nameserver ::ffff:10.0.0.1\n", "10.0.0.1:53"},
		/* What no server is read from: as without a file, this host's. */
		{"", "127.0.0.1:53"},
		{"nameserver\n", "127.0.0.1:53"},
		{"nameserver", "127.0.0.1:53"},
		{"nameserver \n10.0.0.1\n", "127.0.0.1:53"},
		{" nameserver 10.0.0.1\n", "127.0.0.1:53"},
		{"#nameserver 10.0.0.1\n", "127.0.0.1:53"},
		{"nameservers 10.0.0.1\n", "127.0.0.1:53"},
		{"nameserver10.0.0.1\n", "127.0.0.1:53"},
		{"NAMESERVER 10.0.0.1\n", "127.0.0.1:53"},
		{"nameserver 10.0.0.256\n", "127.0.0.1:53"},
		{"nameserver 10.1\n", "127.0.0.1:53"},
		{"nameserver dns.org\n", "127.0.0.1:53"},
		{"nameserver [::1]\n", "127.0.0.1:53"},
		{"nameserver 10.0.0.1%eth0\n", "127.0.0.1:53"},
		{"nameserver fe80::1%\n", "127.0.0.1:53"},
		{"nameserver %eth0\n", "127.0.0.1:53"},
		{"nameserver fe80::1%an-interface-name\n", "127.0.0.1:53"},
		{"nameserver fe80::1%a/b\n", "127.0.0.1:53"},
		{"nameserver 10.0.0.1:53\n", "127.0.0.1:53"},
		{"nameserver bad\nnameserver 10.0.0.1\n", "10.0.0.1:53"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_str_eq(read_bytes(rows[i][0], strlen(rows[i][0])), rows[i][1], "'%s': %s",
				 rows[i][0], read_bytes(rows[i][0], strlen(rows[i][0])));
}

Test(resolv_conf, files_of_any_bytes)
{
	static const char nul[] = "nameserver 10.0.0.1\0x\nnameserver fe80::1%e\0\nnameserver "
				  "10.0.0.2\n";
	static char big[2 * RESOLV_MAX_TEXT];

	cr_expect_str_eq(read_bytes(nul, sizeof(nul) - 1), "10.0.0.2:53");
	memset(big, '\n', sizeof(big));
	(void)memcpy(big + RESOLV_MAX_TEXT, "nameserver 10.0.0.1\n", 20);
	cr_expect_str_eq(read_bytes(big, sizeof(big)), "127.0.0.1:53", "that far nobody looks");
	(void)memcpy(big + RESOLV_MAX_TEXT - 20, "nameserver 10.0.0.1\n", 20);
	cr_expect_str_eq(read_bytes(big, sizeof(big)), "10.0.0.1:53");
	memset(big, 'x', sizeof(big));
	cr_expect_str_eq(read_bytes(big, sizeof(big)), "127.0.0.1:53", "one long line");
}

Test(resolv_conf, a_server_as_an_option)
{
	static const char *const rows[][2] = {
		{"10.0.0.1", "10.0.0.1:53"},
		{"10.0.0.1:5353", "10.0.0.1:5353"},
		{"::1", "::1:53"},
		{"[::1]", "::1:53"},
		{"[2001:db8::1]:65535", "2001:db8::1:65535"},
		{"fe80::1%eth0", "fe80::1%eth0:53"},
		{"[fe80::1%2]:54", "fe80::1%2:54"},
		{"", "none"},
		{":53", "none"},
		{"10.0.0.1:", "none"},
		{"10.0.0.1:0", "none"},
		{"10.0.0.1:053", "none"},
		{"10.0.0.1:65536", "none"},
		{"10.0.0.1:99999999999999999999", "none"},
		{"10.0.0.1:5x", "none"},
		{"10.0.0.1:+5", "none"},
		{"10.0.0.1 ", "none"},
		{"10.0.0.1:53:54", "none"},
		{"[10.0.0.1]:53", "none"},
		{"[::1", "none"},
		{"[]:53", "none"},
		{"[::1]53", "none"},
		{"[::1]:", "none"},
		{"[[::1]]:53", "none"},
		{"dns.org", "none"},
		{"127.1:53", "none"},
		{"10.0.0.1%eth0", "none"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct resolv_server server;
		const char *have = resolv_server_parse(rows[i][0], &server) ? spell(&server, 1)
									    : "none";

		cr_expect_str_eq(have, rows[i][1], "'%s': %s", rows[i][0], have);
	}
}
