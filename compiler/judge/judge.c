/*
 * A bundle made ready to be asked, and texts with their parameters' values.
 */
#include "judge/judge.h"

#include "link/bundle_ir.h"
#include "link/bundle_where.h"

bool judge_init(struct judge *judge, struct arena *arena, struct bytes bundle)
{
	*judge = (struct judge){.arena = arena};
	bundle_read(bundle, &judge->image);
	judge->ir = bundle_ir(arena, &judge->image);
	judge->parts = bundle_parts(arena, &judge->image);
	return judge->ir != NULL;
}

struct judgement judge_allowed(enum judge_list by, size_t index, struct str why)
{
	return (struct judgement){.allowed = true, .by = by, .index = (uint32_t)index, .why = why};
}

struct judgement judge_refused(enum judge_list by, size_t index, struct str why)
{
	return (struct judgement){.refused = true, .by = by, .index = (uint32_t)index, .why = why};
}
