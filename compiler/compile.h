/*
 * The whole pipeline. One compilation is one arena, one set of source files, one list of
 * diagnostics.
 */
#ifndef WRIT_COMPILE_H
#define WRIT_COMPILE_H

#include "base/diag.h"
#include "front/ast.h"
#include "ir/ir.h"
#include "link/bundle.h"

struct compilation {
	struct arena arena;
	struct sources sources;
	struct diag_list diags;
	struct ast ast;
	struct ir_policy *ir; /* NULL while diags holds errors */
};

void compilation_init(struct compilation *compilation);
void compilation_fini(struct compilation *compilation);

/*
 * Source file to IR, with lint's warnings: everything that can be said about a policy without
 * making a bundle of it. Returns 0, however wrong the policy is (see diags), or a negative errno
 * when the file can't be read.
 */
__attribute__((warn_unused_result)) int compile_check(struct compilation *compilation,
						      struct str path);

/* The same for text in memory, called path in diagnostics. */
__attribute__((warn_unused_result)) int compile_check_text(struct compilation *compilation,
							   struct str path, struct str text);

/* Then IR to bundle; 0 and *out in the arena, or -1 when diags holds errors. */
__attribute__((warn_unused_result)) int compile_bundle(struct compilation *compilation,
						       const struct bundle_options *options,
						       struct bytes *out);

/*
 * Instead of compile_bundle: reports what would keep a bundle for all architectures from being
 * made, and makes none.
 */
void compile_limits(struct compilation *compilation);

#endif
