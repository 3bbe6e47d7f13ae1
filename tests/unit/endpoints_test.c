/*
 * Endpoints: every form of them, and everything that only looks like one.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "sema/hosts.h"
#include "support/policy.h"

#define PARAMS                                                                                     \
	"param h : host; param p : port; param q : port; param t : string; param n : int;\n"       \
	"sandbox s { network { "

struct good {
	const char *statement;
	const char *line;
};

/* What a statement becomes, as ir_print shows it. */
static const struct good good[] = {
	{"connect \"api.example.org:443\"", "\tendpoint c-- api.example.org:443"},
	{"connect \"API.Example.ORG.:443\"", "\tendpoint c-- api.example.org:443"},
	{"connect \"_dmarc.x-1.org:*\"", "\tendpoint c-- _dmarc.x-1.org:*"},
	{"connect \"xn--bcher-kva.example:443\"", "\tendpoint c-- xn--bcher-kva.example:443"},
	{"connect \"localhost:1-65535\"", "\tendpoint c-- localhost:*"},
	{"connect \"*.brave.com:443\"", "\tendpoint c-- *.brave.com:443"},
	{"connect \"10.0.0.0/8:5432\"", "\tendpoint c-- 10.0.0.0/8:5432"},
	{"connect \"10.1.2.3:5432\"", "\tendpoint c-- 10.1.2.3:5432"},
	{"connect \"0.0.0.0/0:1\"", "\tendpoint c-- 0.0.0.0/0:1"},
	{"connect \"[2001:db8::/32]:443\"", "\tendpoint c-- [2001:db8::/32]:443"},
	{"connect \"[2001:DB8:0::1]:443\"", "\tendpoint c-- [2001:db8::1]:443"},
	{"connect \"[::ffff:10.1.2.3]:80\"", "\tendpoint c-- 10.1.2.3:80"},
	{"connect \"[::ffff:a01:203]:80\"", "\tendpoint c-- 10.1.2.3:80"},
	{"connect \"udp://10.0.0.53:53\"", "\tendpoint c-- udp://10.0.0.53:53"},
	{"connect \"udp://*:53\"", "\tendpoint c-- udp://*:53"},
	{"connect \"udp://${h}:${p}\"", "\tendpoint c-- udp://${h}:${p}"},
	{"connect \"${h}:443\"", "\tendpoint c-- ${h}:443"},
	{"connect \"${h}:*\"", "\tendpoint c-- ${h}:*"},
	{"connect \"a.org:${p}\"", "\tendpoint c-- a.org:${p}"},
	{"connect \"*:*\"", "\tendpoint c-- *:*"},
	{"connect \"*:443\"", "\tport c- 443-443"},
	{"connect \"*:${p}\"", "\tport c- ${p}"},
	{"connect \"api.example.org:443\" sni", "\tendpoint c-- api.example.org:443 sni"},
	{"connect \"*.brave.com:443\" sni", "\tendpoint c-- *.brave.com:443 sni"},
	{"connect \"${h}:443\" sni", "\tendpoint c-- ${h}:443 sni"},
	{"connect \"a.org:1\", \"b.org:1\" sni", "\tendpoint c-- b.org:1 sni"},
	{"connect \"a.org:1\", \"b.org:1\" sni", "\tendpoint c-- a.org:1 sni"},
	/* Granted without, it is not checked, whatever stands beside it. */
	{"connect \"a.org:1\" sni; connect \"a.org:1\"", "\tendpoint c-- a.org:1"},
	{"connect \"a.org:1\"; connect \"a.org:1\" sni", "\tendpoint c-- a.org:1"},
	{"connect \"a.org:1\" sni; connect \"a.org:1\" sni", "\tendpoint c-- a.org:1 sni"},
	{"connect \"a.org:1\" sni; deny \"a.org:1\"", "\tendpoint c-- a.org:1 sni"},
	{"bind \"127.0.0.1:8000-8010\"", "\tendpoint -b- 127.0.0.1:8000-8010"},
	{"bind \"${h}:80\"", "\tendpoint -b- ${h}:80"},
	{"bind \"[::1]:80\"", "\tendpoint -b- [::1]:80"},
	{"bind \"udp://*:5353\"", "\tendpoint -b- udp://*:5353"},
	{"deny \"169.254.0.0/16\"", "\tendpoint --d 169.254.0.0/16:*"},
	{"deny \"[fe80::/10]\"", "\tendpoint --d [fe80::/10]:*"},
	{"deny \"*.evil.org\"", "\tendpoint --d *.evil.org:*"},
	{"deny \"${h}\"", "\tendpoint --d ${h}:*"},
	{"deny \"*:25\"", "\tendpoint --d *:25"},
	{"deny \"*:${p}\"", "\tendpoint --d *:${p}"},
	{"deny \"udp://*\"", "\tendpoint --d udp://*:*"},
};

