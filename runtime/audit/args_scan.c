/*
 * One pass over JSON text, before it is parsed.
 *
 * In: any bytes. Out: a copy for the parser, which would take 1.5 for a double, and refuse 1e400
 * and 2^63: such numbers stand in the copy as strings, in quotes, with the text that they had.
 * Nothing else is looked at but strings, which are passed over, and brackets, which are counted;
 * whether it is JSON is for the parser to say. So a number is only quoted where it is one, and not
 * where a name stands, which it would become.
 */
#include "runtime/audit/args_scan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/audit/fail.h"
#include "runtime/writ_args.h"

struct scan {
	const char *at;
	const char *end;
	char *out;
	unsigned int depth;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void copy(struct scan *scan, size_t len)
{
	memcpy(scan->out, scan->at, len);
	scan->out += len;
	scan->at += len;
}

/* The string that begins here, with its quotes; all that is left when it has no end. */
static size_t string_length(const struct scan *scan)
{
	const char *at = scan->at + 1;

	while (at < scan->end && *at != '"')
		at += *at == '\\' && at + 1 < scan->end ? 2 : 1;
	return (size_t)(at - scan->at) + (at < scan->end);
}

/* ---- numbers ---- */

static size_t number_length(const struct scan *scan)
{
	size_t n = 0;

	while (scan->at + n < scan->end && scan->at[n] && strchr("0123456789+-.eE", scan->at[n]))
		n++;
	return n;
}

static const char *skip_digits(const char *at, const char *end)
{
	while (at < end && is_digit(*at))
		at++;
	return at;
}

/* RFC 8259, section 6. *is_whole: it has neither fraction nor exponent, and is not "-0". */
static bool is_number(const char *at, const char *end, bool *is_whole)
{
	const char *begin = at;
	const char *digits;

	at += at < end && *at == '-';
	digits = at;
	at = skip_digits(at, end);
	if (at == digits || (*digits == '0' && at > digits + 1))
		return false;
	*is_whole = at == end && !(*begin == '-' && *digits == '0');
	if (at < end && *at == '.') {
		digits = ++at;
		at = skip_digits(at, end);
		if (at == digits)
			return false;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		at++;
		at += at < end && (*at == '+' || *at == '-');
		digits = at;
		at = skip_digits(at, end);
		if (at == digits)
			return false;
	}
	return at == end;
}

/* Does a whole number have 64 bits? */
static bool is_int64(const char *at, const char *end)
{
	bool negative = *at == '-';
	int64_t value = 0;

	for (at += negative; at < end; at++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *at - '0', &value))
			return false;
	}
	return negative || value != INT64_MIN;
}

/* A colon would make a name of a string. */
static bool is_name(const struct scan *scan, size_t len)
{
	const char *at = scan->at + len;

	while (at < scan->end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++;
	return at < scan->end && *at == ':';
}

static void take_number(struct scan *scan)
{
	size_t len = number_length(scan);
	bool is_whole = false;
	bool quoted = is_number(scan->at, scan->at + len, &is_whole) &&
		      !(is_whole && is_int64(scan->at, scan->at + len)) && !is_name(scan, len);

	if (quoted)
		*scan->out++ = '"';
	copy(scan, len);
	if (quoted)
		*scan->out++ = '"';
}

/* ---- the text ---- */

/* False when it is too deep. */
static bool take(struct scan *scan)
{
	char c = *scan->at;

	if (c == '"') {
		copy(scan, string_length(scan));
	} else if (c == '-' || is_digit(c)) {
		take_number(scan);
	} else {
		scan->depth += c == '{' || c == '[';
		scan->depth -= scan->depth && (c == '}' || c == ']');
		copy(scan, 1);
	}
	return scan->depth <= WRIT_MAX_ARGS_JSON_DEPTH;
}

int args_scan(const char *text, size_t len, char **out, size_t *out_len, struct writ_error *error)
{
	/* A number of one byte is whole, so there is room for two quotes about each. */
	char *bytes = malloc(2 * len + 1);
	struct scan scan = {.at = text, .end = text + len, .out = bytes};

	if (!bytes)
		return fail_set(error, WRIT_E_NOMEM, "out of memory");
	while (scan.at < scan.end) {
		if (take(&scan))
			continue;
		free(bytes);
		return args_scan_fail(text, (size_t)(scan.at - text) - 1,
				      "more than 32 objects and lists are in each other", error);
	}
	*out = bytes;
	*out_len = (size_t)(scan.out - bytes);
	return 0;
}

size_t args_scan_offset(const char *text, size_t len, const char *copy, size_t at)
{
	size_t offset = 0;

	/* Where the two differ a quote was put in. */
	for (size_t i = 0; i < at && offset < len; i++)
		offset += copy[i] == text[offset];
	return offset;
}

int args_scan_fail(const char *text, size_t at, const char *what, struct writ_error *error)
{
	size_t line = 1;
	size_t begin = 0;

	for (size_t i = 0; i < at; i++) {
		if (text[i] != '\n')
			continue;
		line++;
		begin = i + 1;
	}
	return fail_set(error, WRIT_E_INVALID,
			"the arguments are no JSON that can be used: line "
			"%zu, column %zu: %s",
			line, at - begin + 1, what);
}
