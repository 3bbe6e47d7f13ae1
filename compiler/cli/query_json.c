/*
 * Answers to queries for programs: {"version": 1, and one array}; the keys are in docs/testing.md.
 */
#include "cli/json_out.h"
#include "cli/query.h"
#include "judge/why.h"

static void add_text(json_t *object, const char *key, struct str text)
{
	json_out_add(object, key, json_out_text(text));
}

static void add_number(json_t *object, const char *key, size_t number)
{
	json_out_add(object, key, json_out_must(json_integer((json_int_t)number)));
}

static void dump(const char *key, json_t *array)
{
	json_t *root = json_out_must(json_object());

	add_number(root, "version", 1);
	json_out_add(root, key, array);
	json_out_dump(root);
}

static json_t *rule_json(const struct query *query, uint32_t index)
{
	const struct ir_rule *rule = &query->ir->rules.items[index];
	json_t *object = json_out_must(json_object());

	add_text(object, "verdict", str_from(why_verdict(rule->verdict)));
	add_text(object, "pattern", rule->pattern);
	if (rule->condition.len)
		add_text(object, "condition", rule->condition);
	if (rule->sandbox != IR_NONE)
		add_text(object, "using", query->ir->sandboxes.items[rule->sandbox].name);
	if (rule->rate)
		add_text(object, "text", why_rule_text(query->arena, query->ir, index));
	add_text(object, "role", query->ir->roles.items[rule->role].name);
	if (rule->origin.line) {
		add_text(object, "file", rule->origin.file);
		add_number(object, "line", rule->origin.line);
		add_number(object, "column", rule->origin.col);
	}
	return object;
}

static json_t *rules_json(const struct query *query, const struct ir_indices *rules)
{
	json_t *array = json_out_must(json_array());

	for (size_t i = 0; i < rules->n; i++)
		json_out_append(array, rule_json(query, rules->items[i]));
	return array;
}

void query_who_json(const struct query *query)
{
	json_t *array = json_out_must(json_array());

	for (size_t i = 0; i < query->found.n; i++) {
		const struct query_answer *answer = &query->found.items[i];
		json_t *object = json_out_must(json_object());

		add_text(object, answer->is_user ? "user" : "role", answer->name);
		json_out_add(object, "rules", rules_json(query, &answer->chain));
		json_out_append(array, object);
	}
	dump("subjects", array);
}

void query_what_json(const struct query *query)
{
	json_t *array = json_out_must(json_array());

	for (size_t i = 0; i < query->found.n; i++) {
		const struct query_answer *answer = &query->found.items[i];
		json_t *object = json_out_must(json_object());

		add_text(object, answer->is_pattern ? "pattern" : "tool", answer->name);
		json_out_add(object, "rules", rules_json(query, &answer->chain));
		if (answer->is_pattern)
			json_out_add(object, "some", rules_json(query, &answer->some));
		json_out_append(array, object);
	}
	dump("tools", array);
}

static json_t *args_json(const struct ir_tool *tool)
{
	json_t *array = json_out_must(json_array());

	for (size_t i = 0; i < tool->args.n; i++) {
		json_t *object = json_out_must(json_object());

		add_text(object, "name", tool->args.items[i].name);
		add_text(object, "type", str_from(query_kind_name(tool->args.items[i].kind)));
		json_out_add(object, "secret",
			     json_out_must(json_boolean(tool->args.items[i].secret)));
		json_out_append(array, object);
	}
	return array;
}

void query_tools_json(const struct query *query)
{
	json_t *array = json_out_must(json_array());

	for (size_t t = 0; t < query->ir->tools.n; t++) {
		const struct ir_tool *tool = &query->ir->tools.items[t];
		json_t *object = json_out_must(json_object());

		add_text(object, "name", tool->name);
		json_out_add(object, "declared", json_out_must(json_boolean(tool->declared)));
		if (tool->class != WRIT_CLASS_NONE)
			add_text(object, "class", str_from(query_class_name(tool->class)));
		if (tool->sandbox != IR_NONE)
			add_text(object, "sandbox", query->ir->sandboxes.items[tool->sandbox].name);
		json_out_add(object, "arguments", args_json(tool));
		json_out_append(array, object);
	}
	dump("tools", array);
}

static json_t *role_names(const struct query *query, const struct ir_indices *roles)
{
	json_t *array = json_out_must(json_array());

	for (size_t i = 0; i < roles->n; i++)
		json_out_append(array, json_out_text(query->ir->roles.items[roles->items[i]].name));
	return array;
}

void query_roles_json(const struct query *query)
{
	json_t *array = json_out_must(json_array());

	for (uint32_t r = 0; r < query->ir->roles.n; r++) {
		const struct ir_role *role = &query->ir->roles.items[r];
		struct ir_indices holders = query_holders(query, r);
		json_t *object = json_out_must(json_object());
		json_t *users = json_out_must(json_array());

		for (size_t i = 0; i < holders.n; i++)
			json_out_append(users,
					json_out_text(
						query->ir->users.items[holders.items[i]].name));
		add_text(object, "name", role->name);
		json_out_add(object, "extends", role_names(query, &role->parents));
		add_number(object, "rules", role->rules.n);
		json_out_add(object, "users", users);
		json_out_append(array, object);
	}
	dump("roles", array);
}

void query_users_json(const struct query *query)
{
	json_t *array = json_out_must(json_array());

	for (size_t u = 0; u < query->ir->users.n; u++) {
		const struct ir_user *user = &query->ir->users.items[u];
		json_t *object = json_out_must(json_object());

		add_text(object, "name", user->name);
		json_out_add(object, "roles", role_names(query, &user->roles));
		json_out_append(array, object);
	}
	dump("users", array);
}
