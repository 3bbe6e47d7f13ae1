/*
 * Values for parameters, given once to the runtime and kept as the IR's evaluator wants them.
 *
 * The runtime checks them, so nothing is checked here. A path that begins with "~" is the only
 * value that is another one when it is bound than when it is written.
 */
#include "cli/bound.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct str bound_home(struct arena *arena)
{
	const char *home = getenv("HOME");
	const struct passwd *entry;

	if (!home || home[0] != '/') {
		entry = getpwuid(getuid());
		home = entry && entry->pw_dir && entry->pw_dir[0] == '/' ? entry->pw_dir : "/";
	}
	return str_copy(arena, home, strlen(home));
}

static struct str stand_in(enum writ_param_type type)
{
	switch (type) {
	case WRIT_PARAM_PATH:
		return STR("/unbound-parameter");
	case WRIT_PARAM_SIZE:
		return STR("1KiB");
	case WRIT_PARAM_DURATION:
		return STR("1s");
	case WRIT_PARAM_HOST:
		return STR("unbound-parameter.invalid"); /* RFC 2606: no such host */
	case WRIT_PARAM_STRING:
		return STR("unbound-parameter");
	case WRIT_PARAM_PORT:
	case WRIT_PARAM_INT:
		break;
	}
	return STR("1");
}

static const struct bound_param *given(const struct bound_options *options, struct str name)
{
	for (size_t i = 0; i < options->n_params; i++) {
		if (str_eq(options->params[i].name, name))
			return &options->params[i];
	}
	return NULL;
}

/* What the runtime makes of a value when it stands in a text. */
static struct str bound_value(struct arena *arena, enum writ_param_type type, struct str text,
			      struct str home)
{
	bool in_home = type == WRIT_PARAM_PATH && text.len && text.ptr[0] == '~' &&
		       (text.len == 1 || text.ptr[1] == '/');

	if (!in_home)
		return text;
	return str_printf(arena, "%.*s%.*s", STR_ARG(home), (int)text.len - 1, text.ptr + 1);
}

/* Stand-ins are bound as values are; the rest is left to the runtime. */
static void find_values(struct arena *arena, const struct ir_policy *ir,
			const struct bound_options *options, struct bound *out,
			struct writ_param *extra, size_t *n_extra)
{
	struct str *values = arena_alloc(arena, ir->params.n * sizeof(*values));
	bool *stands_in = arena_alloc(arena, ir->params.n);

	for (size_t i = 0; i < ir->params.n; i++) {
		const struct ir_param *param = &ir->params.items[i];
		const struct bound_param *value = given(options, param->name);
		struct str text = value                ? value->text
				  : param->has_default ? param->fallback
						       : stand_in(param->type);

		values[i] = bound_value(arena, param->type, text, options->home);
		stands_in[i] = !value && !param->has_default && options->may_stand_in &&
			       options->may_stand_in[i];
		if (stands_in[i])
			extra[(*n_extra)++] = (struct writ_param){
				arena_strndup(arena, param->name.ptr, param->name.len), text.ptr};
	}
	out->values = (struct ir_values){.params = values, .home = options->home};
	out->stands_in = stands_in;
}

int bound_open(struct arena *arena, const struct input *input, const struct bound_options *options,
	       struct bound *out, struct writ_error *error)
{
	size_t n = options->n_params;
	struct writ_param *params = arena_alloc(arena, (n + input->ir->params.n) * sizeof(*params));
	struct writ_options how = {
		.params = params,
		.home = arena_strndup(arena, options->home.ptr, options->home.len),
		.examine = 1,
	};
	struct bound opened = {0};
	int rc;

	for (size_t i = 0; i < n; i++) {
		const struct bound_param *param = &options->params[i];

		params[i] =
			(struct writ_param){arena_strndup(arena, param->name.ptr, param->name.len),
					    arena_strndup(arena, param->text.ptr, param->text.len)};
	}
	find_values(arena, input->ir, options, &opened, params, &n);
	how.n_params = n;
	rc = writ_open_memory(input->bundle.ptr, input->bundle.len, &how, &opened.policy, error);
	if (!rc)
		*out = opened;
	return rc;
}

void bound_close(struct bound *bound)
{
	writ_close(bound->policy);
	bound->policy = NULL;
}
