/*
 * Lint on "conflict session": a role that inherits two roles of one, which no session can have.
 *
 * What a session has active counts with all that it inherits, so of such a role the users who hold
 * it never get anything. It is no error, as that of a static conflict is (sema/conflicts.c): the
 * role may be there to be inherited from, or a user's whom the policy does not know.
 */
#include "lint/rules.h"

/* Two roles of a conflict. */
struct pair {
	uint32_t conflict;
	uint32_t roles[2];
};

/* What is known while one role after the other is looked at, each after its parents. */
struct search {
	struct lint *lint;
	struct ir_indices *conflicts; /* of each role: those of sessions that name it */
	struct ir_indices *held; /* of each role: it and its ancestors, where such a one does */
	bool *done;
	bool *torn;         /* roles that have two of one conflict */
	struct pair *pairs; /* the first two, of roles whose parents are not torn */
	uint32_t *seen_by;  /* of each role: the role that came by, by number from 1 on */
	uint32_t *met_by;   /* of each conflict, likewise */
	uint32_t *met;      /* the role of it that was met */
	uint32_t walk;
	size_t comparisons; /* of its own: those before may have left none of the lint's */
};

static bool meet(struct search *search, uint32_t role, struct pair *pair)
{
	for (size_t i = 0; i < search->conflicts[role].n; i++) {
		uint32_t conflict = search->conflicts[role].items[i];

		if (search->met_by[conflict] == search->walk) {
			*pair = (struct pair){conflict, {search->met[conflict], role}};
			return true;
		}
		search->met_by[conflict] = search->walk;
		search->met[conflict] = role;
	}
	return false;
}

/* True when that makes two of one conflict; with no comparisons left it does not. */
static bool hold(struct search *search, uint32_t of, uint32_t role)
{
	if (search->seen_by[role] == search->walk || search->comparisons++ > LINT_MAX_COMPARISONS)
		return false;
	search->seen_by[role] = search->walk;
	vec_add(search->lint->arena, &search->held[of], role);
	return meet(search, role, &search->pairs[of]);
}

static bool holds_two(struct search *search, uint32_t of)
{
	const struct ir_indices *parents = &search->lint->ir->roles.items[of].parents;

	search->walk++;
	if (search->conflicts[of].n && hold(search, of, of))
		return true;
	for (size_t i = 0; i < parents->n; i++) {
		const struct ir_indices *held = &search->held[parents->items[i]];

		for (size_t k = 0; k < held->n; k++) {
			if (hold(search, of, held->items[k]))
				return true;
		}
	}
	return false;
}

/* As deep as roles inherit, which SEMA_MAX_INHERIT_DEPTH bounds. */
static void look_at(struct search *search, uint32_t role) /* NOLINT(misc-no-recursion) */
{
	const struct ir_indices *parents = &search->lint->ir->roles.items[role].parents;

	if (search->done[role])
		return;
	search->done[role] = true;
	for (size_t i = 0; i < parents->n; i++) {
		look_at(search, parents->items[i]);
		search->torn[role] |= search->torn[parents->items[i]];
	}
	if (!search->torn[role])
		search->torn[role] = holds_two(search, role);
}

static bool has_torn_parent(const struct search *search, uint32_t role)
{
	const struct ir_indices *parents = &search->lint->ir->roles.items[role].parents;

	for (size_t i = 0; i < parents->n; i++) {
		if (search->torn[parents->items[i]])
			return true;
	}
	return false;
}

static void report(struct lint *lint, const struct ast_role *role, const struct pair *pair)
{
	const struct ir_role *roles = lint->ir->roles.items;
	struct diag *diag = diag_report(
		lint->diags, DIAG_W0221, role->name.span,
		"role '%.*s' has both '%.*s' and '%.*s', which no session may have active",
		STR_ARG(role->name.text), STR_ARG(roles[pair->roles[0]].name),
		STR_ARG(roles[pair->roles[1]].name));

	diag_note(lint->diags, diag, lint->ast->conflicts.items[pair->conflict].span,
		  "not both in one session, says this");
}

/* False: there are none of sessions. */
static bool list_conflicts(struct search *search)
{
	const struct ir_policy *ir = search->lint->ir;
	bool any = false;

	for (uint32_t c = 0; c < ir->conflicts.n; c++) {
		const struct ir_conflict *conflict = &ir->conflicts.items[c];

		for (size_t i = 0; conflict->session && i < conflict->roles.n; i++)
			vec_add(search->lint->arena, &search->conflicts[conflict->roles.items[i]],
				c);
		any |= conflict->session;
	}
	return any;
}

void lint_torn_role(struct lint *lint)
{
	size_t n = lint->ir->roles.n, n_conflicts = lint->ir->conflicts.n;
	struct search search = {
		.lint = lint,
		.conflicts = arena_alloc(lint->arena, n * sizeof(*search.conflicts)),
		.held = arena_alloc(lint->arena, n * sizeof(*search.held)),
		.done = arena_alloc(lint->arena, n * sizeof(*search.done)),
		.torn = arena_alloc(lint->arena, n * sizeof(*search.torn)),
		.pairs = arena_alloc(lint->arena, n * sizeof(*search.pairs)),
		.seen_by = arena_alloc(lint->arena, n * sizeof(*search.seen_by)),
		.met_by = arena_alloc(lint->arena, n_conflicts * sizeof(*search.met_by)),
		.met = arena_alloc(lint->arena, n_conflicts * sizeof(*search.met)),
	};

	if (!list_conflicts(&search))
		return;
	for (uint32_t role = 0; role < n; role++)
		look_at(&search, role);
	/* What inherits from a role that is reported need not be, too. */
	for (size_t i = 0; i < lint->ast->roles.n; i++) {
		uint32_t role = lint_role_id(lint, &lint->ast->roles.items[i]);

		if (search.torn[role] && !has_torn_parent(&search, role))
			report(lint, &lint->ast->roles.items[i], &search.pairs[role]);
	}
}
