/*
 * Roles: which role of OLD is which of NEW, and what each may do otherwise.
 *
 * A role keeps its identity with its name. Of those left over on both sides, a pair that may do
 * the same and is held by the same users is one role with another name: no change. One that is
 * left over in the end lost everything, or gained all it may do.
 */
#include "ir/ir_diff_impl.h"

#include <string.h>

/* Names that a note lists. */
#define MAX_LISTED 8u

/* Chains kept at once to find renamed roles by: beyond that, a rename is seen as two changes. */
#define MAX_RENAME_CHAINS (16u << 20)

struct str diff_list(struct diff *diff, const struct str *names, size_t n)
{
	struct str out = STR("");

	for (size_t i = 0; i < n && i < MAX_LISTED; i++)
		out = str_printf(diff->arena, "%.*s%s%.*s", STR_ARG(out), i ? ", " : "",
				 STR_ARG(names[i]));
	if (n > MAX_LISTED)
		out = str_printf(diff->arena, "%.*s and %zu more", STR_ARG(out), n - MAX_LISTED);
	return out;
}

static void add_holder(struct diff *diff, struct ir_indices *holders, int side, uint32_t user)
{
	const struct ir_indices *roles = &diff->policy[side]->users.items[user].roles;

	for (size_t r = 0; r < roles->n; r++)
		vec_add(diff->arena, &holders[roles->items[r]], user);
}

/* The users that hold each role of a side directly. */
static struct ir_indices *holders_of(struct diff *diff, int side)
{
	const struct ir_policy *policy = diff->policy[side];
	struct ir_indices *holders = arena_alloc(diff->arena, policy->roles.n * sizeof(*holders));

	for (uint32_t user = 0; user < policy->users.n; user++)
		add_holder(diff, holders, side, user);
	return holders;
}

static struct str role_key(struct diff *diff, struct diff_row *row, int side, uint32_t role,
			   const struct ir_indices *holders)
{
	const struct ir_indices roles = {&role, 1, 1};
	struct diff_bytes key = {0};

	diff_row_fill(diff, row, side, &roles);
	diff_put(diff->arena, &key, row->chains[side],
		 diff->rules->columns.n * sizeof(*row->chains[side]));
	for (size_t i = 0; i < holders[role].n; i++)
		diff_put_str(diff->arena, &key,
			     diff->policy[side]->users.items[holders[role].items[i]].name);
	return key.n ? (struct str){key.items, key.n} : STR("");
}

static bool is_left_over(const struct diff *diff, uint32_t new_role)
{
	return diff->role_ids[NEW][new_role] >= diff->policy[OLD]->roles.n;
}

/* Roles of OLD that have no namesake, by what they may do; of equals the first. */
static void match_renamed(struct diff *diff, const struct ir_indices *left)
{
	struct ir_indices *holders[2] = {holders_of(diff, OLD), holders_of(diff, NEW)};
	struct map by_key = {0};
	bool *taken = arena_alloc(diff->arena, diff->policy[OLD]->roles.n + 1);
	struct diff_row row;

	diff_row_init(diff, &row);
	for (size_t i = 0; i < left->n; i++) {
		uint32_t role = left->items[i];

		map_put(diff->arena, &by_key, role_key(diff, &row, OLD, role, holders[OLD]), role);
	}
	for (uint32_t role = 0; role < diff->policy[NEW]->roles.n; role++) {
		uint32_t old;

		if (!is_left_over(diff, role) ||
		    !map_get(&by_key, role_key(diff, &row, NEW, role, holders[NEW]), &old) ||
		    taken[old])
			continue;
		taken[old] = true;
		diff->role_ids[NEW][role] = old;
	}
}

static void map_role_names(struct diff *diff, int side, struct map *names)
{
	const struct ir_policy *policy = diff->policy[side];

	for (uint32_t i = 0; i < policy->roles.n; i++)
		map_put(diff->arena, names, policy->roles.items[i].name, i);
}

void diff_match_roles(struct diff *diff)
{
	const struct ir_policy *old = diff->policy[OLD], *new = diff->policy[NEW];
	struct map old_names = {0}, new_names = {0};
	struct ir_indices left = {0};
	size_t n_new = 0;

	map_role_names(diff, OLD, &old_names);
	map_role_names(diff, NEW, &new_names);
	diff->role_ids[OLD] = arena_alloc(diff->arena, old->roles.n * sizeof(uint32_t));
	diff->role_ids[NEW] = arena_alloc(diff->arena, new->roles.n * sizeof(uint32_t));
	for (uint32_t i = 0; i < old->roles.n; i++) {
		diff->role_ids[OLD][i] = i;
		if (!map_get(&new_names, old->roles.items[i].name, NULL))
			vec_add(diff->arena, &left, i);
	}
	for (uint32_t i = 0; i < new->roles.n; i++) {
		diff->role_ids[NEW][i] = (uint32_t)old->roles.n + i;
		map_get(&old_names, new->roles.items[i].name, &diff->role_ids[NEW][i]);
		n_new += is_left_over(diff, i);
	}
	if (left.n && n_new && left.n + n_new < MAX_RENAME_CHAINS / (diff->rules->columns.n + 1))
		match_renamed(diff, &left);
}

uint32_t diff_role_at(const struct diff *diff, int side, uint32_t id)
{
	if (side == OLD)
		return id < diff->policy[OLD]->roles.n ? id : IR_NONE;
	for (uint32_t i = 0; i < diff->policy[NEW]->roles.n; i++) {
		if (diff->role_ids[NEW][i] == id)
			return i;
	}
	return IR_NONE;
}

