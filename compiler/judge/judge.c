/*
 * A bundle made ready to be asked, and texts with their parameters' values.
 */
#include "judge/judge.h"

#include <string.h>

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

static struct str part_value(const struct judge *judge, const struct ir_part *part)
{
	switch (part->kind) {
	case IR_PART_LITERAL:
		return part->literal;
	case IR_PART_PARAM:
		return judge->values->params[part->param];
	case IR_PART_HOME:
		break;
	}
	return judge->values->home;
}

struct str judge_expand(const struct judge *judge, const struct ir_text *text)
{
	size_t len = 0;
	char *out;

	for (size_t i = 0; i < text->n; i++)
		len += part_value(judge, &text->parts[i]).len;
	out = arena_alloc(judge->arena, len + 1);
	len = 0;
	for (size_t i = 0; i < text->n; i++) {
		struct str piece = part_value(judge, &text->parts[i]);

		memcpy(out + len, piece.ptr, piece.len);
		len += piece.len;
	}
	return (struct str){out, len};
}

struct judgement judge_allowed(enum judge_list by, size_t index, struct str why)
{
	return (struct judgement){.allowed = true, .by = by, .index = (uint32_t)index, .why = why};
}

struct judgement judge_refused(enum judge_list by, size_t index, struct str why)
{
	return (struct judgement){.refused = true, .by = by, .index = (uint32_t)index, .why = why};
}
