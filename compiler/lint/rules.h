/*
 * What the lint rules share. Private to lint/.
 */
#ifndef WRIT_LINT_RULES_H
#define WRIT_LINT_RULES_H

#include "base/map.h"
#include "lint/lint.h"

/* A sandbox, as written and as it came out. */
struct lint_sandbox {
	const struct ast_sandbox *ast;
	const struct ir_sandbox *ir;
	bool runs;     /* a tool runs in it, or nothing extends it: not a mere base of others */
	bool has_tool; /* a tool runs in it */
};

struct lint {
	struct arena *arena;
	struct diag_list *diags;
	const struct ast *ast;
	const struct ir_policy *ir;
	struct lint_sandbox *sandboxes; /* in source order */
	size_t n_sandboxes;
};

#define LINT(code, rule) void lint_##rule(struct lint *lint);
#include "lint/lint.def"
#undef LINT

#endif
