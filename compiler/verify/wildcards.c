/*
 * Patterns read all at once.
 *
 * All patterns are laid out one behind the other. A name so far leaves each at some places: a
 * literal byte is passed by itself, a "*" is stayed at by any byte and left without one. A set of
 * places decides all that can follow, and the patterns whose end is in it match. For a byte that
 * stands at no place of a set only the stars count, which is one successor for nearly all bytes.
 */
#include "verify/wildcards.h"

#include <stdlib.h>
#include <string.h>

static void add_pattern(struct wildcards *wildcards, struct str pattern)
{
	uint32_t id = (uint32_t)wildcards->patterns.n;

	if (ir_pattern_is_exact(pattern) ||
	    !map_put(wildcards->arena, &wildcards->ids, pattern, id))
		return;
	vec_add(wildcards->arena, &wildcards->patterns, pattern);
	for (size_t i = 0; i < pattern.len; i++)
		vec_add(wildcards->arena, &wildcards->places,
			((struct wildcard_place){id, pattern.ptr[i]}));
	vec_add(wildcards->arena, &wildcards->places, ((struct wildcard_place){id, '\0'}));
}

/* The place, and those behind it that are reached without a byte. */
static void enter(struct wildcards *wildcards, uint32_t place)
{
	for (;; place++) {
		vec_add(wildcards->arena, &wildcards->scratch, place);
		if (wildcards->places.items[place].byte != '*')
			return;
	}
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Puts the places that were entered in order, each once. */
static void tidy(struct ir_indices *list)
{
	size_t n = 0;

	for (size_t i = 1; i < list->n; i++) {
		if (list->items[i - 1] < list->items[i])
			continue;
		qsort(list->items, list->n, sizeof(*list->items), by_value);
		break;
	}
	for (size_t i = 0; i < list->n; i++) {
		if (n == 0 || list->items[n - 1] != list->items[i])
			list->items[n++] = list->items[i];
	}
	list->n = n;
}

static struct str key_of(const struct ir_indices *list)
{
	return (struct str){list->n ? (const char *)list->items : "",
			    list->n * sizeof(*list->items)};
}

static struct ir_indices copy_of(struct arena *arena, const struct ir_indices *list)
{
	struct ir_indices copy = {arena_alloc(arena, list->n * sizeof(*list->items)), list->n,
				  list->n};

	if (list->n)
		memcpy(copy.items, list->items, list->n * sizeof(*list->items));
	return copy;
}

static uint32_t list_of(struct wildcards *wildcards, const struct ir_indices *places)
{
	struct ir_indices list = {0};
	uint32_t id = (uint32_t)wildcards->lists.n;

	for (size_t i = 0; i < places->n; i++) {
		struct wildcard_place place = wildcards->places.items[places->items[i]];

		if (place.byte == '\0')
			vec_add(wildcards->arena, &list, place.pattern);
	}
	if (map_get(&wildcards->known_lists, key_of(&list), &id))
		return id;
	map_put(wildcards->arena, &wildcards->known_lists, key_of(&list), id);
	vec_add(wildcards->arena, &wildcards->lists, list);
	return id;
}

/* The set of the places in scratch. */
static uint32_t intern(struct wildcards *wildcards)
{
	struct wildcard_set set = {0};
	uint32_t id = (uint32_t)wildcards->sets.n;

	tidy(&wildcards->scratch);
	if (map_get(&wildcards->known_sets, key_of(&wildcards->scratch), &id))
		return id;
	wildcards->n_set_places += wildcards->scratch.n;
	if (id >= WILDCARD_MAX_SETS || wildcards->n_set_places > WILDCARD_MAX_PLACES) {
		wildcards->exhausted = true;
		return 0;
	}
	set.places = copy_of(wildcards->arena, &wildcards->scratch);
	set.matching = list_of(wildcards, &set.places);
	map_put(wildcards->arena, &wildcards->known_sets, key_of(&set.places), id);
	vec_add(wildcards->arena, &wildcards->sets, set);
	return id;
}

/* The set behind a byte; behind '\0' that of all bytes which stand at no place. */
static uint32_t successor(struct wildcards *wildcards, uint32_t from, char byte)
{
	const struct ir_indices places = wildcards->sets.items[from].places;

	wildcards->scratch.n = 0;
	for (size_t i = 0; i < places.n; i++) {
		char here = wildcards->places.items[places.items[i]].byte;

		if (here == '*')
			enter(wildcards, places.items[i]);
		else if (here != '\0' && here == byte)
			enter(wildcards, places.items[i] + 1);
	}
	return intern(wildcards);
}

static size_t byte_index(char byte)
{
	const char *at = byte ? strchr(WILDCARD_BYTES, byte) : NULL;

	return at ? (size_t)(at - WILDCARD_BYTES) : WILDCARD_N_BYTES;
}

static void make_successors(struct wildcards *wildcards, uint32_t set)
{
	const struct ir_indices places = wildcards->sets.items[set].places;
	uint32_t *next = arena_alloc(wildcards->arena, WILDCARD_N_BYTES * sizeof(*next));
	uint32_t other = successor(wildcards, set, '\0');
	bool done[WILDCARD_N_BYTES + 1] = {false};

	for (size_t i = 0; i < WILDCARD_N_BYTES; i++)
		next[i] = other;
	done[WILDCARD_N_BYTES] = true;
	for (size_t i = 0; i < places.n; i++) {
		char byte = wildcards->places.items[places.items[i]].byte;
		size_t at = byte_index(byte);

		if (done[at])
			continue;
		done[at] = true;
		next[at] = successor(wildcards, set, byte);
	}
	wildcards->sets.items[set].next = next;
}

void wildcards_init(struct wildcards *wildcards, struct arena *arena,
		    const struct ir_policy *policy)
{
	*wildcards = (struct wildcards){.arena = arena};
	for (size_t i = 0; i < policy->tools.n; i++)
		add_pattern(wildcards, policy->tools.items[i].name);
	for (size_t i = 0; i < policy->rules.n; i++)
		add_pattern(wildcards, policy->rules.items[i].pattern);
	/* List 0 is that of the names nothing matches. */
	(void)list_of(wildcards, &(struct ir_indices){0});
	for (uint32_t i = 0; i < wildcards->places.n; i++) {
		if (i == 0 || wildcards->places.items[i - 1].byte == '\0')
			enter(wildcards, i);
	}
	(void)intern(wildcards);
}

uint32_t wildcards_step(struct wildcards *wildcards, uint32_t set, size_t byte)
{
	if (!wildcards->sets.items[set].next)
		make_successors(wildcards, set);
	return wildcards->sets.items[set].next[byte];
}

uint32_t wildcards_run(struct wildcards *wildcards, struct str name)
{
	uint32_t set = 0;

	for (size_t i = 0; i < name.len && !wildcards->exhausted; i++) {
		size_t byte = byte_index(name.ptr[i]);

		if (byte == WILDCARD_N_BYTES) {
			wildcards->scratch.n = 0;
			return intern(wildcards);
		}
		set = wildcards_step(wildcards, set, byte);
	}
	return set;
}

uint32_t wildcards_matching(const struct wildcards *wildcards, uint32_t set)
{
	return wildcards->sets.items[set].matching;
}
