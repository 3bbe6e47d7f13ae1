#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/net_judge.h"
#include "support/net_maker.h"

#define N(rows) (uint32_t)(sizeof(rows) / sizeof((rows)[0]))

static struct net_pins pins;

static struct slice text(const char *name)
{
	return (struct slice){name, strlen(name)};
}

static void pin(const char *name, const char *address)
{
	uint8_t bytes[16];

	net_pins_add(&pins, text(name), net_address_of(address, bytes), 60, 0);
}

static struct net_verdict judge(const struct net_rules *rules, const char *address, uint16_t port,
				uint64_t now_ms)
{
	struct net_peer peer = {.port = port};

	peer.udp = strncmp(address, "udp://", 6) == 0;
	(void)net_address_of(peer.udp ? address + 6 : address, peer.address);
	return net_judge(rules, &pins, &peer, now_ms);
}

struct row {
	const char *address;
	uint16_t port;
	bool allowed;
	enum net_why why;
	uint32_t rule;
};

static void expect_rows(const struct net_rules *rules, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct net_verdict have = judge(rules, rows[i].address, rows[i].port, 0);

		cr_expect_eq(have.allowed, rows[i].allowed, "%s:%u", rows[i].address, rows[i].port);
		cr_expect_eq(have.why, rows[i].why, "%s:%u: %d", rows[i].address, rows[i].port,
			     have.why);
		cr_expect_eq(have.rule, rows[i].rule, "%s:%u: %d", rows[i].address, rows[i].port,
			     (int)have.rule);
	}
}

Test(net_judge, addresses_and_ports)
{
	static const char *const lines[] = {
		"10.0.0.0/8:5432",     "2001:db8::/32 443", "udp://10.0.0.53:53",
		"192.0.2.1:8000-8010", "127.0.0.1:80",
	};
	static const struct row rows[] = {
		{"10.1.2.3", 5432, true, NET_BY_ADDRESS, 0},
		{"::ffff:10.1.2.3", 5432, true, NET_BY_ADDRESS, 0},
		{"10.1.2.3", 5433, false, NET_UNLISTED, NET_NO_RULE},
		{"11.1.2.3", 5432, false, NET_UNLISTED, NET_NO_RULE},
		{"2001:db8::9", 443, true, NET_BY_ADDRESS, 1},
		{"2001:db9::9", 443, false, NET_UNLISTED, NET_NO_RULE},
		{"udp://10.0.0.53", 53, true, NET_BY_ADDRESS, 2},
		{"10.0.0.53", 53, false, NET_UNLISTED, NET_NO_RULE},
		{"udp://10.1.2.3", 5432, false, NET_UNLISTED, NET_NO_RULE},
		{"192.0.2.1", 7999, false, NET_UNLISTED, NET_NO_RULE},
		{"192.0.2.1", 8000, true, NET_BY_ADDRESS, 3},
		{"192.0.2.1", 8010, true, NET_BY_ADDRESS, 3},
		{"192.0.2.1", 8011, false, NET_UNLISTED, NET_NO_RULE},
		{"127.0.0.1", 80, true, NET_BY_ADDRESS, 4},
		{"127.0.0.2", 80, false, NET_UNLISTED, NET_NO_RULE},
		/* A grant of IPv4 is none of what embeds it. */
		{"::10.1.2.3", 5432, false, NET_UNLISTED, NET_NO_RULE},
		{"64:ff9b::10.1.2.3", 5432, false, NET_UNLISTED, NET_NO_RULE},
		{"2002:a01:203::", 5432, false, NET_UNLISTED, NET_NO_RULE},
	};
	struct net_rules rules = net_rules_of(lines, N(lines));

	expect_rows(&rules, rows, N(rows));
}

