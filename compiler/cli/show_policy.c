/*
 * What a bundle says of the whole policy: name, version, digest, parameters, declared tools,
 * conflicts, patterns to redact.
 */
#include "cli/show.h"

#include <inttypes.h>

#include "link/sign.h"

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

static const char *kind_name(uint32_t kind)
{
	static const char *const names[] = {
		"unknown",
		[WRIT_ARG_STRING] = "string",
		[WRIT_ARG_PATH] = "path",
		[WRIT_ARG_URL] = "url",
		[WRIT_ARG_HOST] = "host",
		[WRIT_ARG_INT] = "int",
		[WRIT_ARG_BOOL] = "bool",
	};

	return names[kind < sizeof(names) / sizeof(names[0]) ? kind : 0];
}

static struct str role_name(const struct show *show, uint32_t role)
{
	return show_str(show, BUNDLE_AT(show->image, ROLES, role, role)->name);
}

/* The role at index of a conflict. */
static uint32_t conflict_role(const struct show *show, const struct writ_fmt_conflict *conflict,
			      uint32_t index)
{
	const uint32_t *indices = show->image->sections[WRIT_SECTION_INDICES].records;

	return indices[conflict->roles.first + index];
}

static void print_params(const struct show *show)
{
	for (uint32_t i = 0; i < BUNDLE_N(show->image, PARAMS); i++) {
		const struct writ_fmt_param *param = BUNDLE_AT(show->image, PARAMS, param, i);

		fprintf(show->out, "  param %.*s : %s", STR_ARG(show_str(show, param->name)),
			type_name(param->type));
		if (param->has_default)
			fprintf(show->out, " = %.*s", STR_ARG(show_str(show, param->fallback)));
		fputc('\n', show->out);
	}
}

/* The arguments of tools; class and sandbox are in the decision table. */
static void print_tools(const struct show *show)
{
	for (uint32_t i = 0; i < BUNDLE_N(show->image, TOOLS); i++) {
		const struct writ_fmt_tool *tool = BUNDLE_AT(show->image, TOOLS, tool, i);

		fprintf(show->out, "  tool %.*s%s", STR_ARG(show_str(show, tool->name)),
			tool->flags & WRIT_TOOL_DECLARED ? "" : " (not declared)");
		for (uint32_t a = 0; a < tool->args.count; a++) {
			const struct writ_fmt_arg *arg = BUNDLE_AT(show->image, ARGS, arg,
								   tool->args.first + a);

			fprintf(show->out, "%s%.*s : %s%s", a ? ", " : " with ",
				STR_ARG(show_str(show, arg->name)), kind_name(arg->kind),
				arg->secret ? " secret" : "");
		}
		fputc('\n', show->out);
	}
}

static void print_conflicts(const struct show *show)
{
	for (uint32_t i = 0; i < BUNDLE_N(show->image, CONFLICTS); i++) {
		const struct writ_fmt_conflict *conflict = BUNDLE_AT(show->image, CONFLICTS,
								     conflict, i);

		fputs(conflict->session ? "  conflict session" : "  conflict", show->out);
		for (uint32_t r = 0; r < conflict->roles.count; r++)
			fprintf(show->out, "%s %.*s", r ? "," : "",
				STR_ARG(role_name(show, conflict_role(show, conflict, r))));
		fputc('\n', show->out);
	}
	for (uint32_t i = 0; i < BUNDLE_N(show->image, REDACTS); i++)
		fprintf(show->out, "  redact \"%.*s\"\n",
			STR_ARG(show_str(show,
					 BUNDLE_AT(show->image, REDACTS, redact, i)->pattern)));
}

static const char *audit_full(const struct writ_fmt_policy *policy)
{
	if (policy->audit & WRIT_AUDITS_DENY)
		return "deny";
	return policy->audit & WRIT_AUDITS_DROP ? "drop" : "block";
}

static void print_audit(const struct show *show)
{
	const struct writ_fmt_policy *policy = BUNDLE_AT(show->image, POLICY, policy, 0);

	if (policy->audit)
		fprintf(show->out, "  audit%s, full %s\n",
			policy->audit & WRIT_AUDITS_REQUIRED ? " required" : "",
			audit_full(policy));
}

