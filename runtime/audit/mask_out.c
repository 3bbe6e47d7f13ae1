/*
 * What is put is valid UTF-8 without control characters, and within quotes of JSON valid there.
 *
 * In: any bytes. Out: characters, each whole. Control characters of C0 and C1, line separators, and
 * what turns the direction of text are escaped, since records are read on terminals; a byte that
 * belongs to no character becomes \xNN, four characters that tell which it was.
 */
#include "runtime/audit/mask_out.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void out_put(struct out *out, const char *bytes, size_t len)
{
	if (out->cut || out->limit < out->at || out->limit - out->at < len) {
		out->cut = true;
		return;
	}
	memcpy(out->ptr + out->at, bytes, len);
	out->at += len;
}

void out_str(struct out *out, const char *text)
{
	out_put(out, text, strlen(text));
}

void out_mark(struct out *out, size_t n, const char *what)
{
	char text[OUT_MARK];

	out->cut = false;
	out->limit += OUT_MARK;
	(void)snprintf(text, sizeof(text), "[cut: %zu %s]", n, what);
	out_str(out, text);
	out->limit -= OUT_MARK;
}

/* The length of the character that text begins with (RFC 3629), or 0: there is none. */
static size_t character(const unsigned char *text, size_t len, uint32_t *code)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {{0x80, 0, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	size_t n = 0;

	while (n < 4 && (text[0] & forms[n].mask) != forms[n].lead)
		n++;
	if (n == 4 || n >= len)
		return 0;
	*code = text[0] & (unsigned char)~forms[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (*code < forms[n].least || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n + 1;
}

/* Ranges that are not shown as they are. */
static const struct {
	uint32_t first, last;
} unseen[] = {
	{0x0001, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c}, {0x200b, 0x200f},
	{0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
};

static bool is_unseen(uint32_t code)
{
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (code >= unseen[i].first && code <= unseen[i].last)
			return true;
	return false;
}

static void put_escaped(struct out *out, uint32_t code)
{
	char text[12];

	(void)snprintf(text, sizeof(text), "\\u%04x", (unsigned)code);
	out_str(out, text);
}

static void put_byte(struct out *out, unsigned char byte)
{
	char text[8];

	(void)snprintf(text, sizeof(text), "%s\\x%02x", out->json ? "\\" : "", (unsigned)byte);
	out_str(out, text);
}

static size_t put_character(struct out *out, const unsigned char *text, size_t len)
{
	uint32_t code = 0;
	size_t n = character(text, len, &code);

	if (n == 0 || code == 0) {
		put_byte(out, text[0]);
		return 1;
	}
	if (code < 0x80 && out->json && strchr("\"\\", (int)code)) {
		const char pair[2] = {'\\', (char)code};

		out_put(out, pair, 2);
	} else if (is_unseen(code)) {
		put_escaped(out, code);
	} else {
		out_put(out, (const char *)text, n);
	}
	return n;
}

/* Bytes that stand for themselves, as most do, are put many at a time: as many as there is room. */
static size_t put_plain(struct out *out, const char *text, size_t len)
{
	size_t room = out->limit > out->at ? out->limit - out->at : 0;
	size_t most = len < room ? len : room;
	size_t n = 0;

	while (n < most && text[n] >= ' ' && text[n] < 0x7f &&
	       !(out->json && (text[n] == '"' || text[n] == '\\')))
		n++;
	out_put(out, text, n);
	return n;
}

void out_text(struct out *out, const char *text, size_t len)
{
	for (size_t at = 0; at < len && !out->cut;) {
		at += put_plain(out, text + at, len - at);
		if (at < len)
			at += put_character(out, (const unsigned char *)text + at, len - at);
	}
}
