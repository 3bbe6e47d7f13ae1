/*
 * Source text in, syntax tree out, with every import followed.
 *
 * An import is relative to the file that names it. The directory of the first file is the root: a
 * path that leaves it (after "." and ".." are resolved, and through symbolic links) is an error, as
 * is a cycle. A file imported twice by different ways is read once. The policy line is required in
 * the first file and may be omitted in imported ones (one that is there names the imported unit and
 * is ignored).
 */
#ifndef WRIT_FRONT_PARSE_H
#define WRIT_FRONT_PARSE_H

#include "base/diag.h"
#include "front/ast.h"

/* Nesting of braces, parentheses and conditions beyond this is an error. */
#define PARSE_MAX_DEPTH        64u
#define PARSE_MAX_IMPORT_DEPTH 16u

/* What one list or condition may hold; the runtime evaluates conditions and has limits of its own.
 */
#define PARSE_MAX_TESTS     1024u
#define PARSE_MAX_IN_VALUES 1024u
#define PARSE_MAX_SET_ITEMS 65536u
#define PARSE_MAX_CONDS     64u
#define PARSE_MAX_TERMS     64u
#define PARSE_MAX_BINDINGS  64u
#define PARSE_MAX_EXPECTS   65536u

/*
 * Parses path and what it imports into *ast. Returns 0 when the tree is usable (diagnostics may
 * have been reported: look at diags->errors), or a negative errno when path itself can't be read:
 * nothing is reported then. An import that can't be read is a diagnostic.
 */
int parse_policy(struct diag_list *diags, struct str path, struct ast *ast);

/* The same for text in memory, named path in diagnostics; imports are resolved relative to path. */
int parse_text(struct diag_list *diags, struct str path, struct str text, struct ast *ast);

#endif
