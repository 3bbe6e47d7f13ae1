/*
 * Names and what they lead to.
 *
 * Each array of the IR is held against its section record by record, so that from here on index i
 * means the same on both sides. For a hash table that is looked up when the bundle is used: every
 * name is looked up, slot by slot as the format describes, and must give its own index; there are
 * as many taken slots as names, so none is left for another name; and one slot is empty, so that
 * every lookup ends.
 */
#include "verify/prove_names.h"

#include <string.h>

/* What begins with its name in the bundle. */
struct table {
	const char *what; /* for messages: "role" */
	enum writ_section_id records;
	enum writ_section_id slots;
	size_t record_size;
	VEC(struct str) names; /* the IR's, by index */
};

static struct str name_at(const struct view *view, const struct table *table, uint32_t index)
{
	const char *records = view->sections[table->records].records;
	struct writ_fmt_str name;

	memcpy(&name, records + index * table->record_size, sizeof(name));
	return view_str(view, name);
}

/* n bytes of a name from at on, little-endian; none behind its end are asked for. */
static uint64_t word_at(struct str name, size_t at, size_t n)
{
	uint64_t word = 0;

	while (n-- > 0)
		word = word << 8 | (uint8_t)name.ptr[at + n];
	return word;
}

/* m(x, y) of docs/format.md: the upper half of the product XOR the lower half. */
static uint64_t fold(uint64_t x, uint64_t y)
{
	__extension__ const unsigned __int128 product = (unsigned __int128)x * y;

	return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

/* The hash that docs/format.md defines. */
static uint32_t hash_of(struct str name)
{
	uint64_t a = 0, b = 0, c = 0, hash;

	if (name.len >= 8) {
		a = word_at(name, 0, 8);
		b = word_at(name, name.len < 16 ? name.len - 8 : 8, 8);
		c = word_at(name, name.len - 8, 8);
		for (size_t i = 16; i < name.len - 8; i += 8)
			b = fold(b ^ word_at(name, i, 8), WRIT_HASH_MUL);
	} else if (name.len >= 4) {
		a = word_at(name, 0, 4);
		c = word_at(name, name.len - 4, 4);
	} else if (name.len > 0) {
		a = word_at(name, 0, 1);
		b = word_at(name, name.len / 2, 1);
		c = word_at(name, name.len - 1, 1);
	}
	hash = fold(a ^ WRIT_HASH_SEED, c ^ name.len * WRIT_HASH_MUL);
	hash = fold(hash ^ b, WRIT_HASH_MUL);
	return (uint32_t)(hash ^ hash >> 32);
}

/* The index that a lookup finds, or WRIT_NONE. There is an empty slot. */
static uint32_t look_up(const struct view *view, const struct table *table, struct str name)
{
	const struct writ_fmt_slot *slots = view->sections[table->slots].records;
	uint32_t mask = view->sections[table->slots].n - 1;
	uint32_t hash = hash_of(name);

	for (uint32_t at = hash & mask; slots[at].id != WRIT_NONE; at = (at + 1) & mask) {
		if (slots[at].hash == hash && str_eq(name_at(view, table, slots[at].id), name))
			return slots[at].id;
	}
	return WRIT_NONE;
}

/* Is it a hash table of n entries, in which a lookup ends? */
static bool slots_ok(const struct view_section *slots, size_t n)
{
	const struct writ_fmt_slot *slot = slots->records;
	size_t taken = 0;

	if (slots->n == 0 || slots->n & (slots->n - 1))
		return false;
	for (uint32_t i = 0; i < slots->n; i++) {
		if (slot[i].id != WRIT_NONE && slot[i].id >= n)
			return false;
		taken += slot[i].id != WRIT_NONE;
	}
	return taken == n && taken < slots->n;
}

static struct str check_table(struct arena *arena, const struct view *view,
			      const struct table *table)
{
	if (view->sections[table->records].n < table->names.n)
		return str_printf(arena, "a %s is missing", table->what);
	for (uint32_t i = 0; i < table->names.n; i++) {
		struct str name = table->names.items[i];

		if (!str_eq(name_at(view, table, i), name))
			return str_printf(arena, "%s '%.*s' stands under another name", table->what,
					  STR_ARG(name));
	}
	if (!table->slots)
		return STR("");
	if (!slots_ok(&view->sections[table->slots], table->names.n))
		return str_printf(arena, "the index of %ss has entries that are none", table->what);
	for (uint32_t i = 0; i < table->names.n; i++) {
		struct str name = table->names.items[i];

		if (look_up(view, table, name) != i)
			return str_printf(arena, "%s '%.*s' is not found by its name", table->what,
					  STR_ARG(name));
	}
	return STR("");
}

/* names must have been filled; all records of the section are named by them. */
static struct str check_all(struct arena *arena, const struct view *view, const struct table *table)
{
	if (view->sections[table->records].n > table->names.n)
		return str_printf(arena, "there is a %s that the policy does not have",
				  table->what);
	return check_table(arena, view, table);
}

#define COLLECT(arena, table, array)                                                               \
	for (size_t i_ = 0; i_ < (array).n; i_++)                                                  \
	vec_add((arena), &(table)->names, (array).items[i_].name)

static struct str check_params(struct arena *arena, const struct ir_policy *policy,
			       const struct view *view)
{
	struct table table = {.what = "parameter",
			      .records = WRIT_SECTION_PARAMS,
			      .record_size = sizeof(struct writ_fmt_param)};
	struct str wrong;

	COLLECT(arena, &table, policy->params);
	wrong = check_all(arena, view, &table);
	for (uint32_t i = 0; wrong.len == 0 && i < policy->params.n; i++) {
		const struct writ_fmt_param *have = VIEW_AT(view, PARAMS, param, i);
		const struct ir_param *want = &policy->params.items[i];

		if (have->type != (uint32_t)want->type || have->has_default != want->has_default ||
		    !str_eq(view_str(view, have->fallback), want->fallback))
			wrong = str_printf(arena,
					   "parameter '%.*s' has another type or another default",
					   STR_ARG(want->name));
	}
	return wrong;
}

static struct str check_sandboxes(struct arena *arena, const struct ir_policy *policy,
				  const struct view *view)
{
	struct table table = {.what = "sandbox",
			      .records = WRIT_SECTION_SANDBOXES,
			      .record_size = sizeof(struct writ_fmt_sandbox)};

	COLLECT(arena, &table, policy->sandboxes);
	return check_all(arena, view, &table);
}

static struct str check_roles(struct arena *arena, const struct ir_policy *policy,
			      const struct view *view)
{
	struct table table = {.what = "role",
			      .records = WRIT_SECTION_ROLES,
			      .slots = WRIT_SECTION_ROLE_INDEX,
			      .record_size = sizeof(struct writ_fmt_role)};

	COLLECT(arena, &table, policy->roles);
	return check_all(arena, view, &table);
}

static struct str check_users(struct arena *arena, const struct ir_policy *policy,
			      const struct view *view)
{
	struct table table = {.what = "user",
			      .records = WRIT_SECTION_USERS,
			      .slots = WRIT_SECTION_USER_INDEX,
			      .record_size = sizeof(struct writ_fmt_user)};

	COLLECT(arena, &table, policy->users);
	return check_all(arena, view, &table);
}

static bool args_are(const struct view *view, struct writ_fmt_range range,
		     const struct ir_tool *tool)
{
	if (range.count != tool->args.n || !view_has(view, WRIT_SECTION_ARGS, range))
		return false;
	for (uint32_t i = 0; i < range.count; i++) {
		const struct writ_fmt_arg *have = VIEW_AT(view, ARGS, arg, range.first + i);
		const struct ir_arg *want = &tool->args.items[i];

		if (have->kind != (uint32_t)want->kind || have->secret != want->secret ||
		    !str_eq(view_str(view, have->name), want->name))
			return false;
	}
	return true;
}

static struct str check_tools(struct arena *arena, const struct ir_policy *policy,
			      const struct view *view)
{
	struct table table = {.what = "tool",
			      .records = WRIT_SECTION_TOOLS,
			      .record_size = sizeof(struct writ_fmt_tool)};
	struct str wrong;

	COLLECT(arena, &table, policy->tools);
	wrong = check_all(arena, view, &table);
	for (uint32_t i = 0; wrong.len == 0 && i < policy->tools.n; i++) {
		const struct writ_fmt_tool *have = VIEW_AT(view, TOOLS, tool, i);
		const struct ir_tool *want = &policy->tools.items[i];
		uint32_t flags = want->declared ? WRIT_TOOL_DECLARED : 0;

		if (have->class != (uint32_t)want->class || have->sandbox != want->sandbox ||
		    have->flags != flags || !args_are(view, have->args, want))
			wrong = str_printf(arena,
					   "tool '%.*s' has another class, sandbox or argument",
					   STR_ARG(want->name));
	}
	return wrong;
}

/* Behind the named columns are those of classes of names: prove_columns.c. */
static struct str check_columns(struct arena *arena, const struct ir_policy *policy,
				const struct view *view)
{
	struct table table = {.what = "tool",
			      .records = WRIT_SECTION_COLUMNS,
			      .slots = WRIT_SECTION_TOOL_INDEX,
			      .record_size = sizeof(struct writ_fmt_column)};

	for (size_t i = 0; i < policy->tools.n; i++) {
		if (ir_pattern_is_exact(policy->tools.items[i].name))
			vec_add(arena, &table.names, policy->tools.items[i].name);
	}
	if (VIEW_AT(view, POLICY, policy, 0)->n_named != table.names.n)
		return STR("there are more or fewer tools by name than the policy has");
	return check_table(arena, view, &table);
}

struct str prove_names(struct arena *arena, const struct ir_policy *policy, const struct view *view)
{
	static struct str (*const checks[])(struct arena *, const struct ir_policy *,
					    const struct view *) = {
		check_params, check_sandboxes, check_roles, check_users, check_tools, check_columns,
	};
	struct str wrong = STR("");

	if (VIEW_N(view, POLICY) != 1)
		return STR("there is not exactly one policy record");
	for (size_t i = 0; wrong.len == 0 && i < sizeof(checks) / sizeof(checks[0]); i++)
		wrong = checks[i](arena, policy, view);
	return wrong;
}
