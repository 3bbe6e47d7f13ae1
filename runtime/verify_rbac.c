/*
 * Validation of what leads to the decision table: rules, subjects and columns, the index tables,
 * and the automaton that finds the column of a tool name the policy does not list.
 *
 * After this a lookup needs no bounds of its own: every id found by name is in range, every lookup
 * ends, and every byte string drives the automaton to a state it has. The table itself is
 * verify_table.c's.
 */
#include "runtime/verify.h"

#include <string.h>

#include "runtime/error.h"
#include "runtime/index.h"

#define N_BYTES 256u

struct index_check {
	const char *name; /* for messages */
	enum writ_section_id slots;
	enum writ_section_id records;
	uint32_t n; /* records [0, n) are in the index */
};

/*
 * As many slots are taken as there are records, by ids that are some record's, and from every start
 * a free slot is near: then lookups end, and soon. Which slots are free can't be predicted, so this
 * has no branches.
 */
static bool slots_ok(const struct image *image, const struct index_check *check)
{
	uint32_t n_slots = image_count(image, check->slots);
	const struct writ_fmt_slot *slots = image->sections[check->slots].records;
	uint32_t taken = 0, wrong = 0, run = 0, longest = 0;

	for (uint32_t i = 0; i < n_slots; i++) {
		bool free = slots[i].id == WRIT_NONE;

		taken += !free;
		wrong |= free ? slots[i].hash : slots[i].id >= check->n;
		run = free ? 0 : run + 1;
		longest = run > longest ? run : longest;
	}
	/* A run may go on at the beginning; one that is too long is known by then. */
	for (uint32_t i = 0; i < WRIT_MAX_PROBES; i++) {
		run = slots[i & (n_slots - 1)].id == WRIT_NONE ? 0 : run + 1;
		longest = run > longest ? run : longest;
	}
	return !wrong && taken == check->n && longest < WRIT_MAX_PROBES;
}

/*
 * Every name leads to its own record. As there are as many taken slots as records, each record then
 * has exactly one slot, and no two have one name.
 */
static bool names_found(const struct index *index, uint32_t n)
{
	for (uint32_t id = 0; id < n; id++) {
		struct writ_fmt_str name = index_name(index, id);

		if (index_find(index, index->strings + name.offset, name.len) != id)
			return false;
	}
	return true;
}

static int check_index(const struct image *image, const struct index_check *check,
		       struct writ_error *error)
{
	uint32_t n_slots = image_count(image, check->slots);
	const struct index index = index_of(image, check->slots, check->records);

	if (n_slots == 0 || n_slots & (n_slots - 1) || check->n > n_slots / 2)
		return verify_bad(error, check->name, n_slots, "the number of slots");
	if (!slots_ok(image, check))
		return verify_bad(error, check->name, 0,
				  "slots and records do not match, or too many are taken in a row");
	if (!names_found(&index, check->n))
		return verify_bad(error, check->name, 0, "a name is not found where it must be");
	if (!verify_names_ascend(image, &(struct verify_names){check->records, check->n,
							       INDEX_RECORD_SIZE}))
		return verify_bad(error, check->name, 0, "the names do not ascend");
	return 0;
}

/* A place is whole or left out. */
static bool place_ok(const struct image *image, const struct writ_fmt_rule *rule)
{
	if (rule->file.len == 0)
		return rule->file.offset == 0 && rule->line == 0 && rule->col == 0;
	return verify_str(image, rule->file, 1, WRIT_MAX_TEXT);
}

/* No rate, or so many calls a second, minute, hour or day. */
static bool rate_ok(const struct writ_fmt_rule *rule)
{
	if (rule->rate == 0)
		return rule->period_s == 0 && rule->burst == 0;
	return rule->burst != 0 && (rule->period_s == 1 || rule->period_s == 60 ||
				    rule->period_s == 3600 || rule->period_s == 86400);
}

/* The tests of its condition are verify_conditions's. */
static const char *check_rule(const struct image *image, uint32_t index)
{
	const struct writ_fmt_rule *rule = image_RULES(image, index);
	bool has_condition = rule->where.count != 0;

	if (!verify_str(image, rule->pattern, 1, WRIT_MAX_NAME))
		return "the pattern";
	if (!place_ok(image, rule))
		return "the place";
	if (rule->role >= image_count(image, WRIT_SECTION_ROLES))
		return "the role";
	if (rule->sandbox != WRIT_NONE &&
	    rule->sandbox >= image_count(image, WRIT_SECTION_SANDBOXES))
		return "the sandbox";
	if (!has_condition && rule->where.first)
		return "the condition";
	if (!verify_str(image, rule->condition, has_condition ? 1 : 0,
			has_condition ? WRIT_MAX_CONDITION : 0))
		return "the condition's text";
	if (!rate_ok(rule))
		return "the rate";
	return rule->reserved ? "a reserved field is not zero" : NULL;
}

/* Roles and users: a name and a row. */
static const char *check_subject(const struct image *image, struct writ_fmt_str name, uint32_t row,
				 uint32_t reserved)
{
	if (!verify_str(image, name, 1, WRIT_MAX_NAME))
		return "the name";
	if (row >= image_POLICY(image, 0)->n_rows)
		return "the row";
	return reserved ? "a reserved field is not zero" : NULL;
}

static const char *check_role(const struct image *image, uint32_t index)
{
	const struct writ_fmt_role *role = image_ROLES(image, index);

	return check_subject(image, role->name, role->row, role->reserved);
}

static const char *check_user(const struct image *image, uint32_t index)
{
	const struct writ_fmt_user *user = image_USERS(image, index);

	return check_subject(image, user->name, user->row, user->reserved);
}

