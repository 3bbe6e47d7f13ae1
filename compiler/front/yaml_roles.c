/*
 * Roles and tests of a YAML policy as Writ text.
 *
 * A role's rules have a long form, a list under "rules" of which each item may have a condition and
 * the rest, and short ones: "allow", "deny" and "ask" with lists of tools, and "permissions", the
 * word many role files already use for "allow".
 */
#include <string.h>

#include "front/yaml_fault.h"
#include "front/yaml_parts.h"

static const struct yaml_key rule_keys[] = {
	{"allow", NULL}, {"deny", NULL}, {"ask", NULL},   {"where", NULL},
	{"using", NULL}, {"rate", NULL}, {"burst", NULL}, {NULL, NULL},
};

static const char *const verdicts[] = {"allow", "deny", "ask", NULL};

static void put_tool(struct yaml_out *out, const struct yaml_node *node)
{
	if (node->kind == YAML_KIND_MAP)
		yaml_put_item(out, node);
	else
		yaml_put_pattern(out, node);
}

/* "10/minute": a number, a slash, and a word that the grammar knows. */
static bool is_rate(struct str text)
{
	const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
	const char *end = text.ptr + text.len;

	if (!slash || slash == text.ptr || slash + 1 == end || text.ptr[0] == '0')
		return false;
	for (const char *p = text.ptr; p < slash; p++) {
		if (*p < '0' || *p > '9')
			return false;
	}
	for (const char *p = slash + 1; p < end; p++) {
		if (*p < 'a' || *p > 'z')
			return false;
	}
	return true;
}

static void put_rate(struct yaml_out *out, const struct yaml_node *rate)
{
	struct diag_list *diags = out->parse->diags;
	struct str shown = yaml_shown(out->parse->arena, rate->text);

	if (!yaml_want_text(out, rate, "a rate like 10/minute"))
		return;
	yaml_put(out, " rate ", rate->key->span);
	if (is_rate(rate->text))
		yaml_put_raw(out, rate);
	else
		diag_help(diags,
			  diag_report(diags, DIAG_E0050, rate->span, "'%.*s' is not a rate",
				      STR_ARG(shown)),
			  "write 10/minute: a number, '/', and second, minute, hour or day");
}

static void put_clauses(struct yaml_out *out, const struct yaml_node *rule)
{
	const struct yaml_node *where = yaml_field(rule, "where");
	const struct yaml_node *using = yaml_field(rule, "using");
	const struct yaml_node *rate = yaml_field(rule, "rate");
	const struct yaml_node *burst = yaml_field(rule, "burst");

	if (where) {
		yaml_put(out, " where ", where->key->span);
		yaml_put_expr(out, where);
	}
	if (using) {
		yaml_put(out, " using ", using->key->span);
		yaml_put_name(out, using);
	}
	if (rate)
		put_rate(out, rate);
	if (burst && !rate) {
		diag_report(out->parse->diags, DIAG_E0049, burst->key->span,
			    "'burst' stands only with a 'rate'");
		return;
	}
	if (burst) {
		yaml_put(out, " burst ", burst->key->span);
		yaml_put_integer(out, burst);
	}
}

/* "VERDICT tool, tool CLAUSES;" with the word as it stands in the table, standing for the key. */
static void put_rule(struct yaml_out *out, const char *verdict, const struct yaml_node *tools,
		     const struct yaml_node *rule)
{
	const struct yaml_node *last = rule && rule->last ? rule->last : tools;

	if (!yaml_has_items(tools))
		return;
	yaml_put(out, "\t", yaml_head(tools));
	yaml_put(out, verdict, yaml_head(tools));
	yaml_put(out, " ", yaml_head(tools));
	yaml_put_list(out, tools, put_tool);
	if (rule)
		put_clauses(out, rule);
	yaml_put_end(out, last);
}

static void put_item(struct yaml_out *out, const struct yaml_node *rule)
{
	const struct yaml_node *tools;

	if (rule->kind == YAML_KIND_TEXT) {
		put_rule(out, "allow", rule, NULL);
		return;
	}
	if (!yaml_check_keys(out, rule, rule_keys))
		return;
	tools = yaml_need_one(out, rule, verdicts);
	if (tools)
		put_rule(out, tools->key->text.ptr, tools, rule);
}

static void put_rules(struct yaml_out *out, const struct yaml_node *rules)
{
	yaml_each(out, rules, put_item);
}

static void put_short(struct yaml_out *out, const struct yaml_node *tools)
{
	put_rule(out, tools->key->text.ptr, tools, NULL);
}

static void put_permissions(struct yaml_out *out, const struct yaml_node *tools)
{
	put_rule(out, "allow", tools, NULL);
}

static const struct yaml_key role_keys[] = {
	{"name", NULL},       {"extends", NULL},
	{"inherits", NULL},   {"permissions", put_permissions},
	{"rules", put_rules}, {"allow", put_short},
	{"deny", put_short},  {"ask", put_short},
	{NULL, NULL},
};

/* A text or a list of nothing else. */
static bool is_names(const struct yaml_node *body)
{
	if (body->kind != YAML_KIND_LIST)
		return body->kind == YAML_KIND_TEXT;
	for (const struct yaml_node *item = body->first; item; item = item->next) {
		if (item->kind != YAML_KIND_TEXT)
			return false;
	}
	return true;
}

static const char *const parent_keys[] = {"extends", "inherits", NULL};

