/*
 * Validation of what a bundle holds for tools that read it and not for deciding: declarations of
 * tools, which rules and parents a role has, which roles a user has, conflicts, patterns to redact.
 *
 * INDICES is covered by the ranges of its users in their order, each index once. So the work is
 * linear in the file's size, and equal policies have equal bytes.
 */
#include "runtime/verify.h"

#include <string.h>

#include "runtime/error.h"

static bool pattern_ok(const struct image *image, struct writ_fmt_str pattern)
{
	if (!verify_str(image, pattern, 1, WRIT_MAX_NAME))
		return false;
	for (uint32_t i = 0; i < pattern.len; i++) {
		const char *byte = image_str(image, pattern) + i;

		if (*byte != '*' && !verify_tool_name(byte, 1))
			return false;
	}
	return true;
}

static bool args_ok(const struct image *image, struct writ_fmt_range args)
{
	if (args.count == 0)
		return args.first == 0;
	if (args.count > WRIT_MAX_ARGS ||
	    !image_has(image, WRIT_SECTION_ARGS, args.first, args.count))
		return false;
	for (uint32_t i = 1; i < args.count; i++) {
		if (verify_str_order(image, image_ARGS(image, args.first + i - 1)->name,
				     image_ARGS(image, args.first + i)->name) >= 0)
			return false;
	}
	return true;
}

static const char *check_tool(const struct image *image, uint32_t index)
{
	const struct writ_fmt_tool *tool = image_TOOLS(image, index);

	if (!pattern_ok(image, tool->name))
		return "the name";
	if (tool->class > WRIT_CLASS_ADMIN)
		return "the class";
	if (tool->sandbox != WRIT_NONE &&
	    tool->sandbox >= image_count(image, WRIT_SECTION_SANDBOXES))
		return "the sandbox";
	if (tool->flags & ~WRIT_TOOL_DECLARED)
		return "unknown flags";
	if (!args_ok(image, tool->args))
		return "the arguments";
	return tool->reserved ? "a reserved field is not zero" : NULL;
}

static const char *check_arg(const struct image *image, uint32_t index)
{
	const struct writ_fmt_arg *arg = image_ARGS(image, index);

	if (!verify_str(image, arg->name, 1, WRIT_MAX_NAME))
		return "the name";
	if (arg->kind < WRIT_ARG_STRING || arg->kind > WRIT_ARG_BOOL)
		return "an unknown type";
	return arg->secret > 1 ? "secret" : NULL;
}

static const char *check_redact(const struct image *image, uint32_t index)
{
	return verify_str(image, image_REDACTS(image, index)->pattern, 1, WRIT_MAX_TEXT)
		       ? NULL
		       : "the pattern";
}

static const struct {
	enum writ_section_id section;
	const char *name;
	const char *(*check)(const struct image *image, uint32_t index);
} record_checks[] = {
	{WRIT_SECTION_ARGS, "args", check_arg},
	{WRIT_SECTION_TOOLS, "tools", check_tool},
	{WRIT_SECTION_REDACTS, "redacts", check_redact},
};
#define N_RECORD_CHECKS (sizeof(record_checks) / sizeof(record_checks[0]))

/* How far INDICES is covered, and what its next run has to be. */
struct cover {
	const struct image *image;
	uint32_t at;
};

/* A run of indices below limit; ascending: strictly. */
static bool take_run(struct cover *cover, struct writ_fmt_range range, uint32_t limit,
		     bool ascending)
{
	if (range.count == 0)
		return range.first == 0;
	if (range.first != cover->at ||
	    !image_has(cover->image, WRIT_SECTION_INDICES, range.first, range.count))
		return false;
	for (uint32_t i = range.first; i < range.first + range.count; i++) {
		uint32_t index = *image_INDICES(cover->image, i);

		if (index >= limit)
			return false;
		if (ascending && i > range.first && index <= *image_INDICES(cover->image, i - 1))
			return false;
	}
	cover->at += range.count;
	return true;
}

static int check_roles(struct cover *cover, struct writ_error *error)
{
	uint32_t n = image_count(cover->image, WRIT_SECTION_ROLES);
	uint32_t n_rules = image_count(cover->image, WRIT_SECTION_RULES);

	if (image_count(cover->image, WRIT_SECTION_ROLE_INFO) != n)
		return verify_bad(error, "role_info", n, "not one for each role");
	for (uint32_t i = 0; i < n; i++) {
		const struct writ_fmt_role_info *info = image_ROLE_INFO(cover->image, i);

		if (info->rules.count > n_rules || !take_run(cover, info->rules, n_rules, false))
			return verify_bad(error, "role_info", i, "the rules");
		if (!take_run(cover, info->parents, n, false))
			return verify_bad(error, "role_info", i, "the parents");
	}
	return 0;
}

static int check_users(struct cover *cover, struct writ_error *error)
{
	uint32_t n = image_count(cover->image, WRIT_SECTION_USERS);
	uint32_t n_roles = image_count(cover->image, WRIT_SECTION_ROLES);

	if (image_count(cover->image, WRIT_SECTION_USER_INFO) != n)
		return verify_bad(error, "user_info", n, "not one for each user");
	for (uint32_t i = 0; i < n; i++) {
		if (!take_run(cover, image_USER_INFO(cover->image, i)->roles, n_roles, true))
			return verify_bad(error, "user_info", i, "the roles");
	}
	return 0;
}

static int check_conflicts(struct cover *cover, struct writ_error *error)
{
	uint32_t n = image_count(cover->image, WRIT_SECTION_CONFLICTS);
	uint32_t n_roles = image_count(cover->image, WRIT_SECTION_ROLES);

	for (uint32_t i = 0; i < n; i++) {
		const struct writ_fmt_conflict *conflict = image_CONFLICTS(cover->image, i);

		if (conflict->session > 1)
			return verify_bad(error, "conflicts", i, "session");
		if (conflict->reserved)
			return verify_bad(error, "conflicts", i, "a reserved field is not zero");
		if (conflict->roles.count < 2 || !take_run(cover, conflict->roles, n_roles, true))
			return verify_bad(error, "conflicts", i, "the roles");
	}
	return 0;
}

int verify_info(const struct image *image, struct writ_error *error)
{
	const struct verify_names tools = {WRIT_SECTION_TOOLS,
					   image_count(image, WRIT_SECTION_TOOLS),
					   sizeof(struct writ_fmt_tool)};
	struct cover cover = {image, 0};
	int rc = 0;

	for (size_t c = 0; c < N_RECORD_CHECKS; c++) {
		uint32_t n = image_count(image, record_checks[c].section);

		for (uint32_t i = 0; i < n; i++) {
			const char *what = record_checks[c].check(image, i);

			if (what)
				return verify_bad(error, record_checks[c].name, i, what);
		}
	}
	if (!verify_names_ascend(image, &tools))
		return verify_bad(error, "tools", 0, "the names do not ascend");
	rc = check_roles(&cover, error);
	if (!rc)
		rc = check_users(&cover, error);
	if (!rc)
		rc = check_conflicts(&cover, error);
	if (!rc && cover.at != image_count(image, WRIT_SECTION_INDICES))
		rc = verify_bad(error, "indices", cover.at, "nothing refers to it");
	return rc;
}
