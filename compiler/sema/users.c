/*
 * Users: which roles each one holds, resolved and in order of the roles' ids.
 */
#include "sema/pass.h"

#include <stdlib.h>

static int index_cmp(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

static void settle(struct ir_indices *roles)
{
	size_t n = 0;

	if (roles->n)
		qsort(roles->items, roles->n, sizeof(*roles->items), index_cmp);
	for (size_t i = 0; i < roles->n; i++) {
		if (!n || roles->items[n - 1] != roles->items[i])
			roles->items[n++] = roles->items[i];
	}
	roles->n = n;
}

static void lower_user(struct sema *sema, const struct ast_user *user, struct ir_indices *roles)
{
	for (size_t i = 0; i < user->roles.n; i++) {
		const struct ast_name *name = &user->roles.items[i];
		uint32_t role = sema_resolve(sema, SEMA_ROLE, name->text, name->span);

		if (role != IR_NONE)
			vec_add(sema->arena, roles, sema_id(sema, SEMA_ROLE, role));
	}
	settle(roles);
}

void sema_users(struct sema *sema)
{
	const struct sema_names *names = &sema->names[SEMA_USER];

	for (uint32_t id = 0; id < names->n_ids; id++) {
		struct ir_user *user = vec_push(sema->arena, &sema->ir->users);

		user->name = names->list.items[names->order[id]].text;
		lower_user(sema, &sema->ast->users.items[names->order[id]], &user->roles);
	}
}
