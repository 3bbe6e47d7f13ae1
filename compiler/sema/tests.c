/*
 * Test blocks: are the questions they ask about things that exist?
 *
 * What a test expects is for the test runner, which asks the compiled bundle; nothing of a test is
 * in the IR. Here its names are resolved and its values checked, so that a test can't pass because
 * of a misspelt role or argument. A text may stand for an argument of any type: that a call with a
 * wrong value is refused is a thing worth testing.
 */
#include "sema/conditions.h"
#include "tables/syscall_args.h"

/* Reports a name that was in the list before. */
static void check_once(struct sema *sema, struct map *seen, const struct ast_name *name)
{
	if (!map_put(sema->arena, seen, name->text, 0))
		diag_report(sema->diags, DIAG_E0117, name->span, "'%.*s' is given twice",
			    STR_ARG(name->text));
}

static void check_value(struct sema *sema, const struct sema_arg *arg,
			const struct ast_literal *value)
{
	if (value->kind == AST_STRING)
		sema_text(sema, &value->text, SEMA_ANY_TYPE, "an argument");
	else if (arg)
		sema_check_literal_kind(sema, value, arg->arg->kind);
	else if (value->kind != AST_INT && value->kind != AST_BOOL)
		sema_check_literal_kind(sema, value, WRIT_ARG_STRING);
}

static void check_arg(struct sema *sema, const struct sema_args *args,
		      const struct ast_binding *binding)
{
	const struct sema_arg *arg = sema_arg(args, binding->name.text);

	if (!binding->is_list)
		check_value(sema, arg, &binding->value);
	for (size_t i = 0; i < binding->elements.n; i++)
		check_value(sema, arg, &binding->elements.items[i]);
}

static void check_expect(struct sema *sema, const struct ast_expect *expect)
{
	const struct sema_args *args = sema_args(sema, expect->tool.text);
	struct map seen = {0};

	sema_resolve(sema, SEMA_ROLE, expect->role.text, expect->role.span);
	sema_check_name_length(sema, expect->tool.text, expect->tool.span);
	if (!ir_pattern_is_exact(expect->tool.text))
		diag_report(sema->diags, DIAG_E0226, expect->tool.span,
			    "a test calls one tool; '%.*s' is a pattern",
			    STR_ARG(expect->tool.text));
	if (expect->args.n > WRIT_MAX_ARGS)
		diag_report(sema->diags, DIAG_E0458, expect->span,
			    "this call has %zu arguments; at most %u are possible", expect->args.n,
			    WRIT_MAX_ARGS);
	for (size_t i = 0; i < expect->args.n; i++) {
		const struct ast_binding *binding = &expect->args.items[i];

		check_once(sema, &seen, &binding->name);
		if (args->only && !sema_arg(args, binding->name.text))
			sema_unknown_arg(sema, &binding->name, args);
		else
			check_arg(sema, args, binding);
	}
}

static void check_endpoint(struct sema *sema, const struct ast_text *text, uint32_t right)
{
	struct ir_endpoint endpoint = {.param = IR_NONE};
	bool one_host, one_port;

	if (!sema_granted_endpoint(sema, text, right, &endpoint))
		return;
	one_host = endpoint.kind == IR_HOST_NAME ||
		   (endpoint.kind == IR_HOST_NET && endpoint.prefix == 128);
	one_port = endpoint.param != IR_NONE || endpoint.first == endpoint.last;
	if (!one_host || !one_port)
		diag_report(sema->diags, DIAG_E0226, text->span,
			    "a test asks about one host and one port");
}

static void check_call(struct sema *sema, const struct ast_box_expect *expect)
{
	uint32_t seen = 0;

	if (!sema_check_call(sema, &expect->call))
		return;
	if (expect->call.text.ptr[0] == '@') {
		diag_report(sema->diags, DIAG_E0226, expect->call.span,
			    "a test asks about one system call, not about a group");
		return;
	}
	for (size_t i = 0; i < expect->facts.n; i++) {
		const struct ast_fact *fact = &expect->facts.items[i];
		const struct call_arg *arg;
		int position = sema_call_arg(sema, expect->call.text, &fact->arg, &arg);
		uint64_t value;

		if (position < 0)
			continue;
		/* It may have several names. */
		if (seen & 1u << position)
			diag_report(sema->diags, DIAG_E0117, fact->arg.span, "'%s' is given twice",
				    arg->names[0]);
		seen |= 1u << position;
		sema_call_value(sema, &fact->value, arg, &value);
	}
}

static void check_box_expect(struct sema *sema, const struct ast_box_expect *expect)
{
	struct ir_text path;

	if (expect->verdict == AST_ASK && expect->target != AST_TARGET_SYSCALL)
		diag_report(sema->diags, DIAG_E0226, expect->span,
			    "of a sandbox only system calls can be asked about: 'allow' or 'deny'");
	switch (expect->target) {
	case AST_TARGET_READ:
	case AST_TARGET_WRITE:
	case AST_TARGET_EXECUTE:
	case AST_TARGET_UNIX:
		sema_path_text(sema, &expect->text, &path);
		break;
	case AST_TARGET_CONNECT:
		check_endpoint(sema, &expect->text, IR_ENDPOINT_CONNECT);
		break;
	case AST_TARGET_BIND:
		check_endpoint(sema, &expect->text, IR_ENDPOINT_BIND);
		break;
	case AST_TARGET_SYSCALL:
		check_call(sema, expect);
		break;
	}
}

static void check_test(struct sema *sema, const struct ast_test *test)
{
	struct map seen = {0};
	struct str name;

	sema_plain_text(sema, &test->name, "a test's name", &name);
	for (size_t i = 0; i < test->with.n; i++) {
		check_once(sema, &seen, &test->with.items[i].name);
		sema_check_binding(sema, &test->with.items[i]);
	}
	for (size_t i = 0; i < test->expects.n; i++)
		check_expect(sema, &test->expects.items[i]);
	for (size_t b = 0; b < test->boxes.n; b++) {
		const struct ast_box_test *box = &test->boxes.items[b];

		sema_resolve(sema, SEMA_SANDBOX, box->sandbox.text, box->sandbox.span);
		for (size_t i = 0; i < box->expects.n; i++)
			check_box_expect(sema, &box->expects.items[i]);
	}
}

void sema_tests(struct sema *sema)
{
	for (size_t i = 0; i < sema->ast->tests.n; i++)
		check_test(sema, &sema->ast->tests.items[i]);
}
