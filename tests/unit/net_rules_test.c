/*
 * From the text of a policy to verdicts: what the compiler made of endpoints, bound and judged.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/net_rules.h"
#include "support/bundle_maker.h"
#include "support/net_maker.h"

static struct net_pins pins;
static struct pool pool;

/* The rules of the only sandbox; the policy is gone by then. */
static struct net_rules make(const char *text, const char *params)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_policy *policy = NULL;
	struct writ_error error = {.code = 0};
	struct net_rules rules = {NULL, 0};

	cr_assert_eq(bundle_examine(&bundle, params, &policy, &error), 0, "%s", error.text);
	cr_assert_eq(net_rules_make(policy, image_SANDBOXES(&policy->image, 0), &pool, &rules), 0);
	writ_close(policy);
	return rules;
}

static void pin(const char *name, const char *address)
{
	uint8_t bytes[16];

	net_pins_add(&pins, (struct slice){name, strlen(name)}, net_address_of(address, bytes), 60,
		     0);
}

static enum net_why why(const struct net_rules *rules, const char *address, uint16_t port, bool udp)
{
	struct net_peer peer = {.port = port, .udp = udp};

	(void)net_address_of(address, peer.address);
	return net_judge(rules, &pins, &peer, 0).why;
}

Test(net_rules, a_policys_endpoints_are_judged)
{
	struct net_rules rules =
		make("param p : port;\n"
		     "param h : host;\n"
		     "sandbox s { network {\n"
		     "  connect \"API.example.org.:443\", \"*.cdn.org:${p}\",\n"
		     "    \"10.0.0.0/8:5432\", \"[2001:db8::/32]:443\",\n"
		     "    \"udp://10.0.0.53:53\", \"*:8443\", \"*:${p}\", \"${h}:7\";\n"
		     "  bind \"127.0.0.1:8000\", \"*:9000\";\n"
		     "  deny \"203.0.113.0/24\", \"*:25\";\n"
		     "} }\n",
		     "p=99 h=192.0.2.7");

	pin("api.example.org", "198.51.100.1");
	pin("x.cdn.org", "198.51.100.2");
	cr_expect_eq(why(&rules, "198.51.100.1", 443, false), NET_BY_NAME);
	cr_expect_eq(why(&rules, "198.51.100.2", 443, false), NET_UNLISTED);
	cr_expect_eq(why(&rules, "198.51.100.2", 99, false), NET_BY_NAME);
	cr_expect_eq(why(&rules, "10.1.1.1", 5432, false), NET_BY_ADDRESS);
	cr_expect_eq(why(&rules, "2001:db8::1", 443, false), NET_BY_ADDRESS);
	cr_expect_eq(why(&rules, "10.0.0.53", 53, true), NET_BY_ADDRESS);
	cr_expect_eq(why(&rules, "10.0.0.53", 53, false), NET_UNLISTED);
	cr_expect_eq(why(&rules, "198.51.100.9", 8443, false), NET_BY_ADDRESS);
	cr_expect_eq(why(&rules, "198.51.100.9", 99, false), NET_BY_ADDRESS);
	cr_expect_eq(why(&rules, "192.0.2.7", 7, false), NET_BY_ADDRESS, "a parameter's address");
	cr_expect_eq(why(&rules, "192.0.2.8", 7, false), NET_UNLISTED);
	cr_expect_eq(why(&rules, "203.0.113.1", 8443, false), NET_DENIED);
	cr_expect_eq(why(&rules, "127.0.0.1", 8443, false), NET_CLASS);
	cr_expect_eq(why(&rules, "127.0.0.1", 8000, false), NET_UNLISTED, "bind is no connect");
	cr_expect_eq(why(&rules, "198.51.100.9", 9000, false), NET_UNLISTED);
	cr_expect_eq(why(&rules, "198.51.100.9", 25, false), NET_DENIED);
}

Test(net_rules, a_parameter_that_is_a_name_is_one)
{
	struct net_rules rules = make("param h : host;\n"
				      "sandbox s { network { connect \"${h}:7\"; } }\n",
				      "h=Db.Example.org.");

	cr_expect(net_lists_name(&rules, (struct slice){"db.example.org", 14}));
	pin("db.example.org", "192.0.2.1");
	cr_expect_eq(why(&rules, "192.0.2.1", 7, false), NET_BY_NAME);
}

Test(net_rules, a_sandbox_without_a_network_has_none)
{
	struct net_rules rules = make("sandbox s { }\n", NULL);

	cr_expect_eq(rules.n, 0);
	cr_expect_eq(why(&rules, "192.0.2.1", 7, false), NET_UNLISTED);
	cr_expect_not(net_lists_name(&rules, (struct slice){"a.org", 5}));
}

/* Rules say which endpoint they are. */
Test(net_rules, rules_are_in_the_order_of_endpoints_and_ports)
{
	struct net_rules rules = make("sandbox s { network { connect \"*:1\", \"192.0.2.1:2\", "
				      "\"b.org:3\"; } }\n",
				      NULL);

	cr_assert_eq(rules.n, 3);
	cr_expect_eq(rules.items[2].peer->kind, WRIT_HOST_ANY);
	cr_expect_eq(rules.items[2].peer->first, 1);
}
