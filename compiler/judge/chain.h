/*
 * What decides a tool's calls: the rules that may have their say, whatever the arguments.
 */
#ifndef WRIT_JUDGE_CHAIN_H
#define WRIT_JUDGE_CHAIN_H

#include "base/map.h"
#include "ir/ir.h"

/* The rules of some roles, by the tools they name. */
struct chain_index {
	struct arena *arena;
	const struct ir_policy *policy;
	struct map exact; /* a tool's name to an index in lists */
	VEC(struct ir_indices) lists;
	struct ir_indices wild; /* rules with wildcards; strictest first, as the lists are */
};

void chain_index_init(struct chain_index *index, struct arena *arena,
		      const struct ir_policy *policy, const struct ir_indices *roles);

/*
 * The rules that name a tool, strictest first, up to the first one without a condition: the first
 * whose condition holds decides. None: denied.
 */
struct ir_indices chain_of(const struct chain_index *index, struct str tool);

/* The same for one question, without an index. */
struct ir_indices chain_of_roles(struct arena *arena, const struct ir_policy *policy,
				 const struct ir_indices *roles, struct str tool);

/*
 * The same for tools of which nothing is known but that a pattern matches them. Rules that match
 * only some of these are not in it: they are put into *some.
 */
struct ir_indices chain_of_pattern(const struct chain_index *index, struct str pattern,
				   struct ir_indices *some);

/* Is there a rule in it that does not deny? */
bool chain_permits(const struct ir_policy *policy, const struct ir_indices *chain);

#endif
