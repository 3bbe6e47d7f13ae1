/*
 * Prints the IR. Lines are self-contained (a diff of two listings reads well) and every field that
 * a back end reads is on one of them; the order is the IR's own. Sandboxes are in
 * ir_print_sandbox.c.
 */
#include "ir/ir_print.h"

#include <inttypes.h>

struct str ir_text_spell(struct arena *arena, const struct ir_policy *policy,
			 const struct ir_text *text)
{
	struct str out = STR("");

	for (size_t i = 0; i < text->n; i++) {
		const struct ir_part *part = &text->parts[i];

		switch (part->kind) {
		case IR_PART_LITERAL:
			out = str_printf(arena, "%.*s%.*s", STR_ARG(out), STR_ARG(part->literal));
			break;
		case IR_PART_PARAM:
			out = str_printf(arena, "%.*s${%.*s}", STR_ARG(out),
					 STR_ARG(policy->params.items[part->param].name));
			break;
		case IR_PART_HOME:
			out = str_printf(arena, "%.*s~", STR_ARG(out));
			break;
		}
	}
	return out;
}

static const char *const param_types[] = {
	[WRIT_PARAM_STRING] = "string",     [WRIT_PARAM_PATH] = "path", [WRIT_PARAM_HOST] = "host",
	[WRIT_PARAM_PORT] = "port",         [WRIT_PARAM_INT] = "int",   [WRIT_PARAM_SIZE] = "size",
	[WRIT_PARAM_DURATION] = "duration",
};

static const char *const classes[] = {
	[WRIT_CLASS_NONE] = "none",   [WRIT_CLASS_READ] = "read",
	[WRIT_CLASS_WRITE] = "write", [WRIT_CLASS_EXECUTE] = "execute",
	[WRIT_CLASS_ADMIN] = "admin",
};

static const char *const verdicts[] = {
	[WRIT_VERDICT_DENY] = "deny",
	[WRIT_VERDICT_ASK] = "ask",
	[WRIT_VERDICT_ALLOW] = "allow",
};

static const char *const arg_kinds[] = {
	[WRIT_ARG_STRING] = "string", [WRIT_ARG_PATH] = "path", [WRIT_ARG_URL] = "url",
	[WRIT_ARG_HOST] = "host",     [WRIT_ARG_INT] = "int",   [WRIT_ARG_BOOL] = "bool",
};

static const struct {
	const char *name;
	enum { OPERAND_TEXT, OPERAND_NUMBER, OPERAND_ENDPOINT, OPERAND_NONE } operand;
} tests[] = {
#define TEST(id, name, operand, doc) [id] = {#name, OPERAND_##operand},
	WRIT_TESTS(TEST)
#undef TEST
};

static void print_operand(FILE *out, struct arena *arena, const struct ir_policy *policy,
			  const struct ir_where *test, const struct ir_operand *operand)
{
	switch (tests[test->op].operand) {
	case OPERAND_TEXT:
		fprintf(out, " \"%.*s\"", STR_ARG(ir_text_spell(arena, policy, &operand->text)));
		break;
	case OPERAND_NUMBER:
		fprintf(out, " %" PRId64, operand->number);
		break;
	case OPERAND_ENDPOINT:
		fprintf(out, " %.*s",
			STR_ARG(ir_endpoint_spell(arena, policy, &operand->endpoint)));
		break;
	case OPERAND_NONE:
		break;
	}
}

/* The tests of a condition, in order; how they are joined is in its text. */
static void print_tests(FILE *out, struct arena *arena, const struct ir_policy *policy,
			const struct ir_where *where)
{
	for (size_t i = 0; i < where->kids.n; i++)
		print_tests(out, arena, policy, where->kids.items[i]);
	if (where->kind != IR_WHERE_TEST)
		return;
	fprintf(out, "\t%s %.*s", tests[where->op].name, STR_ARG(where->arg));
	for (size_t i = 0; i < where->operands.n; i++)
		print_operand(out, arena, policy, where, &where->operands.items[i]);
	fputc('\n', out);
}

