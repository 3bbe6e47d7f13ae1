/*
 * How the table is filled.
 *
 * Every wildcard of a rule or a tool declaration goes into one automaton. The states where names
 * end give the classes of names (states with equal sets of matching wildcards share a column), and
 * running the known names through it tells which wildcards match them. So each pattern has a list
 * of columns, and a row is the minimum of its rules' numbers over those lists: rules are sorted
 * strictest first, which makes the smallest number the deciding rule. Rules with a condition come
 * second: those that are stricter than what a cell then holds form its chain, with that at the end.
 */
#include "backend/rbac.h"

#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CELL UINT16_MAX

_Static_assert(WRIT_MAX_RULES < MAX_CELL, "a rule's number plus one fits in a cell");

VEC_TYPE(rule_list, uint16_t);

struct wild {
	struct str pattern;
	const struct ir_tool *tool; /* that is declared with it, or NULL */
};

struct table {
	struct arena *arena;
	const struct ir_policy *policy;
	struct rbac_plan *out;
	struct map wild_ids;
	VEC(struct wild) wilds;       /* distinct wildcards, those of tools first */
	struct ir_indices *wild_cols; /* by wildcard: the columns it matches */
	struct map named;             /* tool name to column */
	VEC(struct ir_indices) rows;  /* by row: its roles */

	struct ir_indices conditional; /* of the row being filled: its rules with a condition */
	struct rule_list *lists;       /* by column: those that apply there */
	struct ir_indices listed;      /* the columns whose lists are not empty */
	struct map chain_ids;
	uint64_t chain_work;
};

static void add_wild(struct table *table, struct str pattern, const struct ir_tool *tool)
{
	if (ir_pattern_is_exact(pattern))
		return;
	if (map_put(table->arena, &table->wild_ids, pattern, (uint32_t)table->wilds.n))
		vec_add(table->arena, &table->wilds, ((struct wild){pattern, tool}));
}

static void collect_wilds(struct table *table)
{
	const struct ir_policy *policy = table->policy;

	for (size_t i = 0; i < policy->tools.n; i++)
		add_wild(table, policy->tools.items[i].name, &policy->tools.items[i]);
	for (size_t i = 0; i < policy->rules.n; i++)
		add_wild(table, policy->rules.items[i].pattern, NULL);
}

static int make_automaton(struct table *table)
{
	struct str *patterns = arena_alloc(table->arena, table->wilds.n * sizeof(*patterns));

	for (size_t i = 0; i < table->wilds.n; i++)
		patterns[i] = table->wilds.items[i].pattern;
	return automaton_build(table->arena, patterns, table->wilds.n, &table->out->automaton);
}

static void add_column(struct table *table, struct str name, const struct ir_tool *tool,
		       const struct ir_indices *matching)
{
	uint32_t column = (uint32_t)table->out->columns.n;

	vec_add(table->arena, &table->out->columns,
		((struct rbac_column){.name = name,
				      .sandbox = tool ? tool->sandbox : WRIT_NONE,
				      .class = tool ? tool->class : WRIT_CLASS_NONE}));
	for (size_t i = 0; i < matching->n; i++)
		vec_add(table->arena, &table->wild_cols[matching->items[i]], column);
}

static void make_named_columns(struct table *table)
{
	const struct ir_policy *policy = table->policy;
	const struct automaton *automaton = &table->out->automaton;

	for (size_t i = 0; i < policy->tools.n; i++) {
		struct str name = policy->tools.items[i].name;

		if (!ir_pattern_is_exact(name))
			continue;
		map_put(table->arena, &table->named, name, (uint32_t)table->out->columns.n);
		add_column(table, name, ir_tool_for(policy, name),
			   &automaton->accept[automaton_run(automaton, name)]);
	}
	table->out->n_named = (uint32_t)table->out->columns.n;
}

static size_t literal_bytes(struct str pattern)
{
	size_t count = 0;

	for (size_t i = 0; i < pattern.len; i++)
		count += pattern.ptr[i] != '*';
	return count;
}

/*
 * ir_tool_for, for a class: of its wildcards' declarations the most literal; of equals the first.
 */
