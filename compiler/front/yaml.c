/*
 * The YAML form of a policy: YAML in, equivalent Writ text out, as a generated source file.
 *
 * The translation is of form only. It knows which keys there are, and nothing of what names mean:
 * the one grammar and the passes behind it read the text like any other, and what they report is
 * led back to the YAML file by the map the text comes with. Invariant: a value of the file ends up
 * as exactly one token, one string, or one balanced run of tokens in a place made for it, so that
 * no value can change the structure around it.
 */
#include "front/yaml.h"

#include <string.h>

#include "front/yaml_parts.h"

static void put_import(struct yaml_out *out, const struct yaml_node *path)
{
	yaml_put(out, "import ", yaml_head(path));
	yaml_put_text(out, path);
	yaml_put_end(out, path);
}

static void put_imports(struct yaml_out *out, const struct yaml_node *paths)
{
	yaml_each(out, paths, put_import);
}

static const struct yaml_key param_keys[] = {
	{"name", NULL},
	{"type", NULL},
	{"default", NULL},
	{NULL, NULL},
};

static void put_param(struct yaml_out *out, const struct yaml_node *name,
		      const struct yaml_node *body)
{
	bool is_map = body->kind == YAML_KIND_MAP;
	const struct yaml_node *type = body;
	const struct yaml_node *fallback = yaml_field(body, "default");

	if (is_map && !yaml_check_keys(out, body, param_keys))
		return;
	if (is_map)
		type = yaml_need(out, body, "type");
	if (!type)
		return;
	yaml_put(out, "param ", name->span);
	yaml_put_name(out, name);
	yaml_put(out, ": ", name->span);
	yaml_put_name(out, type);
	if (fallback) {
		yaml_put(out, " = ", fallback->key->span);
		yaml_put_literal(out, fallback);
	}
	yaml_put_end(out, body);
}

static void put_params(struct yaml_out *out, const struct yaml_node *params)
{
	yaml_each_named(out, params, put_param);
}

/* What the items of a set are, by its kind. */
static const struct yaml_key set_kinds[] = {
	{"paths", yaml_put_item},
	{"hosts", yaml_put_item},
	{"syscalls", yaml_put_call},
	{"tools", yaml_put_pattern},
	{NULL, NULL},
};

static const struct yaml_key set_keys[] = {
	{"name", NULL},  {"kind", NULL},     {"items", NULL}, {"paths", NULL},
	{"hosts", NULL}, {"syscalls", NULL}, {"tools", NULL}, {NULL, NULL},
};

/* The word of the kind, and the items: {kind: hosts, items: [...]} or {hosts: [...]}. */
static bool set_parts(struct yaml_out *out, const struct yaml_node *body,
		      const struct yaml_node **kind, const struct yaml_node **items)
{
	static const char *const forms[] = {"kind", "paths", "hosts", "syscalls", "tools", NULL};
	const struct yaml_node *form;

	if (!yaml_check_keys(out, body, set_keys))
		return false;
	form = yaml_need_one(out, body, forms);
	if (!form)
		return false;
	*kind = form->key;
	*items = form;
	if (!str_eq(form->key->text, STR("kind")))
		return true;
	*kind = form;
	*items = yaml_need(out, body, "items");
	return *items != NULL;
}

static void put_set(struct yaml_out *out, const struct yaml_node *name,
		    const struct yaml_node *body)
{
	const struct yaml_node *kind, *items;
	yaml_put_fn *put = yaml_put_item; /* of an unknown kind, which the grammar reports */

	if (!set_parts(out, body, &kind, &items))
		return;
	for (size_t i = 0; set_kinds[i].name; i++) {
		if (str_eq_cstr(kind->text, set_kinds[i].name))
			put = set_kinds[i].put;
	}
	yaml_put(out, "set ", name->span);
	yaml_put_name(out, name);
	yaml_put(out, ": ", name->span);
	yaml_put_name(out, kind);
	yaml_put(out, " { ", yaml_head(items));
	yaml_put_some(out, items, put);
	yaml_put(out, " }", yaml_head(items));
	yaml_put_end(out, body);
}

static void put_sets(struct yaml_out *out, const struct yaml_node *sets)
{
	yaml_each_named(out, sets, put_set);
}

static const struct yaml_key arg_keys[] = {
	{"name", NULL},
	{"type", NULL},
	{"secret", NULL},
	{NULL, NULL},
};

static void put_arg(struct yaml_out *out, const struct yaml_node *name,
		    const struct yaml_node *body)
{
	bool is_map = body->kind == YAML_KIND_MAP;
	const struct yaml_node *secret = yaml_field(body, "secret");
	const struct yaml_node *type = is_map ? yaml_field(body, "type") : body;
	bool is_secret = false;

	if (is_map && !yaml_check_keys(out, body, arg_keys))
		return;
	if (!type && !yaml_need(out, body, "type"))
		return;
	yaml_put(out, "\targ ", name->span);
	yaml_put_arg_name(out, name);
	yaml_put(out, ": ", name->span);
	yaml_put_name(out, type);
	if (secret && yaml_want_bool(out, secret, &is_secret) && is_secret)
		yaml_put(out, " secret", secret->key->span);
	yaml_put_end(out, body);
}

