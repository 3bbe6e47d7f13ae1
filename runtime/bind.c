/*
 * From a verified image and the caller's bindings to plain strings.
 *
 * Every declared parameter has exactly one value: the caller's, else its default; it is checked by
 * type and kept as it will stand in texts. Then every path and every environment value is put
 * together. A path is normalised lexically when it is complete; so that no value can lead out of
 * the directory its author wrote, what is put into a path must be a path itself, or something
 * without a slash that is not all dots. Nothing here looks at the file system, except the passwd
 * entry, and only if "~" is used.
 */
#include "runtime/bind.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/value.h"

#define PASSWD_BUFFER 16384

static bool name_is(const struct image *image, struct writ_fmt_str str, const char *name)
{
	return strlen(name) == str.len && memcmp(image_str(image, str), name, str.len) == 0;
}

/* The caller's value for a parameter, or NULL. */
static const char *given_value(const struct binding *binding, const struct writ_fmt_param *param)
{
	const struct writ_options *options = binding->options;

	for (size_t i = 0; options && i < options->n_params; i++) {
		if (name_is(&binding->policy->image, param->name, options->params[i].name))
			return options->params[i].value;
	}
	return NULL;
}

static bool is_declared(const struct image *image, const char *name)
{
	for (uint32_t i = 0; i < image_count(image, WRIT_SECTION_PARAMS); i++) {
		if (name_is(image, image_PARAMS(image, i)->name, name))
			return true;
	}
	return false;
}

static int check_given(const struct binding *binding)
{
	const struct writ_options *options = binding->options;

	for (size_t i = 0; options && i < options->n_params; i++) {
		const char *name = options->params[i].name;

		if (!name || !options->params[i].value)
			return error_set(binding->error, WRIT_E_PARAM,
					 "a parameter's name or value is missing");
		if (!is_declared(&binding->policy->image, name))
			return error_set(binding->error, WRIT_E_PARAM,
					 "the policy has no parameter '%.255s'", name);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(options->params[j].name, name) == 0)
				return error_set(binding->error, WRIT_E_PARAM,
						 "parameter '%.255s' is bound twice", name);
		}
	}
	return 0;
}

static const char *passwd_home(struct pool *pool)
{
	char buffer[PASSWD_BUFFER];
	struct passwd entry;
	struct passwd *found = NULL;

	if (getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found) || !found ||
	    !found->pw_dir)
		return NULL;
	return pool_strndup(pool, found->pw_dir, strlen(found->pw_dir));
}

/* What "~" means: writ.h, struct writ_options. */
static int find_home(struct binding *binding)
{
	struct pool *pool = &binding->policy->pool;
	const char *given = binding->options ? binding->options->home : NULL;
	const char *home = given ? given : getenv("HOME");
	const char *what;
	char normal[WRIT_MAX_TEXT + 1];

	if (binding->home)
		return 0;
	if (!given && (!home || home[0] != '/'))
		home = passwd_home(pool);
	if (!home)
		return error_set(binding->error, WRIT_E_PARAM,
				 "the policy uses '~' and there is no home directory");
	what = value_normalise_path(home, normal);
	if (what)
		return error_set(binding->error, WRIT_E_PARAM,
				 "the home directory '%.300s' can't be used: %s", home, what);
	binding->home = pool_strndup(pool, normal, strlen(normal));
	return binding->home ? 0 : error_nomem(binding->error);
}

static bool append(struct bind_text *text, const char *bytes, size_t len)
{
	if (len > WRIT_MAX_TEXT - text->len)
		return false;
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
	return true;
}

static int bad_value(const struct binding *binding, uint32_t index, const char *value,
		     const char *looks)
{
	const struct image *image = &binding->policy->image;
	const struct writ_fmt_param *param = image_PARAMS(image, index);

	return error_set(binding->error, WRIT_E_PARAM,
			 "parameter '%.*s' can't be '%.160s': it must be %s", (int)param->name.len,
			 image_str(image, param->name), value, looks);
}