void yaml_put_role(struct yaml_out *out, const struct yaml_node *name, const struct yaml_node *body)
{
	yaml_put(out, "role ", name->span);
	yaml_put_name(out, name);
	if (yaml_field(body, "extends") || yaml_field(body, "inherits"))
		yaml_put_extends(out, yaml_need_one(out, body, parent_keys));
	yaml_put(out, " {\n", name->span);
	if (is_names(body))
		put_rule(out, "allow", body, NULL);
	else if (body->kind == YAML_KIND_LIST)
		put_rules(out, body);
	else if (body->kind != YAML_KIND_NULL)
		yaml_put_keys(out, body, role_keys);
	yaml_put(out, "}\n", (struct span){body->span.file, body->span.end, body->span.end});
}

static const struct yaml_key expect_keys[] = {
	{"allow", NULL}, {"deny", NULL}, {"ask", NULL},
	{"tool", NULL},  {"args", NULL}, {NULL, NULL},
};

static void put_expect(struct yaml_out *out, const struct yaml_node *expect)
{
	const struct yaml_node *role, *tool, *args;

	if (!yaml_check_keys(out, expect, expect_keys))
		return;
	role = yaml_need_one(out, expect, verdicts);
	tool = yaml_need(out, expect, "tool");
	args = yaml_field(expect, "args");
	if (!role || !tool)
		return;
	yaml_put(out, "\t", role->key->span);
	yaml_put_raw(out, role->key);
	yaml_put(out, " ", role->key->span);
	yaml_put_name(out, role);
	yaml_put(out, " ", tool->key->span);
	yaml_put_pattern(out, tool);
	if (args) {
		yaml_put(out, "(", args->key->span);
		yaml_put_args(out, args);
		yaml_put(out, ")", args->key->span);
	}
	yaml_put_end(out, expect->last);
}

static void put_expects(struct yaml_out *out, const struct yaml_node *expects)
{
	if (expects->kind == YAML_KIND_LIST)
		yaml_each(out, expects, put_expect);
	else
		yaml_wrong_shape(out, expects, "a list of mappings");
}

static const struct yaml_key box_keys[] = {
	{"allow", NULL}, {"ask", NULL}, {"deny", NULL}, {"target", NULL}, {NULL, NULL},
};

/* The kinds of things a sandbox is asked for; put is what the target is. */
static const struct yaml_key kinds[] = {
	{"read", yaml_put_text},    {"write", yaml_put_text},
	{"execute", yaml_put_text}, {"connect", yaml_put_text},
	{"bind", yaml_put_text},    {"unix", yaml_put_text},
	{"syscall", yaml_put_call}, {NULL, NULL},
};

static const struct yaml_key *find_kind(struct yaml_out *out, const struct yaml_node *kind)
{
	struct diag_list *diags = out->parse->diags;
	struct str shown = yaml_shown(out->parse->arena, kind->text);

	if (!yaml_want_text(out, kind, "what is asked for"))
		return NULL;
	for (size_t i = 0; kinds[i].name; i++) {
		if (str_eq_cstr(kind->text, kinds[i].name))
			return &kinds[i];
	}
	diag_report(
		diags, DIAG_E0016, kind->span,
		"unknown kind '%.*s': it is one of read, write, execute, connect, bind, unix or "
		"syscall",
		STR_ARG(shown));
	return NULL;
}

static void put_box_expect(struct yaml_out *out, const struct yaml_node *expect)
{
	static const char *const asked[] = {"allow", "ask", "deny", NULL};
	const struct yaml_node *kind, *target;
	const struct yaml_key *key;

	if (!yaml_check_keys(out, expect, box_keys))
		return;
	kind = yaml_need_one(out, expect, asked);
	target = yaml_need(out, expect, "target");
	key = kind ? find_kind(out, kind) : NULL;
	if (!key || !target)
		return;
	yaml_put(out, "\t\t", kind->key->span);
	yaml_put_raw(out, kind->key);
	yaml_put(out, " ", kind->key->span);
	yaml_put_raw(out, kind);
	yaml_put(out, " ", kind->span);
	key->put(out, target);
	yaml_put_end(out, expect->last);
}

static void put_box(struct yaml_out *out, const struct yaml_node *name,
		    const struct yaml_node *expects)
{
	if (expects->kind != YAML_KIND_LIST) {
		yaml_wrong_shape(out, expects, "a list of mappings");
		return;
	}
	yaml_put(out, "\tsandbox ", name->span);
	yaml_put_name(out, name);
	yaml_put(out, " {\n", name->span);
	yaml_each(out, expects, put_box_expect);
	yaml_put(out, "\t}\n",
		 (struct span){expects->span.file, expects->span.end, expects->span.end});
}

static void put_boxes(struct yaml_out *out, const struct yaml_node *boxes)
{
	if (boxes->kind == YAML_KIND_MAP)
		yaml_each_named(out, boxes, put_box);
	else
		yaml_wrong_shape(out, boxes, "a mapping of sandboxes to lists");
}

static const struct yaml_key test_keys[] = {
	{"name", NULL},           {"with", NULL}, {"expect", put_expects},
	{"sandboxes", put_boxes}, {NULL, NULL},
};

void yaml_put_test(struct yaml_out *out, const struct yaml_node *name, const struct yaml_node *body)
{
	const struct yaml_node *with = yaml_field(body, "with");

	yaml_put(out, "test ", name->span);
	yaml_put_text(out, name);
	if (with && (with->kind != YAML_KIND_MAP || with->n > 0)) {
		yaml_put(out, " with ", with->key->span);
		yaml_put_bindings(out, with);
	}
	yaml_put(out, " {\n", name->span);
	yaml_put_keys(out, body, test_keys);
	yaml_put(out, "}\n", (struct span){body->span.file, body->span.end, body->span.end});
}
