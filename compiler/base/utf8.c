/*
 * UTF-8 decoding and safe printing.
 *
 * Bytes of unknown quality come in; what goes out to a terminal holds no control byte and no
 * character that reorders or hides others ("Trojan Source", CVE-2021-42574). Everything is decided
 * by two tables of ranges, from the Unicode Character Database: Bidi_Control,
 * Default_Ignorable_Code_Point and Cc for deceptive ones, East_Asian_Width W and F for wide ones.
 */
#include "base/utf8.h"

struct utf8_range {
	uint32_t first;
	uint32_t last;
};

static const struct utf8_range utf8_deceptive[] = {
	{0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad}, {0x061c, 0x061c},
	{0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f},
	{0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164}, {0xfe00, 0xfe0f},
	{0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

static const struct utf8_range utf8_wide[] = {
	{0x1100, 0x115e},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
	{0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},
	{0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

static const struct utf8_range utf8_combining[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f},
	{0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
};

#define RANGES(table) (table), sizeof(table) / sizeof((table)[0])

static bool in_ranges(const struct utf8_range *ranges, size_t n, uint32_t scalar)
{
	for (size_t i = 0; i < n; i++) {
		if (scalar >= ranges[i].first && scalar <= ranges[i].last)
			return true;
	}
	return false;
}

/*
 * What the first byte says: how many bytes, its payload, and the least scalar that needs so many.
 */
static size_t utf8_lead(unsigned char lead, uint32_t *bits, uint32_t *least)
{
	static const struct {
		unsigned char mask;
		unsigned char tag;
		uint32_t least;
	} leads[] = {{0x80, 0x00, 0},
		     {0xe0, 0xc0, 0x80},
		     {0xf0, 0xe0, 0x800},
		     {0xf8, 0xf0, 0x10000}};

	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		if ((lead & leads[i].mask) != leads[i].tag)
			continue;
		*bits = lead & (uint32_t)(unsigned char)~leads[i].mask;
		*least = leads[i].least;
		return i + 1;
	}
	return 0;
}

size_t utf8_decode(struct str text, uint32_t *scalar)
{
	const unsigned char *p = (const unsigned char *)text.ptr;
	uint32_t least = 0;
	uint32_t bits = 0;
	size_t n;

	if (!text.len)
		return 0;
	n = utf8_lead(p[0], &bits, &least);
	if (n == 0 || n > text.len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		bits = bits << 6 | (p[i] & 0x3fu);
	}
	if (bits < least || bits > 0x10ffff || (bits >= 0xd800 && bits <= 0xdfff))
		return 0;
	*scalar = bits;
	return n;
}

bool utf8_is_deceptive(uint32_t scalar)
{
	return in_ranges(RANGES(utf8_deceptive), scalar);
}

unsigned utf8_columns(uint32_t scalar)
{
	if (in_ranges(RANGES(utf8_combining), scalar))
		return 0;
	return in_ranges(RANGES(utf8_wide), scalar) ? 2 : 1;
}

size_t utf8_print_one(FILE *out, struct str text, unsigned *columns)
{
	uint32_t scalar = 0;
	size_t n = utf8_decode(text, &scalar);
	char escape[16];

	if (n && !utf8_is_deceptive(scalar)) {
		*columns = utf8_columns(scalar);
		if (out)
			fwrite(text.ptr, 1, n, out);
		return n;
	}
	if (n)
		*columns = (unsigned)snprintf(escape, sizeof(escape), "<U+%04X>", scalar);
	else
		*columns = (unsigned)snprintf(escape, sizeof(escape), "<0x%02X>",
					      (unsigned char)text.ptr[0]);
	if (out)
		fputs(escape, out);
	return n ? n : 1;
}

void utf8_print(FILE *out, struct str text)
{
	unsigned columns;
	size_t i = 0;

	while (i < text.len)
		i += utf8_print_one(out, (struct str){text.ptr + i, text.len - i}, &columns);
}
