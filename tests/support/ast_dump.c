/*
 * Prints a syntax tree, one node a line, indented by depth.
 *
 * Strings are shown with their parts apart, bytes that are not printable as \xHH, so that two
 * different trees never print alike.
 */
#include "support/ast_dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const types[] = {"string", "path",     "host", "port", "int",
				    "size",   "duration", "url",  "bool"};
static const char *const classes[] = {"none", "read", "write", "execute", "admin"};
static const char *const grants[] = {"read",    "write", "execute", "deny", "scratch",
				     "connect", "bind",  "deny",    "unix"};
static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">=", "&==", "in"};
static const char *const actions[] = {"", " errno", " kill", " log", " notify"};
static const char *const envs[] = {"pass", "set", "secret"};
static const char *const verdicts[] = {"allow", "deny", "ask"};
static const char *const set_kinds[] = {"paths", "hosts", "syscalls", "tools"};
static const char *const exprs[] = {"or",     "and",   "not",     "compare", "in",
				    "in-set", "under", "matches", "present"};
static const char *const targets[] = {"read", "write", "execute", "connect",
				      "bind", "unix",  "syscall"};

static void dump_bytes(FILE *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
}

static void dump_text(FILE *out, const struct ast_text *text)
{
	fputs(" text(", out);
	for (size_t i = 0; i < text->n; i++) {
		fputs(i ? " " : "", out);
		if (text->parts[i].is_param) {
			fprintf(out, "${%.*s}", STR_ARG(text->parts[i].text));
			continue;
		}
		fputc('"', out);
		dump_bytes(out, text->parts[i].text);
		fputc('"', out);
	}
	fputc(')', out);
}

static void dump_name(FILE *out, const struct ast_name *name)
{
	fprintf(out, " %.*s", STR_ARG(name->text));
}

static void dump_names(FILE *out, const char *before, const struct ast_names *names)
{
	if (names->n)
		fputs(before, out);
	for (size_t i = 0; i < names->n; i++)
		dump_name(out, &names->items[i]);
}

static void dump_literal(FILE *out, const struct ast_literal *literal)
{
	static const char *const kinds[] = {"int", "size", "duration", "string", "bool", "word"};

	if (literal->kind == AST_STRING)
		dump_text(out, &literal->text);
	else if (literal->kind == AST_WORD)
		fprintf(out, " word(%.*s)", STR_ARG(literal->word));
	else
		fprintf(out, " %s(%" PRIu64 ")", kinds[literal->kind], literal->number);
}

static void dump_params(FILE *out, const struct ast *ast)
{
	for (size_t i = 0; i < ast->params.n; i++) {
		const struct ast_param *param = &ast->params.items[i];

		fprintf(out, "param %.*s : %s", STR_ARG(param->name.text), types[param->type]);
		if (param->has_default)
			dump_literal(out, &param->fallback);
		fputc('\n', out);
	}
}

static void dump_sets(FILE *out, const struct ast *ast)
{
	for (size_t i = 0; i < ast->sets.n; i++) {
		const struct ast_set *set = &ast->sets.items[i];

		fprintf(out, "set %.*s : %s\n", STR_ARG(set->name.text), set_kinds[set->kind]);
		for (size_t n = 0; n < set->items.n; n++) {
			const struct ast_set_item *item = &set->items.items[n];

			fputc('\t', out);
			if (item->is_text)
				dump_text(out, &item->text);
			else
				dump_name(out, &item->name);
			fputc('\n', out);
		}
	}
}

static void dump_prop(FILE *out, const struct ast_tool_prop *prop)
{
	switch (prop->kind) {
	case AST_TOOL_CLASS:
		fprintf(out, "\tclass %s", classes[prop->class]);
		break;
	case AST_TOOL_SANDBOX:
		fprintf(out, "\tsandbox %.*s", STR_ARG(prop->sandbox.text));
		break;
	case AST_TOOL_DESCRIBE:
		fputs("\tdescribe", out);
		dump_text(out, &prop->describe);
		break;
	case AST_TOOL_ARG:
		fprintf(out, "\targ %.*s : %s%s", STR_ARG(prop->arg.name.text),
			types[prop->arg.type], prop->arg.secret ? " secret" : "");
		break;
	}
	fputc('\n', out);
}

static void dump_tools(FILE *out, const struct ast *ast)
{
	for (size_t i = 0; i < ast->tools.n; i++) {
		const struct ast_tool *tool = &ast->tools.items[i];

		fprintf(out, "tool %.*s\n", STR_ARG(tool->pattern.text));
		for (size_t n = 0; n < tool->props.n; n++)
			dump_prop(out, &tool->props.items[n]);
	}
}

