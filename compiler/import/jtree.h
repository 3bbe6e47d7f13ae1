/*
 * JSON as a tree in which every value knows its place, for the files of other programs.
 *
 * Strict RFC 8259, and narrower where readers differ: a key stands once in an object, text is valid
 * UTF-8 without NUL bytes, nesting has a limit. A number is kept as it is written: what it may be
 * is for its reader to say, and none goes through a double.
 */
#ifndef WRIT_IMPORT_JTREE_H
#define WRIT_IMPORT_JTREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"

#define JTREE_MAX_DEPTH 64u

enum jtree_kind { JTREE_NULL, JTREE_BOOL, JTREE_NUMBER, JTREE_STRING, JTREE_LIST, JTREE_OBJECT };

struct jtree {
	enum jtree_kind kind;
	struct span span;
	struct str text; /* of a string, its escapes resolved; of a number, as written */
	struct str key;  /* of an object's member */
	struct span key_span;
	const struct jtree *first; /* of a list or an object */
	const struct jtree *next;  /* in the list or object that it stands in */
};

/* The file's value; or NULL, reported. */
const struct jtree *jtree_parse(struct diag_list *diags, uint32_t file);

/* An object's member, or NULL. */
const struct jtree *jtree_member(const struct jtree *object, const char *key);

/* Is it a whole number from 0 to 2^64 - 1, in digits only? */
bool jtree_u64(const struct jtree *node, uint64_t *out);

#endif
