/*
 * Landlock, limits and environment of a sandbox, as `writc show` prints them.
 */
#include "cli/show.h"

#include <inttypes.h>

#include "backend/landlock_abi.h"

struct name_row {
	uint64_t bit;
	const char *name;
	const char *doc;
};

#define RIGHT(bit, name, abi) {(uint64_t)1 << (bit), #name, NULL},
static const struct name_row fs_names[] = {LL_FS_RIGHTS(RIGHT){0, NULL, NULL}};
static const struct name_row net_names[] = {LL_NET_RIGHTS(RIGHT){0, NULL, NULL}};
static const struct name_row scope_names[] = {LL_SCOPES(RIGHT){0, NULL, NULL}};
#undef RIGHT

static const struct name_row right_names[] = {{WRIT_PATH_READ, "read", NULL},
					      {WRIT_PATH_WRITE, "write", NULL},
					      {WRIT_PATH_EXECUTE, "execute", NULL},
					      {WRIT_PATH_IMPLIED, "implied", NULL},
					      {WRIT_PATH_REQUIRED, "required", NULL},
					      {0, NULL, NULL}};

static const struct name_row lacking_names[] = {
#define LACKING(bit, id, abi, doc) {(uint64_t)1 << (bit), #id, doc},
	WRIT_LACKINGS(LACKING)
#undef LACKING
		{0, NULL, NULL}};

/* The kernel version that brought each ABI, from the kernel's landlock.rst; index 0 is ABI 1. */
static const char *const abi_kernels[LL_ABI_MAX] = {"5.13", "5.19", "6.2", "6.7",
						    "6.10", "6.12", "6.15"};

enum unit { UNIT_DURATION, UNIT_SIZE, UNIT_COUNT };

static const struct {
	const char *name;
	enum unit unit;
} limit_rows[WRIT_LIMIT__COUNT] = {
#define LIMIT(id, name, unit, doc) [WRIT_LIMIT_##id] = {name, UNIT_##unit},
#include "runtime/limits.def"
#undef LIMIT
};

/* Bits by name; those without one as a number. */
static struct str bit_names(struct arena *arena, const struct name_row *rows, uint64_t bits)
{
	struct str text = {"", 0};

	for (; rows->name; rows++) {
		if (!(bits & rows->bit))
			continue;
		text = str_printf(arena, "%.*s%s%s", STR_ARG(text), text.len ? " " : "",
				  rows->name);
		bits &= ~rows->bit;
	}
	if (bits)
		text = str_printf(arena, "%.*s%s%#" PRIx64, STR_ARG(text), text.len ? " " : "",
				  bits);
	return text.len ? text : STR("nothing");
}

static json_t *bit_array(const struct name_row *rows, uint64_t bits)
{
	json_t *array = json_array();

	for (; rows->name; rows++) {
		if (bits & rows->bit)
			json_array_append_new(array, json_string(rows->name));
		bits &= ~rows->bit;
	}
	if (bits)
		json_array_append_new(array, json_integer((json_int_t)bits));
	return array;
}

static const char *abi_kernel(uint32_t abi)
{
	return abi >= 1 && abi <= LL_ABI_MAX ? abi_kernels[abi - 1] : "a later version";
}

static void print_variant(const struct show *show, const struct writ_fmt_landlock *variant)
{
	struct arena *arena = show->arena;

	fprintf(show->out, "    from ABI %u (Linux %s)\n", variant->abi, abi_kernel(variant->abi));
	fprintf(show->out, "      files   %.*s\n",
		STR_ARG(bit_names(arena, fs_names, variant->handled_fs)));
	fprintf(show->out, "      network %.*s\n",
		STR_ARG(bit_names(arena, net_names, variant->handled_net)));
	fprintf(show->out, "      scope   %.*s\n",
		STR_ARG(bit_names(arena, scope_names, variant->scoped)));
	for (const struct name_row *row = lacking_names; row->name; row++) {
		if (variant->lacking & row->bit)
			fprintf(show->out, "      LACKS   %s: %s\n", row->name, row->doc);
	}
}

void show_landlock_text(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	const struct bundle_image *image = show->image;

	fputs("  landlock, granted:\n", show->out);
	for (uint32_t i = 0; i < sandbox->paths.count; i++) {
		const struct writ_fmt_path *path = BUNDLE_AT(image, PATHS, path,
							     sandbox->paths.first + i);
		struct str rights = bit_names(show->arena, right_names, path->rights);

		fprintf(show->out, "    %-20.*s %.*s\n      %.*s\n", STR_ARG(rights),
			STR_ARG(show_parts(show, path->text)),
			STR_ARG(bit_names(show->arena, fs_names, path->access)));
	}
	if (sandbox->paths.count == 0)
		fputs("    nothing\n", show->out);
	fputs("  landlock, handled (what is handled and not granted is refused):\n", show->out);
	for (uint32_t i = 0; i < sandbox->landlock.count; i++)
		print_variant(show,
			      BUNDLE_AT(image, LANDLOCK, landlock, sandbox->landlock.first + i));
}

static json_t *path_json(const struct show *show, const struct writ_fmt_path *path)
{
	struct str text = show_parts(show, path->text);

	return json_pack("{s:s%,s:o,s:o}", "path", text.ptr, text.len, "rights",
			 bit_array(right_names, path->rights), "access",
			 bit_array(fs_names, path->access));
}

