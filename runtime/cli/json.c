/*
 * Strings of JSON (RFC 8259), for what comes from outside: names, paths, messages.
 *
 * What goes out is ASCII, whatever came in: a character that JSON or a terminal could stumble over
 * is \u escaped, as a surrogate pair where it takes two; a byte that is not UTF-8 can't be in a
 * JSON string and becomes U+FFFD.
 */
#include <string.h>

#include "runtime/cli/cli.h"
#include "runtime/printable.h"

#define REPLACEMENT     0xfffdu
#define FIRST_OF_PAIRS  0x10000u
#define HIGH_SURROGATE  0xd800u
#define LOW_SURROGATE   0xdc00u
#define SURROGATE_SHIFT 10
#define SURROGATE_MASK  0x3ffu
#define LAST_ASCII      0x7eu

static void print_scalar(FILE *out, uint32_t scalar)
{
	if (scalar == '"' || scalar == '\\')
		(void)fprintf(out, "\\%c", (char)scalar);
	else if (scalar >= ' ' && scalar <= LAST_ASCII)
		(void)putc((int)scalar, out);
	else if (scalar < FIRST_OF_PAIRS)
		(void)fprintf(out, "\\u%04x", scalar);
	else
		(void)fprintf(out, "\\u%04x\\u%04x",
			      HIGH_SURROGATE + ((scalar - FIRST_OF_PAIRS) >> SURROGATE_SHIFT),
			      LOW_SURROGATE + ((scalar - FIRST_OF_PAIRS) & SURROGATE_MASK));
}

void cli_json_string(FILE *out, const char *text)
{
	(void)putc('"', out);
	while (*text) {
		uint32_t scalar = REPLACEMENT;
		size_t n = printable_decode(text, &scalar);

		print_scalar(out, scalar);
		text += n ? n : 1;
	}
	(void)putc('"', out);
}

void cli_json_text(FILE *out, const char *key, const char *text)
{
	(void)fprintf(out, ",\"%s\":", key);
	if (text)
		cli_json_string(out, text);
	else
		(void)fputs("null", out);
}