static void print_signer(const struct show *show)
{
	struct str signer = bundle_signer(show->arena, show->image->bytes);

	if (signer.len)
		fprintf(show->out,
			"  signed, it says, with key %.*s ('writc verify --key' checks)\n",
			STR_ARG(signer));
}

void show_policy_text(const struct show *show)
{
	const struct writ_fmt_policy *policy = BUNDLE_AT(show->image, POLICY, policy, 0);

	fprintf(show->out, "policy %.*s version %" PRIu64 "\n",
		STR_ARG(show_str(show, policy->name)), policy->version);
	fprintf(show->out, "  %zu bytes, format %" PRIu32 ", sha256 %.*s\n", show->image->bytes.len,
		show->image->header->format_version, STR_ARG(digest_text(show)));
	print_signer(show);
	print_params(show);
	print_tools(show);
	print_conflicts(show);
	print_audit(show);
}

static json_t *params_json(const struct show *show)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < BUNDLE_N(show->image, PARAMS); i++) {
		const struct writ_fmt_param *param = BUNDLE_AT(show->image, PARAMS, param, i);
		json_t *entry = json_pack("{s:o,s:s}", "name", show_json_str(show, param->name),
					  "type", type_name(param->type));

		if (param->has_default)
			json_object_set_new(entry, "default", show_json_str(show, param->fallback));
		json_array_append_new(array, entry);
	}
	return array;
}

static json_t *tools_json(const struct show *show)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < BUNDLE_N(show->image, TOOLS); i++) {
		const struct writ_fmt_tool *tool = BUNDLE_AT(show->image, TOOLS, tool, i);
		json_t *args = json_array();

		for (uint32_t a = 0; a < tool->args.count; a++) {
			const struct writ_fmt_arg *arg = BUNDLE_AT(show->image, ARGS, arg,
								   tool->args.first + a);

			json_array_append_new(args, json_pack("{s:o,s:s,s:b}", "name",
							      show_json_str(show, arg->name),
							      "type", kind_name(arg->kind),
							      "secret", arg->secret != 0));
		}
		json_array_append_new(array, json_pack("{s:o,s:b,s:o}", "name",
						       show_json_str(show, tool->name), "declared",
						       (tool->flags & WRIT_TOOL_DECLARED) != 0,
						       "args", args));
	}
	return array;
}

static json_t *conflicts_json(const struct show *show)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < BUNDLE_N(show->image, CONFLICTS); i++) {
		const struct writ_fmt_conflict *conflict = BUNDLE_AT(show->image, CONFLICTS,
								     conflict, i);
		json_t *roles = json_array();

		for (uint32_t r = 0; r < conflict->roles.count; r++)
			json_array_append_new(
				roles,
				show_json_str(show, BUNDLE_AT(show->image, ROLES, role,
							      conflict_role(show, conflict, r))
							    ->name));
		json_array_append_new(array, json_pack("{s:b,s:o}", "session",
						       conflict->session != 0, "roles", roles));
	}
	return array;
}

json_t *show_policy_json(const struct show *show)
{
	const struct writ_fmt_policy *policy = BUNDLE_AT(show->image, POLICY, policy, 0);
	struct str digest = digest_text(show);
	struct str signer = bundle_signer(show->arena, show->image->bytes);
	json_t *redacts = json_array();

	for (uint32_t i = 0; i < BUNDLE_N(show->image, REDACTS); i++)
		json_array_append_new(
			redacts,
			show_json_str(show, BUNDLE_AT(show->image, REDACTS, redact, i)->pattern));
	return json_pack("{s:o,s:I,s:I,s:i,s:s%,s:o,s:o,s:o,s:o,s:{s:b,s:s},s:o}", "name",
			 show_json_str(show, policy->name), "version", (json_int_t)policy->version,
			 "bytes", (json_int_t)show->image->bytes.len, "format",
			 (int)show->image->header->format_version, "sha256", digest.ptr, digest.len,
			 "params", params_json(show), "tools", tools_json(show), "conflicts",
			 conflicts_json(show), "redact", redacts, "audit", "required",
			 (policy->audit & WRIT_AUDITS_REQUIRED) != 0, "full", audit_full(policy),
			 "signed_with",
			 signer.len ? json_stringn(signer.ptr, signer.len) : json_null());
}
