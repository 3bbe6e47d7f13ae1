/*
 * Every place of a syntax tree where something is named: declarations and uses.
 *
 * Which kind of thing a name means is known from where it stands, so this needs no other pass and
 * works on trees with errors. For editors (definition, references, rename) and for lints about what
 * nobody uses.
 */
#ifndef WRIT_FRONT_REFS_H
#define WRIT_FRONT_REFS_H

#include "front/ast.h"

enum ref_kind {
	REF_PARAM,
	REF_SET,
	REF_TOOL, /* a name or a pattern with wildcards */
	REF_SANDBOX,
	REF_ROLE,
	REF_USER,
	REF_ARG,  /* of a tool: in its declaration, in conditions and in tests */
	REF_FILE, /* of an import */
};

struct ref {
	enum ref_kind kind;
	bool declares;
	bool in_test; /* a use by a test is no use by the policy */
	struct str name;
	struct str owner; /* of an ARG: the pattern of the tool or rule; of others empty */
	struct span span; /* of the name alone; within a string, of ${name} */
};

VEC_TYPE(refs, struct ref);

/*
 * All of them, in the order of the tree. A name in a place where a tool pattern, a system call or a
 * path may stand as well is a REF_SET when a set of that name is declared. An argument in a
 * condition that several patterns share is listed once, for the first.
 */
void refs_collect(struct arena *arena, const struct ast *ast, struct refs *out);

#endif
