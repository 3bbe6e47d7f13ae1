/*
 * The automaton against the wildcards.
 *
 * Automaton and sets of places read the same bytes side by side, from the start on, and every pair
 * of a state and a set that some name leads to is looked at once. Names are as long as names may
 * be, so this is all of them: at each pair the column that the state accepts must be one for just
 * the patterns that match by the set. Which they are is a list, and each column is handed on with
 * every list that leads to it; whether its cells are those of the list is prove_rbac's to say. A
 * byte that no name can have must lead to state 0 at once, which must be without a way out.
 */
#include "verify/prove_columns.h"

#include <string.h>

#define N_BYTES 256u

struct pair {
	uint32_t state;
	uint32_t set;
	uint32_t before; /* the pair that led here, by WILDCARD_BYTES[byte] */
	uint32_t depth;  /* bytes so far */
	uint8_t byte;
};

struct walk {
	struct arena *arena;
	const struct ir_policy *policy;
	const struct view *view;
	struct prove_columns *out;
	uint32_t n_classes, n_states;
	bool is_invalid[N_BYTES]; /* classes that hold a byte which no name has */
	VEC(struct pair) pairs;   /* in the order in which they are found: breadth first */
	struct map known_pairs;
	struct map known_classes;
	struct str wrong;
};

static void fail(struct walk *walk, struct str what)
{
	if (walk->wrong.len == 0)
		walk->wrong = what;
}

static uint32_t next_state(const struct walk *walk, uint32_t state, uint8_t class)
{
	return VIEW_ALL(walk->view, STATES, uint16_t)[state * walk->n_classes + class];
}

static uint8_t class_of(const struct walk *walk, char byte)
{
	return VIEW_ALL(walk->view, CHAR_CLASSES, uint8_t)[(uint8_t)byte];
}

/* A name that leads to a pair. */
static struct str name_of(const struct walk *walk, uint32_t index)
{
	const struct pair *pair = &walk->pairs.items[index];
	char *name = arena_alloc(walk->arena, pair->depth + 1);
	size_t len = pair->depth;

	for (size_t at = len; at > 0; at--) {
		name[at - 1] = WILDCARD_BYTES[pair->byte];
		pair = &walk->pairs.items[pair->before];
	}
	return (struct str){name, len};
}

static const struct ir_indices *matching_at(const struct walk *walk, uint32_t list)
{
	return &walk->out->wildcards.lists.items[list];
}

/* ir_tool_for(), for all names that a list of wildcards matches. */
static const struct ir_tool *tool_for(const struct walk *walk, uint32_t list)
{
	const struct ir_indices *matching = matching_at(walk, list);
	const struct ir_tool *best = NULL;

	for (size_t i = 0; i < matching->n; i++) {
		const struct ir_tool *tool =
			ir_tool_named(walk->policy,
				      walk->out->wildcards.patterns.items[matching->items[i]]);
		size_t literals = tool ? ir_pattern_literals(tool->name) : 0;
		size_t most = best ? ir_pattern_literals(best->name) : 0;

		if (tool && (!best || literals > most ||
			     (literals == most && str_cmp(tool->name, best->name) < 0)))
			best = tool;
	}
	return best;
}

/* Has the column the class and the sandbox of the tool, which may be none? */
static void check_column(struct walk *walk, const struct prove_names_of *class,
			 const struct ir_tool *tool)
{
	const struct writ_fmt_column *column = VIEW_AT(walk->view, COLUMNS, column, class->column);
	uint32_t sandbox = tool ? tool->sandbox : WRIT_NONE;
	uint32_t tool_class = tool ? (uint32_t)tool->class : WRIT_CLASS_NONE;

	if (column->sandbox != sandbox)
		fail(walk, str_printf(walk->arena, "tool '%.*s' would run in another sandbox",
				      STR_ARG(class->name)));
	else if (column->class != tool_class)
		fail(walk, str_printf(walk->arena, "tool '%.*s' is of another class",
				      STR_ARG(class->name)));
}

static void check_named(struct walk *walk)
{
	const struct ir_policy *policy = walk->policy;
	uint32_t column = 0;

	for (size_t i = 0; i < policy->tools.n; i++) {
		const struct ir_tool *tool = &policy->tools.items[i];
		struct prove_names_of *class;
		uint32_t set;

		if (!ir_pattern_is_exact(tool->name))
			continue;
		set = wildcards_run(&walk->out->wildcards, tool->name);
		class = vec_push(walk->arena, &walk->out->classes);
		*class = (struct prove_names_of){
			.column = column++,
			.matching = wildcards_matching(&walk->out->wildcards, set),
			.name = tool->name,
			.by_name = true};
		check_column(walk, class, tool);
	}
}

/* Of a pair that a name of one byte or more leads to: is its column one for this set? */
static void check_accept(struct walk *walk, uint32_t index)
{
	const struct pair *pair = &walk->pairs.items[index];
	struct prove_names_of class = {
		.column = VIEW_ALL(walk->view, ACCEPTS, uint32_t)[pair->state],
		.matching = wildcards_matching(&walk->out->wildcards, pair->set),
	};
	uint32_t words[] = {class.column, class.matching};
	struct str key = {(const char *)words, sizeof(words)};

	if (matching_at(walk, class.matching)->n == 0 && class.column == WRIT_NONE)
		return;
	if (map_get(&walk->known_classes, key, NULL))
		return;
	class.name = name_of(walk, index);
	if (class.column == WRIT_NONE)
		fail(walk, str_printf(walk->arena, "tool '%.*s' is matched by no wildcard",
				      STR_ARG(class.name)));
	else if (matching_at(walk, class.matching)->n == 0)
		fail(walk, str_printf(walk->arena,
				      "tool '%.*s', which no wildcard of the policy matches, is "
				      "matched by one",
				      STR_ARG(class.name)));
	else if (class.column >= VIEW_N(walk->view, COLUMNS))
		fail(walk, str_printf(walk->arena, "tool '%.*s' leads to no column",
				      STR_ARG(class.name)));
	if (walk->wrong.len)
		return;
	map_put(walk->arena, &walk->known_classes, str_copy(walk->arena, key.ptr, key.len), 0);
	vec_add(walk->arena, &walk->out->classes, class);
	check_column(walk, &class, tool_for(walk, class.matching));
}

