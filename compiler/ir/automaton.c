/*
 * Subset construction.
 *
 * The patterns are laid end to end; a position is a place between two of their bytes, so the
 * automaton of one pattern is: a literal byte moves on by one, a "*" may stay, or be left without
 * reading anything. A state of the result is the ascending list of positions where a name so far
 * may stand; equal lists are one state. States are numbered in the order in which they are found,
 * breadth first, so the table depends on the patterns and their order only.
 */
#include "ir/automaton.h"

#include "base/map.h"

#include <string.h>

/* Bytes that are in no pattern behave alike: one class for those a tool name may hold, the sink's
 * else. */
#define CLASS_INVALID 0u
#define CLASS_OTHER   1u

struct position {
	uint32_t pattern;
	char byte; /* to read from here; 0 at the end of the pattern */
};

struct builder {
	struct arena *arena;
	VEC(struct position) positions;
	VEC(struct ir_indices) states; /* each an ascending list of positions */
	struct map known;              /* the list's bytes to the state */
	size_t total;
	char class_byte[256]; /* a byte of each class */
	struct automaton *out;
};

static bool is_name_byte(unsigned byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '.' || byte == '-';
}

static void make_classes(struct builder *builder, const struct str *patterns, size_t n)
{
	struct automaton *out = builder->out;
	bool used[256] = {false};

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < patterns[i].len; j++)
			used[(uint8_t)patterns[i].ptr[j]] = true;
	}
	out->n_classes = CLASS_OTHER + 1;
	for (unsigned byte = 0; byte < 256; byte++) {
		out->char_classes[byte] = is_name_byte(byte) ? CLASS_OTHER : CLASS_INVALID;
		if (!is_name_byte(byte) || !used[byte])
			continue;
		builder->class_byte[out->n_classes] = (char)byte;
		out->char_classes[byte] = (uint8_t)out->n_classes++;
	}
}

static void lay_out_patterns(struct builder *builder, const struct str *patterns, size_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		for (size_t j = 0; j < patterns[i].len; j++)
			vec_add(builder->arena, &builder->positions,
				((struct position){i, patterns[i].ptr[j]}));
		vec_add(builder->arena, &builder->positions, ((struct position){i, '\0'}));
	}
}

/*
 * Adds a position and those reached from it by reading nothing. Positions arrive in ascending order
 * but for repetitions, which are all at the end of the list: a step leads at most past the stars
 * behind it.
 */
static void add_position(struct builder *builder, struct ir_indices *list, uint32_t position)
{
	for (;; position++) {
		if (list->n == 0 || list->items[list->n - 1] < position)
			vec_add(builder->arena, list, position);
		if (builder->positions.items[position].byte != '*')
			return;
	}
}

/* The state with this list, found or made. */
static uint32_t intern_state(struct builder *builder, struct ir_indices list)
{
	struct str key = {list.n ? (const char *)list.items : "", list.n * sizeof(*list.items)};
	uint32_t state = (uint32_t)builder->states.n;

	if (map_get(&builder->known, key, &state))
		return state;
	map_put(builder->arena, &builder->known, key, state);
	vec_add(builder->arena, &builder->states, list);
	builder->total += list.n;
	return state;
}

/* Where the positions of a state are after one byte of a class. */
static uint32_t step(struct builder *builder, struct ir_indices *scratch, uint32_t state,
		     uint32_t class)
{
	const struct ir_indices from = builder->states.items[state];
	struct ir_indices copy;
	struct str key;
	uint32_t known;

	scratch->n = 0;
	for (size_t i = 0; i < from.n; i++) {
		char byte = builder->positions.items[from.items[i]].byte;

		if (byte == '*')
			add_position(builder, scratch, from.items[i]);
		else if (byte != '\0' && byte == builder->class_byte[class])
			add_position(builder, scratch, from.items[i] + 1);
	}
	key = (struct str){scratch->n ? (const char *)scratch->items : "",
			   scratch->n * sizeof(*scratch->items)};
	if (map_get(&builder->known, key, &known))
		return known;
	copy = (struct ir_indices){arena_alloc(builder->arena, key.len), scratch->n, scratch->n};
	memcpy(copy.items, key.ptr, key.len);
	return intern_state(builder, copy);
}

/* Fills a state's row of the table. */
static void make_row(struct builder *builder, struct ir_indices *scratch, uint32_t state,
		     uint16_t *row)
{
	row[CLASS_INVALID] = 0;
	for (uint32_t class = CLASS_OTHER; class < builder->out->n_classes; class ++)
		row[class] = (uint16_t)step(builder, scratch, state, class);
}

static void make_accepts(struct builder *builder)
{
	struct automaton *out = builder->out;

	out->accept = arena_alloc(builder->arena, out->n_states * sizeof(*out->accept));
	for (uint32_t state = 0; state < out->n_states; state++) {
		const struct ir_indices *list = &builder->states.items[state];

		for (size_t i = 0; i < list->n; i++) {
			struct position position = builder->positions.items[list->items[i]];

			if (position.byte == '\0')
				vec_add(builder->arena, &out->accept[state], position.pattern);
		}
	}
}

int automaton_build(struct arena *arena, const struct str *patterns, size_t n,
		    struct automaton *out)
{
	struct builder builder = {.arena = arena, .out = out};
	struct ir_indices first = {0}, scratch = {0};
	VEC(uint16_t *) rows = {0};

	memset(out, 0, sizeof(*out));
	make_classes(&builder, patterns, n);
	lay_out_patterns(&builder, patterns, n);
	intern_state(&builder, (struct ir_indices){0});
	for (uint32_t i = 0; i < builder.positions.n; i++) {
		if (i == 0 || builder.positions.items[i - 1].byte == '\0')
			add_position(&builder, &first, i);
	}
	out->start = intern_state(&builder, first);
	for (uint32_t state = 0; state < builder.states.n; state++) {
		vec_add(arena, &rows, arena_alloc(arena, out->n_classes * sizeof(uint16_t)));
		make_row(&builder, &scratch, state, rows.items[state]);
		if (builder.states.n > WRIT_MAX_STATES || builder.total > AUTOMATON_MAX_POSITIONS)
			return -1;
	}
	out->n_states = (uint32_t)builder.states.n;
	out->next = arena_alloc(arena, (size_t)out->n_states * out->n_classes * sizeof(uint16_t));
	for (uint32_t state = 0; state < out->n_states; state++)
		memcpy(&out->next[(size_t)state * out->n_classes], rows.items[state],
		       out->n_classes * sizeof(uint16_t));
	make_accepts(&builder);
	return 0;
}

uint32_t automaton_run(const struct automaton *automaton, struct str name)
{
	uint32_t state = automaton->start;

	for (size_t i = 0; i < name.len; i++)
		state = automaton->next[(size_t)state * automaton->n_classes +
					automaton->char_classes[(uint8_t)name.ptr[i]]];
	return state;
}
