/*
 * Text from outside: what is UTF-8, and which characters deceive who reads them.
 *
 * Deceptive is what is a control, or reorders or hides others ("Trojan Source", CVE-2021-42574): a
 * table of ranges, from the Unicode Character Database: Bidi_Control, Default_Ignorable_Code_Point
 * and Cc. It is writc's too (compiler/base/utf8.c), whose code writ does not link.
 */
#include "runtime/printable.h"

bool printable_deceives(uint32_t scalar)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} ranges[] = {
		{0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad}, {0x061c, 0x061c},
		{0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f},
		{0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164}, {0xfe00, 0xfe0f},
		{0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (scalar >= ranges[i].first && scalar <= ranges[i].last)
			return true;
	}
	return false;
}

/* By the first byte: how many there are, its payload, the least scalar that needs so many. */
static const struct lead {
	unsigned char mask;
	unsigned char tag;
	uint32_t least;
} leads[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

size_t printable_decode(const char *text, uint32_t *scalar)
{
	const unsigned char *bytes = (const unsigned char *)text;
	uint32_t bits;
	size_t n = 0;

	while (n < sizeof(leads) / sizeof(leads[0]) && (bytes[0] & leads[n].mask) != leads[n].tag)
		n++;
	if (n == sizeof(leads) / sizeof(leads[0]))
		return 0;
	bits = bytes[0] & (uint32_t)(unsigned char)~leads[n].mask;
	/* The NUL at the end is no continuation. */
	for (size_t i = 1; i <= n; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		bits = bits << 6 | (bytes[i] & 0x3fu);
	}
	if (bits < leads[n].least || bits > 0x10ffff || (bits >= 0xd800 && bits <= 0xdfff))
		return 0;
	*scalar = bits;
	return n + 1;
}
