/*
 * States made as a text asks for them.
 *
 * In: a state and a class of bytes. Out: the next one, found among those that there are or added.
 * Making one looks at each step of the program once at most, whatever the patterns, and a text asks
 * for as many as it has bytes at most: so time is the length of the text times the size of the
 * patterns, and in texts as they are each state is made once and found ever after. What a text
 * costs is counted, and bounded by who searches.
 */
#include "runtime/audit/states.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/audit/fail.h"

static bool bit_has(const uint64_t *bits, size_t at)
{
	return bits[at / 64] >> (at % 64) & 1;
}

static void bit_add(uint64_t *bits, size_t at)
{
	bits[at / 64] |= UINT64_C(1) << (at % 64);
}

/* ---- what is reached without a byte ---- */

/* Steps to go on from are on the stack once each: as they are seen. */
static size_t see(struct states *states, struct reach *reach, size_t depth, size_t at)
{
	if (bit_has(reach->seen, at))
		return depth;
	bit_add(reach->seen, at);
	states->stack[depth] = (uint16_t)at;
	return depth + 1;
}

static size_t go_on(struct states *states, struct reach *reach, size_t depth, bool at_start)
{
	uint16_t at = states->stack[--depth];
	const struct step *step = &states->program->steps[at];

	switch ((enum step_kind)step->kind) {
	case STEP_BYTE:
		bit_add(reach->bytes, at);
		return depth;
	case STEP_SPLIT:
		depth = see(states, reach, depth, step->to);
		return see(states, reach, depth, step->other);
	case STEP_JUMP:
		return see(states, reach, depth, step->other);
	case STEP_START:
		return at_start ? see(states, reach, depth, at + 1u) : depth;
	case STEP_END: /* nothing follows that would take a byte */
	case STEP_FOUND:
		break;
	}
	return depth;
}

/* A way over START would need a byte before the text; one over END, that there is none behind. */
static size_t go_back(struct states *states, struct reach *reach, size_t depth, bool at_end)
{
	uint16_t at = states->stack[--depth];

	for (uint32_t i = states->before[at]; i < states->before[at + 1u]; i++) {
		uint16_t from = states->ways[i];
		uint8_t kind = states->program->steps[from].kind;

		if (kind == STEP_BYTE)
			bit_add(reach->bytes, from);
		else if (kind != STEP_START && (kind != STEP_END || at_end))
			depth = see(states, reach, depth, from);
	}
	return depth;
}

static void follow(struct states *states, struct reach *reach, size_t depth, bool at_edge)
{
	for (; depth > 0; states->effort->done++)
		depth = states->forward ? go_back(states, reach, depth, at_edge)
					: go_on(states, reach, depth, at_edge);
}

/* ---- making ---- */

static bool grow_members(struct states *states, uint32_t n)
{
	size_t cap = states->cap_members ? states->cap_members : 4096;
	uint16_t *members;

	while (cap - states->n_members < n)
		cap *= 2;
	if (cap == states->cap_members)
		return true;
	members = realloc(states->members, cap * sizeof(*members));
	if (!members)
		return false;
	states->members = members;
	states->cap_members = cap;
	return true;
}

static uint32_t hash_of(const uint16_t *members, uint32_t n)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (uint32_t i = 0; i < n; i++)
		hash = (hash ^ members[i]) * 16777619u;
	return hash;
}

/* Backward: is one of them where a match may begin? */
static bool may_begin(const struct states *states, const uint16_t *members, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (bit_has(states->forward->first.bytes, members[i]))
			return true;
	return false;
}

/* members are behind those of the last state already, or elsewhere. */
static uint16_t add_state(struct states *states, const uint16_t *members, uint32_t n, uint32_t hash)
{
	uint16_t id = (uint16_t)states->n_states;
	uint16_t *own;

	if (states->n_states >= STATES_MAX)
		return STATES_NONE;
	own = states->members + states->n_members;
	if (own != members)
		memcpy(own, members, n * sizeof(*own));
	states->states[id] = (struct state){states->n_members, n, hash};
	states->begins[id] = states->forward && may_begin(states, own, n);
	memset(states->next + ((size_t)id << states->shift), 0,
	       states->program->n_classes * sizeof(*states->next));
	states->n_members += n;
	states->n_states++;
	return id;
}

static uint16_t find_or_add(struct states *states, const uint16_t *members, uint32_t n)
{
	uint32_t hash = hash_of(members, n);
	uint32_t at = hash % (2 * STATES_MAX);

	states->effort->done += n;
	for (; states->ids[at]; at = (at + 1) % (2 * STATES_MAX)) {
		uint16_t id = states->ids[at];
		const struct state *state = &states->states[id];

		if (state->hash == hash && state->n == n &&
		    memcmp(states_members(states, id), members, n * sizeof(*members)) == 0)
			return id;
	}
	states->ids[at] = add_state(states, members, n, hash);
	return states->ids[at];
}

uint16_t states_of(struct states *states, const uint16_t *members, uint32_t n)
{
	return grow_members(states, n) ? find_or_add(states, members, n) : STATES_NONE;
}

/* The state of those in bits that take a byte like example; any when it is negative. */
static uint16_t of_bits(struct states *states, const uint64_t *bits, int example)
{
	const struct program *program = states->program;
	uint16_t *out;
	uint32_t n = 0;

	if (!grow_members(states, (uint32_t)program->n_steps))
		return STATES_NONE;
	out = states->members + states->n_members;
	for (size_t i = 0; i < states->n_words; i++) {
		for (uint64_t left = bits[i]; left; left &= left - 1) {
			size_t at = i * 64 + (size_t)__builtin_ctzll(left);

			out[n] = (uint16_t)at;
			n += example < 0 || byte_set_has(&program->sets[program->steps[at].set],
							 (unsigned)example);
			states->effort->done++;
		}
	}
	states->effort->done += states->n_words;
	return find_or_add(states, out, n);
}

