/*
 * Complete validation of the contents of a bundle, first part: policy record, parameters, parts of
 * texts. Sandboxes and the RBAC table have a file each.
 *
 * In: an image whose frame holds. Out: 0, or FORMAT with the section, the record and what is wrong.
 * Nothing is assumed about who wrote the bytes. Every field is looked at, reserved ones and those
 * that a kind does not use included: what carries no meaning must be zero, so that equal policies
 * have equal bytes.
 */
#include "runtime/verify.h"

#include <string.h>

#include "runtime/error.h"
#include "runtime/value.h"

int verify_bad(struct writ_error *error, const char *section, uint32_t index, const char *what)
{
	return error_set(error, WRIT_E_FORMAT, "a damaged bundle: %s[%u]: %s", section, index,
			 what);
}

/* Is str min to max bytes of STRINGS up to a NUL? The empty string is written as 0, 0. */
bool verify_str(const struct image *image, struct writ_fmt_str str, uint32_t min, uint32_t max)
{
	const char *bytes;

	if (str.len < min || str.len > max)
		return false;
	if (str.len == 0)
		return str.offset == 0;
	if (!image_has(image, WRIT_SECTION_STRINGS, str.offset, str.len + 1))
		return false;
	bytes = image_str(image, str);
	return memchr(bytes, 0, str.len + 1) == bytes + str.len;
}

bool verify_text(const struct image *image, struct writ_fmt_range text)
{
	return text.count <= WRIT_MAX_TEXT &&
	       image_has(image, WRIT_SECTION_PARTS, text.first, text.count);
}

bool verify_path_text(const struct image *image, struct writ_fmt_range text)
{
	const struct writ_fmt_part *part;

	if (text.count == 0 || !verify_text(image, text))
		return false;
	part = image_PARTS(image, text.first);
	switch (part->kind) {
	case WRIT_PART_LITERAL:
		return image_str(image, part->text)[0] == '/';
	case WRIT_PART_PARAM:
		return image_PARAMS(image, part->param)->type == WRIT_PARAM_PATH;
	default:
		return part->kind == WRIT_PART_HOME;
	}
}

bool verify_tool_name(const char *name, size_t len)
{
	if (len == 0 || len > WRIT_MAX_NAME)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '.' || c == '-'))
			return false;
	}
	return true;
}

static struct writ_fmt_str name_at(const struct image *image, const struct verify_names *names,
				   uint32_t index)
{
	const uint8_t *records = image->sections[names->section].records;
	struct writ_fmt_str name;

	memcpy(&name, records + (size_t)index * names->record_size, sizeof(name));
	return name;
}

int verify_str_order(const struct image *image, struct writ_fmt_str a, struct writ_fmt_str b)
{
	int order = memcmp(image_str(image, a), image_str(image, b), a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool verify_names_ascend(const struct image *image, const struct verify_names *names)
{
	for (uint32_t i = 1; i < names->n; i++) {
		if (verify_str_order(image, name_at(image, names, i - 1),
				     name_at(image, names, i)) >= 0)
			return false;
	}
	return true;
}

static int check_policy(const struct image *image, struct writ_error *error)
{
	uint32_t n_rules = image_count(image, WRIT_SECTION_RULES);
	const struct writ_fmt_policy *policy;

	if (image_count(image, WRIT_SECTION_POLICY) != 1)
		return verify_bad(error, "policy", 0, "there must be exactly one record");
	policy = image_POLICY(image, 0);
	if (!verify_str(image, policy->name, 1, WRIT_MAX_NAME))
		return verify_bad(error, "policy", 0, "the name");
	if (n_rules > WRIT_MAX_RULES)
		return verify_bad(error, "rules", n_rules, "too many");
	/* DROP goes with neither of the others, so no other combination is as large. */
	if (policy->audit > WRIT_AUDITS_DROP)
		return verify_bad(error, "policy", 0, "what is demanded of the audit log");
	if (policy->n_deny > n_rules || policy->n_ask > n_rules - policy->n_deny)
		return verify_bad(error, "policy", 0, "more rules counted than there are");
	return 0;
}

/* Could the default be bound as a value? "~" stands for a home directory, which is absolute. */
static bool default_fits(const struct image *image, const struct writ_fmt_param *param)
{
	char value[WRIT_MAX_TEXT + 1] = "";
	const char *text = value;

	if (param->fallback.len)
		memcpy(value, image_str(image, param->fallback), param->fallback.len);
	value[param->fallback.len] = '\0';
	if (param->type == WRIT_PARAM_PATH && value[0] == '~')
		text = value[1] ? value + 1 : "/";
	return value_check((enum writ_param_type)param->type, text) == NULL;
}

static int check_params(const struct image *image, struct writ_error *error)
{
	uint32_t n = image_count(image, WRIT_SECTION_PARAMS);
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct writ_fmt_param *param = image_PARAMS(image, i);

		if (!verify_str(image, param->name, 1, WRIT_MAX_NAME))
			return verify_bad(error, "params", i, "the name");
		if (param->type < WRIT_PARAM_STRING || param->type > WRIT_PARAM_DURATION)
			return verify_bad(error, "params", i, "an unknown type");
		if (param->has_default > 1)
			return verify_bad(error, "params", i, "has_default");
		if (!verify_str(image, param->fallback, 0, param->has_default ? WRIT_MAX_TEXT : 0))
			return verify_bad(error, "params", i, "the default");
		/* They may share one long string, and each is looked at. */
		bytes += param->fallback.len;
		if (bytes > WRIT_MAX_EXPANDED)
			return verify_bad(error, "params", i, "the defaults are too long together");
		if (param->has_default && !default_fits(image, param))
			return verify_bad(error, "params", i, "the default is not of its type");
	}
	if (!verify_names_ascend(image, &(struct verify_names){WRIT_SECTION_PARAMS, n,
							       sizeof(struct writ_fmt_param)}))
		return verify_bad(error, "params", 0, "the names do not ascend");
	return 0;
}

static const char *check_part(const struct image *image, const struct writ_fmt_part *part)
{
	bool is_literal = part->kind == WRIT_PART_LITERAL;
	bool is_param = part->kind == WRIT_PART_PARAM;

	if (!is_literal && !is_param && part->kind != WRIT_PART_HOME)
		return "an unknown kind";
	if (!verify_str(image, part->text, is_literal ? 1 : 0, is_literal ? WRIT_MAX_TEXT : 0))
		return "the text";
	if (is_param ? part->param >= image_count(image, WRIT_SECTION_PARAMS) : part->param != 0)
		return "the parameter";
	return NULL;
}

static int check_parts(const struct image *image, struct writ_error *error)
{
	uint32_t n = image_count(image, WRIT_SECTION_PARTS);

	for (uint32_t i = 0; i < n; i++) {
		const char *what = check_part(image, image_PARTS(image, i));

		if (what)
			return verify_bad(error, "parts", i, what);
	}
	return 0;
}

int verify_image(const struct image *image, struct writ_error *error)
{
	int rc = check_policy(image, error);

	if (!rc)
		rc = check_params(image, error);
	if (!rc)
		rc = check_parts(image, error);
	if (!rc)
		rc = verify_sandboxes(image, error);
	if (!rc)
		rc = verify_rbac(image, error);
	if (!rc)
		rc = verify_info(image, error);
	return rc;
}
