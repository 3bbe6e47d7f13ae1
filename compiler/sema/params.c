/*
 * Parameters: types and defaults.
 *
 * A default is checked now as a bound value will be when the bundle is loaded, and is written into
 * the IR in one spelling that the runtime parses, whatever the source's was: 0x1bb and 443 are one
 * default.
 */
#include "sema/pass.h"

#include <assert.h>
#include <inttypes.h>

#include "sema/hosts.h"

static const struct {
	enum writ_param_type type;
	enum ast_literal_kind literal;
	const char *example;
} types[] = {
	[AST_TYPE_STRING] = {WRIT_PARAM_STRING, AST_STRING, "\"text\""},
	[AST_TYPE_PATH] = {WRIT_PARAM_PATH, AST_STRING, "\"/srv/agent\""},
	[AST_TYPE_HOST] = {WRIT_PARAM_HOST, AST_STRING, "\"api.example.org\""},
	[AST_TYPE_PORT] = {WRIT_PARAM_PORT, AST_INT, "443"},
	[AST_TYPE_INT] = {WRIT_PARAM_INT, AST_INT, "10"},
	[AST_TYPE_SIZE] = {WRIT_PARAM_SIZE, AST_SIZE, "64MiB"},
	[AST_TYPE_DURATION] = {WRIT_PARAM_DURATION, AST_DURATION, "30s"},
};

#define N_TYPES (sizeof(types) / sizeof(types[0]))

static struct str spell_size(struct sema *sema, uint64_t bytes)
{
	if (bytes % 1024 == 0)
		return str_printf(sema->arena, "%" PRIu64 "KiB", bytes / 1024);
	return str_printf(sema->arena, "%" PRIu64 "B", bytes);
}

/* A value for a parameter; what is "default" or "value". */
struct bound {
	const struct ast_param *param;
	const struct ast_literal *literal;
	const char *what;
};

static void unusable(struct sema *sema, const struct bound *bound, const char *why)
{
	diag_report(sema->diags, DIAG_E0202, bound->literal->span, "the %s of parameter '%.*s' %s",
		    bound->what, STR_ARG(bound->param->name.text), why);
}

static void bind_path(struct sema *sema, const struct bound *bound, struct str *out)
{
	struct ir_text text;

	if (!sema_path_text(sema, &bound->literal->text, &text))
		return;
	*out = text.parts[0].literal;
	/* Whose home directory that is, is known when the bundle is loaded. */
	if (text.parts[0].kind == IR_PART_HOME)
		*out = str_printf(sema->arena, "~%.*s",
				  STR_ARG(text.n > 1 ? text.parts[1].literal : STR("")));
}

static void bind_string(struct sema *sema, const struct bound *bound, struct str *out)
{
	if (!sema_plain_text(sema, &bound->literal->text,
			     str_printf(sema->arena, "a %s", bound->what).ptr, out))
		return;
	if (bound->param->type == AST_TYPE_PATH)
		bind_path(sema, bound, out);
	else if (bound->param->type == AST_TYPE_HOST && !host_is_one(*out))
		unusable(sema, bound, "is not a host's name or address");
}

static void bind_number(struct sema *sema, const struct bound *bound, struct str *out)
{
	enum ast_type type = bound->param->type;
	uint64_t number = bound->literal->number;

	if (type == AST_TYPE_PORT && (number < 1 || number > UINT16_MAX))
		unusable(sema, bound, "is not a port: those are 1 to 65535");
	if (number > INT64_MAX)
		unusable(sema, bound, "is too large");
	if (type == AST_TYPE_SIZE)
		*out = spell_size(sema, number);
	else if (type == AST_TYPE_DURATION)
		*out = str_printf(sema->arena, "%" PRIu64 "ms", number);
	else
		*out = str_printf(sema->arena, "%" PRIu64, number);
}

static void bind(struct sema *sema, const struct bound *bound, struct str *out)
{
	enum ast_type type = bound->param->type;

	assert(type < N_TYPES && types[type].example);
	if (bound->literal->kind != types[type].literal)
		diag_report(sema->diags, DIAG_E0201, bound->literal->span,
			    "the %s of %s must be one, such as %s", bound->what, sema_a_type(type),
			    types[type].example);
	else if (bound->literal->kind == AST_STRING)
		bind_string(sema, bound, out);
	else
		bind_number(sema, bound, out);
}

void sema_check_binding(struct sema *sema, const struct ast_binding *binding)
{
	uint32_t index = sema_resolve(sema, SEMA_PARAM, binding->name.text, binding->name.span);
	struct bound bound = {.literal = &binding->value, .what = "value"};
	struct str value;

	if (index == IR_NONE)
		return;
	bound.param = &sema->ast->params.items[index];
	bind(sema, &bound, &value);
}

void sema_params(struct sema *sema)
{
	const struct sema_names *names = &sema->names[SEMA_PARAM];

	for (uint32_t id = 0; id < names->n_ids; id++) {
		const struct ast_param *param = &sema->ast->params.items[names->order[id]];
		struct ir_param *out = vec_push(sema->arena, &sema->ir->params);

		*out = (struct ir_param){
			.name = param->name.text,
			.type = types[param->type].type,
			.has_default = param->has_default,
		};
		if (param->has_default)
			bind(sema, &(struct bound){param, &param->fallback, "default"},
			     &out->fallback);
	}
}
