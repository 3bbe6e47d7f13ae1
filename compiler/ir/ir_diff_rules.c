/*
 * What the rules of some roles say about every tool, made comparable across the policies.
 *
 * The columns are every tool named in either policy and every class of names that the same
 * wildcards of both match. For each the rules that apply, strictest first and up to the first that
 * always matches, are a chain. Chains are interned with contents instead of indices, so that most
 * of two large policies is compared by comparing numbers; what is left is compared once for each
 * pair of chains.
 */
#include "ir/ir_diff_impl.h"

#include <stdlib.h>
#include <string.h>

static struct str bytes_key(const void *bytes, size_t size)
{
	return (struct str){size ? (const char *)bytes : "", size};
}

static void add_wild(struct diff *diff, struct str pattern)
{
	struct diff_rules *rules = diff->rules;

	if (!ir_pattern_is_exact(pattern) &&
	    map_put(diff->arena, &rules->wild_ids, pattern, (uint32_t)rules->wilds.n))
		vec_add(diff->arena, &rules->wilds, pattern);
}

static void add_name(struct diff *diff, struct str name)
{
	struct diff_rules *rules = diff->rules;

	if (ir_pattern_is_exact(name) &&
	    map_put(diff->arena, &rules->named, name, (uint32_t)rules->columns.n))
		vec_add(diff->arena, &rules->columns, ((struct diff_column){.name = name}));
}

static void collect_names(struct diff *diff)
{
	for (int side = OLD; side <= NEW; side++) {
		const struct ir_policy *policy = diff->policy[side];

		for (size_t i = 0; i < policy->tools.n; i++) {
			add_wild(diff, policy->tools.items[i].name);
			add_name(diff, policy->tools.items[i].name);
		}
		for (size_t i = 0; i < policy->rules.n; i++) {
			add_wild(diff, policy->rules.items[i].pattern);
			add_name(diff, policy->rules.items[i].pattern);
		}
	}
}

/* "any other tool matching git_* and *_push": without the wildcards that others of them imply. */
static struct str class_name(struct diff *diff, const struct ir_indices *wilds)
{
	const struct str *patterns = diff->rules->wilds.items;
	struct str out = STR("");

	for (size_t i = 0; i < wilds->n; i++) {
		struct str pattern = patterns[wilds->items[i]];
		bool implied = ir_pattern_literals(pattern) == 0;

		for (size_t j = 0; j < wilds->n && !implied; j++)
			implied = j != i && diff_glob_covers(pattern, patterns[wilds->items[j]]);
		if (implied)
			continue;
		out = str_printf(diff->arena, "%.*s%s%.*s", STR_ARG(out),
				 out.len ? " and " : " matching ", STR_ARG(pattern));
	}
	return str_printf(diff->arena, "any other tool%.*s", STR_ARG(out));
}

static void add_classes(struct diff *diff, const struct automaton *automaton)
{
	struct diff_rules *rules = diff->rules;
	struct map known = {0};

	for (uint32_t state = 0; state < automaton->n_states; state++) {
		const struct ir_indices *wilds = &automaton->accept[state];

		if (wilds->n == 0 ||
		    !map_put(diff->arena, &known,
			     bytes_key(wilds->items, wilds->n * sizeof(*wilds->items)), state))
			continue;
		vec_add(diff->arena, &rules->columns,
			((struct diff_column){.name = class_name(diff, wilds),
					      .is_class = true,
					      .wilds = *wilds}));
	}
}

/* As ir_tool_for, of the wildcards that match: the most literal, of equals the first by name. */
static const struct ir_tool *lender(const struct diff *diff, const struct ir_policy *policy,
				    const struct ir_indices *wilds)
{
	const struct ir_tool *best = NULL;

	for (size_t i = 0; i < policy->tools.n; i++) {
		const struct ir_tool *tool = &policy->tools.items[i];
		uint32_t wild;

		if (ir_pattern_is_exact(tool->name) ||
		    (best && ir_pattern_literals(tool->name) <= ir_pattern_literals(best->name)) ||
		    !map_get(&diff->rules->wild_ids, tool->name, &wild))
			continue;
		for (size_t w = 0; w < wilds->n; w++)
			best = wilds->items[w] == wild ? tool : best;
	}
	return best;
}

static void describe_column(struct diff *diff, struct diff_column *column)
{
	for (int side = OLD; side <= NEW; side++) {
		const struct ir_policy *policy = diff->policy[side];
		const struct ir_tool *tool = column->is_class ? lender(diff, policy, &column->wilds)
							      : ir_tool_for(policy, column->name);

		column->tool[side] = tool;
		column->sandbox[side] = IR_NONE;
		if (tool && tool->sandbox != IR_NONE)
			column->sandbox[side] = diff->sandbox_ids[side][tool->sandbox];
	}
}

