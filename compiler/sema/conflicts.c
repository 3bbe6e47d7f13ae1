/*
 * Separation of duty: which roles nobody may hold together.
 *
 * A user holds the roles that are listed for it and all that those inherit. For a static conflict
 * no user may hold two of its roles, and no role may inherit two: nobody could ever hold that one.
 * Both are found here, at compile time, with the way the role is come by. A session conflict is
 * about what is active at one time, so it is only kept for the runtime.
 *
 * From each holder one walk goes up the inheritance; only roles that some static conflict names
 * count on the way, and a second one of the same conflict is the mistake.
 */
#include "sema/pass.h"

#include <stdlib.h>

struct holding {
	struct sema *sema;
	struct ir_indices *conflicts; /* of each role, by index: the static ones that name it */
	bool *torn;                   /* roles that inherit two of one conflict */
	/* Of the walk from one holder, valid where seen_by is its number. */
	uint32_t walk;
	uint32_t *queue;
	uint32_t *seen_by;
	uint32_t *from; /* the role that inherits this one, or itself where the walk began */
	size_t steps;
	/* By conflict: the walk that met a role of it, and the role. */
	uint32_t *met_by;
	uint32_t *met;
};

/* Two roles of one conflict, both held. */
struct clash {
	uint32_t conflict;
	uint32_t roles[2];
};

static const struct ast_name *role_name(const struct holding *in, uint32_t role)
{
	return &in->sema->names[SEMA_ROLE].list.items[role];
}

static void begin_at(struct holding *in, uint32_t *n, uint32_t role, uint32_t from)
{
	if (in->seen_by[role] == in->walk)
		return;
	in->seen_by[role] = in->walk;
	in->from[role] = from;
	in->queue[(*n)++] = role;
}

/* Notes a role of the walk; true when its conflict has another one. */
static bool meet(struct holding *in, uint32_t role, struct clash *clash)
{
	for (size_t i = 0; i < in->conflicts[role].n; i++) {
		uint32_t conflict = in->conflicts[role].items[i];

		if (in->met_by[conflict] == in->walk) {
			*clash = (struct clash){conflict, {in->met[conflict], role}};
			return true;
		}
		in->met_by[conflict] = in->walk;
		in->met[conflict] = role;
	}
	return false;
}

/* Goes up from the first n roles of the queue; true at the first clash. */
static bool walk_up(struct holding *in, uint32_t n, struct clash *clash)
{
	for (uint32_t next = 0; next < n; next++) {
		uint32_t role = in->queue[next];
		const struct ir_indices *parents = &in->sema->roles.parents[role];

		if (meet(in, role, clash))
			return true;
		in->steps += parents->n + 1;
		for (size_t p = 0; p < parents->n; p++)
			begin_at(in, &n, parents->items[p], role);
	}
	return false;
}

static uint32_t start_of(const struct holding *in, uint32_t role)
{
	while (in->from[role] != role)
		role = in->from[role];
	return role;
}

/* How a role is come by: the chain of roles from the one the walk began with. */
static void note_way(struct holding *in, struct diag *diag, uint32_t role)
{
	for (; in->from[role] != role; role = in->from[role])
		diag_note(in->sema->diags, diag, role_name(in, in->from[role])->span,
			  "'%.*s' is inherited by '%.*s'", STR_ARG(role_name(in, role)->text),
			  STR_ARG(role_name(in, in->from[role])->text));
}

static void note_clash(struct holding *in, struct diag *diag, const struct clash *clash)
{
	note_way(in, diag, clash->roles[0]);
	note_way(in, diag, clash->roles[1]);
	diag_note(in->sema->diags, diag, in->sema->ast->conflicts.items[clash->conflict].span,
		  "nobody may hold both, says this");
}

static void check_role(struct holding *in, uint32_t role)
{
	const struct ir_indices *parents = &in->sema->roles.parents[role];
	struct clash clash;
	struct diag *diag;
	uint32_t n = 0;

	/* What inherits from a role that is reported need not be, too. */
	for (size_t p = 0; p < parents->n; p++)
		in->torn[role] |= in->torn[parents->items[p]];
	if (in->torn[role] || in->steps > SEMA_MAX_FLAT_RULES)
		return;
	in->walk++;
	begin_at(in, &n, role, role);
	if (!walk_up(in, n, &clash))
		return;
	in->torn[role] = true;
	diag = diag_report(in->sema->diags, DIAG_E0313, role_name(in, role)->span,
			   "role '%.*s' holds both '%.*s' and '%.*s', which conflict",
			   STR_ARG(role_name(in, role)->text),
			   STR_ARG(role_name(in, clash.roles[0])->text),
			   STR_ARG(role_name(in, clash.roles[1])->text));
	note_clash(in, diag, &clash);
}

