/*
 * What changed between two policies, in effect and not in text.
 *
 * In: two IRs, whatever they came from. Out: a list of changes, each with its effect on security.
 * Roles, users and sandboxes are matched by name, and those left over by what they may do, so a
 * rename is no change; tools are compared one by one, with every class of names that only wildcards
 * match beside them. What can't be compared exactly is a change that counts as more than before:
 * an empty list means that nothing the policies permit differs.
 */
#ifndef WRIT_IR_IR_DIFF_H
#define WRIT_IR_IR_DIFF_H

#include "ir/ir.h"

enum ir_diff_effect {
	IR_DIFF_WIDENED,  /* something is permitted that was not */
	IR_DIFF_NARROWED, /* something is no longer permitted */
	IR_DIFF_CHANGED,  /* both, or can't be told: counts as widened */
	IR_DIFF_NEUTRAL,  /* nothing is permitted that was not, nor the other way round */
	IR_DIFF_EFFECT__COUNT
};

enum ir_diff_subject {
	IR_DIFF_ROLE,
	IR_DIFF_USER,
	IR_DIFF_TOOL,
	IR_DIFF_SANDBOX,
	IR_DIFF_POLICY,
};

enum ir_diff_change {
#define CHANGE(id, name, title, explanation) IR_DIFF_##id,
#include "ir/ir_diff.def"
#undef CHANGE
	IR_DIFF_CHANGE__COUNT
};

struct ir_diff_info {
	const char *name; /* "gained": stable */
	const char *title;
	const char *explanation;
};

const struct ir_diff_info *ir_diff_info(enum ir_diff_change change);

/* What changed for the subject: a tool, a path, an endpoint, a limit, ... */
struct ir_diff_object {
	struct str name;
	struct ir_origin origin; /* where it is written; file.len is 0 when that is not known */
	bool in_old;             /* the place is in OLD: nothing in NEW says it */
};

struct ir_diff_entry {
	enum ir_diff_subject subject;
	struct str name; /* the subject's, as in NEW; of what is gone as in OLD */
	enum ir_diff_change change;
	enum ir_diff_effect effect;
	VEC(struct ir_diff_object) objects; /* one or more, all changed in the same way */
	struct str before, after;           /* in words, or empty */
	struct str example;                 /* arguments for which more is permitted, or empty */
	struct str note;                    /* who is affected, or empty */
};

struct ir_diff {
	VEC(struct ir_diff_entry) entries;    /* by subject, then its name */
	size_t counts[IR_DIFF_EFFECT__COUNT]; /* of objects */
};

/* Everything in *out is in the arena or borrowed from the policies. */
void ir_diff(struct arena *arena, const struct ir_policy *old, const struct ir_policy *new,
	     struct ir_diff *out);

#endif
