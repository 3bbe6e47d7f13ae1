/*
 * Users and tools.
 *
 * What a role may do otherwise is told at the role. At a user stands what only the user has: roles
 * gained and lost, and decisions that changed for several roles together though for none of them
 * alone, as when one gains a deny that beats the other's allow. At a tool stands what holds for
 * whoever calls it: its own sandbox, its class, its arguments.
 */
#include "ir/ir_diff_impl.h"

#include <string.h>

struct user_pair {
	const struct ir_user *user[2]; /* NULL: not in that policy */
};

static struct ir_indices roles_of(const struct user_pair *pair, int side)
{
	return pair->user[side] ? pair->user[side]->roles : (struct ir_indices){0};
}

static bool holds(const struct diff *diff, int side, const struct ir_indices *roles, uint32_t id)
{
	for (size_t i = 0; i < roles->n; i++) {
		if (diff->role_ids[side][roles->items[i]] == id)
			return true;
	}
	return false;
}

static struct ir_diff_entry *user_entry(struct diff *diff, const struct user_pair *pair,
					enum ir_diff_change change, enum ir_diff_effect effect)
{
	struct ir_diff_entry *entry = diff_entry(diff, &diff->entries, change, effect);

	entry->subject = IR_DIFF_USER;
	entry->name = pair->user[NEW] ? pair->user[NEW]->name : pair->user[OLD]->name;
	return entry;
}

/* The roles that a side has and the other has not become the objects of an entry. */
static void report_roles(struct diff *diff, const struct user_pair *pair, int side,
			 enum ir_diff_effect effect)
{
	static const enum ir_diff_change changes[2][2] = {
		{IR_DIFF_USER_ROLE_LOST, IR_DIFF_USER_REMOVED},
		{IR_DIFF_USER_ROLE_GAINED, IR_DIFF_USER_ADDED},
	};
	struct ir_indices own = roles_of(pair, side), other = roles_of(pair, !side);
	struct ir_diff_entry *entry = NULL;

	for (size_t i = 0; i < own.n; i++) {
		const struct ir_role *role = &diff->policy[side]->roles.items[own.items[i]];

		if (holds(diff, !side, &other, diff->role_ids[side][own.items[i]]))
			continue;
		if (!entry)
			entry = user_entry(diff, pair, changes[side][!pair->user[!side]], effect);
		diff_object(diff, entry, role->name, &role->origin, side);
	}
}

/* What all columns together do. */
static enum ir_diff_effect effect_of_row(struct diff *diff, const struct diff_row *row)
{
	enum ir_diff_effect effect = IR_DIFF_NEUTRAL;

	for (uint32_t c = 0; c < diff->rules->columns.n; c++) {
		uint32_t decision = diff_decide(diff, c, row->chains[OLD][c], row->chains[NEW][c]);

		for (int i = 0; i < ASPECT__COUNT; i++) {
			const struct diff_aspect *aspect =
				&diff->rules->decisions.items[decision].aspects[i];

			if (aspect->any)
				effect = diff_effect_join(effect, aspect->effect);
		}
	}
	return effect;
}

static void fill_user_row(struct diff *diff, const struct user_pair *pair, struct diff_row *row)
{
	for (int side = OLD; side <= NEW; side++) {
		struct ir_indices roles = roles_of(pair, side);

		diff_row_fill(diff, row, side, &roles);
	}
}

static bool lacks_any(const struct diff *diff, const struct user_pair *pair, int side)
{
	struct ir_indices own = roles_of(pair, side), other = roles_of(pair, !side);

	for (size_t i = 0; i < own.n; i++) {
		if (!holds(diff, !side, &other, diff->role_ids[side][own.items[i]]))
			return true;
	}
	return false;
}

/* Is it the roles that changed what they permit, and not the user that changed roles? */
static bool same_roles(const struct diff *diff, const struct user_pair *pair)
{
	return pair->user[OLD] && pair->user[NEW] && !lacks_any(diff, pair, OLD) &&
	       !lacks_any(diff, pair, NEW);
}

