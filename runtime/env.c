/*
 * Which variables a launched command sees. What the policy sets is put together when the sandbox is
 * opened; what it passes is picked from the caller's environment at each launch, the first of
 * doubles, and absent stays absent.
 */
#include "runtime/env.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/error.h"

static int copy_entry(struct writ_sandbox *sandbox, const struct sandbox_source *source,
		      uint32_t index)
{
	const struct image *image = &source->policy->image;
	const struct writ_fmt_env *record = image_ENV(image, index);
	const char *value = source->policy->env_values[index];
	struct sandbox_env *out = &sandbox->env[sandbox->n_env];
	size_t value_len = value ? strlen(value) : 0;
	char *entry;

	/* NAME=value for what is set; for the others the same room holds just the name. */
	entry = pool_array(&sandbox->pool, record->name.len + value_len + 2, 1);
	if (!entry)
		return error_nomem(source->error);
	memcpy(entry, image_str(image, record->name), record->name.len);
	out->name = entry;
	out->name_len = record->name.len;
	if (record->kind == WRIT_ENV_SET) {
		entry[record->name.len] = '=';
		memcpy(entry + record->name.len + 1, value ? value : "", value_len);
		out->entry = entry;
	}
	sandbox->n_env++;
	return 0;
}

int env_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct writ_fmt_range range = source->record->env;
	int rc = 0;

	sandbox->env = pool_array(&sandbox->pool, range.count, sizeof(*sandbox->env));
	if (!sandbox->env)
		return error_nomem(source->error);
	for (uint32_t i = 0; !rc && i < range.count; i++)
		rc = copy_entry(sandbox, source, range.first + i);
	return rc;
}

/* The entry "NAME=..." of an environment, or NULL. */
static const char *find_entry(const char *const *envp, const char *name, size_t len)
{
	for (; *envp; envp++) {
		if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
			return *envp;
	}
	return NULL;
}

void env_select(const struct writ_sandbox *sandbox, const char *const *from, const char **envp)
{
	for (size_t i = 0; i < sandbox->n_env; i++) {
		const struct sandbox_env *env = &sandbox->env[i];
		const char *entry = env->entry;

		if (!entry && from)
			entry = find_entry(from, env->name, env->name_len);
		if (entry)
			*envp++ = entry;
	}
	*envp = NULL;
}

/* Writes the absolute elements of from to to, which has as much room. How many bytes that makes. */
static size_t copy_absolute(const char *from, char *to)
{
	char *at = to;

	while (*from) {
		size_t len = strcspn(from, ":");

		if (from[0] == '/') {
			if (at > to)
				*at++ = ':';
			memcpy(at, from, len);
			at += len;
		}
		from += len + (from[len] == ':');
	}
	*at = '\0';
	return (size_t)(at - to);
}

int env_tidy_path(const char **envp, struct pool *pool)
{
	static const char name[] = "PATH=";
	const size_t name_len = sizeof(name) - 1;
	char *copy;

	while (*envp && strncmp(*envp, name, name_len) != 0)
		envp++;
	if (!*envp)
		return 0;
	copy = pool_alloc(pool, strlen(*envp) + 1);
	if (!copy)
		return -1;
	memcpy(copy, name, name_len);
	if (copy_absolute(*envp + name_len, copy + name_len) > 0) {
		*envp = copy;
		return 0;
	}
	for (; *envp; envp++)
		envp[0] = envp[1];
	return 0;
}

const char *env_get(const char *const *envp, const char *name)
{
	size_t len = strlen(name);
	const char *entry = find_entry(envp, name, len);

	return entry ? entry + len + 1 : NULL;
}
