/*
 * What the lint rules share. Private to lint/.
 */
#ifndef WRIT_LINT_RULES_H
#define WRIT_LINT_RULES_H

#include "base/map.h"
#include "front/refs.h"
#include "lint/lint.h"

/* One path or endpoint of a sandbox's sections; the items of a set stand where the set is named. */
struct lint_grant {
	enum ast_grant_kind kind;
	struct str text; /* parameters as ${name}; a path is tidied */
	struct span span;
	bool required;       /* it must exist */
	bool sni;            /* TLS must name it */
	uint64_t size_bytes; /* of a scratch directory */
};

VEC_TYPE(lint_grants, struct lint_grant);

/* A sandbox, as written and as it came out. */
struct lint_sandbox {
	const struct ast_sandbox *ast;
	const struct ir_sandbox *ir;
	struct lint_grants grants; /* its own */
	struct str *denies;        /* path patterns that it refuses, also inherited ones */
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
	struct refs refs;
	struct map sandbox_ids; /* name to index in the tree */
	struct map role_ids;    /* name to index in the IR */
	struct map tool_ids;    /* name to index in the IR */
	struct map tool_sets;   /* name to index in the tree */
	size_t comparisons;     /* of patterns, see LINT_MAX_COMPARISONS */
};

/*
 * So many patterns are compared with each other in one run; of what is beyond, nothing is said.
 * Only policies with thousands of wildcards, or of denials, get there.
 */
#define LINT_MAX_COMPARISONS 2000000u

/* A string as it is written, parameters as ${name}. */
struct str lint_spell(struct lint *lint, const struct ast_text *text);

/* Is the path the tree itself or in it? */
bool lint_is_within(struct str path, struct str tree);

bool lint_begins_with(struct str text, struct str head);
bool lint_ends_with(struct str text, struct str tail);

/* Is it "*", or as good as that? */
bool lint_is_everything(struct str pattern);

/* The IR's role of a role of the tree. */
uint32_t lint_role_id(const struct lint *lint, const struct ast_role *role);

/* Does the name say that the value is a secret? "API_TOKEN", "db-password". */
bool lint_is_secret_name(struct str name);

#define LINT(code, rule, fix) void lint_##rule(struct lint *lint);
#include "lint/lint.def"
#undef LINT

#endif
