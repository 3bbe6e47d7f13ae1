/*
 * Lints: policies that are valid and probably not what was meant.
 *
 * Runs every rule of lint.def over a policy that sema found no error in. A rule reads the IR for
 * what the policy means and the tree for where it says so, and reports warnings.
 */
#ifndef WRIT_LINT_LINT_H
#define WRIT_LINT_LINT_H

#include "base/diag.h"
#include "front/ast.h"
#include "ir/ir.h"

/*
 * What "# writ: allow CODE reason" in a comment silences is moved to diags->suppressed.
 */
void lint_policy(struct diag_list *diags, const struct ast *ast, const struct ir_policy *ir);

/* What to do about a finding, in a sentence or two; NULL when the code is not a lint's. */
const char *lint_fix(enum diag_code code);

#endif
