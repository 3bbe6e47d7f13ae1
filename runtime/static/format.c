/*
 * A format string and its arguments become text. See format.h.
 */
#include "runtime/static/format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MAX_DIGITS 20 /* of UINT64_MAX */

/* A conversion as it is written, and how its argument is passed. */
struct conversion {
	bool left;
	bool zeros;
	bool is_wide; /* 64 bits: l, ll or z */
	bool has_precision;
	size_t width;
	size_t precision;
	char letter;
};

static void put(struct format_sink *sink, const char *text, size_t len)
{
	sink->n += len;
	sink->put(sink, text, len);
}

static void pad(struct format_sink *sink, char with, size_t n)
{
	for (; n; n--)
		put(sink, &with, 1);
}

/* sign and text, as wide as the conversion has it. */
static void put_field(struct format_sink *sink, const struct conversion *conversion,
		      const char *sign, const char *text, size_t len)
{
	size_t used = strlen(sign) + len;
	size_t padding = conversion->width > used ? conversion->width - used : 0;
	bool zeros = conversion->zeros && !conversion->left;

	if (!conversion->left && !zeros)
		pad(sink, ' ', padding);
	put(sink, sign, strlen(sign));
	if (zeros)
		pad(sink, '0', padding);
	put(sink, text, len);
	if (conversion->left)
		pad(sink, ' ', padding);
}

static void put_number(struct format_sink *sink, const struct conversion *conversion,
		       uint64_t value, const char *sign)
{
	const char *digits = conversion->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned base = conversion->letter == 'x' || conversion->letter == 'X' ? 16 : 10;
	char text[MAX_DIGITS];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value);
	put_field(sink, conversion, sign, text + at, sizeof(text) - at);
}

static const char *read_number(const char *at, size_t *number)
{
	for (*number = 0; *at >= '0' && *at <= '9'; at++)
		*number = *number * 10 + (size_t)(*at - '0');
	return at;
}

/* Behind the '%'. *args gives a precision of '*'. */
static const char *read_conversion(const char *at, struct conversion *conversion, va_list *args)
{
	*conversion = (struct conversion){.left = *at == '-'};
	at += conversion->left;
	conversion->zeros = *at == '0';
	at = read_number(at + conversion->zeros, &conversion->width);
	if (*at == '.') {
		conversion->has_precision = true;
		if (at[1] == '*') {
			conversion->precision = (size_t)va_arg(*args, int);
			at += 2;
		} else {
			at = read_number(at + 1, &conversion->precision);
		}
	}
	for (; *at == 'l' || *at == 'z'; at++)
		conversion->is_wide = true;
	conversion->letter = *at;
	return at + 1;
}

static void put_signed(struct format_sink *sink, const struct conversion *conversion, int64_t value)
{
	bool negative = value < 0;

	put_number(sink, conversion, negative ? 0 - (uint64_t)value : (uint64_t)value,
		   negative ? "-" : "");
}

static void put_string(struct format_sink *sink, const struct conversion *conversion,
		       const char *text)
{
	put_field(sink, conversion, "", text,
		  conversion->has_precision ? strnlen(text, conversion->precision) : strlen(text));
}

static void convert(struct format_sink *sink, const struct conversion *conversion, va_list *args)
{
	char letter;

	switch (conversion->letter) {
	case 's':
		put_string(sink, conversion, va_arg(*args, const char *));
		return;
	case 'c':
		letter = (char)va_arg(*args, int);
		put_field(sink, conversion, "", &letter, 1);
		return;
	case 'd':
		put_signed(sink, conversion,
			   conversion->is_wide ? va_arg(*args, int64_t) : va_arg(*args, int));
		return;
	case 'u':
	case 'x':
	case 'X':
		put_number(sink, conversion,
			   conversion->is_wide ? va_arg(*args, uint64_t) : va_arg(*args, unsigned),
			   "");
		return;
	case '%':
		put(sink, "%", 1);
		return;
	default:
		__builtin_trap();
	}
}

void format_text(struct format_sink *sink, const char *format, va_list args)
{
	struct conversion conversion;
	va_list rest;

	va_copy(rest, args);
	while (*format) {
		size_t plain = strcspn(format, "%");

		put(sink, format, plain);
		format += plain;
		if (!*format)
			break;
		format = read_conversion(format + 1, &conversion, &rest);
		convert(sink, &conversion, &rest);
	}
	va_end(rest);
}
