#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "runtime/net_pins.h"
#include "support/net_maker.h"

#define HOUR_MS     3600000u
#define MIN_LIFE_MS (NET_PIN_MIN_TTL_S * 1000 + NET_PIN_GRACE_MS)

static struct net_pins pins;

static struct slice text(const char *name)
{
	return (struct slice){name, strlen(name)};
}

static void pin(const char *name, const char *address, uint32_t ttl_s, uint64_t now_ms)
{
	uint8_t bytes[16];

	net_pins_add(&pins, text(name), net_address_of(address, bytes), ttl_s, now_ms);
}

static bool is_pinned(const char *name, const char *address, uint64_t now_ms)
{
	uint32_t found[NET_MAX_PIN_NAMES];
	uint8_t bytes[16];
	uint32_t n = net_pins_find(&pins, net_address_of(address, bytes), now_ms, found);

	for (uint32_t i = 0; i < n; i++) {
		struct slice have = net_pins_name(&pins, found[i]);

		if (have.len == strlen(name) && memcmp(have.ptr, name, have.len) == 0)
			return true;
	}
	return false;
}

Test(net_pins, a_pin_lasts_for_its_answer_and_a_while)
{
	pin("a.org", "10.0.0.1", 300, 5000);
	cr_expect(is_pinned("a.org", "10.0.0.1", 5000));
	cr_expect(is_pinned("a.org", "10.0.0.1", 5000 + 300000 + NET_PIN_GRACE_MS - 1));
	cr_expect_not(is_pinned("a.org", "10.0.0.1", 5000 + 300000 + NET_PIN_GRACE_MS));
	cr_expect_not(is_pinned("a.org", "10.0.0.2", 5000));
	cr_expect_not(is_pinned("b.org", "10.0.0.1", 5000));
}

Test(net_pins, lifetimes_have_bounds)
{
	pin("a.org", "10.0.0.1", 0, 0);
	cr_expect(is_pinned("a.org", "10.0.0.1", MIN_LIFE_MS - 1));
	cr_expect_not(is_pinned("a.org", "10.0.0.1", MIN_LIFE_MS));
	pin("b.org", "10.0.0.1", UINT32_MAX, 0);
	cr_expect(is_pinned("b.org", "10.0.0.1", 23u * HOUR_MS));
	cr_expect_not(is_pinned("b.org", "10.0.0.1", 25u * HOUR_MS));
}

Test(net_pins, an_address_has_several_names_and_a_name_several_addresses)
{
	pin("a.org", "10.0.0.1", 60, 0);
	pin("b.org", "10.0.0.1", 600, 0);
	pin("b.org", "2001:db8::1", 60, 0);
	cr_expect(is_pinned("a.org", "10.0.0.1", 0));
	cr_expect(is_pinned("b.org", "10.0.0.1", 0));
	cr_expect(is_pinned("b.org", "2001:db8::1", 0));
	cr_expect_not(is_pinned("a.org", "2001:db8::1", 0));
	cr_expect_not(is_pinned("a.org", "10.0.0.1", 300000));
	cr_expect(is_pinned("b.org", "10.0.0.1", 300000));
	cr_expect_not(is_pinned("b.org", "2001:db8::1", 300000), "each address has its own end");
}

Test(net_pins, an_answer_never_shortens_a_pin)
{
	pin("a.org", "10.0.0.1", 3600, 0);
	pin("a.org", "10.0.0.1", 60, 1000);
	cr_expect(is_pinned("a.org", "10.0.0.1", 3600u * 1000));
}

Test(net_pins, no_name_and_a_long_name_are_not_pinned)
{
	char name[HOSTNAME_MAX + 2];

	memset(name, 'a', sizeof(name));
	name[HOSTNAME_MAX + 1] = '\0';
	pin(name, "10.0.0.1", 60, 0);
	pin("", "10.0.0.1", 60, 0);
	cr_expect_not(is_pinned(name, "10.0.0.1", 0));
	name[HOSTNAME_MAX] = '\0';
	pin(name, "10.0.0.1", 60, 0);
	cr_expect(is_pinned(name, "10.0.0.1", 0));
}

static void numbered(uint32_t i, char name[32], char address[32])
{
	(void)snprintf(name, 32, "n%u.example.org", i);
	(void)snprintf(address, 32, "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255, i & 255);
}

Test(net_pins, a_full_table_forgets_what_would_end_first)
{
	char name[32], address[32];

	pin("keep.org", "192.0.2.1", 3600, 0);
	pin("goes.org", "192.0.2.2", 60, 0);
	for (uint32_t i = 0; i < NET_MAX_PIN_NAMES - 1; i++) {
		numbered(i, name, address);
		pin(name, address, 600, 0);
	}
	cr_expect(is_pinned("keep.org", "192.0.2.1", 0));
	cr_expect_not(is_pinned("goes.org", "192.0.2.2", 0));
	numbered(NET_MAX_PIN_NAMES - 2, name, address);
	cr_expect(is_pinned(name, address, 0));
	cr_expect_not(is_pinned(name, "192.0.2.2", 0), "nobody inherits addresses");
	for (uint32_t i = 0; i < NET_MAX_PINS; i++) {
		numbered(i, name, address);
		pin("many.org", address, 600, 0);
	}
	cr_expect(is_pinned("keep.org", "192.0.2.1", 0));
	numbered(NET_MAX_PINS - 1, name, address);
	cr_expect(is_pinned("many.org", address, 0));
}

/*
 * A day of a program that looks up another name ten times a second. What holds is held against a
 * record of all that was ever pinned: nothing is pinned that was not, and for as long.
 */
Test(net_pins, a_day_of_churn_never_widens)
{
	const uint32_t step_ms = 100, n = 24u * HOUR_MS / step_ms;
	char name[32], address[32];

	for (uint32_t i = 0; i < n; i++) {
		uint64_t now = (uint64_t)i * step_ms;

		numbered(i, name, address);
		pin(name, address, i % 7 * 30, now);
		if (i % 997)
			continue;
		cr_assert(is_pinned(name, address, now));
		cr_assert_not(is_pinned("n.example.org", address, now));
		for (uint32_t back = 1; back < 5000 && back <= i; back += 101) {
			uint32_t ttl = (i - back) % 7 * 30;
			uint64_t life = (ttl < NET_PIN_MIN_TTL_S ? NET_PIN_MIN_TTL_S : ttl) * 1000 +
					NET_PIN_GRACE_MS;

			numbered(i - back, name, address);
			cr_assert(!is_pinned(name, address, now) ||
				  (uint64_t)back * step_ms < life);
			cr_assert_not(is_pinned("n1.example.org", address, now) && i - back != 1);
		}
	}
	pin("last.org", "192.0.2.1", 60, (uint64_t)n * step_ms);
	cr_expect(is_pinned("last.org", "192.0.2.1", (uint64_t)n * step_ms));
}
