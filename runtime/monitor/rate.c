/*
 * Rates, as buckets in shared memory that need no lock.
 *
 * The generic cell rate algorithm (ITU-T I.371): of a bucket one number is kept, the time at which
 * it will be full again (tat). A call moves it on by a call's worth of time, from now if it has
 * passed, and is refused if it would come to lie more than a full bucket ahead. There are no
 * windows, so no edges. Time is counted in units of the bucket's own, a power of two of them to a
 * call, so that any rate is exact and nothing overflows (rate_units.c).
 *
 * A window is seven slots: keys, numbers and terms. A key has two windows, and looks at the second
 * only if somebody found the first one full (overflowed). All loads and exchanges are sequentially
 * consistent. A slot is one of
 *	empty	key 0
 *	unborn	key, tat 0: whoever sees it writes the terms and makes it live, as all would alike
 *	live	key, a tat
 *	held	tat HELD: who put that there gives the slot, which was full again, to another key;
 *		a process that is killed then leaves it so, a slot in 114,688 that nobody uses
 * and a key or terms that are not 0 change only while it is held.
 *
 * So a call is charged to the right bucket: tat is read, then the key, then tat is exchanged; if
 *the exchange succeeds, the slot was not held in between. (A tat only grows while one key has it,
 *and each key of a slot begins with another number; the key is looked at once more all the same.)
 *
 * Two who begin the same key at once may still make two slots of it. So a call counts only when,
 * after all slots of its key that were seen have been charged, another look at its windows finds no
 * further one. Then of every call that counts, the slot that has been live longest was charged: it
 * was live when that look was taken, as it was before any other. What counts obeys one bucket, and
 * when its slot is given away it was full, as a new one is. A second slot can only refuse more.
 */
#include "runtime/monitor/rate.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/error.h"
#include "runtime/hash.h"
#include "runtime/monitor/rate_units.h"
#include "runtime/monitor/siphash.h"

#define WINDOW     7u
#define N_WINDOWS  16384u
#define MAX_ROUNDS 100 /* in which others keep taking the slot away */
#define HELD       UINT64_MAX
#define FIRST_TAT  1u /* long ago: a full bucket */

/* Above the packed terms in a slot: how many keys it has had, in 8 bits. */
#define OWNERS_AT   48
#define OWNERS_MASK 0xffu

_Static_assert((N_WINDOWS & (N_WINDOWS - 1)) == 0, "a window's number is some bits of a key");

struct window {
	_Atomic uint64_t keys[WINDOW];
	_Atomic uint64_t overflowed; /* not 0: keys of this window may be in their second */
	_Atomic uint64_t tats[WINDOW];
	uint64_t spare;
	_Atomic uint64_t terms[WINDOW];
	uint64_t spare_too;
};
_Static_assert(sizeof(struct window) == 192, "three cache lines");

static const struct state_part part = {
	.name = "rates",
	.version = 1,
	.size = N_WINDOWS * sizeof(struct window),
};

struct rates {
	struct window *windows;
	uint64_t keys[2]; /* for putting subject and rule together */
	struct state_map map;
};

/* What is being charged. */
struct charge {
	struct window *windows[2];
	uint64_t key;
	const struct rate_terms *terms;
	uint64_t now_ns;
	uint64_t now; /* in the terms' units */
};

void rates_close(struct rates *rates)
{
	if (!rates)
		return;
	state_unmap(&rates->map);
	free(rates);
}

int rates_open(const struct state *state, struct rates **out, struct writ_error *error)
{
	struct rates *rates = calloc(1, sizeof(*rates));
	struct siphash hash;
	int rc;

	if (!rates)
		return error_nomem(error);
	rc = state_map(state, &part, &rates->map, error);
	if (rc) {
		rates_close(rates);
		return rc;
	}
	rates->windows = rates->map.at;
	for (uint64_t i = 0; i < 2; i++) {
		siphash_init(&hash, rates->map.key);
		siphash_update(&hash, &i, sizeof(i));
		rates->keys[i] = siphash_final(&hash);
	}
	*out = rates;
	return 0;
}

uint64_t rates_subject(const struct rates *rates, const char *policy, enum writ_subject_kind kind,
		       const char *name)
{
	const uint32_t kind_word = (uint32_t)kind;
	struct siphash hash;

	siphash_init(&hash, rates->map.key);
	siphash_text(&hash, policy);
	siphash_update(&hash, &kind_word, sizeof(kind_word));
	siphash_text(&hash, name);
	return siphash_final(&hash);
}

uint64_t rates_rule(const struct rates *rates, const struct rate_rule *rule)
{
	const uint32_t terms[] = {rule->rate, rule->period_s, rule->burst};
	struct siphash hash;

	siphash_init(&hash, rates->map.key);
	siphash_text(&hash, rule->role);
	siphash_text(&hash, rule->pattern);
	siphash_text(&hash, rule->condition);
	siphash_update(&hash, terms, sizeof(terms));
	return siphash_final(&hash);
}

/* Makes an unborn slot of this key live. */
static void bear(struct window *window, uint32_t slot, const struct charge *charge)
{
	uint64_t none = 0;

	(void)atomic_compare_exchange_strong(&window->terms[slot], &none, charge->terms->packed);
	none = 0;
	(void)atomic_compare_exchange_strong(&window->tats[slot], &none, FIRST_TAT);
}

/* The slots of the key in one of its windows, as bits; in line, and without a branch. */
static inline uint32_t own_in(struct window *window, uint64_t key)
{
	uint32_t own = 0;

#pragma GCC unroll 7
	for (uint32_t i = 0; i < WINDOW; i++)
		own |= (uint32_t)(atomic_load(&window->keys[i]) == key) << i;
	return own;
}

