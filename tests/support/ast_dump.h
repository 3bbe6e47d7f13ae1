/*
 * A syntax tree as text: everything that is in it but the places. Equal dumps mean equal trees.
 */
#ifndef WRIT_TESTS_AST_DUMP_H
#define WRIT_TESTS_AST_DUMP_H

#include "front/ast.h"

/* To be freed. */
char *ast_dump(const struct ast *ast);

#endif