static void find_pair(struct walk *walk, struct pair pair)
{
	const uint32_t words[] = {pair.state, pair.set};
	struct str key = {(const char *)words, sizeof(words)};
	uint32_t index = (uint32_t)walk->pairs.n;

	if (map_get(&walk->known_pairs, key, NULL))
		return;
	if (index >= COLUMNS_MAX_PAIRS) {
		walk->out->wildcards.exhausted = true;
		return;
	}
	map_put(walk->arena, &walk->known_pairs, str_copy(walk->arena, key.ptr, key.len), index);
	vec_add(walk->arena, &walk->pairs, pair);
	if (pair.state >= walk->n_states) {
		fail(walk, str_printf(walk->arena, "tool '%.*s' leads to no state",
				      STR_ARG(name_of(walk, index))));
		return;
	}
	if (pair.depth > 0)
		check_accept(walk, index);
}

static void follow_invalid(struct walk *walk, uint32_t index)
{
	uint32_t state = walk->pairs.items[index].state;

	for (unsigned class = 0; class < walk->n_classes; class ++) {
		if (walk->is_invalid[class] && next_state(walk, state, (uint8_t) class) != 0)
			fail(walk, str_printf(walk->arena,
					      "behind '%.*s', a byte that no tool name can have "
					      "does not end the name",
					      STR_ARG(name_of(walk, index))));
	}
}

static void follow(struct walk *walk, uint32_t index)
{
	const struct pair from = walk->pairs.items[index];
	uint32_t state = UINT32_MAX, set = UINT32_MAX;

	follow_invalid(walk, index);
	if (from.depth == WRIT_MAX_NAME)
		return;
	for (size_t byte = 0; byte < WILDCARD_N_BYTES; byte++) {
		struct pair to = {
			.state = next_state(walk, from.state, class_of(walk, WILDCARD_BYTES[byte])),
			.set = wildcards_step(&walk->out->wildcards, from.set, byte),
			.before = index,
			.depth = from.depth + 1,
			.byte = (uint8_t)byte,
		};

		/* Most bytes lead where the one before led. */
		if (to.state == state && to.set == set)
			continue;
		state = to.state;
		set = to.set;
		find_pair(walk, to);
		if (walk->wrong.len || walk->out->wildcards.exhausted)
			return;
	}
}

/* Sizes, and a sink that is one. False: failed. */
static bool check_shape(struct walk *walk)
{
	const struct writ_fmt_policy *head = VIEW_AT(walk->view, POLICY, policy, 0);
	bool ok = VIEW_N(walk->view, CHAR_CLASSES) == N_BYTES && head->n_classes > 0 &&
		  head->n_classes <= N_BYTES && VIEW_N(walk->view, ACCEPTS) > 0 &&
		  VIEW_N(walk->view, STATES) ==
			  (uint64_t)VIEW_N(walk->view, ACCEPTS) * head->n_classes;

	walk->n_classes = head->n_classes;
	walk->n_states = VIEW_N(walk->view, ACCEPTS);
	for (unsigned byte = 0; ok && byte < N_BYTES; byte++) {
		bool is_valid = byte && strchr(WILDCARD_BYTES, (int)byte);

		ok = class_of(walk, (char)byte) < walk->n_classes;
		if (ok && !is_valid)
			walk->is_invalid[class_of(walk, (char)byte)] = true;
	}
	for (unsigned class = 0; ok && class < walk->n_classes; class ++)
		ok = next_state(walk, 0, (uint8_t) class) == 0;
	if (!ok || VIEW_ALL(walk->view, ACCEPTS, uint32_t)[0] != WRIT_NONE)
		fail(walk, STR("the automaton of wildcards is not well formed"));
	return walk->wrong.len == 0;
}

/* A state is counted once, by the first pair that it is in. */
static void count_states(struct walk *walk)
{
	bool *seen = arena_alloc(walk->arena, walk->n_states * sizeof(*seen));

	for (size_t i = 0; i < walk->pairs.n; i++) {
		uint32_t state = walk->pairs.items[i].state;

		walk->out->n_states += !seen[state];
		seen[state] = true;
	}
}

static void check_unknown(struct walk *walk)
{
	uint32_t start = VIEW_AT(walk->view, POLICY, policy, 0)->start;

	find_pair(walk, (struct pair){.state = start});
	for (uint32_t i = 0; i < walk->pairs.n; i++) {
		if (walk->wrong.len || walk->out->wildcards.exhausted)
			return;
		follow(walk, i);
	}
	if (walk->wrong.len == 0)
		count_states(walk);
}

struct str prove_columns(struct arena *arena, const struct ir_policy *policy,
			 const struct view *view, struct prove_columns *out)
{
	struct walk walk = {.arena = arena, .policy = policy, .view = view, .out = out};

	*out = (struct prove_columns){.n_states = 0};
	wildcards_init(&out->wildcards, arena, policy);
	if (!check_shape(&walk))
		return walk.wrong;
	check_named(&walk);
	if (walk.wrong.len == 0 && !out->wildcards.exhausted)
		check_unknown(&walk);
	if (walk.wrong.len == 0 && out->wildcards.exhausted)
		return STR("the wildcards are too many to be followed");
	return walk.wrong;
}
