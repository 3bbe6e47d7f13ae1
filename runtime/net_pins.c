/*
 * Two arrays that are looked through: a look-up reads 32 bytes for each of a thousand pins, which
 * is less than the system calls around it cost, and there is nothing to rebuild, to leak or to
 * attack with chosen names.
 *
 * An entry is in use while its time has not come. A name lasts as long as the last of its pins, so
 * an entry of a name that is over has no pins, and is used again as it is. When the tables are full
 * the entry that would end first makes room: a name goes with its pins. So the tables only ever
 * forget, and what is forgotten is refused.
 */
#include "runtime/net_pins.h"

#include <string.h>

static bool holds(const struct net_pin_name *entry, struct slice name)
{
	return entry->len == name.len && memcmp(entry->text, name.ptr, name.len) == 0;
}

static void forget_name(struct net_pins *pins, uint32_t name)
{
	for (uint32_t i = 0; i < NET_MAX_PINS; i++) {
		if (pins->items[i].name == name)
			pins->items[i].until_ms = 0;
	}
	pins->names[name].until_ms = 0;
}

static uint32_t take_name(struct net_pins *pins, struct slice name, uint64_t now_ms)
{
	uint32_t soonest = 0;

	for (uint32_t i = 0; i < NET_MAX_PIN_NAMES; i++) {
		if (pins->names[i].until_ms > now_ms && holds(&pins->names[i], name))
			return i;
		if (pins->names[i].until_ms < pins->names[soonest].until_ms)
			soonest = i;
	}
	forget_name(pins, soonest);
	pins->names[soonest].len = (uint32_t)name.len;
	memcpy(pins->names[soonest].text, name.ptr, name.len);
	return soonest;
}

static struct net_pin *take_pin(struct net_pins *pins, uint32_t name, const uint8_t address[16])
{
	struct net_pin *soonest = &pins->items[0];

	for (uint32_t i = 0; i < NET_MAX_PINS; i++) {
		struct net_pin *pin = &pins->items[i];

		if (pin->until_ms && pin->name == name && memcmp(pin->address, address, 16) == 0)
			return pin;
		if (pin->until_ms < soonest->until_ms)
			soonest = pin;
	}
	soonest->until_ms = 0;
	soonest->name = name;
	memcpy(soonest->address, address, 16);
	return soonest;
}

void net_pins_add(struct net_pins *pins, struct slice name, const uint8_t address[16],
		  uint32_t ttl_s, uint64_t now_ms)
{
	uint64_t until_ms;
	struct net_pin *pin;
	uint32_t at;

	if (name.len == 0 || name.len > HOSTNAME_MAX)
		return;
	if (ttl_s < NET_PIN_MIN_TTL_S)
		ttl_s = NET_PIN_MIN_TTL_S;
	if (ttl_s > NET_PIN_MAX_TTL_S)
		ttl_s = NET_PIN_MAX_TTL_S;
	until_ms = now_ms + (uint64_t)ttl_s * 1000 + NET_PIN_GRACE_MS;
	at = take_name(pins, name, now_ms);
	pin = take_pin(pins, at, address);
	if (pin->until_ms < until_ms)
		pin->until_ms = until_ms;
	if (pins->names[at].until_ms < until_ms)
		pins->names[at].until_ms = until_ms;
}

uint32_t net_pins_find(const struct net_pins *pins, const uint8_t address[16], uint64_t now_ms,
		       uint32_t out[NET_MAX_PIN_NAMES])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < NET_MAX_PINS && n < NET_MAX_PIN_NAMES; i++) {
		const struct net_pin *pin = &pins->items[i];

		if (pin->until_ms > now_ms && memcmp(pin->address, address, 16) == 0)
			out[n++] = pin->name;
	}
	return n;
}
