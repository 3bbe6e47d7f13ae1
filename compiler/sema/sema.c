/*
 * From the syntax tree to the IR: the passes, in order.
 *
 * What the parser accepts but this compiler can't do yet is reported first. Then names, and then
 * each kind of declaration by itself: parameters before what uses them in strings, sandboxes last,
 * since they are the largest. Every pass runs, whatever an earlier one found; the IR is given away
 * only when nothing was found at all.
 */
#include "sema/pass.h"

static void report_pending(struct sema *sema)
{
	for (size_t i = 0; i < sema->ast->pending.n; i++)
		diag_report(sema->diags, DIAG_E0901, sema->ast->pending.items[i].span,
			    "not supported yet: %s", sema->ast->pending.items[i].feature);
}

struct ir_policy *sema_lower(struct diag_list *diags, const struct ast *ast)
{
	struct sema sema = {
		.arena = diags->arena,
		.diags = diags,
		.ast = ast,
		.ir = arena_new(diags->arena, struct ir_policy),
	};

	report_pending(&sema);
	sema_names(&sema);
	sema_params(&sema);
	sema_tools(&sema);
	sema_roles(&sema);
	sema_users(&sema);
	sema_sandboxes(&sema);
	return diags->errors ? NULL : sema.ir;
}
