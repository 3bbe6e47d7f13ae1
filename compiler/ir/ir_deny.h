/*
 * What a denied pattern means for a granted tree, as far as the texts tell before parameters and
 * the home directory are known.
 */
#ifndef WRIT_IR_IR_DENY_H
#define WRIT_IR_IR_DENY_H

#include "ir/ir.h"
#include "ir/ir_value.h"

enum ir_deny_reach {
	IR_DENY_NOTHING, /* it matches nothing in the tree, whatever the texts' holes hold */
	IR_DENY_INSIDE,  /* it may match something in the tree */
	IR_DENY_ALL,     /* it matches the tree, or a directory above it */
};

/* A text cut into names; of a pattern with room to run it in. */
struct ir_deny_text {
	const struct ir_text *text;
	struct ir_names names;
	bool open;   /* a name may be any name */
	bool *reach; /* by count of names */
};

VEC_TYPE(ir_deny_texts, struct ir_deny_text);

/* The denied patterns of a sandbox. */
struct ir_deny_texts ir_deny_patterns(struct arena *arena, const struct ir_sandbox *sandbox);

/* What they mean for a tree together. */
enum ir_deny_reach ir_deny_reach(struct arena *arena, const struct ir_deny_texts *patterns,
				 const struct ir_text *tree);

/* Is a path of these very bytes denied, whatever the patterns' holes hold? */
bool ir_deny_literal(struct arena *arena, const struct ir_deny_texts *patterns, const char *path);

#endif