json_t *show_landlock_json(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	const struct bundle_image *image = show->image;
	json_t *paths = json_array(), *variants = json_array();

	for (uint32_t i = 0; i < sandbox->paths.count; i++)
		json_array_append_new(paths, path_json(show, BUNDLE_AT(image, PATHS, path,
								       sandbox->paths.first + i)));
	for (uint32_t i = 0; i < sandbox->landlock.count; i++) {
		const struct writ_fmt_landlock *variant = BUNDLE_AT(image, LANDLOCK, landlock,
								    sandbox->landlock.first + i);

		json_array_append_new(variants,
				      json_pack("{s:i,s:s,s:o,s:o,s:o,s:o}", "abi",
						(int)variant->abi, "kernel",
						abi_kernel(variant->abi), "files",
						bit_array(fs_names, variant->handled_fs), "network",
						bit_array(net_names, variant->handled_net), "scope",
						bit_array(scope_names, variant->scoped), "lacking",
						bit_array(lacking_names, variant->lacking)));
	}
	return json_pack("{s:o,s:o}", "paths", paths, "variants", variants);
}

struct str show_size(struct arena *arena, uint64_t value)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	unsigned unit = 0;

	while (unit < 4 && value % 1024 == 0) {
		value /= 1024;
		unit++;
	}
	return str_printf(arena, "%" PRIu64 "%s", value, units[unit]);
}

static struct str limit_text(struct arena *arena, uint32_t id, uint64_t value)
{
	if (id < WRIT_LIMIT__COUNT && limit_rows[id].unit == UNIT_SIZE)
		return show_size(arena, value);
	if (id < WRIT_LIMIT__COUNT && limit_rows[id].unit == UNIT_DURATION)
		return value % 1000 ? str_printf(arena, "%" PRIu64 "ms", value)
				    : str_printf(arena, "%" PRIu64 "s", value / 1000);
	return str_printf(arena, "%" PRIu64, value);
}

static const char *limit_name(uint32_t id)
{
	return id < WRIT_LIMIT__COUNT ? limit_rows[id].name : "unknown";
}

struct str show_limit(struct arena *arena, const struct writ_fmt_limit *limit)
{
	return str_printf(arena, "%s %.*s", limit_name(limit->id),
			  STR_ARG(limit_text(arena, limit->id, limit->value)));
}

void show_limits_text(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	fputs("  limits:\n", show->out);
	for (uint32_t i = 0; i < sandbox->limits.count; i++) {
		const struct writ_fmt_limit *limit = BUNDLE_AT(show->image, LIMITS, limit,
							       sandbox->limits.first + i);

		fprintf(show->out, "    %-20s %.*s\n", limit_name(limit->id),
			STR_ARG(limit_text(show->arena, limit->id, limit->value)));
	}
	if (sandbox->limits.count == 0)
		fputs("    none\n", show->out);
}

json_t *show_limits_json(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	static const char *const units[] = {
		[UNIT_DURATION] = "ms", [UNIT_SIZE] = "bytes", [UNIT_COUNT] = "count"};
	json_t *array = json_array();

	for (uint32_t i = 0; i < sandbox->limits.count; i++) {
		const struct writ_fmt_limit *limit = BUNDLE_AT(show->image, LIMITS, limit,
							       sandbox->limits.first + i);
		bool known = limit->id < WRIT_LIMIT__COUNT;

		json_array_append_new(
			array, json_pack("{s:s,s:I,s:s}", "limit", limit_name(limit->id), "value",
					 (json_int_t)limit->value, "unit",
					 units[known ? limit_rows[limit->id].unit : UNIT_COUNT]));
	}
	return array;
}

static const char *env_kind(uint32_t kind)
{
	static const char *const kinds[] = {"unknown", "pass", "set", "secret"};

	return kinds[kind < sizeof(kinds) / sizeof(kinds[0]) ? kind : 0];
}

void show_env_text(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	fputs("  environment:\n", show->out);
	for (uint32_t i = 0; i < sandbox->env.count; i++) {
		const struct writ_fmt_env *env = BUNDLE_AT(show->image, ENV, env,
							   sandbox->env.first + i);
		struct str name = show_str(show, env->name);

		fprintf(show->out, "    %-20s %.*s", env_kind(env->kind), STR_ARG(name));
		if (env->kind == WRIT_ENV_SET)
			fprintf(show->out, " = \"%.*s\"", STR_ARG(show_parts(show, env->value)));
		fputc('\n', show->out);
	}
	if (sandbox->env.count == 0)
		fputs("    empty\n", show->out);
}

json_t *show_env_json(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < sandbox->env.count; i++) {
		const struct writ_fmt_env *env = BUNDLE_AT(show->image, ENV, env,
							   sandbox->env.first + i);
		struct str value = show_parts(show, env->value);
		json_t *entry = json_pack("{s:s,s:o}", "kind", env_kind(env->kind), "name",
					  show_json_str(show, env->name));

		if (env->kind == WRIT_ENV_SET)
			json_object_set_new(entry, "value", json_stringn(value.ptr, value.len));
		json_array_append_new(array, entry);
	}
	return array;
}
