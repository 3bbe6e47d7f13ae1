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

struct ir_deny_text ir_deny_cut(struct arena *arena, const struct ir_text *text);

enum ir_deny_reach ir_deny_reach(struct arena *arena, const struct ir_deny_text *pattern,
				 const struct ir_deny_text *tree);

#endif
