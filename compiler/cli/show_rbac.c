/*
 * The decision table, as `writc show` prints it: for each role what it may call and which rule says
 * so.
 *
 * A column that stands for a class of names is shown as the rules' wildcards that match it, and a
 * name that is in it: the shortest that leads there in the automaton. The name tells classes apart
 * that only the wildcards of tool declarations divide, which a bundle does not hold.
 */
#include "cli/show.h"

#include <inttypes.h>
#include <string.h>

#include "base/map.h"
#include "ir/ir.h"

struct table {
	const struct show *show;
	const struct writ_fmt_policy *policy;
	uint32_t n_columns;
	struct str *labels; /* of columns */
};

static const char *verdict_name(const struct writ_fmt_policy *policy, uint32_t rule)
{
	if (rule < policy->n_deny)
		return "deny";
	return rule - policy->n_deny < policy->n_ask ? "ask" : "allow";
}

static const char *class_name(uint32_t class)
{
	static const char *const names[] = {"none", "read", "write", "execute", "admin"};

	return class < sizeof(names) / sizeof(names[0]) ? names[class] : "unknown";
}

/* A byte of each class that a tool name may hold; 0 for classes of others. */
static void class_bytes(const uint8_t *classes, char bytes[256])
{
	static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	memset(bytes, 0, 256);
	for (size_t i = sizeof(name_bytes) - 1; i > 0; i--)
		bytes[classes[(uint8_t)name_bytes[i - 1]]] = name_bytes[i - 1];
}

/* For each state a shortest name that leads there, .ptr NULL where none does; breadth first. */
static struct str *shortest_names(const struct show *show, const struct writ_fmt_policy *policy)
{
	const uint16_t *states = show->image->sections[WRIT_SECTION_STATES].records;
	uint32_t n_states = BUNDLE_N(show->image, ACCEPTS);
	struct str *names = arena_alloc(show->arena, n_states * sizeof(*names));
	uint32_t *queue = arena_alloc(show->arena, (n_states + 1) * sizeof(*queue));
	uint32_t n = 0;
	char bytes[256];

	class_bytes(show->image->sections[WRIT_SECTION_CHAR_CLASSES].records, bytes);
	/* Where the empty name leads is not named by it: no tool has it. */
	queue[n++] = policy->start;
	for (uint32_t at = 0; at < n; at++) {
		const uint16_t *row = &states[(size_t)queue[at] * policy->n_classes];
		struct str name = at ? names[queue[at]] : STR("");

		for (uint32_t class = 0; class < policy->n_classes; class ++) {
			if (!bytes[class] || names[row[class]].ptr || name.len == WRIT_MAX_NAME)
				continue;
			names[row[class]] = str_printf(show->arena, "%.*s%c", STR_ARG(name),
						       bytes[class]);
			queue[n++] = row[class];
		}
	}
	return names;
}

/* The distinct wildcards of rules that match a name, in the order of the rules. */
static struct str matching_wildcards(const struct show *show, struct str name)
{
	struct str text = {"", 0};
	struct map seen = {0};

	for (uint32_t i = 0; i < BUNDLE_N(show->image, RULES); i++) {
		struct writ_fmt_str pattern = BUNDLE_AT(show->image, RULES, rule, i)->pattern;
		struct str raw = bundle_str(show->image, pattern);

		if (ir_pattern_is_exact(raw) || !ir_pattern_matches(raw, name) ||
		    !map_put(show->arena, &seen, raw, i))
			continue;
		text = str_printf(show->arena, "%.*s%s%.*s", STR_ARG(text), text.len ? " & " : "",
				  STR_ARG(show_str(show, pattern)));
	}
	return text;
}

/*
 * For each column that stands for a class, a shortest of its names; .ptr NULL where there is none.
 */
static struct str *class_samples(const struct table *table)
{
	const struct show *show = table->show;
	const uint32_t *accepts = show->image->sections[WRIT_SECTION_ACCEPTS].records;
	const struct str *names = shortest_names(show, table->policy);
	struct str *samples = arena_alloc(show->arena, table->n_columns * sizeof(*samples));

	for (uint32_t s = 0; s < BUNDLE_N(show->image, ACCEPTS); s++) {
		struct str *sample = accepts[s] == WRIT_NONE ? NULL : &samples[accepts[s]];

		if (sample && names[s].ptr && (!sample->ptr || names[s].len < sample->len))
			*sample = names[s];
	}
	return samples;
}

static struct str class_label(const struct show *show, struct str sample)
{
	struct str wildcards;

	if (!sample.ptr)
		return STR("(no name)");
	wildcards = matching_wildcards(show, sample);
	if (wildcards.len == 0)
		wildcards = STR("(no rule)");
	return str_printf(show->arena, "%.*s, as %.*s", STR_ARG(wildcards), STR_ARG(sample));
}

static void make_labels(struct table *table)
{
	const struct show *show = table->show;
	const struct str *samples = class_samples(table);

	table->labels = arena_alloc(show->arena, table->n_columns * sizeof(*table->labels));
	for (uint32_t i = 0; i < table->n_columns; i++)
		table->labels[i] =
			i < table->policy->n_named
				? show_str(show, BUNDLE_AT(show->image, COLUMNS, column, i)->name)
				: class_label(show, samples[i]);
}