static void put_args(struct yaml_out *out, const struct yaml_node *args)
{
	yaml_each_named(out, args, put_arg);
}

/* "class NAME;" and "sandbox NAME;": the key is the word. */
static void put_property(struct yaml_out *out, const struct yaml_node *value)
{
	yaml_put(out, "\t", value->key->span);
	yaml_put_raw(out, value->key);
	yaml_put(out, " ", value->key->span);
	yaml_put_name(out, value);
	yaml_put_end(out, value);
}

static void put_describe(struct yaml_out *out, const struct yaml_node *value)
{
	yaml_put(out, "\tdescribe ", value->key->span);
	yaml_put_text(out, value);
	yaml_put_end(out, value);
}

static const struct yaml_key tool_keys[] = {
	{"name", NULL},
	{"class", put_property},
	{"sandbox", put_property},
	{"describe", put_describe},
	{"args", put_args},
	{NULL, NULL},
};

static void put_tool(struct yaml_out *out, const struct yaml_node *name,
		     const struct yaml_node *body)
{
	yaml_put(out, "tool ", name->span);
	yaml_put_pattern(out, name);
	yaml_put(out, " {\n", name->span);
	if (body->kind != YAML_KIND_NULL)
		yaml_put_keys(out, body, tool_keys);
	yaml_put(out, "}\n", (struct span){body->span.file, body->span.end, body->span.end});
}

static void put_tools(struct yaml_out *out, const struct yaml_node *tools)
{
	yaml_each_named(out, tools, put_tool);
}

static void put_sandboxes(struct yaml_out *out, const struct yaml_node *sandboxes)
{
	yaml_each_named(out, sandboxes, yaml_put_sandbox);
}

static void put_roles(struct yaml_out *out, const struct yaml_node *roles)
{
	yaml_each_named(out, roles, yaml_put_role);
}

static const struct yaml_key user_keys[] = {{"name", NULL}, {"roles", NULL}, {NULL, NULL}};

static void put_user(struct yaml_out *out, const struct yaml_node *name,
		     const struct yaml_node *body)
{
	const struct yaml_node *roles = body;

	if (body->kind == YAML_KIND_MAP && !yaml_check_keys(out, body, user_keys))
		return;
	if (body->kind == YAML_KIND_MAP)
		roles = yaml_need(out, body, "roles");
	if (!roles)
		return;
	yaml_put(out, "user ", name->span);
	yaml_put_text(out, name);
	yaml_put(out, ": ", name->span);
	yaml_put_some(out, roles, yaml_put_name);
	yaml_put_end(out, body);
}

static void put_users(struct yaml_out *out, const struct yaml_node *users)
{
	yaml_each_named(out, users, put_user);
}

static const struct yaml_key conflict_keys[] = {{"session", NULL}, {NULL, NULL}};

static void put_conflict(struct yaml_out *out, const struct yaml_node *conflict)
{
	bool session = conflict->kind == YAML_KIND_MAP;
	const struct yaml_node *roles = conflict;

	if (conflict->kind == YAML_KIND_TEXT) {
		yaml_wrong_shape(out, conflict, "a list of roles that exclude each other");
		return;
	}
	if (session && !yaml_check_keys(out, conflict, conflict_keys))
		return;
	if (session)
		roles = yaml_need(out, conflict, "session");
	if (!roles)
		return;
	yaml_put(out, session ? "conflict session " : "conflict ", yaml_head(roles));
	yaml_put_some(out, roles, yaml_put_name);
	yaml_put_end(out, conflict);
}

static void put_conflicts(struct yaml_out *out, const struct yaml_node *conflicts)
{
	yaml_each(out, conflicts, put_conflict);
}

static void put_redact(struct yaml_out *out, const struct yaml_node *pattern)
{
	yaml_put(out, "redact ", yaml_head(pattern));
	yaml_put_text(out, pattern);
	yaml_put_end(out, pattern);
}

static void put_redacts(struct yaml_out *out, const struct yaml_node *patterns)
{
	yaml_each(out, patterns, put_redact);
}

static void put_audit_required(struct yaml_out *out, const struct yaml_node *value)
{
	bool wanted;

	if (!yaml_want_bool(out, value, &wanted) || !wanted)
		return;
	yaml_put(out, "\trequired", value->key->span);
	yaml_put_end(out, value);
}

static void put_audit_full(struct yaml_out *out, const struct yaml_node *value)
{
	yaml_put(out, "\tfull ", value->key->span);
	yaml_put_name(out, value);
	yaml_put_end(out, value);
}