static const struct ir_tool *tool_of_class(const struct table *table,
					   const struct ir_indices *matching)
{
	const struct wild *wilds = table->wilds.items;
	const struct ir_tool *best = NULL;

	for (size_t i = 0; i < matching->n; i++) {
		const struct ir_tool *tool;

		assert(wilds && matching->items[i] < table->wilds.n);
		tool = wilds[matching->items[i]].tool;
		if (tool && (!best || literal_bytes(tool->name) > literal_bytes(best->name)))
			best = tool;
	}
	return best;
}

static void make_class_columns(struct table *table)
{
	struct rbac_plan *out = table->out;
	struct map known = {0};

	out->accepts = arena_alloc(table->arena, out->automaton.n_states * sizeof(*out->accepts));
	for (uint32_t state = 0; state < out->automaton.n_states; state++) {
		const struct ir_indices *matching = &out->automaton.accept[state];
		struct str key = {(const char *)matching->items,
				  matching->n * sizeof(*matching->items)};

		out->accepts[state] = WRIT_NONE;
		if (matching->n == 0 || map_get(&known, key, &out->accepts[state]))
			continue;
		out->accepts[state] = (uint32_t)out->columns.n;
		map_put(table->arena, &known, key, out->accepts[state]);
		add_column(table, (struct str){NULL, 0}, tool_of_class(table, matching), matching);
	}
}

/* A row for each role; one more for each set of roles that a user with several has. */
static void make_rows(struct table *table)
{
	const struct ir_policy *policy = table->policy;
	struct rbac_plan *out = table->out;
	struct map sets = {0};

	for (uint32_t role = 0; role < policy->roles.n; role++) {
		struct ir_indices *row = vec_push(table->arena, &table->rows);

		vec_add(table->arena, row, role);
	}
	out->user_rows = arena_alloc(table->arena, policy->users.n * sizeof(*out->user_rows));
	for (size_t i = 0; i < policy->users.n; i++) {
		const struct ir_indices *roles = &policy->users.items[i].roles;
		struct str key = {(const char *)roles->items, roles->n * sizeof(*roles->items)};

		if (roles->n == 1)
			out->user_rows[i] = roles->items[0];
		else if (map_put(table->arena, &sets, key, (uint32_t)table->rows.n))
			vec_add(table->arena, &table->rows, *roles);
		if (roles->n != 1)
			map_get(&sets, key, &out->user_rows[i]);
	}
	out->n_rows = (uint32_t)table->rows.n;
}

static void lower_cell(uint16_t *cell, uint32_t rule)
{
	if (*cell == 0 || rule + 1 < *cell)
		*cell = (uint16_t)(rule + 1);
}

/* The columns a rule applies to. one is where the column of a tool that it names is put. */
static const uint32_t *columns_of(const struct table *table, uint32_t rule, uint32_t *one,
				  size_t *n)
{
	struct str pattern = table->policy->rules.items[rule].pattern;
	uint32_t wild;

	*n = 1;
	if (map_get(&table->named, pattern, one))
		return one;
	*n = 0;
	if (!map_get(&table->wild_ids, pattern, &wild))
		return NULL;
	*n = table->wild_cols[wild].n;
	return table->wild_cols[wild].items;
}

static void apply_rule(const struct table *table, uint16_t *row, uint32_t rule)
{
	uint32_t one;
	size_t n;
	const uint32_t *columns = columns_of(table, rule, &one, &n);

	for (size_t i = 0; i < n; i++)
		lower_cell(&row[columns[i]], rule);
}

