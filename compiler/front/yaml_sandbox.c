/*
 * Sandboxes of a YAML policy as Writ text: one section a function, one table of keys a section.
 *
 * Most statements of a section are a word and a list, in both forms of a policy; the key is that
 * word and is copied.
 */
#include "front/yaml_parts.h"

void yaml_put_extends(struct yaml_out *out, const struct yaml_node *parents)
{
	if (!parents || !yaml_has_items(parents))
		return;
	yaml_put(out, " extends ", yaml_head(parents));
	yaml_put_list(out, parents, yaml_put_name);
}

/* "KEY item, item;" or, for an empty list, nothing. */
static void put_statement(struct yaml_out *out, const struct yaml_node *list, yaml_put_fn *put)
{
	if (!yaml_has_items(list))
		return;
	yaml_put(out, "\t\t", yaml_head(list));
	yaml_put_raw(out, list->key);
	yaml_put(out, " ", yaml_head(list));
	yaml_put_list(out, list, put);
	yaml_put_end(out, list);
}

static void put_grants(struct yaml_out *out, const struct yaml_node *list)
{
	put_statement(out, list, yaml_put_item);
}

static void put_names(struct yaml_out *out, const struct yaml_node *list)
{
	put_statement(out, list, yaml_put_name);
}

static void put_scratch(struct yaml_out *out, const struct yaml_node *map)
{
	if (map->kind != YAML_KIND_MAP) {
		yaml_wrong_shape(out, map, "a mapping of paths to sizes");
		return;
	}
	for (const struct yaml_node *size = map->first; size; size = size->next) {
		yaml_put(out, "\t\tscratch ", map->key->span);
		yaml_put_text(out, size->key);
		yaml_put(out, " ", size->key->span);
		yaml_put_quantity(out, size);
		yaml_put_end(out, size);
	}
}

static void put_variables(struct yaml_out *out, const struct yaml_node *map)
{
	if (map->kind != YAML_KIND_MAP) {
		yaml_wrong_shape(out, map, "a mapping of variables to values");
		return;
	}
	for (const struct yaml_node *value = map->first; value; value = value->next) {
		yaml_put(out, "\t\tset ", map->key->span);
		yaml_put_name(out, value->key);
		yaml_put(out, " = ", value->key->span);
		yaml_put_text(out, value);
		yaml_put_end(out, value);
	}
}

/* "VERB required item, item;" */
static void put_required(struct yaml_out *out, const struct yaml_node *list)
{
	if (!yaml_has_items(list))
		return;
	yaml_put(out, "\t\t", yaml_head(list));
	yaml_put_raw(out, list->key);
	yaml_put(out, " required ", yaml_head(list));
	yaml_put_list(out, list, yaml_put_item);
	yaml_put_end(out, list);
}

static const struct yaml_key required_keys[] = {
	{"read", put_required},
	{"write", put_required},
	{"execute", put_required},
	{NULL, NULL},
};

static void put_all_required(struct yaml_out *out, const struct yaml_node *map)
{
	yaml_put_keys(out, map, required_keys);
}

static const struct yaml_key filesystem_keys[] = {
	{"read", put_grants}, {"write", put_grants},    {"execute", put_grants},
	{"deny", put_grants}, {"scratch", put_scratch}, {"required", put_all_required},
	{NULL, NULL},
};

/* "connect item, item sni;" */
static void put_sni(struct yaml_out *out, const struct yaml_node *list)
{
	if (!yaml_has_items(list))
		return;
	yaml_put(out, "\t\tconnect ", yaml_head(list));
	yaml_put_list(out, list, yaml_put_item);
	yaml_put(out, " ", yaml_head(list));
	yaml_put_raw(out, list->key);
	yaml_put_end(out, list);
}

static const struct yaml_key network_keys[] = {
	{"connect", put_grants}, {"bind", put_grants}, {"deny", put_grants},
	{"unix", put_grants},    {"sni", put_sni},     {NULL, NULL},
};

static const struct yaml_key env_keys[] = {
	{"pass", put_names},
	{"secret", put_names},
	{"set", put_variables},
	{NULL, NULL},
};

static void section_begin(struct yaml_out *out, const struct yaml_node *section)
{
	yaml_put(out, "\t", section->key->span);
	yaml_put_raw(out, section->key);
	yaml_put(out, " {\n", section->key->span);
}

static void section_end(struct yaml_out *out, const struct yaml_node *section)
{
	yaml_put(out, "\t}\n",
		 (struct span){section->span.file, section->span.end, section->span.end});
}

static void put_section(struct yaml_out *out, const struct yaml_node *section,
			const struct yaml_key *keys)
{
	section_begin(out, section);
	yaml_put_keys(out, section, keys);
	section_end(out, section);
}

static void put_filesystem(struct yaml_out *out, const struct yaml_node *section)
{
	put_section(out, section, filesystem_keys);
}

static void put_network(struct yaml_out *out, const struct yaml_node *section)
{
	put_section(out, section, network_keys);
}

