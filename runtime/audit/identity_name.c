/*
 * Names are taken as they are or refused, never made fit: no case is folded, no space cut off, no
 * look-alike replaced, as decisions compare bytes.
 *
 * A user's name is UTF-8 without control characters, as in a policy, and does not begin or end with
 * a space, which nobody would see. A role's is an identifier of the language.
 */
#include "runtime/audit/identity_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>

/* By the first byte: how many follow, and the least and the greatest scalar of that many. */
static const struct lead {
	unsigned char mask;
	unsigned char tag;
	uint32_t least;
	uint32_t most;
} leads[] = {
	{0x80, 0x00, 0, 0x7f},
	{0xe0, 0xc0, 0x80, 0x7ff},
	{0xf0, 0xe0, 0x800, 0xffff},
	{0xf8, 0xf0, 0x10000, 0x10ffff},
};
#define N_LEADS (sizeof(leads) / sizeof(leads[0]))

/* How many of the n bytes at text, which are not none, are one character; 0: they are not UTF-8. */
static size_t decode(const unsigned char *text, size_t n, uint32_t *scalar)
{
	size_t more = 0;
	uint32_t bits;

	while (more < N_LEADS && (text[0] & leads[more].mask) != leads[more].tag)
		more++;
	if (more == N_LEADS || more >= n)
		return 0;
	bits = text[0] & (0xffu ^ leads[more].mask);
	for (size_t i = 1; i <= more; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		bits = bits << 6 | (text[i] & 0x3fu);
	}
	*scalar = bits;
	if (bits < leads[more].least || bits > leads[more].most)
		return 0;
	return bits >= 0xd800 && bits <= 0xdfff ? 0 : more + 1;
}

/* Control characters of ASCII and of Latin-1, and the ends of lines and paragraphs. */
static bool is_control(uint32_t scalar)
{
	return scalar < 0x20 || (scalar >= 0x7f && scalar < 0xa0) || scalar == 0x2028 ||
	       scalar == 0x2029;
}

static bool is_space(uint32_t scalar)
{
	return scalar == ' ' || scalar == 0xa0 || scalar == 0x1680 ||
	       (scalar >= 0x2000 && scalar <= 0x200b) || scalar == 0x202f || scalar == 0x205f ||
	       scalar == 0x3000 || scalar == 0xfeff;
}

const char *identity_bad_user(const char *name, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)name;
	uint32_t scalar = 0;

	if (len == 0)
		return "is empty";
	if (len > IDENTITY_MAX_NAME)
		return "is longer than 255 bytes";
	for (size_t i = 0, n; i < len; i += n) {
		n = decode(bytes + i, len - i, &scalar);
		if (n == 0)
			return "is not UTF-8";
		if (is_control(scalar))
			return "holds a control character";
		if (i == 0 && is_space(scalar))
			return "begins with a space";
	}
	return is_space(scalar) ? "ends with a space" : NULL;
}

const char *identity_bad_role(const char *name, size_t len)
{
	if (len == 0)
		return "is empty";
	if (len > IDENTITY_MAX_NAME)
		return "is longer than 255 bytes";
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)name[i];

		if (byte > 0x7f || (!isalpha(byte) && byte != '_' && (i == 0 || !isdigit(byte))))
			return "is not an identifier ([A-Za-z_][A-Za-z0-9_]*)";
	}
	return NULL;
}
