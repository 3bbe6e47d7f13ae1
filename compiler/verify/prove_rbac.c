/*
 * Cell by cell.
 *
 * What decides a call is the first of the subject's rules, in the policy's order, that is about the
 * tool and whose condition holds; a rule without a condition always holds, so none behind it
 * matters. A cell comes down to such a sequence, too: the rules that are tried, in order. When both
 * sequences are equal the decisions are, whatever conditions come out as, and so are the rule that
 * decided, its rate and its sandbox; that the rules themselves, conditions included, are the
 * policy's is prove_rules's to say. Cells without rules must be 0, and there are many: a row's
 * rules put their numbers where they apply, and then every cell of the row is looked at once.
 */
#include "verify/prove_rbac.h"

#include <stdlib.h>

#include "verify/prove_columns.h"

#define MAX_SHOWN 6u /* rules of a sequence in a message */

/* Rules in the order in which they are tried. */
struct tried {
	const uint16_t *rules;
	uint32_t n;
};

/* The same as it grows. */
struct sequence {
	uint16_t *rules;
	uint32_t n;
	uint32_t cap;
	bool closed; /* the last one always holds */
};

struct subject {
	const char *kind;
	struct str name;
	uint32_t row;
	const uint32_t *roles;
	size_t n_roles;
};

struct table {
	struct arena *arena;
	const struct ir_policy *policy;
	const struct view *view;
	struct prove_columns columns;
	uint32_t n_rows, n_columns;
	struct ir_indices *rule_classes; /* by rule: the classes of names that it is about */
	struct sequence *want;           /* by class of names, of the row that is looked at */
	bool *is_listed;                 /* by rule: in the list of rules of the row already */
	struct ir_indices rules;         /* of the row */
	struct map known_rows;           /* row and roles, looked at before */
	struct prove_rbac_count *count;
	struct str wrong;
};

/* What no cell is: more than every rule and every chain. */
#define NO_CELL UINT32_MAX

static uint32_t block_bits(const struct table *table)
{
	return VIEW_AT(table->view, POLICY, policy, 0)->block_bits;
}

static uint64_t blocks_a_row(const struct table *table)
{
	return ((uint64_t)table->n_columns + (UINT64_C(1) << block_bits(table)) - 1) >>
	       block_bits(table);
}

/* The value of a cell, or NO_CELL. How cells are laid out is nobody else's business. */
static uint32_t cell_at(const struct table *table, uint32_t row, uint32_t column)
{
	uint32_t bits = block_bits(table);
	const uint16_t *blocks = VIEW_ALL(table->view, BLOCKS, uint16_t);
	uint64_t block = blocks[row * blocks_a_row(table) + (column >> bits)];
	uint64_t at = (block << bits) + (column & ((UINT32_C(1) << bits) - 1));

	return at < VIEW_N(table->view, CELLS) ? VIEW_ALL(table->view, CELLS, uint16_t)[at]
					       : NO_CELL;
}

/* Has every row its blocks? */
static bool has_cells(const struct table *table)
{
	return block_bits(table) < 32 &&
	       VIEW_N(table->view, BLOCKS) == table->n_rows * blocks_a_row(table);
}

/* The rules that a cell stands for: at *one, or in CHAIN_RULES. False for a cell that is none. */
static bool read_cell(const struct table *table, uint32_t cell, uint16_t *one, struct tried *out)
{
	uint32_t n_rules = (uint32_t)table->policy->rules.n;
	const struct writ_fmt_range *chain;

	*out = (struct tried){one, 0};
	if (cell == 0)
		return true;
	if (cell <= n_rules) {
		*one = (uint16_t)(cell - 1);
		out->n = 1;
		return !table->policy->rules.items[*one].where;
	}
	if (cell - n_rules > VIEW_N(table->view, CHAINS))
		return false;
	chain = VIEW_AT(table->view, CHAINS, range, cell - n_rules - 1);
	if (!view_has(table->view, WRIT_SECTION_CHAIN_RULES, *chain))
		return false;
	out->rules = VIEW_ALL(table->view, CHAIN_RULES, uint16_t) + chain->first;
	out->n = chain->count;
	return true;
}

static bool same_rules(const struct tried *a, const struct sequence *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (a->rules[i] != b->rules[i])
			return false;
	}
	return true;
}

