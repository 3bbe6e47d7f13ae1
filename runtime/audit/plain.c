/*
 * What goes into a column of text. A newline there would forge a line where it is printed, a NUL
 * end the text for some readers of a database and not for others.
 */
#include "runtime/audit/plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MAX_SPELT 10 /* "<U+10FFFF>" */

/* How many bytes at text are one character, which goes to *scalar; 0: not UTF-8 (RFC 3629). */
static size_t decode(const unsigned char *text, size_t len, uint32_t *scalar)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = text[0];
	size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (n > len || (first >= 0x80 && first < 0xc2) || first > 0xf4)
		return 0;
	*scalar = n == 1 ? first : first & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*scalar = *scalar << 6 | (text[i] & 0x3f);
	}
	if (*scalar < least[n] || *scalar > 0x10ffff || (*scalar >> 11) == 0x1b)
		return 0;
	return n;
}

/* C0, DEL, C1, line and paragraph separators, and what turns the direction of text round. */
static bool is_control(uint32_t scalar)
{
	return scalar < 0x20 || (scalar >= 0x7f && scalar < 0xa0) || scalar == 0x200e ||
	       scalar == 0x200f || (scalar >= 0x2028 && scalar <= 0x202e) ||
	       (scalar >= 0x2066 && scalar <= 0x2069) || scalar == 0xfeff;
}

static size_t leading_plain(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] >= ' ' && text[n] < 0x7f)
		n++;
	return n;
}

/* One character, or one byte that is none: how much of text it was. */
static size_t spell(const char *text, size_t len, char out[MAX_SPELT + 1])
{
	uint32_t scalar = 0;
	size_t n = decode((const unsigned char *)text, len, &scalar);

	if (n == 0) {
		(void)snprintf(out, MAX_SPELT + 1, "<0x%02X>", (unsigned int)(unsigned char)*text);
		return 1;
	}
	if (is_control(scalar)) {
		(void)snprintf(out, MAX_SPELT + 1, "<U+%04X>", scalar);
		return n;
	}
	memcpy(out, text, n);
	out[n] = '\0';
	return n;
}

size_t plain_text(const char *text, size_t len, char *out, size_t size)
{
	size_t used = leading_plain(text, len < size - 1 ? len : size - 1);
	char spelt[MAX_SPELT + 1];

	memcpy(out, text, used);
	for (size_t i = used; i < len;) {
		size_t n;

		i += spell(text + i, len - i, spelt);
		n = strlen(spelt);
		if (n > size - 1 - used)
			break;
		memcpy(out + used, spelt, n);
		used += n;
	}
	out[used] = '\0';
	return used;
}
