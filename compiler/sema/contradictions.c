/*
 * Statements on system calls that contradict each other.
 *
 * That a deny beats an allow is no contradiction: it is how groups are narrowed. Two error numbers
 * for the same calls are one, for there is no saying which is meant. Conditions that exclude each
 * other are found where they are lowered (call_conds.c).
 */
#include "sema/pass.h"

static bool is_whole_errno(const struct ast_call *stated)
{
	return !stated->allow && stated->action == AST_CALL_ERRNO && stated->conds.n == 0;
}

void sema_check_errnos(struct sema *sema, const struct sema_box *box)
{
	const struct ast_call *calls = box->ast->calls.items;
	struct map first = {0};

	for (size_t i = 0; i < box->ast->calls.n; i++) {
		const struct ast_call *other;
		struct diag *diag;
		uint32_t index = 0;

		if (!is_whole_errno(&calls[i]) ||
		    map_put(sema->arena, &first, calls[i].name.text, (uint32_t)i))
			continue;
		map_get(&first, calls[i].name.text, &index);
		other = &calls[index];
		if (str_eq(other->errno_name.text, calls[i].errno_name.text))
			continue;
		diag = diag_report(sema->diags, DIAG_E0257, calls[i].name.span,
				   "'%.*s' fails with %.*s here and with %.*s elsewhere",
				   STR_ARG(calls[i].name.text), STR_ARG(calls[i].errno_name.text),
				   STR_ARG(other->errno_name.text));
		diag_note(sema->diags, diag, other->name.span, "the other is here");
	}
}
