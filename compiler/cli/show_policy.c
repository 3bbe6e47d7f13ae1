/*
 * Name, version, digest and parameters of a bundle.
 */
#include "cli/show.h"

#include <inttypes.h>

static struct str digest_text(const struct show *show)
{
	struct str text = {"", 0};

	for (unsigned i = 0; i < WRIT_DIGEST_SIZE; i++)
		text = str_printf(show->arena, "%.*s%02x", STR_ARG(text),
				  show->image->header->digest[i]);
	return text;
}

static const char *type_name(uint32_t type)
{
	static const char *const names[] = {
		"unknown",
		[WRIT_PARAM_STRING] = "string",
		[WRIT_PARAM_PATH] = "path",
		[WRIT_PARAM_HOST] = "host",
		[WRIT_PARAM_PORT] = "port",
		[WRIT_PARAM_INT] = "int",
		[WRIT_PARAM_SIZE] = "size",
		[WRIT_PARAM_DURATION] = "duration",
	};

	return names[type < sizeof(names) / sizeof(names[0]) ? type : 0];
}

void show_policy_text(const struct show *show)
{
	const struct writ_fmt_policy *policy = BUNDLE_AT(show->image, POLICY, policy, 0);

	fprintf(show->out, "policy %.*s version %" PRIu64 "\n",
		STR_ARG(show_str(show, policy->name)), policy->version);
	fprintf(show->out, "  %zu bytes, format %" PRIu32 ", sha256 %.*s\n", show->image->bytes.len,
		show->image->header->format_version, STR_ARG(digest_text(show)));
	for (uint32_t i = 0; i < BUNDLE_N(show->image, PARAMS); i++) {
		const struct writ_fmt_param *param = BUNDLE_AT(show->image, PARAMS, param, i);

		fprintf(show->out, "  param %.*s : %s", STR_ARG(show_str(show, param->name)),
			type_name(param->type));
		if (param->has_default)
			fprintf(show->out, " = %.*s", STR_ARG(show_str(show, param->fallback)));
		fputc('\n', show->out);
	}
}

json_t *show_policy_json(const struct show *show)
{
	const struct writ_fmt_policy *policy = BUNDLE_AT(show->image, POLICY, policy, 0);
	json_t *params = json_array();
	struct str digest = digest_text(show);

	for (uint32_t i = 0; i < BUNDLE_N(show->image, PARAMS); i++) {
		const struct writ_fmt_param *param = BUNDLE_AT(show->image, PARAMS, param, i);
		json_t *entry = json_pack("{s:o,s:s}", "name", show_json_str(show, param->name),
					  "type", type_name(param->type));

		if (param->has_default)
			json_object_set_new(entry, "default", show_json_str(show, param->fallback));
		json_array_append_new(params, entry);
	}
	return json_pack("{s:o,s:I,s:I,s:i,s:s%,s:o}", "name", show_json_str(show, policy->name),
			 "version", (json_int_t)policy->version, "bytes",
			 (json_int_t)show->image->bytes.len, "format",
			 (int)show->image->header->format_version, "sha256", digest.ptr, digest.len,
			 "params", params);
}
