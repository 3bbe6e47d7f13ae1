#include "support/ir_maker.h"

#include <assert.h>

struct arena *maker_arena(void)
{
	static struct arena arena;
	static int ready;

	if (!ready)
		arena_init(&arena);
	ready = 1;
	return &arena;
}

static struct ir_call *add_call(struct ir_sandbox *sandbox, struct str name)
{
	size_t at;

	vec_push(maker_arena(), &sandbox->calls);
	at = sandbox->calls.n - 1;
	while (at > 0 && str_cmp(sandbox->calls.items[at - 1].name, name) > 0) {
		sandbox->calls.items[at] = sandbox->calls.items[at - 1];
		at--;
	}
	sandbox->calls.items[at] = (struct ir_call){.name = name};
	return &sandbox->calls.items[at];
}

void maker_call(struct ir_sandbox *sandbox, const char *name, enum ir_call_verdict verdict,
		const struct call_cond *conds, uint32_t n_conds)
{
	struct ir_call *call = add_call(sandbox, str_from(name));

	call->verdict = verdict;
	call->error = verdict == IR_CALL_ERRNO ? 1 : 0;
	call->conds = conds;
	call->n_conds = n_conds;
}

void maker_refuse_when(struct ir_sandbox *sandbox, const char *name, uint16_t error,
		       const struct call_cond *conds, uint32_t n_conds)
{
	struct ir_call *call = add_call(sandbox, str_from(name));

	call->verdict = IR_CALL_ERRNO;
	call->error = error;
	call->conds = conds;
	call->n_conds = n_conds;
}

void maker_refuse(struct ir_sandbox *sandbox, const char *name, uint16_t error)
{
	maker_refuse_when(sandbox, name, error, NULL, 0);
}

struct ir_tool maker_tool(const char *name, enum writ_tool_class class, uint32_t sandbox)
{
	return (struct ir_tool){.name = str_from(name),
				.class = class,
				.sandbox = sandbox,
				.declared = true};
}

void maker_group(struct ir_sandbox *sandbox, const char *name)
{
	const struct call_group *group = group_find(str_from(name));

	assert(group);
	for (uint32_t i = 0; i < group->n_calls; i++)
		maker_call(sandbox, group->calls[i].name, IR_CALL_ALLOW, group->calls[i].conds,
			   group->calls[i].n_conds);
}

void maker_path(struct ir_sandbox *sandbox, const char *path, uint32_t rights)
{
	struct ir_part *part = arena_new(maker_arena(), struct ir_part);

	*part = (struct ir_part){.kind = IR_PART_LITERAL, .literal = str_from(path)};
	vec_add(maker_arena(), &sandbox->paths,
		((struct ir_path){.text = {part, 1}, .rights = rights}));
}

uint64_t maker_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}
