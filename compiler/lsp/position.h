/*
 * Places as the protocol has them: a line from 0, and in it a number of code units from 0, of
 * UTF-16 unless the client agreed on UTF-8. Lines end with "\n", "\r\n" or "\r".
 */
#ifndef WRIT_LSP_POSITION_H
#define WRIT_LSP_POSITION_H

#include <jansson.h>
#include <stdint.h>

#include "base/source.h"

enum position_encoding { POSITION_UTF16, POSITION_UTF8 };

struct position {
	uint32_t line;
	uint32_t character;
};

/* Where the lines of a text begin. */
struct lines {
	struct str text;
	VEC(uint32_t) starts;
};

void lines_index(struct arena *arena, struct str text, struct lines *out);

struct position lines_position(const struct lines *lines, enum position_encoding encoding,
			       uint32_t offset);

/* The offset of a position; beyond the end of a line, or of the text, it is that end. */
size_t position_offset(struct str text, enum position_encoding encoding, struct position at);

/* {"start": …, "end": …} of the bytes from begin to end. */
json_t *lines_range(const struct lines *lines, enum position_encoding encoding, uint32_t begin,
		    uint32_t end);

/* True and *out set when value is {"line": …, "character": …}. */
bool position_read(const json_t *value, struct position *out);

#endif
