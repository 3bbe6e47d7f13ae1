/*
 * Validation of what a sandbox is made of: granted paths and ports, Landlock variants, filters,
 * limits, environment. Records are checked section by section, then the sandboxes' ranges over
 * them; so each record is looked at once, however many sandboxes share it.
 */
#include "runtime/verify.h"

#include <string.h>

#include "runtime/kernel_abi.h"

#define PATH_RIGHTS  (WRIT_PATH_READ | WRIT_PATH_WRITE | WRIT_PATH_EXECUTE | WRIT_PATH_IMPLIED)
#define FS_BITS_ABI1 UINT64_C(0x1fff)
#define FS_BITS      UINT64_C(0xffff)
#define NET_BITS     UINT64_C(3)
#define SCOPED_BITS  UINT64_C(3)
#define MAX_ENV_NAME 255u
#define MAX_LIMIT    (UINT64_C(1) << 62) /* no arithmetic on a limit overflows */
#define MAX_VARIANTS 16u
#define MAX_FILTERS  8u
#define MAX_ENV      4096u

static const uint32_t all_lackings = 0
#define LACKING(bit, id, abi, doc) | 1u << (bit)
	WRIT_LACKINGS(LACKING)
#undef LACKING
	;

/* Does a text begin as an absolute path does? */
static bool begins_as_path(const struct image *image, const struct writ_fmt_part *part)
{
	switch (part->kind) {
	case WRIT_PART_LITERAL:
		return image_str(image, part->text)[0] == '/';
	case WRIT_PART_PARAM:
		return image_PARAMS(image, part->param)->type == WRIT_PARAM_PATH;
	default:
		return part->kind == WRIT_PART_HOME;
	}
}

static bool text_ok(const struct image *image, struct writ_fmt_range text)
{
	return text.count <= WRIT_MAX_TEXT &&
	       image_has(image, WRIT_SECTION_PARTS, text.first, text.count);
}

static const char *check_path(const struct image *image, uint32_t index)
{
	const struct writ_fmt_path *path = image_PATHS(image, index);

	if (path->text.count == 0 || !text_ok(image, path->text))
		return "the text";
	if (!begins_as_path(image, image_PARTS(image, path->text.first)))
		return "it does not begin as an absolute path";
	if (path->rights & ~PATH_RIGHTS || !(path->rights & ~WRIT_PATH_IMPLIED))
		return "the rights";
	if (path->access & ~FS_BITS || !path->access)
		return "the Landlock rights";
	return path->reserved ? "a reserved field is not zero" : NULL;
}

static const char *check_port(const struct image *image, uint32_t index)
{
	const struct writ_fmt_port *port = image_PORTS(image, index);

	if (!port->rights || port->rights & ~(WRIT_PORT_CONNECT | WRIT_PORT_BIND))
		return "the rights";
	if (port->reserved)
		return "a reserved field is not zero";
	if (port->param == WRIT_NONE)
		return port->first && port->first <= port->last ? NULL : "the range";
	if (port->first || port->last)
		return "a range beside a parameter";
	if (port->param >= image_count(image, WRIT_SECTION_PARAMS) ||
	    image_PARAMS(image, port->param)->type != WRIT_PARAM_PORT)
		return "the parameter";
	return NULL;
}

/* The Landlock file-system rights that exist since an ABI, as a mask: landlock(7). */
static uint64_t fs_bits_of(uint32_t abi)
{
	if (abi >= 5)
		return FS_BITS;
	return abi >= 3 ? UINT64_C(0x7fff) : abi == 2 ? UINT64_C(0x3fff) : FS_BITS_ABI1;
}

static const char *check_landlock(const struct image *image, uint32_t index)
{
	const struct writ_fmt_landlock *variant = image_LANDLOCK(image, index);

	if (variant->abi == 0)
		return "the ABI";
	if (variant->lacking & ~all_lackings)
		return "unknown demands";
	/* What is not handled is allowed: the first kernel that has Landlock handles this much. */
	if (~variant->handled_fs & FS_BITS_ABI1)
		return "file-system rights left unhandled";
	if (variant->handled_fs & ~fs_bits_of(variant->abi) ||
	    variant->handled_net & ~(variant->abi >= 4 ? NET_BITS : 0) ||
	    variant->scoped & ~(variant->abi >= 6 ? SCOPED_BITS : 0))
		return "rights that the ABI does not have";
	return NULL;
}

static const char *check_filter(const struct image *image, uint32_t index)
{
	const struct writ_fmt_filter *filter = image_FILTERS(image, index);

	if (filter->audit_arch == 0 || filter->reserved)
		return "the architecture";
	if (filter->insns.count == 0 ||
	    !image_has(image, WRIT_SECTION_INSNS, filter->insns.first, filter->insns.count))
		return "the range of instructions";
	return verify_bpf(image_INSNS(image, filter->insns.first), filter->insns.count);
}