Test(net_judge, deny_beats_allow_and_is_about_embedded_addresses_and_any_protocol)
{
	static const char *const lines[] = {
		"*:443",
		"udp://*:443",
		"deny 203.0.113.0/24",
		"deny *:25",
		"deny udp://192.0.2.1:443",
		"203.0.113.7:443",
		"*:25",
	};
	static const struct row rows[] = {
		{"198.51.100.1", 443, true, NET_BY_ADDRESS, 0},
		{"203.0.113.7", 443, false, NET_DENIED, 2},
		{"udp://203.0.113.7", 443, false, NET_DENIED, 2},
		{"203.0.113.7", 444, false, NET_DENIED, 2},
		{"::203.0.113.7", 443, false, NET_DENIED, 2},
		{"::ffff:0:203.0.113.7", 443, false, NET_DENIED, 2},
		{"64:ff9b::203.0.113.7", 443, false, NET_DENIED, 2},
		{"64:ff9b:1::203.0.113.7", 443, false, NET_DENIED, 2},
		{"2002:cb00:7107::1", 443, false, NET_DENIED, 2},
		{"2001:0:cb00:7107::", 443, false, NET_DENIED, 2},
		{"2001::34ff:8ef8", 443, false, NET_DENIED, 2},
		{"2001:db8::5efe:203.0.113.7", 443, false, NET_DENIED, 2},
		{"198.51.100.1", 25, false, NET_DENIED, 3},
		{"192.0.2.1", 443, true, NET_BY_ADDRESS, 0},
		{"udp://192.0.2.1", 443, false, NET_DENIED, 4},
	};
	struct net_rules rules = net_rules_of(lines, N(lines));

	expect_rows(&rules, rows, N(rows));
}

/* What "*" and wide networks do not reach, and what is reached by being named. */
Test(net_judge, classes_are_reached_by_rules_that_name_them)
{
	static const char *const any[] = {"*:80"};
	static const char *const wide[] = {"0.0.0.0/0:80", "::/0 80"};
	static const char *const near[] = {"169.254.0.0/16:80", "64:ff9b::/96 80", "127.0.0.0/8:80",
					   "2002:7f00:1::/112 80"};
	static const char *const exact[] = {"169.254.169.254:80", "64:ff9b::a9fe:a9fe 80",
					    "127.0.0.1:80", "::1 80"};
	static const struct {
		const char *address;
		bool any, wide, near, exact;
	} rows[] = {
		{"198.51.100.1", true, true, false, false},
		{"10.0.0.1", true, true, false, false},
		{"fd00::1", true, true, false, false},
		{"127.0.0.1", false, false, true, true},
		{"127.0.0.2", false, false, true, false},
		{"::1", false, false, false, true},
		{"169.254.169.254", false, false, false, true},
		{"169.254.1.1", false, false, true, false},
		{"fd00:ec2::254", false, false, false, false},
		{"100.100.100.200", false, false, false, false},
		{"168.63.129.16", false, false, false, false},
		{"64:ff9b::a9fe:a9fe", false, false, false, true},
		{"64:ff9b::198.51.100.1", true, true, true, false},
		{"2002:7f00:1::", false, false, false, false},
		{"2002:c633:6401::", true, true, false, false},
		{"::127.0.0.1", false, false, false, false},
		{"0.0.0.0", false, false, false, false},
		{"::", false, false, false, false},
		{"224.0.0.1", false, false, false, false},
		{"ff02::1", false, false, false, false},
		{"255.255.255.255", false, false, false, false},
		{"fe80::1", false, false, false, false},
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct net_rules rules = net_rules_of(any, N(any));

		cr_expect_eq(judge(&rules, rows[i].address, 80, 0).allowed, rows[i].any, "any %s",
			     rows[i].address);
		rules = net_rules_of(wide, N(wide));
		cr_expect_eq(judge(&rules, rows[i].address, 80, 0).allowed, rows[i].wide, "wide %s",
			     rows[i].address);
		rules = net_rules_of(near, N(near));
		cr_expect_eq(judge(&rules, rows[i].address, 80, 0).allowed, rows[i].near, "near %s",
			     rows[i].address);
		rules = net_rules_of(exact, N(exact));
		cr_expect_eq(judge(&rules, rows[i].address, 80, 0).allowed, rows[i].exact,
			     "exact %s", rows[i].address);
	}
}

