/*
 * Byte offsets to lines and characters, and back.
 */
#include "lsp/position.h"

#include "base/utf8.h"
#include "lsp/json.h"

#define LAST_OF_BMP 0xffffu

/* Behind the line that begins at; the text's length when it is the last. */
static size_t next_line(struct str text, size_t at, bool *ended)
{
	*ended = true;
	for (; at < text.len; at++) {
		if (text.ptr[at] == '\n')
			return at + 1;
		if (text.ptr[at] == '\r')
			return at + 1 < text.len && text.ptr[at + 1] == '\n' ? at + 2 : at + 1;
	}
	*ended = false;
	return at;
}

void lines_index(struct arena *arena, struct str text, struct lines *out)
{
	bool ended = true;

	*out = (struct lines){.text = text};
	vec_add(arena, &out->starts, 0);
	for (size_t at = 0; ended;) {
		at = next_line(text, at, &ended);
		if (ended)
			vec_add(arena, &out->starts, (uint32_t)at);
	}
}

/* The bytes of the first character, and the code units it counts. */
static size_t step(struct str text, enum position_encoding encoding, uint32_t *units)
{
	uint32_t scalar = 0;
	size_t n = utf8_decode(text, &scalar);

	if (!n)
		n = 1;
	if (encoding == POSITION_UTF8)
		*units = (uint32_t)n;
	else
		*units = scalar > LAST_OF_BMP ? 2 : 1;
	return n;
}

struct position lines_position(const struct lines *lines, enum position_encoding encoding,
			       uint32_t offset)
{
	size_t low = 0;
	size_t high = lines->starts.n;
	struct position out = {0};

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (lines->starts.items[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	out.line = (uint32_t)low;
	for (size_t at = lines->starts.items[low]; at < offset && at < lines->text.len;) {
		struct str rest = {lines->text.ptr + at, lines->text.len - at};
		uint32_t units;

		at += step(rest, encoding, &units);
		out.character += units;
	}
	return out;
}

size_t position_offset(struct str text, enum position_encoding encoding, struct position at)
{
	size_t begin = 0, end;
	bool ended = true;
	uint32_t units = 0;

	for (uint32_t line = 0; line < at.line && ended; line++)
		begin = next_line(text, begin, &ended);
	if (!ended)
		return text.len;
	end = next_line(text, begin, &ended);
	while (begin < end && text.ptr[begin] != '\n' && text.ptr[begin] != '\r') {
		struct str rest = {text.ptr + begin, end - begin};
		size_t n = step(rest, encoding, &units);

		if (units > at.character)
			break;
		at.character -= units;
		begin += n;
	}
	return begin;
}

static json_t *position_json(struct position at)
{
	json_t *value = lsp_object();

	lsp_set(value, "line", json_integer(at.line));
	lsp_set(value, "character", json_integer(at.character));
	return value;
}

json_t *lines_range(const struct lines *lines, enum position_encoding encoding, uint32_t begin,
		    uint32_t end)
{
	json_t *range = lsp_object();

	lsp_set(range, "start", position_json(lines_position(lines, encoding, begin)));
	lsp_set(range, "end", position_json(lines_position(lines, encoding, end)));
	return range;
}

bool position_read(const json_t *value, struct position *out)
{
	return lsp_number_at(value, "line", &out->line) &&
	       lsp_number_at(value, "character", &out->character);
}
