/*
 * The reader of JSON: one pass over the text, with the open brackets on a stack of its own.
 *
 * In: the bytes of a source file. Out: nodes in the arena. The first mistake ends it: behind one,
 * what was meant is a guess.
 */
#include "import/jtree.h"

#include <string.h>

#include "base/map.h"
#include "base/utf8.h"

/* A list or an object whose closing bracket has not been read. */
struct bracket {
	struct jtree *node;
	struct jtree *last; /* member */
	struct map keys;    /* of an object */
};

struct reader {
	struct diag_list *diags;
	struct arena *arena;
	uint32_t file;
	struct str text;
	size_t at;
	unsigned depth;
	struct bracket open[JTREE_MAX_DEPTH];
};

static struct span span_from(const struct reader *reader, size_t begin)
{
	return (struct span){reader->file, (uint32_t)begin, (uint32_t)reader->at};
}

/* At the next byte; always false. */
static bool fail(struct reader *reader, const char *what)
{
	struct span span = {reader->file, (uint32_t)reader->at, (uint32_t)reader->at};

	if (reader->at < reader->text.len)
		span.end++;
	diag_report(reader->diags, DIAG_E0601, span, "%s", what);
	return false;
}

/* The next byte, or 0 at the end: a NUL in the text is refused wherever it stands. */
static char peek(const struct reader *reader)
{
	if (reader->at == reader->text.len)
		return '\0';
	return reader->text.ptr[reader->at];
}

static bool take(struct reader *reader, char byte)
{
	if (peek(reader) != byte)
		return false;
	reader->at++;
	return true;
}

static void skip_space(struct reader *reader)
{
	while (peek(reader) && strchr(" \t\r\n", peek(reader)))
		reader->at++;
}

/* ---- numbers ---- */

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool take_digits(struct reader *reader)
{
	if (!is_digit(peek(reader)))
		return fail(reader, "a digit is missing in this number");
	while (is_digit(peek(reader)))
		reader->at++;
	return true;
}

static bool read_number(struct reader *reader, struct jtree *out)
{
	size_t begin = reader->at;

	take(reader, '-');
	if (peek(reader) != '0' && !take_digits(reader))
		return false;
	if (take(reader, '0') && is_digit(peek(reader)))
		return fail(reader, "a number has no leading zeros");
	if (take(reader, '.') && !take_digits(reader))
		return false;
	if (take(reader, 'e') || take(reader, 'E')) {
		if (!take(reader, '-'))
			take(reader, '+');
		if (!take_digits(reader))
			return false;
	}
	out->kind = JTREE_NUMBER;
	out->text = (struct str){reader->text.ptr + begin, reader->at - begin};
	return true;
}

bool jtree_u64(const struct jtree *node, uint64_t *out)
{
	uint64_t value = 0;

	if (node->kind != JTREE_NUMBER)
		return false;
	for (size_t i = 0; i < node->text.len; i++) {
		char digit = node->text.ptr[i];

		if (!is_digit(digit) || __builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(digit - '0'), &value))
			return false;
	}
	*out = value;
	return true;
}

/* ---- strings ---- */

static bool read_hex(struct reader *reader, uint32_t *out)
{
	static const char digits[] = "0123456789abcdef";

	*out = 0;
	for (int i = 0; i < 4; i++) {
		char byte = peek(reader);
		const char *digit;

		if (byte >= 'A' && byte <= 'F')
			byte = (char)(byte | 0x20);
		digit = byte ? strchr(digits, byte) : NULL;
		if (!digit)
			return fail(reader, "\\u is followed by four hexadecimal digits");
		*out = *out << 4 | (uint32_t)(digit - digits);
		reader->at++;
	}
	return true;
}

static size_t encode(uint32_t scalar, char out[4])
{
	static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;

	for (size_t i = n; i > 1; i--) {
		out[i - 1] = (char)(0x80 | (scalar & 0x3f));
		scalar >>= 6;
	}
	out[0] = (char)(leads[n == 1 ? 0 : n] | scalar);
	return n;
}