uint16_t states_start(struct states *states, bool at_text_start)
{
	return of_bits(states, at_text_start ? states->first.bytes : states->always.bytes, -1);
}

uint16_t states_make(struct states *states, uint16_t id, uint8_t class)
{
	const struct program *program = states->program;
	const struct reach *base = id == STATES_END ? &states->first : &states->always;
	struct reach *now = &states->now;
	unsigned example = program->example[class];
	uint32_t n = states->states[id].n;
	size_t depth = 0;

	if (states->effort->done > states->effort->most)
		return STATES_NONE;
	memcpy(now->seen, base->seen, states->n_words * sizeof(*now->seen));
	memcpy(now->bytes, base->bytes, states->n_words * sizeof(*now->bytes));
	for (uint32_t i = 0; i < n; i++) {
		uint16_t at = states_members(states, id)[i];

		if (states->forward)
			depth = see(states, now, depth, at);
		else if (byte_set_has(&program->sets[program->steps[at].set], example))
			depth = see(states, now, depth, at + 1u);
	}
	states->effort->done += n;
	follow(states, now, depth, false);
	return of_bits(states, now->bytes, states->forward ? (int)example : -1);
}

/* ---- once ---- */

/* Where a step goes on: one or two. */
static size_t targets(const struct step *steps, size_t at, uint16_t to[2])
{
	switch ((enum step_kind)steps[at].kind) {
	case STEP_SPLIT:
		to[0] = steps[at].to;
		to[1] = steps[at].other;
		return 2;
	case STEP_JUMP:
		to[0] = steps[at].other;
		return 1;
	case STEP_BYTE:
	case STEP_START:
	case STEP_END:
		to[0] = (uint16_t)(at + 1);
		return 1;
	case STEP_FOUND:
		break;
	}
	return 0;
}

/* ways sorted by where they lead: counted, summed up, filled from the back. */
static void find_ways(struct states *states)
{
	const struct program *program = states->program;
	uint16_t to[2];

	for (size_t at = 0; at < program->n_steps; at++)
		for (size_t i = targets(program->steps, at, to); i > 0; i--)
			states->before[to[i - 1]]++;
	for (size_t at = 0; at < program->n_steps; at++)
		states->before[at + 1] += states->before[at];
	for (size_t at = program->n_steps; at > 0; at--)
		for (size_t i = targets(program->steps, at - 1, to); i > 0; i--)
			states->ways[--states->before[to[i - 1]]] = (uint16_t)(at - 1);
}

static void find_reach(struct states *states, struct reach *reach, bool at_edge)
{
	const struct program *program = states->program;
	size_t depth = 0;

	if (states->forward) {
		for (size_t at = 0; at < program->n_steps; at++)
			if (program->steps[at].kind == STEP_FOUND)
				depth = see(states, reach, depth, at);
	} else {
		for (size_t i = 0; i < program->n_starts; i++)
			depth = see(states, reach, depth, program->starts[i]);
	}
	follow(states, reach, depth, at_edge);
}

static bool alloc_reach(struct reach *reach, size_t n_words)
{
	reach->seen = calloc(n_words, sizeof(*reach->seen));
	reach->bytes = calloc(n_words, sizeof(*reach->bytes));
	return reach->seen && reach->bytes;
}

static bool alloc_all(struct states *states)
{
	size_t n = states->program->n_steps;

	while ((UINT64_C(1) << states->shift) < states->program->n_classes)
		states->shift++;
	states->next = calloc((size_t)STATES_MAX << states->shift, sizeof(*states->next));
	states->before = calloc(n + 2, sizeof(*states->before));
	states->ways = calloc(2 * n + 1, sizeof(*states->ways));
	states->stack = calloc(n + 1, sizeof(*states->stack));
	return alloc_reach(&states->always, states->n_words) &&
	       alloc_reach(&states->first, states->n_words) &&
	       alloc_reach(&states->now, states->n_words) && states->next && states->before &&
	       states->ways && states->stack;
}

int states_init(struct states *states, const struct program *program, const struct states *forward,
		struct effort *effort, struct writ_error *error)
{
	memset(states, 0, sizeof(*states));
	states->program = program;
	states->forward = forward;
	states->effort = effort;
	states->n_words = program->n_steps / 64 + 1;
	if (!alloc_all(states))
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	find_ways(states);
	find_reach(states, &states->always, false);
	find_reach(states, &states->first, true);
	states_clear(states);
	return 0;
}

static void free_reach(struct reach *reach)
{
	free(reach->seen);
	free(reach->bytes);
}

void states_fini(struct states *states)
{
	free(states->next);
	free(states->members);
	free(states->before);
	free(states->ways);
	free(states->stack);
	free_reach(&states->always);
	free_reach(&states->first);
	free_reach(&states->now);
}

void states_clear(struct states *states)
{
	memset(states->ids, 0, sizeof(states->ids));
	states->n_members = 0;
	states->states[STATES_END] = (struct state){0, 0, 0};
	states->begins[STATES_END] = false;
	memset(states->next + ((size_t)STATES_END << states->shift), 0,
	       states->program->n_classes * sizeof(*states->next));
	states->n_states = STATES_END + 1;
}
