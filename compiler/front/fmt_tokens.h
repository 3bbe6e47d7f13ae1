/*
 * The tokens of a file with what the formatter needs to know about each.
 */
#ifndef WRIT_FRONT_FMT_TOKENS_H
#define WRIT_FRONT_FMT_TOKENS_H

#include "front/build.h"

struct fmt_comment {
	struct str text;
	bool trailing; /* on the line of the token before it */
	bool blank_before;
};

enum fmt_break { FMT_BREAK_NONE, FMT_BREAK_SOFT, FMT_BREAK_HARD };

struct fmt_token {
	int kind; /* of policy.tab.h */
	struct str text;
	size_t comments, n_comments; /* between it and the token before */
	size_t partner;              /* of a brace: the other one */
	bool newline_before;
	bool blank_before;     /* kept of the first token of a statement only */
	bool is_block;         /* a brace of a block, not of a list */
	bool in_set;           /* of the items of a set's declaration */
	bool glued;            /* no space before it */
	enum fmt_break before; /* where a statement that does not fit on a line is broken */
};

/* A file's tokens; the last one is the end of the file, of kind 0. */
struct fmt_tokens {
	VEC(struct fmt_token) tokens;
	VEC(struct fmt_comment) comments;
};

void fmt_tokens_read(struct arena *arena, struct str text, const struct tokens *tokens,
		     const struct ast *ast, struct fmt_tokens *out);

#endif