/* Behind "\u"; two of them are one character where a surrogate comes first. */
static bool read_unicode(struct reader *reader, uint32_t *scalar)
{
	uint32_t low;

	if (!read_hex(reader, scalar))
		return false;
	if (*scalar >= 0xd800 && *scalar < 0xdc00) {
		if (!take(reader, '\\') || !take(reader, 'u'))
			return fail(reader, "the second half of this character is missing");
		if (!read_hex(reader, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return fail(reader, "this is no second half of a character");
		*scalar = 0x10000 + ((*scalar - 0xd800) << 10) + (low - 0xdc00);
	} else if (*scalar >= 0xdc00 && *scalar < 0xe000) {
		return fail(reader, "this is half a character");
	}
	return *scalar ? true : fail(reader, "text holds no NUL");
}

/* Behind a backslash. */
static bool read_escape(struct reader *reader, char *out, size_t *n)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *name = peek(reader) ? strchr(names, peek(reader)) : NULL;
	uint32_t scalar;

	if (name) {
		reader->at++;
		out[(*n)++] = values[name - names];
		return true;
	}
	if (!take(reader, 'u'))
		return fail(reader,
			    "an escape is one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
	if (!read_unicode(reader, &scalar))
		return false;
	*n += encode(scalar, out + *n);
	return true;
}

/* Where the string's closing quote is, or the text's end; escapes do not make it longer. */
static size_t find_quote(const struct reader *reader)
{
	size_t at = reader->at;

	while (at < reader->text.len && reader->text.ptr[at] != '"')
		at += reader->text.ptr[at] == '\\' ? 2 : 1;
	return at;
}

/* Behind the opening quote. */
static bool read_string(struct reader *reader, struct str *out)
{
	char *text = arena_alloc(reader->arena, find_quote(reader) - reader->at + 4);
	size_t n = 0;

	while (!take(reader, '"')) {
		struct str rest = {reader->text.ptr + reader->at, reader->text.len - reader->at};
		uint32_t scalar;
		size_t len = utf8_decode(rest, &scalar);

		if (!rest.len)
			return fail(reader, "the text ends within a string");
		if (take(reader, '\\')) {
			if (!read_escape(reader, text, &n))
				return false;
			continue;
		}
		if (!len || scalar < 0x20)
			return fail(reader, !len ? "this is not UTF-8"
						 : "a control character in a string is written "
						   "as an escape");
		memcpy(text + n, rest.ptr, len);
		n += len;
		reader->at += len;
	}
	*out = (struct str){text, n};
	return true;
}

/* ---- values ---- */

static bool read_word(struct reader *reader, struct jtree *out)
{
	static const struct {
		struct str text;
		enum jtree_kind kind;
	} words[] = {{{"null", 4}, JTREE_NULL},
		     {{"true", 4}, JTREE_BOOL},
		     {{"false", 5}, JTREE_BOOL}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct str word = words[i].text;

		if (reader->text.len - reader->at < word.len ||
		    memcmp(reader->text.ptr + reader->at, word.ptr, word.len) != 0)
			continue;
		out->kind = words[i].kind;
		out->text = word;
		reader->at += word.len;
		return true;
	}
	return fail(reader, reader->at < reader->text.len ? "no value begins like this"
							  : "the text ends where a value belongs");
}

/* Its members come later. */
static bool open_bracket(struct reader *reader, struct jtree *out)
{
	if (reader->depth == JTREE_MAX_DEPTH)
		return fail(reader, "brackets nest deeper than 64 levels");
	reader->open[reader->depth++] = (struct bracket){.node = out};
	out->kind = take(reader, '{') ? JTREE_OBJECT : JTREE_LIST;
	if (out->kind == JTREE_LIST)
		take(reader, '[');
	return true;
}

/* A value; of a list or an object, its opening bracket. */
static bool read_value(struct reader *reader, struct jtree *out)
{
	size_t begin;
	bool good;
	char byte;

	skip_space(reader);
	begin = reader->at;
	byte = peek(reader);
	if (byte == '{' || byte == '[') {
		good = open_bracket(reader, out);
	} else if (take(reader, '"')) {
		out->kind = JTREE_STRING;
		good = read_string(reader, &out->text);
	} else if (byte == '-' || is_digit(byte)) {
		good = read_number(reader, out);
	} else {
		good = read_word(reader, out);
	}
	out->span = span_from(reader, begin);
	return good;
}

static bool read_key(struct reader *reader, struct bracket *object, struct jtree *member)
{
	size_t begin = reader->at;

	if (!take(reader, '"'))
		return fail(reader, "an object's member begins with its name in quotes");
	if (!read_string(reader, &member->key))
		return false;
	member->key_span = span_from(reader, begin);
	if (!map_put(reader->arena, &object->keys, member->key, 0)) {
		diag_report(reader->diags, DIAG_E0602, member->key_span,
			    "this key stands twice in its object");
		return false;
	}
	skip_space(reader);
	return take(reader, ':') ? true : fail(reader, "a ':' is missing behind the name");
}

/*
 * Behind a value: closes what ends there. *out is the member that comes then, of which only the
 * value is still to be read, or NULL behind the last value.
 */
static bool next_member(struct reader *reader, struct jtree **out)
{
	struct jtree *member = arena_new(reader->arena, struct jtree);

	for (*out = NULL; reader->depth; reader->depth--) {
		struct bracket *bracket = &reader->open[reader->depth - 1];
		bool is_object = bracket->node->kind == JTREE_OBJECT;

		skip_space(reader);
		if (take(reader, is_object ? '}' : ']')) {
			bracket->node->span.end = (uint32_t)reader->at;
			continue;
		}
		if (bracket->last && !take(reader, ','))
			return fail(reader, is_object ? "a ',' or a '}' is missing here"
						      : "a ',' or a ']' is missing here");
		skip_space(reader);
		if (bracket->last)
			bracket->last->next = member;
		else
			bracket->node->first = member;
		bracket->last = member;
		*out = member;
		return !is_object || read_key(reader, bracket, member);
	}
	return true;
}

const struct jtree *jtree_parse(struct diag_list *diags, uint32_t file)
{
	struct reader reader = {.diags = diags,
				.arena = diags->arena,
				.file = file,
				.text = diags->sources->files.items[file].text};
	struct jtree *root = arena_new(diags->arena, struct jtree);

	for (struct jtree *next = root; next;) {
		if (!read_value(&reader, next) || !next_member(&reader, &next))
			return NULL;
	}
	skip_space(&reader);
	if (reader.at < reader.text.len) {
		fail(&reader, "something stands behind the value");
		return NULL;
	}
	return root;
}

const struct jtree *jtree_member(const struct jtree *object, const char *key)
{
	for (const struct jtree *member = object->first; member; member = member->next) {
		if (str_eq_cstr(member->key, key))
			return member;
	}
	return NULL;
}