static struct table make_table(const struct show *show)
{
	struct table table = {.show = show,
			      .policy = BUNDLE_AT(show->image, POLICY, policy, 0),
			      .n_columns = BUNDLE_N(show->image, COLUMNS)};

	make_labels(&table);
	return table;
}

static struct str sandbox_name(const struct show *show, uint32_t sandbox)
{
	if (sandbox == WRIT_NONE)
		return STR("none");
	return show_str(show, BUNDLE_AT(show->image, SANDBOXES, sandbox, sandbox)->name);
}

/* The rules that may decide a cell, strictest first; *n is how many. */
static const uint16_t *cell_rules(const struct table *table, uint16_t cell, uint16_t *only,
				  uint32_t *n)
{
	const struct bundle_image *image = table->show->image;
	uint32_t n_rules = BUNDLE_N(image, RULES);
	const uint16_t *rules = image->sections[WRIT_SECTION_CHAIN_RULES].records;
	const struct writ_fmt_range *chains = image->sections[WRIT_SECTION_CHAINS].records;

	*only = (uint16_t)(cell - 1u);
	*n = cell ? 1 : 0;
	if (cell <= n_rules)
		return only;
	*n = chains[cell - n_rules - 1].count;
	return rules + chains[cell - n_rules - 1].first;
}

/* " where path under "/x" using box rate 10/60s burst 3", or nothing. */
static struct str rule_terms(const struct show *show, const struct writ_fmt_rule *rule)
{
	struct str text = {"", 0};

	if (rule->condition.len)
		text = str_printf(show->arena, " where %.*s",
				  STR_ARG(show_str(show, rule->condition)));
	if (rule->sandbox != WRIT_NONE)
		text = str_printf(show->arena, "%.*s using %.*s", STR_ARG(text),
				  STR_ARG(sandbox_name(show, rule->sandbox)));
	if (rule->rate)
		text = str_printf(show->arena,
				  "%.*s rate %" PRIu32 " in %" PRIu32 "s burst %" PRIu32,
				  STR_ARG(text), rule->rate, rule->period_s, rule->burst);
	return text;
}

static void print_rule(const struct table *table, uint32_t index, struct str label)
{
	const struct show *show = table->show;
	const struct writ_fmt_rule *rule = BUNDLE_AT(show->image, RULES, rule, index);
	struct str role = show_str(show, BUNDLE_AT(show->image, ROLES, role, rule->role)->name);
	struct str place = STR("");

	if (rule->file.len)
		place = str_printf(show->arena, "%.*s:%" PRIu32 ":%" PRIu32 " ",
				   STR_ARG(show_str(show, rule->file)), rule->line, rule->col);
	fprintf(show->out, "    %-5s %-24.*s %.*srole %.*s: %.*s%.*s\n",
		verdict_name(table->policy, index), STR_ARG(label), STR_ARG(place), STR_ARG(role),
		STR_ARG(show_str(show, rule->pattern)), STR_ARG(rule_terms(show, rule)));
}

static void print_row(const struct table *table, uint32_t row)
{
	const struct show *show = table->show;
	unsigned printed = 0;

	for (uint32_t i = 0; i < table->n_columns; i++) {
		uint16_t only;
		uint32_t n;
		const uint16_t *rules = cell_rules(table, bundle_cell(show->image, row, i), &only,
						   &n);

		for (uint32_t r = 0; r < n; r++)
			print_rule(table, rules[r], table->labels[i]);
		printed += n;
	}
	if (printed == 0)
		fputs("    nothing is allowed\n", show->out);
}

static void print_columns(const struct table *table)
{
	const struct show *show = table->show;

	fputs("  tools (class, sandbox):\n", show->out);
	for (uint32_t i = 0; i < table->n_columns; i++) {
		const struct writ_fmt_column *column = BUNDLE_AT(show->image, COLUMNS, column, i);

		fprintf(show->out, "    %-24.*s %-8s %.*s%s\n", STR_ARG(table->labels[i]),
			class_name(column->class), STR_ARG(sandbox_name(show, column->sandbox)),
			i < table->policy->n_named ? "" : "  (names the policy does not list)");
	}
}

/* The name of the role whose row it is; users with several roles have rows of their own. */
static struct str row_role(const struct show *show, uint32_t row)
{
	for (uint32_t i = 0; i < BUNDLE_N(show->image, ROLES); i++) {
		const struct writ_fmt_role *role = BUNDLE_AT(show->image, ROLES, role, i);

		if (role->row == row)
			return show_str(show, role->name);
	}
	return (struct str){NULL, 0};
}

