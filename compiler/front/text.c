/*
 * String literals: from the bytes between the quotes to a list of parts.
 *
 * Escapes are decoded and ${name} split off; every fault is reported at its own bytes, and decoding
 * goes on. Invariant: no part holds a NUL byte, and what was written as \x24 is a dollar sign that
 * begins no parameter. Characters that make text look like other text must be written as escapes,
 * so that what a reviewer sees is what the kernel is told.
 */
#include "front/build.h"

#include <string.h>

#include "base/utf8.h"

struct text_reader {
	struct parse *parse;
	struct str raw; /* the whole source text */
	uint32_t pos;
	uint32_t end; /* of the token */
	char *bytes;  /* of the literal part being read; room for all the token's */
	size_t n;
	uint32_t part_begin;
	VEC(struct ast_text_part) parts;
};

struct str parse_text_at(const struct parse *parse, struct span span)
{
	return (struct str){parse->text.ptr + span.begin, span.end - span.begin};
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Joiners and variation selectors shape scripts and emoji; they reorder nothing. */
static bool is_allowed_in_text(uint32_t scalar)
{
	bool shaping = scalar == 0x200c || scalar == 0x200d ||
		       (scalar >= 0xfe00 && scalar <= 0xfe0f);

	return scalar == '\t' || shaping || !utf8_is_deceptive(scalar);
}

/* Reports each character of span that must not stand in a string or a comment as it is. */
void build_check_visible(struct parse *parse, struct span span)
{
	struct str text = parse_text_at(parse, span);
	uint32_t scalar = 0;
	size_t n;

	for (size_t i = 0; i < text.len; i += n) {
		uint32_t at = span.begin + (uint32_t)i;
		struct diag *diag;

		n = utf8_decode((struct str){text.ptr + i, text.len - i}, &scalar);
		if (n == 0)
			return;
		if (is_allowed_in_text(scalar))
			continue;
		diag = diag_report(parse->diags, DIAG_E0006,
				   (struct span){span.file, at, at + (uint32_t)n},
				   "invisible or control character <U+%04X>", scalar);
		diag_help(parse->diags, diag, "in a string, write its bytes as \\xHH");
	}
}

/* Blanks at its end, and the first half of a line ending, are not part of a comment. */
void build_comment(struct parse *parse, struct span span)
{
	while (strchr(" \t\r", parse->text.ptr[span.end - 1]))
		span.end--;
	build_check_visible(parse, span);
	vec_add(parse->arena, &parse->ast->comments, source_map(parse->diags->sources, span));
}

static struct span reader_span(const struct text_reader *reader, uint32_t begin, uint32_t end)
{
	return (struct span){reader->parse->file, begin, end < reader->end ? end : reader->end};
}

static void reader_flush(struct text_reader *reader)
{
	struct arena *arena = reader->parse->arena;

	if (reader->n) {
		struct ast_text_part *part = vec_push(arena, &reader->parts);

		part->text = str_copy(arena, reader->bytes, reader->n);
		part->span = reader_span(reader, reader->part_begin, reader->pos);
	}
	reader->n = 0;
}

static void reader_put(struct text_reader *reader, char byte, uint32_t begin)
{
	if (!reader->n)
		reader->part_begin = begin;
	reader->bytes[reader->n++] = byte;
}

/* "\xHH", with pos at the backslash. */
static void read_hex(struct text_reader *reader)
{
	struct diag_list *diags = reader->parse->diags;
	uint32_t begin = reader->pos;
	int high = begin + 2 < reader->end ? hex_digit(reader->raw.ptr[begin + 2]) : -1;
	int low = begin + 3 < reader->end ? hex_digit(reader->raw.ptr[begin + 3]) : -1;

	if (high < 0 || low < 0) {
		reader->pos += 2;
		diag_report(diags, DIAG_E0008, reader_span(reader, begin, begin + 4),
			    "'\\x' needs two hexadecimal digits");
		return;
	}
	reader->pos += 4;
	if (high == 0 && low == 0)
		diag_report(diags, DIAG_E0009, reader_span(reader, begin, begin + 4),
			    "a string can't hold a NUL byte");
	else
		reader_put(reader, (char)(high << 4 | low), begin);
}

static void read_escape(struct text_reader *reader)
{
	static const char written[] = "\"\\nt";
	static const char meant[] = "\"\\\n\t";
	uint32_t begin = reader->pos;
	char c = reader->raw.ptr[begin + 1]; /* the text ends with a NUL byte */
	const char *found = c ? strchr(written, c) : NULL;
	uint32_t scalar = 0;
	size_t n;
	struct diag *diag;

	if (c == 'x') {
		read_hex(reader);
		return;
	}
	if (found) {
		reader->pos += 2;
		reader_put(reader, meant[found - written], begin);
		return;
	}
	n = c ? utf8_decode((struct str){reader->raw.ptr + begin + 1, reader->end - begin - 1},
			    &scalar)
	      : 0;
	reader->pos += 1 + (uint32_t)n;
	diag = diag_report(reader->parse->diags, DIAG_E0008,
			   reader_span(reader, begin, reader->pos), "unknown escape '%.*s'",
			   (int)n + 1, reader->raw.ptr + begin);
	diag_help(reader->parse->diags, diag, "write \\\\ for a backslash");
}

/* "${name}", with pos at the dollar sign. */
static void read_param(struct text_reader *reader)
{
	struct parse *parse = reader->parse;
	uint32_t begin = reader->pos;
	uint32_t name = begin + 2;
	uint32_t end = name;
	struct ast_text_part *part;
	struct diag *diag;

	while (end < reader->end && is_word_byte(reader->raw.ptr[end]))
		end++;
	if (end < reader->end && reader->raw.ptr[end] == '}' && end > name &&
	    !is_digit(reader->raw.ptr[name])) {
		reader_flush(reader);
		part = vec_push(parse->arena, &reader->parts);
		part->is_param = true;
		part->text = str_copy(parse->arena, reader->raw.ptr + name, end - name);
		part->span = reader_span(reader, begin, end + 1);
		reader->pos = end + 1;
		return;
	}
	diag = diag_report(parse->diags, DIAG_E0010, reader_span(reader, begin, end + 1),
			   "expected '${name}' with the name of a parameter");
	diag_help(parse->diags, diag, "write \\x24 for a dollar sign that is meant literally");
	reader->pos = end;
}

static void read_one(struct text_reader *reader)
{
	char c = reader->raw.ptr[reader->pos];

	if (c == '\\') {
		read_escape(reader);
	} else if (c == '$' && reader->pos + 1 < reader->end &&
		   reader->raw.ptr[reader->pos + 1] == '{') {
		read_param(reader);
	} else {
		reader_put(reader, c, reader->pos);
		reader->pos++;
	}
}

/* span is of the token with its quotes; the closing one is missing when the scanner complained. */
struct ast_text build_text(struct parse *parse, struct span span)
{
	struct text_reader reader = {
		.parse = parse,
		.raw = parse->text,
		.pos = span.begin + 1,
		.end = span.end,
		.bytes = arena_alloc(parse->arena, span.end - span.begin),
	};

	build_check_visible(parse, span);
	while (reader.pos < reader.end && reader.raw.ptr[reader.pos] != '"')
		read_one(&reader);
	reader_flush(&reader);
	return (struct ast_text){span, reader.parts.items, reader.parts.n};
}
