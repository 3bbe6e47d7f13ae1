/*
 * From the syntax tree to the IR: the passes, in order.
 *
 * Names first, and then each kind of declaration by itself: parameters before what uses them in
 * strings, sets and tools before the rules that name them, tests last, since they ask about
 * everything else. Every pass runs, whatever an earlier one found; the IR is given away only when
 * nothing was found at all.
 */
#include "sema/pass.h"

struct ir_policy *sema_lower(struct diag_list *diags, const struct ast *ast)
{
	struct sema sema = {
		.arena = diags->arena,
		.diags = diags,
		.ast = ast,
		.ir = arena_new(diags->arena, struct ir_policy),
	};

	sema_names(&sema);
	sema_params(&sema);
	sema_sets(&sema);
	sema_tools(&sema);
	sema_roles(&sema);
	sema_users(&sema);
	sema_conflicts(&sema);
	sema_redacts(&sema);
	sema_audit(&sema);
	sema_sandboxes(&sema);
	sema_tests(&sema);
	return diags->errors ? NULL : sema.ir;
}
