/*
 * Which names are the same.
 *
 * A name is known by its kind and its text, but an argument belongs to the tools of the pattern it
 * is written for; two arguments are the same when a tool can have both. A condition is for every
 * pattern of its statement, and a set of tools stands for its items.
 */
#include "base/map.h"
#include "ir/ir.h"
#include "lsp/workspace.h"

#define MAX_DEPTH 16u /* of sets in sets; one that holds itself is an error anyway */

VEC_TYPE(patterns, struct str);

struct owners {
	struct arena *arena;
	const struct ast *ast;
	struct map seen;
	struct patterns list; /* no doubles */
};

static void add_pattern(struct owners *owners, struct str name, unsigned depth)
{
	bool is_set = false;

	for (size_t i = 0; i < owners->ast->sets.n && depth; i++) {
		const struct ast_set *set = &owners->ast->sets.items[i];

		if (set->kind != AST_SET_TOOLS || !str_eq(set->name.text, name))
			continue;
		is_set = true;
		for (size_t n = 0; n < set->items.n; n++)
			add_pattern(owners, set->items.items[n].name.text, depth - 1);
	}
	if (!is_set && map_put(owners->arena, &owners->seen, name, 0))
		vec_add(owners->arena, &owners->list, name);
}

static bool is_within(struct span inner, struct span outer)
{
	return inner.file == outer.file && inner.begin >= outer.begin && inner.end <= outer.end;
}

static void collect(struct owners *owners, const struct ref *ref)
{
	add_pattern(owners, ref->owner, MAX_DEPTH);
	for (size_t r = 0; r < owners->ast->roles.n && !ref->declares; r++) {
		const struct ast_role *role = &owners->ast->roles.items[r];

		for (size_t i = 0; is_within(ref->span, role->span) && i < role->rules.n; i++) {
			if (is_within(ref->span, role->rules.items[i].span))
				add_pattern(owners, role->rules.items[i].pattern.text, MAX_DEPTH);
		}
	}
}

static bool overlap(const struct owners *a, const struct owners *b)
{
	for (size_t i = 0; i < a->list.n; i++) {
		for (size_t n = 0; n < b->list.n; n++) {
			if (ir_patterns_overlap(a->list.items[i], b->list.items[n]))
				return true;
		}
	}
	return false;
}

bool mention_shares_tool(const struct analysis *analysis, const struct mention *a,
			 const struct mention *b)
{
	struct arena arena;
	struct owners of_a = {.arena = &arena, .ast = &analysis->compilation.ast};
	struct owners of_b = of_a;
	bool shared;

	arena_init(&arena);
	collect(&of_a, a->ref);
	collect(&of_b, b->ref);
	shared = overlap(&of_a, &of_b);
	arena_fini(&arena);
	return shared;
}

bool mention_is_same(const struct analysis *analysis, const struct mention *a,
		     const struct mention *b)
{
	if (a->ref->kind != b->ref->kind || !str_eq(a->ref->name, b->ref->name))
		return false;
	return a->ref->kind != REF_ARG || mention_shares_tool(analysis, a, b);
}

/* The tools of all mentions that are the same as the wanted one, and of all others of its name. */
static void divide(const struct analysis *analysis, const struct mention *wanted,
		   struct owners *same, struct owners *others)
{
	for (size_t i = 0; i < analysis->mentions.n; i++) {
		const struct mention *mention = &analysis->mentions.items[i];

		if (mention->ref->kind == REF_ARG && str_eq(mention->ref->name, wanted->ref->name))
			collect(mention_is_same(analysis, wanted, mention) ? same : others,
				mention->ref);
	}
}

bool mention_is_tied(const struct analysis *analysis, const struct mention *wanted)
{
	struct arena arena;
	struct owners same = {.arena = &arena, .ast = &analysis->compilation.ast};
	struct owners others = same;
	bool tied;

	if (wanted->ref->kind != REF_ARG)
		return false;
	arena_init(&arena);
	divide(analysis, wanted, &same, &others);
	tied = overlap(&same, &others);
	arena_fini(&arena);
	return tied;
}
