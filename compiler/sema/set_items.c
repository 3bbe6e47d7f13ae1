/*
 * Items of sets, as those who name a set need them.
 *
 * What an item may be depends on its use: a wildcard is right in a path that is denied and wrong in
 * one that is granted. So it is lowered anew for each use; an item with a mistake is reported once,
 * at its own place, and is left out from then on. What is wrong for every use is found although
 * nobody names the set.
 */
#include "sema/pass.h"

static bool is_bad(const struct sema *sema, const struct ast_set_item *item)
{
	uintptr_t address = (uintptr_t)item;

	return map_get(&sema->bad_items, (struct str){(const char *)&address, sizeof(address)},
		       NULL);
}

static bool keep(struct sema *sema, const struct ast_set_item *item, bool good)
{
	uintptr_t address = (uintptr_t)item;
	struct str key = str_copy(sema->arena, (const char *)&address, sizeof(address));

	if (!good)
		map_put(sema->arena, &sema->bad_items, key, 0);
	return good;
}

bool sema_item_path(struct sema *sema, const struct ast_set_item *item, bool wildcards,
		    struct ir_text *out)
{
	if (is_bad(sema, item))
		return false;
	return keep(sema, item,
		    wildcards ? sema_path_pattern(sema, &item->text, out)
			      : sema_path_text(sema, &item->text, out));
}

bool sema_item_endpoint(struct sema *sema, const struct ast_set_item *item, uint32_t rights,
			struct ir_endpoint *out)
{
	if (is_bad(sema, item))
		return false;
	return keep(sema, item, sema_granted_endpoint(sema, &item->text, rights, out));
}

bool sema_item_call(struct sema *sema, const struct ast_set_item *item)
{
	return !is_bad(sema, item) && keep(sema, item, sema_check_call(sema, &item->name));
}

static void check_item(struct sema *sema, enum ast_set_kind kind, const struct ast_set_item *item)
{
	struct ir_endpoint endpoint;
	struct ir_text text;

	switch (kind) {
	case AST_SET_PATHS:
		sema_item_path(sema, item, true, &text);
		break;
	case AST_SET_HOSTS:
		sema_item_endpoint(sema, item, IR_ENDPOINT_DENY, &endpoint);
		break;
	case AST_SET_SYSCALLS:
		sema_item_call(sema, item);
		break;
	case AST_SET_TOOLS:
		break;
	}
}

void sema_check_set_items(struct sema *sema)
{
	for (size_t i = 0; i < sema->ast->sets.n; i++) {
		const struct ast_set *set = &sema->ast->sets.items[i];
		const struct sema_set *lowered = &sema->sets[i];

		/* Its own only; items of the sets it holds are those sets'. */
		for (size_t n = 0; n < lowered->items.n; n++) {
			const struct ast_set_item *item = lowered->items.items[n];

			if (item < set->items.items || item >= set->items.items + set->items.n)
				continue;
			check_item(sema, set->kind, item);
		}
	}
}