/* Of these, those that are live. */
static inline uint32_t live_in(struct window *window, const struct charge *charge)
{
	uint32_t live = own_in(window, charge->key);

	for (uint32_t left = live; left; left &= left - 1) {
		uint32_t slot = (uint32_t)__builtin_ctz(left);
		uint64_t tat = atomic_load(&window->tats[slot]);

		if (__builtin_expect(tat == 0, 0))
			bear(window, slot, charge);
		else if (__builtin_expect(tat == HELD, 0))
			live &= ~(1u << slot);
	}
	return live;
}

static inline uint32_t live_slots(const struct charge *charge)
{
	uint32_t live = live_in(charge->windows[0], charge);

	if (__builtin_expect(atomic_load(&charge->windows[0]->overflowed) != 0, 0))
		live |= live_in(charge->windows[1], charge) << WINDOW;
	return live;
}

/* Takes an empty slot of a window for the key. */
static bool take_empty(struct window *window, const struct charge *charge)
{
	for (uint32_t i = 0; i < WINDOW; i++) {
		uint64_t key = 0;

		/* Or somebody else did, for the same key. */
		if (atomic_compare_exchange_strong(&window->keys[i], &key, charge->key) ||
		    key == charge->key)
			return true;
	}
	return false;
}

/* The exchange has made the slot ours alone. */
static void give(struct window *window, uint32_t slot, const struct charge *charge)
{
	uint64_t owners = ((atomic_load(&window->terms[slot]) >> OWNERS_AT) + 1) & OWNERS_MASK;

	atomic_store(&window->keys[slot], charge->key);
	atomic_store(&window->terms[slot], charge->terms->packed | owners << OWNERS_AT);
	atomic_store(&window->tats[slot], FIRST_TAT + owners);
}

/* Takes a slot away from its key that has a full bucket, or was not even made live. */
static bool take_full(struct window *window, const struct charge *charge)
{
	for (uint32_t i = 0; i < WINDOW; i++) {
		uint64_t tat = atomic_load(&window->tats[i]);
		uint64_t terms = atomic_load(&window->terms[i]);

		/* The terms are this tat's if the exchange succeeds. */
		if (tat && (tat == HELD || tat >= rate_units_now(terms, charge->now_ns)))
			continue;
		if (!atomic_compare_exchange_strong(&window->tats[i], &tat, HELD))
			continue;
		give(window, i, charge);
		return true;
	}
	return false;
}

/* Finds the key a slot. */
static bool begin(const struct charge *charge)
{
	if (take_empty(charge->windows[0], charge) || take_full(charge->windows[0], charge))
		return true;
	/* Before any key is in the second one, so that nobody overlooks it. */
	atomic_store(&charge->windows[0]->overflowed, 1);
	return take_empty(charge->windows[1], charge) || take_full(charge->windows[1], charge);
}

enum outcome { CHARGED, LOST, REFUSED };

/* LOST: the slot is another key's by now. *missing: what a bucket lacks for a call, in units. */
static inline enum outcome charge_slot(const struct charge *charge, uint32_t slot,
				       uint64_t *missing)
{
	struct window *window = charge->windows[slot / WINDOW];
	_Atomic uint64_t *key = &window->keys[slot % WINDOW];
	_Atomic uint64_t *place = &window->tats[slot % WINDOW];
	const uint64_t most = charge->now + charge->terms->capacity;
	uint64_t tat = atomic_load(place);
	uint64_t next;

	do {
		if (tat == HELD || tat == 0 || atomic_load(key) != charge->key)
			return LOST;
		next = (tat > charge->now ? tat : charge->now) + charge->terms->cost;
		if (next > most) {
			*missing = next - most;
			return REFUSED;
		}
	} while (!atomic_compare_exchange_weak(place, &tat, next));
	return atomic_load(key) == charge->key ? CHARGED : LOST;
}

/* Charges slots, which are set to those that were; what is missing, or 0. */
static inline uint64_t charge_slots(const struct charge *charge, uint32_t *slots)
{
	uint32_t charged = 0;
	uint64_t missing = 0;

	for (uint32_t left = *slots; left && !missing; left &= left - 1) {
		uint32_t slot = (uint32_t)__builtin_ctz(left);

		if (charge_slot(charge, slot, &missing) == CHARGED)
			charged |= 1u << slot;
	}
	*slots = charged;
	return missing;
}

uint32_t rates_take(struct rates *rates, uint64_t subject, uint64_t rule,
		    const struct rate_terms *terms, uint64_t now_ns)
{
	uint64_t key = hash_mix(subject ^ rates->keys[0], rule ^ rates->keys[1]) | 1;
	uint64_t first = key >> 32 & (N_WINDOWS - 1);
	uint64_t second = key >> 48 & (N_WINDOWS - 1);
	const struct charge charge = {
		.windows = {&rates->windows[first],
			    &rates->windows[second == first ? second ^ 1 : second]},
		.key = key,
		.terms = terms,
		.now_ns = now_ns,
		.now = rate_units(terms, now_ns),
	};
	uint32_t charged = 0;

	for (int round = 0; round < MAX_ROUNDS; round++) {
		uint32_t live = live_slots(&charge);
		uint32_t left = live & ~charged;
		uint64_t missing;

		if (live && !left)
			return 0;
		if (!live && !begin(&charge))
			return RATES_NO_ROOM;
		missing = charge_slots(&charge, &left);
		if (missing)
			return rate_units_ms(terms, missing);
		charged |= left;
	}
	return RATES_NO_ROOM;
}
