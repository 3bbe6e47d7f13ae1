/*
 * Pins: which addresses a name was answered with, and until when a connection to them is one to
 * that name.
 *
 * One table a launch, of fixed size, in memory of the caller's; all zero is an empty one. Times are
 * milliseconds of a clock that never goes back, given by the caller; 0 is before every time. Names
 * are host names in lower case without a dot at the end.
 */
#ifndef WRIT_RUNTIME_NET_PINS_H
#define WRIT_RUNTIME_NET_PINS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/hostname.h"

#define NET_MAX_PINS      1024u
#define NET_MAX_PIN_NAMES 256u

/*
 * A pin lasts as long as the answer, which is taken for valid at least this long and at most that,
 * and a while longer: programs look up a name, and connect when they come to it.
 */
#define NET_PIN_MIN_TTL_S 60u
#define NET_PIN_MAX_TTL_S 86400u
#define NET_PIN_GRACE_MS  60000u

struct net_pin {
	uint64_t until_ms; /* it is none from then on */
	uint8_t address[16];
	uint32_t name;
};

/* until_ms is not before that of any pin of the name. */
struct net_pin_name {
	uint64_t until_ms;
	uint32_t len;
	char text[HOSTNAME_MAX];
};

struct net_pins {
	struct net_pin items[NET_MAX_PINS];
	struct net_pin_name names[NET_MAX_PIN_NAMES];
};

/*
 * name was answered with an address for ttl_s seconds. What is pinned already lasts longer by it.
 * In a full table what would end first goes.
 */
void net_pins_add(struct net_pins *pins, struct slice name, const uint8_t address[16],
		  uint32_t ttl_s, uint64_t now_ms);

/* The names, as indices of pins->names, that an address is pinned to now. Returns how many. */
uint32_t net_pins_find(const struct net_pins *pins, const uint8_t address[16], uint64_t now_ms,
		       uint32_t out[NET_MAX_PIN_NAMES]);

static inline struct slice net_pins_name(const struct net_pins *pins, uint32_t name)
{
	return (struct slice){pins->names[name].text, pins->names[name].len};
}

#endif
