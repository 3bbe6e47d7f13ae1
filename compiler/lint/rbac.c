/*
 * Lints on roles and tools: who may call what, and what a call runs.
 */
#include "lint/rules.h"

#include <string.h>

/* What was found out about tools, once for all rules. */
struct tools {
	struct map seen; /* names looked at */
	struct map declared;
	struct map sets;            /* of tools: name to index */
	struct ir_policy wildcards; /* the declared ones */
};

static struct map collect_sets(struct lint *lint)
{
	struct map sets = {0};

	for (uint32_t i = 0; i < lint->ast->sets.n; i++) {
		if (lint->ast->sets.items[i].kind == AST_SET_TOOLS)
			map_put(lint->arena, &sets, lint->ast->sets.items[i].name.text, i);
	}
	return sets;
}

static void collect_tools(struct lint *lint, struct tools *tools)
{
	tools->sets = collect_sets(lint);
	for (uint32_t i = 0; i < lint->ir->tools.n; i++) {
		const struct ir_tool *tool = &lint->ir->tools.items[i];

		if (!tool->declared)
			continue;
		map_put(lint->arena, &tools->declared, tool->name, i);
		if (!ir_pattern_is_exact(tool->name))
			vec_add(lint->arena, &tools->wildcards.tools, *tool);
	}
}

static bool is_covered(const struct tools *tools, struct str name)
{
	return map_get(&tools->declared, name, NULL) || ir_tool_for(&tools->wildcards, name);
}

static void suggest_tool(struct lint *lint, struct diag *diag, struct str name)
{
	/* What is not kept needs no advice, and must not cost a search. */
	if (lint->diags->warnings > DIAG_MAX_WARNINGS)
		return;
	for (size_t i = 0; i < lint->ir->tools.n; i++) {
		const struct ir_tool *tool = &lint->ir->tools.items[i];

		if (tool->declared && str_distance(tool->name, name, 2) <= 2) {
			diag_help(lint->diags, diag, "did you mean '%.*s'?", STR_ARG(tool->name));
			return;
		}
	}
}

static void check_pattern(struct lint *lint, struct tools *tools, const struct ast_name *name)
{
	struct diag *diag;

	if (!ir_pattern_is_exact(name->text) || map_get(&tools->sets, name->text, NULL) ||
	    !map_put(lint->arena, &tools->seen, name->text, 0) || is_covered(tools, name->text))
		return;
	diag = diag_report(lint->diags, DIAG_W0101, name->span, "tool '%.*s' is not declared",
			   STR_ARG(name->text));
	suggest_tool(lint, diag, name->text);
}

void lint_undeclared_tool(struct lint *lint)
{
	struct tools tools = {0};

	collect_tools(lint, &tools);
	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];

		for (size_t i = 0; i < role->rules.n; i++)
			check_pattern(lint, &tools, &role->rules.items[i].pattern);
	}
	for (size_t s = 0; s < lint->ast->sets.n; s++) {
		const struct ast_set *set = &lint->ast->sets.items[s];

		for (size_t i = 0; set->kind == AST_SET_TOOLS && i < set->items.n; i++)
			check_pattern(lint, &tools, &set->items.items[i].name);
	}
}

struct everything {
	struct map sets;
	struct map known; /* a set's name to whether it holds a pattern for everything */
};

/* A pattern for everything, or the name of a set that holds one. */
static bool names_everything(struct lint *lint, struct everything *in, struct str pattern)
{
	const struct ast_set *set;
	uint32_t index, found = 0;

	if (!map_get(&in->sets, pattern, &index))
		return lint_is_everything(pattern);
	if (map_get(&in->known, pattern, &found))
		return found;
	set = &lint->ast->sets.items[index];
	for (size_t i = 0; i < set->items.n && !found; i++)
		found = names_everything(lint, in, set->items.items[i].name.text);
	map_put(lint->arena, &in->known, pattern, found);
	return found;
}

void lint_allow_everything(struct lint *lint)
{
	struct everything in = {.sets = collect_sets(lint)};

	for (size_t r = 0; r < lint->ast->roles.n; r++) {
		const struct ast_role *role = &lint->ast->roles.items[r];

		if (str_eq(role->name.text, STR("admin")))
			continue;
		for (size_t i = 0; i < role->rules.n; i++) {
			const struct ast_rule *rule = &role->rules.items[i];

			if (rule->verdict == AST_ALLOW &&
			    names_everything(lint, &in, rule->pattern.text))
				diag_report(lint->diags, DIAG_W0102, rule->pattern.span,
					    "role '%.*s' may call every tool, also future ones",
					    STR_ARG(role->name.text));
		}
	}
}

static const char *powerful_class(const struct ir_tool *tool)
{
	if (tool->class == WRIT_CLASS_EXECUTE)
		return "execute";
	return tool->class == WRIT_CLASS_ADMIN ? "admin" : NULL;
}

