/*
 * From what was written to what it means: resolve names, flatten inheritance, check types, lower.
 * Reports every error it finds; makes no IR when there is one (from here or from the parser).
 */
#ifndef WRIT_SEMA_SEMA_H
#define WRIT_SEMA_SEMA_H

#include "base/diag.h"
#include "front/ast.h"
#include "ir/ir.h"

/* Returns the IR, or NULL when diags holds errors. */
struct ir_policy *sema_lower(struct diag_list *diags, const struct ast *ast);

/*
 * A literal of a path without "//", "/." and, where the path ends with it, the slash behind a name.
 */
struct str sema_tidy_path(struct arena *arena, struct str in, bool at_end);

#endif