const struct ir_origin *diff_row_origin(const struct diff *diff, const struct diff_row *row,
					uint32_t column, enum ir_diff_effect effect, int *side)
{
	bool narrowed = effect == IR_DIFF_NARROWED;
	uint32_t rule = row->permits[NEW][column];

	*side = NEW;
	if (rule == IR_NONE || (narrowed && row->denies[NEW][column] != IR_NONE))
		rule = row->denies[NEW][column];
	if (rule == IR_NONE) {
		*side = OLD;
		rule = row->permits[OLD][column];
	}
	if (rule == IR_NONE)
		return NULL;
	return &diff->policy[*side]->rules.items[rule].origin;
}

static bool says_the_same(const struct ir_diff_entry *entry, const struct diff_aspect *aspect)
{
	return entry->change == aspect->change && entry->effect == aspect->effect &&
	       str_eq(entry->before, aspect->before) && str_eq(entry->after, aspect->after) &&
	       str_eq(entry->example, aspect->example);
}

/* Entries from first on are about this row. */
static struct ir_diff_entry *entry_for(struct diff *diff, size_t first,
				       const struct diff_aspect *aspect,
				       const struct ir_diff_entry *model)
{
	struct ir_diff_entry *entry;

	for (size_t i = diff->entries.n; i > first; i--) {
		if (says_the_same(&diff->entries.items[i - 1], aspect))
			return &diff->entries.items[i - 1];
	}
	entry = diff_entry(diff, &diff->entries, aspect->change, aspect->effect);
	entry->subject = model->subject;
	entry->name = model->name;
	entry->note = model->note;
	entry->before = aspect->before;
	entry->after = aspect->after;
	entry->example = aspect->example;
	return entry;
}

static void report_column(struct diff *diff, const struct diff_row *row, size_t first,
			  uint32_t column, const struct ir_diff_entry *model)
{
	uint32_t decision = diff_decide(diff, column, row->chains[OLD][column],
					row->chains[NEW][column]);

	for (int i = 0; i < ASPECT__COUNT; i++) {
		const struct diff_aspect *aspect =
			&diff->rules->decisions.items[decision].aspects[i];
		const struct ir_origin *origin;
		int side;

		if (!aspect->any)
			continue;
		origin = diff_row_origin(diff, row, column, aspect->effect, &side);
		diff_object(diff, entry_for(diff, first, aspect, model),
			    diff->rules->columns.items[column].name, origin, side);
	}
}

void diff_report_row(struct diff *diff, const struct diff_row *row,
		     const struct ir_diff_entry *model)
{
	size_t first = diff->entries.n;

	for (uint32_t column = 0; column < diff->rules->columns.n; column++) {
		if (row->chains[OLD][column] != row->chains[NEW][column])
			report_column(diff, row, first, column, model);
	}
}

static struct str holders_note(struct diff *diff, int side, const struct ir_indices *holders)
{
	struct str *names = arena_alloc(diff->arena, holders->n * sizeof(*names));

	for (size_t i = 0; i < holders->n; i++)
		names[i] = diff->policy[side]->users.items[holders->items[i]].name;
	if (holders->n == 0)
		return STR("");
	return str_printf(diff->arena, "%s %.*s", holders->n == 1 ? "user" : "users",
			  STR_ARG(diff_list(diff, names, holders->n)));
}

/* A role of each side, or IR_NONE. */
struct role_pair {
	uint32_t role[2];
};

static void report_role(struct diff *diff, struct diff_row *row, const struct role_pair *pair,
			struct ir_indices *const holders[2])
{
	struct ir_diff_entry model = {.subject = IR_DIFF_ROLE};
	struct ir_indices roles[2];
	int named = pair->role[NEW] != IR_NONE ? NEW : OLD;
	uint32_t role = pair->role[named];

	for (int side = OLD; side <= NEW; side++) {
		uint32_t *item = arena_alloc(diff->arena, sizeof(*item));

		*item = pair->role[side];
		roles[side] = (struct ir_indices){item, *item != IR_NONE, 1};
	}
	if (diff_same_rules(diff, &roles[OLD], &roles[NEW]))
		return;
	diff_row_fill(diff, row, OLD, &roles[OLD]);
	diff_row_fill(diff, row, NEW, &roles[NEW]);
	model.name = diff->policy[named]->roles.items[role].name;
	model.note = holders_note(diff, named, &holders[named][role]);
	diff_report_row(diff, row, &model);
}

/* Both lists are sorted by name, and a renamed role stands under its new name. */
void diff_roles(struct diff *diff)
{
	const struct ir_policy *old = diff->policy[OLD], *new = diff->policy[NEW];
	struct ir_indices *holders[2] = {holders_of(diff, OLD), holders_of(diff, NEW)};
	bool *found = arena_alloc(diff->arena, old->roles.n + 1);
	struct diff_row row;

	diff_row_init(diff, &row);
	for (uint32_t i = 0; i < new->roles.n; i++) {
		uint32_t id = diff->role_ids[NEW][i];
		struct role_pair pair = {{is_left_over(diff, i) ? IR_NONE : id, i}};

		if (pair.role[OLD] != IR_NONE)
			found[id] = true;
		report_role(diff, &row, &pair, holders);
	}
	for (uint32_t i = 0; i < old->roles.n; i++) {
		struct role_pair pair = {{i, IR_NONE}};

		if (!found[i])
			report_role(diff, &row, &pair, holders);
	}
}