static const char *check_column(const struct image *image, uint32_t index)
{
	const struct writ_fmt_column *column = image_COLUMNS(image, index);
	bool is_named = index < image_POLICY(image, 0)->n_named;

	if (!verify_str(image, column->name, is_named ? 1 : 0, is_named ? WRIT_MAX_NAME : 0))
		return "the name";
	if (is_named && !verify_tool_name(image_str(image, column->name), column->name.len))
		return "a name that no tool can have";
	if (column->sandbox != WRIT_NONE &&
	    column->sandbox >= image_count(image, WRIT_SECTION_SANDBOXES))
		return "the sandbox";
	return column->class <= WRIT_CLASS_ADMIN ? NULL : "the class";
}

static const struct {
	enum writ_section_id section;
	const char *name;
	const char *(*check)(const struct image *image, uint32_t index);
} record_checks[] = {
	{WRIT_SECTION_RULES, "rules", check_rule},
	{WRIT_SECTION_ROLES, "roles", check_role},
	{WRIT_SECTION_USERS, "users", check_user},
	{WRIT_SECTION_COLUMNS, "columns", check_column},
};
#define N_RECORD_CHECKS (sizeof(record_checks) / sizeof(record_checks[0]))

static int check_shape(const struct image *image, struct writ_error *error)
{
	const struct writ_fmt_policy *policy = image_POLICY(image, 0);
	uint64_t n_columns = image_count(image, WRIT_SECTION_COLUMNS);
	uint64_t n_states = image_count(image, WRIT_SECTION_ACCEPTS);

	if (policy->n_named > n_columns)
		return verify_bad(error, "policy", 0, "more named tools than columns");
	if (policy->n_classes == 0 || policy->n_classes > N_BYTES ||
	    image_count(image, WRIT_SECTION_CHAR_CLASSES) != N_BYTES)
		return verify_bad(error, "char_classes", 0, "their number");
	if (n_states == 0 || n_states > WRIT_MAX_STATES ||
	    n_states * policy->n_classes != image_count(image, WRIT_SECTION_STATES))
		return verify_bad(error, "states", 0, "their number");
	if (policy->start >= n_states)
		return verify_bad(error, "policy", 0, "the start state");
	return 0;
}

/* The classes of bytes that no tool name holds lead to the sink from every state. */
static bool bad_bytes_sink(const struct image *image, uint32_t n_classes, uint32_t n_states)
{
	bool must_sink[N_BYTES] = {false};

	for (uint32_t b = 0; b < N_BYTES; b++) {
		char c = (char)b;

		if (!verify_tool_name(&c, 1))
			must_sink[*image_CHAR_CLASSES(image, b)] = true;
	}
	for (uint32_t i = 0; i < n_states * n_classes; i++) {
		if (must_sink[i % n_classes] && *image_STATES(image, i) != 0)
			return false;
	}
	return true;
}

static int check_automaton(const struct image *image, struct writ_error *error)
{
	uint32_t n_classes = image_POLICY(image, 0)->n_classes;
	uint32_t n_states = image_count(image, WRIT_SECTION_ACCEPTS);
	uint32_t n_named = image_POLICY(image, 0)->n_named;

	for (uint32_t b = 0; b < N_BYTES; b++) {
		if (*image_CHAR_CLASSES(image, b) >= n_classes)
			return verify_bad(error, "char_classes", b, "out of range");
	}
	for (uint32_t i = 0; i < n_states * n_classes; i++) {
		if (*image_STATES(image, i) >= n_states)
			return verify_bad(error, "states", i, "out of range");
		if (i < n_classes && *image_STATES(image, i) != 0)
			return verify_bad(error, "states", i, "state 0 is not a sink");
	}
	for (uint32_t i = 0; i < n_states; i++) {
		uint32_t column = *image_ACCEPTS(image, i);

		if (column != WRIT_NONE && (i == 0 || column < n_named ||
					    column >= image_count(image, WRIT_SECTION_COLUMNS)))
			return verify_bad(error, "accepts", i, "the column");
	}
	if (!bad_bytes_sink(image, n_classes, n_states))
		return verify_bad(error, "states", 0, "a byte that no tool name holds is accepted");
	return 0;
}

static int check_indexes(const struct image *image, struct writ_error *error)
{
	const struct index_check checks[] = {
		{"role_index", WRIT_SECTION_ROLE_INDEX, WRIT_SECTION_ROLES,
		 image_count(image, WRIT_SECTION_ROLES)},
		{"user_index", WRIT_SECTION_USER_INDEX, WRIT_SECTION_USERS,
		 image_count(image, WRIT_SECTION_USERS)},
		{"tool_index", WRIT_SECTION_TOOL_INDEX, WRIT_SECTION_COLUMNS,
		 image_POLICY(image, 0)->n_named},
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(checks) / sizeof(checks[0]); i++)
		rc = check_index(image, &checks[i], error);
	return rc;
}

int verify_rbac(const struct image *image, struct writ_error *error)
{
	int rc = check_shape(image, error);

	for (size_t c = 0; !rc && c < N_RECORD_CHECKS; c++) {
		uint32_t n = image_count(image, record_checks[c].section);

		for (uint32_t i = 0; !rc && i < n; i++) {
			const char *what = record_checks[c].check(image, i);

			if (what)
				rc = verify_bad(error, record_checks[c].name, i, what);
		}
	}
	if (!rc)
		rc = check_automaton(image, error);
	if (!rc)
		rc = check_indexes(image, error);
	if (!rc)
		rc = verify_conditions(image, error);
	if (!rc)
		rc = verify_table(image, error);
	return rc;
}