static void make_columns(struct diff *diff)
{
	struct diff_rules *rules = diff->rules;
	size_t n_named = rules->columns.n;
	struct automaton automaton;

	if (automaton_build(diff->arena, rules->wilds.items, rules->wilds.n, &automaton)) {
		rules->too_many_wildcards = true;
		return;
	}
	for (size_t i = 0; i < n_named; i++)
		rules->columns.items[i].wilds =
			automaton.accept[automaton_run(&automaton, rules->columns.items[i].name)];
	add_classes(diff, &automaton);
	rules->wild_columns = arena_alloc(diff->arena,
					  rules->wilds.n * sizeof(*rules->wild_columns));
	for (uint32_t i = 0; i < rules->columns.n; i++) {
		struct diff_column *column = &rules->columns.items[i];

		describe_column(diff, column);
		for (size_t w = 0; w < column->wilds.n; w++)
			vec_add(diff->arena, &rules->wild_columns[column->wilds.items[w]], i);
	}
}

static uint32_t intern_content(struct diff *diff, int side, const struct ir_rule *rule)
{
	struct diff_rules *rules = diff->rules;
	uint32_t sandbox = rule->sandbox == IR_NONE ? IR_NONE
						    : diff->sandbox_ids[side][rule->sandbox];
	const uint32_t head[] = {rule->verdict, rule->rate, rule->period_s, rule->burst, sandbox};
	uint32_t id = (uint32_t)rules->contents.n;
	struct diff_bytes key = {0};

	diff_put(diff->arena, &key, head, sizeof(head));
	diff_put_where(diff->arena, &key, diff->policy[side], rule->where);
	if (!map_put(diff->arena, &rules->content_ids, (struct str){key.items, key.n}, id)) {
		map_get(&rules->content_ids, (struct str){key.items, key.n}, &id);
		return id;
	}
	vec_add(diff->arena, &rules->contents,
		((struct diff_content){diff->policy[side], rule, side, sandbox, !rule->where}));
	return id;
}

static void intern_contents(struct diff *diff)
{
	for (int side = OLD; side <= NEW; side++) {
		const struct ir_policy *policy = diff->policy[side];
		uint32_t *ids = arena_alloc(diff->arena, policy->rules.n * sizeof(*ids));

		for (size_t i = 0; i < policy->rules.n; i++)
			ids[i] = intern_content(diff, side, &policy->rules.items[i]);
		diff->rules->content_of[side] = ids;
	}
}

void diff_rules_init(struct diff *diff)
{
	diff->rules = arena_new(diff->arena, struct diff_rules);
	collect_names(diff);
	make_columns(diff);
	intern_contents(diff);
	vec_add(diff->arena, &diff->rules->chains, (struct diff_chain){0});
}

struct ir_indices diff_columns_of(const struct diff *diff, struct str pattern, uint32_t *one)
{
	uint32_t wild;

	if (map_get(&diff->rules->wild_ids, pattern, &wild))
		return diff->rules->wild_columns[wild];
	if (map_get(&diff->rules->named, pattern, one))
		return (struct ir_indices){one, 1, 1};
	return (struct ir_indices){0};
}

/* The chain with one more rule at its end. */
static uint32_t longer_chain(struct diff *diff, uint32_t chain, uint32_t content)
{
	struct diff_rules *rules = diff->rules;
	const uint32_t pair[2] = {chain, content};
	uint32_t next = (uint32_t)rules->chains.n;
	struct str key;

	if (map_get(&rules->chain_ids, bytes_key(pair, sizeof(pair)), &next))
		return next;
	key = (struct str){arena_strndup(diff->arena, (const char *)pair, sizeof(pair)),
			   sizeof(pair)};
	map_put(diff->arena, &rules->chain_ids, key, next);
	vec_add(diff->arena, &rules->chains,
		((struct diff_chain){.before = chain,
				     .content = content,
				     .length = rules->chains.items[chain].length + 1,
				     .closed = rules->contents.items[content].closes}));
	return next;
}

struct row_maker {
	struct diff *diff;
	struct diff_row *row;
	int side;
	uint32_t from,
		to; /* the last chain that was made longer by this rule, and what it became */
};

