/*
 * Names and where they stand: a walk over the tree, declaration by declaration.
 *
 * In comes a tree, perhaps with errors; out go its names in the order of the tree, each with the
 * kind that its place gives it. Invariant: nothing is looked up but the names of sets, since among
 * tools and system calls a name is a set's only when such a set is declared. Places where a name
 * means nothing of the policy's own (environment variables, limits, constants) are left out.
 */
#include "front/refs.h"

#include "base/map.h"

struct walk {
	struct arena *arena;
	const struct ast *ast;
	struct map sets;
	bool in_test;
	struct refs *out;
};

static struct ref *add(struct walk *walk, enum ref_kind kind, struct str name, struct span span)
{
	struct ref *ref = vec_push(walk->arena, walk->out);

	*ref = (struct ref){.kind = kind, .in_test = walk->in_test, .name = name, .span = span};
	return ref;
}

static void use(struct walk *walk, enum ref_kind kind, const struct ast_name *name)
{
	add(walk, kind, name->text, name->span);
}

static void declare(struct walk *walk, enum ref_kind kind, const struct ast_name *name)
{
	add(walk, kind, name->text, name->span)->declares = true;
}

static void use_arg(struct walk *walk, const struct ast_name *name, struct str owner)
{
	add(walk, REF_ARG, name->text, name->span)->owner = owner;
}

static void use_all(struct walk *walk, enum ref_kind kind, const struct ast_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		use(walk, kind, &names->items[i]);
}

static bool is_set(const struct walk *walk, const struct ast_name *name)
{
	return map_get(&walk->sets, name->text, NULL);
}

static void walk_text(struct walk *walk, const struct ast_text *text)
{
	for (size_t i = 0; i < text->n; i++) {
		if (text->parts[i].is_param)
			add(walk, REF_PARAM, text->parts[i].text, text->parts[i].span);
	}
}

static void walk_literals(struct walk *walk, const struct ast_literals *literals)
{
	for (size_t i = 0; i < literals->n; i++)
		walk_text(walk, &literals->items[i].text);
}

static void walk_params(struct walk *walk)
{
	for (size_t i = 0; i < walk->ast->params.n; i++) {
		const struct ast_param *param = &walk->ast->params.items[i];

		declare(walk, REF_PARAM, &param->name);
		walk_text(walk, &param->fallback.text);
	}
}

/* Among strings a name can only be another set's. */
static bool is_set_item(const struct walk *walk, const struct ast_set *set,
			const struct ast_name *name)
{
	return set->kind == AST_SET_PATHS || set->kind == AST_SET_HOSTS || is_set(walk, name);
}

static void walk_set(struct walk *walk, const struct ast_set *set)
{
	declare(walk, REF_SET, &set->name);
	for (size_t i = 0; i < set->items.n; i++) {
		const struct ast_set_item *item = &set->items.items[i];

		if (item->is_text)
			walk_text(walk, &item->text);
		else if (is_set_item(walk, set, &item->name))
			use(walk, REF_SET, &item->name);
		else if (set->kind == AST_SET_TOOLS)
			use(walk, REF_TOOL, &item->name);
	}
}

static void walk_tool(struct walk *walk, const struct ast_tool *tool)
{
	declare(walk, REF_TOOL, &tool->pattern);
	for (size_t i = 0; i < tool->props.n; i++) {
		const struct ast_tool_prop *prop = &tool->props.items[i];

		if (prop->kind == AST_TOOL_SANDBOX)
			use(walk, REF_SANDBOX, &prop->sandbox);
		if (prop->kind == AST_TOOL_DESCRIBE)
			walk_text(walk, &prop->describe);
		if (prop->kind == AST_TOOL_ARG) {
			use_arg(walk, &prop->arg.name, tool->pattern.text);
			walk->out->items[walk->out->n - 1].declares = true;
		}
	}
}

static void walk_sandbox(struct walk *walk, const struct ast_sandbox *sandbox)
{
	declare(walk, REF_SANDBOX, &sandbox->name);
	use_all(walk, REF_SANDBOX, &sandbox->parents);
	for (size_t i = 0; i < sandbox->grants.n; i++) {
		const struct ast_grant *grant = &sandbox->grants.items[i];

		if (grant->is_set)
			use(walk, REF_SET, &grant->set);
		else
			walk_text(walk, &grant->text);
	}
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		if (is_set(walk, &sandbox->calls.items[i].name))
			use(walk, REF_SET, &sandbox->calls.items[i].name);
	}
	for (size_t i = 0; i < sandbox->limits.n; i++)
		walk_text(walk, &sandbox->limits.items[i].value.text);
	for (size_t i = 0; i < sandbox->env.n; i++)
		walk_text(walk, &sandbox->env.items[i].value);
}

