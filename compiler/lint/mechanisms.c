/*
 * Lints on what the mechanisms of a sandbox's plan do not reach, where an author would think so.
 *
 * A broker is not asked when a program is executed: a pattern takes no program out of a tree that
 * has execute. And strict exec is about mappings: a process that may write /proc can write its own
 * code there.
 */
#include <string.h>

#include "ir/ir_deny.h"
#include "ir/ir_print.h"
#include "lint/rules.h"

static bool has_wildcard(struct str pattern)
{
	return memchr(pattern.ptr, '*', pattern.len) || memchr(pattern.ptr, '?', pattern.len);
}

/* Else it is not known whether one leads into the other, and seldom so. */
static bool same_root(const struct ir_text *a, const struct ir_text *b)
{
	return a->parts[0].kind == b->parts[0].kind &&
	       (a->parts[0].kind != IR_PART_PARAM || a->parts[0].param == b->parts[0].param);
}

/* A tree of the sandbox that has execute and that the pattern may match inside of, or NULL. */
static const struct ir_path *programs_within(struct lint *lint, const struct ir_sandbox *box,
					     size_t deny)
{
	struct ir_deny_texts all = ir_deny_patterns(lint->arena, box);
	const struct ir_deny_texts one = {&all.items[deny], 1, 1};

	for (size_t i = 0; i < box->paths.n; i++) {
		const struct ir_path *path = &box->paths.items[i];

		if (lint->comparisons++ > LINT_MAX_COMPARISONS)
			return NULL;
		if (path->rights & WRIT_PATH_EXECUTE &&
		    same_root(&path->text, &box->denies.items[deny].text) &&
		    ir_deny_reach(lint->arena, &one, &path->text) == IR_DENY_INSIDE)
			return path;
	}
	return NULL;
}

static void check_deny(struct lint *lint, const struct lint_sandbox *sandbox,
		       const struct lint_grant *grant)
{
	const struct ir_path *path = NULL;

	for (size_t i = 0; i < sandbox->ir->denies.n; i++) {
		if (str_eq(sandbox->denies[i], grant->text))
			path = programs_within(lint, sandbox->ir, i);
	}
	if (path)
		diag_report(lint->diags, DIAG_W0317, grant->span,
			    "what '%.*s' matches in '%.*s' can still be executed",
			    STR_ARG(grant->text),
			    STR_ARG(ir_text_spell(lint->arena, lint->ir, &path->text)));
}

void lint_denied_program(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_sandbox *sandbox = &lint->sandboxes[i];

		for (size_t g = 0; g < sandbox->grants.n; g++) {
			const struct lint_grant *grant = &sandbox->grants.items[g];

			if (grant->kind == AST_FS_DENY && has_wildcard(grant->text))
				check_deny(lint, sandbox, grant);
		}
	}
}

static bool is_in_proc(struct str path)
{
	return str_eq(path, STR("/")) || lint_is_within(path, STR("/proc"));
}

void lint_strict_proc(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_sandbox *sandbox = &lint->sandboxes[i];

		for (size_t g = 0; sandbox->ir->strict_exec && g < sandbox->grants.n; g++) {
			const struct lint_grant *grant = &sandbox->grants.items[g];

			if (grant->kind == AST_FS_WRITE && is_in_proc(grant->text))
				diag_report(lint->diags, DIAG_W0318, grant->span,
					    "'%.*s' can be written: a process can change its own "
					    "code there, strict exec or not",
					    STR_ARG(grant->text));
		}
	}
}
