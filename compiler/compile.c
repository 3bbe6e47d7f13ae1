/*
 * The whole pipeline, in the order a policy travels. Read this first.
 *
 * Source text is parsed into a tree (front/), given its meaning (sema/), looked at for what is valid but
 * probably not meant (lint/), and made into one bundle by the back ends (link/, which has verify/ prove
 * each artifact). A stage runs when the one before it found no error; all of them report into one list.
 */
#include "compile.h"

#include "front/parse.h"
#include "lint/lint.h"
#include "sema/sema.h"

void compilation_init(struct compilation *compilation)
{
	*compilation = (struct compilation){0};
	arena_init(&compilation->arena);
	compilation->sources.arena = &compilation->arena;
	diag_init(&compilation->diags, &compilation->arena, &compilation->sources);
}

void compilation_fini(struct compilation *compilation)
{
	arena_fini(&compilation->arena);
}

static void check_tree(struct compilation *compilation)
{
	struct diag_list *diags = &compilation->diags;

	/* A tree with syntax errors has holes; names missing from it would be reported as unknown. */
	if (!diags->errors)
		compilation->ir = sema_lower(diags, &compilation->ast);
	if (compilation->ir)
		lint_policy(diags, &compilation->ast, compilation->ir);
	diag_sort(diags);
}

int compile_check(struct compilation *compilation, struct str path)
{
	int rc = parse_policy(&compilation->diags, path, &compilation->ast);

	if (!rc)
		check_tree(compilation);
	return rc;
}

int compile_check_text(struct compilation *compilation, struct str path, struct str text)
{
	int rc = parse_text(&compilation->diags, path, text, &compilation->ast);

	if (!rc)
		check_tree(compilation);
	return rc;
}

int compile_bundle(struct compilation *compilation, const struct bundle_options *options,
		   struct bytes *out)
{
	if (!compilation->ir)
		return -1;
	return bundle_build(&compilation->arena, &compilation->diags, compilation->ir, options,
			    out);
}