static void dump_grants(FILE *out, const struct ast_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->grants.n; i++) {
		const struct ast_grant *grant = &sandbox->grants.items[i];

		fprintf(out, "\t%s %s%s", grant->kind >= AST_NET_CONNECT ? "net" : "fs",
			grants[grant->kind],
			grant->required ? " required"
			: grant->sni    ? " sni"
					: "");
		if (grant->is_set)
			fprintf(out, " set(%.*s)", STR_ARG(grant->set.text));
		else
			dump_text(out, &grant->text);
		if (grant->kind == AST_FS_SCRATCH)
			fprintf(out, " %" PRIu64, grant->size_bytes);
		fputc('\n', out);
	}
}

static void dump_value(FILE *out, const struct ast_value *value)
{
	for (size_t i = 0; i < value->terms.n; i++) {
		const struct ast_value_term *term = &value->terms.items[i];

		fputs(i ? "|" : " ", out);
		if (term->is_number)
			fprintf(out, "%" PRIu64, term->number);
		else
			fprintf(out, "%.*s", STR_ARG(term->name.text));
	}
}

static void dump_cond(FILE *out, const struct ast_cond *cond)
{
	fprintf(out, "\t\t%.*s %s", STR_ARG(cond->arg.text), ops[cond->op]);
	if (cond->op == AST_OP_MASKED_EQ) {
		fputs(" mask", out);
		dump_value(out, &cond->mask);
		fputs(" value", out);
	}
	for (size_t i = 0; i < cond->values.n; i++)
		dump_value(out, &cond->values.items[i]);
	fputc('\n', out);
}

static void dump_calls(FILE *out, const struct ast_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ast_call *call = &sandbox->calls.items[i];

		fprintf(out, "\tcall %s %.*s%s", call->allow ? "allow" : "deny",
			STR_ARG(call->name.text), actions[call->action]);
		if (call->action == AST_CALL_ERRNO)
			dump_name(out, &call->errno_name);
		fputc('\n', out);
		for (size_t n = 0; n < call->conds.n; n++)
			dump_cond(out, &call->conds.items[n]);
	}
}

static void dump_sandbox(FILE *out, const struct ast_sandbox *sandbox)
{
	fprintf(out, "sandbox %.*s", STR_ARG(sandbox->name.text));
	dump_names(out, " extends", &sandbox->parents);
	fprintf(out, "%s%s%s\n", sandbox->best_effort.file == SPAN_NO_FILE ? "" : " best_effort",
		sandbox->strict_exec.file == SPAN_NO_FILE ? "" : " strict_exec",
		sandbox->syscalls_span.file == SPAN_NO_FILE ? "" : " syscalls");
	for (size_t i = 0; i < sandbox->users.n; i++) {
		fputs("\tuser", out);
		dump_text(out, &sandbox->users.items[i]);
		fputc('\n', out);
	}
	dump_grants(out, sandbox);
	dump_calls(out, sandbox);
	for (size_t i = 0; i < sandbox->limits.n; i++) {
		fprintf(out, "\tlimit %.*s", STR_ARG(sandbox->limits.items[i].name.text));
		dump_literal(out, &sandbox->limits.items[i].value);
		fputc('\n', out);
	}
	for (size_t i = 0; i < sandbox->env.n; i++) {
		const struct ast_env *env = &sandbox->env.items[i];

		fprintf(out, "\tenv %s %.*s", envs[env->kind], STR_ARG(env->name.text));
		if (env->kind == AST_ENV_SET)
			dump_text(out, &env->value);
		fputc('\n', out);
	}
}

static void dump_expr(FILE *out, const struct ast_expr *expr, int depth)
{
	fprintf(out, "%*s%s", depth * 2 + 16, "", exprs[expr->kind]);
	if (expr->arg.text.ptr)
		dump_name(out, &expr->arg);
	if (expr->kind == AST_EXPR_COMPARE)
		fprintf(out, " %s", ops[expr->op]);
	if (expr->set.text.ptr)
		dump_name(out, &expr->set);
	for (size_t i = 0; i < expr->literals.n; i++)
		dump_literal(out, &expr->literals.items[i]);
	fputc('\n', out);
	for (size_t i = 0; i < expr->kids.n; i++)
		dump_expr(out, expr->kids.items[i], depth + 1);
}

