/*
 * Lists for generated calls, and the calls without lists that they stand for.
 */
#include "support/gen_policy.h"
#include "support/ir_maker.h"

static size_t below(uint64_t *random, size_t n)
{
	return (size_t)(maker_random(random) % n);
}

/* Mostly elements that are decided like the first, or no list would ever be allowed. */
static struct gen_list list_of(uint64_t *random, const struct gen_arg *arg)
{
	struct gen_list list = {.name = arg->name};
	size_t n = below(random, GEN_MAX_ITEMS + 1);

	for (; list.n < n; list.n++) {
		size_t kind = below(random, 16);

		if (list.n == 0 || kind < 8)
			list.items[list.n] = arg->text;
		else if (kind < 15)
			list.items[list.n] = gen_value(random, arg->name);
	}
	return list;
}

void gen_lists(uint64_t *random, struct gen_call *call)
{
	size_t n = 0;

	for (size_t i = 0; i < call->n_args; i++) {
		size_t kind = below(random, 24);

		if (kind < 10) {
			call->lists[call->n_lists++] = list_of(random, &call->args[i]);
			continue;
		}
		call->args[n] = call->args[i];
		if (kind == 10)
			call->args[n].text = (struct str){NULL, 0};
		n++;
	}
	call->n_args = n;
}

struct gen_call gen_one_of_each(uint64_t *random, const struct gen_call *call)
{
	struct gen_call out = *call;

	for (size_t i = 0; i < call->n_lists; i++) {
		const struct gen_list *list = &call->lists[i];
		struct gen_arg *arg = &out.args[out.n_args++];

		*arg = (struct gen_arg){list->name, {NULL, 0}};
		if (list->n)
			arg->text = list->items[below(random, list->n)];
	}
	out.n_lists = 0;
	return out;
}
