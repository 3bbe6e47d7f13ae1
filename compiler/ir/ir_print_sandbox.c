/*
 * Prints the sandboxes of the IR.
 */
#include "ir/ir_print.h"

#include <inttypes.h>
#include <string.h>

#include "ir/ir_endpoint.h"

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

struct str ir_endpoint_spell(struct arena *arena, const struct ir_policy *policy,
			     const struct ir_endpoint *endpoint)
{
	const char *scheme = endpoint->udp ? "udp://" : "";
	struct str host = STR("*"), port = STR("*");

	if (endpoint->kind == IR_HOST_NAME || endpoint->kind == IR_HOST_SUFFIX) {
		host = ir_text_spell(arena, policy, &endpoint->name);
		if (endpoint->kind == IR_HOST_SUFFIX)
			host = str_printf(arena, "*.%.*s", STR_ARG(host));
	} else if (endpoint->kind == IR_HOST_NET) {
		host = ir_net_spell(arena, endpoint);
	}
	if (endpoint->param != IR_NONE)
		port = str_printf(arena, "${%.*s}",
				  STR_ARG(policy->params.items[endpoint->param].name));
	else if (endpoint->first == endpoint->last)
		port = str_printf(arena, "%u", endpoint->first);
	else if (endpoint->first > 1 || endpoint->last < UINT16_MAX)
		port = str_printf(arena, "%u-%u", endpoint->first, endpoint->last);
	return str_printf(arena, "%s%.*s:%.*s", scheme, STR_ARG(host), STR_ARG(port));
}

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
	fputc('\t', out);
	switch (call->verdict) {
	case IR_CALL_ALLOW:
		fprintf(out, "allow %.*s", STR_ARG(call->name));
		break;
	case IR_CALL_LOG:
		fprintf(out, "log %.*s", STR_ARG(call->name));
		break;
	case IR_CALL_NOTIFY:
		fprintf(out, "notify %.*s", STR_ARG(call->name));
		break;
	case IR_CALL_ERRNO:
		fprintf(out, "errno %.*s %s", STR_ARG(call->name), errno_name(call->error));
		break;
	case IR_CALL_KILL:
		fprintf(out, "kill %.*s", STR_ARG(call->name));
		break;
	}
	for (uint32_t i = 0; i < call->n_conds; i++)
		print_cond(out, &call->conds[i]);
	fputs(call->guard ? " guard\n" : "\n", out);
}

static void print_path(FILE *out, struct arena *arena, const struct ir_policy *policy,
		       const struct ir_path *path)
{
	fprintf(out, "\tpath %c%c%c%s %.*s\n", path->rights & WRIT_PATH_READ ? 'r' : '-',
		path->rights & WRIT_PATH_WRITE ? 'w' : '-',
		path->rights & WRIT_PATH_EXECUTE ? 'x' : '-',
		path->rights & WRIT_PATH_REQUIRED ? " required" : "",
		STR_ARG(ir_text_spell(arena, policy, &path->text)));
}

static void print_places(FILE *out, struct arena *arena, const struct ir_policy *policy,
			 const struct ir_sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->denies.n; i++)
		fprintf(out, "\tdeny %.*s\n",
			STR_ARG(ir_text_spell(arena, policy, &sandbox->denies.items[i].text)));
	for (size_t i = 0; i < sandbox->scratches.n; i++)
		fprintf(out, "\tscratch %.*s %" PRIu64 "\n",
			STR_ARG(ir_text_spell(arena, policy, &sandbox->scratches.items[i].text)),
			sandbox->scratches.items[i].size_bytes);
	for (size_t i = 0; i < sandbox->unix_sockets.n; i++)
		fprintf(out, "\tunix %.*s\n",
			STR_ARG(ir_text_spell(arena, policy,
					      &sandbox->unix_sockets.items[i].text)));
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

static void print_endpoint(FILE *out, struct arena *arena, const struct ir_policy *policy,
			   const struct ir_endpoint *endpoint)
{
	fprintf(out, "\tendpoint %c%c%c %.*s%s\n",
		endpoint->rights & IR_ENDPOINT_CONNECT ? 'c' : '-',
		endpoint->rights & IR_ENDPOINT_BIND ? 'b' : '-',
		endpoint->rights & IR_ENDPOINT_DENY ? 'd' : '-',
		STR_ARG(ir_endpoint_spell(arena, policy, endpoint)),
		endpoint->rights & IR_ENDPOINT_SNI ? " sni" : "");
}

static void print_env(FILE *out, struct arena *arena, const struct ir_policy *policy,
		      const struct ir_env *env)
{
	fprintf(out, "\t%s %.*s", env_kinds[env->kind], STR_ARG(env->name));
	if (env->kind == WRIT_ENV_SET)
		fprintf(out, "=%.*s", STR_ARG(ir_text_spell(arena, policy, &env->value)));
	fputc('\n', out);
}

void ir_print_sandbox(FILE *out, struct arena *arena, const struct ir_policy *policy,
		      const struct ir_sandbox *sandbox)
{
	fprintf(out, "sandbox %.*s%s%s\n", STR_ARG(sandbox->name),
		sandbox->best_effort ? " best_effort" : "",
		sandbox->strict_exec ? " strict_exec" : "");
	if (sandbox->user.len)
		fprintf(out, "\tuser %.*s\n", STR_ARG(sandbox->user));
	for (size_t i = 0; i < sandbox->paths.n; i++)
		print_path(out, arena, policy, &sandbox->paths.items[i]);
	print_places(out, arena, policy, sandbox);
	for (size_t i = 0; i < sandbox->ports.n; i++)
		print_port(out, policy, &sandbox->ports.items[i]);
	for (size_t i = 0; i < sandbox->endpoints.n; i++)
		print_endpoint(out, arena, policy, &sandbox->endpoints.items[i]);
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
