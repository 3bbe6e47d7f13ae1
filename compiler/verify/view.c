/*
 * Following references of a bundle's records, each only when it leads somewhere; and comparing what
 * is there with its like of the IR.
 */
#include "verify/view.h"

#include <string.h>

bool view_has(const struct view *view, enum writ_section_id section, struct writ_fmt_range range)
{
	uint32_t n = view->sections[section].n;

	return range.first <= n && range.count <= n - range.first;
}

struct str view_str(const struct view *view, struct writ_fmt_str str)
{
	const struct writ_fmt_range range = {str.offset, str.len};

	if (str.len == 0 || !view_has(view, WRIT_SECTION_STRINGS, range))
		return STR("");
	return (struct str){VIEW_ALL(view, STRINGS, char) + str.offset, str.len};
}

static bool part_is(const struct view *view, const struct writ_fmt_part *record,
		    const struct ir_part *part)
{
	switch (part->kind) {
	case IR_PART_LITERAL:
		return record->kind == WRIT_PART_LITERAL &&
		       str_eq(view_str(view, record->text), part->literal);
	case IR_PART_PARAM:
		return record->kind == WRIT_PART_PARAM && record->param == part->param;
	case IR_PART_HOME:
		return record->kind == WRIT_PART_HOME;
	}
	return false;
}

bool view_text_is(const struct view *view, struct writ_fmt_range range, const struct ir_text *text)
{
	if (range.count != text->n || !view_has(view, WRIT_SECTION_PARTS, range))
		return false;
	for (uint32_t i = 0; i < range.count; i++) {
		if (!part_is(view, VIEW_AT(view, PARTS, part, range.first + i), &text->parts[i]))
			return false;
	}
	return true;
}

static bool host_is(const struct view *view, const struct writ_fmt_endpoint *record,
		    const struct ir_endpoint *endpoint)
{
	switch (endpoint->kind) {
	case IR_HOST_ANY:
		return record->kind == WRIT_HOST_ANY;
	case IR_HOST_NAME:
		return record->kind == WRIT_HOST_NAME &&
		       view_text_is(view, record->name, &endpoint->name);
	case IR_HOST_SUFFIX:
		return record->kind == WRIT_HOST_SUFFIX &&
		       view_text_is(view, record->name, &endpoint->name);
	case IR_HOST_NET:
		return record->kind == WRIT_HOST_NET && record->prefix == endpoint->prefix &&
		       memcmp(record->address, endpoint->address, sizeof(record->address)) == 0;
	}
	return false;
}

bool view_endpoint_is(const struct view *view, const struct writ_fmt_endpoint *record,
		      const struct ir_endpoint *endpoint)
{
	uint32_t flags = (endpoint->rights & IR_ENDPOINT_CONNECT ? WRIT_ENDPOINT_CONNECT : 0) |
			 (endpoint->rights & IR_ENDPOINT_BIND ? WRIT_ENDPOINT_BIND : 0) |
			 (endpoint->rights & IR_ENDPOINT_DENY ? WRIT_ENDPOINT_DENY : 0) |
			 (endpoint->rights & IR_ENDPOINT_SNI ? WRIT_ENDPOINT_SNI : 0) |
			 (endpoint->udp ? WRIT_ENDPOINT_UDP : 0);

	if (record->flags != flags || !host_is(view, record, endpoint))
		return false;
	if (endpoint->param != IR_NONE)
		return record->param == endpoint->param;
	return record->param == WRIT_NONE && record->first == endpoint->first &&
	       record->last == endpoint->last;
}