/* A value that any parameter of a type may have. */
static const char *stand_in(enum writ_param_type type)
{
	switch (type) {
	case WRIT_PARAM_PATH:
		return "/unbound-parameter";
	case WRIT_PARAM_SIZE:
		return "1KiB";
	case WRIT_PARAM_DURATION:
		return "1s";
	case WRIT_PARAM_HOST:
		return "unbound-parameter.invalid"; /* RFC 2606: no such host */
	case WRIT_PARAM_STRING:
	case WRIT_PARAM_PORT:
	case WRIT_PARAM_INT:
		break;
	}
	return "1";
}

/* The value as it was written, by the caller or as the default; in the pool. */
static int find_value(const struct binding *binding, uint32_t index, const char **out)
{
	struct writ_policy *policy = binding->policy;
	const struct writ_fmt_param *param = image_PARAMS(&policy->image, index);
	const char *given = given_value(binding, param);
	bool stands_in = !given && !param->has_default && binding->options &&
			 binding->options->stand_ins;

	policy->params[index].stands_in = stands_in;
	if (given)
		*out = pool_strndup(&policy->pool, given, strnlen(given, WRIT_MAX_TEXT + 1));
	else if (param->has_default)
		*out = pool_strndup(&policy->pool,
				    param->fallback.len ? image_str(&policy->image, param->fallback)
							: "",
				    param->fallback.len);
	else if (stands_in)
		*out = stand_in((enum writ_param_type)param->type);
	else
		return error_set(binding->error, WRIT_E_PARAM,
				 "parameter '%.*s' is not bound and has no default",
				 (int)param->name.len, image_str(&policy->image, param->name));
	return *out ? 0 : error_nomem(binding->error);
}

/* A path parameter's canonical form; "~" and "~/..." begin with the home directory. */
static int canonical_path(struct binding *binding, uint32_t index, const char **value)
{
	struct bind_text text = {.len = 0};
	const char *rest = *value;
	const char *looks;
	int rc;

	if (rest[0] == '~' && (rest[1] == '/' || !rest[1])) {
		rc = find_home(binding);
		if (rc)
			return rc;
		(void)append(&text, binding->home, strlen(binding->home));
		rest++;
	}
	if (!append(&text, rest, strlen(rest)))
		return bad_value(binding, index, *value, "shorter");
	looks = value_check(WRIT_PARAM_PATH, text.bytes);
	if (looks)
		return bad_value(binding, index, *value, looks);
	(void)value_normalise_path(text.bytes, text.bytes);
	*value = pool_strndup(&binding->policy->pool, text.bytes, strlen(text.bytes));
	return *value ? 0 : error_nomem(binding->error);
}

static int bind_param(struct binding *binding, uint32_t index)
{
	const struct writ_fmt_param *param = image_PARAMS(&binding->policy->image, index);
	struct policy_param *out = &binding->policy->params[index];
	const char *value = NULL;
	const char *looks;
	uint64_t port = 0;
	int rc = find_value(binding, index, &value);

	if (rc)
		return rc;
	if (param->type == WRIT_PARAM_PATH) {
		rc = canonical_path(binding, index, &value);
		if (rc)
			return rc;
	}
	looks = value_check((enum writ_param_type)param->type, value);
	if (looks)
		return bad_value(binding, index, value, looks);
	if (param->type == WRIT_PARAM_PORT)
		(void)value_uint(value, UINT16_MAX, &port);
	out->value = value;
	out->port = (uint16_t)port;
	return 0;
}

/*
 * May this value stand inside a path? A slash or a ".." (here: nothing but dots, which also covers
 * a literal dot beside a parameter's) would move the path to a place its author did not write.
 */
static bool fits_in_path(enum writ_param_type type, const char *value)
{
	if (type == WRIT_PARAM_PATH)
		return true;
	return !strchr(value, '/') && value[strspn(value, ".")] != '\0';
}

/* Is a value unfit for what it would stand in? Then what it must be there. */
static const char *misfit(enum writ_param_type type, const char *value, unsigned int use)
{
	if (use & BIND_PATH && !fits_in_path(type, value))
		return "one component of a path here";
	if (use & BIND_PATTERN && strpbrk(value, "*?"))
		return "without wildcards in a pattern";
	return NULL;
}