void lint_powerful_tool_unconfined(struct lint *lint)
{
	struct tools tools = {0};

	collect_tools(lint, &tools);
	for (size_t i = 0; i < lint->ast->tools.n; i++) {
		const struct ast_name *name = &lint->ast->tools.items[i].pattern;
		const struct ir_tool *tool;
		uint32_t id;

		if (!map_get(&tools.declared, name->text, &id))
			continue;
		tool = &lint->ir->tools.items[id];
		if (powerful_class(tool) && tool->sandbox == IR_NONE)
			diag_report(lint->diags, DIAG_W0103, name->span,
				    "tool '%.*s' is of class %s and has no sandbox",
				    STR_ARG(name->text), powerful_class(tool));
	}
}

/* A pattern with a wildcard, taken apart at its first "*" and its last. */
struct pattern {
	struct str head;
	struct str middle; /* may hold more of them */
	struct str tail;
};

static struct pattern take_apart(struct str text)
{
	const char *first = memchr(text.ptr, '*', text.len);
	const char *last = memrchr(text.ptr, '*', text.len);

	return (struct pattern){
		.head = {text.ptr, (size_t)(first - text.ptr)},
		.middle = {first, (size_t)(last - first)},
		.tail = {last + 1, (size_t)(text.ptr + text.len - last - 1)},
	};
}

/*
 * A name that both patterns match, or .ptr NULL. The head of the second begins with that of the
 * first. What stands between head and tail always fits: each pattern's first "*" or last takes in
 * the other's.
 */
static struct str common_name(struct lint *lint, struct str one, struct str other)
{
	struct pattern a = take_apart(one), b = take_apart(other);
	struct str tail = a.tail.len > b.tail.len ? a.tail : b.tail;
	struct str joined;
	char *name;
	size_t n = 0;

	if (!lint_ends_with(tail, a.tail) || !lint_ends_with(tail, b.tail))
		return (struct str){NULL, 0};
	joined = str_printf(lint->arena, "%.*s%.*s%.*s%.*s", STR_ARG(b.head), STR_ARG(a.middle),
			    STR_ARG(b.middle), STR_ARG(tail));
	name = arena_alloc(lint->arena, joined.len + 1);
	for (size_t i = 0; i < joined.len; i++) {
		if (joined.ptr[i] != '*')
			name[n++] = joined.ptr[i];
	}
	return n ? (struct str){name, n} : STR("x");
}

/*
 * A name for which the order of two declarations decides, since no other is closer; or .ptr NULL.
 */
static struct str tied_name(struct lint *lint, const struct tools *tools, const struct ir_tool *one,
			    const struct ir_tool *other)
{
	struct str name;

	if ((one->sandbox == other->sandbox && one->class == other->class) ||
	    ir_pattern_literals(one->name) != ir_pattern_literals(other->name))
		return (struct str){NULL, 0};
	name = common_name(lint, one->name, other->name);
	if (!name.ptr || map_get(&tools->declared, name, NULL))
		return (struct str){NULL, 0};
	return ir_tool_for(&tools->wildcards, name) == one ? name : (struct str){NULL, 0};
}

/*
 * Reports the first tie of a declaration with a later one. What begins with the same bytes is
 * behind it in a row, since "*" sorts before every byte of a name.
 */
static void check_ties(struct lint *lint, const struct tools *tools, const struct map *places,
		       size_t index)
{
	const struct ir_tool *wildcards = tools->wildcards.tools.items;
	struct str name = wildcards[index].name, head = take_apart(name).head;

	for (size_t i = index + 1;
	     i < tools->wildcards.tools.n && lint_begins_with(wildcards[i].name, head); i++) {
		struct str tied = tied_name(lint, tools, &wildcards[index], &wildcards[i]);
		uint32_t at = 0, first = 0;
		struct diag *diag;

		if (!tied.ptr)
			continue;
		map_get(places, wildcards[i].name, &at);
		map_get(places, name, &first);
		diag = diag_report(lint->diags, DIAG_W0110, lint->ast->tools.items[at].pattern.span,
				   "'%.*s' and '%.*s' match '%.*s' equally well, and differ",
				   STR_ARG(wildcards[i].name), STR_ARG(name), STR_ARG(tied));
		diag_note(lint->diags, diag, lint->ast->tools.items[first].pattern.span,
			  "'%.*s' wins, as the first in byte order", STR_ARG(name));
		return;
	}
}

void lint_tied_wildcards(struct lint *lint)
{
	struct tools tools = {0};
	struct map places = {0};

	collect_tools(lint, &tools);
	for (uint32_t i = 0; i < lint->ast->tools.n; i++)
		map_put(lint->arena, &places, lint->ast->tools.items[i].pattern.text, i);
	for (size_t i = 0; i < tools.wildcards.tools.n; i++) {
		if (lint->diags->warnings <= DIAG_MAX_WARNINGS)
			check_ties(lint, &tools, &places, i);
	}
}