/* Rules without a condition; the others are collected. */
static void apply_plain_rules(struct table *table, uint16_t *row, const struct ir_indices *roles)
{
	const struct ir_policy *policy = table->policy;

	table->conditional.n = 0;
	for (size_t i = 0; i < roles->n; i++) {
		const struct ir_indices *rules = &policy->roles.items[roles->items[i]].rules;

		for (size_t r = 0; r < rules->n; r++) {
			uint32_t rule = rules->items[r];

			if (policy->rules.items[rule].where)
				vec_add(table->arena, &table->conditional, rule);
			else
				apply_rule(table, row, rule);
		}
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Puts a rule with a condition on the lists of the cells where nothing stricter holds anyway. */
static void list_rule(struct table *table, const uint16_t *row, uint32_t rule)
{
	uint32_t one;
	size_t n;
	const uint32_t *columns = columns_of(table, rule, &one, &n);

	for (size_t i = 0; i < n; i++) {
		struct rule_list *list = &table->lists[columns[i]];

		if (row[columns[i]] && row[columns[i]] <= rule)
			continue;
		if (list->n == 0)
			vec_add(table->arena, &table->listed, columns[i]);
		vec_add(table->arena, list, (uint16_t)rule);
	}
}

static void list_conditional_rules(struct table *table, const uint16_t *row)
{
	struct ir_indices *rules = &table->conditional;

	if (rules->n == 0)
		return;
	/* A rule may reach a user twice, by two of its roles. */
	qsort(rules->items, rules->n, sizeof(*rules->items), by_number);
	for (size_t i = 0; i < rules->n; i++) {
		if (i == 0 || rules->items[i] != rules->items[i - 1])
			list_rule(table, row, rules->items[i]);
	}
}

/* The cell of a list of rules. */
static enum rbac_result intern_chain(struct table *table, const struct rule_list *list,
				     uint16_t *cell)
{
	struct rbac_plan *out = table->out;
	size_t size = list->n * sizeof(*list->items);
	struct str key = {(const char *)list->items, size};
	uint32_t id = (uint32_t)out->chains.n;

	if (list->n > WRIT_MAX_CHAIN)
		return RBAC_CHAIN_TOO_LONG;
	table->chain_work += list->n;
	if (table->chain_work > WRIT_MAX_CHAIN_WORK)
		return RBAC_CHAINS_TOO_LARGE;
	if (!map_get(&table->chain_ids, key, &id)) {
		if (table->policy->rules.n + id >= MAX_CELL)
			return RBAC_TOO_MANY_CHAINS;
		key = str_copy(table->arena, key.ptr, key.len);
		map_put(table->arena, &table->chain_ids, key, id);
		vec_add(table->arena, &out->chains,
			((struct rbac_chain){(uint32_t)out->chain_rules.n, (uint32_t)list->n}));
		for (size_t i = 0; i < list->n; i++)
			vec_add(table->arena, &out->chain_rules, list->items[i]);
	}
	*cell = (uint16_t)(table->policy->rules.n + id + 1);
	return RBAC_OK;
}

static enum rbac_result make_chains(struct table *table, uint16_t *row)
{
	enum rbac_result result = RBAC_OK;

	for (size_t i = 0; i < table->listed.n && !result; i++) {
		uint32_t column = table->listed.items[i];
		struct rule_list *list = &table->lists[column];

		if (row[column])
			vec_add(table->arena, list, (uint16_t)(row[column] - 1));
		result = intern_chain(table, list, &row[column]);
		table->out->limit.column = column;
		list->n = 0;
	}
	table->listed.n = 0;
	return result;
}

static enum rbac_result fill_cells(struct table *table)
{
	struct rbac_plan *out = table->out;
	size_t width = out->columns.n;
	enum rbac_result result = RBAC_OK;

	out->cells = arena_alloc(table->arena, out->n_rows * width * sizeof(*out->cells));
	table->lists = arena_alloc(table->arena, width * sizeof(*table->lists));
	for (uint32_t row = 0; row < out->n_rows && !result; row++) {
		uint16_t *cells = &out->cells[row * width];

		apply_plain_rules(table, cells, &table->rows.items[row]);
		list_conditional_rules(table, cells);
		result = make_chains(table, cells);
		out->limit.row = row;
	}
	return result;
}

static enum rbac_result fold_cells(const struct table *table)
{
	struct rbac_plan *out = table->out;
	const struct rbac_table cells = {out->cells, out->n_rows, (uint32_t)out->columns.n};

	return rbac_blocks_make(table->arena, &cells, &out->blocks) ? RBAC_TOO_MANY_BLOCKS
								    : RBAC_OK;
}

enum rbac_result rbac_build(struct arena *arena, const struct ir_policy *policy,
			    struct rbac_plan *out)
{
	struct table table = {.arena = arena, .policy = policy, .out = out};
	enum rbac_result result;

	memset(out, 0, sizeof(*out));
	collect_wilds(&table);
	if (make_automaton(&table))
		return RBAC_TOO_MANY_STATES;
	table.wild_cols = arena_alloc(arena, table.wilds.n * sizeof(*table.wild_cols));
	make_named_columns(&table);
	make_class_columns(&table);
	make_rows(&table);
	if (out->columns.n > 0 && out->n_rows > WRIT_MAX_CELLS / out->columns.n)
		return RBAC_TOO_MANY_CELLS;
	result = fill_cells(&table);
	return result ? result : fold_cells(&table);
}