static int take_param(struct binding *binding, uint32_t index, unsigned int use, const char **out)
{
	const struct writ_policy *policy = binding->policy;
	enum writ_param_type type = (enum writ_param_type)image_PARAMS(&policy->image, index)->type;
	const char *what = misfit(type, policy->params[index].value, use);

	*out = policy->params[index].value;
	return what ? bad_value(binding, index, *out, what) : 0;
}

static int take_home(struct binding *binding, unsigned int use, const char **out)
{
	int rc = find_home(binding);

	if (rc)
		return rc;
	*out = binding->home;
	if (misfit(WRIT_PARAM_PATH, *out, use))
		return error_set(binding->error, WRIT_E_PARAM,
				 "the home directory '%.300s' has a wildcard and would stand in a "
				 "pattern",
				 *out);
	return 0;
}

static int expand_part(struct binding *binding, const struct writ_fmt_part *part, unsigned int use,
		       struct bind_text *text)
{
	const char *bytes = NULL;
	size_t len = part->text.len;
	int rc = 0;

	if (part->kind == WRIT_PART_LITERAL)
		bytes = image_str(&binding->policy->image, part->text);
	else if (part->kind == WRIT_PART_PARAM)
		rc = take_param(binding, part->param, use, &bytes);
	else
		rc = take_home(binding, use, &bytes);
	if (rc)
		return rc;
	if (part->kind != WRIT_PART_LITERAL)
		len = strlen(bytes);
	if (!append(text, bytes, len))
		return error_set(binding->error, WRIT_E_PARAM,
				 "a text of the policy is longer than %u bytes with its parameters",
				 WRIT_MAX_TEXT);
	return 0;
}

int bind_expand(struct binding *binding, struct writ_fmt_range range, unsigned int use,
		struct bind_text *text)
{
	int rc = 0;

	text->len = 0;
	text->bytes[0] = '\0';
	for (uint32_t i = 0; !rc && i < range.count; i++)
		rc = expand_part(binding, image_PARTS(&binding->policy->image, range.first + i),
				 use, text);
	binding->work += text->len + range.count;
	if (!rc && binding->work > WRIT_MAX_EXPANDED)
		rc = error_set(binding->error, WRIT_E_PARAM,
			       "the texts of the policy are more than %u bytes together with "
			       "their parameters",
			       WRIT_MAX_EXPANDED);
	return rc;
}

static int expand(struct binding *binding, struct writ_fmt_range range, unsigned int use,
		  const char **out)
{
	struct bind_text text;
	const char *what;
	int rc = bind_expand(binding, range, use, &text);

	if (rc)
		return rc;
	if (use & BIND_PATH) {
		what = value_normalise_path(text.bytes, text.bytes);
		if (what)
			return error_set(binding->error, WRIT_E_PARAM,
					 "the path '%.300s' can't be used: %s", text.bytes, what);
	}
	*out = pool_strndup(&binding->policy->pool, text.bytes, strlen(text.bytes));
	return *out ? 0 : error_nomem(binding->error);
}

static int bind_params(struct binding *binding)
{
	struct writ_policy *policy = binding->policy;
	uint32_t n = image_count(&policy->image, WRIT_SECTION_PARAMS);
	int rc = check_given(binding);

	if (rc)
		return rc;
	policy->params = pool_array(&policy->pool, n, sizeof(*policy->params));
	if (!policy->params)
		return error_nomem(binding->error);
	for (uint32_t i = 0; !rc && i < n; i++)
		rc = bind_param(binding, i);
	return rc;
}

/*
 * Paths of one text share its expansion: a bundle may name a long text very often. shared has an
 * entry for each part: the last path, plus one, whose text begins there.
 */
static int bind_paths(struct binding *binding, uint32_t *shared)
{
	struct writ_policy *policy = binding->policy;
	const struct image *image = &policy->image;
	uint32_t n = image_count(image, WRIT_SECTION_PATHS);
	int rc = 0;

	for (uint32_t i = 0; !rc && i < n; i++) {
		struct writ_fmt_range text = image_PATHS(image, i)->text;
		uint32_t like = shared[text.first];

		shared[text.first] = i + 1;
		if (like && image_PATHS(image, like - 1)->text.count == text.count)
			policy->paths[i] = policy->paths[like - 1];
		else
			rc = expand(binding, text, BIND_PATH, &policy->paths[i]);
	}
	return rc;
}