/* The depth of a tree is bounded by the parentheses in it: see build_expr.c. */
static void walk_expr(struct walk *walk, const struct ast_expr *expr, struct str owner)
{
	if (expr->arg.text.ptr)
		use_arg(walk, &expr->arg, owner);
	if (expr->set.text.ptr)
		use(walk, REF_SET, &expr->set);
	walk_literals(walk, &expr->literals);
	for (size_t i = 0; i < expr->kids.n; i++)
		walk_expr(walk, expr->kids.items[i], owner);
}

/* Do two rules stand in one statement? Then they share all but their patterns. */
static bool is_same_statement(const struct ast_rule *a, const struct ast_rule *b)
{
	return a->span.file == b->span.file && a->span.begin == b->span.begin;
}

static void walk_role(struct walk *walk, const struct ast_role *role)
{
	size_t first = 0; /* of the statement */

	declare(walk, REF_ROLE, &role->name);
	use_all(walk, REF_ROLE, &role->parents);
	for (size_t i = 0; i < role->rules.n; i++) {
		const struct ast_rule *rule = &role->rules.items[i];

		use(walk, is_set(walk, &rule->pattern) ? REF_SET : REF_TOOL, &rule->pattern);
		if (i + 1 < role->rules.n && is_same_statement(rule, rule + 1))
			continue;
		if (rule->where)
			walk_expr(walk, rule->where, role->rules.items[first].pattern.text);
		if (rule->using.text.ptr)
			use(walk, REF_SANDBOX, &rule->using);
		first = i + 1;
	}
}

/* The name is what stands in the quotes, parameters as they are written there. */
static void walk_user(struct walk *walk, const struct ast_user *user)
{
	struct str name = STR("");

	for (size_t i = 0; i < user->name.n; i++) {
		const struct ast_text_part *part = &user->name.parts[i];

		name = str_printf(walk->arena, part->is_param ? "%.*s${%.*s}" : "%.*s%.*s",
				  STR_ARG(name), STR_ARG(part->text));
	}
	add(walk, REF_USER, name, user->name.span)->declares = true;
	walk_text(walk, &user->name);
	use_all(walk, REF_ROLE, &user->roles);
}

static void walk_expect(struct walk *walk, const struct ast_expect *expect)
{
	use(walk, REF_ROLE, &expect->role);
	use(walk, REF_TOOL, &expect->tool);
	for (size_t i = 0; i < expect->args.n; i++) {
		use_arg(walk, &expect->args.items[i].name, expect->tool.text);
		walk_text(walk, &expect->args.items[i].value.text);
	}
}

static void walk_test(struct walk *walk, const struct ast_test *test)
{
	walk_text(walk, &test->name);
	for (size_t i = 0; i < test->with.n; i++) {
		use(walk, REF_PARAM, &test->with.items[i].name);
		walk_text(walk, &test->with.items[i].value.text);
	}
	for (size_t i = 0; i < test->expects.n; i++)
		walk_expect(walk, &test->expects.items[i]);
	for (size_t i = 0; i < test->boxes.n; i++) {
		const struct ast_box_test *box = &test->boxes.items[i];

		use(walk, REF_SANDBOX, &box->sandbox);
		for (size_t e = 0; e < box->expects.n; e++)
			walk_text(walk, &box->expects.items[e].text);
	}
}

static void walk_imports(struct walk *walk)
{
	for (size_t i = 0; i < walk->ast->imports.n; i++) {
		const struct ast_text *path = &walk->ast->imports.items[i].path;

		add(walk, REF_FILE, path->n ? path->parts[0].text : STR(""), path->span);
	}
}

static void walk_rest(struct walk *walk)
{
	const struct ast *ast = walk->ast;

	for (size_t i = 0; i < ast->users.n; i++)
		walk_user(walk, &ast->users.items[i]);
	for (size_t i = 0; i < ast->conflicts.n; i++)
		use_all(walk, REF_ROLE, &ast->conflicts.items[i].roles);
	for (size_t i = 0; i < ast->redacts.n; i++)
		walk_text(walk, &ast->redacts.items[i].pattern);
	walk->in_test = true;
	for (size_t i = 0; i < ast->tests.n; i++)
		walk_test(walk, &ast->tests.items[i]);
	walk->in_test = false;
}

void refs_collect(struct arena *arena, const struct ast *ast, struct refs *out)
{
	struct walk walk = {.arena = arena, .ast = ast, .out = out};

	for (uint32_t i = 0; i < ast->sets.n; i++)
		map_put(arena, &walk.sets, ast->sets.items[i].name.text, i);
	walk_imports(&walk);
	walk_params(&walk);
	for (size_t i = 0; i < ast->sets.n; i++)
		walk_set(&walk, &ast->sets.items[i]);
	for (size_t i = 0; i < ast->tools.n; i++)
		walk_tool(&walk, &ast->tools.items[i]);
	for (size_t i = 0; i < ast->sandboxes.n; i++)
		walk_sandbox(&walk, &ast->sandboxes.items[i]);
	for (size_t i = 0; i < ast->roles.n; i++)
		walk_role(&walk, &ast->roles.items[i]);
	walk_rest(&walk);
}