/* "nothing", or "deny git_push where ... of role 'developer', then ..." */
static struct str tried_text(const struct table *table, struct tried tried)
{
	static const char *const verdicts[] = {
		[WRIT_VERDICT_DENY] = "deny",
		[WRIT_VERDICT_ASK] = "ask",
		[WRIT_VERDICT_ALLOW] = "allow",
	};
	struct str text = STR("");

	for (uint32_t i = 0; i < tried.n && i < MAX_SHOWN; i++) {
		const char *before = i ? ", then " : "";
		const struct ir_rule *rule;

		if (tried.rules[i] >= table->policy->rules.n)
			return str_printf(table->arena, "%.*s%sa rule that is none", STR_ARG(text),
					  before);
		rule = &table->policy->rules.items[tried.rules[i]];
		text = str_printf(table->arena, "%.*s%s%s %.*s%s of role '%.*s'", STR_ARG(text),
				  before, verdicts[rule->verdict], STR_ARG(rule->pattern),
				  rule->where ? " where ..." : "",
				  STR_ARG(table->policy->roles.items[rule->role].name));
	}
	if (tried.n > MAX_SHOWN)
		text = str_printf(table->arena, "%.*s, and %u more", STR_ARG(text),
				  tried.n - MAX_SHOWN);
	return text.len ? text : STR("nothing");
}

static void fail(struct table *table, const struct subject *subject,
		 const struct prove_names_of *class, const struct tried *have)
{
	const struct sequence *want = &table->want[class - table->columns.classes.items];

	table->wrong = str_printf(
		table->arena,
		"%s '%.*s' and tool '%.*s'%s are decided by %.*s; the policy says: by %.*s",
		subject->kind, STR_ARG(subject->name), STR_ARG(class->name),
		class->by_name ? "" : ", which is not listed,",
		STR_ARG(have ? tried_text(table, *have) : STR("a cell that is none")),
		STR_ARG(tried_text(table, (struct tried){want->rules, want->n})));
}

static void append(struct table *table, struct sequence *sequence, uint32_t rule)
{
	if (sequence->closed)
		return;
	if (sequence->n == sequence->cap) {
		uint32_t cap = sequence->cap ? 2 * sequence->cap : 4;

		sequence->rules = arena_grow(table->arena, sequence->rules,
					     sequence->cap * sizeof(*sequence->rules),
					     cap * sizeof(*sequence->rules));
		sequence->cap = cap;
	}
	sequence->rules[sequence->n++] = (uint16_t)rule;
	sequence->closed = !table->policy->rules.items[rule].where;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The rules of all the subject's roles, each once, in the policy's order: strictest first. */
static void list_rules(struct table *table, const struct subject *subject)
{
	struct ir_indices *list = &table->rules;

	list->n = 0;
	for (size_t r = 0; r < subject->n_roles; r++) {
		const struct ir_indices *rules =
			&table->policy->roles.items[subject->roles[r]].rules;

		for (size_t i = 0; i < rules->n; i++) {
			if (table->is_listed[rules->items[i]])
				continue;
			table->is_listed[rules->items[i]] = true;
			vec_add(table->arena, list, rules->items[i]);
		}
	}
	for (size_t i = 0; i < list->n; i++)
		table->is_listed[list->items[i]] = false;
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), by_value);
}

static void apply_rules(struct table *table)
{
	for (size_t i = 0; i < table->rules.n; i++) {
		uint32_t rule = table->rules.items[i];
		struct ir_indices classes = table->rule_classes[rule];

		for (size_t c = 0; c < classes.n; c++)
			append(table, &table->want[classes.items[c]], rule);
	}
}

/* Looks at every cell of a row, and leaves no rule behind for the next. */
static void compare_row(struct table *table, const struct subject *subject)
{
	for (size_t i = 0; i < table->columns.classes.n; i++) {
		const struct prove_names_of *class = &table->columns.classes.items[i];
		struct sequence *want = &table->want[i];
		uint32_t cell = cell_at(table, subject->row, class->column);
		struct tried have;
		uint16_t one;

		if (cell == 0 && want->n == 0)
			continue;
		if (!read_cell(table, cell, &one, &have))
			fail(table, subject, class, NULL);
		else if (!same_rules(&have, want))
			fail(table, subject, class, &have);
		if (table->wrong.len)
			return;
		want->n = 0;
		want->closed = false;
	}
}