static int bind_scratches(struct binding *binding)
{
	struct writ_policy *policy = binding->policy;
	uint32_t n = image_count(&policy->image, WRIT_SECTION_SCRATCHES);
	int rc = 0;

	policy->scratches = pool_array(&policy->pool, n, sizeof(*policy->scratches));
	if (!policy->scratches)
		return error_nomem(binding->error);
	for (uint32_t i = 0; !rc && i < n; i++)
		rc = expand(binding, image_SCRATCHES(&policy->image, i)->text, BIND_PATH,
			    &policy->scratches[i]);
	return rc;
}

static int bind_unix_sockets(struct binding *binding)
{
	struct writ_policy *policy = binding->policy;
	uint32_t n = image_count(&policy->image, WRIT_SECTION_UNIX_SOCKETS);
	int rc = 0;

	policy->unix_sockets = pool_array(&policy->pool, n, sizeof(*policy->unix_sockets));
	if (!policy->unix_sockets)
		return error_nomem(binding->error);
	for (uint32_t i = 0; !rc && i < n; i++)
		rc = expand(binding, image_UNIX_SOCKETS(&policy->image, i)->text, BIND_PATH,
			    &policy->unix_sockets[i]);
	return rc;
}

static int bind_denies(struct binding *binding)
{
	struct writ_policy *policy = binding->policy;
	uint32_t n = image_count(&policy->image, WRIT_SECTION_DENIES);
	int rc = 0;

	policy->denies = pool_array(&policy->pool, n, sizeof(*policy->denies));
	if (!policy->denies)
		return error_nomem(binding->error);
	for (uint32_t i = 0; !rc && i < n; i++)
		rc = expand(binding, image_DENIES(&policy->image, i)->text,
			    BIND_PATH | BIND_PATTERN, &policy->denies[i]);
	return rc;
}

static int bind_env(struct binding *binding)
{
	struct writ_policy *policy = binding->policy;
	const struct image *image = &policy->image;
	uint32_t n = image_count(image, WRIT_SECTION_ENV);
	int rc = 0;

	for (uint32_t i = 0; !rc && i < n; i++) {
		if (image_ENV(image, i)->kind == WRIT_ENV_SET)
			rc = expand(binding, image_ENV(image, i)->value, 0, &policy->env_values[i]);
	}
	return rc;
}

static int bind_texts(struct binding *binding)
{
	struct writ_policy *policy = binding->policy;
	const struct image *image = &policy->image;
	uint32_t n_paths = image_count(image, WRIT_SECTION_PATHS);
	uint32_t n_env = image_count(image, WRIT_SECTION_ENV);
	/* In the pool: a process's first malloc is dear, and a launch needs none. */
	uint32_t *shared = pool_array(&policy->pool,
				      (size_t)image_count(image, WRIT_SECTION_PARTS) + 1,
				      sizeof(*shared));
	int rc;

	policy->paths = pool_array(&policy->pool, n_paths, sizeof(*policy->paths));
	policy->env_values = pool_array(&policy->pool, n_env, sizeof(*policy->env_values));
	if (!shared || !policy->paths || !policy->env_values)
		rc = error_nomem(binding->error);
	else
		rc = bind_paths(binding, shared);
	if (!rc)
		rc = bind_scratches(binding);
	if (!rc)
		rc = bind_unix_sockets(binding);
	if (!rc)
		rc = bind_denies(binding);
	if (!rc)
		rc = bind_env(binding);
	return rc;
}

int bind_policy(struct writ_policy *policy, const struct writ_options *options,
		struct writ_error *error)
{
	struct binding binding = {.policy = policy, .options = options, .error = error};
	int rc = bind_params(&binding);

	if (!rc)
		rc = bind_texts(&binding);
	return rc ? rc : bind_conditions(&binding);
}
