/*
 * Where in a policy the cursor is, found by looking at the text before it alone.
 *
 * Who completes a name is in the middle of a statement that does not parse yet, so this asks
 * neither grammar nor tree: it reads tokens, keeps a stack of blocks, and remembers of the last
 * statement what decides about the next word.
 */
#ifndef WRIT_LSP_PLACE_H
#define WRIT_LSP_PLACE_H

#include <stdint.h>

#include "base/str.h"

enum block {
	BLOCK_TOP,
	BLOCK_TOOL,
	BLOCK_SANDBOX,
	BLOCK_ROLE,
	BLOCK_AUDIT,
	BLOCK_SET,
	BLOCK_TEST,
	BLOCK_BOX_TEST, /* sandbox NAME { … } in a test */
	BLOCK_FILESYSTEM,
	BLOCK_NETWORK,
	BLOCK_SYSCALLS,
	BLOCK_LIMITS,
	BLOCK_ENV,
	BLOCK_LIST,       /* in { … } of a condition */
	BLOCK_VALUE_LIST, /* in { … } of a condition on a system call */
	BLOCK_UNKNOWN,
};

enum place_inside { PLACE_CODE, PLACE_STRING, PLACE_PARAM, PLACE_COMMENT };

struct place {
	enum place_inside inside;
	enum block block;
	struct str lead;   /* the statement's first word, or empty */
	struct str marker; /* the last word of it that announces what follows: "where", ":" */
	struct str prev;   /* the token before the word */
	struct str callee; /* what stands before the '(' that is open, or empty */
	struct str kind;   /* in a set: "hosts" */
	uint32_t word;     /* where the word that is being typed begins */
};

struct place place_at(struct str text, size_t offset);

#endif
