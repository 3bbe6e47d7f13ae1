/*
 * Lints on arguments of which the kernel may look at half: what an earlier argument commands
 * decides whether 32 or 64 bits count, and a filter compares 64. So a denial of one value is one of
 * 2^32 spellings of it. An allowance of one only is stricter, but one of all but a value, or of all
 * above it, is of that value's other spellings too.
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

/* Does a value with bits in its upper half get past a denial, or through an allowance? */
static bool lets_upper(bool allow, enum ast_op op)
{
	switch (op) {
	case AST_OP_EQ:
	case AST_OP_IN:
	case AST_OP_LT:
	case AST_OP_LE:
		return !allow;
	case AST_OP_NE:
	case AST_OP_GT:
	case AST_OP_GE:
		return allow;
	case AST_OP_MASKED_EQ:
		break;
	}
	return false;
}

/* Does an allowance say of the same argument how large it may be, or which bits it may have? */
static bool is_bounded(const struct ast_call *call, const struct call_args *args, int at)
{
	for (size_t i = 0; call->allow && i < call->conds.n; i++) {
		const struct ast_cond *cond = &call->conds.items[i];

		if (call_arg_position(args, cond->arg.text) == at && !lets_upper(true, cond->op))
			return true;
	}
	return false;
}

static void report_half(struct lint *lint, const struct ast_call *call, const struct ast_cond *cond)
{
	struct diag *diag = diag_report(lint->diags, DIAG_W0316, cond->span,
					"the kernel may look at the lower half of '%.*s' only, and "
					"this %s when the upper half is not 0",
					STR_ARG(cond->arg.text),
					call->allow ? "allows any value" : "denies nothing");

	if (call->allow)
		diag_help(lint->diags, diag,
			  "allow no upper half: add the condition %.*s <= "
			  "0xffffffff",
			  STR_ARG(cond->arg.text));
	else
		diag_help(lint->diags, diag, "test the lower half: %.*s & 0xffffffff == ...",
			  STR_ARG(cond->arg.text));
}

static void check_call(struct lint *lint, const struct ast_call *call)
{
	int first = first_commanded(call->name.text);
	const struct call_args *args = call_args_find(call->name.text);

	for (size_t i = 0; args && i < call->conds.n; i++) {
		const struct ast_cond *cond = &call->conds.items[i];
		int at = call_arg_position(args, cond->arg.text);

		if (at >= first && lets_upper(call->allow, cond->op) &&
		    call_arg_bits(&args->args[at]) == 64 && !is_bounded(call, args, at))
			report_half(lint, call, cond);
	}
}

void lint_half_argument(struct lint *lint)
{
	for (size_t s = 0; s < lint->ast->sandboxes.n; s++) {
		const struct ast_sandbox *sandbox = &lint->ast->sandboxes.items[s];

		for (size_t i = 0; i < sandbox->calls.n; i++)
			check_call(lint, &sandbox->calls.items[i]);
	}
}