static void print_rule(FILE *out, struct arena *arena, const struct ir_policy *policy, size_t index)
{
	const struct ir_rule *rule = &policy->rules.items[index];

	fprintf(out, "rule %zu %s %.*s role %.*s", index, verdicts[rule->verdict],
		STR_ARG(rule->pattern), STR_ARG(policy->roles.items[rule->role].name));
	if (rule->origin.file.len)
		fprintf(out, " %.*s:%u:%u", STR_ARG(rule->origin.file), rule->origin.line,
			rule->origin.col);
	if (rule->sandbox != IR_NONE)
		fprintf(out, " using %.*s", STR_ARG(policy->sandboxes.items[rule->sandbox].name));
	if (rule->rate)
		fprintf(out, " rate %u/%us burst %u", rule->rate, rule->period_s, rule->burst);
	if (rule->where)
		fprintf(out, " where %.*s", STR_ARG(rule->condition));
	fputc('\n', out);
	if (rule->where)
		print_tests(out, arena, policy, rule->where);
}

static void print_role(FILE *out, const struct ir_policy *policy, const struct ir_role *role)
{
	fprintf(out, "role %.*s", STR_ARG(role->name));
	if (role->parents.n)
		fputs(" extends", out);
	for (size_t p = 0; p < role->parents.n; p++)
		fprintf(out, " %.*s", STR_ARG(policy->roles.items[role->parents.items[p]].name));
	fputs(" rules", out);
	for (size_t r = 0; r < role->rules.n; r++)
		fprintf(out, " %u", role->rules.items[r]);
	fputc('\n', out);
}

static void print_holders(FILE *out, const struct ir_policy *policy, const struct ir_indices *roles)
{
	for (size_t r = 0; r < roles->n; r++)
		fprintf(out, " %.*s", STR_ARG(policy->roles.items[roles->items[r]].name));
	fputc('\n', out);
}

static void print_subjects(FILE *out, const struct ir_policy *policy)
{
	for (size_t i = 0; i < policy->roles.n; i++)
		print_role(out, policy, &policy->roles.items[i]);
	for (size_t i = 0; i < policy->users.n; i++) {
		fprintf(out, "user %.*s roles", STR_ARG(policy->users.items[i].name));
		print_holders(out, policy, &policy->users.items[i].roles);
	}
	for (size_t i = 0; i < policy->conflicts.n; i++) {
		fputs(policy->conflicts.items[i].session ? "conflict session" : "conflict", out);
		print_holders(out, policy, &policy->conflicts.items[i].roles);
	}
	for (size_t i = 0; i < policy->redacts.n; i++)
		fprintf(out, "redact %.*s\n", STR_ARG(policy->redacts.items[i].pattern));
	if (policy->audit.required)
		fputs("audit required\n", out);
	if (policy->audit.full != IR_AUDIT_BLOCK)
		fprintf(out, "audit full %s\n",
			policy->audit.full == IR_AUDIT_DENY ? "deny" : "drop");
}

static void print_tool(FILE *out, const struct ir_policy *policy, const struct ir_tool *tool)
{
	fprintf(out, "tool %.*s class %s", STR_ARG(tool->name), classes[tool->class]);
	if (tool->sandbox != IR_NONE)
		fprintf(out, " sandbox %.*s", STR_ARG(policy->sandboxes.items[tool->sandbox].name));
	fprintf(out, "%s\n", tool->declared ? "" : " undeclared");
	for (size_t i = 0; i < tool->args.n; i++)
		fprintf(out, "\targ %.*s %s%s\n", STR_ARG(tool->args.items[i].name),
			arg_kinds[tool->args.items[i].kind],
			tool->args.items[i].secret ? " secret" : "");
}

static void print_param(FILE *out, const struct ir_param *param)
{
	fprintf(out, "param %.*s %s", STR_ARG(param->name), param_types[param->type]);
	if (param->has_default)
		fprintf(out, " = %.*s", STR_ARG(param->fallback));
	fputc('\n', out);
}

void ir_print(FILE *out, struct arena *arena, const struct ir_policy *policy)
{
	fprintf(out, "policy %.*s version %" PRIu64 "\n", STR_ARG(policy->name), policy->version);
	for (size_t i = 0; i < policy->params.n; i++)
		print_param(out, &policy->params.items[i]);
	for (size_t i = 0; i < policy->tools.n; i++)
		print_tool(out, policy, &policy->tools.items[i]);
	for (size_t i = 0; i < policy->rules.n; i++)
		print_rule(out, arena, policy, i);
	print_subjects(out, policy);
	for (size_t i = 0; i < policy->sandboxes.n; i++)
		ir_print_sandbox(out, arena, policy, &policy->sandboxes.items[i]);
}
