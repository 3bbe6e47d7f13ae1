/*
 * What a policy says of tools and their arguments, and what must not be recorded: for whoever keeps
 * records of calls. Read from the verified image; nothing here decides anything.
 */
#include "runtime/policy.h"
#include "runtime/writ_info.h"

const char *writ_redact(const struct writ_policy *policy, uint32_t index)
{
	const struct image *image = &policy->image;

	if (index >= image_count(image, WRIT_SECTION_REDACTS))
		return NULL;
	return image_text(image, image_REDACTS(image, index)->pattern);
}

int writ_tool(const struct writ_policy *policy, uint32_t index, struct writ_tool *out)
{
	const struct image *image = &policy->image;
	const struct writ_fmt_tool *tool;

	if (!out || index >= image_count(image, WRIT_SECTION_TOOLS))
		return -WRIT_E_INVALID;
	tool = image_TOOLS(image, index);
	out->name = image_text(image, tool->name);
	out->n_args = tool->args.count;
	return 0;
}

int writ_tool_argument(const struct writ_policy *policy, uint32_t tool, uint32_t index,
		       struct writ_tool_argument *out)
{
	const struct image *image = &policy->image;
	const struct writ_fmt_range *args;
	const struct writ_fmt_arg *arg;

	if (!out || tool >= image_count(image, WRIT_SECTION_TOOLS))
		return -WRIT_E_INVALID;
	args = &image_TOOLS(image, tool)->args;
	if (index >= args->count)
		return -WRIT_E_INVALID;
	arg = image_ARGS(image, args->first + index);
	out->name = image_text(image, arg->name);
	out->secret = (int)arg->secret;
	return 0;
}