static const char *check_limit(const struct image *image, uint32_t index)
{
	const struct writ_fmt_limit *limit = image_LIMITS(image, index);

	if (limit->id >= WRIT_LIMIT__COUNT)
		return "unknown to this runtime";
	if (limit->reserved)
		return "a reserved field is not zero";
	return limit->value >= 1 && limit->value <= MAX_LIMIT ? NULL : "the value";
}

static const char *check_env(const struct image *image, uint32_t index)
{
	const struct writ_fmt_env *env = image_ENV(image, index);

	if (env->kind < WRIT_ENV_PASS || env->kind > WRIT_ENV_SECRET)
		return "an unknown kind";
	if (env->reserved)
		return "a reserved field is not zero";
	if (!verify_str(image, env->name, 1, MAX_ENV_NAME) ||
	    memchr(image_str(image, env->name), '=', env->name.len))
		return "the name";
	if (env->kind != WRIT_ENV_SET)
		return env->value.first || env->value.count ? "a value" : NULL;
	return text_ok(image, env->value) ? NULL : "the value";
}

/* A section of records, one row each. */
static const struct {
	enum writ_section_id section;
	const char *name;
	const char *(*check)(const struct image *image, uint32_t index);
} record_checks[] = {
	{WRIT_SECTION_PATHS, "paths", check_path},
	{WRIT_SECTION_PORTS, "ports", check_port},
	{WRIT_SECTION_LANDLOCK, "landlock", check_landlock},
	{WRIT_SECTION_FILTERS, "filters", check_filter},
	{WRIT_SECTION_LIMITS, "limits", check_limit},
	{WRIT_SECTION_ENV, "env", check_env},
};
#define N_RECORD_CHECKS (sizeof(record_checks) / sizeof(record_checks[0]))

static bool ranges_ok(const struct image *image, const struct writ_fmt_sandbox *box)
{
	const struct {
		enum writ_section_id section;
		struct writ_fmt_range range;
		uint32_t max;
	} ranges[] = {
		{WRIT_SECTION_PATHS, box->paths, UINT32_MAX},
		{WRIT_SECTION_PORTS, box->ports, UINT32_MAX},
		{WRIT_SECTION_LANDLOCK, box->landlock, MAX_VARIANTS},
		{WRIT_SECTION_FILTERS, box->filters, MAX_FILTERS},
		{WRIT_SECTION_LIMITS, box->limits, WRIT_LIMIT__COUNT},
		{WRIT_SECTION_ENV, box->env, MAX_ENV},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (ranges[i].range.count > ranges[i].max ||
		    !image_has(image, ranges[i].section, ranges[i].range.first,
			       ranges[i].range.count))
			return false;
	}
	return true;
}

static bool variants_ascend(const struct image *image, struct writ_fmt_range range)
{
	if (range.count == 0 || image_LANDLOCK(image, range.first)->abi != 1)
		return false;
	for (uint32_t i = 1; i < range.count; i++) {
		if (image_LANDLOCK(image, range.first + i)->abi <=
		    image_LANDLOCK(image, range.first + i - 1)->abi)
			return false;
	}
	return true;
}

static bool limits_ascend(const struct image *image, struct writ_fmt_range range)
{
	for (uint32_t i = 1; i < range.count; i++) {
		if (image_LIMITS(image, range.first + i)->id <=
		    image_LIMITS(image, range.first + i - 1)->id)
			return false;
	}
	return true;
}

static bool architectures_differ(const struct image *image, struct writ_fmt_range range)
{
	for (uint32_t i = 0; i < range.count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (image_FILTERS(image, range.first + i)->audit_arch ==
			    image_FILTERS(image, range.first + j)->audit_arch)
				return false;
		}
	}
	return true;
}

static const char *check_sandbox(const struct image *image, const struct writ_fmt_sandbox *box)
{
	if (!verify_str(image, box->name, 1, WRIT_MAX_NAME))
		return "the name";
	if (box->flags & ~WRIT_SANDBOX_BEST_EFFORT || box->reserved)
		return "unknown flags";
	if (!ranges_ok(image, box))
		return "a range leaves its section";
	if (!variants_ascend(image, box->landlock))
		return "the Landlock variants";
	if (box->filters.count == 0 || !architectures_differ(image, box->filters))
		return "the filters";
	return limits_ascend(image, box->limits) ? NULL : "the limits";
}

int verify_sandboxes(const struct image *image, struct writ_error *error)
{
	const char *what;

	for (size_t c = 0; c < N_RECORD_CHECKS; c++) {
		uint32_t n = image_count(image, record_checks[c].section);

		for (uint32_t i = 0; i < n; i++) {
			what = record_checks[c].check(image, i);
			if (what)
				return verify_bad(error, record_checks[c].name, i, what);
		}
	}
	for (uint32_t i = 0; i < image_count(image, WRIT_SECTION_SANDBOXES); i++) {
		what = check_sandbox(image, image_SANDBOXES(image, i));
		if (what)
			return verify_bad(error, "sandboxes", i, what);
	}
	return 0;
}