void show_rbac_text(const struct show *show)
{
	struct table table = make_table(show);

	fprintf(show->out,
		"rbac: %" PRIu32 " roles, %" PRIu32 " users, %" PRIu32 " tools, %" PRIu32
		" classes of other names, %" PRIu32 " rules\n",
		BUNDLE_N(show->image, ROLES), BUNDLE_N(show->image, USERS), table.policy->n_named,
		table.n_columns - table.policy->n_named, BUNDLE_N(show->image, RULES));
	print_columns(&table);
	for (uint32_t i = 0; i < BUNDLE_N(show->image, ROLES); i++) {
		const struct writ_fmt_role *role = BUNDLE_AT(show->image, ROLES, role, i);

		fprintf(show->out, "  role %.*s:\n", STR_ARG(show_str(show, role->name)));
		print_row(&table, role->row);
	}
	for (uint32_t i = 0; i < BUNDLE_N(show->image, USERS); i++) {
		const struct writ_fmt_user *user = BUNDLE_AT(show->image, USERS, user, i);
		struct str role = row_role(show, user->row);

		fprintf(show->out, "  user \"%.*s\":", STR_ARG(show_quoted(show, user->name)));
		if (role.ptr) {
			fprintf(show->out, " as role %.*s\n", STR_ARG(role));
			continue;
		}
		fputs(" several roles together\n", show->out);
		print_row(&table, user->row);
	}
}

static json_t *row_json(const struct table *table, uint32_t row)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < table->n_columns; i++) {
		uint16_t only;
		uint32_t n;
		const uint16_t *rules = cell_rules(table, bundle_cell(table->show->image, row, i),
						   &only, &n);
		json_t *others = json_array();

		for (uint32_t r = 1; r < n; r++)
			json_array_append_new(others, json_integer(rules[r]));
		if (n)
			json_array_append_new(array,
					      json_pack("{s:s%,s:s,s:i,s:O}", "tool",
							table->labels[i].ptr, table->labels[i].len,
							"verdict",
							verdict_name(table->policy, rules[0]),
							"rule", (int)rules[0], "else", others));
		json_decref(others);
	}
	return array;
}

static void add_terms(const struct show *show, json_t *entry, const struct writ_fmt_rule *rule)
{
	if (rule->condition.len)
		json_object_set_new(entry, "where", show_json_str(show, rule->condition));
	if (rule->sandbox != WRIT_NONE)
		json_object_set_new(entry, "using",
				    show_json_str(show, BUNDLE_AT(show->image, SANDBOXES, sandbox,
								  rule->sandbox)
								->name));
	if (rule->rate)
		json_object_set_new(entry, "rate",
				    json_pack("{s:I,s:I,s:I}", "calls", (json_int_t)rule->rate,
					      "seconds", (json_int_t)rule->period_s, "burst",
					      (json_int_t)rule->burst));
}

static json_t *rules_json(const struct table *table)
{
	const struct show *show = table->show;
	json_t *array = json_array();

	for (uint32_t i = 0; i < BUNDLE_N(show->image, RULES); i++) {
		const struct writ_fmt_rule *rule = BUNDLE_AT(show->image, RULES, rule, i);

		json_t *entry = json_pack(
			"{s:s,s:o,s:o,s:o,s:I,s:I}", "verdict", verdict_name(table->policy, i),
			"pattern", show_json_str(show, rule->pattern), "role",
			show_json_str(show, BUNDLE_AT(show->image, ROLES, role, rule->role)->name),
			"file", show_json_str(show, rule->file), "line", (json_int_t)rule->line,
			"column", (json_int_t)rule->col);

		add_terms(show, entry, rule);
		json_array_append_new(array, entry);
	}
	return array;
}

static json_t *columns_json(const struct table *table)
{
	const struct show *show = table->show;
	json_t *array = json_array();

	for (uint32_t i = 0; i < table->n_columns; i++) {
		const struct writ_fmt_column *column = BUNDLE_AT(show->image, COLUMNS, column, i);
		struct str label = table->labels[i], sandbox = sandbox_name(show, column->sandbox);

		json_array_append_new(array,
				      json_pack("{s:s%,s:b,s:s,s:o}", "tool", label.ptr, label.len,
						"listed", i < table->policy->n_named, "class",
						class_name(column->class), "sandbox",
						column->sandbox == WRIT_NONE
							? json_null()
							: json_stringn(sandbox.ptr, sandbox.len)));
	}
	return array;
}

json_t *show_rbac_json(const struct show *show)
{
	struct table table = make_table(show);
	json_t *roles = json_array(), *users = json_array();

	for (uint32_t i = 0; i < BUNDLE_N(show->image, ROLES); i++) {
		const struct writ_fmt_role *role = BUNDLE_AT(show->image, ROLES, role, i);

		json_array_append_new(roles, json_pack("{s:o,s:o}", "role",
						       show_json_str(show, role->name), "tools",
						       row_json(&table, role->row)));
	}
	for (uint32_t i = 0; i < BUNDLE_N(show->image, USERS); i++) {
		const struct writ_fmt_user *user = BUNDLE_AT(show->image, USERS, user, i);

		json_array_append_new(users, json_pack("{s:o,s:o}", "user",
						       show_json_str(show, user->name), "tools",
						       row_json(&table, user->row)));
	}
	return json_pack("{s:o,s:o,s:o,s:o}", "tools", columns_json(&table), "rules",
			 rules_json(&table), "roles", roles, "users", users);
}