Test(net_judge, a_name_grants_an_address_while_it_is_pinned)
{
	static const char *const lines[] = {"api.example.org:443", "*.cdn.org:80"};
	struct net_rules rules = net_rules_of(lines, N(lines));
	struct net_verdict verdict;

	cr_expect_eq(judge(&rules, "198.51.100.1", 443, 0).why, NET_UNLISTED);
	pin("other.org", "198.51.100.1");
	cr_expect_eq(judge(&rules, "198.51.100.1", 443, 0).why, NET_UNLISTED);
	pin("api.example.org", "198.51.100.1");
	verdict = judge(&rules, "198.51.100.1", 443, 0);
	cr_expect(verdict.allowed);
	cr_expect_eq(verdict.why, NET_BY_NAME);
	cr_expect_eq(verdict.rule, 0);
	cr_expect_eq(verdict.name.len, strlen("api.example.org"));
	cr_expect(memcmp(verdict.name.ptr, "api.example.org", verdict.name.len) == 0);
	cr_expect_not(judge(&rules, "198.51.100.1", 80, 0).allowed, "the port of another name");
	cr_expect_not(judge(&rules, "udp://198.51.100.1", 443, 0).allowed);
	cr_expect_not(judge(&rules, "198.51.100.2", 443, 0).allowed);
	cr_expect_not(judge(&rules, "64:ff9b::198.51.100.1", 443, 0).allowed);
	cr_expect_not(judge(&rules, "198.51.100.1", 443, 120000).allowed, "its time is over");
	pin("a.b.cdn.org", "198.51.100.1");
	cr_expect_eq(judge(&rules, "198.51.100.1", 80, 0).rule, 1);
	pin("cdn.org", "198.51.100.9");
	cr_expect_not(judge(&rules, "198.51.100.9", 80, 0).allowed, "a suffix is not of itself");
}

Test(net_judge, names_are_held_to_denies_and_classes)
{
	static const char *const lines[] = {"a.org:*", "*.w.org:443", "deny 198.51.100.0/24",
					    "deny b.w.org:443"};
	struct net_rules rules = net_rules_of(lines, N(lines));

	pin("a.org", "198.51.100.1");
	pin("a.org", "127.0.0.1");
	pin("a.org", "169.254.169.254");
	pin("a.org", "64:ff9b::7f00:1");
	pin("a.org", "10.0.0.1");
	pin("x.w.org", "10.0.0.2");
	pin("x.w.org", "192.0.2.1");
	pin("b.w.org", "192.0.2.1");
	cr_expect_eq(judge(&rules, "198.51.100.1", 443, 0).why, NET_DENIED);
	cr_expect_eq(judge(&rules, "127.0.0.1", 443, 0).why, NET_CLASS);
	cr_expect_eq(judge(&rules, "169.254.169.254", 80, 0).why, NET_CLASS);
	cr_expect_eq(judge(&rules, "64:ff9b::7f00:1", 80, 0).why, NET_CLASS);
	cr_expect(judge(&rules, "10.0.0.1", 80, 0).allowed, "a name of an intranet");
	cr_expect_eq(judge(&rules, "10.0.0.2", 443, 0).why, NET_CLASS, "a name of anybody's");
	cr_expect_eq(judge(&rules, "192.0.2.1", 443, 0).why, NET_DENIED, "one of its names is");
}

Test(net_judge, names_that_may_be_looked_up)
{
	static const char *const lines[] = {"a.org:443",          "*.w.org:80",
					    "deny x.w.org",       "deny y.w.org:80",
					    "deny udp://z.w.org", "10.0.0.0/8:1"};
	static const char *const all[] = {"*:443", "deny *.evil.org"};
	struct net_rules rules = net_rules_of(lines, N(lines));

	cr_expect(net_lists_name(&rules, text("a.org")));
	cr_expect(net_lists_name(&rules, text("b.w.org")));
	cr_expect(net_lists_name(&rules, text("y.w.org")), "of another port it would be granted");
	cr_expect(net_lists_name(&rules, text("z.w.org")), "by TCP it is granted");
	cr_expect_not(net_lists_name(&rules, text("x.w.org")));
	cr_expect_not(net_lists_name(&rules, text("w.org")));
	cr_expect_not(net_lists_name(&rules, text("evilw.org")));
	cr_expect_not(net_lists_name(&rules, text("b.a.org")));
	cr_expect_not(net_lists_name(&rules, text("aa.org")));
	rules = net_rules_of(all, N(all));
	cr_expect(net_lists_name(&rules, text("any.thing")));
	cr_expect_not(net_lists_name(&rules, text("x.evil.org")));
	cr_expect(net_lists_name(&rules, text("evil.org")));
}

