/*
 * An extended regular expression as it is written: a tree.
 */
#ifndef WRIT_AUDIT_PATTERN_TREE_H
#define WRIT_AUDIT_PATTERN_TREE_H

#include "runtime/audit/pattern.h"

#define TREE_NONE UINT32_MAX

enum node_kind {
	NODE_SET,    /* one byte of a set */
	NODE_START,  /* "^" */
	NODE_END,    /* "$" */
	NODE_ALL,    /* its children one after the other; none: the empty text */
	NODE_EITHER, /* one of its children */
	NODE_REPEAT, /* its child, from min to max times */
};

#define TREE_EVER UINT32_MAX /* a max: any number of times */

struct node {
	enum node_kind kind;
	uint32_t child; /* the first; TREE_NONE: none */
	uint32_t next;  /* of the same parent */
	uint32_t min;
	uint32_t max;
	struct byte_set set;
};

struct tree {
	struct node *nodes; /* the caller frees them */
	uint32_t n_nodes;
	uint32_t root;
};

/* Errors: UNSUPPORTED, INVALID, NOMEM. */
WRIT_MUST_CHECK int tree_parse(struct tree *tree, const char *text, bool fold,
			       struct writ_error *error);

#endif