/* A rule that says what the one before it says changes nothing. */
static void add_to_chain(struct row_maker *maker, uint32_t column, uint32_t content)
{
	uint32_t *cell = &maker->row->chains[maker->side][column];
	const struct diff_chain *chain = &maker->diff->rules->chains.items[*cell];

	if (chain->closed || (chain->length && chain->content == content))
		return;
	if (*cell != maker->from) {
		maker->from = *cell;
		maker->to = longer_chain(maker->diff, *cell, content);
	}
	*cell = maker->to;
}

static void add_rule(struct row_maker *maker, uint32_t index)
{
	const struct ir_rule *rule = &maker->diff->policy[maker->side]->rules.items[index];
	uint32_t one = 0, content = maker->diff->rules->content_of[maker->side][index];
	struct ir_indices columns = diff_columns_of(maker->diff, rule->pattern, &one);
	uint32_t *marks = rule->verdict == WRIT_VERDICT_DENY ? maker->row->denies[maker->side]
							     : maker->row->permits[maker->side];

	maker->from = IR_NONE;
	for (size_t i = 0; i < columns.n; i++) {
		add_to_chain(maker, columns.items[i], content);
		if (marks[columns.items[i]] == IR_NONE)
			marks[columns.items[i]] = index;
	}
}

static int compare_indices(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The rules of all the roles, strictest first, each once. */
static struct ir_indices rules_of_roles(struct diff *diff, int side, const struct ir_indices *roles)
{
	const struct ir_policy *policy = diff->policy[side];
	struct ir_indices all = {0};
	size_t n = 0;

	for (size_t i = 0; i < roles->n; i++) {
		const struct ir_indices *own = &policy->roles.items[roles->items[i]].rules;

		for (size_t r = 0; r < own->n; r++)
			vec_add(diff->arena, &all, own->items[r]);
	}
	if (all.n == 0)
		return all;
	qsort(all.items, all.n, sizeof(*all.items), compare_indices);
	for (size_t i = 0; i < all.n; i++) {
		if (i == 0 || all.items[i] != all.items[i - 1])
			all.items[n++] = all.items[i];
	}
	all.n = n;
	return all;
}

void diff_row_init(struct diff *diff, struct diff_row *row)
{
	size_t size = diff->rules->columns.n * sizeof(uint32_t);

	for (int side = OLD; side <= NEW; side++) {
		row->chains[side] = arena_alloc(diff->arena, size);
		row->permits[side] = arena_alloc(diff->arena, size);
		row->denies[side] = arena_alloc(diff->arena, size);
	}
}

void diff_row_fill(struct diff *diff, struct diff_row *row, int side,
		   const struct ir_indices *roles)
{
	struct row_maker maker = {.diff = diff, .row = row, .side = side};
	struct ir_indices rules = rules_of_roles(diff, side, roles);
	size_t size = diff->rules->columns.n * sizeof(uint32_t);

	memset(row->chains[side], 0, size);
	memset(row->permits[side], 0xff, size);
	memset(row->denies[side], 0xff, size);
	for (size_t i = 0; i < rules.n; i++)
		add_rule(&maker, rules.items[i]);
}

bool diff_same_rules(struct diff *diff, const struct ir_indices *old, const struct ir_indices *new)
{
	const struct ir_indices rules[2] = {rules_of_roles(diff, OLD, old),
					    rules_of_roles(diff, NEW, new)};

	if (rules[OLD].n != rules[NEW].n)
		return false;
	for (size_t i = 0; i < rules[OLD].n; i++) {
		uint32_t a = rules[OLD].items[i], b = rules[NEW].items[i];

		if (diff->rules->content_of[OLD][a] != diff->rules->content_of[NEW][b] ||
		    !str_eq(diff->policy[OLD]->rules.items[a].pattern,
			    diff->policy[NEW]->rules.items[b].pattern))
			return false;
	}
	return true;
}

uint32_t diff_decide(struct diff *diff, uint32_t column, uint32_t old_chain, uint32_t new_chain)
{
	struct diff_rules *rules = diff->rules;
	const struct diff_column *at = &rules->columns.items[column];
	const uint32_t key[4] = {old_chain, new_chain, at->sandbox[OLD], at->sandbox[NEW]};
	uint32_t id = (uint32_t)rules->decisions.n;
	struct diff_decision decision = {0};

	if (map_get(&rules->decision_ids, bytes_key(key, sizeof(key)), &id))
		return id;
	if (old_chain != new_chain)
		diff_compare_chains(diff, key, &key[2], &decision);
	map_put(diff->arena, &rules->decision_ids,
		(struct str){arena_strndup(diff->arena, (const char *)key, sizeof(key)),
			     sizeof(key)},
		id);
	vec_add(diff->arena, &rules->decisions, decision);
	return id;
}