/* Subjects with the same roles may share a row, and then it has been looked at. */
static bool is_new(struct table *table, const struct subject *subject)
{
	size_t size = subject->n_roles * sizeof(*subject->roles);
	char *key = arena_alloc(table->arena, sizeof(subject->row) + size);

	__builtin_memcpy(key, &subject->row, sizeof(subject->row));
	if (size)
		__builtin_memcpy(key + sizeof(subject->row), subject->roles, size);
	return map_put(table->arena, &table->known_rows,
		       (struct str){key, sizeof(subject->row) + size}, 0);
}

static void check_subject(struct table *table, const struct subject *subject)
{
	if (table->wrong.len || !is_new(table, subject))
		return;
	if (subject->row >= table->n_rows) {
		table->wrong = str_printf(table->arena, "%s '%.*s' has no row of cells",
					  subject->kind, STR_ARG(subject->name));
		return;
	}
	table->count->rows++;
	list_rules(table, subject);
	apply_rules(table);
	compare_row(table, subject);
}

static void check_subjects(struct table *table)
{
	const struct ir_policy *policy = table->policy;

	for (uint32_t i = 0; i < policy->roles.n; i++)
		check_subject(table,
			      &(struct subject){.kind = "role",
						.name = policy->roles.items[i].name,
						.row = VIEW_AT(table->view, ROLES, role, i)->row,
						.roles = &i,
						.n_roles = 1});
	for (uint32_t i = 0; i < policy->users.n; i++) {
		const struct ir_user *user = &policy->users.items[i];

		check_subject(table,
			      &(struct subject){.kind = "user",
						.name = user->name,
						.row = VIEW_AT(table->view, USERS, user, i)->row,
						.roles = user->roles.items,
						.n_roles = user->roles.n});
	}
}

/* Turns "which wildcards match these names" around: by wildcard, the classes that it matches. */
static struct ir_indices *wild_classes(struct table *table)
{
	const struct wildcards *wildcards = &table->columns.wildcards;
	struct ir_indices *out = arena_alloc(table->arena, wildcards->patterns.n * sizeof(*out));

	for (uint32_t i = 0; i < table->columns.classes.n; i++) {
		uint32_t list = table->columns.classes.items[i].matching;
		const struct ir_indices *matching = &wildcards->lists.items[list];

		for (size_t m = 0; m < matching->n; m++)
			vec_add(table->arena, &out[matching->items[m]], i);
	}
	return out;
}

/* By name, the class of a tool that is known by it. */
static struct map named_classes(struct table *table)
{
	struct map named = {0};

	for (uint32_t i = 0; i < table->columns.classes.n; i++) {
		const struct prove_names_of *class = &table->columns.classes.items[i];

		if (class->by_name)
			map_put(table->arena, &named, class->name, i);
	}
	return named;
}

/* Finds the classes of names of every rule. The IR has a tool for each name that a rule names. */
static void index_rules(struct table *table)
{
	const struct ir_policy *policy = table->policy;
	struct ir_indices *wild = wild_classes(table);
	struct map named = named_classes(table);
	size_t n = policy->rules.n;

	table->rule_classes = arena_alloc(table->arena, n * sizeof(*table->rule_classes));
	table->is_listed = arena_alloc(table->arena, n * sizeof(*table->is_listed));
	for (size_t i = 0; i < n; i++) {
		struct str pattern = policy->rules.items[i].pattern;
		uint32_t index;

		if (map_get(&named, pattern, &index))
			vec_add(table->arena, &table->rule_classes[i], index);
		else if (map_get(&table->columns.wildcards.ids, pattern, &index))
			table->rule_classes[i] = wild[index];
		else
			table->wrong = str_printf(table->arena, "tool '%.*s' is not listed",
						  STR_ARG(pattern));
	}
	table->want = arena_alloc(table->arena, table->columns.classes.n * sizeof(*table->want));
}

struct str prove_rbac(struct arena *arena, const struct ir_policy *policy, const struct view *view,
		      struct prove_rbac_count *count)
{
	struct table table = {.arena = arena,
			      .policy = policy,
			      .view = view,
			      .n_rows = VIEW_AT(view, POLICY, policy, 0)->n_rows,
			      .n_columns = VIEW_N(view, COLUMNS),
			      .count = count};

	*count = (struct prove_rbac_count){0};
	if (!has_cells(&table))
		return STR("the table has not the blocks of every row");
	table.wrong = prove_columns(arena, policy, view, &table.columns);
	if (table.wrong.len)
		return table.wrong;
	index_rules(&table);
	count->columns = table.columns.classes.n;
	count->states = table.columns.n_states;
	check_subjects(&table);
	return table.wrong;
}
