/*
 * Matching without recursion: when a star has been passed and what follows does not fit, the star
 * takes one more. Only the last star seen can be worth stretching, since an earlier one took the
 * least it could; so a match needs two positions to go back to and at most pattern times text
 * steps. Paths do the same twice: components against components for "**", bytes within one.
 *
 * That product is too much for a long text, which whoever calls a tool may choose. There all
 * positions in the pattern are followed at once, a bit each: a few operations a byte, whatever the
 * pattern (Baeza-Yates and Gonnet's Shift-And, with a star as a state that stays).
 */
#include "runtime/match.h"

#include <stdint.h>
#include <string.h>

typedef bool same_fn(char pattern, char text);

static inline bool same_byte(char pattern, char text)
{
	return pattern == '?' || pattern == text;
}

static inline bool same_host_byte(char pattern, char text)
{
	return (unsigned char)pattern == match_lower(text);
}

static inline bool match(struct slice pattern, struct slice text, same_fn *same)
{
	const char *p = pattern.ptr, *p_end = p + pattern.len;
	const char *t = text.ptr, *t_end = t + text.len;
	const char *star = NULL, *resume = NULL;

	while (t < t_end) {
		if (p < p_end && *p == '*') {
			star = ++p;
			resume = t;
		} else if (p < p_end && same(*p, *t)) {
			p++;
			t++;
		} else if (star) {
			p = star;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < p_end && *p == '*')
		p++;
	return p == p_end;
}

#define MAX_LETTERS 255u  /* of a pattern that is followed by bits: WRIT_MAX_PATTERN */
#define WORDS       4u    /* of 64 bits, for MAX_LETTERS and the state before the first */
#define SHORT_TEXT  4096u /* bytes: not worth the preparation */

/* State i: the first i letters of the pattern, which are its bytes but "*", have matched. */
struct states {
	uint64_t bits[WORDS];
};

static void set_state(struct states *states, size_t i)
{
	states->bits[i / 64] |= UINT64_C(1) << i % 64;
}

struct letters {
	struct states of_byte[256]; /* the states that the byte leads to from the one before */
	struct states stays;        /* a star follows: any byte leads back here */
	size_t n;
};

static void read_letters(struct slice pattern, struct letters *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] == '*') {
			set_state(&out->stays, out->n);
			continue;
		}
		out->n++;
		for (size_t byte = 0; byte < 256; byte++) {
			if (same_byte(pattern.ptr[i], (char)byte))
				set_state(&out->of_byte[byte], out->n);
		}
	}
}

static bool match_by_bits(struct slice pattern, struct slice text)
{
	struct states now = {{1}};
	struct letters letters;

	read_letters(pattern, &letters);
	for (size_t t = 0; t < text.len; t++) {
		const struct states *to = &letters.of_byte[(unsigned char)text.ptr[t]];
		uint64_t carry = 0;

		for (size_t w = 0; w < WORDS; w++) {
			uint64_t was = now.bits[w];

			now.bits[w] = ((was << 1 | carry) & to->bits[w]) |
				      (was & letters.stays.bits[w]);
			carry = was >> 63;
		}
	}
	return now.bits[letters.n / 64] >> letters.n % 64 & 1;
}

bool match_bytes(struct slice pattern, struct slice text)
{
	if (text.len <= SHORT_TEXT || pattern.len > MAX_LETTERS)
		return match(pattern, text, same_byte);
	return match_by_bits(pattern, text);
}

bool match_host(struct slice pattern, struct slice text)
{
	return match(pattern, text, same_host_byte);
}

/* The component that *rest, which begins with its slash, begins with; false at the end. */
static bool first_component(const struct slice *rest, struct slice *out)
{
	const char *slash;

	if (rest->len < 2) /* nothing, or the root's slash */
		return false;
	out->ptr = rest->ptr + 1;
	slash = memchr(out->ptr, '/', rest->len - 1);
	out->len = slash ? (size_t)(slash - out->ptr) : rest->len - 1;
	return true;
}

static void skip_component(struct slice *rest, struct slice component)
{
	rest->ptr += component.len + 1;
	rest->len -= component.len + 1;
}

static bool is_any_components(struct slice component)
{
	return component.len == 2 && component.ptr[0] == '*' && component.ptr[1] == '*';
}

bool match_path(struct slice pattern, struct slice path)
{
	struct slice after_star = {NULL, 0}, resume = {NULL, 0};
	struct slice want, got;

	while (first_component(&path, &got)) {
		bool more = first_component(&pattern, &want);

		if (more && is_any_components(want)) {
			skip_component(&pattern, want);
			after_star = pattern;
			resume = path;
		} else if (more && match_bytes(want, got)) {
			skip_component(&pattern, want);
			skip_component(&path, got);
		} else if (after_star.ptr) {
			(void)first_component(&resume, &got);
			skip_component(&resume, got);
			pattern = after_star;
			path = resume;
		} else {
			return false;
		}
	}
	while (first_component(&pattern, &want) && is_any_components(want))
		skip_component(&pattern, want);
	return !first_component(&pattern, &want);
}

const char *slice_find(struct slice in, const char *text)
{
	size_t len = strlen(text);
	const char *end = in.ptr + in.len;
	const char *at = in.ptr;

	while (at && (size_t)(end - at) >= len) {
		at = memchr(at, *text, (size_t)(end - at) - len + 1);
		if (at && memcmp(at, text, len) == 0)
			return at;
		at = at ? at + 1 : NULL;
	}
	return NULL;
}