static void check_user(struct holding *in, const struct ast_user *user)
{
	struct clash clash;
	struct diag *diag;
	uint32_t n = 0, role;

	in->walk++;
	for (size_t i = 0; i < user->roles.n; i++) {
		if (map_get(&in->sema->names[SEMA_ROLE].first, user->roles.items[i].text, &role) &&
		    !in->torn[role])
			begin_at(in, &n, role, role);
	}
	if (in->steps > SEMA_MAX_FLAT_RULES || !walk_up(in, n, &clash))
		return;
	diag = diag_report(in->sema->diags, DIAG_E0312, user->name.span,
			   "this user holds both '%.*s' and '%.*s', which conflict",
			   STR_ARG(role_name(in, clash.roles[0])->text),
			   STR_ARG(role_name(in, clash.roles[1])->text));
	for (size_t i = 0; i < user->roles.n; i++) {
		if (map_get(&in->sema->names[SEMA_ROLE].first, user->roles.items[i].text, &role) &&
		    (role == start_of(in, clash.roles[0]) || role == start_of(in, clash.roles[1])))
			diag_note(in->sema->diags, diag, user->roles.items[i].span,
				  "'%.*s' is held by the user", STR_ARG(user->roles.items[i].text));
	}
	note_clash(in, diag, &clash);
}

/* The roles of a conflict, by index, each once. */
static void resolve(struct sema *sema, const struct ast_conflict *conflict,
		    struct ir_indices *roles)
{
	struct map seen = {0};

	for (size_t i = 0; i < conflict->roles.n; i++) {
		const struct ast_name *name = &conflict->roles.items[i];
		uint32_t role = sema_resolve(sema, SEMA_ROLE, name->text, name->span);

		if (!map_put(sema->arena, &seen, name->text, 0))
			diag_report(sema->diags, DIAG_E0117, name->span,
				    "role '%.*s' is listed twice", STR_ARG(name->text));
		else if (role != IR_NONE)
			vec_add(sema->arena, roles, role);
	}
	if (conflict->roles.n < 2)
		diag_report(sema->diags, DIAG_E0118, conflict->span,
			    "a conflict is between two roles at least");
}

static int index_cmp(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

static void add_conflict(struct sema *sema, const struct ast_conflict *conflict,
			 const struct ir_indices *roles)
{
	struct ir_conflict *out = vec_push(sema->arena, &sema->ir->conflicts);

	out->session = conflict->session;
	out->origin = sema_origin(sema, conflict->span);
	for (size_t i = 0; i < roles->n; i++)
		vec_add(sema->arena, &out->roles, sema_id(sema, SEMA_ROLE, roles->items[i]));
	if (roles->n)
		qsort(out->roles.items, out->roles.n, sizeof(*out->roles.items), index_cmp);
}

static void check_holders(struct holding *in)
{
	const struct ast *ast = in->sema->ast;

	for (size_t i = 0; i < ast->roles.n; i++)
		check_role(in, in->sema->roles.order[i]);
	for (size_t i = 0; i < ast->users.n; i++)
		check_user(in, &ast->users.items[i]);
	if (in->steps > SEMA_MAX_FLAT_RULES)
		diag_report(in->sema->diags, DIAG_E0454, ast->conflicts.items[0].span,
			    "roles and users hold more than %u roles, inherited ones counted: too "
			    "many to look for conflicts",
			    SEMA_MAX_FLAT_RULES);
}

void sema_conflicts(struct sema *sema)
{
	const struct ast *ast = sema->ast;
	size_t n = ast->roles.n;
	struct holding in = {
		.sema = sema,
		.conflicts = arena_alloc(sema->arena, n * sizeof(*in.conflicts)),
		.torn = arena_alloc(sema->arena, n * sizeof(*in.torn)),
		.queue = arena_alloc(sema->arena, n * sizeof(*in.queue)),
		.seen_by = arena_alloc(sema->arena, n * sizeof(*in.seen_by)),
		.from = arena_alloc(sema->arena, n * sizeof(*in.from)),
		.met_by = arena_alloc(sema->arena, ast->conflicts.n * sizeof(*in.met_by)),
		.met = arena_alloc(sema->arena, ast->conflicts.n * sizeof(*in.met)),
	};
	bool any_static = false;

	for (uint32_t c = 0; c < ast->conflicts.n; c++) {
		const struct ast_conflict *conflict = &ast->conflicts.items[c];
		struct ir_indices roles = {0};

		resolve(sema, conflict, &roles);
		add_conflict(sema, conflict, &roles);
		any_static |= !conflict->session;
		for (size_t i = 0; i < roles.n && !conflict->session; i++)
			vec_add(sema->arena, &in.conflicts[roles.items[i]], c);
	}
	if (any_static && sema->roles.usable)
		check_holders(&in);
}