/* What TLS says of a connection: by the rule that let it begin, and at its port. */
Test(net_judge, hosts_that_a_rule_names)
{
	static const char *const lines[] = {"*.w.org:443",      "deny x.w.org",
					    "deny y.w.org:443", "deny udp://z.w.org",
					    "deny u.w.org:80",  "a.org:443"};
	const struct net_rules rules = net_rules_of(lines, N(lines));

	cr_expect(net_rule_names(&rules, 0, text("b.w.org"), 443));
	cr_expect_not(net_rule_names(&rules, 0, text("a.org"), 443), "another rule lists it");
	cr_expect_not(net_rule_names(&rules, 0, text("x.w.org"), 443));
	cr_expect_not(net_rule_names(&rules, 0, text("y.w.org"), 443));
	cr_expect(net_rule_names(&rules, 0, text("z.w.org"), 443), "by TCP it is granted");
	cr_expect(net_rule_names(&rules, 0, text("u.w.org"), 443), "at this port it is granted");
	cr_expect_not(net_rule_names(&rules, 0, text(""), 443));
}

static bool may_resolve(const struct net_rules *rules, const char *name, const char *address)
{
	uint8_t bytes[16];

	return net_may_resolve(rules, text(name), net_address_of(address, bytes));
}

Test(net_judge, addresses_that_a_name_may_be_answered_with)
{
	static const char *const lines[] = {
		"a.org:443",     "*.w.org:443",          "deny 203.0.113.0/24",
		"127.0.0.1:443", "deny 198.51.100.1:25", "64:ff9b::7f00:9 1"};
	struct net_rules rules = net_rules_of(lines, N(lines));

	cr_expect(may_resolve(&rules, "a.org", "192.0.2.1"));
	cr_expect(may_resolve(&rules, "a.org", "10.0.0.1"));
	cr_expect(may_resolve(&rules, "a.org", "198.51.100.1"));
	cr_expect_not(may_resolve(&rules, "b.w.org", "10.0.0.1"));
	cr_expect(may_resolve(&rules, "b.w.org", "192.0.2.1"));
	cr_expect_not(may_resolve(&rules, "a.org", "203.0.113.1"));
	cr_expect_not(may_resolve(&rules, "a.org", "64:ff9b::203.0.113.1"));
	cr_expect(may_resolve(&rules, "a.org", "127.0.0.1"), "it is listed itself");
	cr_expect_not(may_resolve(&rules, "a.org", "127.0.0.2"));
	cr_expect_not(may_resolve(&rules, "a.org", "64:ff9b::7f00:1"));
	cr_expect(may_resolve(&rules, "a.org", "64:ff9b::7f00:9"));
	cr_expect_not(may_resolve(&rules, "a.org", "169.254.169.254"));
	cr_expect_not(may_resolve(&rules, "a.org", "fe80::1"));
	cr_expect_not(may_resolve(&rules, "a.org", "0.0.0.0"));
}

Test(net_judge, what_is_denied_has_its_name)
{
	static const char *const lines[] = {"a.org:443", "deny 192.0.2.9"};
	struct net_rules rules = net_rules_of(lines, N(lines));
	struct net_verdict have;

	pin("a.org", "192.0.2.1");
	pin("a.org", "192.0.2.9");
	have = judge(&rules, "192.0.2.1", 80, 0);
	cr_expect_eq(have.why, NET_UNLISTED);
	cr_assert_eq(have.name.len, 5u);
	cr_expect_eq(memcmp(have.name.ptr, "a.org", 5), 0);
	have = judge(&rules, "192.0.2.9", 443, 0);
	cr_expect_eq(have.why, NET_DENIED);
	cr_expect_eq(have.name.len, 5u);
	have = judge(&rules, "192.0.2.3", 443, 0);
	cr_expect_eq(have.name.len, 0u);
}