static void report_other_roles(struct diff *diff, const struct user_pair *pair,
			       struct diff_row *row)
{
	enum ir_diff_effect effect, gained, lost;

	fill_user_row(diff, pair, row);
	effect = effect_of_row(diff, row);
	gained = lost = effect;
	/* Of both at once each gets its half, where that can be told. */
	if (lacks_any(diff, pair, OLD) && lacks_any(diff, pair, NEW)) {
		gained = effect == IR_DIFF_NARROWED ? IR_DIFF_NEUTRAL : effect;
		lost = effect == IR_DIFF_WIDENED ? IR_DIFF_NEUTRAL : effect;
	}
	if (effect == IR_DIFF_CHANGED && gained == lost && !lacks_any(diff, pair, OLD))
		lost = IR_DIFF_NEUTRAL;
	report_roles(diff, pair, NEW, gained);
	report_roles(diff, pair, OLD, lost);
}

/* Hides from the user's row what one of its roles, taken alone, tells already. */
static void hide_told(struct diff *diff, struct diff_row *row, const struct diff_row *role)
{
	for (uint32_t c = 0; c < diff->rules->columns.n; c++) {
		uint32_t told = diff_decide(diff, c, role->chains[OLD][c], role->chains[NEW][c]);
		uint32_t mine = diff_decide(diff, c, row->chains[OLD][c], row->chains[NEW][c]);
		const struct diff_decision *items = diff->rules->decisions.items;

		if (items[told].aspects[ASPECT_VERDICT].any &&
		    items[told].aspects[ASPECT_VERDICT].effect ==
			    items[mine].aspects[ASPECT_VERDICT].effect)
			row->chains[NEW][c] = row->chains[OLD][c];
	}
}

/* rows: the user's, and room for that of one role. */
static void report_combined(struct diff *diff, const struct user_pair *pair,
			    struct diff_row rows[2])
{
	const struct ir_indices *new = &pair->user[NEW]->roles;
	struct ir_diff_entry model = {.subject = IR_DIFF_USER, .name = pair->user[NEW]->name};

	if (new->n < 2 || diff_same_rules(diff, &pair->user[OLD]->roles, new))
		return;
	fill_user_row(diff, pair, &rows[0]);
	for (size_t i = 0; i < new->n; i++) {
		uint32_t id = diff->role_ids[NEW][new->items[i]];
		uint32_t old = diff_role_at(diff, OLD, id);

		diff_row_fill(diff, &rows[1], OLD, &(struct ir_indices){&old, old != IR_NONE, 1});
		diff_row_fill(diff, &rows[1], NEW, &(struct ir_indices){&new->items[i], 1, 1});
		hide_told(diff, &rows[0], &rows[1]);
	}
	model.note = STR("roles together");
	diff_report_row(diff, &rows[0], &model);
}

static void report_user(struct diff *diff, const struct user_pair *pair, struct diff_row rows[2])
{
	if (same_roles(diff, pair))
		report_combined(diff, pair, rows);
	else
		report_other_roles(diff, pair, &rows[0]);
}

/* Both lists are sorted by name. */
void diff_users(struct diff *diff)
{
	const struct ir_policy *old = diff->policy[OLD], *new = diff->policy[NEW];
	size_t i = 0, j = 0;
	struct diff_row rows[2];

	diff_row_init(diff, &rows[0]);
	diff_row_init(diff, &rows[1]);
	while (i < old->users.n || j < new->users.n) {
		struct user_pair pair = {{NULL, NULL}};
		int order = 0;

		if (i == old->users.n || j == new->users.n)
			order = i == old->users.n ? 1 : -1;
		else
			order = str_cmp(old->users.items[i].name, new->users.items[j].name);
		if (order <= 0)
			pair.user[OLD] = &old->users.items[i++];
		if (order >= 0)
			pair.user[NEW] = &new->users.items[j++];
		report_user(diff, &pair, rows);
	}
}

static struct ir_diff_entry *tool_entry(struct diff *diff, const struct diff_column *column,
					enum ir_diff_change change, enum ir_diff_effect effect)
{
	struct ir_diff_entry *entry = diff_entry(diff, &diff->entries, change, effect);

