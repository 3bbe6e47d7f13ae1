/*
 * Lints on "extends": a parent that another parent brings anyway, and a sandbox that states again
 * what it inherits.
 */
#include "lint/rules.h"

#include <inttypes.h>

/* Roles or sandboxes by index, as far as inheritance goes. */
struct family {
	struct lint *lint;
	VEC(const struct ast_names *) parents; /* of each */
	struct map ids;
	uint32_t *seen; /* the mark of the last walk that came by */
	uint32_t mark;
	size_t n;
};

static void family_init(struct family *family, struct lint *lint, size_t n)
{
	*family = (struct family){.lint = lint, .n = n};
	family->seen = arena_alloc(lint->arena, n * sizeof(*family->seen));
}

static void mark_ancestors(struct family *family, uint32_t of)
{
	struct ir_indices todo = {0};

	vec_add(family->lint->arena, &todo, of);
	for (size_t t = 0; t < todo.n; t++) {
		const struct ast_names *parents = family->parents.items[todo.items[t]];

		for (size_t i = 0; i < parents->n; i++) {
			uint32_t id = 0;

			if (!map_get(&family->ids, parents->items[i].text, &id) ||
			    family->seen[id] == family->mark)
				continue;
			family->seen[id] = family->mark;
			if (family->lint->comparisons++ < LINT_MAX_COMPARISONS)
				vec_add(family->lint->arena, &todo, id);
		}
	}
}

/* All that is above a member's parents is marked; a parent that is marked too is one too many. */
static void check_parents(struct family *family, uint32_t member)
{
	const struct ast_names *parents = family->parents.items[member];

	if (parents->n < 2)
		return;
	family->mark++;
	for (size_t i = 0; i < parents->n; i++) {
		uint32_t id = 0;

		if (map_get(&family->ids, parents->items[i].text, &id))
			mark_ancestors(family, id);
	}
	for (size_t i = 0; i < parents->n; i++) {
		uint32_t id = 0;

		if (map_get(&family->ids, parents->items[i].text, &id) &&
		    family->seen[id] == family->mark)
			diag_report(family->lint->diags, DIAG_W0204, parents->items[i].span,
				    "'%.*s' comes with another parent already",
				    STR_ARG(parents->items[i].text));
	}
}

void lint_redundant_parent(struct lint *lint)
{
	struct family roles, sandboxes;

	family_init(&roles, lint, lint->ast->roles.n);
	family_init(&sandboxes, lint, lint->n_sandboxes);
	for (uint32_t i = 0; i < roles.n; i++) {
		vec_add(lint->arena, &roles.parents, &lint->ast->roles.items[i].parents);
		map_put(lint->arena, &roles.ids, lint->ast->roles.items[i].name.text, i);
	}
	for (uint32_t i = 0; i < sandboxes.n; i++)
		vec_add(lint->arena, &sandboxes.parents, &lint->sandboxes[i].ast->parents);
	sandboxes.ids = lint->sandbox_ids;
	for (uint32_t i = 0; i < roles.n; i++)
		check_parents(&roles, i);
	for (uint32_t i = 0; i < sandboxes.n; i++)
		check_parents(&sandboxes, i);
}

/* What a grant says; one that is required says the same without it, and more. */
static struct str grant_key(struct lint *lint, const struct lint_grant *grant, bool required)
{
	return str_printf(lint->arena, "%u %d%d %" PRIu64 " %.*s", grant->kind, required,
			  grant->sni, grant->size_bytes, STR_ARG(grant->text));
}

static void state(struct lint *lint, struct map *out, const struct lint_grant *grant, uint32_t by)
{
	map_put(lint->arena, out, grant_key(lint, grant, false), by);
	if (grant->required)
		map_put(lint->arena, out, grant_key(lint, grant, true), by);
}

/* What the parents themselves state; what their parents do is reported in them. */
static struct map stated_by_parents(struct lint *lint, const struct lint_sandbox *sandbox)
{
	struct map out = {0};

	for (size_t p = 0; p < sandbox->ast->parents.n; p++) {
		const struct lint_sandbox *parent;
		uint32_t id = 0;

		if (!map_get(&lint->sandbox_ids, sandbox->ast->parents.items[p].text, &id))
			continue;
		parent = &lint->sandboxes[id];
		for (size_t g = 0; g < parent->grants.n; g++)
			state(lint, &out, &parent->grants.items[g], id);
	}
	return out;
}

void lint_restated_grant(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_sandbox *sandbox = &lint->sandboxes[i];
		const struct map stated = stated_by_parents(lint, sandbox);

		for (size_t g = 0; stated.n && g < sandbox->grants.n; g++) {
			const struct lint_grant *grant = &sandbox->grants.items[g];
			uint32_t parent = 0;

			if (map_get(&stated, grant_key(lint, grant, grant->required), &parent))
				diag_report(lint->diags, DIAG_W0301, grant->span,
					    "'%.*s' is inherited from sandbox '%.*s' already",
					    STR_ARG(grant->text),
					    STR_ARG(lint->sandboxes[parent].ast->name.text));
		}
	}
}