Test(endpoints, every_form_has_one_meaning)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), PARAMS "%s; } }", good[i].statement);
		policy_expect_line(policy_listing(text), good[i].line);
	}
}

static void expect_code(const char *statement, enum diag_code code)
{
	char text[1024];

	snprintf(text, sizeof(text), PARAMS "%s; } }", statement);
	policy_expect_error(text, code);
}

static const struct {
	const char *endpoint;
	enum diag_code code;
} bad[] = {
	{"", DIAG_E0207},
	{"*", DIAG_E0207},
	{":443", DIAG_E0207},
	{"a.org", DIAG_E0207},
	{"a.org:", DIAG_E0207},
	{"a.org:x", DIAG_E0207},
	{"a.org:-5", DIAG_E0207},
	{"a.org:5-", DIAG_E0207},
	{"a.org:+5", DIAG_E0207},
	{"a.org:4 3", DIAG_E0207},
	{"a.org:010", DIAG_E0207},
	{"a.org:1-010", DIAG_E0207},
	{"a.org:00", DIAG_E0207},
	{"tcp://a.org:1", DIAG_E0207},
	{"https://a.org:1", DIAG_E0207},
	{"UDP://a.org:1", DIAG_E0207},
	{"udp://udp://a.org:1", DIAG_E0241},
	{"${h}", DIAG_E0207},
	{"${h}x:1", DIAG_E0207},
	{"${h}:1${p}", DIAG_E0207},
	{"${h}:${p}0", DIAG_E0207},
	{"${h}${h}:1", DIAG_E0207},
	{"a${h}:1", DIAG_E0207},
	{"*.${h}:1", DIAG_E0207},
	{"a:${p}-${q}", DIAG_E0207},
	{"10.0.0.0/x:1", DIAG_E0207},
	{"10.0.0.0/08:1", DIAG_E0207},
	{"10.0.0.0/:1", DIAG_E0207},
	{"${p}:443", DIAG_E0203},
	{"a.org:${h}", DIAG_E0203},
	{"${t}:443", DIAG_E0203},
	{"a.org:${n}", DIAG_E0203},
	{"a.org:0", DIAG_E0208},
	{"a.org:65536", DIAG_E0208},
	{"a.org:99999999999999999999", DIAG_E0208},
	{"a.org:10-9", DIAG_E0208},
	{"10.1.0.0/8:1", DIAG_E0240},
	{"[2001:db8::1/32]:1", DIAG_E0240},
	{"127.1:1", DIAG_E0241},
	{"10.0.0:1", DIAG_E0241},
	{"0x7f.0.0.1:1", DIAG_E0241},
	{"0x7f000001:1", DIAG_E0241},
	{"2130706433:1", DIAG_E0241},
	{"010.0.0.1:1", DIAG_E0241},
	{"10.0.0.256:1", DIAG_E0241},
	{"1.2.3.4.5:1", DIAG_E0241},
	{"1.2.3.4.:1", DIAG_E0241},
	{"a.0x1:1", DIAG_E0241},
	{"2001:db8::1:1", DIAG_E0241},
	{"[10.0.0.1]:1", DIAG_E0241},
	{"[2001:db8::1%eth0]:1", DIAG_E0241},
	{"[]:1", DIAG_E0241},
	{"a.org/8:1", DIAG_E0241},
	{"a..org:1", DIAG_E0242},
	{".org:1", DIAG_E0242},
	{"-a.org:1", DIAG_E0242},
	{"a-.org:1", DIAG_E0242},
	{"a.*.org:1", DIAG_E0242},
	{"*a.org:1", DIAG_E0242},
	{"*.:1", DIAG_E0242},
	{"a b:1", DIAG_E0242},
	{"a@b:1", DIAG_E0242},
	{"a%2eorg:1", DIAG_E0242},
	{"10.0.0.0/33:1", DIAG_E0243},
	{"[::/129]:1", DIAG_E0243},
	{"\xc3\xbc.org:1", DIAG_E0244},
};

