/*
 * What a role, a tool or a sandbox comes down to, in Markdown: from the IR, so after inheritance.
 */
#ifndef WRIT_LSP_DESCRIBE_H
#define WRIT_LSP_DESCRIBE_H

#include <stdio.h>

#include "ir/ir.h"

void describe_role(FILE *out, const struct ir_policy *ir, struct str name);

/* Also of a pattern of tools: what holds for all that it matches. */
void describe_tool(FILE *out, const struct ir_policy *ir, struct str name);

void describe_sandbox(FILE *out, struct arena *arena, const struct ir_policy *ir, struct str name);

#endif