	entry->subject = IR_DIFF_TOOL;
	entry->name = column->name;
	return entry;
}

/* Whose rules permit a column: 1 for OLD, 2 for NEW, whatever a deny makes of it. */
static uint8_t *permitted_columns(struct diff *diff)
{
	uint8_t *permitted = arena_alloc(diff->arena, diff->rules->columns.n + 1);

	for (int side = OLD; side <= NEW; side++) {
		const struct ir_policy *policy = diff->policy[side];

		for (size_t i = 0; i < policy->rules.n; i++) {
			uint32_t one = 0;
			struct ir_indices columns =
				diff_columns_of(diff, policy->rules.items[i].pattern, &one);

			if (policy->rules.items[i].verdict == WRIT_VERDICT_DENY)
				continue;
			for (size_t c = 0; c < columns.n; c++)
				permitted[columns.items[c]] |= (uint8_t)(1u << side);
		}
	}
	return permitted;
}

static const struct ir_arg *find_arg(const struct ir_tool *tool, struct str name)
{
	for (size_t i = 0; i < tool->args.n; i++) {
		if (str_eq(tool->args.items[i].name, name))
			return &tool->args.items[i];
	}
	return NULL;
}

/*
 * Arguments that are secret on one side and on the other not, or not declared: what is not declared
 * is recorded as it comes. One that is new and secret was not there to be recorded.
 */
static void report_secrets(struct diff *diff, const struct diff_column *column, int side)
{
	const struct ir_tool *tool = column->tool[side], *other = column->tool[!side];
	enum ir_diff_change change = side == OLD ? IR_DIFF_SECRET_LOST : IR_DIFF_SECRET_GAINED;
	enum ir_diff_effect effect = side == OLD ? IR_DIFF_WIDENED : IR_DIFF_NARROWED;

	for (size_t i = 0; i < tool->args.n; i++) {
		const struct ir_arg *arg = find_arg(other, tool->args.items[i].name);

		if (tool->args.items[i].secret && (arg ? !arg->secret : side == OLD))
			diff_object(diff, tool_entry(diff, column, change, effect),
				    tool->args.items[i].name, NULL, NEW);
	}
}

static void report_class(struct diff *diff, const struct diff_column *column)
{
	static const char *const names[] = {"none", "read", "write", "execute", "admin"};
	struct ir_diff_entry *entry;

	if (column->tool[OLD]->class == column->tool[NEW]->class)
		return;
	entry = tool_entry(diff, column, IR_DIFF_CLASS, IR_DIFF_NEUTRAL);
	entry->before = str_from(names[column->tool[OLD]->class]);
	entry->after = str_from(names[column->tool[NEW]->class]);
	diff_object(diff, entry, column->name, NULL, NEW);
}

static void report_own_sandbox(struct diff *diff, const struct diff_column *column,
			       uint8_t permitted)
{
	struct diff_aspect aspect = {0};
	struct ir_diff_entry *entry;

	/* A new tool is told where a role gains it. */
	if (permitted != 3 && !(column->tool[OLD] && column->tool[NEW]))
		return;
	if (!diff_sandbox_change(diff, column->sandbox[OLD], column->sandbox[NEW], &aspect))
		return;
	entry = tool_entry(diff, column, aspect.change, aspect.effect);
	entry->before = aspect.before;
	entry->after = aspect.after;
	entry->note = permitted & 2 ? STR("") : STR("no role can call it");
	diff_object(diff, entry, column->name, NULL, NEW);
}

void diff_tools(struct diff *diff)
{
	uint8_t *permitted = permitted_columns(diff);

	for (size_t i = 0; i < diff->rules->columns.n; i++) {
		const struct diff_column *column = &diff->rules->columns.items[i];

		report_own_sandbox(diff, column, permitted[i]);
		if (!column->tool[OLD] || !column->tool[NEW])
			continue;
		report_class(diff, column);
		report_secrets(diff, column, OLD);
		report_secrets(diff, column, NEW);
	}
}
