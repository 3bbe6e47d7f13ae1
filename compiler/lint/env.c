/*
 * Lints on the environment and on limits that contradict.
 */
#include "lint/rules.h"

#include <inttypes.h>

static void check_env(struct lint *lint, const struct ast_env *env)
{
	if (!lint_is_secret_name(env->name.text))
		return;
	if (env->kind == AST_ENV_PASS)
		diag_report(lint->diags, DIAG_W0501, env->name.span,
			    "'%.*s' looks like a secret and is passed as any other variable",
			    STR_ARG(env->name.text));
	/* A parameter's value is not in the policy; neither is an empty one a secret. */
	if (env->kind == AST_ENV_SET && env->value.n == 1 && !env->value.parts[0].is_param)
		diag_report(lint->diags, DIAG_W0502, env->value.span,
			    "the value of '%.*s' is written in the policy",
			    STR_ARG(env->name.text));
}

static const char *const agents[] = {"SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO",
				     "DBUS_SESSION_BUS_ADDRESS", "DOCKER_HOST"};

static void check_agent(struct lint *lint, const struct ast_env *env)
{
	for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++) {
		if (env->kind != AST_ENV_SET && str_eq_cstr(env->name.text, agents[i]))
			diag_report(lint->diags, DIAG_W0505, env->name.span,
				    "'%.*s' leads to a service that acts for its user",
				    STR_ARG(env->name.text));
	}
}

void lint_environment(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct ast_sandbox *sandbox = lint->sandboxes[i].ast;

		for (size_t e = 0; e < sandbox->env.n; e++) {
			check_env(lint, &sandbox->env.items[e]);
			check_agent(lint, &sandbox->env.items[e]);
		}
	}
}

/* ---- limits ---- */

/* A C library, its loader and a pipe to the caller need these; less stops every program. */
#define MIN_FILES  8u
#define MIN_MEMORY (1u << 20)

static bool is_less(const struct ir_sandbox *sandbox, enum writ_limit_id id, uint64_t least)
{
	return sandbox->limit_set[id] && sandbox->limits[id] < least;
}

static uint64_t saturating_product(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* What can't be reached, or stops everything; or NULL. */
static const char *contradiction(const struct ir_sandbox *sandbox)
{
	const uint64_t *limits = sandbox->limits;
	const bool *set = sandbox->limit_set;

	if (set[WRIT_LIMIT_CPU] && set[WRIT_LIMIT_WALL] && set[WRIT_LIMIT_CPUS] &&
	    limits[WRIT_LIMIT_CPU] >
		    saturating_product(limits[WRIT_LIMIT_WALL], limits[WRIT_LIMIT_CPUS]))
		return "'cpu' is more than 'wall' on all of 'cpus', so it is never reached";
	if (is_less(sandbox, WRIT_LIMIT_FILES, MIN_FILES))
		return "with fewer than 8 'files' no ordinary program starts";
	if (is_less(sandbox, WRIT_LIMIT_MEMORY, MIN_MEMORY))
		return "with less than 1MiB of 'memory' no ordinary program starts";
	if (set[WRIT_LIMIT_CPUS] && set[WRIT_LIMIT_PROCESSES] &&
	    limits[WRIT_LIMIT_CPUS] > limits[WRIT_LIMIT_PROCESSES])
		return "'cpus' is more than 'processes': so many can't be busy";
	return NULL;
}

/* All that is written goes to private file systems, each smaller than one file may be. */
static bool is_larger_than_scratch(const struct ir_sandbox *sandbox)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < sandbox->paths.n; i++) {
		if (sandbox->paths.items[i].rights & WRIT_PATH_WRITE)
			return false;
	}
	for (size_t i = 0; i < sandbox->scratches.n; i++) {
		if (sandbox->scratches.items[i].size_bytes > largest)
			largest = sandbox->scratches.items[i].size_bytes;
	}
	return largest && sandbox->limit_set[WRIT_LIMIT_FILE_SIZE] &&
	       sandbox->limits[WRIT_LIMIT_FILE_SIZE] > largest;
}

void lint_limits(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_sandboxes; i++) {
		const struct lint_sandbox *sandbox = &lint->sandboxes[i];
		const char *why = contradiction(sandbox->ir);

		if (!why && is_larger_than_scratch(sandbox->ir))
			why = "'file_size' is more than any 'scratch' holds";
		if (why && sandbox->runs)
			diag_report(lint->diags, DIAG_W0503, sandbox->ast->name.span,
				    "limits of sandbox '%.*s': %s",
				    STR_ARG(sandbox->ast->name.text), why);
	}
}

/* For each sandbox of the IR: does a tool that runs code run in it? */
void lint_no_process_limit(struct lint *lint)
{
	struct map seen = {0};

	for (size_t i = 0; i < lint->ir->tools.n; i++) {
		const struct ir_tool *tool = &lint->ir->tools.items[i];
		const struct ir_sandbox *sandbox;
		uint32_t id = 0;

		if (!tool->declared || tool->sandbox == IR_NONE ||
		    (tool->class != WRIT_CLASS_EXECUTE && tool->class != WRIT_CLASS_ADMIN))
			continue;
		sandbox = &lint->ir->sandboxes.items[tool->sandbox];
		if (sandbox->limit_set[WRIT_LIMIT_PROCESSES] ||
		    !map_put(lint->arena, &seen, sandbox->name, 0) ||
		    !map_get(&lint->sandbox_ids, sandbox->name, &id))
			continue;
		diag_report(lint->diags, DIAG_W0504, lint->sandboxes[id].ast->name.span,
			    "code runs in sandbox '%.*s', which has no 'processes' limit",
			    STR_ARG(sandbox->name));
	}
}