static const struct yaml_key audit_keys[] = {
	{"required", put_audit_required},
	{"full", put_audit_full},
	{NULL, NULL},
};

static void put_audit(struct yaml_out *out, const struct yaml_node *audit)
{
	yaml_put(out, "audit {\n", audit->key->span);
	yaml_put_keys(out, audit, audit_keys);
	yaml_put(out, "}\n", audit->key->span);
}

static void put_tests(struct yaml_out *out, const struct yaml_node *tests)
{
	yaml_each_named(out, tests, yaml_put_test);
}

static const struct yaml_key policy_keys[] = {
	{"policy", NULL},
	{"version", NULL},
	{"import", put_imports},
	{"params", put_params},
	{"sets", put_sets},
	{"tools", put_tools},
	{"sandboxes", put_sandboxes},
	{"roles", put_roles},
	{"users", put_users},
	{"conflicts", put_conflicts},
	{"redact", put_redacts},
	{"audit", put_audit},
	{"tests", put_tests},
	{NULL, NULL},
};

/* The policy line comes first, wherever its keys stand. */
static void put_policy(struct yaml_out *out, const struct yaml_node *root)
{
	const struct yaml_node *policy = yaml_field(root, "policy");
	const struct yaml_node *version = yaml_field(root, "version");

	if (policy) {
		yaml_put(out, "policy ", policy->key->span);
		yaml_put_policy_name(out, policy);
	} else if (version) {
		yaml_need(out, root, "policy");
	}
	if (version) {
		yaml_put(out, " version ", version->key->span);
		yaml_put_integer(out, version);
	}
	if (policy)
		yaml_put_end(out, version ? version : policy);
	if (!yaml_check_keys(out, root, policy_keys))
		return;
	for (const struct yaml_node *part = root->first; part; part = part->next) {
		if (part == policy || part == version)
			continue;
		yaml_put_gap(out, part->key->span);
		yaml_put_part(out, part, policy_keys);
	}
}

bool yaml_is_name(struct str path)
{
	static const struct str ends[] = {{".yaml", 5}, {".yml", 4}};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (path.len > ends[i].len &&
		    memcmp(path.ptr + path.len - ends[i].len, ends[i].ptr, ends[i].len) == 0)
			return true;
	}
	return false;
}

static bool has_room(struct yaml_out *out, const struct yaml_node *root)
{
	struct diag_list *diags = out->parse->diags;

	if (out->full)
		diag_report(diags, DIAG_E0053, root->span,
			    "written as Writ, this file would have more than %u bytes",
			    SOURCE_MAX_BYTES);
	else if (diags->sources->files.n >= SOURCE_MAX_FILES)
		diag_report(diags, DIAG_E0354, root->span,
			    "a policy has at most %u files; a YAML file counts as two",
			    SOURCE_MAX_FILES);
	else
		return true;
	return false;
}

/* The whole file as Writ text in *out; false when something was reported. */
static bool translate(struct parse *parse, uint32_t begin, struct yaml_out *out)
{
	size_t errors = parse->diags->errors;
	struct yaml_node *root;

	*out = (struct yaml_out){.parse = parse, .source = parse->text};
	root = yaml_read(parse, begin, &out->comments);
	if (!root)
		return false;
	if (root->kind == YAML_KIND_NULL)
		root->kind = YAML_KIND_MAP;
	put_policy(out, root);
	yaml_put(out, "\n",
		 (struct span){parse->file, (uint32_t)parse->text.len, (uint32_t)parse->text.len});
	return parse->diags->errors == errors && has_room(out, root);
}

bool yaml_translate(struct parse *parse, uint32_t begin)
{
	struct sources *sources = parse->diags->sources;
	struct yaml_out out;
	uint32_t generated;

	if (!translate(parse, begin, &out))
		return false;
	generated = source_add_generated(sources, parse->file, (struct str){out.bytes, out.n},
					 out.ranges);
	if (parse->main_file == parse->file)
		parse->main_file = generated;
	parse->file = generated;
	parse->text = sources->files.items[generated].text;
	return true;
}

bool yaml_to_writ(struct diag_list *diags, uint32_t file, struct str *text)
{
	struct ast ast = {.version_span = SPAN_NONE};
	struct parse *parse = arena_new(diags->arena, struct parse);
	uint32_t begin;

	*parse = (struct parse){
		.diags = diags,
		.arena = diags->arena,
		.ast = &ast,
		.file = file,
		.main_file = SPAN_NO_FILE,
		.text = diags->sources->files.items[file].text,
		.policy_line = SPAN_NONE,
	};
	if (!parse_check_text(diags, file, &begin) || !yaml_translate(parse, begin))
		return false;
	policy_scan(parse, 0);
	*text = parse->text;
	return diags->errors == 0;
}
