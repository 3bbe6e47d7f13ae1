/*
 * Lints on arguments of which the kernel may look at half: what an earlier argument commands
 * decides whether 32 or 64 bits count, and a filter compares 64. So a denial of one value is one of
 * 2^32 spellings of it; an allowance is of one, which only is stricter.
 */
#include "lint/rules.h"
#include "tables/syscall_args.h"

/* The calls with such arguments, and the first of them. */
static const struct {
	const char *call;
	int first;
} commanded[] = {
	{"fcntl", 2}, {"ioctl", 2}, {"keyctl", 1}, {"prctl", 1}, {"semctl", 3},
};

/* The first commanded argument of a call, or of others one past the last. */
static int first_commanded(struct str call)
{
	for (size_t i = 0; i < sizeof(commanded) / sizeof(commanded[0]); i++) {
		if (str_eq_cstr(call, commanded[i].call))
			return commanded[i].first;
	}
	return CALL_MAX_ARGS;
}

static void check_call(struct lint *lint, const struct ast_call *call)
{
	int first = first_commanded(call->name.text);
	const struct call_args *args = call_args_find(call->name.text);

	for (size_t i = 0; args && i < call->conds.n; i++) {
		const struct ast_cond *cond = &call->conds.items[i];
		int at = call_arg_position(args, cond->arg.text);
		struct diag *diag;

		if (at < first || (cond->op != AST_OP_EQ && cond->op != AST_OP_IN) ||
		    call_arg_bits(&args->args[at]) != 64)
			continue;
		diag = diag_report(lint->diags, DIAG_W0316, cond->span,
				   "the kernel may look at the lower half of '%.*s' only, and this "
				   "denies nothing when the upper half is not 0",
				   STR_ARG(cond->arg.text));
		diag_help(lint->diags, diag, "test the lower half: %.*s & 0xffffffff == ...",
			  STR_ARG(cond->arg.text));
	}
}

void lint_half_argument(struct lint *lint)
{
	for (size_t s = 0; s < lint->ast->sandboxes.n; s++) {
		const struct ast_sandbox *sandbox = &lint->ast->sandboxes.items[s];

		for (size_t i = 0; i < sandbox->calls.n; i++) {
			if (!sandbox->calls.items[i].allow)
				check_call(lint, &sandbox->calls.items[i]);
		}
	}
}
