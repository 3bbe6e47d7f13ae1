/*
 * Texts of a bundle, made safe to print.
 */
#include "cli/show.h"

#include <string.h>

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

/* Every byte that is not printable ASCII as \xHH, and a backslash before those of special. */
static struct str escape(struct arena *arena, struct str text, const char *special)
{
	static const char digits[] = "0123456789abcdef";
	char *out = arena_alloc(arena, 4 * text.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];

		if (is_plain(byte)) {
			if (strchr(special, byte))
				out[n++] = '\\';
			out[n++] = (char)byte;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = digits[byte >> 4];
		out[n++] = digits[byte & 15];
	}
	return (struct str){out, n};
}

struct str show_str(const struct show *show, struct writ_fmt_str str)
{
	return escape(show->arena, bundle_str(show->image, str), "");
}

struct str show_quoted(const struct show *show, struct writ_fmt_str str)
{
	return escape(show->arena, bundle_str(show->image, str), "\"\\");
}

json_t *show_json_str(const struct show *show, struct writ_fmt_str str)
{
	struct str text = bundle_str(show->image, str);
	json_t *json = json_stringn(text.ptr, text.len);

	/* NULL for what is not UTF-8. */
	if (json)
		return json;
	text = escape(show->arena, text, "");
	return json_stringn(text.ptr, text.len);
}

struct str show_parts(const struct show *show, struct writ_fmt_range parts)
{
	struct str text = {"", 0};

	for (uint32_t i = 0; i < parts.count; i++) {
		const struct writ_fmt_part *part = BUNDLE_AT(show->image, PARTS, part,
							     parts.first + i);
		struct str literal = show_str(show, part->text);

		if (part->kind == WRIT_PART_PARAM)
			literal = str_printf(show->arena, "${%.*s}",
					     STR_ARG(show_str(show, BUNDLE_AT(show->image, PARAMS,
									      param, part->param)
									    ->name)));
		else if (part->kind == WRIT_PART_HOME)
			literal = STR("~");
		text = str_printf(show->arena, "%.*s%.*s", STR_ARG(text), STR_ARG(literal));
	}
	return text;
}

bool show_arch(uint32_t audit_arch, enum arch *out)
{
	for (unsigned i = 0; i < ARCH__COUNT; i++) {
		if (arch_info((enum arch)i)->audit_arch != audit_arch)
			continue;
		*out = (enum arch)i;
		return true;
	}
	return false;
}