static void dump_rule(FILE *out, const struct ast_rule *rule)
{
	fprintf(out, "\t%s %.*s", verdicts[rule->verdict], STR_ARG(rule->pattern.text));
	if (rule->using.text.ptr)
		fprintf(out, " using %.*s", STR_ARG(rule->using.text));
	if (rule->rate.span.file != SPAN_NO_FILE)
		fprintf(out, " rate %" PRIu64 "/%us", rule->rate.count, rule->rate.period_s);
	if (rule->rate.has_burst)
		fprintf(out, " burst %" PRIu64, rule->rate.burst);
	fputc('\n', out);
	if (rule->where)
		dump_expr(out, rule->where, 0);
}

static void dump_roles(FILE *out, const struct ast *ast)
{
	for (size_t i = 0; i < ast->roles.n; i++) {
		const struct ast_role *role = &ast->roles.items[i];

		fprintf(out, "role %.*s", STR_ARG(role->name.text));
		dump_names(out, " extends", &role->parents);
		fputc('\n', out);
		for (size_t n = 0; n < role->rules.n; n++)
			dump_rule(out, &role->rules.items[n]);
	}
	for (size_t i = 0; i < ast->users.n; i++) {
		fputs("user", out);
		dump_text(out, &ast->users.items[i].name);
		dump_names(out, " :", &ast->users.items[i].roles);
		fputc('\n', out);
	}
	for (size_t i = 0; i < ast->conflicts.n; i++) {
		fputs(ast->conflicts.items[i].session ? "conflict session" : "conflict", out);
		dump_names(out, " :", &ast->conflicts.items[i].roles);
		fputc('\n', out);
	}
}

static void dump_elements(FILE *out, const struct ast_literals *elements)
{
	fputs(" {", out);
	for (size_t i = 0; i < elements->n; i++)
		dump_literal(out, &elements->items[i]);
	fputs(" }", out);
}

static void dump_bindings(FILE *out, const char *indent, const struct ast_bindings *bindings)
{
	for (size_t i = 0; i < bindings->n; i++) {
		fprintf(out, "%s%.*s =", indent, STR_ARG(bindings->items[i].name.text));
		if (bindings->items[i].is_list)
			dump_elements(out, &bindings->items[i].elements);
		else
			dump_literal(out, &bindings->items[i].value);
		fputc('\n', out);
	}
}

static void dump_box(FILE *out, const struct ast_box_test *box)
{
	fprintf(out, "\tsandbox %.*s\n", STR_ARG(box->sandbox.text));
	for (size_t i = 0; i < box->expects.n; i++) {
		const struct ast_box_expect *expect = &box->expects.items[i];

		fprintf(out, "\t\t%s %s", verdicts[expect->verdict], targets[expect->target]);
		if (expect->target == AST_TARGET_SYSCALL)
			dump_name(out, &expect->call);
		else
			dump_text(out, &expect->text);
		for (size_t n = 0; n < expect->facts.n; n++) {
			fprintf(out, " %.*s =", STR_ARG(expect->facts.items[n].arg.text));
			dump_value(out, &expect->facts.items[n].value);
		}
		fputc('\n', out);
	}
}

static void dump_tests(FILE *out, const struct ast *ast)
{
	for (size_t i = 0; i < ast->tests.n; i++) {
		const struct ast_test *test = &ast->tests.items[i];

		fputs("test", out);
		dump_text(out, &test->name);
		fputc('\n', out);
		dump_bindings(out, "\twith ", &test->with);
		for (size_t n = 0; n < test->expects.n; n++) {
			const struct ast_expect *expect = &test->expects.items[n];

			fprintf(out, "\t%s %.*s %.*s\n", verdicts[expect->verdict],
				STR_ARG(expect->role.text), STR_ARG(expect->tool.text));
			dump_bindings(out, "\t\t", &expect->args);
		}
		for (size_t n = 0; n < test->boxes.n; n++)
			dump_box(out, &test->boxes.items[n]);
	}
}

char *ast_dump(const struct ast *ast)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "policy %.*s version %" PRIu64 "\n", STR_ARG(ast->name.text), ast->version);
	for (size_t i = 0; i < ast->imports.n; i++) {
		fputs("import", out);
		dump_text(out, &ast->imports.items[i].path);
		fputc('\n', out);
	}
	dump_params(out, ast);
	dump_sets(out, ast);
	dump_tools(out, ast);
	for (size_t i = 0; i < ast->sandboxes.n; i++)
		dump_sandbox(out, &ast->sandboxes.items[i]);
	dump_roles(out, ast);
	for (size_t i = 0; i < ast->redacts.n; i++) {
		fputs("redact", out);
		dump_text(out, &ast->redacts.items[i].pattern);
		fputc('\n', out);
	}
	dump_tests(out, ast);
	fclose(out);
	return text;
}