static void put_env(struct yaml_out *out, const struct yaml_node *section)
{
	put_section(out, section, env_keys);
}

static void put_limits(struct yaml_out *out, const struct yaml_node *section)
{
	if (section->kind != YAML_KIND_MAP) {
		yaml_wrong_shape(out, section, "a mapping of limits to values");
		return;
	}
	section_begin(out, section);
	for (const struct yaml_node *limit = section->first; limit; limit = limit->next) {
		yaml_put(out, "\t\t", limit->key->span);
		yaml_put_name(out, limit->key);
		yaml_put(out, " ", limit->key->span);
		yaml_put_quantity(out, limit);
		yaml_put_end(out, limit);
	}
	section_end(out, section);
}

static const struct yaml_key call_keys[] = {
	{"allow", NULL}, {"deny", NULL},   {"errno", NULL}, {"kill", NULL},
	{"log", NULL},   {"notify", NULL}, {NULL, NULL},
};

static const char *const call_verdicts[] = {"allow", "deny", NULL};
static const char *const call_actions[] = {"errno", "kill", "log", "notify", NULL};

/* " errno NAME", or the word itself; "kill: false" is as if it were not there. */
static void put_action(struct yaml_out *out, const struct yaml_node *action)
{
	bool wanted = true;

	if (str_eq(action->key->text, STR("errno"))) {
		yaml_put(out, " errno ", action->key->span);
		yaml_put_name(out, action);
		return;
	}
	if (!yaml_want_bool(out, action, &wanted) || !wanted)
		return;
	yaml_put(out, " ", action->key->span);
	yaml_put_raw(out, action->key);
}

static bool has_action(const struct yaml_node *rule)
{
	for (size_t i = 0; call_actions[i]; i++) {
		if (yaml_field(rule, call_actions[i]))
			return true;
	}
	return false;
}

static void put_calls(struct yaml_out *out, const struct yaml_node *rule)
{
	const struct yaml_node *calls;
	const struct yaml_node *action = NULL;

	if (!yaml_check_keys(out, rule, call_keys))
		return;
	calls = yaml_need_one(out, rule, call_verdicts);
	if (has_action(rule))
		action = yaml_need_one(out, rule, call_actions);
	if (!calls || !yaml_has_items(calls))
		return;
	yaml_put(out, "\t\t", calls->key->span);
	yaml_put_raw(out, calls->key);
	yaml_put(out, " ", calls->key->span);
	yaml_put_list(out, calls, yaml_put_call);
	if (action)
		put_action(out, action);
	yaml_put_end(out, calls);
}

/* One mapping for all that is allowed and all that is denied: its two lists are two rules. */
static void put_both(struct yaml_out *out, const struct yaml_node *both)
{
	static const struct yaml_key keys[] = {{"allow", NULL}, {"deny", NULL}, {NULL, NULL}};

	if (!yaml_check_keys(out, both, keys))
		return;
	for (const struct yaml_node *calls = both->first; calls; calls = calls->next)
		put_statement(out, calls, yaml_put_call);
}

static void put_syscalls(struct yaml_out *out, const struct yaml_node *section)
{
	section_begin(out, section);
	if (section->kind == YAML_KIND_LIST)
		yaml_each(out, section, put_calls);
	else if (yaml_field(section, "allow") && yaml_field(section, "deny"))
		put_both(out, section);
	else
		put_calls(out, section);
	section_end(out, section);
}

static void put_best_effort(struct yaml_out *out, const struct yaml_node *value)
{
	bool wanted;

	if (!yaml_want_bool(out, value, &wanted) || !wanted)
		return;
	yaml_put(out, "\t", value->key->span);
	yaml_put_raw(out, value->key);
	yaml_put_end(out, value);
}

static void put_strict(struct yaml_out *out, const struct yaml_node *what)
{
	yaml_put(out, "\tstrict ", what->key->span);
	yaml_put_name(out, what);
	yaml_put_end(out, what);
}

static void put_user(struct yaml_out *out, const struct yaml_node *user)
{
	yaml_put(out, "\tuser ", user->key->span);
	yaml_put_text(out, user);
	yaml_put_end(out, user);
}

static const struct yaml_key sandbox_keys[] = {
	{"name", NULL},
	{"extends", NULL},
	{"best_effort", put_best_effort},
	{"strict", put_strict},
	{"user", put_user},
	{"filesystem", put_filesystem},
	{"network", put_network},
	{"syscalls", put_syscalls},
	{"limits", put_limits},
	{"env", put_env},
	{NULL, NULL},
};

void yaml_put_sandbox(struct yaml_out *out, const struct yaml_node *name,
		      const struct yaml_node *body)
{
	yaml_put(out, "sandbox ", name->span);
	yaml_put_name(out, name);
	yaml_put_extends(out, yaml_field(body, "extends"));
	yaml_put(out, " {\n", name->span);
	if (body->kind != YAML_KIND_NULL)
		yaml_put_keys(out, body, sandbox_keys);
	yaml_put(out, "}\n", (struct span){body->span.file, body->span.end, body->span.end});
}
