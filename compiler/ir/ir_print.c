/*
 * Prints the IR. Lines are self-contained (a diff of two listings reads well) and every field that
 * a back end reads is on one of them; the order is the IR's own.
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

static const char *const env_kinds[] = {
	[WRIT_ENV_PASS] = "pass",
	[WRIT_ENV_SET] = "set",
	[WRIT_ENV_SECRET] = "secret",
};

static const char *const limit_names[] = {
#define LIMIT(id, name, unit, doc) name,
#include "runtime/limits.def"
#undef LIMIT
};

static const char *const cond_ops[] = {
	[COND_EQ] = "==", [COND_NE] = "!=", [COND_LT] = "<",         [COND_LE] = "<=",
	[COND_GT] = ">",  [COND_GE] = ">=", [COND_MASKED_EQ] = "==", [COND_MASKED_NE] = "!=",
};

static void print_cond(FILE *out, const struct call_cond *cond)
{
	fprintf(out, " arg%u", cond->arg);
	if (cond->is_64)
		fputs(":64", out);
	if (cond->op == COND_MASKED_EQ || cond->op == COND_MASKED_NE)
		fprintf(out, "&%#" PRIx64, cond->mask);
	fprintf(out, "%s%#" PRIx64, cond_ops[cond->op], cond->value);
}

static void print_call(FILE *out, const struct ir_call *call)
{
	switch (call->verdict) {
	case IR_CALL_ALLOW:
		fprintf(out, "\tallow %.*s", STR_ARG(call->name));
		break;
	case IR_CALL_ERRNO:
		fprintf(out, "\terrno %.*s %s", STR_ARG(call->name), errno_name(call->error));
		break;
	case IR_CALL_KILL:
		fprintf(out, "\tkill %.*s", STR_ARG(call->name));
		break;
	}
	for (uint32_t i = 0; i < call->n_conds; i++)
		print_cond(out, &call->conds[i]);
	fputc('\n', out);
}

static void print_path(FILE *out, struct arena *arena, const struct ir_policy *policy,
		       const struct ir_path *path)
{
	fprintf(out, "\tpath %c%c%c %.*s\n", path->rights & WRIT_PATH_READ ? 'r' : '-',
		path->rights & WRIT_PATH_WRITE ? 'w' : '-',
		path->rights & WRIT_PATH_EXECUTE ? 'x' : '-',
		STR_ARG(ir_text_spell(arena, policy, &path->text)));
}

static void print_port(FILE *out, const struct ir_policy *policy, const struct ir_port *port)
{
	fprintf(out, "\tport %c%c ", port->rights & WRIT_PORT_CONNECT ? 'c' : '-',
		port->rights & WRIT_PORT_BIND ? 'b' : '-');
	if (port->param != IR_NONE)
		fprintf(out, "${%.*s}\n", STR_ARG(policy->params.items[port->param].name));
	else
		fprintf(out, "%u-%u\n", port->first, port->last);
}

static void print_env(FILE *out, struct arena *arena, const struct ir_policy *policy,
		      const struct ir_env *env)
{
	fprintf(out, "\t%s %.*s", env_kinds[env->kind], STR_ARG(env->name));
	if (env->kind == WRIT_ENV_SET)
		fprintf(out, "=%.*s", STR_ARG(ir_text_spell(arena, policy, &env->value)));
	fputc('\n', out);
}

static void print_sandbox(FILE *out, struct arena *arena, const struct ir_policy *policy,
			  const struct ir_sandbox *sandbox)
{
	fprintf(out, "sandbox %.*s%s\n", STR_ARG(sandbox->name),
		sandbox->best_effort ? " best_effort" : "");
	for (size_t i = 0; i < sandbox->paths.n; i++)
		print_path(out, arena, policy, &sandbox->paths.items[i]);
	for (size_t i = 0; i < sandbox->ports.n; i++)
		print_port(out, policy, &sandbox->ports.items[i]);
	for (int id = 0; id < WRIT_LIMIT__COUNT; id++) {
		if (sandbox->limit_set[id])
			fprintf(out, "\tlimit %s %" PRIu64 "\n", limit_names[id],
				sandbox->limits[id]);
	}
	for (size_t i = 0; i < sandbox->env.n; i++)
		print_env(out, arena, policy, &sandbox->env.items[i]);
	for (size_t i = 0; i < sandbox->calls.n; i++)
		print_call(out, &sandbox->calls.items[i]);
}

static void print_rule(FILE *out, const struct ir_policy *policy, size_t index)
{
	const struct ir_rule *rule = &policy->rules.items[index];

	fprintf(out, "rule %zu %s %.*s role %.*s %.*s:%u:%u\n", index, verdicts[rule->verdict],
		STR_ARG(rule->pattern), STR_ARG(policy->roles.items[rule->role].name),
		STR_ARG(rule->origin.file), rule->origin.line, rule->origin.col);
}

static void print_subjects(FILE *out, const struct ir_policy *policy)
{
	for (size_t i = 0; i < policy->roles.n; i++) {
		const struct ir_role *role = &policy->roles.items[i];

		fprintf(out, "role %.*s rules", STR_ARG(role->name));
		for (size_t r = 0; r < role->rules.n; r++)
			fprintf(out, " %u", role->rules.items[r]);
		fputc('\n', out);
	}
	for (size_t i = 0; i < policy->users.n; i++) {
		const struct ir_user *user = &policy->users.items[i];

		fprintf(out, "user %.*s roles", STR_ARG(user->name));
		for (size_t r = 0; r < user->roles.n; r++)
			fprintf(out, " %.*s",
				STR_ARG(policy->roles.items[user->roles.items[r]].name));
		fputc('\n', out);
	}
}

static void print_tool(FILE *out, const struct ir_policy *policy, const struct ir_tool *tool)
{
	fprintf(out, "tool %.*s class %s", STR_ARG(tool->name), classes[tool->class]);
	if (tool->sandbox != IR_NONE)
		fprintf(out, " sandbox %.*s", STR_ARG(policy->sandboxes.items[tool->sandbox].name));
	fprintf(out, "%s\n", tool->declared ? "" : " undeclared");
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
		print_rule(out, policy, i);
	print_subjects(out, policy);
	for (size_t i = 0; i < policy->sandboxes.n; i++)
		print_sandbox(out, arena, policy, &policy->sandboxes.items[i]);
}
