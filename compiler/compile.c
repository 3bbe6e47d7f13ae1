/*
 * The whole pipeline, in the order a policy travels. Read this first.
 *
 * Source text is parsed into a tree (front/), given its meaning (sema/), looked at for what is
 * valid but probably not meant (lint/), and made into one bundle by the back ends (link/, which has
 * verify/ prove each artifact), which the runtime's own verification must then accept. A stage runs
 * when the one before it found no error; all of them report into one list.
 */
#include "compile.h"

#include "base/bug.h"
#include "front/parse.h"
#include "link/bundle_ir.h"
#include "link/bundle_proof.h"
#include "lint/lint.h"
#include "runtime/writ.h"
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

	/*
	 * A tree with syntax errors has holes; names missing from it would be reported as unknown.
	 */
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

/* A limit of the whole is exceeded by the whole: it is reported where the policy is named. */
static void place_diags(struct compilation *compilation)
{
	struct diag_list *diags = &compilation->diags;

	for (size_t i = 0; i < diags->items.n; i++) {
		if (diags->items.items[i].span.file == SPAN_NO_FILE)
			diags->items.items[i].span = source_map(diags->sources,
								compilation->ast.name.span);
	}
	diag_sort(diags);
}

/* What the runtime would refuse is our mistake, not the policy's. */
static void require_accepted(const struct bytes *bundle)
{
	struct writ_error error;

	if (!writ_verify(bundle->ptr, bundle->len, &error))
		return;
	bug_exit("the runtime would refuse the bundle that was made: %s", error.text);
}

/* What is wrong with a bundle that was made of the policy, or empty. */
static struct str prove(struct arena *arena, struct bytes bundle, const struct ir_policy *policy)
{
	const struct ir_policy *listed;
	struct bundle_proof proof;
	struct bundle_image image;
	struct str wrong;

	bundle_read(bundle, &image);
	listed = bundle_ir(arena, &image);
	if (!listed)
		return STR("its conditions can't be read back");
	wrong = bundle_difference(arena, listed, policy);
	if (wrong.len)
		return wrong;
	bundle_prove(arena, &image, policy, BUNDLE_PROVE_REST, &proof);
	return proof.wrong;
}

/* What does not mean what the policy says, neither. Filters were proved when they were made. */
static void require_proven(struct bytes bundle, const struct ir_policy *policy)
{
	struct arena arena;
	struct str wrong;

	arena_init(&arena);
	wrong = prove(&arena, bundle, policy);
	if (wrong.len)
		bug_exit("the bundle that was made does not mean what the policy says: %.*s",
			 STR_ARG(wrong));
	arena_fini(&arena);
}

static int build(struct compilation *compilation, struct arena *arena,
		 const struct bundle_options *options, struct bytes *out)
{
	int rc = bundle_build(arena, &compilation->diags, compilation->ir, options, out);

	if (rc)
		place_diags(compilation);
	if (rc || options->limits_only)
		return rc;
	require_accepted(out);
	require_proven(*out, compilation->ir);
	return 0;
}

int compile_bundle(struct compilation *compilation, const struct bundle_options *options,
		   struct bytes *out)
{
	if (!compilation->ir)
		return -1;
	return build(compilation, &compilation->arena, options, out);
}

void compile_limits(struct compilation *compilation)
{
	struct bundle_options options = {.limits_only = true};
	struct bytes dropped;
	struct arena arena;

	if (!compilation->ir)
		return;
	for (int arch = 0; arch < ARCH__COUNT; arch++)
		options.archs[arch] = arch_info((enum arch)arch)->by_default;
	arena_init(&arena);
	/* What is wrong is in the diagnostics. */
	(void)build(compilation, &arena, &options, &dropped);
	arena_fini(&arena);
}