Test(endpoints, what_only_looks_like_one_is_an_error)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char statement[256];

		snprintf(statement, sizeof(statement), "connect \"%s\"", bad[i].endpoint);
		expect_code(statement, bad[i].code);
	}
	expect_code("bind \"a.org:80\"", DIAG_E0245);
	expect_code("bind \"*.a.org:80\"", DIAG_E0245);
	expect_code("connect \"*:1-1025\"", DIAG_E0455);
	expect_code("connect \"*:443\" sni", DIAG_E0259);
	expect_code("connect \"10.0.0.1:443\" sni", DIAG_E0259);
	expect_code("connect \"[::1]:443\" sni", DIAG_E0259);
	expect_code("connect \"udp://a.org:443\" sni", DIAG_E0259);
	expect_code("bind \"127.0.0.1:443\" sni", DIAG_E0001);
	expect_code("deny \"a.org\" sni", DIAG_E0001);
	expect_code("unix \"/run/x\" sni", DIAG_E0001);
	expect_code("connect \"a.org:443\" sni, \"b.org:443\"", DIAG_E0002);
	expect_code("connect \"a.org:443\" sni sni", DIAG_E0002);
}

Test(endpoints, names_have_the_lengths_of_dns)
{
	char statement[512], label[65];

	memset(label, 'a', sizeof(label));
	label[63] = '\0';
	snprintf(statement, sizeof(statement), PARAMS "connect \"%s.%s.%s.%.61s:1\"; } }", label,
		 label, label, label);
	cr_expect_not_null(policy_ir(statement));
	snprintf(statement, sizeof(statement), "connect \"%s.%s.%s.%.62s:1\"", label, label, label,
		 label);
	expect_code(statement, DIAG_E0242);
	snprintf(statement, sizeof(statement), "connect \"%sa:1\"", label);
	expect_code(statement, DIAG_E0242);
}

Test(endpoints, host_bits_show_the_network_and_the_address)
{
	const struct compilation *compilation =
		policy_check("sandbox s { network { deny \"10.1.2.3/8\"; } }");

	cr_expect(str_eq_cstr(policy_diag(compilation, DIAG_E0240)->notes.items[0].text,
			      "the network is 10.0.0.0/8; the one address is 10.1.2.3"));
}

Test(endpoints, inherited_ones_join_and_rights_of_one_peer_too)
{
	const char *listing = policy_listing(
		"sandbox a { network { connect \"x.org:1\"; deny \"10.0.0.0/8\"; } }\n"
		"sandbox s extends a { network { connect \"X.org:1\"; deny \"x.org:1\";\n"
		"  connect \"10.0.0.1:1\"; bind \"10.0.0.1:1\"; } }");
	const char *child = strstr(listing, "sandbox s");

	policy_expect_line(child, "\tendpoint cb- 10.0.0.1:1");
	policy_expect_line(child, "\tendpoint c-- x.org:1");
	policy_expect_line(child, "\tendpoint --d x.org:1");
	policy_expect_line(child, "\tendpoint --d 10.0.0.0/8:*");
}

Test(endpoints, sets_stand_for_their_items)
{
	const char *listing = policy_listing(
		"set inner : hosts { \"a.org:1\" }; set outer : hosts { inner, \"*:443\" };\n"
		"sandbox s { network { connect outer; } }");

	policy_expect_line(listing, "\tendpoint c-- a.org:1");
	policy_expect_line(listing, "\tport c- 443-443");
}

Test(endpoints, a_broken_item_of_a_set_is_reported_once)
{
	const char *twice = "set hs : hosts { \"a..b:1\", \"c.org:1\" };\n"
			    "sandbox s { network { connect hs; deny hs; } }\n"
			    "sandbox t { network { connect hs; } }";

	cr_expect_eq(policy_check(twice)->diags.errors, 1);
	cr_expect_eq(policy_count(policy_check("set hs : hosts { \"a..b:1\" };"), DIAG_E0242), 1,
		     "also when nobody names it");
}

Test(endpoints, without_a_port_only_to_deny)
{
	cr_expect_not_null(policy_ir("set hs : hosts { \"a.org\" };\n"
				     "sandbox s { network { deny hs; } }"));
	cr_expect_eq(policy_count(policy_check("set hs : hosts { \"a.org\" };\n"
					       "sandbox s { network { connect hs; } }"),
				  DIAG_E0207),
		     1);
}

Test(endpoints, prefixes_are_spelled_as_written)
{
	static const struct {
		const char *address;
		unsigned prefix;
		const char *spelled;
	} nets[] = {
		{"10.0.0.0", 104, "10.0.0.0/8"},
		{"10.0.0.1", 128, "10.0.0.1"},
		{"2001:db8::", 32, "2001:db8::/32"},
		{"::1", 128, "::1"},
	};
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		struct str text = str_from(nets[i].address);
		struct host_net net;

		cr_assert(host_parse_ipv4(text, &net) || host_parse_ipv6(text, &net));
		net.prefix = nets[i].prefix;
		cr_expect(str_eq_cstr(host_spell(&arena, &net), nets[i].spelled), "%s",
			  nets[i].spelled);
	}
	arena_fini(&arena);
}
