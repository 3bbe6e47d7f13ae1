/*
 * Plans of search trees, kept: the filters of one policy are much alike, and planning trees is most
 * of the work on them.
 */
#ifndef WRIT_BACKEND_SECCOMP_MEMO_H
#define WRIT_BACKEND_SECCOMP_MEMO_H

#include "backend/seccomp_plan.h"

struct tree_memo {
	struct arena *arena; /* outlives the graphs */
	struct map known;
	VEC(struct tree_plan) plans;
};

/*
 * What a plan depends on, and nothing else: not which nodes the runs lead to, but which of them
 * lead to the same one, and how long the paths from there are. In the arena.
 */
struct str tree_memo_key(struct arena *arena, const struct tree_input *input);

/* True, with *out, when there is a plan. */
bool tree_memo_find(const struct tree_memo *memo, struct str key, struct tree_plan *out);

/* Keeps a plan, the first with this key, by copy. */
void tree_memo_keep(struct tree_memo *memo, struct str key, const struct tree_plan *plan);

#endif
